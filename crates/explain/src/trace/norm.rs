//! The formulas of dropout and of the normalisations, which differ in training and evaluation, with the masks, means
//! and variances of the passes.

use chainrule_model::network::Intermediates;
use chainrule_model::{Layer, Mlp, Scalar};

use super::parameters::Parameters;
use super::{Formula, Matrix, Name, Quantity};

/// The intermediate quantities of a module: a mask, or a mean and a variance. Empty for other modules.
pub(super) fn between<T: Scalar>(
    parts: &Intermediates<T>,
    module: usize,
    layer: &Layer,
    input: &Quantity,
    output: &Name,
) -> Vec<Quantity> {
    let name =
        |text: &str, latex: &str| Name::new(format!("{text}_{output}"), format!("{latex}^{{({})}}", output.latex));
    if let Some(mask) = parts.mask(module) {
        let (rows, cols) = (input.value.rows(), input.value.cols());
        let mask: Vec<f64> = mask.iter().map(|&kept| f64::from(kept)).collect();
        let meaning = "drawn for this step: 1 where a unit is kept";
        return vec![Quantity::given(name("M", "M"), meaning, Matrix::from_slice(&mask, rows, cols))];
    }
    let Some((mean, variance)) = parts.statistics(module) else { return Vec::new() };
    let (mean_name, variance_name) = (name("mean", "\\mu"), name("var", "\\sigma^{2}"));
    let (rows, of, whose) = match layer {
        Layer::LayerNorm { .. } => (mean.len(), Some(mean_of_each_row()), "each row"),
        _ if parts.is_training() => (1, Some(mean_of_rows()), "each column"),
        _ => (1, None, "the minibatches it was trained on"),
    };
    let shaped = |values: &[f64]| Matrix::from_slice(values, rows, values.len() / rows);
    let formula = |inside: Formula| of.as_ref().map(|of| inside.of(of)).unwrap_or_default();
    let mean = Quantity::computed(mean_name, format!("mean of {whose}"), formula(Formula::just(input)), shaped(mean));
    let off = Formula::just(input).same(" - ").value(&mean).bracketed().squared();
    let variance = Quantity::computed(variance_name, format!("variance of {whose}"), formula(off), shaped(variance));
    vec![mean, variance]
}

/// The output of dropout or of a normalisation; `None` for other modules.
pub(super) fn output(
    layer: &Layer,
    input: &Quantity,
    between: &[Quantity],
    learned: Option<&Parameters>,
) -> Option<(Formula, &'static str)> {
    let input_alone = Formula::just(input);
    match (*layer, between) {
        (Layer::Dropout { p }, [mask]) => {
            let formula = kept(input_alone, mask, p);
            Some((formula, "what dropout keeps, scaled up"))
        }
        (Layer::Dropout { .. }, _) => Some((input_alone, "all of it: dropout is for training")),
        (Layer::LayerNorm { eps, .. } | Layer::BatchNorm { eps, .. }, [mean, variance]) => {
            let Parameters { w: gamma, b: beta, .. } = learned?;
            let h = normalised(input, mean, variance, eps);
            Some((h.each_times().value(gamma).same(" + ").value(beta), "normalised"))
        }
        _ => None,
    }
}

/// A module in the backward pass.
pub(super) struct Through<'a> {
    pub(super) input: &'a Quantity,
    /// The gradient by its output.
    pub(super) d: &'a Quantity,
}

/// The gradient by the input of dropout or of a normalisation, from that by its output; `None` for other modules.
pub(super) fn through<T: Scalar>(
    parts: &Intermediates<T>,
    layer: &Layer,
    at: &Through<'_>,
    between: &[Quantity],
    learned: Option<(&Parameters, &[Quantity; 2])>,
) -> Option<Formula> {
    let Through { input, d } = *at;
    match (*layer, between) {
        (Layer::Dropout { p }, [mask]) => Some(kept(Formula::just(d), mask, p)),
        (Layer::Dropout { .. }, _) => Some(Formula::just(d)),
        (Layer::LayerNorm { eps, .. }, [mean, variance]) => {
            let (Parameters { w: gamma, .. }, _) = learned?;
            let g = || Formula::just(d).each_times().value(gamma);
            let h = || normalised(input, mean, variance, eps);
            let off = g().same(" - ").then(g().of(&mean_of_each_row())).same(" - ").then(h());
            let off = off.each_times().then(g().each_times().then(h()).of(&mean_of_each_row()));
            Some(off.bracketed().same(" / ").then(root(variance, eps)))
        }
        (Layer::BatchNorm { eps, .. }, [mean, variance]) => {
            let (Parameters { w: gamma, .. }, [dgamma, dbeta]) = learned?;
            let scale = Formula::just(gamma).same(" / ").then(root(variance, eps)).each_times();
            if !parts.is_training() {
                return Some(scale.value(d));
            }
            let n = input.value.rows() as f64;
            let share = |formula: Formula, of: &Quantity| formula.value(of).same(" / ").number("n", "n", n);
            let off = share(Formula::just(d).same(" - "), dbeta).same(" - ");
            let off = share(off.then(normalised(input, mean, variance, eps)).each_times(), dgamma);
            Some(scale.then(off.bracketed()))
        }
        _ => None,
    }
}

/// What gamma of a normalisation is multiplied with; `None` for other modules.
pub(super) fn normalised_by(layer: &Layer, input: &Quantity, between: &[Quantity]) -> Option<Formula> {
    match (*layer, between) {
        (Layer::LayerNorm { eps, .. } | Layer::BatchNorm { eps, .. }, [mean, variance]) => {
            Some(normalised(input, mean, variance, eps))
        }
        _ => None,
    }
}

/// `(X - mean) / sqrt(var + eps)`.
fn normalised(x: &Quantity, mean: &Quantity, variance: &Quantity, eps: f64) -> Formula {
    Formula::just(x).same(" - ").value(mean).bracketed().same(" / ").then(root(variance, eps))
}

fn root(variance: &Quantity, eps: f64) -> Formula {
    Formula::just(variance).same(" + ").literal(eps).root()
}

/// `d * M / (1 - p)`.
fn kept(d: Formula, mask: &Quantity, p: f64) -> Formula {
    d.each_times().value(mask).same(" / ").then(Formula::default().same("1 - ").literal(p).bracketed())
}

fn mean_of_rows() -> Name {
    Name::new("mean_of_rows", "\\operatorname{mean}_{\\text{rows}}")
}

fn mean_of_each_row() -> Name {
    Name::new("mean_of_each_row", "\\operatorname{mean}_{\\text{each row}}")
}

/// The running statistics of a batch normalisation.
pub(super) struct RunningStatistics {
    module: usize,
    pub(super) mean: Quantity,
    pub(super) variance: Quantity,
}

/// The running mean and variance of each batch normalisation, by module.
pub(super) fn running<T: Scalar>(mlp: &Mlp<T>) -> Vec<RunningStatistics> {
    let one = |(number, norm): (usize, chainrule_model::network::NormLayer<'_, T>)| {
        let (module, running) = (norm.module, norm.running?);
        let row = |values: &[T]| Matrix::from_slice(values, 1, values.len());
        let given = |text: &str, latex: &str, values| {
            let name = Name::new(format!("{text}{}", number + 1), format!("{latex}_{{{}}}", number + 1));
            Quantity::given(name, format!("running statistics of normalisation {}", number + 1), row(values))
        };
        let mean = given("running_mean", "\\bar{\\mu}", running.mean);
        let variance = given("running_var", "\\bar{\\sigma}^{2}", running.variance);
        Some(RunningStatistics { module, mean, variance })
    };
    mlp.norm_layers().enumerate().filter_map(one).collect()
}

/// The update of the running statistics, from `before` and the statistics of the minibatch to their current values.
pub(super) fn updated_running<T: Scalar>(
    mlp: &Mlp<T>,
    before: &[RunningStatistics],
    measured: &[Vec<Quantity>], // of each module
    rows: usize,
) -> Vec<Quantity> {
    let mut moved = Vec::new();
    for (before, after) in before.iter().zip(running(mlp)) {
        let module = before.module;
        let (Layer::BatchNorm { momentum, .. }, [mean, variance]) = (mlp.layers()[module], &measured[module][..])
        else {
            continue;
        };
        let pairs = [(&before.mean, after.mean, mean), (&before.variance, after.variance, variance)];
        for (before, after, measured) in pairs {
            let keep = Formula::default().same("1 - ").literal(momentum).bracketed().each_times().value(before);
            let mut formula = keep.same(" + ").literal(momentum).each_times().value(measured);
            if measured.name == variance.name {
                let n = |formula: Formula| formula.number("n", "n", rows as f64);
                let less = n(Formula::default()).same(" - 1").bracketed();
                formula = n(formula.each_times()).same(" / ").then(less);
            }
            let meaning = format!("new {}", after.meaning);
            moved.push(Quantity { formula, meaning, replaces: true, ..after });
        }
    }
    moved
}
