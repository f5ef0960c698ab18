//! The figures of a record that tell most about a kernel, where `summary` tells all: how near the peak large squares
//! come, what a transposed operand costs, the thin products that networks are full of, and what naive loops would take.

use crate::record::{Measured, Record};
use crate::shapes::Element;

/// Squares that fit the caches.
const INSIDE: &[&str] = &["256", "512", "f64 256", "f64 512"];
/// Squares that do not, each with its fastest rival.
const OUTSIDE: &[&str] = &["1024", "2048", "f64 1024", "f64 2048"];
/// Of the layouts, with A or B or both transposed.
const LAYOUTS: [usize; 3] = [64, 200, 512];
/// Ten classes, and single rows.
const THIN: &[&str] = &["512-10 b128 z", "784-128 b1 z", "1x1024x1024"];

/// The candidate that is no rival.
pub const NAIVE: &str = "naive";

impl Record {
    fn named(&self, name: &str) -> Option<&Measured> {
        self.cases.iter().find(|case| case.case == name)
    }

    /// Its figures, each with its name: those whose products were measured.
    pub fn figures(&self) -> Vec<(String, String)> {
        let mut figures = Vec::new();
        let mut add = |names: &[&str], says: fn(&Measured) -> Option<String>| {
            for case in names.iter().filter_map(|name| self.named(name)) {
                let Measured { case: name, m, n, k, .. } = case;
                let sizes = format!("{m}x{n}x{k}");
                let what = if *name == sizes { sizes } else { format!("{name} ({sizes})") };
                figures.extend(says(case).map(|says| (what, says)));
            }
        };
        add(INSIDE, |case| Some(peak(case)));
        add(OUTSIDE, |case| Some(format!("{}, {}", peak(case), best(case)?)));
        add(THIN, |case| Some(format!("{}, {:.1} GFLOP/s, {}", peak(case), case.ours.gflops, best(case)?)));
        let cold: Vec<&str> = self.cases.iter().filter(|case| case.cold.is_some()).map(|case| &*case.case).collect();
        add(&cold, |case| Some(format!("{:.1} GB/s of weights, {}", weights(case), best(case)?)));
        add(&["512"], |case| {
            let naive = case.rivals.iter().find(|timing| timing.name == NAIVE)?;
            Some(format!("{:.0}x naive loops", naive.ratio[1]))
        });
        for n in LAYOUTS {
            let share = |layout| Some(self.named(&format!("{n} {layout}"))?.ours.percent_of_peak);
            for layout in ["nt", "tn", "tt"] {
                if let (Some(ours), Some(nn)) = (share(layout), share("nn")) {
                    figures.push((format!("{n} {layout}"), format!("{:.0} % of the speed of nn", 100.0 * ours / nn)));
                }
            }
        }
        figures
    }
}

fn peak(case: &Measured) -> String {
    format!("{:.1} % of the peak", case.ours.percent_of_peak)
}

/// 10^9 bytes of B a second.
fn weights(case: &Measured) -> f64 {
    let element = if case.element == Element::F32 { 4 } else { 8 };
    (case.k * case.n * element) as f64 / case.ours.ns[1]
}

fn best(case: &Measured) -> Option<String> {
    case.best_rival().map(|best| format!("{:.2}x {}", best.ratio[1], best.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample;

    /// The sample's second product under other names, at this percentage of the peak.
    fn record(cases: &[(&str, f64)]) -> Record {
        let mut record = sample();
        let case = record.cases.pop().expect("two of them");
        let named = |&(name, percent_of_peak): &(&str, f64)| {
            let mut case = Measured { case: name.into(), ..case.clone() };
            case.ours.percent_of_peak = percent_of_peak;
            case
        };
        record.cases = cases.iter().map(named).collect();
        record
    }

    #[test]
    fn a_square_is_told_with_its_peak_and_a_large_one_with_its_rival() {
        let text = |what: &str, says: &str| (what.to_owned(), says.to_owned());
        assert_eq!(
            record(&[("256", 91.0), ("2048", 85.5)]).figures(),
            [text("256 (64x64x64)", "91.0 % of the peak"), text("2048 (64x64x64)", "85.5 % of the peak, 0.50x faer")]
        );
    }

    #[test]
    fn a_layout_is_told_beside_the_plain_one_of_its_size() {
        let figures = record(&[("200 nn", 80.0), ("200 nt", 76.0), ("200 tt", 84.0), ("64 nt", 50.0)]).figures();
        let says: Vec<String> = figures.into_iter().map(|(what, says)| format!("{what}: {says}")).collect();
        assert_eq!(says, ["200 nt: 95 % of the speed of nn", "200 tt: 105 % of the speed of nn"]);
    }

    #[test]
    fn cold_weights_are_told_with_their_bandwidth() {
        let mut record = record(&[("784-128 b1 z cold", 5.0)]);
        record.cases[0].cold = Some(crate::record::Cold { copies: 160, last_cache: 32 << 20, told: true });
        assert_eq!(record.figures()[0].1, "16.4 GB/s of weights, 0.50x faer"); // 64 * 64 * 4 bytes in a microsecond
    }

    #[test]
    fn naive_loops_are_told_where_they_were_timed() {
        let mut record = record(&[("512", 90.0)]);
        assert_eq!(record.figures().len(), 1);
        let faer = record.cases[0].rivals[1].clone();
        record.cases[0].rivals.push(crate::record::Timing { name: NAIVE.into(), ratio: [85.0, 90.0, 99.0], ..faer });
        assert_eq!(record.figures()[1].1, "90x naive loops");
    }
}
