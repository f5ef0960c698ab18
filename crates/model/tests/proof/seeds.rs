//! Seeds: the same one means the same network, today and next year, whatever stands beside a layer.

use chainrule_model::{Init, Mlp, MlpBuilder};

use crate::check::{tensors, widen};

fn params(builder: MlpBuilder) -> Vec<Vec<f64>> {
    let mlp = builder.build_as::<f64>().unwrap();
    tensors(&mlp, mlp.params())
}

fn three_layers() -> MlpBuilder {
    Mlp::builder(6).dense(8).relu().dense(5).tanh().dense(3)
}

#[test]
fn the_same_seed_gives_the_same_parameters_and_another_seed_others() {
    assert_eq!(params(three_layers().seed(42)), params(three_layers().seed(42)));
    let (one, two) = (params(three_layers().seed(1)), params(three_layers().seed(2)));
    for layer in [0, 2, 4] {
        let same = one[layer].iter().zip(&two[layer]).filter(|(a, b)| a == b).count();
        assert_eq!(same, 0, "weights of tensor {layer} that two seeds share");
    }
}

#[test]
fn a_layer_begins_alike_whatever_comes_before_and_after_it() {
    let base = params(three_layers().seed(7));
    // The first layer, with other layers behind it.
    assert_eq!(params(Mlp::builder(6).dense(8).relu().dense(100).seed(7))[0], base[0]);
    // The second, behind a wider first one.
    assert_eq!(params(Mlp::builder(60).dense(8).relu().dense(5).tanh().dense(3).seed(7))[2], base[2]);
    // The third, behind modules that learn nothing.
    assert_eq!(params(Mlp::builder(6).dense(8).relu().dense(5).tanh().tanh().dense(3).seed(7))[4], base[4]);
}

#[test]
fn a_normalisation_in_front_of_an_activation_does_not_hide_it() {
    let first = |builder: MlpBuilder| builder.dense(3).seed(7).build_as::<f64>().unwrap().params()[..48].to_vec();
    let (relu, tanh) = (first(Mlp::builder(6).dense(8).relu()), first(Mlp::builder(6).dense(8).tanh()));
    assert_ne!(relu, tanh);
    assert_eq!(first(Mlp::builder(6).dense(8).layer_norm().dropout(0.5).relu()), relu);
    assert_eq!(first(Mlp::builder(6).dense(8).batch_norm().tanh()), tanh);
}

#[test]
fn biases_begin_at_0_and_weights_of_layers_differ() {
    let base = params(Mlp::builder(4).dense(4).dense(4).seed(7));
    assert_ne!(base[0], base[2]);
    assert!(base[1].iter().chain(&base[3]).all(|b| *b == 0.0));
}

#[test]
fn f32_begins_where_f64_does_rounded() {
    let narrow = three_layers().seed(9).build().unwrap();
    let wide = three_layers().seed(9).build_as::<f64>().unwrap();
    let rounded: Vec<f64> = wide.params().iter().map(|w| f64::from(*w as f32)).collect();
    assert_eq!(widen(narrow.params()), rounded);
}

#[test]
fn rectified_layers_begin_as_he_and_others_as_glorot_unless_said() {
    let limit = |w: &[f64]| w.iter().fold(0.0f64, |top, w| top.max(w.abs()));
    let auto = params(Mlp::builder(300).dense(100).relu().dense(100).seed(5));
    let (he, glorot) = ((6f64 / 300.0).sqrt(), (6f64 / 200.0).sqrt());
    // 10,000 uniform draws come within a thousandth of their limit.
    assert!((0.999 * he..he).contains(&limit(&auto[0])), "{}", limit(&auto[0]));
    assert!((0.999 * glorot..glorot).contains(&limit(&auto[2])), "{}", limit(&auto[2]));
    let said = params(Mlp::builder(300).dense(100).relu().dense(100).init(Init::LecunUniform).seed(5));
    assert!(limit(&said[0]) < 0.1, "{}", limit(&said[0]));
}

#[test]
fn the_first_weights_of_seed_42_never_change() {
    let w = &params(Mlp::builder(2).dense(2).init(Init::GlorotUniform).seed(42))[0];
    assert_eq!(w, &[0.05966159271151006, -0.8544783426477613, -0.0028120562156048745, 0.845712192930153]);
}
