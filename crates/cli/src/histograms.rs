//! How the numbers of a network are spread: a line of bars for each tensor.

use chainrule::TensorHistogram;

use crate::output::{grouped, plural};

/// Bars of a line.
pub(crate) const BARS: usize = 24;

const HEIGHTS: [char; 9] =
    [' ', '\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];

/// The lines, under a heading.
pub(crate) fn lines(histograms: &[TensorHistogram]) -> String {
    let mut lines = vec![format!(
        "{:<16} {:>11} {:>10} {:<BARS$} {:<10} {:>9} {:>9}",
        "tensor", "shape", "least", "", "largest", "mean", "deviation"
    )];
    lines.extend(histograms.iter().map(line));
    lines.join("\n")
}

fn line(found: &TensorHistogram) -> String {
    let shape: Vec<String> = found.shape.iter().map(usize::to_string).collect();
    let zeros = match found.zeros {
        0 => String::new(),
        all if all == found.count => "  all are 0".to_owned(),
        some => format!("  {} of {} are 0", grouped(some), plural(found.count, "number")),
    };
    let name = format!("{}.{}", found.module, found.tensor);
    let number = |x: f64| format!("{x:.4}");
    format!(
        "{name:<16} {:>11} {:>10} {} {:<10} {:>9} {:>9}{zeros}",
        shape.join("x"),
        number(found.min),
        bars(&found.bins),
        number(found.max),
        number(found.mean),
        number(found.std),
    )
}

/// Bars as high as their share of the highest; a bin that is not empty is never drawn so.
fn bars(bins: &[usize]) -> String {
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    bins.iter().map(|count| HEIGHTS[(count * (HEIGHTS.len() - 1)).div_ceil(most)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_share() {
        assert_eq!(bars(&[0, 1, 400, 800]), " \u{2581}\u{2584}\u{2588}");
        assert_eq!(bars(&[0, 0]), "  ");
    }
}
