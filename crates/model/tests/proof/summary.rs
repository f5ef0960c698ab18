//! Networks as values: equal where their modules and numbers are, printed in a few lines.

use chainrule_model::Mlp;

#[test]
fn networks_are_equal_when_modules_and_numbers_are() {
    let b = || Mlp::builder(3).dense(4).batch_norm().relu().dropout(0.5).dense(2).seed(7);
    let mlp = b().build_as::<f64>().unwrap();
    let same = b().build_as::<f64>().unwrap();
    assert_eq!(mlp, same);
    assert_eq!(mlp, mlp.clone());
    assert_ne!(mlp, b().seed(8).build_as().unwrap());
    assert_ne!(mlp, b().relu().build_as().unwrap());
    let changed = |change: fn(&mut Mlp<f64>)| {
        let mut other = mlp.clone();
        change(&mut other);
        other
    };
    assert_ne!(mlp, changed(|mlp| mlp.params_mut()[3] += 1.0));
    assert_ne!(mlp, changed(|mlp| mlp.running_mut()[3] += 1.0));
    assert_ne!(mlp, changed(|mlp| mlp.batches_mut()[0] += 1));
    assert_eq!(mlp, changed(|mlp| mlp.reseed(99)));
    assert_ne!(mlp, changed(|mlp| mlp.params_mut()[0] = f64::NAN));
}

#[test]
fn a_network_is_printed_module_by_module() {
    let mlp = Mlp::builder(3).dense(128).batch_norm().relu().dropout(0.5).dense(2).softmax().build_as::<f64>().unwrap();
    let lines = [
        "3 inputs, 2 outputs, 1026 parameters (f64)",
        "0  dense(3, 128)    (batch, 128)  512 parameters",
        "1  batch_norm(128)  (batch, 128)  256 parameters",
        "2  relu             (batch, 128)",
        "3  dropout(0.5)     (batch, 128)",
        "4  dense(128, 2)    (batch, 2)    258 parameters",
        "5  softmax          (batch, 2)",
    ];
    assert_eq!(mlp.to_string().lines().collect::<Vec<_>>(), lines);
}
