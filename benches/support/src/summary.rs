//! The summary of a record: a table for the README, and the products where a rival is faster.

use std::fmt::Write;

use crate::families::{OfFamily, side_by_side};
use crate::record::{Measured, Record};
use crate::shapes::{Element, SUMMARY};
use crate::stats::{geometric_mean, quantile};

/// Between these lines of the README stands what [`readme_section`] made.
pub const MARKERS: [&str; 2] = ["<!-- bench -->", "<!-- /bench -->"];

impl Record {
    /// The rows of the summary that were measured, in its order.
    pub fn summary(&self) -> Vec<&Measured> {
        SUMMARY.iter().filter_map(|name| self.cases.iter().find(|case| case.case == *name)).collect()
    }

    /// The geometric mean of the best rival's time over ours, and of how many products.
    pub fn against_the_best(&self) -> (f64, usize) {
        let ratios: Vec<f64> =
            self.cases.iter().filter_map(|case| case.best_rival().map(|best| best.ratio[1])).collect();
        (geometric_mean(&ratios), ratios.len())
    }

    /// How far from 1 the ratio of ours to ours was on nine products of ten.
    pub fn noise(&self) -> f64 {
        let off: Vec<f64> = self.cases.iter().map(|case| (case.again - 1.0).abs()).collect();
        if off.is_empty() { 0.0 } else { quantile(&off, 0.9) }
    }

    /// The products on which a rival needed less time, by more than the [noise](Record::noise), the worst first.
    pub fn lost(&self) -> Vec<&Measured> {
        self.lost_by(self.noise())
    }

    /// The products on which a rival's time is less than ours by more than this share, the worst first.
    pub fn lost_by(&self, share: f64) -> Vec<&Measured> {
        let ratio = |case: &Measured| case.best_rival().map_or(f64::INFINITY, |best| best.ratio[1]);
        let mut lost: Vec<&Measured> = self.cases.iter().filter(|case| ratio(case) < 1.0 - share).collect();
        lost.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        lost
    }

    /// Geometric mean against the best rival of each group: (group, mean, products).
    pub fn by_group(&self) -> Vec<(String, f64, usize)> {
        let mut groups: Vec<String> = self.cases.iter().map(|case| case.group.clone()).collect();
        groups.dedup();
        let mean = |group: String| {
            let of_group = |case: &&Measured| case.group == group;
            let cases = self.cases.iter().filter(of_group).cloned().collect();
            let (mean, count) = Record { header: self.header.clone(), cases, steps: Vec::new() }.against_the_best();
            (group, mean, count)
        };
        groups.into_iter().map(mean).collect()
    }
}

/// The section of the README between [`MARKERS`], those included: of a record, and of the newest of each family of processors.
pub fn readme_section(record: &Record, record_path: &str, chart_path: &str, families: &[OfFamily<'_>]) -> String {
    let header = &record.header;
    let (mean, count) = record.against_the_best();
    let lost = record.lost().len();
    let threads = if header.threads == 1 { "one thread".to_owned() } else { format!("{} threads", header.threads) };
    let mut text = format!("{}\n", MARKERS[0]);
    let kernels = header.kernels.join("` and `");
    let commit: String = header.commit.chars().take(10).collect();
    let _ = writeln!(
        text,
        "Matrix products of dense layers on {threads} of {cpu}, by `{kernels}`, commit {commit}, {date}.\n\
         Against the fastest rival of each of {count} products we are {mean:.2} times as fast (geometric mean), and slower \
         on {lost} (by more than the run's noise of {noise:.1} %). Measured by: `{command}`.\n",
        cpu = header.cpu,
        date = header.date.split('T').next().unwrap_or_default(),
        command = header.command,
        noise = 100.0 * record.noise(),
    );
    let rivals: Vec<String> = header.rivals.iter().map(|rival| format!("{} {}", rival.name, rival.version)).collect();
    let _ = writeln!(text, "| product | m x n x k | GFLOP/s | of peak | {} |", rivals.join(" | "));
    let _ = writeln!(text, "|---|---|--:|--:|{}", "--:|".repeat(rivals.len()));
    for case in record.summary() {
        let Measured { case: name, m, n, k, ours, .. } = case;
        let unsteady = if case.steady { "" } else { " (unsteady)" };
        let _ =
            write!(text, "| {name}{unsteady} | {m} x {n} x {k} | {:.0} | {:.0} % |", ours.gflops, ours.percent_of_peak);
        for rival in &header.rivals {
            let ratio = case.rivals.iter().find(|timing| timing.name == rival.name).map(|timing| timing.ratio[1]);
            let _ = write!(text, " {} |", ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}x")));
        }
        text.push('\n');
    }
    let peaks: Vec<String> = header
        .peaks
        .iter()
        .map(|peak| {
            let element = if peak.element == Element::F32 { "f32" } else { "f64" };
            format!("{element} {} {:.0}", peak.isa, peak.gflops)
        })
        .collect();
    let _ = writeln!(
        text,
        "\n![GFLOP/s of each on the same products]({chart_path})\n\n\
         A ratio is the rival's time over ours, taken round by round: above 1 we are faster. `z`, `dw`, `dx` are the three \
         products of a layer, `b64` its minibatch. Peak is what multiply-adds in registers gave in the same seconds \
         (GFLOP/s: {}).\nThe bias is ours: we chose the shapes. The whole record: [`{record_path}`]({record_path}); how \
         it is measured: [`benches/README.md`](benches/README.md).",
        peaks.join(", "),
    );
    text + &side_by_side(families) + MARKERS[1]
}

/// The text with its section replaced.
///
/// # Errors
/// When the markers are not there, once each and in order.
pub fn replace_section(text: &str, section: &str) -> Result<String, String> {
    let [open, close] = MARKERS;
    let count = |marker| text.matches(marker).count();
    match (text.find(open), text.find(close)) {
        (Some(start), Some(end)) if start < end && count(open) == 1 && count(close) == 1 => {
            Ok(format!("{}{section}{}", &text[..start], &text[end + close.len()..]))
        }
        _ => Err(format!("the text needs one {open} and one {close} behind it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::families;
    use crate::record::tests::sample;

    #[test]
    fn the_mean_is_against_the_best_of_each_shape() {
        let (mean, count) = sample().against_the_best();
        assert_eq!(count, 2);
        assert!((mean - 1.0).abs() < 1e-12, "2.0 and 0.5 make {mean}");
    }

    #[test]
    fn lost_products_are_listed() {
        assert_eq!(sample().lost().iter().map(|case| case.case.as_str()).collect::<Vec<_>>(), ["256"]);
    }

    #[test]
    fn a_difference_within_the_noise_is_not_lost() {
        let mut record = sample();
        record.cases[1].rivals[1].ratio[1] = 0.995;
        assert!((record.noise() - 0.01).abs() < 1e-12);
        assert_eq!(record.lost().len(), 0);
    }

    #[test]
    fn every_measured_row_of_the_summary_is_in_the_table() {
        let record = sample();
        let families = families([&record]);
        let text = readme_section(&record, "benches/records/x.jsonl", "benches/records/latest.svg", &families);
        assert!(text.contains("| 64 | 64 x 64 x 64 | 200 | 80 % | 2.00x | 4.00x |"), "{text}");
        assert!(text.contains("| 256 | 64 x 64 x 64 | 200 | 80 % | 1.25x | 0.50x |"), "{text}");
        assert!(
            text.contains("of 2 products we are 1.00 times")
                && text.contains("slower on 1 (by more than the run's noise of 1.0 %)."),
            "{text}"
        );
        assert!(text.contains("| gemm 0.1.2 | faer 0.1.2 |"), "{text}");
    }

    #[test]
    fn the_section_is_replaced_and_nothing_else() {
        let section = format!("{}new{}", MARKERS[0], MARKERS[1]);
        let text = format!("before\n{}\nold\n{}\nafter\n", MARKERS[0], MARKERS[1]);
        let once = replace_section(&text, &section).unwrap();
        assert_eq!(once, format!("before\n{section}\nafter\n"));
        assert_eq!(replace_section(&once, &section).unwrap(), once);
        assert!(replace_section("no markers", &section).is_err());
    }
}
