//! What is likely to go wrong.

use chainrule_explain::doctor::columns::{Scale, label_shift, rows_for_label_shift, tells_classes, tells_values};
use chainrule_explain::doctor::limits::{IMBALANCE, LEAST_ROWS, SHARED_ROWS};

use super::alike_columns::{copied, inexact};
use super::chance::are_by_chance;
use super::coarse_targets::coarse_targets;
use super::column::{ColumnKind, ColumnProfile, ColumnRole};
use super::finding::{DataFinding, listed};
use super::identifiers::identifier;
use super::report::Preflight;
use super::spellings::alike;
use super::target::{TargetProfile, labels};
use crate::Task;
use crate::data::choice::typed;
use crate::data::examples::Examples;
use crate::data::table::{Cells, Table};
use crate::data::target_columns::TargetData;

/// Rows that columns and targets are compared in, spread evenly.
const COMPARED: usize = 4096;
/// Columns that are compared at once.
const COLUMNS_AT_ONCE: usize = 64;
/// Rows, one after the other, in which labels may stand a row too low.
const IN_ORDER: usize = 2048;
/// The share of rows that occur before from which it is worth a word.
const COPIES: f64 = 0.05;
/// A class with fewer rows may be missing in a part.
const FEW_ROWS: usize = 5;
/// A table with fewer rows is a toy, of which there is no need to say that it is small.
const TOY: usize = 20;
/// By how much of a step a number may miss its place.
const STEADY: f64 = 1e-3;

fn finding(kind: &'static str, columns: Vec<String>, number: f64, seen: String, advice: String) -> DataFinding {
    DataFinding { kind, columns, number, seen, advice }
}

/// All findings, columns first.
pub(super) fn findings(found: &Preflight, examples: &Examples) -> Vec<DataFinding> {
    let mut findings = Vec::new();
    if let Some((table, ..)) = examples.table() {
        let used: Vec<ColumnProfile> =
            found.columns.iter().filter(|column| column.role == ColumnRole::Feature).cloned().collect();
        findings = of_columns(&used, table);
        findings.extend(leaks(&used, examples));
        if found.rows >= TOY && found.rows < 2 * found.features {
            findings.push(finding(
                "few-rows",
                Vec::new(),
                found.rows as f64,
                format!("{} rows, and {} features to learn from", found.rows, found.features),
                "fewer columns (--features), more rows, or a small network: --hidden 8 --weight-decay 0.01".to_owned(),
            ));
        }
    }
    if let Some(target) = &found.target {
        findings.extend(of_target(target));
        findings.extend(coarse_targets(target, examples));
    }
    findings.extend(shifted(examples));
    findings.extend(copies(found));
    findings
}

/// Of columns, without their targets.
pub(super) fn of_columns(columns: &[ColumnProfile], table: &Table) -> Vec<DataFinding> {
    let mut findings = Vec::new();
    findings.extend(constant(columns));
    findings.extend(copied(columns, table));
    for column in columns {
        let title = column.title();
        // A single column is what is to be learned from.
        if columns.len() > 1 && is_index(table, column) {
            findings.push(finding(
                "index-column",
                vec![title.clone()],
                table.rows() as f64,
                format!("column {title:?} counts the rows"),
                format!("--drop {}, unless it means something", typed(&title)),
            ));
        }
        if column.kind == ColumnKind::Date {
            findings.push(finding(
                "dates",
                vec![title.clone()],
                column.different as f64,
                format!("column {title:?} holds {} different dates", column.different),
                format!("put numbers in their place, such as days or the month, or --drop {}", typed(&title)),
            ));
        }
        let is_index =
            findings.last().is_some_and(|last: &DataFinding| last.kind == "index-column" && last.columns[0] == title);
        let identifier = identifier(table, column).filter(|_| columns.len() > 1 && !is_index);
        if let Some(found) = inexact(column) {
            findings.push(found);
        } else if let Some(seen) = identifier {
            findings.push(finding(
                "unique-column",
                vec![title.clone()],
                table.rows() as f64,
                seen,
                format!("--drop {}, unless it means something", typed(&title)),
            ));
        } else if let Some(found) = alike_categories(table, column) {
            findings.push(found);
        } else if column.kind == ColumnKind::Category && column.rare > 0 {
            findings.push(finding(
                "rare-categories",
                vec![title.clone()],
                column.rare as f64,
                format!("{} of {} categories of {title:?} have one row or two", column.rare, column.different),
                "--unknown zeros, so that a category that training did not see is no error; or join them to one"
                    .to_owned(),
            ));
        }
    }
    findings
}

fn alike_categories(table: &Table, column: &ColumnProfile) -> Option<DataFinding> {
    let Cells::Words { words, .. } = &table.columns()[column.number - 1].cells else { return None };
    alike_names("categories", column.title(), words.all().iter().map(String::as_str))
}

/// Names that may be one, written in two ways.
fn alike_names<'a>(what: &str, title: String, names: impl Iterator<Item = &'a str>) -> Option<DataFinding> {
    let (first, second) = alike(names)?;
    let seen = format!("{what} {first:?} and {second:?} of {title:?} differ in capitals or blanks alone");
    Some(finding(
        "alike-names",
        vec![title],
        2.0,
        seen,
        "if they mean the same, write them alike in the file".to_owned(),
    ))
}

fn constant(columns: &[ColumnProfile]) -> Option<DataFinding> {
    let titles: Vec<String> = columns.iter().filter(|column| column.is_constant()).map(ColumnProfile::title).collect();
    (!titles.is_empty()).then(|| {
        let seen = format!("one value only in {} of {} columns: {}", titles.len(), columns.len(), listed(&titles));
        let advice = format!(
            "--drop {}, or check that the file was read as intended",
            typed(&listed(&titles).replace(", ", ","))
        );
        let number = titles.len() as f64;
        finding("constant-features", titles, number, seen, advice)
    })
}

/// Whether numbers go up or down by the same step from each row to the next.
fn is_index(table: &Table, column: &ColumnProfile) -> bool {
    let at = column.number - 1;
    let Cells::Numbers { slot } = table.columns()[at].cells else { return false };
    if column.missing > 0 || table.rows() < TOY {
        return false;
    }
    let mut cursor = table.cursor(&[at]);
    let mut value = |row: usize| cursor.at(row).value(slot);
    let (first, step) = (value(0), value(1) - value(0));
    let close = |found: f64, row: usize| (found - (first + step * row as f64)).abs() <= STEADY * step.abs();
    step != 0.0 && (2..table.rows()).all(|row| close(value(row), row))
}

/// At most [`COMPARED`] rows, spread evenly.
fn spread(rows: usize) -> impl Iterator<Item = usize> + Clone {
    let count = rows.min(COMPARED);
    (0..count).map(move |i| (i as u128 * rows as u128 / count as u128) as usize)
}

/// Columns that tell the target alone.
fn leaks(columns: &[ColumnProfile], examples: &Examples) -> Vec<DataFinding> {
    let Some((table, _, rows)) = examples.table() else { return Vec::new() };
    // A single feature is what is to be learned from.
    if columns.len() < 2 {
        return Vec::new();
    }
    let chosen = spread(examples.rows());
    let labels = labels(examples, chosen.clone());
    let targets: Option<Vec<f64>> = match examples.target_data() {
        TargetData::Values(values) if values.cols() == 1 => {
            let mut cursor = values.cursor();
            Some(chosen.clone().map(|row| cursor.at(row)[0]).collect())
        }
        _ => None,
    };
    let mut findings = Vec::new();
    // Some columns at once, each row of which is read once.
    for columns in columns.chunks(COLUMNS_AT_ONCE) {
        let numbers: Vec<usize> = columns.iter().map(|column| column.number - 1).collect();
        let mut cursor = table.cursor(&numbers);
        let mut values = vec![Vec::with_capacity(chosen.clone().count()); columns.len()];
        for row in chosen.clone() {
            let cells = cursor.at(rows.rows().at(row));
            for (&column, values) in numbers.iter().zip(&mut values) {
                values.push(match table.columns()[column].cells {
                    Cells::Numbers { slot } => cells.value(slot),
                    Cells::Words { slot, .. } => f64::from(cells.code(slot)),
                });
            }
        }
        for (column, values) in columns.iter().zip(values) {
            findings.extend(leak(table, column, &values, (&labels, &targets)));
        }
    }
    findings
}

/// That a column tells the classes or the values of these rows.
fn leak(
    table: &Table,
    column: &ColumnProfile,
    values: &[f64],
    (labels, targets): (&Option<Vec<u32>>, &Option<Vec<f64>>),
) -> Option<DataFinding> {
    let scale = match table.columns()[column.number - 1].cells {
        Cells::Numbers { .. } => Scale::Ordered,
        Cells::Words { .. } => Scale::Nominal,
    };
    let share = match (labels, targets) {
        (Some(labels), _) => tells_classes(values, labels, scale),
        (None, Some(targets)) if scale == Scale::Ordered => tells_values(values, targets),
        _ => None,
    }?;
    let title = column.title();
    let what = if labels.is_some() { "of the rows' classes" } else { "correlation with the values" };
    Some(finding(
        "column-tells-target",
        vec![title.clone()],
        share,
        format!("column {title:?} alone tells the target: {:.2} % {what}", 100.0 * share),
        format!("--drop {}, unless it is known before the target is", typed(&title)),
    ))
}

/// A number of two digits that count.
fn two_digits(value: f64) -> f64 {
    let scale = 10_f64.powf(1.0 - value.log10().floor());
    (value * scale).round() / scale
}

/// What the counts of classes, or equal values, say.
fn of_target(target: &TargetProfile) -> Vec<DataFinding> {
    let names = || target.names.clone();
    let mut findings = Vec::new();
    for (at, scale) in target.values.iter().enumerate() {
        if scale.deviation == 0.0 {
            let title = target.names.get(at).cloned().unwrap_or_else(|| (at + 1).to_string());
            let seen = format!("target {title:?} is {} in every row: there is nothing to learn", scale.mean);
            let advice = "check that --target or --labels names the right column".to_owned();
            findings.push(finding("constant-targets", vec![title], scale.mean, seen, advice));
        }
    }
    let title = names().first().cloned().unwrap_or_else(|| "the target".to_owned());
    findings.extend(alike_names("classes", title, target.classes.iter().map(|(class, _)| class.as_str())));
    let full: Vec<&(String, usize)> = target.classes.iter().filter(|(_, rows)| *rows > 0).collect();
    if let [(class, rows)] = full[..] {
        findings.push(finding(
            "single-class",
            names(),
            *rows as f64,
            format!("all {rows} rows have the same class, {class}: there is nothing to learn"),
            "check that --target or --labels names the right column, and that all rows were read".to_owned(),
        ));
        return findings;
    }
    let empty: Vec<String> =
        target.classes.iter().filter(|(_, rows)| *rows == 0).map(|(class, _)| class.clone()).collect();
    if !empty.is_empty() {
        let from_one = empty == ["0"];
        let advice = if from_one {
            "if labels count from 1, leave out --classes"
        } else {
            "add rows of them; or leave out --classes, if it was given"
        };
        let seen = format!("{} of {} classes have no row: {}", empty.len(), target.classes.len(), listed(&empty));
        findings.push(finding("empty-classes", names(), empty.len() as f64, seen, advice.to_owned()));
    }
    let most = full.iter().max_by_key(|(_, rows)| *rows);
    let least = full.iter().min_by_key(|(_, rows)| *rows);
    let (Some((most, most_rows)), Some((least, least_rows))) = (most, least) else { return findings };
    if *most_rows as f64 > IMBALANCE * *least_rows as f64 {
        let ratio = *most_rows as f64 / *least_rows as f64;
        let option = match (target.task, &target.classes[..]) {
            // A yes weighs as much as there are noes for it.
            (Task::Binary, [(_, no), (_, yes)]) if yes > no => format!("--pos-weight {}", two_digits(1.0 / ratio)),
            (Task::Binary, _) => format!("--pos-weight {ratio:.1}"),
            _ => "--class-weights balanced".to_owned(),
        };
        findings.push(finding(
            "label-imbalance",
            names(),
            ratio,
            format!("class {most} has {most_rows} rows, class {least} has {least_rows}: {ratio:.0} times as many"),
            format!("{option}, and judge by the balanced accuracy (chainrule eval)"),
        ));
    }
    let few: Vec<String> =
        full.iter().filter(|(_, rows)| *rows < FEW_ROWS).map(|(class, rows)| format!("{class} {rows}")).collect();
    let rows: usize = full.iter().map(|(_, rows)| rows).sum();
    if !few.is_empty() && rows >= TOY {
        findings.push(finding(
            "rare-classes",
            names(),
            few.len() as f64,
            format!(
                "{} fewer than {FEW_ROWS} rows: {}",
                if few.len() == 1 { "1 class has".to_owned() } else { format!("{} classes have", few.len()) },
                listed(&few)
            ),
            "more rows of them, or join them to one class: a part may lack them".to_owned(),
        ));
    }
    findings
}

/// Labels that stand a row too low or too high.
fn shifted(examples: &Examples) -> Option<DataFinding> {
    let rows: Vec<usize> = (0..examples.rows().min(IN_ORDER)).collect();
    let labels = &labels(examples, rows.iter().copied())?[..];
    let classes = labels.iter().max().map_or(0, |most| *most as usize + 1);
    if rows.len() < LEAST_ROWS || labels.is_sorted() || classes > rows.len() {
        return None;
    }
    // What cannot be made ready from the first rows alone is not looked at.
    let fitted = examples.fit(&rows, examples.usual_scaling()).ok()?;
    let data = examples.dataset::<f64>(&rows, &fitted).ok()?;
    let cols = data.cols();
    if cols < 2 {
        return None;
    }
    let x = data.features().data();
    let first = &labels[..rows.len().min(rows_for_label_shift(cols, classes))];
    let (by, stands, moved) = label_shift(|row| &x[row * cols..][..cols], first)?;
    let way = if by > 0 { "low" } else { "high" };
    Some(finding(
        "shifted-labels",
        examples.target_names().to_vec(),
        moved - stands,
        format!(
            "labels seem to stand a row too {way}: {:.0} % of the rows lie nearest to the mean of their class, moved back {:.0} %",
            100.0 * stands,
            100.0 * moved
        ),
        "check where rows and labels begin: a header that was read as a row (--header yes|no, of a CSV file), or a line that one file lacks"
            .to_owned(),
    ))
}

/// Rows that occur again.
fn copies(found: &Preflight) -> Vec<DataFinding> {
    let mut findings = Vec::new();
    let pairs = found.rows as f64 * found.rows as f64 / 2.0;
    if found.duplicate_rows as f64 > COPIES * found.rows as f64 && !are_by_chance(found, found.duplicate_rows, pairs) {
        let seen = format!("{} of {} rows occur before, targets alike", found.duplicate_rows, found.rows);
        let rows = found.duplicate_rows as f64;
        findings.push(finding("duplicate-rows", Vec::new(), rows, seen, IN_ONE_FILE.to_owned()));
    }
    findings.extend(shared_rows(found, IN_ONE_FILE));
    findings
}

/// What to do about copies in a file that is split.
pub(super) const IN_ONE_FILE: &str =
    "remove copies from the file, or keep them in one part by a column that they share: --group COLUMN";
/// What to do about copies of rows that are tested on from a file of their own.
pub(super) const IN_TWO_FILES: &str = "remove them from the rows to train on, or from those to test on";

/// Rows held out that are trained on too.
pub(super) fn shared_rows(found: &Preflight, advice: &str) -> Option<DataFinding> {
    let held_out = found.parts.map_or(0, |parts| parts.validation + parts.test);
    let shared = found.shared_rows.filter(|shared| *shared as f64 > SHARED_ROWS * held_out as f64)?;
    let trained = found.parts.map_or(0, |parts| parts.train);
    if are_by_chance(found, shared, held_out as f64 * trained as f64) {
        return None;
    }
    let which = match found.parts {
        Some(parts) if parts.validation > 0 && parts.test > 0 => "rows to validate and test on",
        Some(parts) if parts.validation > 0 => "rows to validate on",
        _ => "rows held out",
    };
    let seen = format!("{shared} of {held_out} {which} are trained on too: the score will be too good");
    Some(finding("shared-rows", Vec::new(), shared as f64, seen, advice.to_owned()))
}
