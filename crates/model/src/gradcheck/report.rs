//! The report of a gradient check, tensor by tensor.

use std::fmt;

use super::subject::Tensor;

/// The result of a check. Printed, it is a table.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::{Settings, gradcheck};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(1).dense(1).build_as::<f64>()?;
/// let (x, t) = ([1.0, 2.0], [0.0, 1.0]);
/// let t = TargetsRef::Values(MatRef::new(&t, 2, 1));
/// let report = gradcheck(&mlp, MatRef::new(&x, 2, 1), t, Loss::Mse, &Settings::default())?;
/// assert!(report.passed() && report.rows == 2 && report.wrong().is_empty());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The loss of the rows.
    pub loss: f64,
    /// The estimated rounding error of the loss.
    pub noise: f64,
    /// Rows of the minibatch.
    pub rows: usize,
    /// In the order of the forward pass: `input`, `0.weight`, `0.bias`, ..., `output`; then `all`, for directions of the
    /// input and all parameters together.
    pub tensors: Vec<TensorReport>,
}

/// The results of one tensor.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::{Settings, Verdict, gradcheck};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(2).dense(2).build_as::<f64>()?;
/// let x = MatRef::new(&[1.0, 2.0, -1.0, 0.5], 2, 2);
/// let report = gradcheck(&mlp, x, TargetsRef::Classes(&[0, 1]), Loss::CrossEntropy, &Settings::default())?;
/// let weight = report.tensor("0.weight").unwrap();
/// assert!(weight.verdict == Verdict::Right && weight.checked > 0);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TensorReport {
    /// `0.weight`: the module's number and the parameter.
    pub name: String,
    /// Its sizes: (batch, inputs), (inputs, outputs) of weights, (outputs) of biases, (batch, outputs).
    pub shape: Vec<usize>,
    /// Directions and coordinates whose slope was compared.
    pub checked: usize,
    /// Directions and coordinates with a kink within every step.
    pub discarded: usize,
    /// The comparison with the largest ratio of error to bound; `None` without comparisons.
    pub worst: Option<Worst>,
    /// The conclusion.
    pub verdict: Verdict,
}

/// The gradient along a direction, and the slope.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::{Settings, gradcheck};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(2).dense(2).build_as::<f64>()?;
/// let x = MatRef::new(&[1.0, 2.0, -1.0, 0.5], 2, 2);
/// let report = gradcheck(&mlp, x, TargetsRef::Classes(&[0, 1]), Loss::CrossEntropy, &Settings::default())?;
/// let worst = report.tensors[0].worst.as_ref().unwrap();
/// assert!((worst.analytic - worst.numeric).abs() <= worst.bound);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Worst {
    /// The direction.
    pub place: Position,
    /// The gradient, or its product with the direction.
    pub analytic: f64,
    /// The slope, by finite differences.
    pub numeric: f64,
    /// The largest allowed difference.
    pub bound: f64,
}

/// A direction of a tensor.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::Position;
///
/// println!("{} and {}", Position::Coordinate(vec![1, 2]), Position::Direction(3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// A single element, by its indices from 0.
    Coordinate(Vec<usize>),
    /// A random direction, numbered from 1.
    Direction(usize),
}

/// The conclusion about a tensor's gradient.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::Verdict;
///
/// assert_eq!(Verdict::Right.name(), "right");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every slope agrees with the gradient, within its bound.
    Right,
    /// A slope differs from the gradient by more than its bound.
    Wrong,
    /// Too many directions were discarded for a conclusion.
    Discarded,
    /// The gradient is not ten times as large as the rounding error of the slopes, or both are 0 within a bound that
    /// would hide others, so that they neither confirm nor refute it.
    Lost,
}

impl Report {
    /// Whether a tensor at least is [`Verdict::Right`], and none [`Verdict::Wrong`] or [`Verdict::Discarded`].
    pub fn passed(&self) -> bool {
        let is = |verdict| self.tensors.iter().any(|tensor| tensor.verdict == verdict);
        is(Verdict::Right) && !is(Verdict::Wrong) && !is(Verdict::Discarded)
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&TensorReport> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The names of the tensors whose gradients are wrong.
    pub fn wrong(&self) -> Vec<&str> {
        let wrong = |tensor: &&TensorReport| tensor.verdict == Verdict::Wrong;
        self.tensors.iter().filter(wrong).map(|tensor| tensor.name.as_str()).collect()
    }

    /// The number of directions that were compared, and of those that were discarded.
    pub fn counts(&self) -> (usize, usize) {
        self.tensors.iter().fold((0, 0), |sum, tensor| (sum.0 + tensor.checked, sum.1 + tensor.discarded))
    }

    /// The largest ratio of error to bound; above 1 a gradient is wrong.
    pub fn worst_ratio(&self) -> f64 {
        self.tensors.iter().filter_map(|tensor| tensor.worst.as_ref()).map(Worst::ratio).fold(0.0, f64::max)
    }
}

impl Worst {
    /// The absolute difference.
    pub fn error(&self) -> f64 {
        (self.analytic - self.numeric).abs()
    }

    /// The ratio of error to bound; infinite when it is NaN.
    pub fn ratio(&self) -> f64 {
        match self.error() / self.bound {
            _ if self.error() == 0.0 => 0.0,
            ratio if ratio.is_nan() => f64::INFINITY,
            ratio => ratio,
        }
    }
}

impl TensorReport {
    pub(super) fn new(tensor: &Tensor) -> Self {
        let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
        TensorReport { name, shape, checked: 0, discarded: 0, worst: None, verdict: Verdict::Right }
    }

    pub(super) fn add(&mut self, found: Worst) {
        self.checked += 1;
        if self.worst.as_ref().is_none_or(|worst| found.ratio() > worst.ratio()) {
            self.worst = Some(found);
        }
    }

    pub(super) fn judge(&mut self, is_lost: bool, max_discarded: f64) {
        let all = (self.checked + self.discarded) as f64;
        self.verdict = if self.worst.as_ref().is_some_and(|worst| worst.ratio() > 1.0) {
            Verdict::Wrong
        } else if self.discarded as f64 > max_discarded * all {
            Verdict::Discarded
        } else if is_lost {
            Verdict::Lost
        } else {
            Verdict::Right
        };
    }
}

impl Verdict {
    /// Its name: `right`, `wrong`, `discarded` or `lost`.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Right => "right",
            Verdict::Wrong => "WRONG",
            Verdict::Discarded => "discarded",
            Verdict::Lost => "lost",
        }
    }
}

/// `[3, 17]`, or `direction 2`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::Coordinate(indices) => write!(f, "{indices:?}"),
            Position::Direction(number) => write!(f, "direction {number}"),
        }
    }
}

const HEADER: [&str; 10] =
    ["tensor", "shape", "checked", "discarded", "worst at", "gradient", "slope", "error", "bound", "verdict"];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![HEADER.map(str::to_owned)];
        rows.extend(self.tensors.iter().map(cells));
        let widths: [usize; 10] = std::array::from_fn(|c| rows.iter().map(|row| row[c].len()).max().unwrap_or(0));
        for row in rows {
            // Words to the left, numbers to the right.
            let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
                0 | 1 | 4 | 9 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn cells(tensor: &TensorReport) -> [String; 10] {
    let shape = tensor.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    let of = |text: fn(&Worst) -> String| tensor.worst.as_ref().map_or_else(|| ".".to_owned(), text);
    [
        tensor.name.clone(),
        shape,
        tensor.checked.to_string(),
        tensor.discarded.to_string(),
        of(|worst| worst.place.to_string()),
        of(|worst| format!("{:.6e}", worst.analytic)),
        of(|worst| format!("{:.6e}", worst.numeric)),
        of(|worst| format!("{:.1e}", worst.error())),
        of(|worst| format!("{:.1e}", worst.bound)),
        tensor.verdict.name().to_owned(),
    ]
}
