//! The parameters of a network, layer by layer, as quantities with names.

use std::ops::Range;

use chainrule_model::{MatRef, Mlp, Scalar};

use super::{Matrix, Name, Quantity};

/// The parameters of a dense layer, or of a normalisation: gamma as w and beta as b.
pub(super) struct Parameters {
    pub(super) module: usize,
    /// Among the dense layers, or among the normalisations.
    pub(super) number: usize,
    pub(super) w: Quantity,
    pub(super) b: Quantity,
    /// Whether it is a normalisation.
    pub(super) is_norm: bool,
    /// The range of w and then b among all parameters.
    range: Range<usize>,
}

/// The ranges of a layer's w and b.
pub(super) struct ParameterRanges {
    pub(super) w: Range<usize>,
    pub(super) b: Range<usize>,
}

impl Parameters {
    /// The ranges of w and b among all parameters.
    pub(super) fn ranges(&self) -> ParameterRanges {
        let split = self.range.start + self.w.value.values().len();
        ParameterRanges { w: self.range.start..split, b: split..self.range.end }
    }
}

/// Of every layer that learns, in the order of the modules.
pub(super) fn parameters<T: Scalar>(mlp: &Mlp<T>) -> Vec<Parameters> {
    let dense = mlp.dense_layers().zip(1..).map(|(layer, number)| {
        let (w, b) = (Matrix::of(layer.w), Matrix::of(MatRef::new(layer.b, 1, layer.b.len())));
        Parameters {
            module: layer.module,
            number,
            w: Quantity::given(Name::numbered("W", number), format!("weights of layer {number}"), w),
            b: Quantity::given(Name::numbered("b", number), format!("bias of layer {number}"), b),
            is_norm: false,
            range: layer.params,
        }
    });
    let norms = mlp.norm_layers().zip(1..).map(|(norm, number)| {
        let given = |letter: &str, values: &[T]| {
            let name = Name::new(format!("{letter}{number}"), format!("\\{letter}_{{{number}}}"));
            let meaning = format!("{letter} of normalisation {number}");
            Quantity::given(name, meaning, Matrix::of(MatRef::new(values, 1, values.len())))
        };
        let (w, b) = (given("gamma", norm.gamma), given("beta", norm.beta));
        Parameters { module: norm.module, number, w, b, is_norm: true, range: norm.params }
    });
    let mut all: Vec<Parameters> = dense.chain(norms).collect();
    all.sort_by_key(|learned| learned.module);
    all
}
