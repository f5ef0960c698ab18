//! What is gathered of the outputs while an evaluation shows them: at most one pass, in f64.

use chainrule_kernel::{Kernel, MatRef, Scalar};
use chainrule_model::metrics::{CalibrationBins, RunningMean, argmax, log_loss, log_odds, top_k};
use chainrule_model::{Layer, Loss, Mlp, TargetsRef, softmax};

use super::found::Calibration;
use crate::Result;
use crate::data::{Dataset, Targets};

/// Rows times classes whose scores are kept to be ranked: 1 GiB in f64.
const RANKED_MAX: usize = 1 << 27;

/// What the outputs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Logits of classes, or logarithms of their probabilities, which are logits too.
    Logits,
    /// Probabilities of classes.
    Probabilities,
    /// Logits of a yes at each output.
    YesOrNo,
    /// Anything else.
    Values,
}

impl Meaning {
    pub(crate) fn of<T: Scalar>(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Self {
        let has_labels = matches!(data.targets(), Targets::Classes { .. });
        match (loss, mlp.layers().last()) {
            (Loss::CrossEntropy, _) => Meaning::Logits,
            (Loss::BinaryCrossEntropy, _) if !has_labels => Meaning::YesOrNo,
            (_, Some(Layer::LogSoftmax)) if has_labels => Meaning::Logits,
            (_, Some(Layer::Softmax)) if has_labels => Meaning::Probabilities,
            _ => Meaning::Values,
        }
    }

    /// Outputs of rows to numbers in which logits and probabilities are logits.
    pub(crate) fn to_scores(self, outputs: &mut [f64] /* (rows, width) */) {
        if self == Meaning::Probabilities {
            // A softmax has rounded away how far it is below 1, but not how far the others are above 0.
            outputs.iter_mut().for_each(|p| *p = chainrule_kernel::math::ln(*p));
        }
    }

    /// Scores to what ranks rows by each class, where labels or yes and no are the targets.
    pub(crate) fn to_ranks(
        self,
        kernel: &Kernel<f64>,
        width: usize,
        has_labels: bool,
        scores: &mut [f64], // (rows, width)
    ) {
        match self {
            Meaning::Logits | Meaning::Probabilities => log_odds(kernel, width, scores),
            // The class of the larger of two is the answer: the difference is what decides.
            Meaning::Values if width == 2 && has_labels => {
                scores.chunks_exact_mut(2).for_each(|pair| pair[1] -= pair[0]);
            }
            Meaning::Values | Meaning::YesOrNo => {}
        }
    }
}

/// What is known of the outputs of all rows seen so far.
pub(super) struct Outputs<'a, T: Scalar> {
    pub(super) meaning: Meaning,
    kernel: &'a Kernel<T>,
    wide_kernel: &'static Kernel<f64>,
    loss: Loss,
    targets: &'a Targets<T>,
    rows: usize,
    /// (width): a gradient that nobody asks for.
    dy: Vec<T>,
    /// Of each row.
    pub(super) losses: RunningMean,
    pub(super) log_losses: RunningMean,
    brier: RunningMean,
    bins: CalibrationBins,
    pub(super) in_top_five: u64,
    /// (rows, width): what ranks classes or yes, or the outputs of values; where a metric has to see all of them together.
    pub(super) kept: Option<Vec<f64>>,
}

impl<'a, T: Scalar> Outputs<'a, T> {
    pub(super) fn new(mlp: &'a Mlp<T>, data: &'a Dataset<T>, loss: Loss) -> Result<Self> {
        let (width, rows) = (mlp.outputs(), data.rows());
        let is_kept = match data.targets() {
            Targets::Classes { .. } => rows.checked_mul(width).is_some_and(|all| all <= RANKED_MAX),
            Targets::Values { .. } => loss != Loss::CrossEntropy,
        };
        Ok(Outputs {
            meaning: Meaning::of(mlp, data, loss),
            kernel: mlp.kernel(),
            wide_kernel: Kernel::selected().map_err(chainrule_model::ModelError::from)?,
            loss,
            targets: data.targets(),
            rows: 0,
            dy: vec![T::ZERO; width],
            losses: RunningMean::default(),
            log_losses: RunningMean::default(),
            brier: RunningMean::default(),
            bins: CalibrationBins::default(),
            in_top_five: 0,
            kept: is_kept.then(|| Vec::with_capacity(rows * width)),
        })
    }

    /// Takes in the outputs of the next rows, which fit the targets.
    ///
    /// # Errors
    /// Those of the loss.
    pub(super) fn see(&mut self, output: MatRef<'_, T>) -> Result<()> {
        let width = output.cols();
        let mut scores = vec![0.0; width];
        let mut probabilities = vec![0.0; width];
        for row in 0..output.rows() {
            self.measure_loss(output.row(row))?;
            scores.iter_mut().zip(output.row(row)).for_each(|(score, y)| *score = y.to_f64());
            probabilities.copy_from_slice(&scores);
            match self.meaning {
                Meaning::Logits => softmax::forward(self.wide_kernel, width, &mut probabilities),
                Meaning::YesOrNo => self.wide_kernel.sigmoid(&mut probabilities),
                Meaning::Probabilities | Meaning::Values => {}
            }
            self.meaning.to_scores(&mut scores);
            self.count(&scores, &probabilities);
            if let Some(kept) = &mut self.kept {
                let has_labels = matches!(self.targets, Targets::Classes { .. });
                self.meaning.to_ranks(self.wide_kernel, width, has_labels, &mut scores);
                kept.extend_from_slice(&scores);
            }
            self.rows += 1;
        }
        Ok(())
    }

    fn measure_loss(&mut self, output: &[T]) -> Result<()> {
        let width = output.len();
        let targets = match self.targets {
            Targets::Classes { labels, .. } => TargetsRef::Classes(&labels[self.rows..=self.rows]),
            Targets::Values { values, .. } => {
                TargetsRef::Values(MatRef::new(&values[self.rows * width..][..width], 1, width))
            }
        };
        let loss = self.loss.backward(self.kernel, MatRef::new(output, 1, width), targets, &mut self.dy)?;
        self.losses.add(loss);
        Ok(())
    }

    /// Takes in what is a number for each row.
    fn count(
        &mut self,
        scores: &[f64],        // (width)
        probabilities: &[f64], // (width), or the scores again where there are none
    ) {
        let width = scores.len();
        if let Targets::Classes { labels, .. } = self.targets {
            let label = &labels[self.rows..=self.rows];
            self.in_top_five += u64::from(top_k(scores, width, label, 5) == 1.0);
            match self.meaning {
                Meaning::Probabilities => self.log_losses.add(log_loss(probabilities, width, label)),
                Meaning::Logits if self.loss == Loss::CrossEntropy => self.log_losses = self.losses,
                Meaning::Logits => self.log_losses.add(-scores[label[0] as usize]),
                Meaning::YesOrNo | Meaning::Values => {}
            }
        }
        let target = |class: usize| match self.targets {
            Targets::Classes { labels, .. } => f64::from(u8::from(labels[self.rows] as usize == class)),
            Targets::Values { values, .. } => values[self.rows * width + class].to_f64(),
        };
        let squares = probabilities.iter().enumerate().map(|(class, p)| (p - target(class)) * (p - target(class)));
        match self.meaning {
            Meaning::Logits | Meaning::Probabilities => {
                self.brier.add(squares.sum::<f64>() / if width == 2 { 2.0 } else { 1.0 });
                let (answer, truth) = (argmax(scores), self.class(width));
                self.bins.add(probabilities[answer], answer == truth);
            }
            Meaning::YesOrNo => {
                self.brier.add(squares.sum::<f64>() / width as f64);
                for (output, (z, p)) in scores.iter().zip(probabilities).enumerate() {
                    let is_yes = *z > 0.0;
                    self.bins.add(if is_yes { *p } else { 1.0 - p }, is_yes == (target(output) > 0.5));
                }
            }
            Meaning::Values => {}
        }
    }

    /// The class that the row's target names: its label, or the largest of its probabilities.
    fn class(&self, width: usize) -> usize {
        match self.targets {
            Targets::Classes { labels, .. } => labels[self.rows] as usize,
            Targets::Values { values, .. } => argmax(&values[self.rows * width..][..width]),
        }
    }

    /// What is known of the probabilities, and the Brier scores of the rows; `None` where the outputs are none.
    pub(super) fn calibration(&self) -> Option<(Calibration, RunningMean)> {
        let found =
            Calibration { expected_error: self.bins.expected_error(), brier_score: self.brier.mean(), bins: self.bins };
        (self.meaning != Meaning::Values).then_some((found, self.brier))
    }
}
