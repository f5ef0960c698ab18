//! What is likely to go wrong with the rows of `train`, but for what its options already see to.

use chainrule::data::{DataFinding, Examples, Parts, Preflight};

use crate::args::TrainArgs;

/// Rows that are looked at before training.
pub(crate) struct Looked<'a> {
    pub(crate) args: &'a TrainArgs,
    pub(crate) examples: &'a Examples,
    pub(crate) parts: &'a Parts,
    /// The rows of the second run, those to validate on among them, where there is one.
    pub(crate) refit: Option<&'a [usize]>,
    /// The rows that a source or a file has to test on.
    pub(crate) tested: Option<&'a Examples>,
    /// Whether numbers have more bits than those of f32.
    pub(crate) is_wide: bool,
}

impl Looked<'_> {
    /// What was found; what was taken for granted meanwhile is noted.
    pub(crate) fn findings(&self, notes: &mut Vec<String>) -> Vec<DataFinding> {
        let Looked { args, examples, parts, refit, tested, is_wide } = *self;
        let mut found = Preflight::of(examples, Some(parts));
        // The model that is tested has learned from the rows to validate on, too. Where none are tested on, those are what is told.
        let is_tested = tested.is_some() || !parts.test.is_empty();
        let again = refit.filter(|_| is_tested).map(|whole| Parts {
            train: whole.to_vec(),
            validation: Vec::new(),
            test: parts.test.clone(),
        });
        if let Some(again) = &again {
            found = found.with_refit(examples, again);
        }
        if let Some(test) = tested {
            found = found.with_test(examples, again.as_ref().unwrap_or(parts), test);
        }
        notes.extend(found.notes.into_iter().skip(examples.notes().len()));
        let mut findings = found.findings;
        findings.retain(|finding| match finding.kind {
            "label-imbalance" => !args.weights.is_weighted() && args.fitting.row_weights().is_none(),
            "coarse-targets" => !is_wide && !args.raw_targets,
            _ => true,
        });
        findings
    }
}
