//! What the output should be, and the loss that says how far it is from that.

use chainrule_model::metrics::{ConfusionMatrix, argmax};
use chainrule_model::{Loss, Mlp, Scalar, Targets, softmax};

use super::forward::applied;
use super::{Formula, Matrix, Name, Quantity};

/// T, and for classes the labels that it stands for.
pub(super) fn given<T: Scalar>(targets: Targets<'_, T>, outputs: usize) -> Vec<Quantity> {
    let t = Name::new("T", "T");
    let labels = match targets {
        Targets::Values(values) => return vec![Quantity::given(t, "the targets", Matrix::of(values))],
        Targets::Classes(labels) => labels,
    };
    let column = Matrix::column(labels.iter().map(|&label| label as usize));
    let label = Quantity::given(Name::new("label", "\\text{label}"), "the class of each row", column);
    let rows =
        labels.iter().flat_map(|&label| (0..outputs).map(move |class| T::from_f64(one(label as usize == class))));
    let rows = Matrix::from_slice(&rows.collect::<Vec<T>>(), labels.len(), outputs);
    let formula = applied(&operator("one_hot"), &label);
    vec![label, Quantity::computed(t, "the targets: 1 in the place of the class", formula, rows)]
}

fn one(is_one: bool) -> f64 {
    f64::from(u8::from(is_one))
}

fn operator(name: &str) -> Name {
    Name::new(name, format!("\\operatorname{{{}}}", name.replace('_', "\\_")))
}

/// The loss, and how its gradient by the output comes about.
pub(super) struct Answers {
    pub(super) quantities: Vec<Quantity>,
    pub(super) gradient: Formula,
}

pub(super) fn loss<T: Scalar>(
    mlp: &Mlp<T>,
    loss: Loss,
    y: &Quantity,
    given: &[Quantity],
    targets: Targets<'_, T>,
    value: f64,
) -> Answers {
    let t = given.last().expect("the targets come last");
    let (rows, elements) = (y.value.rows() as f64, y.value.values().len() as f64);
    let mut quantities = Vec::new();
    let start = Formula::default;
    let squared = || start().same("sum((").value(y).sign(" - ", " - ").value(t).sign(")^2)", ")^{2})");
    let difference = |p: &Quantity| start().same("(").value(p).same(" - ").value(t).same(")");
    let (of_loss, meaning, gradient) = match loss {
        Loss::CrossEntropy => {
            let mut p: Vec<T> = y.value.values().iter().map(|&z| T::from_f64(z)).collect();
            softmax::forward(mlp.kernel(), y.value.cols(), &mut p);
            let p = Matrix::from_slice(&p, y.value.rows(), y.value.cols());
            let formula = applied(&operator("softmax"), y);
            let p = Quantity::computed(Name::new("P", "P"), "the probability of each class", formula, p);
            let of_loss = start().same("-sum(").value(t).each_times().sign("log(", "\\log(").value(&p).same("))");
            let of_loss = of_loss.same(" / ").number("n", "n", rows);
            let each = start().sign("sum_of_each_row(", "\\sum_{\\text{each row}} (").value(t).same(")");
            let gradient = match adds_up_to_1(t) {
                true => difference(&p),
                false => start().same("(").then(each).each_times().value(&p).same(" - ").value(t).same(")"),
            };
            let gradient = gradient.same(" / ").number("n", "n", rows);
            quantities.push(p);
            (of_loss, "the loss: cross-entropy, the mean over n rows", gradient)
        }
        Loss::Mse => {
            let gradient = start().same("2").scaling().then(difference(y)).same(" / ").number("n", "n", elements);
            let of_loss = squared().same(" / ").number("n", "n", elements);
            (of_loss, "the loss: the mean of the squared errors, n in number", gradient)
        }
        Loss::HalfMse => {
            let gradient = difference(y).same(" / ").number("n", "n", elements);
            let of_loss = squared().same(" / (2").scaling().number("n", "n", elements).same(")");
            (of_loss, "the loss: half the mean of the squared errors, n in number", gradient)
        }
        other => {
            let (name, slope) = (other.to_string(), format!("{other}'"));
            let both = |name: &str| applied_to_both(&operator(name), y, t);
            (both(&name), "the loss", both(&slope))
        }
    };
    quantities.push(Quantity::computed(Name::new("L", "L"), meaning, of_loss, Matrix::scalar(value)));
    if let Targets::Classes(labels) = targets {
        let judged = quantities.iter().find(|quantity| quantity.name.text == "P").unwrap_or(y);
        let classes = classes(judged, &given[1], labels);
        quantities.extend(classes);
    }
    Answers { quantities, gradient }
}

/// The class that each row is taken for, and how often that is right.
fn classes(
    judged: &Quantity, // (batch, classes)
    label: &Quantity,
    labels: &[u32], // (batch)
) -> [Quantity; 2] {
    let width = judged.value.cols();
    let found: Vec<usize> = judged.value.values().chunks_exact(width).map(argmax).collect();
    let mut confusion = ConfusionMatrix::new(width);
    found.iter().zip(labels).for_each(|(&class, &label)| confusion.add(label as usize, class));
    let formula = applied(&operator("argmax_of_rows"), judged);
    let column = Matrix::column(found.into_iter());
    let class =
        Quantity::computed(Name::new("class", "\\text{class}"), "the class with the largest number", formula, column);
    let formula =
        Formula::default().sign("mean(", "\\operatorname{mean}(").value(&class).same(" = ").value(label).same(")");
    let (right, all) = (confusion.correct(), confusion.total());
    let meaning = format!("right in {right} of {all} rows, {:.2} %", 100.0 * confusion.accuracy());
    let accuracy = Name::new("accuracy", "\\text{accuracy}");
    let accuracy = Quantity::computed(accuracy, meaning, formula, Matrix::scalar(confusion.accuracy()));
    [class, accuracy]
}

/// Whether every row is of probabilities, which makes the gradient of cross-entropy simple.
fn adds_up_to_1(t: &Quantity) -> bool {
    let sum = |row: &[f64]| row.iter().sum::<f64>();
    t.value.values().chunks_exact(t.value.cols()).all(|row| (sum(row) - 1.0).abs() < 1e-6)
}

fn applied_to_both(function: &Name, y: &Quantity, t: &Quantity) -> Formula {
    let (text, latex) = (format!("{function}("), format!("{}\\left(", function.latex));
    Formula::default().sign(text, latex).value(y).same(", ").value(t).sign(")", "\\right)")
}
