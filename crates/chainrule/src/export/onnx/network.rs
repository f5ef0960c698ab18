//! The layers of a network in an ONNX graph.

use chainrule_model::Activation;
use chainrule_model::network::activation_name;

use super::graph::{Attribute, Graph};
use crate::export::blueprint::Step;
use crate::onnx::schema::element::{DOUBLE, FLOAT};
use crate::{Error, Result};

/// Layers that are being written, in the element type of the network.
pub(super) struct Network<'a> {
    pub(super) graph: &'a mut Graph,
    pub(super) is_double: bool,
}

/// SELU's factor of everything, and alpha.
const SELU: [f64; 2] = [1.050_700_987_355_480_5, 1.673_263_242_354_377_2];
/// sqrt(2 / pi), and the factor of the cube in GELU's approximation.
const TANH_FORM: [f64; 2] = [0.797_884_560_802_865_4, 0.044_715];

impl Network<'_> {
    /// Adds a layer behind `x`, and gives its output's name.
    ///
    /// # Errors
    /// When it is an activation that no node computes.
    pub(super) fn step(&mut self, at: usize, step: &Step, x: &str) -> Result<String> {
        let last = || [Attribute::Int("axis", -1)];
        Ok(match step {
            Step::Dense(dense) => {
                let weight = self.constant(&format!("{at}.weight"), &[dense.outputs, dense.inputs], &dense.weight);
                let bias = self.constant(&format!("{at}.bias"), &[dense.outputs], &dense.bias);
                self.graph.node("Gemm", &[x, &weight, &bias], &[Attribute::Int("transB", 1)])
            }
            Step::Activation(activation) => self.activation(*activation, x)?,
            Step::Softmax => self.graph.node("Softmax", &[x], &last()),
            Step::LogSoftmax => self.graph.node("LogSoftmax", &[x], &last()),
            Step::LayerNorm { eps, gamma, beta } => {
                let [gamma, beta] = [("weight", gamma), ("bias", beta)]
                    .map(|(name, values)| self.constant(&format!("{at}.{name}"), &[values.len()], values));
                let attributes = [Attribute::Int("axis", -1), Attribute::Float("epsilon", *eps)];
                self.graph.node("LayerNormalization", &[x, &gamma, &beta], &attributes)
            }
            Step::BatchNorm { eps, mean, variance, gamma, beta } => {
                let [gamma, beta, mean, variance] =
                    [("weight", gamma), ("bias", beta), ("running_mean", mean), ("running_var", variance)]
                        .map(|(name, values)| self.constant(&format!("{at}.{name}"), &[values.len()], values));
                let inputs = [x, &gamma, &beta, &mean, &variance];
                self.graph.node("BatchNormalization", &inputs, &[Attribute::Float("epsilon", *eps)])
            }
        })
    }

    fn constant(&mut self, name: &str, shape: &[usize], values: &[f64]) -> String {
        self.graph.reals(name, shape, values, self.is_double)
    }

    fn number(&mut self, value: f64) -> String {
        self.constant("number", &[1], &[value])
    }

    /// A node of x and a number.
    fn with(&mut self, op: &str, x: &str, value: f64) -> String {
        let value = self.number(value);
        self.graph.node(op, &[x, &value], &[])
    }

    fn activation(&mut self, activation: Activation, x: &str) -> Result<String> {
        let alpha = |alpha| [Attribute::Float("alpha", alpha)];
        Ok(match activation {
            Activation::Relu => self.graph.node("Relu", &[x], &[]),
            Activation::Sigmoid => self.graph.node("Sigmoid", &[x], &[]),
            Activation::Tanh => self.graph.node("Tanh", &[x], &[]),
            Activation::Gelu => {
                let scaled = self.with("Div", x, std::f64::consts::SQRT_2);
                let erf = self.erf(&scaled);
                let sum = self.with("Add", &erf, 1.0);
                let product = self.graph.node("Mul", &[x, &sum], &[]);
                self.with("Mul", &product, 0.5)
            }
            Activation::GeluTanh => {
                let square = self.graph.node("Mul", &[x, x], &[]);
                let cube = self.graph.node("Mul", &[&square, x], &[]);
                let cube = self.with("Mul", &cube, TANH_FORM[1]);
                let sum = self.graph.node("Add", &[x, &cube], &[]);
                let u = self.with("Mul", &sum, TANH_FORM[0]);
                let tanh = self.graph.node("Tanh", &[&u], &[]);
                let sum = self.with("Add", &tanh, 1.0);
                let product = self.graph.node("Mul", &[x, &sum], &[]);
                self.with("Mul", &product, 0.5)
            }
            Activation::Silu => {
                let gate = self.graph.node("Sigmoid", &[x], &[]);
                self.graph.node("Mul", &[x, &gate], &[])
            }
            // These nodes run in float alone in the runtimes that there are, so in double they are made of others.
            Activation::LeakyRelu(slope) if !self.is_double => self.graph.node("LeakyRelu", &[x], &alpha(slope)),
            Activation::Elu(a) if !self.is_double => self.graph.node("Elu", &[x], &alpha(a)),
            Activation::Selu if !self.is_double => {
                let [gamma, alpha] = SELU;
                let attributes = [Attribute::Float("alpha", alpha), Attribute::Float("gamma", gamma)];
                self.graph.node("Selu", &[x], &attributes)
            }
            Activation::Softsign if !self.is_double => self.graph.node("Softsign", &[x], &[]),
            Activation::Softplus if !self.is_double => self.graph.node("Softplus", &[x], &[]),
            Activation::HardSigmoid if !self.is_double => self.graph.node(
                "HardSigmoid",
                &[x],
                &[Attribute::Float("alpha", 1.0 / 6.0), Attribute::Float("beta", 0.5)],
            ),
            Activation::LeakyRelu(slope) => self.by_sides(x, 1.0, |network, below| network.with("Mul", below, slope)),
            Activation::Elu(alpha) => self.by_sides(x, 1.0, |network, below| network.powers(below, alpha)),
            Activation::Selu => self.by_sides(x, SELU[0], |network, below| network.powers(below, SELU[0] * SELU[1])),
            Activation::Softplus => {
                let size = self.graph.node("Abs", &[x], &[]);
                let minus = self.graph.node("Neg", &[&size], &[]);
                let power = self.graph.node("Exp", &[&minus], &[]);
                let sum = self.with("Add", &power, 1.0);
                let log = self.graph.node("Log", &[&sum], &[]);
                let above = self.with("Max", x, 0.0);
                self.graph.node("Add", &[&above, &log], &[])
            }
            Activation::Softsign => {
                let size = self.graph.node("Abs", &[x], &[]);
                let sum = self.with("Add", &size, 1.0);
                self.graph.node("Div", &[x, &sum], &[])
            }
            Activation::HardSigmoid => {
                let sum = self.with("Add", x, 3.0);
                let above = self.with("Max", &sum, 0.0);
                let clipped = self.with("Min", &above, 6.0);
                self.with("Div", &clipped, 6.0)
            }
            other => {
                return Err(Error::Argument {
                    name: "export",
                    found: format!("activation {} for onnx", activation_name(other)),
                    expected: "an activation that onnx can hold; another format may hold it (--to)".to_owned(),
                });
            }
        })
    }

    /// `erf(x)`. Runtimes compute it in float alone; in double it is cast there and back. It is right to 2e-7 then, two units of
    /// float's last place at 1, and GELU to 1e-7 for each unit of its input.
    fn erf(&mut self, x: &str) -> String {
        let cast = |to| [Attribute::Int("to", to)];
        if !self.is_double {
            return self.graph.node("Erf", &[x], &[]);
        }
        let narrow = self.graph.node("Cast", &[x], &cast(FLOAT));
        let erf = self.graph.node("Erf", &[&narrow], &[]);
        self.graph.node("Cast", &[&erf], &cast(DOUBLE))
    }

    /// `max(x, 0) * slope` and what becomes of `min(x, 0)`.
    fn by_sides(&mut self, x: &str, slope: f64, below: impl FnOnce(&mut Self, &str) -> String) -> String {
        let above = self.with("Max", x, 0.0);
        let above = self.with("Mul", &above, slope);
        let negative = self.with("Min", x, 0.0);
        let below = below(self, &negative);
        self.graph.node("Add", &[&above, &below], &[])
    }

    /// `alpha (e^x - 1)`.
    fn powers(&mut self, x: &str, alpha: f64) -> String {
        let power = self.graph.node("Exp", &[x], &[]);
        let less = self.with("Sub", &power, 1.0);
        self.with("Mul", &less, alpha)
    }
}
