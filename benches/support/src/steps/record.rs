//! The record of a training step or of a prediction.

use serde::{Deserialize, Serialize};

use crate::rounds::Rounds;
use crate::steps::candidate::is_rival;
use crate::steps::jobs::{PredictJob, StepJob};
use crate::timing::{Timing, short};

/// One step or prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredStep {
    /// Its name in the table of jobs.
    pub case: String,
    /// The letter of its network there.
    pub row: String,
    /// `steps` or `predictions`.
    pub group: String,
    /// Features in, then the outputs of each layer.
    pub widths: Vec<usize>,
    /// Rows of the minibatch, or of a prediction.
    pub batch: usize,
    /// What moves the parameters, with its settings; nothing in a prediction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<String>,
    /// What our weights are rounded to, where they are; the others' are of f32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// What the rows are: `random` or `mnist`.
    pub data: String,
    /// Multiplications and additions of the products; all else is in the time and not in the count.
    pub flops: u64,
    /// The times of all candidates.
    #[serde(flatten)]
    pub timed: Timed,
}

/// The times of all candidates on one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// The peak of our kernel's instruction set, the mean of just before and just after.
    pub peak: f64,
    /// Whether those two agreed, and ours with ours.
    pub steady: bool,
    /// Rounds, in each of which every candidate was timed.
    pub rounds: usize,
    /// Ours. The least of its times is that of the best sample, of 2 ms or one call.
    pub ours: Timing,
    /// Ours against ours, timed as if it were a rival: how far from 1 is noise.
    pub again: f64,
    /// The rivals.
    pub rivals: Vec<Timing>,
}

impl Timed {
    /// From the rounds of ours (candidate 0), ours again (candidate 1) and the rivals.
    pub fn new(rounds: &Rounds, names: &[String], flops: u64, peak: f64, steady: bool) -> Timed {
        let timing = |who: usize| Timing::new(&names[who], rounds, who, flops, peak);
        let (ours, again, rivals) = (timing(0), timing(1).ratio[1], (2..names.len()).map(timing).collect());
        Timed { peak: short(peak), steady, rounds: rounds.count(), ours, again, rivals }
    }

    /// A rival's time over ours, the best sample of each.
    pub fn best_ratio(&self, rival: &Timing) -> f64 {
        rival.ns[3] / self.ours.ns[3]
    }
}

impl MeasuredStep {
    /// A step on those rows.
    pub fn of_step(job: &StepJob, data: &str, timed: Timed) -> MeasuredStep {
        let [case, row, group, data] = [job.name, job.row, "steps", data].map(str::to_owned);
        let (widths, batch, optimizer) = (job.widths.to_vec(), job.batch, Some(job.optimizer.to_string()));
        MeasuredStep { case, row, group, widths, batch, optimizer, precision: None, data, flops: job.flops(), timed }
    }

    /// A prediction of those rows.
    pub fn of_prediction(job: &PredictJob, data: &str, timed: Timed) -> MeasuredStep {
        let [case, row, group, data] = [job.name, job.row, "predictions", data].map(str::to_owned);
        let (widths, batch) = (job.widths.to_vec(), job.rows);
        let precision = job.is_narrow().then(|| job.precision.to_string());
        MeasuredStep { case, row, group, widths, batch, optimizer: None, precision, data, flops: job.flops(), timed }
    }

    /// The fastest of the others in its best sample.
    pub fn best_rival(&self) -> Option<&Timing> {
        let rivals = self.timed.rivals.iter().filter(|rival| is_rival(&rival.name));
        rivals.min_by(|a, b| a.ns[3].total_cmp(&b.ns[3]))
    }

    /// Percent of the peak in the best sample.
    pub fn best_percent(&self) -> f64 {
        100.0 * self.flops as f64 / self.timed.ours.ns[3] / self.timed.peak
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::record::tests::sample;
    use crate::record::{Line, Record};
    use crate::steps::jobs::{PREDICTIONS, STEPS};

    /// A step at this percentage of the peak, against `gemm` and `loops`.
    pub(crate) fn measured(name: &str, percent: f64, gemm: f64, loops: f64) -> MeasuredStep {
        let timing = |name: &str, flops: u64, ratio: f64| {
            let ns = flops as f64 / (percent / 100.0 * 250.0) * ratio;
            let (ns, ratio) = ([ns, ns * 1.1, ns * 1.2, ns], [ratio; 3]);
            Timing { name: name.into(), ns, gflops: 200.0, percent_of_peak: percent, ratio }
        };
        let timed = |flops| Timed {
            peak: 250.0,
            steady: true,
            rounds: 9,
            ours: timing("f32_14x32_avx512", flops, 1.0),
            again: 1.01,
            rivals: vec![timing("gemm", flops, gemm), timing("loops", flops, loops)],
        };
        match STEPS.iter().find(|job| job.name == name) {
            Some(job) => MeasuredStep::of_step(job, "random", timed(job.flops())),
            None => {
                let job = PREDICTIONS.iter().find(|job| job.name == name).expect("a job's name");
                MeasuredStep::of_prediction(job, "mnist", timed(job.flops()))
            }
        }
    }

    #[test]
    fn steps_read_back_as_they_were_written() {
        let steps =
            [("784-128-10 b64 sgd", 80.0), ("784-128-10 b1 predict", 20.0), ("784-512-512-10 b1 predict int8", 30.0)];
        let steps: Vec<MeasuredStep> = steps.map(|(name, percent)| measured(name, percent, 1.5, 9.0)).into();
        assert_eq!(steps[2].precision.as_deref(), Some("int8"));
        let header = sample().header;
        let mut lines = vec![Line::Header(Box::new(header.clone())).to_json()];
        lines.extend(steps.iter().map(|step| Line::Step(Box::new(step.clone())).to_json()));
        assert_eq!(Record::parse(&lines.join("\n")), Ok(Record { header, cases: Vec::new(), steps }));
    }

    #[test]
    fn the_best_sample_is_what_a_share_is_of() {
        assert!((measured("784-128-10 b64 sgd", 80.0, 1.5, 9.0).best_percent() - 80.0).abs() < 1e-9);
    }
}
