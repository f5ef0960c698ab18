//! The targets, the loss and the gradient of the loss by the output.

use chainrule_model::metrics::{ConfusionMatrix, argmax};
use chainrule_model::{Loss, Mlp, Scalar, TargetsRef, softmax};

use super::{Formula, Matrix, Name, Quantity};

/// The targets T, and for classes their labels.
pub(super) fn given<T: Scalar>(targets: TargetsRef<'_, T>, outputs: usize) -> Vec<Quantity> {
    let t = Name::new("T", "T");
    let labels = match targets {
        TargetsRef::Values(values) => return vec![Quantity::given(t, "the targets", Matrix::of(values))],
        TargetsRef::Classes(labels) => labels,
    };
    let column = Matrix::column(labels.iter().map(|&label| label as usize));
    let label = Quantity::given(Name::new("label", "\\text{label}"), "the class of each row", column);
    let rows =
        labels.iter().flat_map(|&label| (0..outputs).map(move |class| T::from_f64(one(label as usize == class))));
    let rows = Matrix::from_slice(&rows.collect::<Vec<T>>(), labels.len(), outputs);
    let formula = Formula::just(&label).of(&Name::function("one_hot"));
    vec![label, Quantity::computed(t, "the targets: 1 in the place of the class", formula, rows)]
}

fn one(is_one: bool) -> f64 {
    f64::from(u8::from(is_one))
}

/// The loss, and the formula of its gradient by the output.
pub(super) struct TracedLoss {
    pub(super) quantities: Vec<Quantity>,
    pub(super) gradient: Formula,
}

pub(super) fn loss<T: Scalar>(
    mlp: &Mlp<T>,
    loss: Loss,
    y: &Quantity,
    given: &[Quantity],
    targets: TargetsRef<'_, T>,
    value: f64,
) -> TracedLoss {
    let t = given.last().expect("the targets come last");
    let (rows, elements) = (y.value.rows() as f64, y.value.values().len() as f64);
    let mut quantities = Vec::new();
    let sum = Name::new("sum", "\\sum ");
    let over = |formula: Formula, n: f64| formula.same(" / ").number("n", "n", n);
    let difference = |p: &Quantity| Formula::just(p).same(" - ").value(t).bracketed();
    let squares = || difference(y).squared().of(&sum);
    let (of_loss, meaning, gradient) = match loss {
        Loss::CrossEntropy => {
            let p = probabilities(mlp, y);
            let logarithms = Formula::just(&p).of(&Name::new("log", "\\log"));
            let of_loss = Formula::just(t).each_times().then(logarithms).of(&Name::new("-sum", "-\\sum "));
            let by_logits = match adds_up_to_1(t) {
                true => difference(&p),
                false => sum_of_each_row(Formula::just(t)).each_times().value(&p).same(" - ").value(t).bracketed(),
            };
            quantities.push(p);
            (over(of_loss, rows), "the loss: cross-entropy, the mean over n rows", over(by_logits, rows))
        }
        Loss::Mse => {
            let twice = Formula::default().same("2").scaling().then(difference(y));
            let meaning = "the loss: the mean of the squared errors, n in number";
            (over(squares(), elements), meaning, over(twice, elements))
        }
        Loss::HalfMse => {
            let twice_n = Formula::default().same("2").scaling().number("n", "n", elements).bracketed();
            let meaning = "the loss: half the mean of the squared errors, n in number";
            (squares().same(" / ").then(twice_n), meaning, over(difference(y), elements))
        }
        Loss::BinaryCrossEntropy => {
            let p = yes(mlp, y);
            let log = |inside: Formula| inside.of(&Name::new("log", "\\log"));
            let rest = |of: &Quantity| Formula::default().same("1 - ").value(of).bracketed();
            let of_yes = Formula::just(t).each_times().then(log(Formula::just(&p)));
            let of_no = rest(t).each_times().then(log(Formula::default().same("1 - ").value(&p)));
            let of_loss = of_yes.same(" + ").then(of_no).of(&Name::new("-sum", "-\\sum "));
            let by_logits = difference(&p);
            quantities.push(p);
            let meaning = "the loss: binary cross-entropy, the mean over n elements";
            (over(of_loss, elements), meaning, over(by_logits, elements))
        }
        Loss::Mae => {
            let size = Formula::just(y).same(" - ").value(t).of(&Name::function("abs")).of(&sum);
            let sign = Formula::just(y).same(" - ").value(t).of(&Name::function("sign"));
            let meaning = "the loss: the mean of the absolute errors, n in number";
            (over(size, elements), meaning, over(sign, elements))
        }
        Loss::Huber(delta) => {
            let meaning = "the loss: the mean over n errors e of e^2 / 2, and beyond delta of delta (|e| - delta / 2)";
            (over(huber(y, t, delta).of(&sum), elements), meaning, over(clamped(y, t, delta), elements))
        }
        other => {
            let both = || Formula::just(y).same(", ").value(t);
            let (value, slope) = (other.to_string(), format!("{other}'"));
            (both().of(&Name::function(&value)), "the loss", both().of(&Name::function(&slope)))
        }
    };
    quantities.push(Quantity::computed(Name::new("L", "L"), meaning, of_loss, Matrix::scalar(value)));
    if let TargetsRef::Classes(labels) = targets {
        let judged = quantities.iter().find(|quantity| quantity.name.text == "P").unwrap_or(y);
        let classes = classes(judged, &given[1], labels);
        quantities.extend(classes);
    }
    TracedLoss { quantities, gradient }
}

/// `min(e^2, delta^2) / 2 + delta * max(abs(e) - delta, 0)`: the loss of an error e.
fn huber(y: &Quantity, t: &Quantity, delta: f64) -> Formula {
    let error = Formula::just(y).same(" - ").value(t);
    let number = |value: f64| Formula::default().literal(value);
    let (min, max) = (Name::new("min", "\\min"), Name::new("max", "\\max"));
    let inside = error.clone().bracketed().squared().same(", ").then(number(delta * delta)).of(&min).same(" / 2 + ");
    let beyond = error.of(&Name::function("abs")).same(" - ").then(number(delta)).same(", 0").of(&max);
    inside.then(number(delta)).scaling().then(beyond)
}

/// `min(delta, max(-delta, y - t))`: the derivative of Huber's loss.
fn clamped(y: &Quantity, t: &Quantity, delta: f64) -> Formula {
    let error = Formula::default().literal(-delta).same(", ").value(y).same(" - ").value(t);
    let above = error.of(&Name::new("max", "\\max"));
    Formula::default().literal(delta).same(", ").then(above).of(&Name::new("min", "\\min"))
}

/// The predicted class of each row, and the accuracy.
fn classes(
    judged: &Quantity, // (batch, classes)
    label: &Quantity,
    labels: &[u32], // (batch)
) -> [Quantity; 2] {
    let width = judged.value.cols();
    let found: Vec<usize> = judged.value.values().chunks_exact(width).map(argmax).collect();
    let mut confusion = ConfusionMatrix::new(width);
    found.iter().zip(labels).for_each(|(&class, &label)| confusion.add(label as usize, class));
    let formula = Formula::just(judged).of(&Name::function("argmax_of_rows"));
    let column = Matrix::column(found.into_iter());
    let name = Name::new("class", "\\text{class}");
    let class = Quantity::computed(name, "the class with the largest number", formula, column);
    let formula = Formula::just(&class).same(" = ").value(label).of(&Name::function("mean"));
    let (right, all) = (confusion.correct(), confusion.total());
    let meaning = format!("right in {right} of {all} rows, {:.2} %", 100.0 * confusion.accuracy());
    let accuracy = Name::new("accuracy", "\\text{accuracy}");
    let accuracy = Quantity::computed(accuracy, meaning, formula, Matrix::scalar(confusion.accuracy()));
    [class, accuracy]
}

/// Whether every row adds up to 1, which simplifies the gradient of cross-entropy.
fn adds_up_to_1(t: &Quantity) -> bool {
    let sum = |row: &[f64]| row.iter().sum::<f64>();
    t.value.values().chunks_exact(t.value.cols()).all(|row| (sum(row) - 1.0).abs() < 1e-6)
}

/// `sum_of_each_row(inside)`, a column.
pub(super) fn sum_of_each_row(inside: Formula) -> Formula {
    inside.of(&Name::new("sum_of_each_row", "\\sum_{\\text{each row}} "))
}

fn probabilities<T: Scalar>(mlp: &Mlp<T>, y: &Quantity) -> Quantity {
    let (rows, cols) = (y.value.rows(), y.value.cols());
    let mut p: Vec<T> = y.value.values().iter().map(|&z| T::from_f64(z)).collect();
    softmax::forward(mlp.kernel(), cols, &mut p);
    let formula = Formula::just(y).of(&Name::function("softmax"));
    let p = Matrix::from_slice(&p, rows, cols);
    Quantity::computed(Name::new("P", "P"), "the probability of each class", formula, p)
}

fn yes<T: Scalar>(mlp: &Mlp<T>, y: &Quantity) -> Quantity {
    let (rows, cols) = (y.value.rows(), y.value.cols());
    let mut p: Vec<T> = y.value.values().iter().map(|&z| T::from_f64(z)).collect();
    mlp.kernel().sigmoid(&mut p);
    let formula = Formula::just(y).of(&Name::function("sigmoid"));
    let p = Matrix::from_slice(&p, rows, cols);
    Quantity::computed(Name::new("P", "P"), "the probability of a 1 at each output", formula, p)
}
