//! L-BFGS: known minima, PyTorch's final losses, and the bits of any number of threads.

use chainrule_model::optim::{Accumulation, Lbfgs, LbfgsOutcome, LbfgsSettings};
use chainrule_model::{Loss, MatRef, Mlp, Scalar, TargetsRef, Workspace};
use serde_json::Value;

use crate::check::{numbers, of};
use crate::schedules::reference;

/// Runs to the end; the loss after each iteration.
fn minimise<T: Scalar>(
    x: &mut [T],
    settings: LbfgsSettings,
    mut objective: impl FnMut(&[T], &mut [T]) -> f64,
) -> (Vec<f64>, LbfgsOutcome) {
    let mut lbfgs = Lbfgs::new(settings);
    let mut losses = Vec::new();
    loop {
        let outcome = lbfgs.iterate(x, &mut |x, dx| Ok::<_, ()>(objective(x, dx))).unwrap();
        losses.push(lbfgs.loss());
        if outcome != LbfgsOutcome::Moved || losses.len() == 500 {
            return (losses, outcome);
        }
    }
}

fn rosenbrock(p: &[f64], dp: &mut [f64]) -> f64 {
    dp.fill(0.0);
    let mut value = 0.0;
    for i in 0..p.len() - 1 {
        let (valley, rest) = (p[i + 1] - p[i] * p[i], 1.0 - p[i]);
        value += 100.0 * valley * valley + rest * rest;
        dp[i] += -400.0 * valley * p[i] - 2.0 * rest;
        dp[i + 1] += 200.0 * valley;
    }
    value
}

fn quadratic(p: &[f64], dp: &mut [f64]) -> f64 {
    let last = (p.len() - 1) as f64;
    let scale = |i: usize| 10f64.powf(4.0 * i as f64 / last);
    (0..p.len()).for_each(|i| dp[i] = scale(i) * (p[i] - 1.0));
    (0..p.len()).map(|i| 0.5 * scale(i) * (p[i] - 1.0).powi(2)).sum()
}

fn case(name: &str) -> Value {
    let reference = reference();
    reference["lbfgs"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap().clone()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[test]
fn known_minima_are_found_as_pytorch_finds_them() {
    for (name, objective) in [("rosenbrock", rosenbrock as fn(&[f64], &mut [f64]) -> f64), ("quadratic", quadratic)] {
        let case = case(name);
        let mut p = floats(&case["start"]);
        let settings = LbfgsSettings { change_tolerance: 1e-14, ..LbfgsSettings::default() };
        let (losses, outcome) = minimise(&mut p, settings, objective);
        let (last, pytorchs) = (losses[losses.len() - 1], case["loss"].as_f64().unwrap());
        assert!(pytorchs < 1e-12 && last < 1e-12, "{name}: {last:e}, PyTorch's {pytorchs:e}, after {losses:?}");
        assert!(p.iter().all(|p| (p - 1.0).abs() < 1e-6), "{name}: {p:?}");
        assert!(outcome == LbfgsOutcome::Converged && losses.len() < 100, "{name}: {outcome:?}, {}", losses.len());
        assert!(losses.windows(2).all(|pair| pair[1] <= pair[0]), "{name} went up: {losses:?}");
    }
}

/// With as much memory as parameters, a quadratic takes hardly more iterations than it has directions.
#[test]
fn memory_of_every_direction_solves_a_quadratic_at_once() {
    let iterations = |memory: usize| {
        let settings = LbfgsSettings { memory, change_tolerance: 0.0, curvature: 0.1, ..LbfgsSettings::default() };
        minimise(&mut [5.0, -3.0, 2.0, 0.0, 7.0], settings, quadratic).0.len()
    };
    let (one, all) = (iterations(1), iterations(10));
    assert!(all <= 20 && all < one, "{all} with memory of 10, {one} with 1");
}

fn objective<'a, T: Scalar>(
    mlp: &'a mut Mlp<T>,
    x: MatRef<'a, T>,
    targets: TargetsRef<'a, T>,
    loss: Loss,
) -> impl FnMut(&[T], &mut [T]) -> f64 + 'a {
    let mut workspace = Workspace::new(mlp, x.rows());
    move |params, gradient| {
        mlp.params_mut().copy_from_slice(params);
        mlp.forward(x, &mut workspace).unwrap();
        let value = mlp.backward(x, targets, loss, &mut workspace).unwrap();
        gradient.copy_from_slice(workspace.gradients());
        value
    }
}

#[test]
fn softmax_regression_ends_at_pytorchs_loss() {
    let case = case("softmax_regression");
    let x = floats(&case["x"]);
    let labels: Vec<u32> = floats(&case["y"]).iter().map(|y| *y as u32).collect();
    let want = case["loss"].as_f64().unwrap();
    let mut mlp = Mlp::builder(3).dense(3).build_as::<f64>().unwrap();
    let mut params = mlp.params().to_vec();
    let (x, targets) = (MatRef::new(&x, 40, 3), TargetsRef::Classes(&labels));
    let (losses, _) =
        minimise(&mut params, LbfgsSettings::default(), objective(&mut mlp, x, targets, Loss::CrossEntropy));
    let got = losses[losses.len() - 1];
    assert!((got - want).abs() <= 1e-12 * want, "{got}, not {want}, after {} iterations", losses.len());
}

fn network<T: Scalar>(threads: usize) -> (Vec<T>, Vec<f64>) {
    let mut mlp = Mlp::builder(6).dense(40).tanh().dense(3).seed(5).build_as::<T>().unwrap();
    let x = of::<T>(&numbers(90 * 6, 4));
    let labels: Vec<u32> = x.chunks(6).map(|row| u32::from(row[0] > T::ZERO) + u32::from(row[1] > row[2])).collect();
    let mut params = mlp.params().to_vec();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let (losses, _) = pool.install(|| {
        let (x, targets) = (MatRef::new(&x, 90, 6), TargetsRef::Classes(&labels));
        minimise(&mut params, LbfgsSettings::default(), objective(&mut mlp, x, targets, Loss::CrossEntropy))
    });
    (params, losses)
}

#[test]
fn a_network_is_learned_by_heart_to_the_same_bits_on_any_number_of_threads() {
    let (params, losses) = network::<f64>(1);
    assert!(losses[losses.len() - 1] < 1e-3 * losses[0], "{losses:?}");
    let single = network::<f32>(1);
    assert!(single.1[single.1.len() - 1] < 1e-2 * single.1[0], "{:?}", single.1);
    for threads in [2, 3, 4, 8] {
        assert!(network::<f64>(threads) == (params.clone(), losses.clone()), "{threads} threads, f64");
        assert!(network::<f32>(threads) == single, "{threads} threads, f32");
    }
}

#[test]
fn where_the_loss_is_no_number_or_the_gradient_is_wrong_nothing_moves() {
    let mut p = [1.0f64, 2.0];
    let mut lbfgs = Lbfgs::new(LbfgsSettings::default());
    let nan = &mut |_: &[f64], dp: &mut [f64]| {
        dp.fill(1.0);
        Ok::<_, ()>(f64::NAN)
    };
    assert_eq!((lbfgs.iterate(&mut p, nan), p), (Ok(LbfgsOutcome::Stuck), [1.0, 2.0]));
    let mut lbfgs = Lbfgs::new(LbfgsSettings::default());
    let wrong = &mut |p: &[f64], dp: &mut [f64]| {
        dp.copy_from_slice(&[-2.0 * p[0], -2.0 * p[1]]);
        Ok::<_, ()>(p[0] * p[0] + p[1] * p[1])
    };
    assert_eq!((lbfgs.iterate(&mut p, wrong), p), (Ok(LbfgsOutcome::Stuck), [1.0, 2.0]));
    assert_eq!(lbfgs.iterate(&mut p, &mut |_, _| Err("no")), Err("no"));
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    let good = LbfgsSettings::default();
    good.check().unwrap();
    let text = |settings: LbfgsSettings| settings.check().unwrap_err().to_string();
    assert_eq!(text(LbfgsSettings { memory: 0, ..good }), "memory is 0; expected at least 1");
    assert!(text(LbfgsSettings { curvature: 1.0, ..good }).starts_with("curvature is 1; expected"));
    assert!(text(LbfgsSettings { sufficient_decrease: 0.95, ..good }).starts_with("sufficient decrease is 0.95"));
    assert!(text(LbfgsSettings { gradient_tolerance: f64::NAN, ..good }).starts_with("gradient tolerance is NaN"));
}

/// Groups of minibatches and one minibatch of all their rows: the same gradient except for the order of the rows.
#[test]
fn accumulated_gradients_are_those_of_one_larger_minibatch() {
    let mlp = Mlp::builder(6).dense(20).relu().dense(3).seed(2).build_as::<f64>().unwrap();
    let x = numbers(50 * 6, 8);
    let labels: Vec<u32> = (0..50).map(|row| row % 3).collect();
    for loss in [Loss::CrossEntropy, Loss::Mse] {
        let mut whole = Workspace::new(&mlp, 50);
        let all = (MatRef::new(&x, 50, 6), TargetsRef::Classes(&labels));
        mlp.forward(all.0, &mut whole).unwrap();
        mlp.backward(all.0, all.1, loss, &mut whole).unwrap();
        // The last part is smaller. What one group left is not there for the next.
        let mut sum = Accumulation::new(&mlp).unwrap();
        for part in [1, 7, 16, 50] {
            sum.clear();
            let mut workspace = Workspace::new(&mlp, part);
            for start in (0..50).step_by(part) {
                let end = 50.min(start + part);
                let x = MatRef::new(&x[start * 6..end * 6], end - start, 6);
                mlp.forward(x, &mut workspace).unwrap();
                mlp.backward(x, TargetsRef::Classes(&labels[start..end]), loss, &mut workspace).unwrap();
                sum.add(&workspace, (end - start) as f64 / 50.0).unwrap();
            }
            for (got, want) in sum.gradients().iter().zip(whole.gradients()) {
                assert!((got - want).abs() <= 1e-15, "{loss}, parts of {part}: {got}, not {want}");
            }
        }
    }
}
