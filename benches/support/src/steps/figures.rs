//! The targets of each job, and the measured values.

use crate::record::Record;
use crate::steps::candidate::{ONE_THREAD, is_rival};
use crate::steps::record::MeasuredStep;

/// The targets of a job on a number of threads.
struct Asked {
    case: &'static str,
    threads: usize,
    /// The least percentage of the peak of these threads, in the best sample; 0 is no target.
    percent: f64,
    /// The time over ours of the fastest of `rivals`, or of all when none is named, best sample by best sample; 0 asks
    /// nothing.
    ratio: f64,
    rivals: &'static [&'static str],
}

const fn asked(case: &'static str, threads: usize, percent: f64, ratio: f64) -> Asked {
    Asked { case, threads, percent, ratio, rivals: &[] }
}

const ASKED: &[Asked] = &[
    asked("784-16-16-10 b32 sgd", 1, 55.0, 1.5),
    Asked { rivals: &[ONE_THREAD], ..asked("784-16-16-10 b32 sgd", 2, 0.0, 1.0) },
    asked("784-128-10 b64 sgd", 1, 80.0, 1.5),
    asked("784-128-10 b64 sgd", 2, 65.0, 0.0),
    asked("784-64-10 b64 rmsprop", 1, 78.0, 0.0),
    asked("784-512-512-10 b128 adam", 1, 75.0, 1.5),
    asked("784-512-512-10 b128 adam", 2, 68.0, 1.3),
    asked("784-2048-2048-10 b512 adam", 1, 82.0, 1.2),
    asked("784-2048-2048-10 b512 adam", 2, 78.0, 1.3),
    Asked { rivals: &["loops"], ..asked("6-64-8-4 b1 sgd", 1, 0.0, 1.0) },
    Asked { rivals: &["loops"], ..asked("6-64-8-4 b32 sgd", 1, 0.0, 1.0) },
    asked("784-16-16-10 b1 predict", 1, 0.0, 1.4),
    asked("784-128-10 b1 predict", 1, 0.0, 1.4),
    asked("784-512-512-10 b1 predict", 1, 0.0, 1.15),
    asked("784-512-512-10 b1 predict bf16", 1, 0.0, 1.8),
    asked("784-512-512-10 b1 predict int8", 1, 0.0, 2.5),
    asked("784-512-512-10 b10000 predict", 1, 85.0, 0.0),
    asked("784-512-512-10 b10000 predict", 2, 85.0, 0.0),
];

impl Record {
    /// The targets of the measured steps with their results: (job, description, whether it was reached).
    pub fn step_figures(&self) -> Vec<(String, String, bool)> {
        let threads = self.header.threads;
        let rows = ASKED.iter().filter(|asked| asked.threads == threads);
        let measured = rows.filter_map(|asked| Some((asked, self.steps.iter().find(|step| step.case == asked.case)?)));
        measured.flat_map(|(asked, step)| figures(asked, step)).collect()
    }
}

fn figures(asked: &Asked, step: &MeasuredStep) -> Vec<(String, String, bool)> {
    let mut figures = Vec::new();
    let mut add = |says, reached| figures.push((step.case.clone(), says, reached));
    if asked.percent > 0.0 {
        let percent = step.best_percent();
        add(format!("{percent:5.1} % of the peak, asked {:.0} %", asked.percent), percent >= asked.percent);
    }
    let eligible = |name: &str| match asked.rivals {
        [] => is_rival(name),
        named => named.contains(&name),
    };
    let rivals = step.timed.rivals.iter().filter(|rival| eligible(&rival.name));
    let best = rivals.min_by(|a, b| a.ns[3].total_cmp(&b.ns[3]));
    if let Some(best) = best.filter(|_| asked.ratio > 0.0) {
        let ratio = step.timed.best_ratio(best);
        // 0.95 is where noise ends for "not slower": a step of another thread count is the same step.
        let reached = ratio >= if asked.ratio == 1.0 { 0.95 } else { asked.ratio };
        add(format!("{ratio:5.2}x {}, asked {}x", best.name, asked.ratio), reached);
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample;
    use crate::steps::candidate::F32_WEIGHTS;
    use crate::steps::jobs::{PREDICTIONS, STEPS};
    use crate::steps::record::tests::measured;

    #[test]
    fn asked_and_measured_stand_beside_each_other() {
        let steps = vec![measured("784-128-10 b64 sgd", 84.0, 1.4, 9.0), measured("6-64-8-4 b1 sgd", 12.0, 0.5, 1.5)];
        let record = Record { steps, ..sample() };
        let text = |(case, says, reached): (&str, &str, bool)| (case.to_owned(), says.to_owned(), reached);
        let expected = [
            ("784-128-10 b64 sgd", " 84.0 % of the peak, asked 80 %", true),
            ("784-128-10 b64 sgd", " 1.40x gemm, asked 1.5x", false),
            ("6-64-8-4 b1 sgd", " 1.50x loops, asked 1x", true),
        ];
        assert_eq!(record.step_figures(), expected.map(text));
    }

    #[test]
    fn ours_with_other_weights_is_no_rival() {
        let mut step = measured("784-512-512-10 b1 predict int8", 20.0, 2.6, 3.0);
        let ours = crate::timing::Timing { name: F32_WEIGHTS.into(), ..step.timed.ours.clone() };
        step.timed.rivals.push(ours);
        let record = Record { steps: vec![step], ..sample() };
        let (_, says, reached) = &record.step_figures()[0];
        assert_eq!((says.as_str(), *reached), (" 2.60x gemm, asked 2.5x", true));
    }

    #[test]
    fn whatever_is_asked_is_a_job() {
        let named =
            |case: &str| STEPS.iter().any(|job| job.name == case) || PREDICTIONS.iter().any(|job| job.name == case);
        assert!(ASKED.iter().all(|asked| named(asked.case)));
    }
}
