//! Reading an ONNX file as a model.

use chainrule_kernel::Scalar;

use super::graph::Graph;
use super::network;
use super::walk::{Chain, chain};
use crate::exported::{Description, Either, Exported};
use crate::{Model, Result};

/// How many outputs are tried.
const OUTPUTS_MAX: usize = 8;

/// Whether the first eight bytes are those of an ONNX file: the version of its format, one byte, and then another field. A
/// safetensors file may begin so too, but as a length, whose last bytes are 0.
pub(crate) fn is_one(start: &[u8]) -> bool {
    matches!(start, [0x08, 1..=0x7f, tag, rest @ ..] if tag >> 3 > 1 && rest.iter().any(|byte| *byte != 0))
}

/// The model in an ONNX file.
///
/// # Errors
/// When a node is none that a network of ours has, which is then named, the file is damaged, or it computes something else than it says.
pub(crate) fn model(origin: &str, bytes: &[u8]) -> Result<Exported> {
    let graph = Graph::of(origin, bytes)?;
    if let Some(described) = described(&graph)? {
        return Ok(described);
    }
    // Of a graph of ours with columns that are encoded, the nodes are no chain of layers.
    let chain = any_chain(&graph).map_err(|error| match graph.is_changed {
        true => graph.error(
            format!("a graph that chainrule wrote and another program has changed; {error}"),
            "the file as it was written",
        ),
        false => error,
    })?;
    let model = match network::is_double(&chain) {
        true => Either::F64(of::<f64>(&graph, chain)?),
        false => Either::F32(of::<f32>(&graph, chain)?),
    };
    Ok(Exported { model, rows: 0 })
}

/// The model that chainrule wrote, of its description and its constants; `None` of a file that another program wrote or changed.
fn described(graph: &Graph<'_>) -> Result<Option<Exported>> {
    let description = graph.metadata.and_then(|text| Description::of(graph.origin, text.as_bytes()).ok());
    let Some(mut description) = description else { return Ok(None) };
    if graph.is_changed || graph.count("Gemm") != description.dense_layers() || graph.count("MatMul") > 0 {
        return Ok(None);
    }
    let rows = description.take_rows();
    match description.model(graph.origin, &mut |at, name| graph.numbers(&format!("{at}.{name}"))) {
        Ok(model) => model.replayed(graph.origin, rows).map(Some),
        Err(_) => Ok(None),
    }
}

fn of<T: Scalar>(graph: &Graph<'_>, chain: Chain) -> Result<Model<T>> {
    network::model::<T>(graph, chain)
}

/// The first output that a chain of layers ends in; a classifier's label is none.
fn any_chain(graph: &Graph<'_>) -> Result<Chain> {
    let mut last = Err(graph.error("no output", "a graph with an output"));
    for output in graph.outputs.iter().take(OUTPUTS_MAX) {
        last = chain(graph, output);
        if last.is_ok() {
            break;
        }
    }
    last
}
