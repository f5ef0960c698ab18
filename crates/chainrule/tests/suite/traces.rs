//! Traces of models on rows of data, and their JSON.

use chainrule::data::{Preprocess, digits};
use chainrule::optim::{Clip, Update};
use chainrule::trace::{Shown, to_json, trace_model};
use chainrule::{Loss, MatRef, Mlp, Model, Optimizer, TargetsRef, Workspace};
use serde_json::Value;

fn sgd() -> Update {
    Optimizer::Sgd { lr: 0.1 }.into()
}

#[test]
fn a_model_is_traced_on_rows_as_they_come_from_their_source() {
    let mlp = Mlp::builder(64).dense(12).relu().dense(10).seed(3).build().unwrap();
    let preprocess = Preprocess::Scale { factor: 1.0 / 16.0 };
    let model = Model::new(mlp, Loss::CrossEntropy).with_preprocess(preprocess);
    let data = digits::<f32>().select(&[5, 6, 7]).unwrap();
    let before = model.mlp.params().to_vec();
    let update = Update { clip: Some(Clip::Norm(0.5)), ..Optimizer::by_name("adam").unwrap().into() };
    let trace = trace_model(&model, &data, update, 2, Shown::Step(2)).unwrap();
    assert!(model.mlp.params() == before, "the model has moved");
    assert_eq!((trace.steps.len(), trace.steps[0].number, trace.losses.len()), (1, 2, 3));
    let x = &trace.given("X").unwrap().value;
    assert_eq!((x.rows(), x.cols()), (3, 64));
    assert_eq!(x.get(0, 4), f64::from(data.features().row(0)[4] / 16.0));

    let mut mlp = model.mlp.clone();
    let mut workspace = Workspace::for_training(&mlp, 3, update.optimizer).unwrap();
    let scaled: Vec<f32> = data.features().data().iter().map(|x| x / 16.0).collect();
    let chainrule::data::Targets::Classes { labels, .. } = data.targets() else { panic!("digits have classes") };
    for step in 0..2 {
        let x = MatRef::new(&scaled, 3, 64);
        let loss = mlp.step(x, TargetsRef::Classes(labels), model.loss, update, &mut workspace).unwrap();
        assert_eq!(loss, trace.losses[step]);
    }
    let w2 = trace.steps[0].quantity("update", "W2").unwrap();
    let params = mlp.dense_layers().nth(1).unwrap().w;
    assert!((0..12).all(|i| (0..10).all(|j| w2.value.get(i, j) == f64::from(params.get(i, j)))));
}

#[test]
fn rows_and_settings_that_do_not_fit_are_refused() {
    let model = Model::new(Mlp::builder(63).dense(10).build().unwrap(), Loss::CrossEntropy);
    let fitting = Model::new(Mlp::builder(64).dense(10).build().unwrap(), Loss::CrossEntropy);
    let data = digits::<f32>().select(&[0]).unwrap();
    let message = |model: &Model<f32>, update: Update, shown| {
        trace_model(model, &data, update, 1, shown).unwrap_err().to_string()
    };
    assert!(message(&model, sgd(), Shown::All).contains("found 64 columns, expected 63"));
    assert!(message(&fitting, Optimizer::Sgd { lr: -1.0 }.into(), Shown::All).contains("learning rate is -1"));
    let clipped = Update { clip: Some(Clip::Value(0.0)), ..sgd() };
    assert!(message(&fitting, clipped, Shown::All).contains("the largest gradient is 0"));
    assert!(
        message(&fitting, sgd(), Shown::Step(2)).contains("step: found 2, expected one of the steps taken, 1 to 1")
    );
    assert!(message(&fitting, sgd(), Shown::Step(0)).contains("step: found 0"));
}

#[test]
fn json_has_every_number_whole() {
    let mlp = Mlp::builder(64).dense(10).seed(1).build().unwrap();
    let model = Model::new(mlp, Loss::CrossEntropy);
    let data = digits::<f32>().select(&[0, 1]).unwrap();
    let trace = trace_model(&model, &data, sgd(), 1, Shown::All).unwrap();
    let json: Value = serde_json::from_str(&to_json(&trace)).unwrap();
    assert_eq!((json["dtype"].as_str(), json["loss"].as_str()), (Some("f32"), Some("cross-entropy")));
    assert_eq!(json["optimizer"], "sgd with learning rate 0.1");
    assert_eq!(json["layers"], serde_json::json!(["dense(64, 10)"]));
    assert_eq!(json["losses"][0].as_f64(), Some(trace.losses[0]));
    let step = &json["steps"][0];
    assert_eq!(step["step"], 1);
    let titles: Vec<&str> = step["sections"].as_array().unwrap().iter().map(|s| s["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["parameters", "forward", "loss", "backward", "update"]);
    for (section, found) in step["sections"].as_array().unwrap().iter().zip(&trace.steps[0].sections) {
        assert_eq!(section["quantities"].as_array().unwrap().len(), found.quantities.len());
        for (json, quantity) in section["quantities"].as_array().unwrap().iter().zip(&found.quantities) {
            assert_eq!(json["name"], quantity.name.text);
            assert_eq!(json["formula"], quantity.equation());
            assert_eq!(json["latex"], quantity.latex());
            let matrix = &quantity.value;
            if matrix.is_scalar() {
                assert_eq!(
                    (json["shape"].as_array().unwrap().len(), json["values"].as_f64()),
                    (0, Some(matrix.get(0, 0)))
                );
                continue;
            }
            assert_eq!(json["shape"], serde_json::json!([matrix.rows(), matrix.cols()]));
            for i in 0..matrix.rows() {
                for j in 0..matrix.cols() {
                    // The digits are those that f32 needs, so they are read as f32.
                    let read = json["values"][i][j].as_f64().unwrap();
                    assert_eq!(f64::from(read as f32), matrix.get(i, j), "{} at {i}, {j}", quantity.name);
                    assert_eq!(read.to_string(), (matrix.get(i, j) as f32).to_string(), "{}", quantity.name);
                }
            }
        }
    }
}

#[test]
fn a_run_that_diverges_is_shown_as_it_is() {
    let mlp = Mlp::builder(64).dense(10).seed(1).build().unwrap();
    let model = Model::new(mlp, Loss::Mse);
    let data = digits::<f32>().select(&[0, 1]).unwrap();
    let trace = trace_model(&model, &data, Optimizer::Sgd { lr: 1e30 }.into(), 4, Shown::All).unwrap();
    assert!(trace.losses.iter().any(|loss| !loss.is_finite()));
    let json: Value = serde_json::from_str(&to_json(&trace)).unwrap();
    assert!(json["losses"].as_array().unwrap().iter().any(Value::is_null));
}

#[test]
fn the_words_of_a_row_are_those_of_the_numbers_beside_them() {
    // A step later, and with units dropped, as training has it: the class that is named is that of the largest probability.
    let plain = Mlp::builder(64).dense(10).seed(1).build().unwrap();
    let dropping = Mlp::builder(64).dense(32).relu().dropout(0.8).dense(10).seed(1).build().unwrap();
    for (mlp, steps) in [(plain, 30), (dropping, 3)] {
        let preprocess = Preprocess::Scale { factor: 1.0 / 16.0 };
        let model = Model::new(mlp, Loss::CrossEntropy).with_preprocess(preprocess);
        let data = digits::<f32>().select(&[5, 6, 7, 8]).unwrap();
        let trace = trace_model(&model, &data, sgd(), steps, Shown::Step(steps)).unwrap();
        for row in trace.summary().rows {
            let (class, share) =
                row.probabilities.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            let words = row.words.unwrap();
            assert_eq!(row.class, Some(class));
            assert_eq!(words.answer, format!("{class} ({:.2} %)", 100.0 * share));
        }
    }
}
