//! What the nodes of a graph are found to be: layers with their numbers, and maps of each feature.

use chainrule_model::Layer;

/// One layer, or a map of features.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// `z = w x + b`, w of (outputs, inputs), b of (outputs) or one number for all.
    Dense {
        inputs: usize,
        outputs: usize,
        weight: Vec<f64>,
        bias: Vec<f64>,
        is_double: bool,
    },
    /// A layer without numbers.
    Plain(Layer),
    LayerNorm {
        eps: f64,
        gamma: Vec<f64>,
        beta: Vec<f64>,
    },
    /// gamma, beta, mean, variance.
    BatchNorm {
        eps: f64,
        vectors: [Vec<f64>; 4],
    },
    /// `scale x + shift`, each of (width) or one number for all.
    Affine(Affine),
    /// A shape of (rows, this), which is to be the shape that there is.
    Width(usize),
}

/// `scale x + shift`, each of (width) or one number for all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Affine {
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
}

impl Affine {
    /// This and then the other, as one; `None` where their widths differ.
    pub(super) fn then(&self, other: &Affine) -> Option<Affine> {
        let width = [&self.scale, &self.shift, &other.scale, &other.shift].map(Vec::len).into_iter().max()?;
        let [s1, t1, s2, t2] = [&self.scale, &self.shift, &other.scale, &other.shift].map(|v| widened(v, width));
        let ((s1, t1), (s2, t2)) = ((s1?, t1?), (s2?, t2?));
        Some(Affine {
            scale: s1.iter().zip(&s2).map(|(a, b)| a * b).collect(),
            shift: t1.iter().zip(s2.iter().zip(&t2)).map(|(t1, (s2, t2))| s2 * t1 + t2).collect(),
        })
    }
}

/// One number for all, or one for each.
pub(super) fn widened(values: &[f64], width: usize) -> Option<Vec<f64>> {
    match values {
        [value] => Some(vec![*value; width]),
        _ if values.len() == width => Some(values.to_vec()),
        _ => None,
    }
}
