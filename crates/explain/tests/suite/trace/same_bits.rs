//! Looking changes nothing: random networks, traced and trained, end in the same bits, and what the trace shows is what
//! training computed.

use chainrule_explain::trace::Matrix;
use chainrule_model::network::Intermediates;
use chainrule_model::{Layer, Scalar, Workspace};

use super::case::Case;

fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.to_f64().to_bits()).collect()
}

fn shown_bits(matrix: &Matrix) -> Vec<u64> {
    matrix.values().iter().map(|value| value.to_bits()).collect()
}

fn the_same<T: Scalar>() {
    for seed in 0..300 {
        let case = Case::<T>::draw(seed);
        let steps = 1 + seed as usize % 4;
        let (untraced, losses, _) = case.trained(steps);
        let what = format!("{} seed {seed}: {:?}, {}", T::NAME, case.mlp.layers(), case.update.optimizer);
        for shown in [1..=steps, steps..=steps, steps + 1..=steps + 1] {
            let (traced, trace) = case.traced(steps, shown);
            assert!(bits(traced.params()) == bits(untraced.params()), "parameters, {what}");
            assert!(bits(traced.running()) == bits(untraced.running()), "running statistics, {what}");
            assert_eq!(bits(&trace.losses[..steps]), bits(&losses), "losses, {what}");
        }
    }
}

#[test]
fn a_traced_step_leaves_the_bits_of_an_untraced_one() {
    the_same::<f64>();
    the_same::<f32>();
}

fn shown_as_computed<T: Scalar>() {
    for seed in 0..300 {
        let case = Case::<T>::draw(seed);
        let what = format!("{} seed {seed}: {:?}", T::NAME, case.mlp.layers());
        let (_, trace) = case.traced(1, 1..=1);
        let (after, _, _) = case.trained(1);
        let mut workspace = Workspace::new(&case.mlp, case.batch);
        let y = case.mlp.forward_training(case.x(), &mut workspace).unwrap();
        let y: Vec<T> = (0..y.rows()).flat_map(|i| y.row(i).to_vec()).collect();
        let forward = &trace.steps[0].sections[1];
        assert_eq!(forward.title, "forward");
        // A mask, or a mean and a variance, come before the output.
        let shown = |layer: &Layer| match layer {
            Layer::Dropout { .. } => 2,
            Layer::LayerNorm { .. } | Layer::BatchNorm { .. } => 3,
            _ => 1,
        };
        assert_eq!(forward.quantities.len(), case.mlp.layers().iter().map(shown).sum::<usize>());
        assert!(shown_bits(&forward.quantities.last().unwrap().value) == bits(&y), "output, {what}");
        case.mlp.backward(case.x(), case.targets(), case.loss, &mut workspace).unwrap();
        let dense = case.mlp.dense_layers().zip(1..).map(|(layer, k)| {
            (format!("W{k}"), format!("b{k}"), layer.params.start + layer.w.rows() * layer.w.cols(), layer.params)
        });
        let norms = case.mlp.norm_layers().zip(1..).map(|(norm, k)| {
            (format!("gamma{k}"), format!("beta{k}"), norm.params.start + norm.gamma.len(), norm.params)
        });
        for (w, b, split, params) in dense.chain(norms) {
            for (name, range) in [(w, params.start..split), (b, split..params.end)] {
                let value =
                    |section: &str, name: &str| shown_bits(&trace.steps[0].quantity(section, name).unwrap().value);
                assert!(value("parameters", &name) == bits(&case.mlp.params()[range.clone()]), "{name}, {what}");
                let gradient = &workspace.gradients()[range.clone()];
                assert!(value("backward", &format!("dL/d{name}")) == bits(gradient), "dL/d{name}, {what}");
                assert!(value("update", &name) == bits(&after.params()[range]), "{name} after, {what}");
            }
        }
        for (k, norm) in after.norm_layers().enumerate() {
            let Some(running) = norm.running else { continue };
            for (name, values) in [("running_mean", running.mean), ("running_var", running.variance)] {
                let shown = trace.steps[0].quantity("update", &format!("{name}{}", k + 1)).unwrap();
                assert!(shown_bits(&shown.value) == bits(values), "{name} after, {what}");
            }
        }
    }
}

#[test]
fn what_is_shown_is_what_training_computed() {
    shown_as_computed::<f64>();
    shown_as_computed::<f32>();
}

fn taken_apart<T: Scalar>() {
    for seed in 0..300 {
        let case = Case::<T>::draw(seed);
        let what = format!("{} seed {seed}: {:?}", T::NAME, case.mlp.layers());
        let mut workspace = Workspace::new(&case.mlp, case.batch);
        let mut parts = Intermediates::new(&case.mlp, case.batch);
        if seed % 2 == 0 {
            case.mlp.forward(case.x(), &mut workspace).unwrap();
            parts.forward(case.x()).unwrap();
        } else {
            case.mlp.forward_training(case.x(), &mut workspace).unwrap();
            parts.forward_training(case.x()).unwrap();
        }
        let loss = case.mlp.backward(case.x(), case.targets(), case.loss, &mut workspace).unwrap();
        let apart = parts.backward(case.x(), case.targets(), case.loss).unwrap();
        assert_eq!(loss.to_bits(), apart.to_bits(), "loss, {what}");
        assert!(bits(parts.gradients()) == bits(workspace.gradients()), "gradients, {what}");
    }
}

#[test]
fn a_network_taken_apart_computes_the_bits_of_the_whole() {
    taken_apart::<f64>();
    taken_apart::<f32>();
}
