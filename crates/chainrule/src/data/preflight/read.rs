//! Reads a source to look at it.

use super::report::Preflight;
use super::target::TargetProfile;
use crate::Result;
use crate::data::policies::Missing;
use crate::data::request::Request;
use crate::data::source::Whole;
use crate::data::split::{SplitBy, SplitRequest};

impl Request {
    /// Reads the source and looks at it: at its columns alone where nobody says what is to be learned, else also at the targets
    /// and at how rows would be split. Missing values are counted, not refused.
    ///
    /// # Errors
    /// As [`Request::read`], but for missing values.
    pub fn preflight(&self, split: &SplitRequest) -> Result<Preflight> {
        let has_target = !self.target.is_empty() || self.labels.is_some() || self.source.has_targets();
        if !has_target {
            return Ok(match self.source.read_whole(&self.format, self.within())? {
                Whole::Table(table) => {
                    let mut notes = table.notes().to_vec();
                    let features = self.chosen(&table, &table.names(), &[], None, &mut notes)?.features;
                    self.told(Preflight::of_columns(&table, &features, self.missing, notes).knowing(self.unknown), 0)
                }
                Whole::Bytes(bytes, _) => Preflight {
                    origin: self.source.to_string(),
                    rows: bytes.features.rows(),
                    columns: Vec::new(),
                    features: bytes.features.cols(),
                    target: None::<TargetProfile>,
                    parts: None,
                    duplicate_rows: 0,
                    shared_rows: None,
                    findings: Vec::new(),
                    notes: vec![format!("images of {} pixels", bytes.features.cols())],
                },
            });
        }
        let mut request = self.clone();
        request.missing = self.missing.or(Some(Missing::Indicator));
        let examples = request.read()?;
        let test = if examples.test().is_some() { 0.0 } else { split.test };
        let by = if split.by == SplitBy::Last { SplitBy::Last } else { examples.usual_split() };
        let split = SplitRequest { test, by, ..*split };
        // Too few rows to split are looked at as they are.
        let parts = examples.split(&split).ok();
        let mut found = Preflight::of(&examples, parts.as_ref());
        found.origin = self.source.to_string();
        let all = examples.table().map_or(examples.rows(), |(table, ..)| table.rows());
        Ok(self.told(found, all - examples.rows()))
    }

    /// The same with what is missing, if nobody says what to do about it.
    fn told(&self, found: Preflight, without_target: usize) -> Preflight {
        if self.missing.is_none() { found.with_missing(without_target) } else { found }
    }
}
