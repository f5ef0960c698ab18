use chainrule_kernel::MatRef;

use super::check::{compare, gradcheck, gradcheck_with};
use super::report::{Report, Verdict};
use super::settings::Settings;
use super::subject::Subject;
use crate::random::{Purpose, Stream};
use crate::{Loss, Mlp, ModelError, TargetsRef};

const ROWS: usize = 6;

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, Purpose::Synthetic, 0);
    (0..count).map(|_| stream.uniform(-2.0, 2.0)).collect()
}

fn network() -> Mlp<f64> {
    let mut mlp = Mlp::builder(4).dense(6).tanh().dense(5).leaky_relu(0.1).dense(3).seed(3).build_as().unwrap();
    let params: Vec<f64> = mlp.params().iter().zip(numbers(mlp.params().len(), 4)).map(|(p, n)| p + 0.1 * n).collect();
    mlp.params_mut().copy_from_slice(&params);
    mlp
}

/// The report on gradients that `spoil` has changed: of the tensor's elements, as a matrix of so many columns.
fn spoiled(name: &str, spoil: impl Fn(&mut [f64], usize)) -> Report {
    let (x, t) = (numbers(ROWS * 4, 1), numbers(ROWS * 3, 2));
    let kernel = chainrule_kernel::Kernel::<f64>::selected().unwrap();
    let targets = TargetsRef::Values(MatRef::new(&t, ROWS, 3));
    let mut loss = |output: MatRef<'_, f64>, dy: &mut [f64]| Loss::Mse.backward(kernel, output, targets, dy);
    let mut subject = Subject::new(&network(), MatRef::new(&x, ROWS, 4), &mut loss).unwrap();
    let mut gradient = subject.gradients().unwrap();
    let tensor = subject.tensors().into_iter().find(|tensor| tensor.name == name).unwrap();
    spoil(&mut gradient[tensor.range], *tensor.shape.last().unwrap());
    compare(&mut subject, &gradient, &Settings::default()).unwrap()
}

#[test]
fn right_gradients_pass_tightly_and_every_tensor_is_listed() {
    let report = spoiled("input", |_, _| ());
    assert!(report.passed(), "{report}");
    let names: Vec<&str> = report.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let want = ["input", "0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias", "output", "all"];
    assert_eq!(names, want);
    for tensor in &report.tensors {
        let worst = tensor.worst.as_ref().unwrap();
        assert!(worst.bound < 1e-8 * worst.analytic.abs().max(1e-3), "{report}");
        let count = tensor.shape.iter().product::<usize>();
        let coordinates = if tensor.name == "all" { 0 } else { count.min(12) };
        assert_eq!(tensor.checked + tensor.discarded, coordinates + 4, "{}", tensor.name);
    }
}

#[test]
fn a_wrong_gradient_is_found_in_the_tensor_where_it_is() {
    type Spoil = fn(&mut [f64], usize);
    let mistakes: [(&str, Spoil); 6] = [
        ("sign", |g, _| g.iter_mut().for_each(|g| *g = -*g)),
        ("factor", |g, _| g.iter_mut().for_each(|g| *g *= 1.0 + 1e-6)),
        ("nothing", |g, _| g.fill(0.0)),
        ("one element", |g, _| g[g.len() / 2] += 1e-6),
        ("not a number", |g, _| g[0] = f64::NAN),
        ("transposed", |g, cols| {
            let old = g.to_vec();
            let rows = old.len() / cols;
            (0..old.len()).for_each(|at| g[at] = old[at % rows * cols + at / rows]);
        }),
    ];
    for name in ["input", "0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias", "output"] {
        for (mistake, spoil) in mistakes {
            if mistake == "transposed" && name.ends_with("bias") {
                continue; // is what it was
            }
            let report = spoiled(name, spoil);
            // Directions through everything see it too; the output is none of the tensors that they go through.
            let want = if name == "output" { vec![name] } else { vec![name, "all"] };
            assert_eq!(report.wrong(), want, "{mistake} in {name}\n{report}");
            assert!(!report.passed());
        }
    }
}

#[test]
fn normalisations_and_dropout_are_checked_as_they_train() {
    let mlp = Mlp::builder(4).dense(6).batch_norm().tanh().dropout(0.4).dense(5).layer_norm().dense(2).seed(2);
    let mlp = mlp.build_as::<f64>().unwrap();
    let x = numbers(ROWS * 4, 9);
    let targets = TargetsRef::Classes(&[0, 1, 1, 0, 1, 0]);
    let check = |mlp: &Mlp<f64>, rows: usize| {
        let x = MatRef::new(&x[..rows * 4], rows, 4);
        gradcheck(mlp, x, targets, Loss::CrossEntropy, &Settings::default())
    };
    let report = check(&mlp, ROWS).unwrap();
    assert!(report.passed(), "{report}");
    for (name, shape) in [("1.weight", 6), ("1.bias", 6), ("5.weight", 5), ("5.bias", 5)] {
        assert_eq!(report.tensor(name).unwrap().shape, [shape], "{report}");
    }
    // The loss is that of a training pass, with the mask that the network's next step would have.
    let mut workspace = crate::Workspace::new(&mlp, ROWS);
    mlp.forward_training(MatRef::new(&x, ROWS, 4), &mut workspace).unwrap();
    assert_eq!(mlp.loss(targets, Loss::CrossEntropy, &mut workspace), Ok(report.loss));
}

#[test]
fn an_f32_network_is_checked_in_f64() {
    let mlp = Mlp::builder(3).dense(4).sigmoid().dense(2).seed(5).build().unwrap();
    let x: Vec<f32> = numbers(ROWS * 3, 6).into_iter().map(|x| x as f32).collect();
    let labels = [0, 1, 1, 0, 1, 0];
    let x = MatRef::new(&x, ROWS, 3);
    let report = gradcheck(&mlp, x, TargetsRef::Classes(&labels), Loss::CrossEntropy, &Settings::default()).unwrap();
    assert!(report.passed(), "{report}");
    assert!(report.noise < 1e-14 && report.noise > 0.0, "{:e}", report.noise);
}

#[test]
fn a_kink_at_the_centre_is_discarded_and_too_many_are_no_pass() {
    // Every pre-activation is exactly 0, which is where ReLU bends.
    let mlp = Mlp::builder(2).dense(3).relu().dense(1).seed(5).build_as::<f64>().unwrap();
    let (x, t) = ([0.0; 4], [1.0, 2.0]);
    let targets = TargetsRef::Values(MatRef::new(&t, 2, 1));
    let x = MatRef::new(&x, 2, 2);
    let report = gradcheck(&mlp, x, targets, Loss::Mse, &Settings::default()).unwrap();
    let verdict = |name: &str| report.tensor(name).unwrap().verdict;
    assert_eq!((verdict("0.bias"), verdict("input")), (Verdict::Discarded, Verdict::Discarded), "{report}");
    assert_eq!((verdict("2.bias"), verdict("output")), (Verdict::Right, Verdict::Right), "{report}");
    assert_eq!((report.tensor("0.bias").unwrap().discarded, report.passed()), (7, false));
    let lenient = Settings { max_discarded: 1.0, ..Settings::default() };
    assert!(gradcheck(&mlp, x, targets, Loss::Mse, &lenient).unwrap().passed());
}

#[test]
fn a_gradient_below_rounding_is_called_lost() {
    // A million in the loss that nothing moves leaves slopes of 1e-12 invisible.
    let mlp = Mlp::builder(1).dense(1).seed(5).build_as::<f64>().unwrap();
    let loss = |y: MatRef<'_, f64>, dy: &mut [f64]| {
        dy[0] = 1e-12;
        1e6 + 1e-12 * y.get(0, 0)
    };
    let report = gradcheck_with(&mlp, MatRef::new(&[1.0], 1, 1), loss, &Settings::default()).unwrap();
    assert!(report.tensors.iter().all(|tensor| tensor.verdict == Verdict::Lost), "{report}");
    assert!(!report.passed() && report.wrong().is_empty(), "nothing was checked");
}

/// A gradient that is twice as large as its bound may be wrong by a half, and one of 0 by anything.
#[test]
fn a_gradient_is_not_right_where_the_bound_is_as_large() {
    let mlp = Mlp::builder(4).dense(6).tanh().dense(1).seed(1).build_as::<f64>().unwrap();
    let x: Vec<f64> = (0..20).map(|i| f64::from(i % 7) - 3.0).collect();
    for (factor, offset) in [(1.0, 3e11), (0.0, 1e16)] {
        let loss = |y: MatRef<'_, f64>, dy: &mut [f64]| {
            (0..5).for_each(|i| dy[i] = factor * y.get(i, 0));
            offset + (0..5).map(|i| 0.5 * y.get(i, 0).powi(2)).sum::<f64>()
        };
        let report = gradcheck_with(&mlp, MatRef::new(&x, 5, 4), loss, &Settings::default()).unwrap();
        assert!(report.tensors.iter().all(|tensor| tensor.verdict == Verdict::Lost), "{report}");
    }
}

/// The cross-entropy of a single class is 0 whatever the output: nothing moves, and that is seen.
#[test]
fn gradients_that_are_all_0_are_right_where_slopes_would_show() {
    let mlp = Mlp::builder(2).dense(1).seed(1).build_as::<f64>().unwrap();
    let (x, settings) = (MatRef::new(&[1.0, -2.0], 1, 2), Settings::default());
    let report = gradcheck(&mlp, x, TargetsRef::Classes(&[0]), Loss::CrossEntropy, &settings).unwrap();
    assert!(report.passed(), "{report}");
}

/// Cross-entropy is the logarithm of 1 + e^-40, which is 1 in f64: the loss is exactly 0 and the gradient is not.
#[test]
fn a_loss_that_is_rounded_to_0_does_not_make_its_gradient_wrong() {
    let mut mlp = Mlp::builder(1).dense(2).build_as::<f64>().unwrap();
    mlp.params_mut().copy_from_slice(&[20.0, -20.0, 0.1, 0.2]);
    let (x, settings) = (MatRef::new(&[1.0], 1, 1), Settings::default());
    let report = gradcheck(&mlp, x, TargetsRef::Classes(&[0]), Loss::CrossEntropy, &settings).unwrap();
    assert_eq!(report.loss, 0.0);
    assert!(report.tensors.iter().all(|tensor| tensor.verdict == Verdict::Lost), "{report}");
    // A loss that never moves is no excuse for a gradient that can be seen.
    let still = |_: MatRef<'_, f64>, dy: &mut [f64]| {
        dy[0] = 1e-6;
        0.0
    };
    assert!(gradcheck_with(&mlp, x, still, &settings).unwrap().wrong().contains(&"output"));
}

#[test]
fn the_same_seed_checks_the_same_places_and_another_one_others() {
    let (x, labels) = (numbers(ROWS * 4, 1), [0, 1, 2, 0, 1, 2]);
    let check = |seed| {
        let settings = Settings { seed, ..Settings::default() };
        let x = MatRef::new(&x, ROWS, 4);
        gradcheck(&network(), x, TargetsRef::Classes(&labels), Loss::CrossEntropy, &settings).unwrap()
    };
    assert_eq!(check(1), check(1));
    assert_ne!(check(1), check(2));
}

#[test]
fn what_cannot_be_checked_is_refused() {
    let mlp = network();
    let (x, settings) = ([0.0; 4], Settings::default());
    let refusal = |found: Result<Report, ModelError>| found.unwrap_err().to_string();
    let nan = refusal(gradcheck_with(&mlp, MatRef::new(&x, 1, 4), |_, _| f64::NAN, &settings));
    assert_eq!(nan, "the loss is NaN: it has no slope to compare gradients with");
    let narrow = refusal(gradcheck_with(&mlp, MatRef::new(&x[..3], 1, 3), |_, _| 0.0, &settings));
    assert_eq!(narrow, "gradcheck: x is 1x3, expected 1x4");
    let none = refusal(gradcheck_with(&mlp, MatRef::new(&x[..0], 0, 4), |_, _| 0.0, &settings));
    assert_eq!(none, ModelError::EmptyBatch.to_string());
    let nothing = Settings { directions: 0, coordinates: 0, ..settings };
    let nothing = refusal(gradcheck_with(&mlp, MatRef::new(&x, 1, 4), |_, _| 0.0, &nothing));
    assert_eq!(nothing, "the number of directions and coordinates is 0; expected at least 1");
    let labels = refusal(gradcheck(&mlp, MatRef::new(&x, 1, 4), TargetsRef::Classes(&[9]), Loss::Mse, &settings));
    assert!(labels.contains("label 9"), "{labels}");
    let softmax = Mlp::builder(4).dense(2).softmax().build().unwrap();
    let x = [0.0f32; 4];
    let twice = gradcheck(&softmax, MatRef::new(&x, 1, 4), TargetsRef::Classes(&[0]), Loss::CrossEntropy, &settings);
    assert_eq!(twice, Err(ModelError::SoftmaxTwice));
}
