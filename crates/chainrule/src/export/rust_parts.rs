//! Parts of a Rust source: what its columns are, how they are encoded, and its test.

use super::blueprint::{Blueprint, ColumnKind};
use super::samples::Samples;
use super::text::{code_names, comment, list, number};

/// The columns in a comment, and names for the codes of categories.
pub(super) fn columns(of: &Blueprint) -> String {
    const LISTED: usize = 200;
    let mut text = String::from(
        "// The columns of a row, in this order. NAN stands for a missing value, where one is allowed.\n//\n",
    );
    if !of.has_table {
        return format!("{text}// {} numbers, in the order of the rows that the network learned from\n\n", of.inputs);
    }
    for (at, column) in of.columns.iter().enumerate().take(LISTED) {
        let (what, is_filled) = match &column.kind {
            ColumnKind::Number { fill, .. } => ("a number".to_owned(), fill.is_some()),
            ColumnKind::Flag { words: [no, yes], fill, .. } => {
                (format!("0: {}, 1: {}", comment(no), comment(yes)), fill.is_some())
            }
            ColumnKind::Category { levels, fill, takes_unknown } => {
                let others = if *takes_unknown { ", -1 for any other" } else { "" };
                (format!("a category of {} by the codes below{others}", levels.len()), fill.is_some())
            }
        };
        let missing = if is_filled { ", may be missing" } else { "" };
        text.push_str(&format!("// {at}: {}, {what}{missing}\n", comment(&column.title)));
    }
    if of.columns.len() > LISTED {
        text.push_str(&format!("// and {} more numbers\n", of.columns.len() - LISTED));
    }
    text.push('\n');
    for (column, names) in of.columns.iter().zip(code_names(&of.columns)) {
        let ColumnKind::Category { levels, .. } = &column.kind else { continue };
        for (code, (level, name)) in levels.iter().zip(names).enumerate() {
            text.push_str(&format!("/// {}\npub const {name}: Column = {code}.0;\n", comment(level)));
        }
        text.push('\n');
    }
    text
}

/// The names of the classes.
pub(super) fn class_names(of: &Blueprint) -> String {
    let names = of.class_names.clone().or_else(|| of.answers.as_ref().map(|answers| answers.to_vec()));
    let Some(names) = names else { return String::new() };
    let quoted = list(names.iter().map(|name| format!("{name:?}")));
    format!("/// What the classes are called.\npub static CLASS_NAMES: [&str; {}] = [\n{quoted}];\n\n", names.len())
}

/// The function that turns columns into features.
pub(super) fn encode(of: &Blueprint) -> String {
    if of.is_plain() {
        return "\
fn encode(columns: &[Column; COLUMNS], features: &mut [Real]) -> Result<(), usize> {
    for (k, (column, into)) in columns.iter().zip(features).enumerate() {
        if !column.is_finite() {
            return Err(k);
        }
        *into = feature(k, *column as f64);
        if !into.is_finite() {
            return Err(k);
        }
    }
    Ok(())
}

"
        .to_owned();
    }
    let rule = |kind: &ColumnKind| {
        let filled = |fill: Option<f64>| match fill {
            Some(fill) => format!("Some({})", number(fill, true)),
            None => "None".to_owned(),
        };
        match kind {
            ColumnKind::Number { fill, indicator } => {
                format!("Rule {{ fill: {}, kind: Kind::Number, has_indicator: {indicator} }}", filled(*fill))
            }
            ColumnKind::Flag { fill, indicator, .. } => {
                format!("Rule {{ fill: {}, kind: Kind::Flag, has_indicator: {indicator} }}", filled(*fill))
            }
            ColumnKind::Category { levels, fill, takes_unknown } => {
                let kind = format!("Kind::Category({}, {takes_unknown})", levels.len());
                format!("Rule {{ fill: {}, kind: {kind}, has_indicator: false }}", filled(fill.map(|fill| fill as f64)))
            }
        }
    };
    let rules = list(of.columns.iter().map(|column| rule(&column.kind)));
    format!(
        "/// How a column becomes features: a number or a flag one, and one that says whether it was missing; a category one for
/// each of its levels, also for one that it does not know where that is allowed.
struct Rule {{
    fill: Option<f64>,
    kind: Kind,
    has_indicator: bool,
}}

#[allow(dead_code)]
enum Kind {{
    Number,
    Flag,
    Category(usize, bool),
}}

static RULES: [Rule; COLUMNS] = [
{rules}];

fn encode(columns: &[Column; COLUMNS], features: &mut [Real]) -> Result<(), usize> {{
    let mut k = 0;
    for (c, (rule, column)) in RULES.iter().zip(columns).enumerate() {{
        let is_missing = column.is_nan();
        let v = if is_missing {{ rule.fill.ok_or(c)? }} else {{ *column as f64 }};
        if !v.is_finite() {{
            return Err(c);
        }}
        if let Kind::Category(levels, takes_unknown) = rule.kind {{
            let hot = (0..levels).find(|level| *level as f64 == v);
            if hot.is_none() && !takes_unknown {{
                return Err(c);
            }}
            for level in 0..levels {{
                features[k] = feature(k, if Some(level) == hot {{ 1.0 }} else {{ 0.0 }});
                k += 1;
            }}
            continue;
        }}
        if matches!(rule.kind, Kind::Flag) && !is_missing && v != 0.0 && v != 1.0 {{
            return Err(c);
        }}
        features[k] = feature(k, v);
        if !features[k].is_finite() {{
            return Err(c);
        }}
        k += 1;
        if rule.has_indicator {{
            features[k] = feature(k, if is_missing {{ 1.0 }} else {{ 0.0 }});
            k += 1;
        }}
    }}
    Ok(())
}}

"
    )
}

/// The test against stored rows.
pub(super) fn test(of: &Blueprint, samples: &Samples) -> String {
    let column = |value: &f64| if value.is_nan() { "Column::NAN".to_owned() } else { number(*value, true) };
    let rows = |rows: String, count: usize, kind: &str, name: &str| {
        format!("    const {name}: [{kind}; {count}] = [\n{rows}    ];\n")
    };
    let real = |value: &f64| number(*value, of.is_double);
    let count = samples.columns.len();
    let columns: Vec<String> =
        samples.columns.iter().map(|row| format!("[\n{}    ]", list(row.iter().map(column)))).collect();
    let outputs: Vec<String> =
        samples.outputs.iter().map(|row| format!("[\n{}    ]", list(row.iter().map(real)))).collect();
    let columns = rows(list(columns), count, "[Column; COLUMNS]", "ROWS");
    let outputs = rows(list(outputs), count, "[Real; OUTPUTS]", "EXPECTED");
    format!(
        "#[cfg(test)]
mod tests {{
    use super::*;

{columns}
{outputs}
    #[test]
    fn outputs_are_those_of_the_model() {{
        let (mut work, mut outputs) = ([0.0; WORK], [0.0; OUTPUTS]);
        for (row, expected) in ROWS.iter().zip(&EXPECTED) {{
            assert_eq!(predict(row, &mut work, &mut outputs), Ok(()));
            for (output, expected) in outputs.iter().zip(expected) {{
                assert!((output - expected).abs() <= {}, \"{{output}} and {{expected}}\");
            }}
        }}
    }}
}}
",
        real(&samples.tolerance)
    )
}
