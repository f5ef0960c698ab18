//! Model files: what loads is saved, loads again as the same model, is saved to the same bytes, and predicts the same
//! from both, with an output for each row and column or an error.

use super::{ORIGIN, all_finite, resealed, same_bits, written};
use chainrule::data::Features;
use chainrule::{Activation, Model, ModelFile, Scalar, Task};

pub(crate) fn check(bytes: &[u8]) -> bool {
    match ModelFile::parse(ORIGIN, bytes) {
        Ok(file) => check_one(&file),
        Err(error) => match resealed(bytes, "chainrule", &error) {
            Some(sealed) => ModelFile::parse(ORIGIN, &sealed).is_ok_and(|file| check_one(&file)),
            None => false,
        },
    }
}

fn check_one(file: &ModelFile) -> bool {
    let hidden: &[_] = if file.has_architecture() { &[None] } else { &[None, Some(Activation::Tanh)] };
    let mut accepted = false;
    for &hidden in hidden {
        accepted |= check_as::<f32>(file, hidden);
        accepted |= check_as::<f64>(file, hidden);
    }
    accepted
}

fn check_as<T: Scalar>(file: &ModelFile, hidden: Option<Activation>) -> bool {
    let Ok(model) = file.model::<T>(hidden) else { return false };
    assert!(all_finite(model.mlp.params()), "a parameter that is not finite was loaded");
    let saved = written(|path| model.save(path));
    let again = ModelFile::parse("saved", &saved).expect("a saved file is read");
    let again = again.model::<T>(None).expect("a saved model is loaded");
    assert_same(&model, &again);
    assert!(written(|path| again.save(path)) == saved, "saved again, the bytes differ");
    predict(&model, &again);
    true
}

fn assert_same<T: Scalar>(a: &Model<T>, b: &Model<T>) {
    assert_eq!((a.mlp.inputs(), a.mlp.layers()), (b.mlp.inputs(), b.mlp.layers()), "layers");
    assert!(same_bits(a.mlp.params(), b.mlp.params()), "parameters");
    let running = |model: &Model<T>| -> Vec<(Vec<T>, u64)> {
        let running = model.mlp.norm_layers().filter_map(|norm| norm.running);
        running.map(|running| ([running.mean, running.variance].concat(), running.batches)).collect()
    };
    for ((a, seen_a), (b, seen_b)) in running(a).iter().zip(&running(b)) {
        assert!(same_bits(a, b), "running statistics");
        assert_eq!(seen_a, seen_b, "minibatches seen");
    }
    assert_eq!((&a.preprocess, &a.class_names, a.loss), (&b.preprocess, &b.class_names, b.loss), "metadata");
}

/// Three rows of small numbers through both.
fn predict<T: Scalar>(model: &Model<T>, again: &Model<T>) {
    let (rows, cols) = (3, model.mlp.inputs());
    let data = (0..rows * cols).map(|i| T::from_f64((i % 7) as f64 - 3.0)).collect();
    let x = Features::new(rows, cols, data).expect("a table");
    match (model.predict(&x), again.predict(&x)) {
        (Ok(a), Ok(b)) => {
            assert_eq!(a.len(), rows * model.mlp.outputs(), "outputs");
            assert!(same_bits(&a, &b), "predictions");
        }
        (Err(_), Err(_)) => {}
        (a, b) => panic!("one predicts and one does not: {:?}, {:?}", a.err(), b.err()),
    }
    if let Ok(classes) = model.predict_classes(&x) {
        // A single question has one output and two answers.
        let is_question = model.task == Some(Task::Binary) && model.mlp.outputs() == 1;
        let most = if is_question { 2 } else { model.mlp.outputs() };
        assert!(classes.len() == rows && classes.iter().all(|&class| (class as usize) < most), "classes {classes:?}");
    }
    if let Ok(probabilities) = model.predict_proba(&x) {
        assert_eq!(probabilities.len(), rows * model.mlp.outputs(), "probabilities");
    }
}
