//! A finding of the doctor: a problem, its place, and what to do.

use std::fmt;

use crate::doctor::{Kind, LayerDiagnostics};

/// One problem. `Display` prints three sentences: what was seen, what it means, and what to do.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::doctor::{Examination, examine};
/// use chainrule::graph::Rows;
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mut mlp = Mlp::builder(1).dense(2).build()?;
/// mlp.params_mut()[0] = f32::NAN;
/// let rows = Rows { x: MatRef::new(&[0.5, 1.0], 2, 1), targets: TargetsRef::Classes(&[0, 1]) };
/// for finding in examine(&Examination::new(&mlp, rows, Loss::CrossEntropy))? {
///     println!("{finding}"); // what was seen, what it means, what to do
/// }
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The kind of problem.
    pub kind: Kind,
    /// The layer: the index of a dense layer among the network's modules, and its name with the modules that follow it.
    pub layer: Option<(usize, String)>,
    /// The name of the column that it speaks of, where columns have names.
    pub column: Option<String>,
    /// The names of the classes that it speaks of, where classes have names.
    pub classes: Vec<String>,
    /// What to do about it in this run.
    pub advice: String,
}

impl Finding {
    pub(super) fn of_data(kind: Kind) -> Self {
        Finding { kind, layer: None, column: None, classes: Vec::new(), advice: String::new() }
    }

    pub(super) fn of_layer(kind: Kind, layer: &LayerDiagnostics) -> Self {
        Finding { layer: Some((layer.module, layer.name.clone())), ..Finding::of_data(kind) }
    }

    /// What was seen, with its numbers.
    pub fn seen(&self) -> String {
        let place = self.layer.as_ref().map(|(module, name)| format!("module {module}, {name}: ")).unwrap_or_default();
        place + &self.kind.seen(self.column.as_deref(), &self.classes)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  means: {}\n  do:    {}", self.seen(), self.kind.means(), self.advice)
    }
}
