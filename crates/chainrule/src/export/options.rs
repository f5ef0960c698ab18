//! What can be chosen about an export.

/// How a model is exported.
///
/// ```
/// use chainrule::export::{ExportFormat, ExportOptions};
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::<f32>::builder(2).dense(3).tanh().dense(1).seed(1).build()?, Loss::Mse);
/// let options = ExportOptions { name: "xor".to_owned(), ..ExportOptions::default() };
/// let source = String::from_utf8(model.export(ExportFormat::C, &options)?).expect("C is ASCII");
/// assert!(source.contains("int xor_predict(const xor_column *columns, xor_real *work, xor_real *outputs);"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOptions {
    /// What names in a C source begin with, and what an ONNX graph is called.
    pub name: String,
    /// A line for the head of a source: what its weights in eight bits cost, say.
    pub note: String,
    /// Whether weights are rounded to eight bits, with one scale for each output of a layer: in C and Rust.
    pub int8: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        ExportOptions { name: "model".to_owned(), note: String::new(), int8: false }
    }
}
