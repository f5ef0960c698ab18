//! The order of the layers of files that do not tell it: found, guessed with a note, or asked for.

use chainrule::data::Features;
use chainrule::{Activation, Error, ModelFile, Scalar};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A layer of a state dict: its name, and its shape as PyTorch has it.
type Named<'a> = (&'a str, &'a [usize]);

/// Element `i` of the tensor of this name.
fn element(name: &str, i: usize) -> f64 {
    let sum: usize = name.bytes().map(usize::from).sum();
    ((sum + 7 * i) % 13) as f64 / 8.0 - 0.75
}

/// A file with a weight and a bias for each of the layers.
fn file_of<T: Scalar>(layers: &[Named<'_>]) -> Vec<u8> {
    let is_f32 = size_of::<T>() == 4;
    let mut tensors = Vec::new();
    for (name, shape) in layers {
        for (ending, shape) in [("weight", shape.to_vec()), ("bias", vec![shape[0]])] {
            let name = format!("{name}.{ending}");
            let bytes = (0..shape.iter().product::<usize>()).flat_map(|i| {
                let value = element(&name, i);
                if is_f32 { (value as f32).to_le_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
            });
            tensors.push((name.clone(), shape, bytes.collect::<Vec<u8>>()));
        }
    }
    let dtype = if is_f32 { Dtype::F32 } else { Dtype::F64 };
    let views =
        tensors.iter().map(|(name, shape, bytes)| (name, TensorView::new(dtype, shape.clone(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// The outputs of dense layers in this order with a ReLU between them, for one row.
fn outputs(layers: &[Named<'_>], x: &[f64]) -> Vec<f64> {
    let mut x = x.to_vec();
    for (k, (name, shape)) in layers.iter().enumerate() {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let row = |o: usize| (0..shape[1]).map(|i| element(&weight, o * shape[1] + i) * x[i]).sum::<f64>();
        let z: Vec<f64> = (0..shape[0]).map(|o| row(o) + element(&bias, o)).collect();
        x = if k + 1 < layers.len() { z.iter().map(|z| z.max(0.0)).collect() } else { z };
    }
    x
}

/// Whether a file of these layers, which stand in their true order, computes what they do.
fn is_right<T: Scalar>(file: &ModelFile, layers: &[Named<'_>]) {
    let x: Vec<f64> = (0..layers[0].1[1]).map(|i| 0.5 + i as f64 / 4.0).collect();
    let model = file.model::<T>(Some(Activation::Relu)).unwrap();
    let features = Features::new(1, x.len(), x.iter().map(|x| T::from_f64(*x)).collect()).unwrap();
    // Sums of few multiples of 1/64 and less are exact in both types, or nearly so.
    for (got, want) in model.predict(&features).unwrap().iter().zip(outputs(layers, &x)) {
        assert!((got.to_f64() - want).abs() <= 1e-5 * want.abs().max(1.0), "{got:?}, expected {want}");
    }
}

fn in_both_types(check: impl Fn(bool)) {
    check(true);
    check(false);
}

fn opened(is_f32: bool, layers: &[Named<'_>]) -> Result<ModelFile, Error> {
    ModelFile::parse("m", &if is_f32 { file_of::<f32>(layers) } else { file_of::<f64>(layers) })
}

fn right(is_f32: bool, file: &ModelFile, layers: &[Named<'_>]) {
    if is_f32 { is_right::<f32>(file, layers) } else { is_right::<f64>(file, layers) }
}

#[test]
fn shapes_and_numbers_tell_the_order_without_a_note() {
    in_both_types(|is_f32| {
        let by_shapes: [Named<'_>; 3] = [("input", &[5, 4]), ("hidden", &[6, 5]), ("output", &[3, 6])];
        let by_numbers: [Named<'_>; 3] = [("net.2", &[4, 4]), ("net.9", &[4, 4]), ("net.10", &[4, 4])];
        let by_both: [Named<'_>; 3] = [("fc1", &[4, 4]), ("fc2", &[4, 4]), ("end", &[3, 4])];
        for layers in [by_shapes, by_numbers, by_both] {
            let file = opened(is_f32, &layers).unwrap();
            assert_eq!(file.layer_names(), layers.map(|(name, _)| name));
            assert_eq!(file.order_note(), None);
            right(is_f32, &file, &layers);
        }
    });
}

#[test]
fn a_normalisation_stands_behind_the_dense_layer_of_its_width() {
    in_both_types(|is_f32| {
        let file = opened(is_f32, &[("fc1", &[8, 4]), ("bn1", &[8]), ("fc2", &[3, 8])]).unwrap();
        assert_eq!((file.layer_names(), file.order_note()), (vec!["fc1", "bn1", "fc2"], None));
        let model = file.model::<f64>(Some(Activation::Relu)).unwrap();
        let layers: Vec<String> = model.mlp.layers().iter().map(ToString::to_string).collect();
        assert_eq!(layers, ["dense(4, 8)", "layer_norm(8)", "relu", "dense(8, 3)"]);
    });
}

#[test]
fn a_guess_by_names_is_told() {
    in_both_types(|is_f32| {
        let layers: [Named<'_>; 3] = [("input", &[4, 4]), ("hidden", &[4, 4]), ("output", &[4, 4])];
        let file = opened(is_f32, &layers).unwrap();
        assert_eq!(file.order_note(), Some("layers are taken in the order input, hidden, output, by their names"));
        right(is_f32, &file, &layers);
    });
}

#[test]
fn where_several_orders_fit_the_caller_decides() {
    in_both_types(|is_f32| {
        let layers: [Named<'_>; 3] = [("front", &[4, 4]), ("middle", &[4, 4]), ("back", &[4, 4])];
        let undecided = || opened(is_f32, &layers).unwrap();
        let error = undecided().model::<f64>(Some(Activation::Relu)).unwrap_err();
        let Error::LayerOrder { origin, orders, has_more } = &error else { panic!("{error}") };
        assert_eq!((&**origin, orders.len(), *has_more), ("m", 4, true));
        assert!(orders.iter().all(|order| order.len() == "front, middle, back".len()), "{orders:?}");
        assert!(error.to_string().contains("(back, front, middle)"), "{error}");
        let mut mlp = chainrule::Mlp::builder(4).dense(4).dense(4).dense(4).build_as::<f64>().unwrap();
        assert!(matches!(undecided().load_into(&mut mlp), Err(Error::LayerOrder { .. })));

        let file = undecided().with_layer_order(&["front", "middle", "back"]).unwrap();
        right(is_f32, &file, &layers);
        file.load_into(&mut mlp).unwrap();
        let w = |name: &str, o: usize, i: usize| element(&format!("{name}.weight"), o * 4 + i);
        let first = mlp.dense_layers().next().unwrap();
        assert_eq!(first.w.get(2, 1), w("front", 1, 2));
        let other = [layers[2], layers[0], layers[1]];
        assert_ne!(outputs(&other, &[0.5, 0.75, 1.0, 1.25]), outputs(&layers, &[0.5, 0.75, 1.0, 1.25]));
        right(is_f32, &undecided().with_layer_order(&["back", "front", "middle"]).unwrap(), &other);
    });
}

#[test]
fn an_order_that_is_none_is_refused_by_name() {
    let layers: [Named<'_>; 3] = [("fc1", &[5, 4]), ("fc2", &[5, 5]), ("fc3", &[3, 5])];
    in_both_types(|is_f32| {
        let refused = |names: &[&str], words: &str| {
            let message = opened(is_f32, &layers).unwrap().with_layer_order(names).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        };
        refused(&["fc1", "fc22", "fc3"], "unknown layer \"fc22\", did you mean \"fc2\"? (known: fc1, fc2, fc3)");
        refused(&["fc1", "fc3"], "no `fc2`, expected each of the 3 layers once: fc1, fc2, fc3");
        refused(&["fc1", "fc2", "fc2"], "`fc2` twice, expected each layer once");
        refused(&["fc2", "fc1", "fc3"], "layer `fc1` with 4 inputs, expected 5, the outputs of layer `fc2` before it");
    });
}

#[test]
fn layers_that_no_order_fits_are_refused_with_their_shapes() {
    in_both_types(|is_f32| {
        let message = opened(is_f32, &[("left", &[5, 4]), ("right", &[3, 6])]).unwrap_err().to_string();
        assert!(message.contains("found layers left (4 -> 5), right (6 -> 3) in no order that fits"), "{message}");
        let message = opened(is_f32, &[("a", &[5, 4]), ("b", &[3, 5]), ("norm", &[7])]).unwrap_err().to_string();
        assert!(message.contains("norm (7 -> 7) in no order that fits"), "{message}");
        let message = opened(is_f32, &[("0", &[5, 4]), ("2", &[3, 6])]).unwrap_err().to_string();
        assert!(message.contains("layer `2` with 6 inputs, expected 5, the outputs of layer `0`"), "{message}");
    });
}
