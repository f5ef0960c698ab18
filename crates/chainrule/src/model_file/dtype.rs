//! The element types that a file may have.

/// The element type of a file's tensors.
///
/// ```
/// use chainrule::{DType, Loss, Mlp, Model, ModelFile};
///
/// let path = std::env::temp_dir().join(format!("dtype-{}.safetensors", std::process::id()));
/// Model::new(Mlp::builder(2).dense(3).build_as::<f64>()?, Loss::CrossEntropy).save(&path)?;
/// let file = ModelFile::open(&path)?;
/// std::fs::remove_file(&path).expect("the file that was just saved");
/// assert_eq!(file.dtype(), DType::F64);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
}
