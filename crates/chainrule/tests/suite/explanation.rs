//! What answers depend on: against linear models, whose attributions are known, and against finite differences.

use chainrule::data::{Dataset, Features, Preprocess, Targets};
use chainrule::explanation::{AttributionRequest, Baseline, attribute, permutation_importance};
use chainrule::{Loss, Mlp, Model};

fn data() -> Dataset<f64> {
    let x = vec![2.0, -1.0, 0.5, 4.0, 3.0, -2.0, 0.0, 1.0, 1.0];
    let targets = Targets::Values { values: vec![1.0, 2.0, 3.0], cols: 1 };
    Dataset::new(Features::new(3, 3, x).unwrap(), targets).unwrap()
}

/// 2 a - 3 b + 0 c + 5, of inputs less (1, 0, 0) and divided by (2, 1, 1).
fn linear() -> Model<f64> {
    let mut mlp = Mlp::builder(3).dense(1).build_as::<f64>().unwrap();
    mlp.params_mut().copy_from_slice(&[2.0, -3.0, 0.0, 5.0]);
    let preprocess = Preprocess::Standardize { mean: vec![1.0, 0.0, 0.0], std: vec![2.0, 1.0, 1.0] };
    Model::new(mlp, Loss::Mse).with_preprocess(preprocess)
}

fn integrated(baseline: Baseline) -> (Vec<f64>, f64) {
    let request = AttributionRequest { baseline, steps: 3, ..AttributionRequest::default() };
    let found = attribute(&linear(), &data(), 0, &request).unwrap();
    assert!(found.difference().abs() < 1e-12, "{}", found.difference());
    (found.columns.iter().map(|column| column.integrated).collect(), found.baseline_value)
}

#[test]
fn of_a_linear_model_they_are_its_weights_times_the_way_from_the_baseline() {
    let close = |(found, base): (Vec<f64>, f64), want: [f64; 3], at: f64| {
        assert!(found.iter().zip(want).all(|(found, want)| (found - want).abs() < 1e-12), "{found:?} and {want:?}");
        assert!((base - at).abs() < 1e-12, "{base} and {at}");
    };
    // The row is (0.5, -1, 0.5) to the network.
    close(integrated(Baseline::Mean), [1.0, 3.0, 0.0], 5.0);
    close(integrated(Baseline::Zeros), [2.0, 3.0, 0.0], 4.0);
    close(integrated(Baseline::Row(1)), [-2.0, 12.0, 0.0], -1.0);
    let found = attribute(&linear(), &data(), 0, &AttributionRequest::default()).unwrap();
    let gradients: Vec<f64> = found.columns.iter().map(|column| column.gradient).collect();
    assert_eq!((gradients, found.value), (vec![2.0, -3.0, 0.0], 9.0));
    assert_eq!((found.columns[0].gradient_times_input, found.columns[0].value.as_str()), (1.0, "2"));
}

#[test]
fn gradients_are_slopes_of_the_output_and_sums_are_what_the_output_changes_by() {
    let mlp = Mlp::builder(3).dense(5).tanh().dense(4).relu().dense(2).seed(4).build_as::<f64>().unwrap();
    let model = Model::new(mlp, Loss::CrossEntropy);
    let targets = Targets::Classes { labels: vec![0, 1, 1], classes: 2 };
    let data = Dataset::new(data().into_features(), targets).unwrap();
    let request = AttributionRequest { output: Some("1".to_owned()), steps: 2000, ..AttributionRequest::default() };
    let found = attribute(&model, &data, 2, &request).unwrap();
    let x = data.features().row(2).into_owned();
    let output = |x: Vec<f64>| model.predict(&Features::new(1, 3, x).unwrap()).unwrap()[1];
    assert!((found.value - output(x.clone())).abs() < 1e-12);
    for (at, column) in found.columns.iter().enumerate() {
        let (mut up, mut down) = (x.clone(), x.clone());
        (up[at], down[at]) = (up[at] + 1e-6, down[at] - 1e-6);
        let slope = (output(up) - output(down)) / 2e-6;
        assert!((column.gradient - slope).abs() < 1e-7, "{} and {slope}", column.gradient);
    }
    assert!(found.value != found.baseline_value && found.difference().abs() < 1e-3, "{}", found.difference());
}

#[cfg(feature = "csv")]
#[test]
fn the_features_of_a_category_are_one_column() {
    use chainrule::data::{Request, Source};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "size,town,price\n50,Ulm,1.5\n60,Bonn,2.5\n70,Ulm,3.5\n").unwrap();
    let examples = Request::new(Source::File(path)).target("price").read().unwrap();
    let fitted = examples.fit(&[0, 1, 2], examples.usual_scaling()).unwrap();
    let data = examples.dataset::<f64>(&[0, 1, 2], &fitted).unwrap();
    let mut mlp = Mlp::builder(3).dense(1).build_as::<f64>().unwrap();
    mlp.params_mut().copy_from_slice(&[1.0, 10.0, 100.0, 0.0]);
    let model = Model::new(mlp, Loss::Mse).described_by(&data);
    let request = AttributionRequest { baseline: Baseline::Row(1), ..AttributionRequest::default() };
    let found = attribute(&model, &data, 0, &request).unwrap();
    assert_eq!(found.columns.len(), 2);
    assert_eq!((found.columns[1].column.as_str(), found.columns[1].value.as_str()), ("town", "Ulm"));
    // The slope of a category is that of its own input.
    let unit = found.columns[1].gradient / 100.0;
    assert_eq!(found.columns[1].gradient, found.columns[1].gradient_times_input);
    assert!((found.columns[1].integrated - 90.0 * unit).abs() < 1e-9, "{found:?}");
}

#[test]
fn a_column_that_is_not_read_is_worth_nothing_and_what_is_not_there_is_named() {
    let found = permutation_importance(&linear(), &data()).unwrap();
    let unread = found.iter().find(|column| column.column == "column 3").unwrap();
    assert_eq!((unread.loss, unread.deviation), (0.0, 0.0));
    assert!(found[0].deviation > 0.0, "{found:?}");
    let fails = |row, request| attribute(&linear(), &data(), row, &request).unwrap_err().to_string();
    let default = AttributionRequest::default;
    assert_eq!(fails(3, default()), "row: found 4, expected 1 to 3, the rows there are");
    assert!(fails(0, AttributionRequest { output: Some("x".to_owned()), ..default() }).contains("one of output 1"));
    assert!(fails(0, AttributionRequest { steps: 0, ..default() }).contains("at least 1"));
}
