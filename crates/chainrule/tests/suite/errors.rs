//! Errors and panics that the documentation names and no test beside the code or of a whole run meets: each with what was found
//! and what was expected in its message.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chainrule::bare::{assess, evaluate};
use chainrule::data::{Dataset, Features, Preprocess, Request, Source, Targets, TargetsMut, digits};
use chainrule::{DType, Error, Loss, Mlp, Model, ModelFile, Result, Sample, TrainConfig, Trainer};

/// A case: what is called, what its message must hold, and the call.
type Refusal = (&'static str, &'static [&'static str], fn() -> Result<()>);
type Panic = (&'static str, &'static [&'static str], fn());

#[track_caller]
fn each_is_refused(cases: &[Refusal]) {
    for (what, words, call) in cases {
        let message = call().expect_err(what).to_string();
        assert!(words.iter().all(|words| message.contains(words)), "{what}: {message:?} lacks one of {words:?}");
    }
}

#[track_caller]
fn each_panics(cases: &[Panic]) {
    for (what, words, call) in cases {
        let thrown = catch_unwind(AssertUnwindSafe(call)).expect_err(what);
        let message = thrown.downcast_ref::<String>().expect("a message with numbers");
        assert!(words.iter().all(|words| message.contains(words)), "{what}: {message:?} lacks one of {words:?}");
    }
}

/// 2 inputs, 3 outputs.
fn network() -> Mlp<f32> {
    Mlp::builder(2).dense(3).build().unwrap()
}

/// 2 rows of `cols` features, of classes 0 and 1 out of `classes`.
fn rows(cols: usize, classes: usize) -> Dataset<f32> {
    let features = Features::new(2, cols, vec![0.5; 2 * cols]).unwrap();
    Dataset::new(features, Targets::Classes { labels: vec![0, 1], classes }).unwrap()
}

#[test]
fn data_that_do_not_fit_a_network_are_refused_with_both_widths_by_whatever_looks_at_them() {
    each_is_refused(&[
        ("evaluate, columns", &["5", "2"], || evaluate(&network(), &rows(5, 3), Loss::CrossEntropy).map(drop)),
        ("evaluate, classes", &["7", "3"], || evaluate(&network(), &rows(2, 7), Loss::CrossEntropy).map(drop)),
        ("assess", &["5", "2"], || assess(&network(), &rows(5, 3), Loss::CrossEntropy).map(drop)),
        ("Sample::spread", &["5", "2"], || Sample::spread(&network(), &rows(5, 3), Loss::CrossEntropy, 9).map(drop)),
        ("Sample::row", &["5", "2"], || Sample::row(&network(), &rows(5, 3), Loss::CrossEntropy, 0).map(drop)),
        ("predict", &["5", "2"], || Model::new(network(), Loss::Mse).predict(rows(5, 3).features()).map(drop)),
        ("predict_classes", &["5", "2"], || {
            Model::new(network(), Loss::CrossEntropy).predict_classes(rows(5, 3).features()).map(drop)
        }),
    ]);
}

#[test]
fn a_row_that_a_dataset_does_not_have_is_refused_with_its_number() {
    each_is_refused(&[
        ("Dataset::select", &["2"], || rows(2, 3).select(&[0, 2]).map(drop)),
        ("Dataset::select, none", &["no rows"], || rows(2, 3).select(&[]).map(drop)),
    ]);
}

#[test]
fn settings_of_a_run_that_are_out_of_range_are_refused_with_their_value() {
    each_is_refused(&[
        ("epochs", &["epochs", "0"], || Trainer::new(TrainConfig { epochs: 0, ..TrainConfig::default() }).map(drop)),
        ("threads", &["threads", "4097", "4096"], || {
            Trainer::new(TrainConfig { threads: Some(4097), ..TrainConfig::default() }).map(drop)
        }),
        ("holdout", &["holdout", "1.5"], || digits::<f32>().split(1.5, 1).map(drop)),
    ]);
}

#[test]
fn files_that_are_not_there_or_cannot_be_written_are_refused_by_name() {
    each_is_refused(&[
        ("Model::load", &["no/such/model", "read"], || Model::<f32>::load("no/such/model").map(drop)),
        ("ModelFile::open", &["no/such/model", "read"], || ModelFile::open("no/such/model").map(drop)),
        ("Model::save", &["no/such/folder/model", "write"], || {
            Model::new(network(), Loss::Mse).save("no/such/folder/model")
        }),
        ("check_writable", &["no/such/folder/x"], || chainrule::atomic::check_writable("no/such/folder/x")),
        ("write_atomically", &["no/such/folder/x"], || {
            chainrule::atomic::write_atomically("no/such/folder/x", |_| Ok(()))
        }),
        ("read_features", &["no/such/x.idx"], || chainrule::data::read_features::<f32>("no/such/x.idx").map(drop)),
        ("read_targets", &["no/such/y.idx"], || chainrule::data::read_targets::<f32>("no/such/y.idx", None).map(drop)),
        ("mnist_dir", &["no/such", "train-images"], || chainrule::data::mnist_dir("no/such").map(drop)),
        ("Source::parse", &["digitz", "digits"], || Source::parse("digitz").map(drop)),
        ("Request::read", &["needed", "target"], || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.idx");
            std::fs::write(&path, [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7]).unwrap();
            Request::new(Source::File(path)).read().map(drop)
        }),
    ]);
}

#[test]
fn a_format_that_this_build_leaves_out_is_refused_with_the_feature_that_adds_it() {
    if cfg!(all(feature = "csv", feature = "npy")) {
        return; // it leaves out nothing
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, feature) in [("x.csv", "csv"), ("x.npy", "npy")] {
        let path = folder.path().join(name);
        std::fs::write(&path, "1,2\n").unwrap();
        let error = chainrule::data::read_features::<f32>(&path).unwrap_err();
        let left_out = if feature == "csv" { !cfg!(feature = "csv") } else { !cfg!(feature = "npy") };
        assert!(!left_out || matches!(error, Error::Unsupported { feature: named, .. } if named == feature), "{error}");
    }
}

#[test]
fn weights_that_do_not_fit_a_network_leave_it_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    let wide = Mlp::builder(2).dense(4).build_as::<f64>().unwrap();
    Model::new(wide, Loss::CrossEntropy).save(&path).unwrap();
    let file = ModelFile::open(&path).unwrap();
    assert_eq!(file.dtype(), DType::F64);

    let mut mlp = network();
    let before = mlp.params().to_vec();
    let message = file.load_into(&mut mlp).unwrap_err().to_string();
    assert!(message.contains('4') && message.contains('3') && mlp.params() == before, "{message}");

    let mut large = Mlp::builder(2).dense(3).build_as::<f64>().unwrap();
    large.params_mut()[4] = 1e300;
    Model::new(large, Loss::CrossEntropy).save(&path).unwrap();
    let message = ModelFile::open(&path).unwrap().load_into(&mut mlp).unwrap_err().to_string();
    assert!(message.contains("expected a finite f32") && mlp.params() == before, "{message}");
}

#[test]
fn preprocessing_of_another_width_or_that_overflows_is_refused() {
    each_is_refused(&[
        ("apply, width", &["3", "2"], || {
            let fitted = Preprocess::standardize(rows(3, 2).features())?;
            rows(2, 2).preprocess(&fitted)
        }),
        ("check, width", &["3", "2"], || Preprocess::standardize(rows(3, 2).features())?.check(2)),
        ("apply, overflow", &["row 1, column 1"], || rows(2, 2).preprocess(&Preprocess::Scale { factor: 1e300 })),
    ]);
}

#[test]
fn rows_that_do_not_exist_and_buffers_that_do_not_fit_panic_with_both_numbers() {
    each_panics(&[
        ("Features::row", &["row 2 of 2"], || _ = rows(2, 2).features().row(2)),
        ("Features::copy_row", &["row 5 of 2"], || rows(2, 2).features().copy_row(5, &mut [0.0; 2])),
        ("Features::copy_row, buffer", &["2", "3"], || rows(2, 2).features().copy_row(0, &mut [0.0; 3])),
        ("Dataset::gather, row", &["row 2 of 2"], || {
            rows(2, 2).gather(&[2], &mut [0.0; 2], TargetsMut::Classes(&mut [0]));
        }),
        ("Dataset::gather, features", &["3", "2"], || {
            rows(2, 2).gather(&[0], &mut [0.0; 3], TargetsMut::Classes(&mut [0]));
        }),
        ("Dataset::gather, labels", &["2", "1"], || {
            rows(2, 2).gather(&[0], &mut [0.0; 2], TargetsMut::Classes(&mut [0; 2]));
        }),
        ("Dataset::gather, one-hot", &["3", "2"], || {
            rows(2, 2).gather(&[0], &mut [0.0; 2], TargetsMut::Values(&mut [0.0; 3]));
        }),
    ]);
}

#[test]
#[should_panic(expected = "classes")]
fn classes_asked_of_values_panic() {
    let targets = Targets::Values { values: vec![0.5_f32], cols: 1 };
    let values = Dataset::new(Features::new(1, 1, vec![1.0]).unwrap(), targets).unwrap();
    values.gather(&[0], &mut [0.0], TargetsMut::Classes(&mut [0]));
}

#[test]
#[cfg(feature = "csv")]
fn numbers_that_do_not_fill_the_rows_of_a_csv_file_panic_with_both_counts() {
    each_panics(&[
        ("write_csv_to", &["5 numbers", "rows of 2"], || _ = chainrule::data::write_csv_to(Vec::new(), 2, &[0; 5])),
        ("write_csv_to, no columns", &["rows of 0"], || _ = chainrule::data::write_csv_to(Vec::new(), 0, &[0; 5])),
    ]);
}

#[test]
#[cfg(feature = "proptest")]
#[should_panic(expected = "layers that can be built")]
fn a_network_of_layers_that_cannot_be_built_panics() {
    use chainrule::strategies::Network;
    Network { inputs: 2, layers: Vec::new(), gain: 1.0, seed: 1 }.build::<f32>();
}
