//! The input of an examination: a network, rows of its data, and how it is trained.

use chainrule_model::optim::Update;
use chainrule_model::{Loss, Mlp, Scalar};

use crate::graph::Rows;

/// What is examined.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::doctor::{Examination, examine};
/// use chainrule::graph::Rows;
/// use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef};
///
/// let mlp = Mlp::builder(1).dense(2).build()?;
/// let rows = Rows { x: MatRef::new(&[0.5, 1.0], 2, 1), targets: TargetsRef::Classes(&[0, 1]) };
/// // With the update, the doctor also checks the step that training would take.
/// let update = Some(Optimizer::Sgd { lr: 0.1 }.into());
/// let case = Examination { update, ..Examination::new(&mlp, rows, Loss::CrossEntropy) };
/// examine(&case)?;
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Examination<'a, T: Scalar> {
    /// The network.
    pub mlp: &'a Mlp<T>,
    /// Rows of its training data, preprocessed.
    pub rows: Rows<'a, T>,
    /// The loss that training minimises.
    pub loss: Loss,
    /// How it is trained; `None` skips the checks of step sizes.
    pub update: Option<Update>,
    /// The number of rows of each class in all of the data; `None` counts those in `rows`.
    pub class_counts: Option<&'a [usize]>,
    /// The mean loss of each epoch so far; NaN of one that diverged.
    pub losses: &'a [f64],
    /// The mean loss of the rows held out after each of the same epochs; empty where there were none, or where their loss
    /// is another one, without the weights of classes.
    pub validation_losses: &'a [f64],
    /// Whether it has been trained; before training, a loss at chance level is normal.
    pub trained: bool,
    /// Whether the network has the weights of the epoch that was best for the rows held out.
    pub keeps_best: bool,
    /// Whether rare classes already weigh more.
    pub is_weighted: bool,
    /// Rows held out that are trained on too, and rows held out.
    pub shared_rows: Option<(usize, usize)>,
    /// The names of the features, where they have some.
    pub columns: &'a [String],
    /// The names of the columns of the targets, where they have some.
    pub targets: &'a [String],
    /// The names of the classes, where they have some.
    pub classes: &'a [String],
}

impl<'a, T: Scalar> Examination<'a, T> {
    /// An examination of a trained network, of which nothing else is known.
    pub fn new(mlp: &'a Mlp<T>, rows: Rows<'a, T>, loss: Loss) -> Self {
        Examination {
            mlp,
            rows,
            loss,
            update: None,
            class_counts: None,
            losses: &[],
            validation_losses: &[],
            trained: true,
            keeps_best: false,
            is_weighted: false,
            shared_rows: None,
            columns: &[],
            targets: &[],
            classes: &[],
        }
    }
}
