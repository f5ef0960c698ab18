//! Looking changes nothing: random networks, traced and trained, end in the same bits, and what the trace shows is what
//! training computed.

use chainrule_explain::trace::Matrix;
use chainrule_model::{Dissection, Scalar, Workspace};

use crate::case::Case;

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
        let y = case.mlp.forward(case.x(), &mut workspace).unwrap();
        let y: Vec<T> = (0..y.rows()).flat_map(|i| y.row(i).to_vec()).collect();
        let forward = &trace.steps[0].sections[1];
        assert_eq!(forward.title, "forward");
        assert_eq!(forward.quantities.len(), case.mlp.layers().len());
        assert!(shown_bits(&forward.quantities.last().unwrap().value) == bits(&y), "output, {what}");
        case.mlp.backward(case.x(), case.targets(), case.loss, &mut workspace).unwrap();
        for (k, layer) in case.mlp.dense_layers().enumerate() {
            let (w, b) = (format!("W{}", k + 1), format!("b{}", k + 1));
            let split = layer.params.start + layer.w.rows() * layer.w.cols();
            for (name, range) in [(w, layer.params.start..split), (b, split..layer.params.end)] {
                let value =
                    |section: &str, name: &str| shown_bits(&trace.steps[0].quantity(section, name).unwrap().value);
                assert!(value("parameters", &name) == bits(&case.mlp.params()[range.clone()]), "{name}, {what}");
                let gradient = &workspace.gradients()[range.clone()];
                assert!(value("backward", &format!("dL/d{name}")) == bits(gradient), "dL/d{name}, {what}");
                assert!(value("update", &name) == bits(&after.params()[range]), "{name} after, {what}");
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
        case.mlp.forward(case.x(), &mut workspace).unwrap();
        let loss = case.mlp.backward(case.x(), case.targets(), case.loss, &mut workspace).unwrap();
        let mut parts = Dissection::new(&case.mlp, case.batch);
        parts.forward(case.x()).unwrap();
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
