//! What a column holds.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use crate::data::policies::Missing;
use crate::data::roles::are_dates;
use crate::data::table::{Cells, Table, are_no_and_yes};

/// Rows in which different values are counted; of more, as many that are spread evenly.
const COUNTED: usize = 1 << 16;
/// Categories with fewer rows may be missing in a part.
const RARE: usize = 3;

/// What the values of a column are.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{ColumnKind, ColumnRole, Preflight, Table, TextFormat};
///
/// let table = Table::parse("t.csv", &b"size,town\n1.5,Ulm\n2,Bonn\n2.5,Ulm\n"[..], &TextFormat::default()).unwrap();
/// let columns = Preflight::of_table(&table).columns;
/// assert!(matches!(columns[0].kind, ColumnKind::Number) && matches!(columns[1].role, ColumnRole::Feature));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ColumnKind {
    /// Numbers with fractions.
    Number,
    /// Whole numbers.
    Whole,
    /// 0 and 1, or no and yes.
    Flag,
    /// Words that occur again and again.
    Category,
    /// Words of which nearly every one is different.
    Text,
    /// Dates.
    Date,
    /// Nothing.
    Empty,
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ColumnKind::Number => "number",
            ColumnKind::Whole => "whole",
            ColumnKind::Flag => "yes/no",
            ColumnKind::Category => "category",
            ColumnKind::Text => "text",
            ColumnKind::Date => "date",
            ColumnKind::Empty => "empty",
        })
    }
}

/// What a column is there for.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{ColumnKind, ColumnRole, Preflight, Table, TextFormat};
///
/// let table = Table::parse("t.csv", &b"size,town\n1.5,Ulm\n2,Bonn\n2.5,Ulm\n"[..], &TextFormat::default()).unwrap();
/// let columns = Preflight::of_table(&table).columns;
/// assert!(matches!(columns[0].kind, ColumnKind::Number) && matches!(columns[1].role, ColumnRole::Feature));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ColumnRole {
    /// It is learned from.
    Feature,
    /// It is learned.
    Target,
    /// It is neither.
    LeftOut,
}

/// What a column holds and becomes.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{ColumnKind, Preflight, Table, TextFormat};
///
/// let table = Table::parse("houses.csv", &b"rooms,town\n3,Bonn\nNA,Ulm\n5,Ulm\n"[..], &TextFormat::default())?;
/// let columns = Preflight::of_table(&table).columns;
/// assert_eq!((columns[0].missing, columns[0].mean, columns[1].kind), (1, Some(4.0), ColumnKind::Category));
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ColumnProfile {
    /// What the header calls it.
    pub name: Option<String>,
    /// Its place, counted from 1.
    pub number: usize,
    /// What it is there for.
    pub role: ColumnRole,
    /// What its values are.
    pub kind: ColumnKind,
    /// Rows without a value.
    pub missing: usize,
    /// Different values, in at most 65,536 rows.
    pub different: usize,
    /// The smallest number.
    pub min: Option<f64>,
    /// The mean of the numbers.
    pub mean: Option<f64>,
    /// The largest number.
    pub max: Option<f64>,
    /// The standard deviation (of the population) of the numbers.
    pub deviation: Option<f64>,
    /// The most frequent word, and its rows.
    pub most_frequent: Option<(String, usize)>,
    /// Words with fewer than three rows.
    pub rare: usize,
    /// What will be done with it, in words.
    pub becomes: String,
}

impl ColumnProfile {
    /// By its name or its number, as it is typed.
    pub fn title(&self) -> String {
        self.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| self.number.to_string())
    }

    /// Whether there is one value and no other.
    pub fn is_constant(&self) -> bool {
        self.different == 1 && self.missing == 0
    }

    /// Features that it becomes.
    pub(super) fn width(&self, missing: Option<Missing>) -> usize {
        let marks = usize::from(missing == Some(Missing::Indicator) && self.missing > 0);
        match self.kind {
            ColumnKind::Number | ColumnKind::Whole | ColumnKind::Flag => 1 + marks,
            ColumnKind::Category | ColumnKind::Text => self.different + marks,
            ColumnKind::Date | ColumnKind::Empty => 0,
        }
    }
}

/// Columns whose different values are counted at once: 32 sets of 65,536 numbers are some 40 MB.
const COUNTED_AT_ONCE: usize = 32;

/// All columns of a table, over all of its rows, as features.
pub(super) fn profiles(table: &Table) -> Vec<ColumnProfile> {
    let mut profiles: Vec<ColumnProfile> = (0..table.cols()).map(|column| empty(table, column)).collect();
    let all: Vec<usize> = (0..table.cols()).collect();
    let full = |&&column: &&usize| table.columns()[column].missing < table.rows();
    let are_words = |column: usize| matches!(table.columns()[column].cells, Cells::Words { .. });
    let (words, numbers): (Vec<usize>, Vec<usize>) = all.iter().filter(full).partition(|column| are_words(**column));
    number_columns(table, &numbers, &mut profiles);
    word_columns(table, &words, &mut profiles);
    profiles.iter_mut().for_each(|profile| profile.becomes = becomes(profile, None));
    profiles
}

fn empty(table: &Table, column: usize) -> ColumnProfile {
    ColumnProfile {
        name: table.name(column).map(str::to_owned),
        number: column + 1,
        role: ColumnRole::Feature,
        kind: ColumnKind::Empty,
        missing: table.columns()[column].missing,
        different: 0,
        min: None,
        mean: None,
        max: None,
        deviation: None,
        most_frequent: None,
        rare: 0,
        becomes: String::new(),
    }
}

/// What is known of a column of numbers: by Welford's formula, one pass, and nothing cancels.
struct Seen {
    slot: usize,
    n: f64,
    mean: f64,
    squares: f64,
    low: f64,
    high: f64,
    are_whole: bool,
    are_flags: bool,
}

impl Seen {
    fn add(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        self.n += 1.0;
        let off = value - self.mean;
        self.mean += off / self.n;
        self.squares += off * (value - self.mean);
        (self.low, self.high) = (self.low.min(value), self.high.max(value));
        self.are_whole &= value.fract() == 0.0;
        self.are_flags &= value == 0.0 || value == 1.0;
    }
}

fn number_columns(table: &Table, columns: &[usize], profiles: &mut [ColumnProfile]) {
    let slot = |column: usize| match table.columns()[column].cells {
        Cells::Numbers { slot } | Cells::Words { slot, .. } => slot,
    };
    let nothing = |&column: &usize| Seen {
        slot: slot(column),
        n: 0.0,
        mean: 0.0,
        squares: 0.0,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        are_whole: true,
        are_flags: true,
    };
    let mut seen: Vec<Seen> = columns.iter().map(nothing).collect();
    let mut cursor = table.cursor(columns);
    for row in 0..table.rows() {
        let cells = cursor.at(row);
        seen.iter_mut().for_each(|seen| seen.add(cells.value(seen.slot)));
    }
    for (&column, Seen { n, mean, squares, low, high, are_whole, are_flags, .. }) in columns.iter().zip(seen) {
        let profile = &mut profiles[column];
        profile.kind = match (are_flags, are_whole) {
            (true, _) => ColumnKind::Flag,
            (_, true) => ColumnKind::Whole,
            _ => ColumnKind::Number,
        };
        // The mean of equal numbers may be off by a rounding.
        let mean = if low == high { low } else { mean };
        (profile.min, profile.max, profile.mean) = (Some(low), Some(high), Some(mean));
        profile.deviation = Some(if low == high { 0.0 } else { (squares / n).sqrt() });
    }
    let counted = table.rows().min(COUNTED);
    let row = |i: usize| (i as u128 * table.rows() as u128 / counted as u128) as usize;
    for columns in columns.chunks(COUNTED_AT_ONCE) {
        let mut different = vec![HashSet::<u64>::new(); columns.len()];
        let mut cursor = table.cursor(columns);
        for i in 0..counted {
            let cells = cursor.at(row(i));
            for (&column, different) in columns.iter().zip(&mut different) {
                let value = cells.value(slot(column));
                if !value.is_nan() {
                    // 0 and -0 are the same number.
                    different.insert((value + 0.0).to_bits());
                }
            }
        }
        for (&column, different) in columns.iter().zip(different) {
            profiles[column].different = different.len();
        }
    }
}

fn word_columns(table: &Table, columns: &[usize], profiles: &mut [ColumnProfile]) {
    let words = |column: usize| match &table.columns()[column].cells {
        Cells::Words { slot, words } => Some((*slot, words)),
        Cells::Numbers { .. } => None,
    };
    let all: Vec<_> = columns.iter().filter_map(|&column| words(column)).collect();
    let mut counts: Vec<Vec<usize>> = all.iter().map(|(_, words)| vec![0; words.all().len()]).collect();
    let mut cursor = table.cursor(columns);
    for row in 0..table.rows() {
        let cells = cursor.at(row);
        for ((slot, _), counts) in all.iter().zip(&mut counts) {
            if let Some(count) = counts.get_mut(cells.code(*slot) as usize) {
                *count += 1;
            }
        }
    }
    for ((&column, (_, words)), counts) in columns.iter().zip(all).zip(counts) {
        let profile = &mut profiles[column];
        profile.different = counts.iter().filter(|count| **count > 0).count();
        profile.rare = counts.iter().filter(|count| (1..RARE).contains(*count)).count();
        let most = (0..counts.len()).rev().max_by_key(|&code| counts[code]);
        profile.most_frequent = most.map(|code| (words.all()[code].clone(), counts[code]));
        let rows = table.rows() - profile.missing;
        profile.kind = match words.all() {
            _ if are_dates(table, column) => ColumnKind::Date,
            [a, b] if are_no_and_yes(a, b) || are_no_and_yes(b, a) => ColumnKind::Flag,
            all if words.are_too_many || (all.len() > 20 && 2 * all.len() > rows) => ColumnKind::Text,
            _ => ColumnKind::Category,
        };
    }
}

/// What will be done with a column.
pub(super) fn becomes(profile: &ColumnProfile, missing: Option<Missing>) -> String {
    match profile.role {
        ColumnRole::LeftOut => return "left out".to_owned(),
        ColumnRole::Target => return "target".to_owned(),
        ColumnRole::Feature => {}
    }
    let what = match profile.kind {
        ColumnKind::Empty => return "left out: empty".to_owned(),
        ColumnKind::Date => return "refused: put numbers in its place, or drop it".to_owned(),
        _ if profile.is_constant() => return "constant".to_owned(),
        ColumnKind::Number | ColumnKind::Whole => "standardised".to_owned(),
        ColumnKind::Flag if profile.most_frequent.is_none() => "standardised".to_owned(),
        ColumnKind::Flag => "0 or 1".to_owned(),
        ColumnKind::Category | ColumnKind::Text => format!("one-hot, {} features", profile.different),
    };
    match (profile.missing, missing) {
        (0, _) | (_, Some(Missing::Drop)) => what,
        (_, None) => format!("{what}; refused while values are missing"),
        (_, Some(missing)) => format!("{what}; missing: {missing}"),
    }
}
