//! Parsers of the command line's values and their error messages. A value that is refused here is bad usage, reported
//! before any file is read.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use chainrule::data::{Scaling, Source};
use chainrule::network::{ACTIVATION_NAMES, INIT_NAMES, LOSS_NAMES, parse_activation};
use chainrule::trace::Shown;
use chainrule::{Activation, DType, Error, Init, Loss, ModelError, Precision};
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The sizes of the hidden layers; none at all for a single dense layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hidden(pub(crate) Vec<usize>);

/// A normalisation between a hidden layer and its activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Norm {
    Layer,
    Batch,
}

impl Norm {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Norm::Layer => "layer",
            Norm::Batch => "batch",
        }
    }
}

/// How features are preprocessed before training.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Preprocessing {
    /// As in the file of the initial weights, or as suits the source.
    Auto,
    As(Scaling),
}

/// Rows that are held out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Holdout {
    /// Of all rows; not said with `last` alone.
    pub(crate) share: Option<f64>,
    /// Whether they are the last ones.
    pub(crate) is_last: bool,
}

impl Holdout {
    /// The option that asks for it.
    pub(crate) fn words(self) -> String {
        match (self.share, self.is_last) {
            (Some(share), false) => format!("--holdout {share}"),
            (Some(share), true) => format!("--holdout last:{share}"),
            (None, _) => "--holdout last".to_owned(),
        }
    }
}

/// Which rows are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    All,
    Train,
    Validation,
    Test,
}

/// The sizes of a network's layers, from its inputs to its outputs; at least two.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sizes(pub(crate) Vec<usize>);

/// What a graph shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum View {
    Operations,
    Neurons,
}

/// What the edges between neurons show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Edges {
    Weights,
    Gradients,
}

/// The format of a graph, by its name or its file extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    Svg,
    Png,
    #[value(alias = "gv")]
    Dot,
    #[value(alias = "mmd")]
    Mermaid,
}

/// The format of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    Text,
    Markdown,
    Json,
}

/// An output file for numbers, in the format of its extension.
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

/// The value, or an error message that follows clap's `invalid value '0' for '--batch <ROWS>': `.
pub(crate) type Parsed<V> = Result<V, String>;

fn expected<V>(what: impl std::fmt::Display) -> Parsed<V> {
    Err(format!("expected {what}"))
}

pub(crate) fn unknown<V>(what: &'static str, text: &str, known: &[&str]) -> Parsed<V> {
    Err(Error::unknown_name(what, text, known).to_string())
}

/// The known name that `text` spells; `-` and `_` are equivalent.
pub(crate) fn known_name<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let alike = |byte: u8| if byte == b'_' { b'-' } else { byte };
    known.iter().copied().find(|name| name.bytes().map(alike).eq(text.bytes().map(alike)))
}

/// `leaky-relu(0.1)` as the library spells it, `leaky_relu(0.1)`: only the name, up to a bracket or a colon. An
/// unknown name is returned unchanged.
pub(crate) fn spelled(text: &str, known: &[&str]) -> String {
    let (name, settings) = text.split_at(text.find(['(', ':']).unwrap_or(text.len()));
    known_name(name, known).map_or_else(|| text.to_owned(), |name| format!("{name}{settings}"))
}

/// The types of numbers.
pub(crate) fn dtype() -> impl TypedValueParser<Value = DType> {
    one_of(&[("f32", DType::F32), ("f64", DType::F64)])
}

/// What weights are rounded to.
pub(crate) fn precision() -> impl TypedValueParser<Value = Precision> {
    one_of(&[("f32", Precision::F32), ("bf16", Precision::Bf16), ("f16", Precision::F16), ("int8", Precision::Int8)])
}

/// One of several names, for types of other crates, which cannot derive `ValueEnum` here.
pub(crate) fn one_of<V: Clone + Send + Sync + 'static>(
    known: &'static [(&'static str, V)],
) -> impl TypedValueParser<Value = V> {
    let value = |text: String| known.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone());
    PossibleValuesParser::new(known.iter().map(|(name, _)| *name))
        .map(move |text| value(text).expect("a name of these"))
}

pub(crate) fn source(text: &str) -> Parsed<Source> {
    Source::parse(text).map_err(|error| error.to_string())
}

/// A whole number, at least 1.
pub(crate) fn count(text: &str) -> Parsed<usize> {
    match usize::from_str(text) {
        Ok(count) if count > 0 => Ok(count),
        _ => expected("a whole number of at least 1"),
    }
}

/// A whole number, at least 0.
pub(crate) fn steps(text: &str) -> Parsed<usize> {
    usize::from_str(text).or_else(|_| expected("a whole number, 0 or more"))
}

/// The number of a step, or all of them.
pub(crate) fn shown(text: &str) -> Parsed<Shown> {
    match usize::from_str(text) {
        Ok(step) if step > 0 => Ok(Shown::Step(step)),
        _ if text == "all" => Ok(Shown::All),
        _ => expected("a whole number of at least 1, or all"),
    }
}

/// A number of significant digits, at most the 17 of f64.
pub(crate) fn digits(text: &str) -> Parsed<usize> {
    match usize::from_str(text) {
        Ok(digits @ 1..=17) => Ok(digits),
        _ => expected("a whole number from 1 to 17"),
    }
}

pub(crate) fn seed(text: &str) -> Parsed<u64> {
    u64::from_str(text).or_else(|_| expected(format_args!("a whole number from 0 to {}", u64::MAX)))
}

pub(crate) fn positive(text: &str) -> Parsed<f64> {
    match f64::from_str(text) {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => expected("a finite number above 0"),
    }
}

/// A finite number, at least 0.
pub(crate) fn not_negative(text: &str) -> Parsed<f64> {
    match f64::from_str(text) {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => expected("a finite number, 0 or more"),
    }
}

/// A fraction of the rows, less than all.
pub(crate) fn holdout(text: &str) -> Parsed<f64> {
    match f64::from_str(text) {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => expected("a fraction from 0 (none) to below 1"),
    }
}

/// A fraction of the rows, or the last ones of them.
pub(crate) fn holdout_by(text: &str) -> Parsed<Holdout> {
    match text.strip_prefix("last") {
        Some("") => Ok(Holdout { share: None, is_last: true }),
        Some(share) if share.starts_with(':') => Ok(Holdout { share: Some(holdout(&share[1..])?), is_last: true }),
        _ => match holdout(text) {
            Ok(share) => Ok(Holdout { share: Some(share), is_last: false }),
            Err(_) => expected("a fraction from 0 (none) to below 1, last, or last:FRACTION"),
        },
    }
}

pub(crate) fn hidden(text: &str) -> Parsed<Hidden> {
    if text == "none" {
        return Ok(Hidden(Vec::new()));
    }
    let size = |(layer, text): (usize, &str)| match usize::from_str(text.trim()) {
        Ok(0) => expected(format_args!("at least 1 unit in each layer, found 0 in layer {}", layer + 1)),
        Ok(units) => Ok(units),
        Err(_) => expected(format_args!("sizes separated by commas, such as 128,64, or none; found {text:?}")),
    };
    text.split(',').enumerate().map(size).collect::<Parsed<_>>().map(Hidden)
}

pub(crate) fn init_weights(text: &str) -> Parsed<Init> {
    Init::by_name(&spelled(text, INIT_NAMES)).map_err(|error| error.to_string())
}

pub(crate) fn activation(text: &str) -> Parsed<Activation> {
    parse_activation(&spelled(text, ACTIVATION_NAMES)).map_err(|error| match error {
        ModelError::UnknownName { .. } => Error::unknown_name("activation", text, ACTIVATION_NAMES).to_string(),
        other => other.to_string(),
    })
}

/// A probability below 1.
pub(crate) fn dropout(text: &str) -> Parsed<f64> {
    match f64::from_str(text) {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => expected("a fraction from 0 (none) to below 1"),
    }
}

pub(crate) fn loss(text: &str) -> Parsed<Loss> {
    spelled(text, LOSS_NAMES).parse().or_else(|error| match error {
        ModelError::Setting { .. } => Err(error.to_string()),
        _ => unknown("loss", text, LOSS_NAMES),
    })
}

pub(crate) fn sizes(text: &str) -> Parsed<Sizes> {
    let sizes: Option<Vec<usize>> =
        text.split('-').map(|text| usize::from_str(text.trim()).ok().filter(|size| *size > 0)).collect();
    match sizes {
        Some(sizes) if sizes.len() > 1 => Ok(Sizes(sizes)),
        _ => expected(format_args!("sizes of at least 1 from inputs to outputs, such as 2-4-3-1; found {text:?}")),
    }
}

pub(crate) fn preprocessing(text: &str) -> Parsed<Preprocessing> {
    if text == "auto" {
        return Ok(Preprocessing::Auto);
    }
    if let Ok(scaling) = text.parse() {
        return Ok(Preprocessing::As(scaling));
    }
    if text.starts_with("scale:") {
        return expected("a finite number other than 0 after scale:");
    }
    let word = text.split_once(':').map_or(text, |(word, _)| word);
    let known = ["auto", "none", "standardize", "minmax", "robust", "scale:FACTOR"];
    // `scale` and `scael:2` are nearer to `scale` than to `scale:FACTOR`.
    let nearest = match Error::unknown_name("", word, &["auto", "none", "standardize", "minmax", "robust", "scale"]) {
        Error::UnknownName { nearest, .. } => nearest,
        _ => None,
    };
    let error = Error::UnknownName {
        what: "preprocessing",
        name: text.to_owned(),
        nearest: nearest.map(|name| if name == "scale" { known[5].to_owned() } else { name }),
        known: known.map(str::to_owned).to_vec(),
    };
    Err(error.to_string())
}

pub(crate) fn table(text: &str) -> Parsed<Table> {
    match Path::new(text).extension().and_then(|extension| extension.to_str()) {
        Some("npy") => Ok(Table::Npy(text.into())),
        Some("csv") => Ok(Table::Csv(text.into())),
        _ => expected("a name that ends in .npy or .csv"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_layers_are_sizes_with_commas_or_none() {
        assert_eq!(hidden("128, 64").unwrap(), Hidden(vec![128, 64]));
        assert_eq!(hidden("none").unwrap(), Hidden(vec![]));
        assert!(hidden("16,0").unwrap_err().contains("found 0 in layer 2"));
        for bad in ["", ",", "16,", "-1", "1.5", "None"] {
            assert!(hidden(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn preprocessing_is_told_by_name() {
        assert_eq!(preprocessing("scale:0.5").unwrap(), Preprocessing::As(Scaling::Scale(0.5)));
        assert!(preprocessing("scale:0").is_err() && preprocessing("scale:NaN").is_err());
        let message = |text| preprocessing(text).unwrap_err();
        assert!(message("standardice").contains("did you mean \"standardize\"?"));
        assert!(message("scael:2").contains("did you mean \"scale:FACTOR\"?"));
    }

    #[test]
    fn counts_limits_and_shares_have_ranges() {
        assert!(dropout("0").is_ok() && dropout("0.5").is_ok() && dropout("1").is_err() && dropout("NaN").is_err());
        assert!(count("1").is_ok() && count("0").is_err() && count("-1").is_err() && count("1e3").is_err());
        assert!(
            positive("1e-3").is_ok() && positive("0").is_err() && positive("nan").is_err() && positive("inf").is_err()
        );
        assert!(holdout("0").is_ok() && holdout("0.99").is_ok() && holdout("1").is_err() && holdout("NaN").is_err());
    }

    #[test]
    fn a_network_s_sizes_are_at_least_two_of_at_least_one() {
        assert_eq!(sizes("2-4-3-1").unwrap(), Sizes(vec![2, 4, 3, 1]));
        for bad in ["", "2", "2-0-1", "2--1", "-2-1", "2,1", "2-1-"] {
            assert!(sizes(bad).unwrap_err().contains("such as 2-4-3-1"), "{bad:?}");
        }
    }

    #[test]
    fn a_format_is_known_by_its_name_and_its_ending() {
        let format = |text| GraphFormat::from_str(text, false);
        let names = ["svg", "png", "dot", "gv", "mermaid", "mmd"].map(|name| format(name).unwrap());
        let (dot, mermaid) = (GraphFormat::Dot, GraphFormat::Mermaid);
        assert_eq!(names, [GraphFormat::Svg, GraphFormat::Png, dot, dot, mermaid, mermaid]);
        assert!(format("jpg").is_err());
    }

    #[test]
    fn dashes_and_underscores_are_alike_in_names() {
        for text in ["leaky_relu(0.1)", "leaky-relu(0.1)"] {
            assert_eq!(activation(text), Ok(Activation::LeakyRelu(0.1)));
        }
        assert_eq!(activation("gelu-tanh"), activation("gelu_tanh"));
        assert_eq!(loss("binary_cross_entropy"), Ok(Loss::BinaryCrossEntropy));
        assert_eq!(loss("half_mse"), loss("half-mse"));
        // In names alone: the sign of a number stays one, and what is refused is told as it was written.
        assert!(activation("leaky-relu(-1)").unwrap_err().contains("is -1"));
        assert!(activation("leakier_relu").unwrap_err().contains("\"leakier_relu\""));
        assert!(loss("cros_entropy").unwrap_err().contains("\"cros_entropy\", did you mean \"cross-entropy\"?"));
        assert_eq!(spelled("relu-", &["relu"]), "relu-");
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
