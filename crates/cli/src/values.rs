//! What the words of the command line mean, and what to say of those that mean nothing. A refusal here is bad usage,
//! told before anything is read.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use chainrule::data::Source;
use chainrule::{
    ACTIVATION_NAMES, Activation, DType, Error, LOSS_NAMES, Loss, ModelError, OPTIMIZER_NAMES, Result, parse_activation,
};

/// The sizes of the hidden layers; none at all for a single dense layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hidden(pub(crate) Vec<usize>);

/// What is to be done to features before training.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Preprocessing {
    /// What the file of the first weights says, or what suits the source.
    Auto,
    None,
    Standardize,
    Scale(f64),
}

/// Which rows are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    Train,
    Test,
}

/// A file for numbers, in the format that its name asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Table {
    Npy(PathBuf),
    Csv(PathBuf),
}

impl Table {
    pub(crate) fn path(&self) -> &Path {
        let (Table::Npy(path) | Table::Csv(path)) = self;
        path
    }
}

fn argument(name: &'static str, found: &str, expected: impl Into<String>) -> Error {
    Error::Argument { name, found: found.to_owned(), expected: expected.into() }
}

/// One of some names, which stand for values.
fn one_of<V: Copy>(what: &'static str, text: &str, known: &[(&str, V)]) -> Result<V> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| Error::unknown_name(what, text, &names))
}

pub(crate) fn source(text: &str) -> Result<Source> {
    Source::parse(text)
}

/// A whole number from 1.
pub(crate) fn count(text: &str) -> Result<usize> {
    match usize::from_str(text) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(argument("count", text, "a whole number of at least 1")),
    }
}

pub(crate) fn seed(text: &str) -> Result<u64> {
    u64::from_str(text).map_err(|_| argument("seed", text, format!("a whole number from 0 to {}", u64::MAX)))
}

/// A learning rate.
pub(crate) fn rate(text: &str) -> Result<f64> {
    match f64::from_str(text) {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err(argument("learning rate", text, "a finite number above 0")),
    }
}

/// A share of the rows that leaves some to train on.
pub(crate) fn holdout(text: &str) -> Result<f64> {
    match f64::from_str(text) {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err(argument("holdout", text, "a fraction from 0 (none) to below 1")),
    }
}

pub(crate) fn hidden(text: &str) -> Result<Hidden> {
    if text == "none" {
        return Ok(Hidden(Vec::new()));
    }
    let size = |(layer, text): (usize, &str)| match usize::from_str(text.trim()) {
        Ok(0) => Err(argument("hidden layers", &format!("0 units in layer {}", layer + 1), "at least 1 in each")),
        Ok(units) => Ok(units),
        Err(_) => Err(argument("hidden layers", &format!("{text:?}"), "sizes with commas, 128,64 say, or none")),
    };
    text.split(',').enumerate().map(size).collect::<Result<_>>().map(Hidden)
}

pub(crate) fn activation(text: &str) -> Result<Activation> {
    parse_activation(text).map_err(|error| match error {
        ModelError::UnknownName { .. } => Error::unknown_name("activation", text, ACTIVATION_NAMES),
        other => other.into(),
    })
}

pub(crate) fn loss(text: &str) -> Result<Loss> {
    text.parse().map_err(|_| Error::unknown_name("loss", text, LOSS_NAMES))
}

pub(crate) fn optimizer(text: &str) -> Result<String> {
    let known = OPTIMIZER_NAMES.contains(&text);
    if known { Ok(text.to_owned()) } else { Err(Error::unknown_name("optimizer", text, OPTIMIZER_NAMES)) }
}

pub(crate) fn dtype(text: &str) -> Result<DType> {
    one_of("element type", text, &[("f32", DType::F32), ("f64", DType::F64)])
}

pub(crate) fn part(text: &str) -> Result<Part> {
    one_of("part", text, &[("all", Part::All), ("train", Part::Train), ("test", Part::Test)])
}

pub(crate) fn preprocessing(text: &str) -> Result<Preprocessing> {
    let Some(factor) = text.strip_prefix("scale:") else {
        return match text {
            "auto" => Ok(Preprocessing::Auto),
            "none" => Ok(Preprocessing::None),
            "standardize" => Ok(Preprocessing::Standardize),
            _ => {
                let word = text.split_once(':').map_or(text, |(word, _)| word);
                let known = ["auto", "none", "standardize", "scale:FACTOR"];
                // `scale` and `scael:2` are nearer to `scale` than to `scale:FACTOR`.
                let nearest = match Error::unknown_name("", word, &["auto", "none", "standardize", "scale"]) {
                    Error::UnknownName { nearest, .. } => nearest,
                    _ => None,
                };
                Err(Error::UnknownName {
                    what: "preprocessing",
                    name: text.to_owned(),
                    nearest: nearest.map(|name| if name == "scale" { known[3].to_owned() } else { name }),
                    known: known.map(str::to_owned).to_vec(),
                })
            }
        };
    };
    match f64::from_str(factor) {
        Ok(factor) if factor.is_finite() && factor != 0.0 => Ok(Preprocessing::Scale(factor)),
        _ => Err(argument("preprocessing factor", factor, "a finite number other than 0")),
    }
}

pub(crate) fn table(text: &str) -> Result<Table> {
    match Path::new(text).extension().and_then(|extension| extension.to_str()) {
        Some("npy") => Ok(Table::Npy(text.into())),
        Some("csv") => Ok(Table::Csv(text.into())),
        _ => Err(argument("output file", text, "a name that ends in .npy or .csv")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_layers_are_sizes_with_commas_or_none() {
        assert_eq!(hidden("128, 64").unwrap(), Hidden(vec![128, 64]));
        assert_eq!(hidden("none").unwrap(), Hidden(vec![]));
        assert!(hidden("16,0").unwrap_err().to_string().contains("0 units in layer 2"));
        for bad in ["", ",", "16,", "-1", "1.5", "None"] {
            assert!(hidden(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn preprocessing_is_told_by_name() {
        assert_eq!(preprocessing("scale:0.5").unwrap(), Preprocessing::Scale(0.5));
        assert!(preprocessing("scale:0").is_err() && preprocessing("scale:NaN").is_err());
        let message = |text| preprocessing(text).unwrap_err().to_string();
        assert!(message("standardise").contains("did you mean \"standardize\"?"));
        assert!(message("scael:2").contains("did you mean \"scale:FACTOR\"?"));
    }

    #[test]
    fn counts_rates_and_shares_have_ranges() {
        assert!(count("1").is_ok() && count("0").is_err() && count("-1").is_err() && count("1e3").is_err());
        assert!(rate("1e-3").is_ok() && rate("0").is_err() && rate("nan").is_err() && rate("inf").is_err());
        assert!(holdout("0").is_ok() && holdout("0.99").is_ok() && holdout("1").is_err() && holdout("NaN").is_err());
    }

    #[test]
    fn an_output_file_says_its_format_by_its_name() {
        assert_eq!(table("a/b.npy").unwrap(), Table::Npy("a/b.npy".into()));
        assert_eq!(table("b.csv").unwrap(), Table::Csv("b.csv".into()));
        for bad in ["b.txt", "b", "npy", ".npy", "b.npy.gz"] {
            assert!(table(bad).is_err(), "{bad}");
        }
    }
}
