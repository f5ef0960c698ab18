//! From columns to features in an ONNX graph.
//!
//! Where all columns are numbers, there is one input `columns`, (rows, columns), NaN standing for a missing value. Where some are
//! categories or flags, there is one input for each column, (rows, 1), called as the column is: doubles, and strings, of
//! which the empty one stands for a missing value.

use super::graph::{Attribute, Graph, Value};
use super::logarithms::{self, Function};
use crate::export::blueprint::{Blueprint, Column, ColumnKind, FeatureScaling};
use crate::onnx::schema::element::{DOUBLE, FLOAT, STRING};

/// The features as the network takes them, (rows, inputs), by their name.
pub(super) fn features(graph: &mut Graph, of: &Blueprint) -> String {
    let is_mixed = of.columns.iter().any(|column| !matches!(column.kind, ColumnKind::Number { .. }));
    let here = if is_mixed { mixed(graph, of) } else { numbers(graph, of) };
    scaled(graph, of, here)
}

/// What a value is called, and its type.
struct Typed {
    name: String,
    is_double: bool,
}

fn numbers(graph: &mut Graph, of: &Blueprint) -> Typed {
    let is_double = of.has_table || of.is_double;
    let input = graph.unique("columns");
    let element = if is_double { DOUBLE } else { FLOAT };
    graph.input(&Value { element, cols: Some(of.columns.len()), name: &input });
    if of.is_plain() {
        return Typed { name: input, is_double };
    }
    let cols = of.columns.len();
    let (mut fills, mut order) = (Vec::new(), Vec::new());
    for (at, column) in of.columns.iter().enumerate() {
        let ColumnKind::Number { fill, indicator } = column.kind else { continue };
        fills.push(fill.unwrap_or(f64::NAN));
        order.push(at as i64);
        order.extend(indicator.then_some((cols + at) as i64));
    }
    let is_missing = graph.node("IsNaN", &[&input], &[]);
    let fills = graph.reals("fill", &[1, cols], &fills, is_double);
    let mut filled = graph.node("Where", &[&is_missing, &fills, &input], &[]);
    // Logarithms are of tables, whose numbers are doubles.
    let are_logarithms: Vec<bool> = of.columns.iter().map(|column| column.log1p).collect();
    if are_logarithms.contains(&true) {
        filled = logarithms::some(graph, Function::Log1p, &filled, &are_logarithms);
    }
    if order.len() == cols {
        return Typed { name: filled, is_double };
    }
    let mask = graph.node("Cast", &[&is_missing], &[Attribute::Int("to", element)]);
    let both = graph.node("Concat", &[&filled, &mask], &[Attribute::Int("axis", 1)]);
    let order = graph.ints("order", &order);
    Typed { name: graph.node("Gather", &[&both, &order], &[Attribute::Int("axis", 1)]), is_double }
}

/// In double, as tables are read.
fn mixed(graph: &mut Graph, of: &Blueprint) -> Typed {
    let features: Vec<String> = of.columns.iter().flat_map(|column| column_features(graph, column)).collect();
    let names: Vec<&str> = features.iter().map(String::as_str).collect();
    Typed { name: graph.node("Concat", &names, &[Attribute::Int("axis", 1)]), is_double: true }
}

/// The features of one column, (rows, some) each.
fn column_features(graph: &mut Graph, column: &Column) -> Vec<String> {
    // `0.weight` is a constant's, by which the file is read back.
    let is_like_weights = column.title.split_once('.').is_some_and(|(at, name)| {
        matches!(name, "weight" | "bias" | "running_mean" | "running_var")
            && at.bytes().all(|byte| byte.is_ascii_digit())
    });
    let input = graph.unique(&if is_like_weights { format!("column {}", column.title) } else { column.title.clone() });
    let element = if matches!(column.kind, ColumnKind::Number { .. }) { DOUBLE } else { STRING };
    graph.input(&Value { element, cols: Some(1), name: &input });
    let to_double = [Attribute::Int("to", DOUBLE)];
    let learned = |graph: &mut Graph, x: String| match column.log1p {
        true => logarithms::node(graph, Function::Log1p, &x),
        false => x,
    };
    match &column.kind {
        ColumnKind::Number { fill: None, .. } => vec![learned(graph, input)],
        ColumnKind::Number { fill: Some(fill), indicator } => {
            let is_missing = graph.node("IsNaN", &[&input], &[]);
            let fill = graph.reals("fill", &[1], &[*fill], true);
            let filled = graph.node("Where", &[&is_missing, &fill, &input], &[]);
            let mut features = vec![learned(graph, filled)];
            features.extend(indicator.then(|| graph.node("Cast", &[&is_missing], &to_double)));
            features
        }
        ColumnKind::Flag { words: [no, yes], fill, indicator } => {
            let mut codes = vec![(no.as_str(), 0), (yes.as_str(), 1)];
            codes.extend([("0", 0), ("1", 1)].into_iter().filter(|(word, _)| no != word && yes != word));
            codes.extend(fill.map(|_| ("", 2)));
            let all: Vec<f64> = [0.0, 1.0].into_iter().chain(*fill).collect();
            // What is none of them is past the last value, which no runtime reads.
            let code = encoded(graph, &input, &codes, all.len() as i64);
            let values = graph.reals("flag", &[all.len()], &all, true);
            let mut features = vec![graph.node("Gather", &[&values, &code], &[])];
            if *indicator {
                let is_missing = encoded(graph, &input, &[("", 1)], 0);
                features.push(graph.node("Cast", &[&is_missing], &to_double));
            }
            features
        }
        ColumnKind::Category { levels, fill, takes_unknown } => {
            let mut codes: Vec<(&str, i64)> = levels.iter().map(String::as_str).zip(0..).collect();
            if let Some(fill) = fill.filter(|_| !levels.iter().any(String::is_empty)) {
                codes.push(("", fill as i64));
            }
            let code = encoded(graph, &input, &codes, -1);
            let categories = Attribute::Ints("cats_int64s", (0..levels.len() as i64).collect());
            let zeros = Attribute::Int("zeros", i64::from(*takes_unknown));
            let hot = graph.node("OneHotEncoder", &[&code], &[categories, zeros]); // (rows, 1, levels)
            let shape = graph.ints("shape", &[-1, levels.len() as i64]);
            let hot = graph.node("Reshape", &[&hot, &shape], &[]);
            vec![graph.node("Cast", &[&hot], &to_double)]
        }
    }
}

/// The whole numbers that words stand for.
fn encoded(graph: &mut Graph, input: &str, codes: &[(&str, i64)], otherwise: i64) -> String {
    let keys = Attribute::Texts("keys_strings", codes.iter().map(|(word, _)| *word).collect());
    let values = Attribute::Ints("values_int64s", codes.iter().map(|(_, code)| *code).collect());
    graph.node("LabelEncoder", &[input], &[keys, values, Attribute::Int("default_int64", otherwise)])
}

/// Scaled in double, as the model does it, then in the network's type.
fn scaled(graph: &mut Graph, of: &Blueprint, mut here: Typed) -> String {
    let mut in_double = |graph: &mut Graph| {
        if !here.is_double {
            here.name = graph.node("Cast", &[&here.name], &[Attribute::Int("to", DOUBLE)]);
            here.is_double = true;
        }
    };
    match &of.scaling {
        FeatureScaling::None => {}
        FeatureScaling::Factor(factor) => {
            in_double(graph);
            let factor = graph.reals("factor", &[1], &[*factor], true);
            here.name = graph.node("Mul", &[&here.name, &factor], &[]);
        }
        FeatureScaling::Affine { shift, scale, .. } => {
            in_double(graph);
            let shift = graph.reals("shift", &[of.inputs], shift, true);
            let scale = graph.reals("scale", &[of.inputs], scale, true);
            let shifted = graph.node("Sub", &[&here.name, &shift], &[]);
            here.name = graph.node("Div", &[&shifted, &scale], &[]);
        }
    }
    match here.is_double && !of.is_double {
        true => graph.node("Cast", &[&here.name], &[Attribute::Int("to", FLOAT)]),
        false => here.name,
    }
}
