//! A model of the layers that a graph was found to be.

use std::sync::Arc;

use chainrule_kernel::Scalar;
use chainrule_model::{Init, Layer, Mlp};

use super::answers::Answers;
use super::graph::Graph;
use super::piece::{Affine, Piece, widened};
use super::walk::Chain;
use crate::data::Preprocess;
use crate::{Model, Result};

/// eps and momentum of a batch normalisation that is a map of features.
const EPS: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// The most layers and maps of a chain, as in a model file.
const PIECES_MAX: usize = 1 << 15;

/// Whether a network's numbers are doubles.
pub(super) fn is_double(chain: &Chain) -> bool {
    chain.pieces.iter().any(|piece| matches!(piece, Piece::Dense { is_double: true, .. }))
}

/// The model. Features that are mapped before the first layer are preprocessed so; what stands at the end of a classifier is
/// left to the task.
///
/// # Errors
/// When layers do not fit one another, or there is no dense one.
pub(super) fn model<T: Scalar>(graph: &Graph<'_>, chain: Chain) -> Result<Model<T>> {
    let Chain { pieces, labels } = chain;
    if pieces.len() > PIECES_MAX {
        return Err(graph.error(format!("{} layers", pieces.len()), format!("at most {PIECES_MAX}")));
    }
    let mut pieces = merged(graph, pieces)?;
    let inputs = inputs(graph, &pieces)?;
    let preprocess = preprocess(&mut pieces, inputs);
    let mut answers = Answers::of(graph, &mut pieces, labels);
    let pieces = fitted(graph, pieces, inputs)?;
    let mut builder = Mlp::builder(inputs).init(Init::Zeros);
    for (layer, _) in &pieces {
        builder = builder.layer(*layer);
    }
    let mut mlp: Mlp<T> = builder.build_as().map_err(|error| graph.error(error.to_string(), "a network"))?;
    fill(&mut mlp, &pieces);
    let outputs = mlp.outputs();
    if answers.class_names.as_ref().is_some_and(|names| names.len() != outputs) {
        answers.class_names = None;
    }
    let Answers { task, loss, class_names, target, schema } = answers;
    let schema = schema.filter(|schema| schema.check(inputs).is_ok()).map(Arc::new);
    Ok(Model { preprocess, task, class_names, schema, target: Arc::new(target), ..Model::new(mlp, loss) })
}

/// Neighbouring maps of features as one, and those with numbers as batch normalisations have them.
fn merged(graph: &Graph<'_>, pieces: Vec<Piece>) -> Result<Vec<Piece>> {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        if let (Piece::Affine(next), Some(Piece::Affine(before))) = (&piece, merged.last_mut()) {
            let both = before.then(next);
            *before =
                both.ok_or_else(|| graph.error("sums and products of different lengths", "one for each feature"))?;
        } else {
            merged.push(piece);
        }
    }
    Ok(merged)
}

/// Features in, which the first layer with numbers tells.
fn inputs(graph: &Graph<'_>, pieces: &[Piece]) -> Result<usize> {
    let first = pieces.iter().find_map(|piece| match piece {
        Piece::Dense { inputs, .. } => Some(*inputs),
        _ => None,
    });
    let first = first.ok_or_else(|| graph.error("no Gemm and no MatMul", "at least one dense layer"))?;
    let ahead = pieces.iter().take_while(|piece| !matches!(piece, Piece::Dense { .. }));
    for piece in ahead {
        if let Piece::Affine(Affine { scale, shift }) = piece
            && (widened(scale, first).is_none() || widened(shift, first).is_none())
        {
            let found = format!("a map of {} features before a layer of {first}", scale.len().max(shift.len()));
            return Err(graph.error(found, "as many"));
        }
    }
    Ok(first)
}

/// A map of features before everything else, as preprocessing where it can be: `scale x + shift = (x - c) / d`.
fn preprocess(pieces: &mut Vec<Piece>, inputs: usize) -> Preprocess {
    let Some(Piece::Affine(Affine { scale, shift })) = pieces.first() else { return Preprocess::None };
    let (Some(scale), Some(shift)) = (widened(scale, inputs), widened(shift, inputs)) else { return Preprocess::None };
    let by: Vec<f64> = scale.iter().map(|scale| 1.0 / scale).collect();
    let shift: Vec<f64> = shift.iter().zip(&scale).map(|(shift, scale)| -shift / scale).collect();
    let found = Preprocess::Shift { shift, scale: by };
    if found.check(inputs).is_err() {
        return Preprocess::None;
    }
    pieces.remove(0);
    found
}

/// A layer and its numbers: of a dense one w of (outputs, inputs) and b, of a normalisation gamma, beta, and mean and variance.
type Fitted = (Layer, Vec<Vec<f64>>);

/// The layers with their widths, each vector as wide as its layer.
fn fitted(graph: &Graph<'_>, pieces: Vec<Piece>, inputs: usize) -> Result<Vec<Fitted>> {
    let mut width = inputs;
    let wide = |values: &[f64], width: usize, what: &str| {
        let found = || format!("{} numbers of {what} for {width} features", values.len());
        widened(values, width).ok_or_else(|| graph.error(found(), "as many"))
    };
    let mut layers = Vec::with_capacity(pieces.len());
    let last = pieces.len().saturating_sub(1);
    for (at, piece) in pieces.into_iter().enumerate() {
        if !matches!(piece, Piece::Dense { .. } | Piece::Plain(_) | Piece::Width(_)) {
            // A number that stands for all features becomes one for each.
            graph.spend(4 * width)?;
        }
        layers.push(match piece {
            Piece::Width(wanted) if wanted == width => continue,
            // scikit-learn's regressors lay the outputs of all rows in one column, those of a row one after the other.
            Piece::Width(1) if at == last => continue,
            Piece::Width(wanted) => {
                return Err(graph.error(format!("{width} features reshaped to {wanted}"), "rows of as many features"));
            }
            Piece::Dense { inputs, outputs, weight, bias, .. } => {
                if inputs != width {
                    let found = format!("a layer of {inputs} inputs behind {width} features");
                    return Err(graph.error(found, format!("one of {width} inputs")));
                }
                width = outputs;
                let bias = wide(&bias, outputs, "a bias")?;
                (Layer::Dense { inputs, outputs }, vec![weight, bias])
            }
            Piece::Plain(layer) => (layer, Vec::new()),
            Piece::LayerNorm { eps, gamma, beta } => {
                let numbers = vec![wide(&gamma, width, "a scale")?, wide(&beta, width, "a bias")?];
                (Layer::LayerNorm { width, eps }, numbers)
            }
            Piece::BatchNorm { eps, vectors } => {
                let numbers = vectors.iter().map(|values| wide(values, width, "a normalisation"));
                (Layer::BatchNorm { width, eps, momentum: MOMENTUM }, numbers.collect::<Result<_>>()?)
            }
            // With a variance that eps makes 1 of.
            Piece::Affine(Affine { scale, shift }) => {
                let numbers = [&scale, &shift].map(|values| wide(values, width, "a map"));
                let [scale, shift] = numbers;
                let numbers = vec![scale?, shift?, vec![0.0; width], vec![1.0 - EPS; width]];
                (Layer::BatchNorm { width, eps: EPS, momentum: MOMENTUM }, numbers)
            }
        });
    }
    Ok(layers)
}

/// Puts the numbers into the network.
fn fill<T: Scalar>(mlp: &mut Mlp<T>, layers: &[Fitted]) {
    let (mut at, mut running) = (0, 0);
    for (layer, numbers) in layers {
        if let (Layer::Dense { inputs, outputs }, [weight, bias]) = (layer, &numbers[..]) {
            let w = &mut mlp.params_mut()[at..][..inputs * outputs]; // (inputs, outputs)
            for (from, value) in weight.iter().enumerate() {
                w[from % inputs * outputs + from / inputs] = T::from_f64(*value);
            }
            at += inputs * outputs;
            mlp.params_mut()[at..][..*outputs].iter_mut().zip(bias).for_each(|(to, from)| *to = T::from_f64(*from));
            at += outputs;
            continue;
        }
        for (index, vector) in numbers.iter().enumerate() {
            let (into, from) = if index < 2 { (mlp.params_mut(), &mut at) } else { (mlp.running_mut(), &mut running) };
            into[*from..][..vector.len()].iter_mut().zip(vector).for_each(|(to, from)| *to = T::from_f64(*from));
            *from += vector.len();
        }
    }
}
