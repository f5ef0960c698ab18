//! Predictions through a model: the bits of a predictor for any number of rows, and never a number that is none.

use chainrule::data::{Features, Preprocess};
use chainrule::{Error, Loss, MatRef, Mlp, Model, Predictor, Scalar};

const INPUTS: usize = 20;

fn network<T: Scalar>() -> Mlp<T> {
    Mlp::builder(INPUTS).dense(90).batch_norm().relu().dense(40).tanh().dense(3).seed(4).build_as().unwrap()
}

fn features<T: Scalar>(rows: usize) -> Features<T> {
    let number = |i: usize| T::from_f64((i * 7919 % 1009) as f64 / 128.0 - 4.0);
    Features::new(rows, INPUTS, (0..rows * INPUTS).map(number).collect()).unwrap()
}

#[test]
fn a_model_predicts_the_bits_of_a_predictor_for_any_number_of_rows_on_any_number_of_threads() {
    fn check<T: Scalar>() {
        // Wide enough that 20 rows are several threads' work.
        let wide = Mlp::builder(INPUTS).dense(2000).relu().dense(300).dense(3).seed(4).build_as::<T>().unwrap();
        for mlp in [network(), wide] {
            let predictor = Predictor::new(&mlp);
            let model = Model::new(mlp, Loss::CrossEntropy).with_preprocess(Preprocess::Scale { factor: 0.5 });
            for rows in [1, 2, 5, 20, 31, 32, 33, 300] {
                let table = features::<T>(rows);
                let mut scaled = table.clone();
                model.preprocess.apply(&mut scaled).unwrap();
                let mut want = vec![T::ZERO; rows * 3];
                let x = scaled.data();
                let x = MatRef::new(&x, rows, INPUTS);
                predictor.predict_into(x, &mut want, &mut predictor.workspace(rows)).unwrap();
                for threads in [1, 2, 3] {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    let got = pool.install(|| model.predict(&table)).unwrap();
                    assert!(got == want, "{rows} rows on {threads} threads");
                }
            }
        }
    }
    check::<f32>();
    check::<f64>();
}

#[track_caller]
fn assert_refused<V: std::fmt::Debug>(result: Result<V, Error>, place: (usize, usize)) {
    match result.unwrap_err() {
        Error::OutputNotFinite { row, output, value } => {
            assert!((row, output) == place && !value.is_finite(), "row {row}, output {output}: {value}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_prediction_that_is_not_finite_is_an_error_with_its_row_and_output() {
    let softmax = Mlp::builder(INPUTS).dense(3).softmax().build().unwrap();
    for (mut mlp, loss) in [(network::<f32>(), Loss::CrossEntropy), (softmax, Loss::Mse)] {
        // The bias of the second output.
        let at = mlp.params().len() - 2;
        mlp.params_mut()[at] = f32::NAN;
        // Behind a softmax one bad logit spoils the row.
        let output = if loss == Loss::Mse { 1 } else { 2 };
        let model = Model::new(mlp, loss);
        for rows in [1, 40] {
            assert_refused(model.predict(&features(rows)), (1, output));
            assert_refused(model.predict_proba(&features(rows)), (1, output));
            assert_refused(model.predict_classes(&features(rows)), (1, output));
        }
    }
}

#[test]
fn a_row_that_overflows_is_named_and_the_others_are_not() {
    let mut mlp = Mlp::builder(1).dense(2).build().unwrap();
    mlp.params_mut().copy_from_slice(&[1.0f32, 10.0, 0.0, 0.0]);
    let model = Model::new(mlp, Loss::Mse);
    for rows in [5, 50] {
        let mut numbers = vec![1.0f32; rows];
        numbers[3] = 1e38; // times 10
        let error = model.predict(&Features::new(rows, 1, numbers).unwrap()).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("row 4: output 2 is inf, expected a finite number: "), "{message}");
        assert!(message.contains("doctor names the layer"), "{message}");
    }
}
