//! What is compared by number has to mean the same: classes, columns, groups, tasks, and rows that are there.

use chainrule::data::{Dataset, Features, Memory, Request, Scaling, Source, SplitBy, SplitRequest, Targets};
use chainrule::{Loss, Mlp, Model, ModelFile, Task, TrainConfig, Trainer};

use super::{Folder, all, rows};

fn trainer(loss: Loss) -> Trainer {
    Trainer::new(TrainConfig::default().epochs(3).loss(loss).threads(1)).unwrap()
}

fn network(inputs: usize, outputs: usize) -> Mlp<f32> {
    Mlp::builder(inputs).dense(4).tanh().dense(outputs).seed(1).build().unwrap()
}

/// Twelve rows of two columns; the class is whether the first is large.
fn two_classes(names: Option<[&str; 2]>) -> Dataset<f32> {
    let x = (0..24).map(|at| (at * 7 % 12) as f32 / 12.0).collect::<Vec<_>>();
    let labels = x.chunks_exact(2).map(|row| u32::from(row[0] > 0.5)).collect();
    let data = Dataset::new(Features::new(12, 2, x).unwrap(), Targets::Classes { labels, classes: 2 }).unwrap();
    match names {
        Some(names) => data.with_class_names(names.map(str::to_owned).to_vec()).unwrap(),
        None => data,
    }
}

#[test]
fn classes_of_other_names_or_in_another_order_are_refused() {
    let [no_yes, yes_no, unnamed] = [Some(["no", "yes"]), Some(["yes", "no"]), None].map(two_classes);
    let trainer = trainer(Loss::CrossEntropy);
    let mut model = trainer.fit(network(2, 2), &no_yes, Some(&unnamed), ()).unwrap().model;
    assert!(model.evaluate(&no_yes).is_ok() && model.evaluate(&unnamed).is_ok());
    let messages = [
        model.evaluate(&yes_no).map(drop),
        model.assess(&yes_no).map(drop),
        trainer.fit(network(2, 2), &no_yes, Some(&yes_no), ()).map(drop),
        trainer.resume(&mut model, &yes_no, None, ()).map(drop),
    ];
    for message in messages.map(|refused| refused.unwrap_err().to_string()) {
        assert!(message.starts_with("classes: found yes, no, expected no, yes, as was learned"), "{message}");
    }
    // Numbers are names, too: of labels 1 and 2 the first is not class 0.
    let model = trainer.fit(network(2, 2), &two_classes(Some(["0", "1"])), None, ()).unwrap().model;
    for names in [["1", "2"], ["1", "0"], ["a", "0"]] {
        let message = model.evaluate(&two_classes(Some(names))).unwrap_err().to_string();
        assert!(message.contains("expected 0, 1, as was learned"), "{message}");
    }
    // A model whose rows had no names calls classes by their numbers, and takes any others.
    let model = trainer.fit(network(2, 2), &unnamed, None, ()).unwrap().model;
    assert!(model.evaluate(&yes_no).is_ok());
}

#[test]
fn names_of_classes_stay_where_later_rows_have_none() {
    let [named, unnamed] = [Some(["cat", "dog"]), None].map(two_classes);
    let trainer = trainer(Loss::CrossEntropy);
    let mut model = trainer.fit(network(2, 2), &named, None, ()).unwrap().model;
    trainer.resume(&mut model, &unnamed, None, ()).unwrap();
    trainer.refit(&mut model, &unnamed, 1, chainrule::train::Refit::Same, ()).unwrap();
    assert_eq!(model.class_names.as_deref(), Some(&["cat".to_owned(), "dog".to_owned()][..]));
    let message = trainer.resume(&mut model, &two_classes(Some(["0", "1"])), None, ()).unwrap_err().to_string();
    assert!(message.contains("found 0, 1, expected cat, dog"), "{message}");
}

#[test]
fn another_loss_brings_its_task() {
    let data = two_classes(None);
    let mut model = trainer(Loss::BinaryCrossEntropy).fit(network(2, 2), &data, None, ()).unwrap().model;
    assert_eq!(model.task, Some(Task::MultiLabel));
    trainer(Loss::CrossEntropy).resume(&mut model, &data, None, ()).unwrap();
    assert_eq!(model.task, Some(Task::Classification));
    let chances = model.predict_proba(data.features()).unwrap();
    for row in chances.chunks_exact(2) {
        assert!((row[0] + row[1] - 1.0).abs() < 1e-6, "{row:?}");
    }
}

#[test]
fn columns_in_another_order_are_refused_where_both_have_names() {
    let folder = Folder::new(&[
        ("ab.csv", &("a,b,y\n".to_owned() + &rows(30, |at| format!("{},{}.5,{}", at % 7, at * 5 % 11, at * 3)))),
        ("ba.csv", &("b,a,y\n".to_owned() + &rows(30, |at| format!("{}.5,{},{}", at * 5 % 11, at % 7, at * 3)))),
    ]);
    let data = |name: &str| {
        let examples = folder.request(name).target("y").read().unwrap();
        let fitted = examples.fit(&all(&examples), Scaling::None).unwrap();
        examples.dataset::<f32>(&all(&examples), &fitted).unwrap()
    };
    let (ab, ba) = (data("ab.csv"), data("ba.csv"));
    let trainer = trainer(Loss::Mse);
    let model = trainer.fit(network(2, 1), &ab, None, ()).unwrap().model;
    for refused in [model.evaluate(&ba).map(drop), trainer.fit(network(2, 1), &ab, Some(&ba), ()).map(drop)] {
        let message = refused.unwrap_err().to_string();
        assert!(message.starts_with("features: found b, a, expected a, b, as was learned"), "{message}");
    }
    // Read for the model, the columns are found by their names.
    let examples = folder.request("ba.csv").target("y").read_for(&model).unwrap();
    let found = examples.dataset_for::<f32>(&all(&examples), &model).unwrap();
    assert_eq!(model.evaluate(&found).unwrap(), model.evaluate(&ab).unwrap());
}

#[test]
fn groups_stay_together_by_default_and_are_asked_for_only_where_there_are_some() {
    let text = "a,g,y\n".to_owned() + &rows(60, |at| format!("{},g{},{}", at * 7 % 13, at / 5, at % 2));
    let folder = Folder::new(&[("g.csv", &text)]);
    let mut request = folder.request("g.csv").target("y");
    let plain = request.read().unwrap();
    request.group = Some("g".to_owned());
    let grouped = request.read().unwrap();
    let asked = SplitRequest { validation: 0.2, ..SplitRequest::default() };
    for by in [SplitBy::Stratified, SplitBy::Random, SplitBy::Group] {
        let asked = SplitRequest { by, ..asked };
        let mut all = vec![grouped.split(&asked).unwrap()];
        all.extend(grouped.folds(&asked, 3).unwrap());
        for parts in all {
            let of = |rows: &[usize]| rows.iter().map(|row| row / 5).collect::<std::collections::BTreeSet<_>>();
            let (train, validation, test) = (of(&parts.train), of(&parts.validation), of(&parts.test));
            assert!(
                train.is_disjoint(&test) && train.is_disjoint(&validation) && validation.is_disjoint(&test),
                "{by:?}"
            );
        }
        let split = grouped.remember(&asked);
        assert_eq!(grouped.split_again(&split).unwrap(), grouped.split(&asked).unwrap());
    }
    let by_groups = SplitRequest { by: SplitBy::Group, ..asked };
    for refused in [plain.split(&by_groups).map(drop), plain.folds(&by_groups, 3).map(drop)] {
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("no column of groups") && message.contains("Request::group"), "{message}");
    }
}

#[test]
fn rows_that_are_not_there_are_refused_and_so_are_none() {
    let text = "a,y\n".to_owned() + &rows(20, |at| format!("{},{}", at % 7, at * 3));
    let folder = Folder::new(&[("t.csv", &text)]);
    let mut request = folder.request("t.csv").target("y");
    for memory in [None, Some(Memory::new(1 << 20))] {
        request.memory = memory;
        let examples = request.read().unwrap();
        for scaling in [Scaling::None, Scaling::Standardize, Scaling::Minmax, Scaling::Robust] {
            let fitted = examples.fit(&all(&examples), scaling).unwrap();
            for selected in [&[][..], &[20], &[3, usize::MAX]] {
                let want = if selected.is_empty() { "has no rows" } else { "expected an index below 20" };
                for refused in
                    [examples.fit(selected, scaling).map(drop), examples.dataset::<f32>(selected, &fitted).map(drop)]
                {
                    let message = refused.unwrap_err().to_string();
                    assert!(message.contains(want), "{scaling:?} {selected:?}: {message}");
                }
            }
        }
    }
}

#[test]
fn a_column_is_not_both_left_out_and_learned_from() {
    let text = "a,b,g,w,y\n".to_owned() + &rows(20, |at| format!("{},{},{},1,{}", at % 7, at % 5, at / 4, at * 3));
    let folder = Folder::new(&[("t.csv", &text)]);
    let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let refused = |features: &[&str], drop: &[&str], says: &str| {
        let mut request = folder.request("t.csv").target("y");
        (request.features, request.drop) = (Some(own(features)), own(drop));
        (request.group, request.row_weights) = (Some("g".to_owned()), Some("w".to_owned()));
        let message = request.read().unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    };
    refused(&["a", "b"], &["a"], "drop: found a, beside the features a, b");
    refused(&["a", "g"], &[], "\"g\", which says which rows belong together");
    refused(&["a", "w"], &[], "\"w\", which says how much rows count");
    let beside = |drop: &[&str], group: &str| {
        let mut request = folder.request("t.csv").target("y");
        (request.drop, request.group) = (own(drop), Some(group.to_owned()));
        request.read().map(|_| ()).map_err(|error| error.to_string())
    };
    assert!(beside(&["y"], "g").unwrap_err().contains("drop: found \"y\", which is the target"));
    assert!(beside(&[], "y").unwrap_err().contains("group: found \"y\", which is the target"));
    assert_eq!(beside(&["g"], "g"), Ok(()));
}

#[test]
fn outputs_at_hand_are_whole_rows_of_numbers() {
    let model = Model::new(network(2, 2), Loss::CrossEntropy);
    let message = |outputs: Vec<f32>| model.probabilities_of(outputs).unwrap_err().to_string();
    assert!(message(vec![0.0, 1.0, 5.0]).contains("3 numbers, expected rows of 2"));
    assert!(message(vec![0.0, 1.0, f32::NAN, 1.0]).contains("row 2: output 1 is NaN"));
    let refused = Model::new(network(2, 2), Loss::Mse).unscale(&mut [0.0_f32; 3]).unwrap_err().to_string();
    assert!(refused.contains("3 numbers, expected rows of 2"), "{refused}");
}

#[test]
fn a_model_without_classes_names_none() {
    let rows = Features::new(1, 2, vec![0.5_f32, 1.5]).unwrap();
    for (loss, outputs) in [(Loss::Mse, 1), (Loss::BinaryCrossEntropy, 2)] {
        let message = Model::new(network(2, outputs), loss).predict_classes(&rows).unwrap_err().to_string();
        assert!(message.starts_with("classes: found a model of "), "{message}");
    }
}

#[test]
fn a_file_is_not_saved_under_the_name_of_another_format_and_archives_are_read_from_files() {
    let folder = Folder::new(&[]);
    let model = Model::new(network(2, 1), Loss::Mse);
    let message = model.save(folder.path("m.onnx")).unwrap_err().to_string();
    assert!(
        message.contains("m.onnx") && message.contains(".safetensors") && !folder.path("m.onnx").exists(),
        "{message}"
    );
    let message = ModelFile::parse("bytes", b"PK\x03\x04....").unwrap_err().to_string();
    assert!(message.contains("an NPZ archive") && message.contains("ModelFile::open"), "{message}");
}

#[test]
fn r2_of_several_values_is_the_same_wherever_it_is_asked() {
    let x = Features::new(4, 1, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let targets = Targets::Values { values: vec![1.0, 5.0, 2.0, 5.0, 4.0, 5.0, 3.0, 5.0], cols: 2 };
    let data = Dataset::<f64>::new(x, targets).unwrap();
    let network = Mlp::builder(1).dense(2).seed(3).build_as::<f64>().unwrap();
    let found = Model::new(network, Loss::Mse).assess(&data).unwrap();
    let (evaluated, measured) = (found.evaluation.r2.unwrap(), found.metric("R2").unwrap());
    assert!((evaluated - measured).abs() < 1e-12 * measured.abs(), "{evaluated} {measured}");
    assert_eq!(found.outputs[1].r2, 0.0);
}

#[test]
fn names_given_to_columns_find_them_in_a_table() {
    let folder = Folder::new(&[
        ("named.csv", &("b,y,a\n".to_owned() + &rows(10, |at| format!("{at},{},{}", at * 2, at * 3)))),
        ("unnamed.csv", &rows(10, |at| format!("{at}.5,{},{}", at * 2, at * 3))),
    ]);
    let own = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let model = Model::new(network(2, 1), Loss::Mse).with_feature_names(own(["a", "b"])).unwrap();
    let (found, _) = folder.request("named.csv").target("y").read_features(&model).unwrap();
    assert_eq!(found.row(2).into_owned(), [6.0, 2.0]);
    let message = folder.request("unnamed.csv").target("2").read_for(&model).unwrap_err().to_string();
    assert!(message.contains("found 3 columns, expected 2") && message.contains("by their names (a, b)"), "{message}");
    // Those of a table are not named anew: they may have become other features.
    let data = folder.request("named.csv").target("y").read().unwrap();
    let fitted = data.fit(&all(&data), Scaling::None).unwrap();
    let data = data.dataset::<f32>(&all(&data), &fitted).unwrap();
    let message = data.clone().with_feature_names(own(["p", "q"])).unwrap_err().to_string();
    assert!(message.contains("columns of a table, b, a"), "{message}");
    assert!(Model::new(network(2, 1), Loss::Mse).described_by(&data).with_feature_names(own(["p", "q"])).is_err());
}

#[test]
fn a_yes_or_no_is_not_learned_as_a_value_whose_answers_would_be_read_as_logits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let rows: String = (0..40).map(|row| format!("{},{}\n", row % 7, if row % 7 > 3 { "yes" } else { "no" })).collect();
    std::fs::write(&path, "a,y\n".to_owned() + &rows).unwrap();
    let mut request = Request::new(Source::File(path)).target("y");
    request.task = Some(Task::Binary);
    let examples = request.read().unwrap();
    let all: Vec<usize> = (0..40).collect();
    let fitted = examples.fit(&all, examples.usual_scaling()).unwrap();
    let data = examples.dataset::<f32>(&all, &fitted).unwrap();
    let train = |loss| {
        let mut model = Model::new(Mlp::builder(1).dense(1).build().unwrap(), loss).described_by(&data);
        Trainer::new(TrainConfig { loss, ..TrainConfig::default().epochs(1) }).unwrap().resume(
            &mut model,
            &data,
            None,
            (),
        )
    };
    assert!(train(Loss::BinaryCrossEntropy).is_ok());
    let refused = train(Loss::Mse).unwrap_err().to_string();
    assert!(refused.contains("found mse, expected binary-cross-entropy for binary; 0 and 1 as values"), "{refused}");
    request.loss = Some(Loss::Huber(1.0));
    let refused = request.read().unwrap_err().to_string();
    assert!(refused.contains("for binary"), "{refused}");
}

#[test]
fn classes_that_were_read_as_texts_are_read_so_for_the_model() {
    let folder = tempfile::tempdir().unwrap();
    for codes in [
        ["1.1", "1.10", "1.2"],
        ["01", "1", "36"],
        ["$5", "$10", "$20"],
        ["(1)", "(2)", "(10)"],
        ["900719925474099301", "900719925474099303", "3"],
    ] {
        let path = folder.path().join("t.csv");
        let text: String = (0..30).map(|row| format!("{},{}\n", row % 3, codes[row % 3])).collect();
        std::fs::write(&path, "x,code\n".to_owned() + &text).unwrap();
        let mut request = Request::new(Source::File(path.clone())).target("code");
        request.format.categories = vec!["code".to_owned()];
        let examples = request.read().unwrap();
        let all: Vec<usize> = (0..30).collect();
        let fitted = examples.fit(&all, Scaling::Standardize).unwrap();
        let data = examples.dataset::<f32>(&all, &fitted).unwrap();
        let names = examples.class_names().unwrap().to_vec();
        let model = Model::new(network(1, 3), Loss::CrossEntropy).with_class_names(names).described_by(&data);
        // Neither the column nor its kind is said again, or the column alone.
        for request in
            [Request::new(Source::File(path.clone())), Request::new(Source::File(path.clone())).target("code")]
        {
            let again = request.read_for(&model).unwrap();
            assert_eq!(again.dataset_for::<f32>(&all, &model).unwrap().targets(), data.targets(), "{codes:?}");
        }
        let tested = Request::new(Source::File(path)).target("code").read_to_test(&examples, &fitted).unwrap();
        assert_eq!(tested.dataset::<f32>(&all, &fitted).unwrap().targets(), data.targets(), "{codes:?}");
    }
}

#[test]
fn groups_that_f64_does_not_tell_apart_are_refused_unless_they_are_texts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let text: String =
        (0..40).map(|row| format!("{},{},{}\n", 900719925474099300_u64 + row / 2, row % 7, row % 2)).collect();
    std::fs::write(&path, "pid,x,y\n".to_owned() + &text).unwrap();
    let mut request = Request::new(Source::File(path)).target("y");
    request.group = Some("pid".to_owned());
    let refused = request.read().unwrap_err().to_string();
    assert!(refused.contains("beyond 2^53 in \"pid\"") && refused.contains("categories = pid"), "{refused}");
    request.format.categories = vec!["pid".to_owned()];
    let groups = request.read().unwrap().groups().unwrap().to_vec();
    assert_eq!(groups.iter().max(), Some(&19));
}

#[test]
fn what_is_no_number_in_a_column_that_nothing_is_asked_of_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    // Past the rows by which the kinds of columns are told.
    let odd = |row: usize| ["inf", "-1e400", "later"].get(row.wrapping_sub(1996)).copied().unwrap_or("1.5");
    let text: String = (0..2000).map(|row| format!("{},{},{}\n", row % 7, odd(row), row % 2)).collect();
    std::fs::write(&path, "x,b,y\n".to_owned() + &text).unwrap();
    let request = Request::new(Source::File(path)).target("y");
    assert!(request.read().unwrap_err().to_string().contains("inf"));
    let (mut without, mut with) = (request.clone(), request);
    without.drop = vec!["b".to_owned()];
    with.features = Some(vec!["x".to_owned()]);
    for request in [without, with] {
        assert_eq!(request.read().unwrap().rows(), 2000);
    }
}
