//! Which functions a source needs, and the constants of their formulas. The formulas are those of the kernel
//! (`chainrule-kernel`, `src/math`), one number at a time, in its order of operations: so a source's outputs are the
//! kernel's but for a rounding now and then. `c_functions.rs` and `rust_functions.rs` hold the texts.

use chainrule_model::Activation;

use super::blueprint::{Probabilities, Step};

/// A function's name, and those that it calls. One that is called stands before its callers.
const FUNCTIONS: [(&str, &[&str]); 29] = [
    ("fma", &[]),
    ("power_of_2", &[]),
    ("series", &["fma"]),
    ("reduce", &["series"]),
    ("exp", &["reduce", "power_of_2"]),
    ("expm1", &["reduce", "power_of_2"]),
    ("times_exp", &["series", "power_of_2"]),
    ("gated", &["times_exp"]),
    ("polynomial", &["fma"]),
    ("sigmoid", &["exp"]),
    ("tanh", &["reduce", "power_of_2"]),
    ("softplus", &["exp", "polynomial"]),
    ("gelu", &["polynomial", "times_exp"]),
    ("gelu_tanh", &["gated"]),
    ("silu", &["gated"]),
    ("softsign", &[]),
    ("relu", &[]),
    ("leaky_relu", &[]),
    ("elu", &["expm1"]),
    ("selu", &["expm1"]),
    ("hardsigmoid", &[]),
    ("root", &[]),
    ("ln", &[]),
    ("sum", &["fma"]),
    ("dense", &["sum"]),
    ("softmax", &["exp"]),
    ("log_softmax", &["exp", "ln"]),
    ("layer_norm", &["root"]),
    ("batch_norm", &[]),
];

/// The functions that these steps need, those that are called first.
pub(super) fn needed(steps: &[Step], probabilities: Probabilities) -> Vec<&'static str> {
    let mut wanted: Vec<&str> = steps.iter().map(function).collect();
    match probabilities {
        Probabilities::Softmax => wanted.push("softmax"),
        Probabilities::Sigmoid => wanted.push("sigmoid"),
        Probabilities::None | Probabilities::Outputs => {}
    }
    // Callers stand behind what they call: once from the end is enough.
    for (name, calls) in FUNCTIONS.iter().rev() {
        if wanted.contains(name) {
            wanted.extend(*calls);
        }
    }
    FUNCTIONS.iter().map(|(name, _)| *name).filter(|name| wanted.contains(name)).collect()
}

/// The function of a step.
pub(super) fn function(step: &Step) -> &'static str {
    match step {
        Step::Dense(_) => "dense",
        Step::Activation(activation) => of_activation(*activation).unwrap_or("fma"),
        Step::Softmax => "softmax",
        Step::LogSoftmax => "log_softmax",
        Step::LayerNorm { .. } => "layer_norm",
        Step::BatchNorm { .. } => "batch_norm",
    }
}

/// The function of an activation; `None` of one that sources do not know.
pub(super) fn of_activation(activation: Activation) -> Option<&'static str> {
    Some(match activation {
        Activation::Relu => "relu",
        Activation::LeakyRelu(_) => "leaky_relu",
        Activation::Sigmoid => "sigmoid",
        Activation::Tanh => "tanh",
        Activation::Elu(_) => "elu",
        Activation::Selu => "selu",
        Activation::Gelu => "gelu",
        Activation::GeluTanh => "gelu_tanh",
        Activation::Silu => "silu",
        Activation::Softplus => "softplus",
        Activation::Softsign => "softsign",
        Activation::HardSigmoid => "hardsigmoid",
        _ => return None,
    })
}

/// The parameter of an activation, if it has one.
pub(super) fn parameter(activation: Activation) -> Option<f64> {
    match activation {
        Activation::LeakyRelu(alpha) | Activation::Elu(alpha) => Some(alpha),
        _ => None,
    }
}

/// The constants of an element type by the names that stand for them in the texts.
pub(super) fn constants(is_double: bool) -> Vec<(&'static str, f64)> {
    let f32 = [
        ("LN2_HIGH", 0.693_359_375),
        ("LN2_LOW", -2.121_944_400_546_905_7e-4),
        ("EXP_LOW", -104.0),
        ("EXP_HIGH", 89.0),
        ("GATE_END", -130.0),
        ("TANH_MAX", 10.0),
        ("NORMAL_MAX", 15.0),
        ("GRAINS", 64.0),
        ("LARGEST", f64::from(f32::MAX)),
    ];
    let f64 = [
        ("LN2_HIGH", 0.693_147_180_369_123_8),
        ("LN2_LOW", 1.908_214_929_270_587_7e-10),
        ("EXP_LOW", -746.0),
        ("EXP_HIGH", 710.0),
        ("GATE_END", -932.5),
        ("TANH_MAX", 20.0),
        ("NORMAL_MAX", 39.0),
        ("GRAINS", 1_048_576.0),
        ("LARGEST", f64::MAX),
    ];
    let both = [
        ("LOG2_E", std::f64::consts::LOG2_E),
        ("DENSITY_AT_0", 0.398_942_280_401_432_7),
        ("TANH_FORM_A", 1.595_769_121_605_730_8),
        ("TANH_FORM_B", 0.071_354_816_272_600_25),
        ("SELU_SCALE", 1.050_700_987_355_480_5),
        ("SELU_BELOW", 1.050_700_987_355_480_5 * 1.673_263_242_354_377_2),
    ];
    if is_double { f64 } else { f32 }.into_iter().chain(both).collect()
}

/// The coefficients of an element type by the names that stand for them in the texts.
pub(super) fn coefficients(is_double: bool) -> [(&'static str, Vec<f64>); 3] {
    let (factorials, odd, mills): (u32, u32, &[f64]) =
        if is_double { (13, 16, &MILLS_F64) } else { (7, 7, &MILLS_F32) };
    // 1/13!, ... 1/2!, the series of e^r - 1 - r, over r^2.
    let factorial = |n: u32| (1..=n).fold(1.0, |product, i| product * f64::from(i));
    let inverse_factorials = (2..=factorials).rev().map(|n| 1.0 / factorial(n)).collect();
    // ..., 1/5, 1/3: the series of atanh(s) / s - 1, over s^2.
    let inverse_odds = (1..=odd).rev().map(|n| 1.0 / f64::from(2 * n + 1)).collect();
    [("SERIES", inverse_factorials), ("ODD_INVERSES", inverse_odds), ("MILLS", mills.to_vec())]
}

/// `(y + 5) m(y)`, m being Mills' ratio, for y up to 15, by powers of (y - 5) / (y + 5).
const MILLS_F32: [f64; 11] = [
    0.0002742022778,
    0.001656251367,
    -0.002137280565,
    -0.007698963771,
    0.05211851471,
    -0.1732138427,
    0.4136500875,
    -0.7859143536,
    1.24154668,
    -1.667866519,
    1.92808105,
];

/// The same for y up to 39.
const MILLS_F64: [f64; 23] = [
    -3.979891229251706e-10,
    4.39424068976655e-09,
    1.9208472446312616e-08,
    -2.3345635325878114e-08,
    -1.652926246834965e-07,
    1.0596769461869634e-07,
    1.0857235669541307e-06,
    -8.437695993579082e-07,
    -6.94152320283244e-06,
    9.978641907451594e-06,
    4.181360202096583e-05,
    -0.00012473687727586143,
    -0.00014883287865645497,
    0.0013658594025803164,
    -0.0019999619936578797,
    -0.0075032828495803445,
    0.052125502413427574,
    -0.17325473408524172,
    0.4136447157326474,
    -0.7859110755466033,
    1.2415470615738669,
    -1.6678665951889595,
    1.9280810471531575,
];
