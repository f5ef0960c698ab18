//! The text form of losses: `mse`, `huber(0.5)`.

use std::fmt;
use std::str::FromStr;

use super::kind::Loss;
use crate::error::ModelError;

/// The names that [`Loss`] parses and prints; `huber` also as `huber(0.5)`.
pub const LOSS_NAMES: &[&str] = &["cross-entropy", "binary-cross-entropy", "mse", "half-mse", "mae", "huber"];

/// PyTorch's default.
const DEFAULT_DELTA: f64 = 1.0;

/// `mse`, `huber(0.5)`.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::CrossEntropy => f.write_str("cross-entropy"),
            Loss::BinaryCrossEntropy => f.write_str("binary-cross-entropy"),
            Loss::Mse => f.write_str("mse"),
            Loss::HalfMse => f.write_str("half-mse"),
            Loss::Mae => f.write_str("mae"),
            Loss::Huber(delta) => write!(f, "huber({delta})"),
        }
    }
}

/// Parses what `Display` writes; `huber` without a number has PyTorch's delta, 1.
impl FromStr for Loss {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let unknown = || ModelError::UnknownName { what: "loss", found: text.to_owned(), known: LOSS_NAMES.join(", ") };
        let loss = match text {
            "cross-entropy" => Loss::CrossEntropy,
            "binary-cross-entropy" => Loss::BinaryCrossEntropy,
            "mse" => Loss::Mse,
            "half-mse" => Loss::HalfMse,
            "mae" => Loss::Mae,
            "huber" => Loss::Huber(DEFAULT_DELTA),
            _ => {
                let delta = text.strip_prefix("huber(").and_then(|rest| rest.strip_suffix(')'));
                Loss::Huber(delta.ok_or_else(unknown)?.trim().parse().map_err(|_| unknown())?)
            }
        };
        loss.check()?;
        Ok(loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_reads_back_what_it_writes() {
        let mut losses: Vec<Loss> = LOSS_NAMES.iter().map(|name| name.parse().unwrap()).collect();
        losses.push(Loss::Huber(0.25));
        for loss in losses {
            assert_eq!(loss.to_string().parse(), Ok(loss));
        }
        assert_eq!("huber".parse(), Ok(Loss::Huber(1.0)));
    }

    #[test]
    fn unknown_names_and_bad_deltas_are_refused() {
        for text in ["l2", "huber(x)", "huber(", "mse(2)", ""] {
            let error = text.parse::<Loss>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("binary-cross-entropy"), "{error}");
        }
        for text in ["huber(0)", "huber(-1)", "huber(inf)", "huber(NaN)"] {
            let error = text.parse::<Loss>().unwrap_err().to_string();
            assert!(error.ends_with("expected a finite number above 0"), "{error}");
        }
    }
}
