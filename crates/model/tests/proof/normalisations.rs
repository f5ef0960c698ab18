//! Layer and batch normalisation inside a network: against naive and finite differences in both modes, worked numbers
//! that are exact, and running statistics.

use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Loss, MatRef, Mlp, MlpBuilder, ModelError, Optimizer, Scalar, TargetsRef, Workspace};
use chainrule_naive::{self as naive, DenseShape, NormGradients, NormShape};

use crate::check::{Precision, assert_close_at, numbers, of, widen};

const BATCH: usize = 9;
const EPS: f64 = 0.05; // large enough to be seen in f32

/// With random parameters and running statistics.
fn random<T: Scalar>(builder: MlpBuilder) -> Mlp<T> {
    let mut mlp = builder.seed(11).build_as::<T>().unwrap();
    let values = of(&numbers(mlp.params().len(), 7));
    mlp.params_mut().copy_from_slice(&values);
    let seen: Vec<T> = numbers(mlp.running().len(), 6).iter().map(|v| T::from_f64(v.abs() + 0.25)).collect();
    mlp.running_mut().copy_from_slice(&seen);
    mlp
}

fn forward<T: Scalar>(mlp: &Mlp<T>, is_training: bool, x: MatRef<'_, T>, workspace: &mut Workspace<T>) -> Vec<T> {
    let output = match is_training {
        true => mlp.forward_training(x, workspace).unwrap(),
        false => mlp.forward(x, workspace).unwrap(),
    };
    (0..x.rows()).flat_map(|i| output.row(i).to_vec()).collect()
}

/// dense 4 -> 6, the normalisation, tanh, dense 6 -> 3; or the normalisation first.
fn as_naive<T: Precision>(name: &str, first: bool, is_training: bool) {
    let norm = name.parse().unwrap();
    let builder = Mlp::builder(6);
    let builder = if first { builder.layer(norm) } else { builder.dense(6).layer(norm) };
    let mlp = random::<T>(builder.tanh().dense(3));
    let is_batch = name.starts_with("batch");
    let (x, t) = (numbers(BATCH * 6, 8), numbers(BATCH * 3, 9));
    let p = widen(mlp.params());
    let (front, rest) = p.split_at(if first { 0 } else { 42 });
    let (gamma, beta, w, b) = (&rest[..6], &rest[6..12], &rest[12..30], &rest[30..]);
    let seen = widen(mlp.running());
    let shape = NormShape { batch: BATCH, width: 6 };
    let inner = DenseShape { batch: BATCH, inputs: 6, outputs: 6 };
    let last = DenseShape { batch: BATCH, inputs: 6, outputs: 3 };

    let z = if first { x.clone() } else { naive::dense_forward(inner, &x, &front[..36], &front[36..]) };
    let (mean, variance) = match is_training || !is_batch {
        true => naive::column_moments(shape, &z),
        false => (seen[..6].to_vec(), seen[6..].to_vec()),
    };
    let h = match is_batch {
        true => naive::batch_norm_forward(shape, EPS, (&mean, &variance), &z, gamma, beta),
        false => naive::layer_norm_forward(shape, EPS, &z, gamma, beta),
    };
    let a = naive::Activation::Tanh.forward(&h);
    let y = naive::dense_forward(last, &a, w, b);
    let back = naive::dense_backward(last, &a, w, &naive::half_mse_backward(&y, &t));
    let dh = naive::Activation::Tanh.backward(&h, &back.dx);
    let NormGradients { dx, dgamma, dbeta } = match (is_batch, is_training) {
        (false, _) => naive::layer_norm_backward(shape, EPS, &z, gamma, &dh),
        (true, true) => naive::batch_norm_backward(shape, EPS, &z, gamma, &dh),
        (true, false) => naive::batch_norm_backward_given(shape, EPS, (&mean, &variance), &z, gamma, &dh),
    };
    let mut want = Vec::new();
    if !first {
        let front = naive::dense_backward(inner, &x, &front[..36], &dx);
        want.extend([front.dw, front.db].concat());
    }
    want.extend([dgamma, dbeta, back.dw, back.db].concat());

    let (x, t) = (of::<T>(&x), of::<T>(&t));
    let (x, t) = (MatRef::new(&x, BATCH, 6), MatRef::new(&t, BATCH, 3));
    let mut workspace = Workspace::new(&mlp, BATCH + 3);
    let output = forward(&mlp, is_training, x, &mut workspace);
    mlp.backward(x, TargetsRef::Values(t), Loss::HalfMse, &mut workspace).unwrap();
    let what = format!("{name}, first {first}, training {is_training}");
    assert_close_at(&format!("y, {what}"), &output, &y, 20.0);
    assert_close_at(&format!("gradients, {what}"), workspace.gradients(), &want, 20.0);
    assert!(want.iter().filter(|d| d.abs() > 1e-3).count() > want.len() / 2, "hardly any gradient, {what}");
}

#[test]
fn a_normalisation_agrees_with_naive_in_both_modes() {
    for name in ["layer_norm(6, eps=0.05)", "batch_norm(6, eps=0.05)"] {
        for (first, is_training) in [(false, true), (false, false), (true, true), (true, false)] {
            as_naive::<f32>(name, first, is_training);
            as_naive::<f64>(name, first, is_training);
        }
    }
}

#[test]
fn gradients_are_the_slopes_of_the_loss_in_both_modes() {
    let builder = Mlp::builder(4).batch_norm().dense(7).layer_norm().tanh().dropout(0.3).dense(6).batch_norm();
    let mut mlp = random::<f64>(builder.sigmoid().layer_norm().dropout(0.5).dense(3));
    let (x, t) = (numbers(BATCH * 4, 8), numbers(BATCH * 3, 9));
    let (x, t) = (MatRef::new(&x, BATCH, 4), TargetsRef::Values(MatRef::new(&t, BATCH, 3)));
    let mut workspace = Workspace::new(&mlp, BATCH);
    for is_training in [true, false] {
        forward(&mlp, is_training, x, &mut workspace);
        mlp.backward(x, t, Loss::Mse, &mut workspace).unwrap();
        let gradients = workspace.gradients().to_vec();
        for (at, got) in gradients.iter().enumerate() {
            let kept = mlp.params()[at];
            let mut loss = |w: f64| {
                mlp.params_mut()[at] = w;
                forward(&mlp, is_training, x, &mut workspace);
                mlp.loss(t, Loss::Mse, &mut workspace).unwrap()
            };
            let slope = (loss(kept + 6e-6) - loss(kept - 6e-6)) / 1.2e-5;
            loss(kept);
            assert!((got - slope).abs() <= 1e-7 * slope.abs().max(1.0), "parameter {at}: {got}, slope {slope}");
        }
        assert!(gradients.iter().filter(|d| d.abs() > 1e-4).count() > gradients.len() / 2);
    }
}

fn exact<T: Precision>() {
    // A column 3, -1, -1, -1 around any mean has variance 3; with eps 1 the root is 2.
    let build = |name: &str| random::<T>(Mlp::builder(4).layer(name.parse().unwrap()).dense(1));
    let offs = [3.0, -1.0, -1.0, -1.0];
    let set = |mlp: &mut Mlp<T>| {
        let params = of::<T>(&[2.0, 4.0, 6.0, -2.0, 1.0, 0.0, 5.0, -1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
        mlp.params_mut().copy_from_slice(&params);
    };
    let mut mlp = build("batch_norm(4, eps=1, momentum=0.5)");
    set(&mut mlp);
    let centre = [100.0, -7.0, 0.0, 16384.0];
    let x: Vec<f64> = (0..16).map(|i| centre[i % 4] + offs[(i / 4 + i) % 4]).collect();
    let x = of::<T>(&x);
    let x = MatRef::new(&x, 4, 4);
    let mut workspace = Workspace::new(&mlp, 4);
    let got = widen(&forward(&mlp, true, x, &mut workspace));
    let gamma = [2.0, 4.0, 6.0, -2.0];
    // The sum over columns of gamma * off / 2 + beta.
    let want: Vec<f64> =
        (0..4).map(|i| (0..4).map(|j| gamma[j] * offs[(i + j) % 4] / 2.0).sum::<f64>() + 5.0).collect();
    assert_eq!(got, want);
    let of_2 = of::<T>(&[0.0, 2.0, 0.0, 0.0]);
    mlp.running_mut().copy_from_slice(&[of_2.as_slice(), &of_2].concat());
    mlp.commit_pass(&workspace).unwrap();
    // Half of what it was and half of the mean; of a variance of 3 over 4 rows, which counts as 4.
    assert_eq!(widen(mlp.running()), [50.0, -2.5, 0.0, 8192.0, 2.0, 3.0, 2.0, 2.0]);
    assert_eq!(mlp.batches(), [1]);

    let mut mlp = build("layer_norm(4, eps=1)");
    set(&mut mlp);
    let x = of::<T>(&offs.map(|off| off + 100.0));
    let got = forward(&mlp, false, MatRef::new(&x, 1, 4), &mut Workspace::new(&mlp, 1));
    assert_eq!(widen(&got), [3.0 - 2.0 - 3.0 + 1.0 + 5.0]);
}

#[test]
fn worked_numbers_are_exact() {
    exact::<f32>();
    exact::<f64>();
}

#[test]
fn running_statistics_are_those_of_the_steps_and_of_nothing_else() {
    let mut mlp = Mlp::builder(3).batch_norm().dense(5).batch_norm().relu().dense(2).seed(2).build_as::<f64>().unwrap();
    let (mut mean, mut variance) = (vec![0.0; 3], vec![1.0; 3]);
    let mut workspace = Workspace::new(&mlp, 8);
    for (step, rows) in [8, 8, 5, 2, 8].into_iter().enumerate() {
        let x = numbers(rows * 3, step as u64);
        let labels = vec![1; rows];
        let (at, targets) = (MatRef::new(&x, rows, 3), TargetsRef::Classes(&labels));
        let before = mlp.running().to_vec();
        mlp.forward(at, &mut workspace).unwrap();
        mlp.forward_training(at, &mut workspace).unwrap();
        assert_eq!(mlp.running(), before);
        mlp.step(at, targets, Loss::CrossEntropy, Optimizer::Sgd { lr: 0.1 }, &mut workspace).unwrap();
        let shape = NormShape { batch: rows, width: 3 };
        let (m, v) = naive::column_moments(shape, &x);
        naive::running_step(0.1, rows, (&m, &v), &mut mean, &mut variance);
        assert_close_at("running mean", &mlp.running()[..3], &mean, 1.0);
        assert_close_at("running variance", &mlp.running()[3..6], &variance, 1.0);
        assert_eq!(mlp.batches(), [step as u64 + 1; 2]);
    }
    // A step whose loss is no number moves nothing.
    let before = (mlp.params().to_vec(), mlp.running().to_vec(), mlp.batches().to_vec());
    let x = [f64::INFINITY; 6];
    let loss = mlp.step(
        MatRef::new(&x, 2, 3),
        TargetsRef::Classes(&[0, 1]),
        Loss::CrossEntropy,
        Optimizer::Sgd { lr: 0.1 },
        &mut workspace,
    );
    assert!(!loss.unwrap().is_finite());
    assert_eq!((mlp.params().to_vec(), mlp.running().to_vec(), mlp.batches().to_vec()), before);
}

#[test]
fn batch_norm_refuses_to_train_on_a_row_and_predicts_one() {
    let mut mlp = Mlp::builder(3).dense(4).batch_norm().dense(2).build().unwrap();
    let mut workspace = Workspace::new(&mlp, 4);
    let x = MatRef::new(&[1.0, 2.0, 3.0], 1, 3);
    let before = mlp.params().to_vec();
    let sgd = Optimizer::Sgd { lr: 0.1 };
    let error = mlp.step(x, TargetsRef::Classes(&[0]), Loss::CrossEntropy, sgd, &mut workspace).unwrap_err();
    assert!(matches!(error, ModelError::BatchNormRows { module: 1, found: 1 }), "{error}");
    assert_eq!(error.to_string(), "module 1, batch_norm, needs at least 2 rows to train on, the minibatch has 1");
    assert_eq!(mlp.params(), before);
    mlp.forward(x, &mut workspace).unwrap();
}

#[test]
fn the_variance_of_columns_far_from_0_is_not_lost() {
    // In f32 the squares of 10^4 leave no digit for a variance of 1.
    let rows = 100;
    let mut stream = Stream::new(5, Purpose::Synthetic, 0);
    let x: Vec<f32> = (0..rows * 2).map(|_| 1e4 + stream.normal() as f32).collect();
    for name in ["batch_norm(2)", "layer_norm(2)"] {
        let mut mlp = Mlp::builder(2).layer(name.parse().unwrap()).dense(1).build().unwrap();
        mlp.params_mut()[4..].copy_from_slice(&[1.0, 0.0, 0.0]);
        let mut workspace = Workspace::new(&mlp, rows);
        let got = forward(&mlp, true, MatRef::new(&x, rows, 2), &mut workspace);
        let shape = NormShape { batch: rows, width: 2 };
        let wide: Vec<f64> = x.iter().map(|&v| v.into()).collect();
        let (mean, variance) = naive::column_moments(shape, &wide);
        let (one, zero) = ([1.0; 2], [0.0; 2]);
        let want = match name.starts_with("batch") {
            true => naive::batch_norm_forward(shape, 1e-5, (&mean, &variance), &wide, &one, &zero),
            false => naive::layer_norm_forward(shape, 1e-5, &wide, &one, &zero),
        };
        let want: Vec<f64> = want.iter().step_by(2).copied().collect();
        assert_close_at(name, &got, &want, 1.0);
    }
}

#[test]
fn gamma_begins_at_1_and_running_statistics_at_0_and_1() {
    let mlp = Mlp::builder(2).dense(3).batch_norm().relu().layer_norm().dense(1).build().unwrap();
    let norms: Vec<_> = mlp.norm_layers().collect();
    assert_eq!((norms[0].module, norms[1].module), (1, 3));
    for norm in &norms {
        assert_eq!((norm.gamma, norm.beta), ([1.0; 3].as_slice(), [0.0; 3].as_slice()));
    }
    let running = norms[0].running.as_ref().unwrap();
    assert_eq!((running.mean, running.variance, running.batches), ([0.0; 3].as_slice(), [1.0; 3].as_slice(), 0));
    assert!(norms[1].running.is_none());
    assert_eq!((norms[0].params.clone(), norms[1].params.clone()), (9..15, 15..21));
    let dense: Vec<_> = mlp.dense_layers().map(|layer| layer.params).collect();
    assert_eq!(dense, [0..9, 21..25]);
}
