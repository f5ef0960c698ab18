//! The names and parameters of activations. Their formulas are in `chainrule-kernel`.

use chainrule_dense::Activation;

use crate::error::ModelError;

/// Every activation by its PyTorch name, with the default of its parameter.
const KNOWN: &[(&str, Activation)] = &[
    ("identity", Activation::Identity),
    ("relu", Activation::Relu),
    ("leaky_relu", Activation::LeakyRelu(0.01)),
    ("elu", Activation::Elu(1.0)),
    ("selu", Activation::Selu),
    ("gelu", Activation::Gelu),
    ("gelu_tanh", Activation::GeluTanh),
    ("silu", Activation::Silu),
    ("softplus", Activation::Softplus),
    ("softsign", Activation::Softsign),
    ("hardsigmoid", Activation::HardSigmoid),
    ("sigmoid", Activation::Sigmoid),
    ("tanh", Activation::Tanh),
];

/// The names that [`parse_activation`] takes; two of them also with a number, `leaky_relu(0.2)` and `elu(1.5)`.
pub const ACTIVATION_NAMES: &[&str] = &NAMES;

const NAMES: [&str; KNOWN.len()] = {
    let mut names = [""; KNOWN.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = KNOWN[i].0;
        i += 1;
    }
    names
};

/// The parameter of an activation, if it has one.
fn alpha(activation: &mut Activation) -> Option<&mut f64> {
    match activation {
        Activation::LeakyRelu(alpha) | Activation::Elu(alpha) => Some(alpha),
        _ => None,
    }
}

/// The name of an activation, with its parameter if it has one.
pub fn activation_name(mut activation: Activation) -> String {
    let same = |known: &&(&str, Activation)| std::mem::discriminant(&known.1) == std::mem::discriminant(&activation);
    let name = KNOWN.iter().find(same).map_or_else(|| format!("{activation:?}"), |known| known.0.to_owned());
    match alpha(&mut activation) {
        Some(alpha) => format!("{name}({alpha})"),
        None => name,
    }
}

/// The activation of this name. `leaky_relu` and `elu` without a number have PyTorch's defaults, 0.01 and 1.
///
/// # Errors
/// When the name is unknown, or its parameter is out of range.
pub fn parse_activation(text: &str) -> Result<Activation, ModelError> {
    let unknown =
        || ModelError::UnknownName { what: "activation", found: text.to_owned(), known: ACTIVATION_NAMES.join(", ") };
    let (name, number) = match text.split_once('(') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(')').ok_or_else(unknown)?)),
        None => (text, None),
    };
    let (_, mut activation) = *KNOWN.iter().find(|known| known.0 == name).ok_or_else(unknown)?;
    if let Some(number) = number {
        *alpha(&mut activation).ok_or_else(unknown)? = number.trim().parse().map_err(|_| unknown())?;
    }
    check_activation(activation)?;
    Ok(activation)
}

pub(crate) fn check_activation(mut activation: Activation) -> Result<(), ModelError> {
    let what = match activation {
        Activation::LeakyRelu(_) => "the slope of leaky_relu",
        _ => "the alpha of elu",
    };
    match alpha(&mut activation) {
        Some(&mut found) if !(found.is_finite() && found >= 0.0) => {
            Err(ModelError::Setting { what, found, expected: "a finite number, 0 or more" })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_none_stands_twice() {
        for (at, name) in ACTIVATION_NAMES.iter().enumerate() {
            let activation = parse_activation(name).unwrap();
            assert_eq!(activation, KNOWN[at].1);
            assert_eq!(parse_activation(&activation_name(activation)), Ok(activation));
            assert!(!ACTIVATION_NAMES[..at].contains(name));
        }
        assert_eq!(activation_name(Activation::Elu(1.0)), "elu(1)");
        assert_eq!(parse_activation("elu( 1.5 )"), Ok(Activation::Elu(1.5)));
        assert_eq!(parse_activation("gelu"), Ok(Activation::Gelu));
    }

    #[test]
    fn bad_parameters_are_refused_by_name() {
        let said = |text: &str| parse_activation(text).unwrap_err().to_string();
        assert_eq!(said("leaky_relu(-1)"), "the slope of leaky_relu is -1; expected a finite number, 0 or more");
        assert_eq!(said("elu(inf)"), "the alpha of elu is inf; expected a finite number, 0 or more");
        assert!(said("gelu(1)").contains("there is no activation `gelu(1)`"));
    }
}
