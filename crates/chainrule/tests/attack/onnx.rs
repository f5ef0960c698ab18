//! ONNX files: of ours and of other programs, and small ones that ask for much.

use chainrule::data::Preprocess;
use chainrule::export::{ExportFormat, ExportOptions};
use chainrule::{Activation, Loss, Mlp, Model, Scalar};

/// Words of the graphs that are read.
pub(crate) const WORDS: &[&str] = &[
    "Gemm",
    "MatMul",
    "Add",
    "Mul",
    "Div",
    "Relu",
    "Softmax",
    "LayerNormalization",
    "BatchNormalization",
    "ZipMap",
    "Constant",
    "\u{1}1",
    "\n\u{1}x",
    "transB",
    "epsilon",
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    fn file<T: Scalar>() -> Vec<u8> {
        let builder = Mlp::builder(3).dense(4).batch_norm().activation(Activation::Gelu).dense(4).layer_norm().dense(2);
        let mlp: Mlp<T> = builder.seed(1).build_as().expect("a network");
        let model = Model::new(mlp, Loss::CrossEntropy).with_preprocess(Preprocess::Scale { factor: 0.5 });
        model.export(ExportFormat::Onnx, &ExportOptions::default()).expect("a file")
    }
    vec![
        file::<f32>(),
        file::<f64>(),
        include_bytes!("../data/onnx/torch_norms.onnx").to_vec(),
        include_bytes!("../data/onnx/torch_activations.onnx").to_vec(),
        include_bytes!("../data/onnx/sklearn_iris.onnx").to_vec(),
        include_bytes!("../data/onnx/keras_norms.onnx").to_vec(),
    ]
}

/// A field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
    out
}

/// A constant of float zeros.
fn constant(name: &str, dims: &[u32]) -> Vec<u8> {
    let mut tensor: Vec<u8> = Vec::new();
    for dim in dims {
        tensor.push(1 << 3);
        tensor.extend([*dim as u8 | 0x80, (*dim >> 7) as u8 | 0x80, (*dim >> 14) as u8 & 0x7f]);
    }
    tensor.extend([2 << 3, 1]);
    tensor.extend(field(8, name.as_bytes()));
    tensor.extend(field(9, &vec![0; 4 * dims.iter().product::<u32>() as usize]));
    field(5, &tensor)
}

fn node(op: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|input| field(1, input.as_bytes())).collect();
    field(1, &[inputs, field(2, output.as_bytes()), field(4, op.as_bytes())].concat())
}

fn file(graph: &[Vec<u8>], output: &str) -> Vec<u8> {
    let ends = [field(11, &field(1, b"x")), field(12, &field(1, output.as_bytes()))].concat();
    [vec![8, 8], field(7, &[graph.concat(), ends].concat())].concat()
}

/// A chain of nodes, the i-th of these operators with these constants.
fn chain(
    constants: Vec<Vec<u8>>,
    length: usize,
    kind: impl Fn(usize) -> (&'static str, Option<&'static str>),
) -> Vec<u8> {
    let mut graph = constants;
    let name = |at: usize| if at == 0 { "x".to_owned() } else { format!("v{at}") };
    for at in 0..length {
        let (op, constant) = kind(at);
        let inputs: Vec<String> = [name(at)].into_iter().chain(constant.map(str::to_owned)).collect();
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        graph.push(node(op, &inputs, &name(at + 1)));
    }
    file(&graph, &name(length))
}

pub(crate) fn bombs() -> Vec<Vec<u8>> {
    let square = || constant("w", &[100, 100]);
    let wide = || constant("w", &[1, 100_000]);
    let one = || constant("c", &[1]);
    vec![
        // One constant that thousands of layers have.
        chain(vec![square()], 30_000, |_| ("MatMul", Some("w"))),
        chain(vec![square()], 60_000, |at| if at == 0 { ("MatMul", Some("w")) } else { ("Relu", None) }),
        // One number for each of many features, again and again.
        chain(vec![wide(), one()], 30_000, |at| match at {
            0 => ("MatMul", Some("w")),
            _ if at % 2 == 0 => ("Relu", None),
            _ => ("Mul", Some("c")),
        }),
        // A circle, many outputs, and a shape whose product overflows.
        file(&[node("Relu", &["b"], "a"), node("Relu", &["a"], "b")], "a"),
        file(&(0..60_000).map(|_| field(12, &field(1, b"v"))).collect::<Vec<_>>(), "v"),
        file(&[field(5, &[8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f].repeat(4))], "x"),
    ]
}
