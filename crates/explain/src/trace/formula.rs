//! Formulas as data, which can be written as text, as LaTeX, and with their numbers.

use std::fmt;
use std::sync::Arc;

use super::Matrix;
use super::number::{brief, latex};

/// The name of a quantity in both notations: `dL/dW1` and `\frac{\partial L}{\partial W_1}`.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// let name = &trace.steps[0].quantity("forward", "Z1").unwrap().name;
/// assert_eq!((name.text.as_str(), name.latex.as_str()), ("Z1", "Z_{1}"));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// In plain characters.
    pub text: String,
    /// In LaTeX's mathematics.
    pub latex: String,
}

impl Name {
    pub(crate) fn new(text: impl Into<String>, latex: impl Into<String>) -> Self {
        Name { text: text.into(), latex: latex.into() }
    }

    /// The name of a function: `relu`, `one_hot`.
    pub(crate) fn function(name: &str) -> Self {
        Name::new(name, format!("\\operatorname{{{}}}", name.replace('_', "\\_")))
    }

    /// `W1`, `W_1`.
    pub(crate) fn numbered(letter: &str, number: usize) -> Self {
        Name::new(format!("{letter}{number}"), format!("{letter}_{{{number}}}"))
    }

    /// The gradient of the loss by it.
    pub(crate) fn gradient(&self) -> Self {
        Name::new(format!("dL/d{}", self.text), format!("\\frac{{\\partial L}}{{\\partial {}}}", self.latex))
    }

    /// The optimiser's state of it: `v_W1`, `v^{(W_1)}`.
    pub(crate) fn memory(&self, letter: &str) -> Self {
        Name::new(format!("{letter}_{}", self.text), format!("{letter}^{{({})}}", self.latex))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One piece of the right side of a formula.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, Term, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// let z = trace.steps[0].quantity("forward", "Z1").unwrap();
/// let Term::Value { name, value, .. } = &z.formula.0[0] else { panic!("X W1 + b1 begins with X") };
/// assert_eq!((name.text.as_str(), value.values()), ("X", &[1.0, 2.0][..]));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// An operator, a function's name, a bracket.
    Sign(Name),
    /// A quantity by its name, with its value.
    Value {
        /// Its name.
        name: Name,
        /// Its value at that time.
        value: Arc<Matrix>,
        /// Whether its transpose is meant.
        transposed: bool,
    },
}

/// The right side of a formula, from left to right.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// assert_eq!(trace.steps[0].quantity("forward", "Z1").unwrap().formula.text(), "X W1 + b1");
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Formula(pub Vec<Term>);

impl Formula {
    /// In plain characters: `X W1 + b1`.
    pub fn text(&self) -> String {
        let term = |term: &Term| match term {
            Term::Sign(sign) => sign.text.clone(),
            Term::Value { name, transposed: true, .. } => format!("{name}^T"),
            Term::Value { name, .. } => name.text.clone(),
        };
        self.0.iter().map(term).collect()
    }

    /// In LaTeX: `X W_1 + b_1`.
    pub fn latex(&self) -> String {
        let term = |term: &Term| match term {
            Term::Sign(sign) => sign.latex.clone(),
            Term::Value { name, transposed: true, .. } if name.latex.contains('^') || name.latex.contains("frac") => {
                format!("\\left({}\\right)^{{\\top}}", name.latex)
            }
            Term::Value { name, transposed: true, .. } => format!("{}^{{\\top}}", name.latex),
            Term::Value { name, .. } => name.latex.clone(),
        };
        self.0.iter().map(term).collect()
    }

    /// A sign that looks different in LaTeX.
    pub(crate) fn sign(mut self, text: impl Into<String>, latex: impl Into<String>) -> Self {
        self.0.push(Term::Sign(Name::new(text, latex)));
        self
    }

    /// A sign that looks the same everywhere.
    pub(crate) fn same(self, sign: &str) -> Self {
        self.sign(sign, sign)
    }

    /// The product of matrices, which has no sign.
    pub(crate) fn times(self) -> Self {
        self.sign(" ", " \\, ")
    }

    /// The product element by element.
    pub(crate) fn each_times(self) -> Self {
        self.sign(" * ", " \\odot ")
    }

    /// The product with a number.
    pub(crate) fn scaling(self) -> Self {
        self.sign(" * ", " \\cdot ")
    }

    /// A number with a name: the learning rate, say.
    pub(crate) fn number(self, text: &str, latex: &str, value: f64) -> Self {
        self.named(&Name::new(text, latex), &Arc::new(Matrix::scalar(value)))
    }

    /// A number without one.
    pub(crate) fn literal(self, value: f64) -> Self {
        let text = brief(value);
        let in_latex = latex(&text);
        self.sign(text, in_latex)
    }

    /// Numbers by their name.
    pub(super) fn named(mut self, name: &Name, value: &Arc<Matrix>) -> Self {
        self.0.push(Term::Value { name: name.clone(), value: Arc::clone(value), transposed: false });
        self
    }

    /// `function(self)`, in LaTeX with brackets as large as their content.
    pub(crate) fn of(self, function: &Name) -> Self {
        let (text, latex) = (format!("{function}("), format!("{}\\left(", function.latex));
        Formula::default().sign(text, latex).then(self).sign(")", "\\right)")
    }

    /// `(self)`.
    pub(crate) fn bracketed(self) -> Self {
        self.of(&Name::new("", ""))
    }

    /// `self^2`.
    pub(crate) fn squared(self) -> Self {
        self.sign("^2", "^{2}")
    }

    /// `sqrt(self)`.
    pub(crate) fn root(self) -> Self {
        Formula::default().sign("sqrt(", "\\sqrt{").then(self).sign(")", "}")
    }

    /// Appends the terms of another formula.
    pub(crate) fn then(mut self, other: Formula) -> Self {
        self.0.extend(other.0);
        self
    }
}
