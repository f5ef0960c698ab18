//! Whether probabilities mean what they say: expected calibration error and Brier score.

use super::check::check_scores;

/// How many bins [`CalibrationBins`] has, as in Guo et al., "On calibration of modern neural networks", 2017.
pub const CALIBRATION_BINS: usize = 15;

/// Answers sorted by how sure they were: for a reliability diagram, and the expected calibration error.
///
/// Bin m of 1 to 15 holds the answers with a confidence, the probability given to the answer, in `((m - 1) / 15, m / 15]`.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::CalibrationBins;
///
/// let mut bins = CalibrationBins::default();
/// [(0.9, true), (0.9, false), (0.6, true)].into_iter().for_each(|(confidence, is_right)| bins.add(confidence, is_right));
/// // Two thirds of the answers are 0.4 too sure, one third 0.4 too little.
/// assert!((bins.expected_error() - 0.4).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CalibrationBins {
    bins: [CalibrationBin; CALIBRATION_BINS],
}

/// The answers of one bin.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::CalibrationBins;
///
/// let mut bins = CalibrationBins::default();
/// bins.add(1.0, true);
/// let last = bins.bins()[14];
/// assert_eq!((last.answers, last.right, last.confidence), (1, 1, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CalibrationBin {
    /// How many there are.
    pub answers: u64,
    /// How many of them are right.
    pub right: u64,
    /// The sum of their confidences.
    pub confidence: f64,
}

impl CalibrationBins {
    /// Counts an answer that was given this probability, from 0 to 1. One of NaN counts in the last bin and makes the error NaN.
    pub fn add(&mut self, confidence: f64, is_right: bool) {
        // From a float to a whole number, what is out of range ends at the border.
        let bin = match confidence.is_nan() {
            true => CALIBRATION_BINS - 1,
            false => ((confidence * CALIBRATION_BINS as f64).ceil() as usize).clamp(1, CALIBRATION_BINS) - 1,
        };
        let bin = &mut self.bins[bin];
        bin.answers += 1;
        bin.right += u64::from(is_right);
        bin.confidence += confidence;
    }

    /// The bins, by rising confidence.
    pub fn bins(&self) -> &[CalibrationBin; CALIBRATION_BINS] {
        &self.bins
    }

    /// The expected calibration error, `sum_m n_m / n |right_m / n_m - confidence_m|`: how far the share of right answers is
    /// from the mean confidence, averaged over the answers. 0 is perfect. NaN without answers. Naeini, Cooper and
    /// Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015; Guo et al., 2017, equation 3.
    pub fn expected_error(&self) -> f64 {
        let answers: u64 = self.bins.iter().map(|bin| bin.answers).sum();
        self.bins.iter().map(|bin| (bin.right as f64 - bin.confidence).abs()).sum::<f64>() / answers as f64
    }
}

/// The mean over the rows of `sum_j (p_j - t_j)^2`, t 1 at the row's label and 0 elsewhere: 0 is perfect, 2 the worst. Of two
/// classes half of it, which is `(p - t)^2` of either: from 0 to 1, as scikit-learn has it. NaN without rows. Brier,
/// "Verification of forecasts expressed in terms of probability", 1950.
///
/// # Panics
/// When `probabilities` does not have `classes` for each label, or a label is not below `classes`.
pub fn brier_score(
    probabilities: &[f64], // (rows, classes)
    classes: usize,
    labels: &[u32], // (rows)
) -> f64 {
    check_scores(probabilities.len(), classes, labels);
    let of_row = |(row, &label): (&[f64], &u32)| {
        let target = |class: usize| f64::from(u8::from(class == label as usize));
        row.iter().enumerate().map(|(class, p)| (p - target(class)) * (p - target(class))).sum::<f64>()
    };
    let sum: f64 = probabilities.chunks_exact(classes.max(1)).zip(labels).map(of_row).sum();
    sum / labels.len() as f64 / if classes == 2 { 2.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_ends_with_its_upper_border() {
        let mut bins = CalibrationBins::default();
        // 3/15 is the end of the third bin; 0 has no bin that it could end.
        [0.0, 0.2, 0.21, 1.0].into_iter().for_each(|confidence| bins.add(confidence, true));
        let counts = bins.bins().map(|bin| bin.answers);
        assert_eq!(counts, [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn errors_of_a_bin_cancel_and_those_of_bins_add_up() {
        let mut bins = CalibrationBins::default();
        // 0.75 of four answers, three of which are right: no error. 0.5 of one wrong answer, in another bin.
        [true, true, true, false].into_iter().for_each(|is_right| bins.add(0.75, is_right));
        assert_eq!(bins.expected_error(), 0.0);
        bins.add(0.5, false);
        assert_eq!(bins.expected_error(), 0.5 / 5.0);
        assert!(CalibrationBins::default().expected_error().is_nan());
        bins.add(f64::NAN, true);
        assert!(bins.expected_error().is_nan());
    }

    #[test]
    fn two_classes_count_half() {
        assert_eq!(brier_score(&[0.25, 0.75], 2, &[0]), 0.5625);
        assert_eq!(brier_score(&[0.25, 0.25, 0.5, 0.0, 0.0, 1.0], 3, &[2, 0]), (0.375 + 2.0) / 2.0);
        assert!(brier_score(&[], 3, &[]).is_nan());
    }
}
