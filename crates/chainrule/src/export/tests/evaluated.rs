//! ONNX graphs with logarithms, evaluated node by node: the numbers are the model's, also where 1 + x loses those of x.

use std::collections::HashMap;
use std::sync::Arc;

use chainrule_kernel::Scalar;
use chainrule_model::{Loss, Mlp};
use serde_json::json;

use crate::data::Preprocess;
use crate::export::blueprint::Blueprint;
use crate::export::samples::predict;
use crate::export::{ExportFormat, ExportOptions};
use crate::onnx::schema::{attribute, element, graph, model, node, tensor, value_info};
use crate::protobuf::decode::fields;
use crate::{Model, Task};

/// Rows of numbers; yes and no are 1 and 0.
#[derive(Debug, Clone)]
struct Table {
    cols: usize,
    values: Vec<f64>,
}

impl Table {
    /// Element by element, a single row or column for all.
    fn with(&self, other: &Table, of: impl Fn(f64, f64) -> f64) -> Table {
        let rows = (self.values.len() / self.cols).max(other.values.len() / other.cols);
        let cols = self.cols.max(other.cols);
        let at = |table: &Table, row: usize, col: usize| {
            let row = if table.values.len() == table.cols { 0 } else { row };
            table.values[row * table.cols + if table.cols == 1 { 0 } else { col }]
        };
        let values =
            (0..rows * cols).map(|i| of(at(self, i / cols, i % cols), at(other, i / cols, i % cols))).collect();
        Table { cols, values }
    }

    fn map(&self, of: impl Fn(f64) -> f64) -> Table {
        Table { cols: self.cols, values: self.values.iter().copied().map(of).collect() }
    }
}

/// The numbers of an attribute of whole numbers.
fn int(bytes: &[u8], name: &str) -> i64 {
    let attributes = fields(bytes).map(Result::unwrap).filter(|(number, _)| *number == node::ATTRIBUTE);
    let mut found = 0;
    for (_, attribute) in attributes {
        let all: Vec<_> = fields(attribute.bytes()).map(Result::unwrap).collect();
        if all.iter().any(|(number, value)| *number == attribute::NAME && value.text() == name) {
            found = all.iter().find(|(number, _)| *number == attribute::I).map_or(0, |(_, value)| value.int());
        }
    }
    found
}

fn constant(bytes: &[u8]) -> (String, Table) {
    let (mut name, mut dims, mut kind, mut data) = (String::new(), Vec::new(), 0, &[][..]);
    for field in fields(bytes) {
        match field.unwrap() {
            (tensor::NAME, value) => name = value.text().to_owned(),
            (tensor::DIMS, value) => dims.push(value.int() as usize),
            (tensor::DATA_TYPE, value) => kind = value.int(),
            (tensor::RAW_DATA, value) => data = value.bytes(),
            _ => {}
        }
    }
    let values = match kind {
        element::FLOAT => data.chunks_exact(4).map(|x| f64::from(f32::from_le_bytes(x.try_into().unwrap()))).collect(),
        element::DOUBLE => data.chunks_exact(8).map(|x| f64::from_le_bytes(x.try_into().unwrap())).collect(),
        element::INT64 => data.chunks_exact(8).map(|x| i64::from_le_bytes(x.try_into().unwrap()) as f64).collect(),
        element::BOOL => data.iter().map(|x| f64::from(*x)).collect(),
        other => panic!("{name} of type {other}"),
    };
    (name, Table { cols: *dims.last().unwrap(), values })
}

/// The output called `outputs` for a table of `columns`, (rows, outputs).
fn evaluate(file: &[u8], columns: Table) -> Vec<f64> {
    let found = fields(file).map(Result::unwrap).find(|(number, _)| *number == model::GRAPH).unwrap().1.bytes();
    let mut known: HashMap<String, Table> = HashMap::new();
    let (mut nodes, mut input) = (Vec::new(), String::new());
    for field in fields(found) {
        match field.unwrap() {
            (graph::NODE, value) => nodes.push(value.bytes()),
            (graph::INITIALIZER, value) => {
                let (name, table) = constant(value.bytes());
                known.insert(name, table);
            }
            (graph::INPUT, value) => {
                let name = fields(value.bytes()).map(Result::unwrap).find(|(number, _)| *number == value_info::NAME);
                input = name.unwrap().1.text().to_owned();
            }
            _ => {}
        }
    }
    known.insert(input, columns);
    for bytes in nodes {
        let text = |wanted: u64| {
            let all = fields(bytes).map(Result::unwrap).filter(move |(number, _)| *number == wanted);
            all.map(|(_, value)| value.text().to_owned()).collect::<Vec<String>>()
        };
        let given: Vec<Table> = text(node::INPUT).iter().map(|name| known[name].clone()).collect();
        let op = text(node::OP_TYPE).remove(0);
        let result = operator(&op, bytes, &given);
        known.insert(text(node::OUTPUT).remove(0), result);
    }
    known["outputs"].values.clone()
}

fn operator(op: &str, bytes: &[u8], given: &[Table]) -> Table {
    let yes = |is: bool| f64::from(u8::from(is));
    let x = &given[0];
    match op {
        "Identity" => x.clone(),
        "Cast" if int(bytes, "to") == element::FLOAT => x.map(|x| f64::from(x as f32)),
        "Cast" => x.clone(),
        "IsNaN" => x.map(|x| yes(x.is_nan())),
        "Log" => x.map(f64::ln),
        "Exp" => x.map(f64::exp),
        "Add" => x.with(&given[1], |a, b| a + b),
        "Sub" => x.with(&given[1], |a, b| a - b),
        "Mul" => x.with(&given[1], |a, b| a * b),
        "Div" => x.with(&given[1], |a, b| a / b),
        "Equal" => x.with(&given[1], |a, b| yes(a == b)),
        "Where" => {
            let index = given[1].with(&given[2], |a, _| a);
            let other = given[1].with(&given[2], |_, b| b);
            let first = x.with(&index, |is, a| if is == 1.0 { a } else { 0.0 });
            let second = x.with(&other, |is, b| if is == 1.0 { 0.0 } else { b });
            let is = x.with(&index, |is, _| is);
            Table {
                cols: is.cols,
                values: (0..is.values.len())
                    .map(|i| if is.values[i] == 1.0 { first.values[i] } else { second.values[i] })
                    .collect(),
            }
        }
        "Concat" => {
            let cols = x.cols + given[1].cols;
            let rows = x.values.chunks_exact(x.cols).zip(given[1].values.chunks_exact(given[1].cols));
            Table { cols, values: rows.flat_map(|(a, b)| [a, b].concat()).collect() }
        }
        "Gather" => {
            let order = &given[1].values;
            let rows = x.values.chunks_exact(x.cols);
            Table { cols: order.len(), values: rows.flat_map(|row| order.iter().map(|at| row[*at as usize])).collect() }
        }
        "Gemm" => {
            let (w, b) = (&given[1], &given[2].values);
            let row = |row: &[f64]| {
                let outputs = w.values.chunks_exact(w.cols).zip(b);
                outputs.map(|(w, b)| w.iter().zip(row).map(|(w, x)| w * x).sum::<f64>() + b).collect::<Vec<_>>()
            };
            Table { cols: b.len(), values: x.values.chunks_exact(x.cols).flat_map(row).collect() }
        }
        "Tanh" => x.map(f64::tanh),
        other => panic!("no {other} here"),
    }
}

/// Area by its logarithm, age too where it is there, rooms as they are; of two targets the first by its logarithm.
fn logarithmic<T: Scalar>() -> Model<T> {
    let columns = json!([
        { "name": "area", "index": 0, "kind": { "kind": "number", "log1p": true } },
        { "name": "rooms", "index": 1, "kind": { "kind": "number" } },
        { "name": "age", "index": 2, "kind": { "kind": "number", "fill": 1e-9, "indicator": true, "log1p": true } },
    ]);
    let schema = serde_json::from_value(json!({ "table_columns": 5, "columns": columns })).unwrap();
    let scaling = json!({ "mean": [0.25, 3.0], "std": [0.5, 2.0], "log1p": [true, false] });
    let target = serde_json::from_value(json!({ "names": ["price", "rent"], "scaling": scaling })).unwrap();
    let mlp = Mlp::builder(4).dense(5).tanh().dense(2).seed(6).build_as().unwrap();
    let preprocess = Preprocess::Standardize { mean: vec![0.5, 2.0, 1e-10, 0.0], std: vec![2.0, 1.5, 1e-9, 1.0] };
    Model {
        preprocess,
        task: Some(Task::Regression),
        schema: Some(Arc::new(schema)),
        target: Arc::new(target),
        ..Model::new(mlp, Loss::Mse)
    }
}

const ROWS: [[f64; 3]; 6] = [
    [1e-18, 2.0, 3e-9],
    [0.3, -7.0, f64::NAN],
    [-0.999_999, 0.0, 1e-12],
    [1e9, 1.0, -1e-10],
    [-1e-17, 3.5, 5e-17],
    [12.5, 1e-9, 0.0],
];

fn largest_share<T: Scalar>() -> f64 {
    let model = logarithmic::<T>();
    let rows: Vec<Vec<f64>> = ROWS.map(|row| row.to_vec()).to_vec();
    let wanted = predict(&Blueprint::of(&model, ExportFormat::Onnx, false).unwrap(), &model, &rows).unwrap();
    let file = model.export(ExportFormat::Onnx, &ExportOptions::default()).unwrap();
    let found = evaluate(&file, Table { cols: 3, values: ROWS.concat() });
    assert_eq!(found.len(), 2 * ROWS.len());
    // The third column alone tells rows apart where its logarithm keeps all its digits.
    assert!((found[2 * 4] - found[2 * 2]).abs() > 1e-9, "{found:?}");
    let apart = found.iter().zip(wanted.iter().flatten()).map(|(found, wanted)| (found - wanted).abs() / wanted.abs());
    apart.fold(0.0, f64::max)
}

#[test]
fn an_onnx_graph_takes_logarithms_as_the_model_does() {
    let (wide, narrow) = (largest_share::<f64>(), largest_share::<f32>());
    assert!(wide < 1e-13, "{wide}");
    assert!(narrow < 2e-6, "{narrow}");
}

#[test]
fn rows_without_a_logarithm_give_no_number() {
    let file = logarithmic::<f64>().export(ExportFormat::Onnx, &ExportOptions::default()).unwrap();
    let found = evaluate(&file, Table { cols: 3, values: vec![-1.5, 1.0, 0.0] });
    assert!(found.iter().all(|y| y.is_nan()), "{found:?}");
}

#[test]
fn sources_and_files_of_weights_refuse_logarithms_by_name_and_json_says_them() {
    let model = logarithmic::<f32>();
    let export = |format| model.export(format, &ExportOptions::default());
    let archives = cfg!(feature = "npy").then_some(ExportFormat::Npz);
    for format in [ExportFormat::C, ExportFormat::Rust, ExportFormat::Torch].into_iter().chain(archives) {
        let message = export(format).unwrap_err().to_string();
        assert!(message.contains("the logarithm of area (--log1p)") && message.contains("export to onnx"), "{message}");
    }
    let object: serde_json::Value = serde_json::from_slice(&export(ExportFormat::Json).unwrap()).unwrap();
    assert_eq!((&object["version"], &object["columns"][2]["log1p"]), (&json!(2), &json!(true)));
    assert_eq!((&object["columns"][1]["log1p"], &object["target"]["log1p"]), (&json!(null), &json!([true, false])));
    // Without the description that chainrule puts into it, an ONNX file with them is no chain of layers: refused, not read as
    // something else.
    let whole = export(ExportFormat::Onnx).unwrap();
    let text: Vec<u8> = "\"format\":\"chainrule\"".into();
    let at = whole.windows(text.len()).position(|bytes| bytes == text).unwrap();
    let mut changed = whole.clone();
    changed[at + text.len() - 2] = b'r';
    let read = |bytes: &[u8]| crate::ModelFile::parse("m.onnx", bytes).and_then(|file| file.model::<f32>(None));
    assert_eq!(read(&whole).unwrap().schema, model.schema);
    let message = read(&changed).unwrap_err().to_string();
    assert!(message.contains("Where"), "{message}");
}
