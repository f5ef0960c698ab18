//! What is learned: classes, answers, values, and how labels are counted.

use chainrule::data::{Missing, Scaling, Targets};
use chainrule::{Loss, Mlp, Model, Task, TrainConfig, Trainer};

use super::{Folder, all, read, rows};

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
fn rows_without_a_class_are_counted_and_refused_or_left_out() {
    let text = "a,b,kind\n1,2,None\n3,4,brick\n5,6,wood\n7,8,none\n9,10,brick\n11,12,\n";
    let told = read(text, "kind").unwrap_err().to_string();
    assert!(told.contains("row 1, column 3: found label \"None\", no class, as in 3 rows"), "{told}");
    assert!(told.contains("missing = drop leaves out the rows without one; if it names a class"), "{told}");
    let folder = Folder::new(&[("t.csv", text)]);
    let mut request = folder.request("t.csv").target("kind");
    request.missing = Some(Missing::Drop);
    let examples = request.read().unwrap();
    assert_eq!((examples.rows(), examples.class_names().unwrap()), (3, &["brick".to_owned(), "wood".to_owned()][..]));
    assert!(examples.notes().iter().any(|note| note == "3 rows without a target left out"), "{:?}", examples.notes());
    let told = read("a,y\n1,1.5\n2,\n3,NA\n4,2.5\n", "y").unwrap_err().to_string();
    assert!(told.contains("row 2, column 2: found label nothing (or NA or the like), as in 2 rows"), "{told}");
    // A model may have learned it as a class.
    let known = ["None", "brick", "wood"].map(str::to_owned).to_vec();
    let network = Mlp::<f32>::builder(2).dense(3).build().unwrap();
    let model = Model::new(network, Loss::CrossEntropy).with_class_names(known);
    let folder = Folder::new(&[("t.csv", "a,b,kind\n1,2,None\n3,4,brick\n")]);
    assert_eq!(folder.request("t.csv").target("kind").read_for(&model).unwrap().rows(), 2);
}

#[test]
fn labels_in_other_letters_or_words_are_refused_with_the_class_that_is_nearest() {
    let told = |names: [&str; 2], label: &str| {
        let network = Mlp::<f32>::builder(2).dense(2).build().unwrap();
        let model = Model::new(network, Loss::CrossEntropy).with_class_names(names.map(str::to_owned).to_vec());
        let folder = Folder::new(&[("t.csv", &format!("a,b,kind\n1,2,{label}\n3,4,{label}\n"))]);
        folder.request("t.csv").target("kind").read_for(&model).unwrap_err().to_string()
    };
    for (names, label, class) in
        [(["no", "yes"], "Yes", "yes"), (["0", "1"], "True", "1"), (["False", "True"], "0", "False")]
    {
        let told = told(names, label);
        let wanted =
            format!("found label {label}, expected one of the classes {}; if {class:?} is meant", names.join(", "));
        assert!(told.contains(&wanted), "{told}");
    }
}

#[test]
fn columns_of_yes_and_no_are_one_hot_where_each_row_has_one_yes() {
    let dummies = |second: &str| {
        let row = |at: usize| {
            let yes = |class: usize| if at % 3 == class { "True" } else { "False" };
            format!("{at},{},{},{}", yes(0), if at == 4 { second } else { yes(1) }, yes(2))
        };
        format!("x,red,green,blue\n{}", rows(30, row))
    };
    let folder = Folder::new(&[("t.csv", &dummies("True")), ("u.csv", &dummies("False"))]);
    let request = |file: &str, task: Option<Task>| {
        let mut request = folder.request(file).target("red").target("green").target("blue");
        request.task = task;
        request.read()
    };
    // What is advised is what is taken.
    let told = request("t.csv", None).unwrap_err().to_string();
    let ways = "task = classification (one-hot: each row has one yes) or multi-label (yes or no in each)";
    assert!(told.ends_with(ways), "{told}");
    let classes = request("t.csv", Some(Task::Classification)).unwrap();
    assert_eq!(classes.class_names().unwrap(), ["red", "green", "blue"]);
    let fitted = classes.fit(&all(&classes), Scaling::None).unwrap();
    let data = classes.dataset::<f32>(&[0, 1, 2, 3, 4], &fitted).unwrap();
    assert_eq!(data.targets(), &Targets::Classes { labels: vec![0, 1, 2, 0, 1], classes: 3 });
    assert_eq!(request("t.csv", Some(Task::MultiLabel)).unwrap().outputs(), 3);
    // A row without a yes has no class.
    let told = request("u.csv", None).unwrap_err().to_string();
    assert!(told.ends_with("task = multi-label (yes or no in each)"), "{told}");
    // Of numbers they may be values, too.
    let told = message_of_numbers();
    assert!(told.contains("one yes) or multi-label (yes or no in each) or regression (values)"), "{told}");
}

fn message_of_numbers() -> String {
    let folder =
        Folder::new(&[("t.csv", &format!("x,a,b\n{}", rows(9, |at| format!("{at},{},{}", at % 2, 1 - at % 2))))]);
    folder.request("t.csv").target("a").target("b").read().unwrap_err().to_string()
}
