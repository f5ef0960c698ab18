//! Parts of a C source: what its columns are, its declarations, how columns are encoded, and its test.

use super::blueprint::{ColumnKind, Probabilities};
use super::c_writer::Source;
use super::samples::Samples;
use super::text::{c_string, code_names, list, number};
use crate::Task;

/// The columns in a comment, and names for the codes of categories.
pub(super) fn columns(source: &mut Source<'_>) {
    const LISTED: usize = 200;
    let of = source.of;
    source.put("\n/* The columns of a row, in this order. NAN stands for a missing value, where one is allowed.\n\n");
    if !of.has_table {
        source.put(&format!("   {} numbers, in the order of the rows that the network learned from\n*/\n", of.inputs));
        return;
    }
    for (at, column) in of.columns.iter().enumerate().take(LISTED) {
        let missing = |is_filled: bool| if is_filled { ", may be missing" } else { "" };
        source.put(&format!("   {at}: "));
        source.note(&column.title);
        match &column.kind {
            ColumnKind::Number { fill, .. } => source.put(&format!(", a number{}\n", missing(fill.is_some()))),
            ColumnKind::Flag { words: [no, yes], fill, .. } => {
                source.put(", 0: ");
                source.note(no);
                source.put(", 1: ");
                source.note(yes);
                source.put(&format!("{}\n", missing(fill.is_some())));
            }
            ColumnKind::Category { levels, fill, takes_unknown } => {
                let others = if *takes_unknown { ", -1 for any other" } else { "" };
                source.put(&format!(
                    ", a category of {} by the codes below{others}{}\n",
                    levels.len(),
                    missing(fill.is_some())
                ));
            }
        }
    }
    if of.columns.len() > LISTED {
        source.put(&format!("   and {} more numbers\n", of.columns.len() - LISTED));
    }
    source.put("*/\n");
    for (column, names) in of.columns.iter().zip(code_names(&of.columns)) {
        let ColumnKind::Category { levels, .. } = &column.kind else { continue };
        source.put("\nenum {\n");
        for (code, (level, name)) in levels.iter().zip(names).enumerate() {
            source.put(&format!("    ^{name} = {code}, /* "));
            source.note(level);
            source.put(" */\n");
        }
        source.put("};\n");
    }
}

pub(super) fn declarations(source: &mut Source<'_>) {
    let of = source.of;
    source.put(
        "
/* Writes ^OUTPUTS outputs for a row of ^COLUMNS columns, with ^WORK numbers of memory to work in.
   Returns 0, or the number of the column, from 1, that it refuses: one that is missing where none may be, that is not
   finite or too large once it is scaled, or no code of a category. */
int @predict(const @column *columns, @real *work, @real *outputs);
",
    );
    if !of.target_names.is_empty() {
        source.put("/* Outputs: ");
        source.note(&of.target_names.join(", "));
        source.put(" */\n");
    }
    if !matches!(of.probabilities(), Probabilities::None | Probabilities::Outputs) {
        source.put("/* Makes probabilities of the outputs. */\nvoid @probabilities(@real *outputs);\n");
    }
    if matches!(of.task, Some(Task::Classification | Task::Binary)) {
        source.put(
            "/* The class that the outputs, as @predict writes them, say. */\nint @class(const @real *outputs);\n",
        );
    }
    let classes = match (&of.class_names, &of.answers) {
        (Some(names), _) => names.len(),
        (None, Some(_)) => 2,
        (None, None) => return,
    };
    source.put(&format!("extern const char *const @class_names[{classes}];\n"));
}

/// The names of the classes, and the numbers that outputs are brought to their unit by.
pub(super) fn class_names(source: &mut Source<'_>) {
    let of = source.of;
    let names: Option<Vec<String>> =
        of.class_names.clone().or_else(|| of.answers.as_ref().map(|answers| answers.to_vec()));
    if let Some(names) = names {
        source.put(&format!("const char *const @class_names[{}] = {{\n", names.len()));
        source.text.push_str(&list(names.iter().map(|name| c_string(name))));
        source.put("};\n\n");
    }
    if let Some((mean, std)) = &of.target_scaling {
        for (name, values) in [("mean", mean), ("std", std)] {
            source.put(&format!("static const double @target_{name}[^OUTPUTS] = {{\n"));
            source.text.push_str(&list(values.iter().map(|value| number(*value, true))));
            source.put("};\n\n");
        }
    }
}

/// The function that turns columns into features; `index` is what `@feature` takes before the value.
pub(super) fn encode(source: &mut Source<'_>, index: &str) {
    if source.of.is_plain() {
        source.put(&format!(
            "static int @encode(const @column *columns, @real *features)
{{
    int k;
    for (k = 0; k < ^COLUMNS; k++) {{
        double v = (double)columns[k];
        if (v - v != 0)
            return k + 1;
        features[k] = @feature({index}v);
        if (features[k] - features[k] != 0)
            return k + 1;
    }}
    return 0;
}}

"
        ));
        return;
    }
    rules(source);
    let bump = if index.is_empty() { "features[k++] = @feature(" } else { "features[k] = @feature(k, " };
    let next = if index.is_empty() { "" } else { ", k++" };
    source.put(&format!(
        "static int @encode(const @column *columns, @real *features)
{{
    int c, j, k = 0;
    for (c = 0; c < ^COLUMNS; c++) {{
        const struct @rule *rule = &@rules[c];
        double v = (double)columns[c];
        int is_missing = v != v;
        if (is_missing) {{
            if (!rule->has_fill)
                return c + 1;
            v = rule->fill;
        }}
        if (v - v != 0)
            return c + 1;
        if (rule->levels == 0) {{
            if (rule->is_flag && v != 0 && v != 1 && !is_missing)
                return c + 1;
            {bump}v){next};
            if (features[k - 1] - features[k - 1] != 0)
                return c + 1;
            if (rule->has_indicator)
                {bump}(double)is_missing){next};
        }} else {{
            int code = v > -1 && v < rule->levels ? (int)v : -1;
            if (code < 0 || (double)code != v) {{
                if (!rule->takes_unknown)
                    return c + 1;
                code = -1;
            }}
            for (j = 0; j < rule->levels; j++)
                {bump}(double)(j == code)){next};
        }}
    }}
    return 0;
}}

"
    ));
}

fn rules(source: &mut Source<'_>) {
    source.put(
        "/* How a column becomes features: a number or a flag one, and one that says whether it was missing; a category one for
   each of its levels. */
struct @rule {
    double fill; /* for a missing value */
    int levels;  /* 0 of a number or a flag */
    unsigned char has_fill, is_flag, has_indicator, takes_unknown;
};

static const struct @rule @rules[^COLUMNS] = {
",
    );
    let rule = |kind: &ColumnKind| {
        let (fill, levels, flags) = match kind {
            ColumnKind::Number { fill, indicator } => (*fill, 0, [false, *indicator, false]),
            ColumnKind::Flag { fill, indicator, .. } => (*fill, 0, [true, *indicator, false]),
            ColumnKind::Category { levels, fill, takes_unknown } => {
                (fill.map(|fill| fill as f64), levels.len(), [false, false, *takes_unknown])
            }
        };
        let [is_flag, indicator, unknown] = flags.map(u8::from);
        let has_fill = u8::from(fill.is_some());
        let fill = number(fill.unwrap_or(0.0), true);
        format!("{{{fill}, {levels}, {has_fill}, {is_flag}, {indicator}, {unknown}}}")
    };
    let text = list(source.of.columns.iter().map(|column| rule(&column.kind)));
    source.text.push_str(&text);
    source.put("};\n\n");
}

/// The program that checks the source against stored rows.
pub(super) fn test(source: &mut Source<'_>, samples: &Samples) {
    let (rows, tolerance) = (samples.columns.len(), source.real(samples.tolerance));
    source.put(
        "
#ifdef ^TEST

#include <math.h>

",
    );
    let cells = samples.columns.iter().flatten();
    let column = |value: &f64| if value.is_nan() { "NAN".to_owned() } else { number(*value, true) };
    let text = list(cells.map(column));
    source.put(&format!("static const @column @test_columns[{rows} * ^COLUMNS] = {{\n"));
    source.text.push_str(&text);
    source.put(&format!("}};\n\nstatic const @real @test_outputs[{rows} * ^OUTPUTS] = {{\n"));
    let text: Vec<String> = samples.outputs.iter().flatten().map(|value| source.real(*value)).collect();
    source.text.push_str(&list(text));
    source.put(&format!(
        "}};

int main(void)
{{
    static @real work[^WORK], outputs[^OUTPUTS];
    int row, i;
    for (row = 0; row < {rows}; row++) {{
        if (@predict(@test_columns + row * ^COLUMNS, work, outputs))
            return 1;
        for (i = 0; i < ^OUTPUTS; i++) {{
            @real error = outputs[i] - @test_outputs[row * ^OUTPUTS + i];
            if (!(error <= {tolerance} && error >= -{tolerance}))
                return 1;
        }}
    }}
    return 0;
}}

#endif
"
    ));
}
