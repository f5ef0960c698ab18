//! Looks at examples, or at a table.

use super::column::{self, ColumnProfile, ColumnRole};
use super::copies::Copies;
use super::report::{PartSizes, Preflight};
use super::target::TargetProfile;
use super::untrained::untrained_classes;
use super::{checks, copies};
use crate::data::choice::marks;
use crate::data::examples::{Examples, Inputs};
use crate::data::policies::{Missing, Unknown};
use crate::data::roles::usable;
use crate::data::split::Parts;
use crate::data::table::Table;

impl Preflight {
    /// Of examples, and of how they are split.
    pub fn of(examples: &Examples, parts: Option<&Parts>) -> Self {
        let copies = Copies::of(examples, parts);
        let target = TargetProfile::of(examples);
        let mut columns = Vec::new();
        let mut features = 0;
        let mut origin = String::new();
        match (examples.table(), &examples.x) {
            (Some((table, used, _)), _) => {
                columns = column::profiles(table);
                origin = table.origin().to_owned();
                let (are_used, are_targets) =
                    (marks(used, table.cols()), marks(&examples.target_columns, table.cols()));
                for profile in &mut columns {
                    let (is_feature, is_target) = (are_used[profile.number - 1], are_targets[profile.number - 1]);
                    profile.role = match (is_feature, is_target) {
                        (true, _) => ColumnRole::Feature,
                        (_, true) => ColumnRole::Target,
                        _ => ColumnRole::LeftOut,
                    };
                    profile.becomes = column::becomes(profile, examples.options.missing);
                    features += if is_feature { profile.width(examples.options.missing) } else { 0 };
                }
            }
            (None, Inputs::Bytes(bytes)) => features = bytes.features.cols(),
            (None, Inputs::Table { .. }) => {}
        }
        let mut found = Preflight {
            origin,
            rows: examples.rows(),
            columns,
            features,
            target: Some(target),
            parts: parts.map(PartSizes::of),
            duplicate_rows: copies.within,
            shared_rows: copies.across,
            findings: Vec::new(),
            notes: examples.notes().to_vec(),
        };
        found.notes.extend(looked_at(&copies, examples.rows()));
        found.findings = checks::findings(&found, examples);
        if let (Some(target), Some(parts)) = (&found.target, parts) {
            found.findings.extend(untrained_classes(target, examples, parts));
        }
        found.knowing(examples.options.unknown)
    }

    /// The same without advice that is followed already: categories that training does not see are no error.
    pub(super) fn knowing(mut self, unknown: Unknown) -> Self {
        if unknown == Unknown::Zeros {
            self.findings.retain(|finding| finding.kind != "rare-categories");
        }
        self
    }

    /// The same of a network that is trained anew on the rows to validate on, too, as [`Usual::refit`](crate::train::Usual::refit)
    /// has it: `parts` are those of that second run, and rows held out are those to test on alone.
    #[must_use]
    pub fn with_refit(mut self, examples: &Examples, parts: &Parts) -> Self {
        self.parts = Some(PartSizes::of(parts));
        self.shared_rows = Copies::of(examples, Some(parts)).across;
        self.findings.retain(|finding| finding.kind != "shared-rows");
        self.findings.extend(checks::shared_rows(&self, checks::IN_ONE_FILE));
        self
    }

    /// The same, which also looks for the rows to test on, of a source of their own, among those that are trained on.
    #[must_use]
    pub fn with_test(mut self, examples: &Examples, parts: &Parts, test: &Examples) -> Self {
        let copies = copies::learned(examples, &parts.train, test);
        self.notes.extend(looked_at(&copies, examples.rows() + test.rows()));
        self.shared_rows = Some(self.shared_rows.unwrap_or(0) + copies.across.unwrap_or(0));
        if let Some(parts) = &mut self.parts {
            parts.test += test.rows();
        }
        self.findings.retain(|finding| finding.kind != "shared-rows");
        self.findings.extend(checks::shared_rows(&self, checks::IN_TWO_FILES));
        self
    }

    /// Of the columns of a table alone, those of use without being asked for.
    pub fn of_table(table: &Table) -> Self {
        let mut notes = table.notes().to_vec();
        let features = usable(table, (0..table.cols()).collect(), &[], &mut notes);
        Self::of_columns(table, &features, None, notes)
    }

    /// Of a table of which these columns are learned from.
    pub(super) fn of_columns(
        table: &Table,
        features: &[usize],
        missing: Option<Missing>,
        mut notes: Vec<String>,
    ) -> Self {
        let mut columns = column::profiles(table);
        let are_features = marks(features, table.cols());
        for profile in &mut columns {
            if !are_features[profile.number - 1] {
                profile.role = ColumnRole::LeftOut;
            }
            profile.becomes = column::becomes(profile, missing);
        }
        let used: Vec<ColumnProfile> =
            columns.iter().filter(|column| column.role == ColumnRole::Feature).cloned().collect();
        let copies = copies::within(table);
        notes.extend(looked_at(&copies, table.rows()));
        Preflight {
            origin: table.origin().to_owned(),
            rows: table.rows(),
            features: used.iter().map(|column| column.width(missing)).sum(),
            findings: checks::of_columns(&used, table),
            columns,
            target: None,
            parts: None,
            duplicate_rows: copies.within,
            shared_rows: None,
            notes,
        }
    }
}

/// That copies were looked for among some rows alone.
fn looked_at(copies: &Copies, rows: usize) -> Option<String> {
    let one_in = copies.one_in;
    (one_in > 1).then(|| format!("of {rows} rows, copies were looked for among one in {one_in} different ones"))
}
