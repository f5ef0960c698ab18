//! `--precision` and `--tolerance`.

use chainrule::Precision;
use clap::Args;

use crate::values;

/// Weights of fewer bits.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct PrecisionArgs {
    /// Round the weights of dense layers: bf16, f16 (half of the bytes), int8 (a quarter, with one scale for each output), and say
    /// what it changes on the rows at hand. Sums stay f32. With f32, `convert` writes a model in f64 as one in f32 [default: as they are]
    #[arg(long, value_name = "NAME", value_parser = values::precision())]
    pub(crate) precision: Option<Precision>,
    /// Fail, with exit code 1, if rounding changes more than this: the share of rows with another decision (class, yes or no); of
    /// values, the root mean square of the differences divided by that of the values
    #[arg(long, value_name = "SHARE", value_parser = values::not_negative, allow_negative_numbers = true, requires = "precision")]
    pub(crate) tolerance: Option<f64>,
}
