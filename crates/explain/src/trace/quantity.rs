//! The quantities of a trace: name, formula, value.

use std::sync::Arc;

use super::{Formula, Matrix, Name, Term};

/// Something that was computed: its name, how, and what came out.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// assert_eq!(trace.steps[0].quantity("forward", "Z1").unwrap().equation(), "Z1 = X W1 + b1");
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Its name.
    pub name: Name,
    /// What it is, in a few words.
    pub meaning: String,
    /// How it was computed; empty for what was given.
    pub formula: Formula,
    /// Whether the name had a value before, which the formula replaces: `W1 <- W1 - lr * dL/dW1`.
    pub replaces: bool,
    /// What came out.
    pub value: Arc<Matrix>,
}

impl Quantity {
    /// What was given.
    pub(crate) fn given(name: Name, meaning: impl Into<String>, value: Matrix) -> Self {
        Self::computed(name, meaning, Formula::default(), value)
    }

    /// What was computed.
    pub(crate) fn computed(name: Name, meaning: impl Into<String>, formula: Formula, value: Matrix) -> Self {
        Quantity { name, meaning: meaning.into(), formula, replaces: false, value: Arc::new(value) }
    }

    /// What replaces the value that the name had.
    pub(crate) fn replacing(self) -> Self {
        Quantity { replaces: true, ..self }
    }

    /// `Z1 = X W1 + b1`, `W1 <- W1 - lr * dL/dW1`, or the name alone.
    pub fn equation(&self) -> String {
        match (self.formula.0.is_empty(), self.replaces) {
            (true, _) => self.name.text.clone(),
            (false, false) => format!("{} = {}", self.name, self.formula.text()),
            (false, true) => format!("{} <- {}", self.name, self.formula.text()),
        }
    }

    /// As [`Quantity::equation`], in LaTeX.
    pub fn latex(&self) -> String {
        match (self.formula.0.is_empty(), self.replaces) {
            (true, _) => self.name.latex.clone(),
            (false, false) => format!("{} = {}", self.name.latex, self.formula.latex()),
            (false, true) => format!("{} \\leftarrow {}", self.name.latex, self.formula.latex()),
        }
    }
}

/// Quantities in a formula.
impl Formula {
    /// A quantity alone.
    pub(crate) fn just(quantity: &Quantity) -> Self {
        Self::default().value(quantity)
    }

    /// A quantity.
    pub(crate) fn value(self, quantity: &Quantity) -> Self {
        self.named(&quantity.name, &quantity.value)
    }

    /// The transpose of a quantity.
    pub(crate) fn transposed(mut self, quantity: &Quantity) -> Self {
        let (name, value) = (quantity.name.clone(), Arc::clone(&quantity.value));
        self.0.push(Term::Value { name, value, transposed: true });
        self
    }
}
