//! Weights in eight bits: symmetric, with one scale for each output of a layer. Inputs, sums, biases and activations stay
//! what they are.
//!
//! ```text
//! scale = max |w| / 127 over an output's weights       code = round(w / scale), -127 to 127
//! z = (sum x * code) * scale + b
//! ```
//!
//! Source: Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference", 2018, section 2.2.

use chainrule_kernel::Scalar;

use crate::{Model, Result};

/// The largest code.
const MOST: f64 = 127.0;

/// The weights of a dense layer.
pub(crate) struct Int8 {
    /// (outputs, inputs).
    pub(crate) codes: Vec<i8>,
    /// (outputs), in the model's type.
    pub(crate) scales: Vec<f64>,
}

impl Int8 {
    pub(crate) fn of<T: Scalar>(
        weight: &[f64], // (outputs, inputs)
        inputs: usize,
    ) -> Self {
        let mut coded = Int8 { codes: Vec::with_capacity(weight.len()), scales: Vec::new() };
        for row in weight.chunks_exact(inputs.max(1)) {
            let largest = row.iter().fold(0.0, |largest: f64, w| largest.max(w.abs()));
            let scale = T::from_f64(largest / MOST).to_f64();
            // Weights so small that their scale is 0 are 0 themselves in eight bits.
            let code = |w: &f64| if scale > 0.0 { (w / scale).round().clamp(-MOST, MOST) as i8 } else { 0 };
            coded.codes.extend(row.iter().map(code));
            coded.scales.push(scale);
        }
        coded
    }
}

impl<T: Scalar> Model<T> {
    /// The same model with the weights of its dense layers rounded to eight bits, as
    /// [`ExportOptions::int8`](crate::export::ExportOptions) writes them: what that source predicts, but for the rounding of
    /// sums.
    ///
    /// ```
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::<f32>::builder(8).dense(4).seed(1).build()?, Loss::Mse);
    /// let rounded = model.rounded_to_int8()?;
    /// let largest = model.mlp.params().iter().fold(0.0, |most: f32, w| most.max(w.abs()));
    /// let differ = |(a, b): (&f32, &f32)| (a - b).abs() <= largest / 127.0;
    /// assert!(model.mlp.params().iter().zip(rounded.mlp.params()).all(differ));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn rounded_to_int8(&self) -> Result<Self> {
        let mut mlp = self.mlp.try_clone()?;
        for dense in self.mlp.dense_layers() {
            let (inputs, outputs) = (dense.w.rows(), dense.w.cols());
            let weight: Vec<f64> =
                (0..outputs * inputs).map(|at| dense.w.get(at % inputs, at / inputs).to_f64()).collect();
            let Int8 { codes, scales } = Int8::of::<T>(&weight, inputs);
            let w = &mut mlp.params_mut()[dense.params.start..][..inputs * outputs]; // (inputs, outputs)
            for (at, code) in codes.iter().enumerate() {
                let (output, input) = (at / inputs, at % inputs);
                w[input * outputs + output] = T::from_f64(f64::from(*code) * scales[output]);
            }
        }
        Ok(Model { mlp, ..self.clone() })
    }
}
