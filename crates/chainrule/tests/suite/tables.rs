//! Tables as people have them, from their files to what is predicted: what columns are, what is learned, how rows are split.

use std::path::PathBuf;

use chainrule::data::{
    Examples, Missing, Request, Scaling, Source, SplitBy, SplitRequest, Targets, TextFormat, Unknown, write_npy,
};
use chainrule::{Error, Loss, Mlp, Model, Task, TrainConfig, Trainer};

/// A folder with files in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| std::fs::write(folder.path(name), text).unwrap());
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn request(&self, name: &str) -> Request {
        Request::new(Source::File(self.path(name)))
    }
}

/// What stands in a file, with this column as its target.
fn read(text: &str, target: &str) -> chainrule::Result<Examples> {
    Folder::new(&[("t.csv", text)]).request("t.csv").target(target).read()
}

fn message(text: &str, target: &str) -> String {
    read(text, target).unwrap_err().to_string()
}

fn all(examples: &Examples) -> Vec<usize> {
    (0..examples.rows()).collect()
}

/// The features of all rows, not scaled, and what each is called.
fn features(examples: &Examples) -> (Vec<String>, Vec<f64>) {
    let fitted = examples.fit(&all(examples), Scaling::None).unwrap();
    let data = examples.dataset::<f64>(&all(examples), &fitted).unwrap();
    (fitted.schema().unwrap().feature_names(), data.features().data().to_vec())
}

fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).map(|at| row(at) + "\n").collect()
}

#[test]
fn the_target_is_a_column_by_name_or_number_and_the_others_are_features() {
    let text = "size,town,price\n50,Ulm,1.5\n60,Bonn,2.5\n70,Ulm,3.5\n";
    for target in ["price", "3"] {
        let examples = read(text, target).unwrap();
        assert_eq!(
            (examples.task(), examples.outputs(), examples.target_names()),
            (Task::Regression, 1, &["price".to_owned()][..])
        );
        let (names, numbers) = features(&examples);
        assert_eq!(names, ["size", "town=Bonn", "town=Ulm"]);
        assert_eq!(numbers, [50.0, 0.0, 1.0, 60.0, 1.0, 0.0, 70.0, 0.0, 1.0]);
    }
    let told = message(text, "prize");
    assert!(told.contains("unknown column \"prize\", did you mean \"price\"?") && told.contains("town"), "{told}");
    let folder = Folder::new(&[("t.csv", text)]);
    assert!(matches!(folder.request("t.csv").read(), Err(Error::LabelsNeeded { .. })));
    let mut request = folder.request("t.csv").target("price");
    request.features = Some(vec!["size".to_owned(), "price".to_owned()]);
    assert!(request.read().unwrap_err().to_string().contains("\"price\", which is the target"));
    request.features = Some(vec!["size".to_owned()]);
    assert_eq!(features(&request.read().unwrap()).0, ["size"]);
    request.features = None;
    request.drop = vec!["1".to_owned()];
    assert_eq!(features(&request.read().unwrap()).0, ["town=Bonn", "town=Ulm"]);
    request.drop = vec!["1".to_owned(), "town".to_owned()];
    assert!(request.read().unwrap_err().to_string().contains("one column at least"));
}

#[test]
fn delimiters_decimals_and_headers_are_told_by_the_first_lines_and_said() {
    for (text, note) in [
        ("a;b\n1;2\n3;4\n", "delimiter: semicolon"),
        ("a\tb\n1\t2\n3\t4\n", "delimiter: tab"),
        ("a|b\r\n1|2\r\n\r\n3|4", "delimiter: pipe"),
        ("1 2\n3 4\n", "delimiter: blanks"),
        ("\u{feff}a,b\r1,2\r3,4\r", "first line taken as names"),
        ("\"a\",\"b\"\n\"1\",2\n3,\"4\"\n", "first line taken as names"),
    ] {
        let examples = read(text, "2").unwrap();
        assert!(examples.notes().iter().any(|found| found == note), "{text:?}: {:?}", examples.notes());
        assert_eq!(features(&examples).1, [1.0, 3.0], "{text:?}");
    }
    let examples = read("x;y\n0,5;1\n1,25;2,5\n-3;3,5\n", "y").unwrap();
    assert_eq!(features(&examples).1, [0.5, 1.25, -3.0]);
    assert!(examples.notes().iter().any(|note| note.contains("decimal commas")));
    let examples = read("0,1,2\n5,6,7.5\n8,9,1.5\n", "3").unwrap();
    assert!(examples.rows() == 3 && examples.notes().iter().any(|note| note.contains("it is a header")));
    let folder = Folder::new(&[("t.csv", "0,1,2\n5,6,7.5\n8,9,1.5\n")]);
    let mut request = folder.request("t.csv").target("2");
    request.format = TextFormat { header: Some(true), ..TextFormat::default() };
    assert_eq!(
        (request.read().unwrap().rows(), features(&request.read().unwrap()).0),
        (2, vec!["0".to_owned(), "1".to_owned()])
    );
}

#[test]
fn a_first_row_without_any_value_is_a_row() {
    let told = message("NA,NA\n1,2\n3,4\n", "2");
    assert!(told.contains("row 1, column 1: found a missing value") && told.contains("are missing"), "{told}");
}

#[test]
fn few_whole_numbers_and_words_are_classes_and_others_are_values() {
    let task = |target: &dyn Fn(usize) -> String| {
        read(&rows(400, |at| format!("{},{}", at % 7, target(at))), "2")
            .map(|examples| (examples.task(), examples.outputs()))
    };
    assert_eq!(task(&|at| (at % 3).to_string()).unwrap(), (Task::Classification, 3));
    assert_eq!(task(&|at| ["red", "blue"][at % 2].to_owned()).unwrap(), (Task::Classification, 2));
    assert_eq!(task(&|at| format!("{}.0", at % 20)).unwrap(), (Task::Classification, 20));
    assert_eq!(task(&|at| format!("{}.5", at % 3)).unwrap(), (Task::Regression, 1));
    assert_eq!(task(&|at| (1000 * at).to_string()).unwrap(), (Task::Regression, 1));
    assert_eq!(task(&|at| (70_000 + at % 30).to_string()).unwrap(), (Task::Regression, 1));
    let told = task(&|at| (at % 30).to_string()).unwrap_err().to_string();
    assert!(told.contains("30 different whole numbers") && told.contains("task = classification"), "{told}");
    // Each row another number: a regression, as the rows of a class are missing.
    assert_eq!(read(&rows(12, |at| format!("{at},{}", at + 1)), "2").unwrap().task(), Task::Regression);
}

#[test]
fn a_task_or_a_loss_says_what_whole_numbers_are() {
    let folder = Folder::new(&[("t.csv", &rows(60, |at| format!("{at},{}", at % 3)))]);
    let request = || folder.request("t.csv").target("2");
    let mut values = request();
    values.loss = Some(Loss::Mse);
    assert_eq!((values.read().unwrap().task(), values.read().unwrap().outputs()), (Task::Regression, 1));
    let mut classes = request();
    classes.task = Some(Task::Classification);
    classes.classes = Some(5);
    let examples = classes.read().unwrap();
    assert_eq!(examples.outputs(), 5);
    assert!(examples.notes().iter().any(|note| note == "warning: no row has the class 3, 4"), "{:?}", examples.notes());
    let mut binary = request();
    binary.task = Some(Task::Binary);
    let told = binary.read().unwrap_err().to_string();
    assert!(told.contains("3 different labels") && told.contains("two for a binary task"), "{told}");
    // One of several classes by yes or no at each output.
    let mut each = request();
    each.loss = Some(Loss::BinaryCrossEntropy);
    assert_eq!((each.read().unwrap().task(), each.read().unwrap().outputs()), (Task::Classification, 3));
    values.task = Some(Task::Binary);
    values.loss = Some(Loss::CrossEntropy);
    assert!(values.read().unwrap_err().to_string().contains("expected binary-cross-entropy for binary"));
    let halves = Folder::new(&[("t.csv", "1,0.5\n2,1\n3,2\n")]);
    let mut request = halves.request("t.csv").target("2");
    request.task = Some(Task::Classification);
    let told = request.read().unwrap_err().to_string();
    assert!(told.contains("row 1, column 2: found label 0.5, expected a whole number"), "{told}");
}

#[test]
fn labels_of_any_kind_are_mapped_and_the_mapping_is_said_and_kept() {
    for (labels, names) in [
        (["1", "5", "3"], ["1", "3", "5"]),
        (["-1", "1", "0"], ["-1", "0", "1"]),
        (["b", "c", "a"], ["a", "b", "c"]),
        (["100", "0", "7"], ["0", "7", "100"]),
    ] {
        let examples = read(&rows(30, |at| format!("{at},{}", labels[at % 3])), "2").unwrap();
        assert_eq!(examples.class_names().unwrap(), names);
        let mapped = format!("classes: {} = 0, {} = 1, {} = 2", names[0], names[1], names[2]);
        assert!(examples.notes().contains(&mapped), "{:?}", examples.notes());
        let data = examples.dataset::<f32>(&[0, 1, 2], &examples.fit(&all(&examples), Scaling::None).unwrap()).unwrap();
        let Targets::Classes { labels: found, classes } = data.targets() else { panic!() };
        let wanted: Vec<u32> =
            labels.iter().map(|label| names.iter().position(|name| name == label).unwrap() as u32).collect();
        assert_eq!((found, *classes), (&wanted, 3));
    }
    let one = read("1,x\n2,x\n3,x\n4,x\n", "2").unwrap();
    assert!(one.notes().iter().any(|note| note.starts_with("warning: every row has the class x")), "{:?}", one.notes());
}

#[test]
fn one_output_of_yes_or_no_takes_0_and_1_or_two_labels() {
    for (labels, answers) in [(["0", "1"], ["0", "1"]), (["yes", "no"], ["no", "yes"]), (["-1", "1"], ["-1", "1"])] {
        let folder = Folder::new(&[("t.csv", &rows(20, |at| format!("{at},{}", labels[at % 2])))]);
        let mut request = folder.request("t.csv").target("2");
        request.loss = Some(Loss::BinaryCrossEntropy);
        let examples = request.read().unwrap();
        assert_eq!((examples.task(), examples.outputs()), (Task::Binary, 1));
        let fitted = examples.fit(&all(&examples), Scaling::None).unwrap();
        assert_eq!(fitted.target().answers(), Some(answers));
        let data = examples.dataset::<f32>(&[0, 1], &fitted).unwrap();
        let wanted = labels.map(|label| f32::from(u8::from(label == answers[1])));
        assert_eq!(*data.targets(), Targets::Values { values: wanted.to_vec(), cols: 1 });
    }
    let folder = Folder::new(&[("t.csv", "1,0,1\n2,1,1\n3,0,0\n")]);
    let told = folder.request("t.csv").target("2").target("3").read().unwrap_err().to_string();
    assert!(told.contains("2 columns of 0 and 1") && told.contains("task = multi-label"), "{told}");
}

#[test]
fn missing_values_are_counted_or_filled_by_what_training_saw() {
    let text = "age,town,y\n1,a,0.5\n,b,1.5\n3,,2.5\n3,b,3.5\n9,b,4.5\nNaN,b,?\n";
    let told = message(text, "y");
    assert!(told.contains("4 are missing (age 2, town 1)") || told.contains("3 are missing (age 2, town 1)"), "{told}");
    let folder = Folder::new(&[("t.csv", text)]);
    let filled = |missing| {
        let mut request = folder.request("t.csv").target("y");
        request.missing = Some(missing);
        let examples = request.read().unwrap();
        let (names, numbers) = features(&examples);
        (names, numbers.chunks(numbers.len() / examples.rows()).map(<[f64]>::to_vec).collect::<Vec<_>>(), examples)
    };
    let (names, numbers, examples) = filled(Missing::Mean);
    assert_eq!(names, ["age", "town=a", "town=b"]);
    assert_eq!((&numbers[1], &numbers[2]), (&vec![4.0, 0.0, 1.0], &vec![3.0, 0.0, 1.0]));
    assert!(examples.notes().iter().any(|note| note == "1 rows without a target left out"), "{:?}", examples.notes());
    assert_eq!(filled(Missing::Median).1[1], [3.0, 0.0, 1.0]);
    assert_eq!(filled(Missing::MostFrequent).1[1], [3.0, 0.0, 1.0]);
    let (_, numbers, examples) = filled(Missing::Drop);
    assert_eq!((numbers.len(), examples.rows()), (3, 3));
    let (names, numbers, _) = filled(Missing::Indicator);
    assert_eq!(names, ["age", "age is missing", "town=a", "town=b", "town=(missing)"]);
    assert_eq!((&numbers[1], &numbers[2]), (&vec![3.0, 1.0, 0.0, 1.0, 0.0], &vec![3.0, 0.0, 0.0, 0.0, 1.0]));
}

#[test]
fn columns_that_say_nothing_are_left_out_and_dates_refused() {
    let text = rows(40, |at| format!("{at},name {at},,{}.5", at % 7));
    let examples = read(&("row,who,empty,y\n".to_owned() + &text), "y").unwrap();
    assert_eq!(features(&examples).0, ["row"]);
    let notes = examples.notes().join("\n");
    assert!(notes.contains("left out who: 40 different texts in 40 rows"), "{notes}");
    assert!(notes.contains("left out empty: every value is missing"), "{notes}");
    let dates = "day,y\n".to_owned() + &rows(40, |at| format!("2026-01-{:02},{}.5", at % 15 + 1, at));
    let told = message(&dates, "y");
    assert!(told.contains("dates in \"day\" (\"2026-01-01\")") && told.contains("days since"), "{told}");
}

#[test]
fn wide_numbers_are_scaled_before_they_are_narrowed() {
    // In f32 these seconds are one number.
    let text = "seconds,y\n".to_owned() + &rows(64, |at| format!("{},{}", 1_700_000_000 + at, u8::from(at >= 32)));
    let examples = read(&text, "y").unwrap();
    let fitted = examples.fit(&all(&examples), Scaling::Standardize).unwrap();
    let data = examples.dataset::<f32>(&all(&examples), &fitted).unwrap();
    let numbers = data.features().data().to_vec();
    assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] > 0.05), "{numbers:?}");
    for (scaling, least, most) in [(Scaling::Minmax, 0.0, 1.0), (Scaling::Robust, -1.0, 1.0)] {
        let fitted = examples.fit(&all(&examples), scaling).unwrap();
        let data = examples.dataset::<f64>(&all(&examples), &fitted).unwrap();
        let numbers = data.features().data();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(numbers[0], least) && near(numbers[63], most), "{scaling}: {} {}", numbers[0], numbers[63]);
    }
}

/// 200 houses whose price is a formula of the other columns.
fn houses() -> String {
    let town = |at: usize| ["Ulm", "Bonn", "Kiel"][at % 3];
    let price = |at: usize| 500_000.0 + 1000.0 * ((at * 37) % 50) as f64 + 20_000.0 * (at % 3) as f64;
    "size,town,price\n".to_owned() + &rows(200, |at| format!("{},{},{}", (at * 37) % 50, town(at), price(at)))
}

/// A model of the houses.
fn trained(folder: &Folder) -> (Model<f32>, Examples, Vec<usize>) {
    let examples = folder.request("houses.csv").target("price").read().unwrap();
    let parts = examples.split(&SplitRequest::default()).unwrap();
    let fitted = examples.fit(&parts.train, examples.usual_scaling()).unwrap();
    let train = examples.dataset::<f32>(&parts.train, &fitted).unwrap();
    let network = Mlp::builder(train.cols()).dense(16).relu().dense(1).seed(3).build().unwrap();
    let adam = chainrule::Optimizer::by_name("adam").unwrap().with("lr", 0.01).unwrap();
    let config = TrainConfig::default().epochs(60).loss(Loss::Mse).optimizer(adam);
    let mut model = Trainer::new(config).unwrap().fit(network, &train, None, ()).unwrap().model;
    model.split = Some(examples.remember(&SplitRequest::default()));
    (model, examples, parts.test)
}

#[test]
fn values_are_learned_standardised_and_told_in_their_own_unit() {
    let folder = Folder::new(&[("houses.csv", &houses())]);
    let (model, examples, test) = trained(&folder);
    assert_eq!((model.task, model.target.names()), (Some(Task::Regression), &["price".to_owned()][..]));
    let data = examples.dataset_for(&test, &model).unwrap();
    let found = model.evaluate(&data).unwrap();
    assert!(found.r2.unwrap() > 0.95, "{found:?}");
    let predicted = model.predict(data.features()).unwrap();
    let plain = examples
        .dataset::<f32>(&test, &examples.fit(&test, Scaling::None).unwrap().with_targets_as_they_are())
        .unwrap();
    let Targets::Values { values, .. } = plain.targets() else { panic!() };
    let errors: Vec<f64> = predicted.iter().zip(values).map(|(y, t)| f64::from(y - t)).collect();
    let count = errors.len() as f64;
    let (mse, mae) =
        (errors.iter().map(|e| e * e).sum::<f64>() / count, errors.iter().map(|e| e.abs()).sum::<f64>() / count);
    assert!((found.loss / mse - 1.0).abs() < 1e-3, "{} {mse}", found.loss);
    assert!((found.mae.unwrap() / mae - 1.0).abs() < 1e-3, "{:?} {mae}", found.mae);
    let assessed = model.assess(&data).unwrap();
    assert!((assessed.metrics.iter().find(|(name, _)| *name == "MAE").unwrap().1 / mae - 1.0).abs() < 1e-3);
    let raw = model.predict_raw(data.features()).unwrap();
    assert!(raw.iter().all(|y| y.abs() < 10.0), "what the network says is standardised");
}

#[test]
fn a_model_s_file_knows_its_columns_targets_and_split() {
    let folder = Folder::new(&[("houses.csv", &houses())]);
    let (model, examples, test) = trained(&folder);
    model.save(folder.path("m")).unwrap();
    let again = Model::<f32>::load(folder.path("m")).unwrap();
    assert_eq!(
        (&again.schema, &again.target, &again.split, again.task),
        (&model.schema, &model.target, &model.split, model.task)
    );
    // The same rows, found again; others are told from them.
    let read = folder.request("houses.csv").read_for(&again).unwrap();
    assert_eq!(read.split_again(again.split.as_ref().unwrap()).unwrap().test, test);
    let other = Folder::new(&[("houses.csv", &houses().replacen(",Ulm,", ",Kiel,", 1))]);
    let told =
        other.request("houses.csv").read_for(&again).unwrap().split_again(again.split.as_ref().unwrap()).unwrap_err();
    assert!(told.to_string().contains("other data"), "{told}");
    let shorter = Folder::new(&[("houses.csv", houses().rsplit_once("\n").unwrap().0.rsplit_once("\n").unwrap().0)]);
    let told =
        shorter.request("houses.csv").read_for(&again).unwrap().split_again(again.split.as_ref().unwrap()).unwrap_err();
    assert!(told.to_string().contains("199 rows"), "{told}");
    let _ = examples;
}

#[test]
fn columns_are_found_by_name_when_a_model_predicts() {
    let folder = Folder::new(&[
        ("houses.csv", &houses()),
        ("new.csv", "colour,town,size\nred,Ulm,10\nblue,Kiel,20\n"),
        ("same.csv", "size,town,price\n10,Ulm,1\n20,Kiel,2\n"),
        ("bare.csv", "10,Ulm\n20,Kiel\n"),
        ("lacks.csv", "town,sizes\nUlm,10\n"),
        ("other.csv", "size,town\n10,Rom\n"),
        ("hole.csv", "size,town\n,Ulm\n"),
        ("word.csv", "size,town\nbig,Ulm\nsmall,Ulm\n"),
    ]);
    let (model, ..) = trained(&folder);
    let predict = |name: &str| {
        let (features, notes) = folder.request(name).read_features(&model)?;
        Ok::<_, Error>((model.predict(&features)?, notes))
    };
    let (wanted, _) = predict("same.csv").unwrap();
    let (found, notes) = predict("new.csv").unwrap();
    assert_eq!(found, wanted);
    assert!(notes.iter().any(|note| note == "note: columns passed over: colour"), "{notes:?}");
    assert_eq!(predict("bare.csv").unwrap().0, wanted);
    let message = |name| predict(name).unwrap_err().to_string();
    assert!(message("lacks.csv").contains("no column \"size\"") && message("lacks.csv").contains("nearest: \"sizes\""));
    assert!(
        message("other.csv").contains("found \"\\\"Rom\\\"\"") || message("other.csv").contains("Rom"),
        "{}",
        message("other.csv")
    );
    assert!(message("other.csv").contains("Bonn, Kiel, Ulm"), "{}", message("other.csv"));
    assert!(message("hole.csv").contains("row 1, column 1: found a missing value"), "{}", message("hole.csv"));
    assert!(message("word.csv").contains("a number in \"size\""), "{}", message("word.csv"));
    let mut request = folder.request("houses.csv").target("price");
    request.unknown = Unknown::Zeros;
    let examples = request.read().unwrap();
    let fitted = examples.fit(&all(&examples), Scaling::None).unwrap();
    let network = Mlp::builder(4).dense(1).seed(1).build().unwrap();
    let model = Model::new(network, Loss::Mse).described_by(&examples.dataset::<f32>(&[0], &fitted).unwrap());
    let (features, _) = folder.request("other.csv").read_features(&model).unwrap();
    assert_eq!(*features.data(), [10.0, 0.0, 0.0, 0.0]);
}

#[test]
fn labels_that_a_model_does_not_know_are_refused_when_it_is_evaluated() {
    let folder =
        Folder::new(&[("t.csv", &rows(30, |at| format!("{at},{}", ["a", "b"][at % 2]))), ("other.csv", "1,a\n2,c\n")]);
    let examples = folder.request("t.csv").target("2").read().unwrap();
    let fitted = examples.fit(&all(&examples), Scaling::Standardize).unwrap();
    let data = examples.dataset::<f32>(&all(&examples), &fitted).unwrap();
    let network = Mlp::builder(1).dense(2).seed(1).build().unwrap();
    let config = TrainConfig::default().epochs(1);
    let model = Trainer::new(config).unwrap().fit(network, &data, None, ()).unwrap().model;
    let mut request = folder.request("other.csv").target("2");
    let told = request.read_for(&model).unwrap_err().to_string();
    assert!(told.contains("row 2, column 2: found label c, expected one of the classes a, b"), "{told}");
    request.target = vec!["9".to_owned()];
    assert!(request.read_for(&model).is_err());
}

#[test]
fn groups_stay_together_and_weights_come_from_a_column() {
    let folder = Folder::new(&[(
        "t.csv",
        &("x,who,weight,y\n".to_owned() + &rows(60, |at| format!("{at},p{},{},{}.5", at / 6, at % 3, at))),
    )]);
    let mut request = folder.request("t.csv").target("y");
    (request.group, request.row_weights) = (Some("who".to_owned()), Some("weight".to_owned()));
    let examples = request.read().unwrap();
    assert_eq!((features(&examples).0, examples.usual_split()), (vec!["x".to_owned()], SplitBy::Group));
    let split = SplitRequest { by: SplitBy::Group, validation: 0.25, ..SplitRequest::default() };
    let parts = examples.split(&split).unwrap();
    let groups = |part: &[usize]| part.iter().map(|row| row / 6).collect::<std::collections::BTreeSet<_>>();
    assert!(groups(&parts.train).is_disjoint(&groups(&parts.test)));
    assert!(groups(&parts.train).is_disjoint(&groups(&parts.validation)));
    let data = examples.dataset::<f64>(&[0, 1, 2], &examples.fit(&all(&examples), Scaling::None).unwrap()).unwrap();
    assert_eq!(data.weights(), Some(&[0.0, 1.0, 2.0][..]));
}

#[test]
fn arrays_and_text_are_read_by_the_same_rules() {
    let folder = Folder::new(&[("y.csv", "up\ndown\nup\ndown\n")]);
    write_npy(folder.path("x.npy"), 4, 2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]).unwrap();
    let mut request = folder.request("x.npy");
    request.labels = Some(folder.path("y.csv"));
    let examples = request.read().unwrap();
    assert_eq!(examples.class_names().unwrap(), ["down", "up"]);
    let by_column = folder.request("x.npy").target("2").read().unwrap();
    assert_eq!((by_column.task(), features(&by_column).1), (Task::Regression, vec![1.0, 3.0, 5.0, 7.0]));
    std::fs::write(folder.path("y.csv"), "up\ndown\nup\n").unwrap();
    let told = request.read().unwrap_err().to_string();
    assert!(told.contains("has 4 rows but") && told.contains("has 3;"), "{told}");
}
