//! A frozen network gives the bits of the network, from any thread, whatever the number of rows.

use std::sync::Arc;

use chainrule_model::network::PredictorWorkspace;
use chainrule_model::{Activation, MatRef, Mlp, ModelError, Precision, Predictor, Scalar, Workspace};

use crate::check::{numbers, of};

const INPUTS: usize = 70;

fn networks<T: Scalar>() -> Vec<Mlp<T>> {
    let start = || Mlp::builder(INPUTS).seed(3);
    let builders = [
        start().dense(1),
        start().dense(130).relu().dense(10),
        start().tanh().dense(40).softmax().sigmoid().dense(33).leaky_relu(0.1).tanh().dense(3).softmax(),
        start().dense(16).relu().dense(300).sigmoid().dense(17),
        start().batch_norm().dense(40).batch_norm().relu().dropout(0.5).dense(33).layer_norm().tanh().dense(3),
        start().layer_norm().dense(5).dropout(0.2).batch_norm(),
        start().activation(Activation::Silu).dense(33).activation(Activation::Gelu).dense(20).log_softmax(),
        start().dense(45).activation(Activation::Selu).activation(Activation::Elu(0.5)).dense(3),
    ];
    let build = |builder: chainrule_model::MlpBuilder| {
        let mut mlp = builder.build_as::<T>().unwrap();
        // As after training: running statistics that are no defaults.
        let seen = numbers(mlp.running().len(), 6).iter().map(|v| T::from_f64(v * v + 0.1)).collect::<Vec<_>>();
        mlp.running_mut().copy_from_slice(&seen);
        mlp
    };
    builders.into_iter().map(build).collect()
}

fn the_same_bits<T: Scalar>() {
    for mlp in networks::<T>() {
        let predictor = Predictor::new(&mlp);
        let x = of::<T>(&numbers(100 * INPUTS, 5));
        let mut whole = Workspace::new(&mlp, 100);
        for rows in [0, 1, 2, 3, 8, 31, 33, 64, 100] {
            let x = MatRef::new(&x[..rows * INPUTS], rows, INPUTS);
            let want: Vec<T> = {
                let output = mlp.forward(x, &mut whole).unwrap();
                (0..rows).flat_map(|row| output.row(row).to_vec()).collect()
            };
            std::thread::scope(|scope| {
                for most in [1, 7, 100] {
                    let (predictor, want) = (&predictor, &want);
                    scope.spawn(move || {
                        let mut got = vec![T::ZERO; want.len()];
                        predictor.predict_into(x, &mut got, &mut predictor.workspace(most)).unwrap();
                        assert!(got == *want, "{rows} rows, {most} at a time, {:?}", predictor.mlp().layers());
                    });
                }
            });
        }
    }
}

#[test]
fn predictions_have_the_bits_of_the_forward_pass() {
    the_same_bits::<f32>();
    the_same_bits::<f64>();
}

#[test]
fn what_does_not_fit_is_refused_with_both_shapes() {
    let mlp = networks::<f32>().remove(1);
    let predictor = Predictor::new(&mlp);
    let mut workspace = predictor.workspace(2);
    let x = vec![0.0; 3 * INPUTS];
    let narrow = MatRef::new(&x[..2 * (INPUTS - 1)], 2, INPUTS - 1);
    let error = predictor.predict_into(narrow, &mut [0.0; 20], &mut workspace).unwrap_err();
    assert!(matches!(error, ModelError::Shape { found: (2, 69), expected: (2, 70), .. }), "{error}");
    let x = MatRef::new(&x, 3, INPUTS);
    let error = predictor.predict_into(x, &mut [0.0; 20], &mut workspace).unwrap_err();
    assert!(matches!(error, ModelError::Shape { found: (2, 10), expected: (3, 10), .. }), "{error}");
    let error = predictor.predict_into(x, &mut [0.0; 30], &mut predictor.workspace(0)).unwrap_err();
    assert!(matches!(error, ModelError::Batch { found: 3, made_for: 0 }), "{error}");
    assert!(predictor.bytes() >= 70 * 130 * 4);
}

#[test]
fn without_packed_weights_the_bits_are_the_same() {
    fn check<T: Scalar>() {
        for mlp in networks::<T>() {
            let (predictor, x) = (Predictor::new(&mlp), of::<T>(&numbers(40 * INPUTS, 5)));
            for rows in [0, 1, 2, 9, 40] {
                let x = MatRef::new(&x[..rows * INPUTS], rows, INPUTS);
                let (mut packed, mut unpacked) =
                    (vec![T::ZERO; rows * mlp.outputs()], vec![T::ONE; rows * mlp.outputs()]);
                predictor.predict_into(x, &mut packed, &mut predictor.workspace(7)).unwrap();
                for most in [1, 7, 40] {
                    let mut workspace = PredictorWorkspace::try_new(&mlp, most).unwrap();
                    mlp.infer_into(x, &mut unpacked, &mut workspace).unwrap();
                    assert!(unpacked == packed, "{rows} rows, {most} at a time, {:?}", mlp.layers());
                }
            }
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn a_predictor_owns_its_network_and_goes_to_threads_that_outlive_its_maker() {
    fn assert_free<V: Send + Sync + Clone + 'static>(value: V) -> V {
        value
    }
    let predictor = {
        let mut mlp = networks::<f32>().remove(1);
        let predictor = assert_free(Predictor::new(&mlp));
        mlp.params_mut().fill(0.0); // a copy was made
        predictor
    };
    let x: Vec<f32> = of(&numbers(2 * INPUTS, 5));
    let predict = |predictor: &Predictor<f32>, x: &[f32]| {
        let mut output = [0.0; 20];
        predictor.predict_into(MatRef::new(x, 2, INPUTS), &mut output, &mut predictor.workspace(2)).unwrap();
        output
    };
    let want = predict(&predictor, &x);
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (predictor, x) = (predictor.clone(), x.clone());
            std::thread::spawn(move || predict(&predictor, &x))
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == want));
    // A clone packs nothing again, and an `Arc` is not copied.
    assert!(std::ptr::eq(predictor.mlp(), predictor.clone().mlp()));
    let shared = Arc::new(networks::<f32>().remove(1));
    assert!(std::ptr::eq(Predictor::new(shared.clone()).mlp(), &*shared));
    assert_eq!(predict(&Predictor::new(networks::<f32>().remove(1)), &x), want);
}

#[test]
fn narrow_weights_have_the_bits_of_the_network_of_rounded_weights() {
    for precision in ["f32", "bf16", "f16", "int8"].map(|name| name.parse::<Precision>().unwrap()) {
        for mlp in networks::<f32>() {
            let narrow = Predictor::with_precision(&mlp, precision).unwrap();
            let rounded = Predictor::new(mlp.rounded(precision).unwrap());
            assert_eq!(narrow.precision(), precision);
            let x = of::<f32>(&numbers(40 * INPUTS, 7));
            let predict = |predictor: &Predictor<f32>, rows: usize, most: usize| {
                let mut output = vec![f32::NAN; rows * mlp.outputs()];
                let x = MatRef::new(&x[..rows * INPUTS], rows, INPUTS);
                predictor.predict_into(x, &mut output, &mut predictor.workspace(most)).unwrap();
                output
            };
            for rows in [0, 1, 3, 6, 7, 40] {
                let want = predict(&narrow, rows, 40);
                for most in [1, 4, 7, 40] {
                    let got = predict(&narrow, rows, most);
                    assert!(got == want, "{precision}, {rows} rows, {most} at a time, {:?}", mlp.layers());
                }
                let of_rounded = predict(&rounded, rows, 40);
                // Integers have their scale after the sum.
                let bound = if precision == Precision::Int8 { 1e-5 } else { 0.0 };
                let size = |y: f32| y.abs().max(1.0);
                let close = |(a, b): (&f32, &f32)| (a - b).abs() <= bound * size(*b);
                assert!(want.iter().zip(&of_rounded).all(close), "{precision}, {rows} rows, {:?}", mlp.layers());
            }
            let differs = predict(&narrow, 40, 40) != predict(&Predictor::new(&mlp), 40, 40);
            assert_eq!(differs, precision != Precision::F32, "{precision} rounds {:?}", mlp.layers());
        }
    }
}

#[test]
fn networks_without_narrow_weights_are_refused_with_layer_and_place() {
    let double = || Mlp::builder(3).dense(4).build_as::<f64>().unwrap();
    let mut mlp = Mlp::builder(3).dense(4).relu().dense(2).build().unwrap();
    for precision in [Precision::Bf16, Precision::F16, Precision::Int8] {
        let error = Predictor::with_precision(double(), precision).unwrap_err();
        assert!(matches!(&error, ModelError::Precision { layer: 1, .. }), "{error}");
        assert!(error.to_string().contains("f64") && double().rounded(precision).is_err(), "{error}");
        mlp.params_mut()[16 + 3] = f32::NAN; // input 1, output 1 of the second layer
        let error = Predictor::with_precision(&mlp, precision).unwrap_err();
        assert_eq!(error.to_string(), mlp.rounded(precision).unwrap_err().to_string());
        let text = format!("dense layer 2 cannot have weights of {precision}: the weight at row 1, column 1 is NaN");
        assert!(error.to_string().starts_with(&text), "{error}");
        mlp.params_mut()[16 + 3] = 0.5;
        mlp.params_mut()[15] = f32::INFINITY; // a bias, which is not rounded
        assert!(Predictor::with_precision(&mlp, precision).is_ok());
        mlp.params_mut()[15] = 0.0;
    }
    assert!(Predictor::with_precision(double(), Precision::F32).is_ok());
}

#[test]
fn narrow_weights_take_the_bytes_of_their_numbers() {
    let mlp = Mlp::<f32>::builder(784).dense(512).relu().dense(512).relu().dense(10).build().unwrap();
    let weights = 784 * 512 + 512 * 512 + 512 * 10;
    for (precision, each) in [(Precision::Bf16, 2), (Precision::F16, 2), (Precision::Int8, 1)] {
        let bytes = Predictor::with_precision(&mlp, precision).unwrap().bytes();
        // Columns are rounded up to whole registers, and integers have scales.
        assert!((each * weights..each * weights * 104 / 100).contains(&bytes), "{precision}: {bytes} bytes");
    }
}
