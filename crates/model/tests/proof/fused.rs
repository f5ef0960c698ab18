//! A step that moves weights as their gradients come has the bits of one that keeps all gradients first.

use chainrule_model::network::ACTIVATION_NAMES;
use chainrule_model::optim::{Decay, Group, OPTIMIZER_NAMES, OptimizerState, Update};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Loss, MatRef, Mlp, Optimizer, Scalar, TargetsRef, Workspace};

use crate::check::{numbers, of};

/// A network of up to six dense layers, with modules of their own between some of them.
fn draw(stream: &mut Stream, widest: usize) -> Mlp<f64> {
    let mut below = |n: usize| stream.below(n as u64) as usize;
    let mut builder = Mlp::builder(1 + below(widest));
    for _ in 0..=below(4) {
        builder = builder.dense(1 + below(widest));
        for _ in 0..below(3) {
            let others =
                ["softmax", "log_softmax", "leaky_relu(0.1)", "dropout(0.3)", "layer_norm(0)", "batch_norm(0)"];
            let name = others.iter().chain(ACTIVATION_NAMES).nth(below(others.len() + ACTIVATION_NAMES.len())).unwrap();
            builder = builder.layer(name.parse().unwrap());
        }
    }
    builder.dense(1 + below(widest)).seed(below(1000) as u64).build_as().unwrap()
}

fn any_optimizer(stream: &mut Stream) -> Optimizer {
    let name = OPTIMIZER_NAMES[stream.below(OPTIMIZER_NAMES.len() as u64) as usize];
    let mut optimizer = Optimizer::by_name(name).unwrap().with("lr", 0.01).unwrap();
    if stream.below(2) == 0 && name != "sgd" {
        optimizer = optimizer.with("weight-decay", 0.1).unwrap();
    }
    match (name, stream.below(4)) {
        ("sgd", 1) => optimizer.with("weight-decay", 0.1).unwrap(),
        ("sgd", 2) => optimizer.with("momentum", 0.9).unwrap(),
        ("sgd", 3) => optimizer.with("momentum", 0.9).unwrap().with("nesterov", 1.0).unwrap(),
        _ => optimizer,
    }
}

/// Decay of every kind beside the optimiser's own, for weights, biases or both; mostly none.
fn any_decay(stream: &mut Stream, optimizer: Optimizer) -> Update {
    let group = [Group::All, Group::Weights, Group::Biases][stream.below(3) as usize];
    let mut some = || stream.below(2) as f64 * 0.01;
    let decay = group.decays(Decay { l1: some(), l2: some(), decoupled: some() });
    Update { decay, ..optimizer.into() }
}

/// Three steps either way, the last one on fewer rows; on as many threads.
fn compare<T: Scalar>(network: &Mlp<f64>, batch: usize, update: impl Into<Update>, threads: usize) {
    let update = update.into();
    let optimizer = update.optimizer;
    let params = of::<T>(network.params());
    let start = Mlp::builder(network.inputs());
    let builder = network.layers().iter().fold(start, |builder, layer| builder.layer(*layer));
    let mut fused = builder.build_as::<T>().unwrap();
    fused.params_mut().copy_from_slice(&params);
    let mut unfused = fused.clone();
    let (inputs, classes) = (network.inputs(), network.outputs());
    let x = of::<T>(&numbers(batch * inputs, 3));
    let labels: Vec<u32> = (0..batch).map(|row| (row % classes) as u32).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut workspace = Workspace::for_training(&fused, batch, update).unwrap();
        let mut pass = Workspace::new(&unfused, batch);
        let mut state = OptimizerState::new(optimizer, params.len()).unwrap();
        for rows in [batch, batch, batch / 2 + 1] {
            let (x, targets) = (MatRef::new(&x[..rows * inputs], rows, inputs), TargetsRef::Classes(&labels[..rows]));
            let loss = fused.step(x, targets, Loss::HalfMse, update, &mut workspace).unwrap();
            unfused.forward_training(x, &mut pass).unwrap();
            let value = unfused.backward(x, targets, Loss::HalfMse, &mut pass).unwrap();
            unfused.update(update, &mut pass.gradients().to_vec(), &mut state).unwrap();
            unfused.commit_pass(&pass).unwrap();
            assert_eq!(loss.to_bits(), value.to_bits(), "{:?} {optimizer}", network.layers());
        }
        let bits = |params: &[T]| params.iter().map(|w| w.to_f64().to_bits()).collect::<Vec<_>>();
        assert_eq!((bits(fused.running()), fused.batches()), (bits(unfused.running()), unfused.batches()));
        let (fused, unfused) = (bits(fused.params()), bits(unfused.params()));
        let off = fused.iter().zip(&unfused).position(|(one, other)| one != other);
        assert_eq!(off, None, "{:?}, {batch} rows, {update:?}, {threads} threads", network.layers());
        assert_eq!(workspace.optimizer_state(), &state);
    });
}

#[test]
fn small_networks() {
    for case in 0..150 {
        let mut stream = Stream::new(7, Purpose::Synthetic, case);
        let (network, optimizer) = (draw(&mut stream, 60), any_optimizer(&mut stream));
        // Batch normalisation takes two rows at least.
        let batch = 2 + stream.below(70) as usize;
        compare::<f64>(&network, batch, optimizer, 1);
        compare::<f32>(&network, batch, optimizer, 1);
        let update = any_decay(&mut stream, optimizer);
        compare::<f64>(&network, batch, update, 1);
        compare::<f32>(&network, batch, update, 1);
    }
}

#[test]
fn layers_of_several_strips_on_several_threads() {
    for (case, threads) in [1, 2, 3, 8].into_iter().enumerate() {
        let mut stream = Stream::new(8, Purpose::Synthetic, case as u64);
        let (network, optimizer) = (draw(&mut stream, 900), any_optimizer(&mut stream));
        compare::<f32>(&network, 65, optimizer, threads);
        compare::<f32>(&network, 65, any_decay(&mut stream, optimizer), threads);
        for name in OPTIMIZER_NAMES {
            compare::<f32>(&network, 33, Optimizer::by_name(name).unwrap(), threads);
        }
    }
}

#[test]
fn minibatches_of_more_rows_than_are_multiplied_at_once() {
    let network = Mlp::builder(9).dense(50).relu().dense(3).seed(1).build_as().unwrap();
    for name in OPTIMIZER_NAMES {
        compare::<f64>(&network, 2500, Optimizer::by_name(name).unwrap(), 2);
        compare::<f32>(&network, 2500, Optimizer::by_name(name).unwrap(), 1);
    }
}
