//! The parameters of a network as named tensors.

use std::ops::Range;

use chainrule::{Mlp, Scalar};

/// A tensor of parameters.
pub(crate) struct Tensor {
    /// `0.weight`: the module's number, and PyTorch's name of the parameter.
    pub(crate) name: String,
    /// (inputs, outputs) of the weights of a dense layer, otherwise (width).
    pub(crate) shape: Vec<usize>,
    /// Where it lies in [`Mlp::params`].
    pub(crate) range: Range<usize>,
}

/// All tensors, in the order of [`Mlp::params`].
pub(crate) fn tensors<T: Scalar>(mlp: &Mlp<T>) -> Vec<Tensor> {
    let mut all = Vec::new();
    let mut add = |module: usize, params: Range<usize>, weight: Vec<usize>| {
        let middle = params.start + weight.iter().product::<usize>();
        let bias = params.end - middle;
        all.push(Tensor { name: format!("{module}.weight"), shape: weight, range: params.start..middle });
        all.push(Tensor { name: format!("{module}.bias"), shape: vec![bias], range: middle..params.end });
    };
    for layer in mlp.dense_layers() {
        add(layer.module, layer.params, vec![layer.w.rows(), layer.w.cols()]);
    }
    for layer in mlp.norm_layers() {
        add(layer.module, layer.params, vec![layer.gamma.len()]);
    }
    all.sort_by_key(|tensor| tensor.range.start);
    all
}
