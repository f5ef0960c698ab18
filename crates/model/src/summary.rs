//! Equality of networks, and their summary as text.

use std::fmt;

use chainrule_kernel::Scalar;

use crate::Mlp;

/// Equal modules, parameters, running statistics and numbers of minibatches. The seed and count of dropout masks and the
/// kernel are not compared. A network that holds NaN equals no other.
impl<T: Scalar> PartialEq for Mlp<T> {
    fn eq(&self, other: &Self) -> bool {
        self.inputs() == other.inputs()
            && self.layers() == other.layers()
            && *self.params == *other.params
            && self.running == other.running
            && self.batches == other.batches
    }
}

/// One line for the network, and one for each module with the shape of its output and the number of its parameters:
///
/// ```
/// # use chainrule_model as chainrule;
/// let mlp = chainrule::Mlp::builder(784).dense(128).relu().dense(10).build()?;
/// assert_eq!(
///     mlp.to_string(),
///     "784 inputs, 10 outputs, 101770 parameters (f32)\n\
///      0  dense(784, 128)  (batch, 128)  100480 parameters\n\
///      1  relu             (batch, 128)\n\
///      2  dense(128, 10)   (batch, 10)   1290 parameters"
/// );
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
impl<T: Scalar> fmt::Display for Mlp<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (inputs, outputs, parameters) = (self.inputs(), self.outputs(), self.params().len());
        write!(f, "{inputs} inputs, {outputs} outputs, {parameters} parameters ({})", T::NAME)?;
        let mut width = inputs;
        let lines: Vec<_> = self
            .layers()
            .iter()
            .map(|layer| {
                width = layer.width(width);
                (layer.to_string(), format!("(batch, {width})"), layer.parameters())
            })
            .collect();
        let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
        let name = longest(&mut lines.iter().map(|(name, ..)| name.len()));
        let shape = longest(&mut lines.iter().map(|(_, shape, _)| shape.len()));
        let number = lines.len().saturating_sub(1).to_string().len();
        for (module, (layer, output, parameters)) in lines.iter().enumerate() {
            write!(f, "\n{module:number$}  {layer:name$}  ")?;
            match parameters {
                0 => write!(f, "{output}")?,
                _ => write!(f, "{output:shape$}  {parameters} parameters")?,
            }
        }
        Ok(())
    }
}
