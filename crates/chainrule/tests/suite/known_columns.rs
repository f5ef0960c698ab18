//! What a model that was trained on a table knows of it: which columns, how missing values are filled, which rows it has seen;
//! and what is told of columns before one is trained.

use chainrule::data::{Examples, Missing, Preprocess, Request, Scaling, Source, SplitRequest};
use chainrule::{Loss, Mlp, Model};

fn request(folder: &tempfile::TempDir, name: &str, text: &str) -> Request {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    Request::new(Source::File(path))
}

fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).map(|at| row(at) + "\n").collect()
}

fn names(examples: &Examples) -> Vec<String> {
    let all: Vec<usize> = (0..examples.rows()).collect();
    examples.fit(&all, Scaling::None).unwrap().schema().unwrap().feature_names()
}

/// A model that was trained, so to speak, on these examples.
fn model(examples: &Examples, split: &SplitRequest) -> Model<f32> {
    let parts = examples.split(split).unwrap();
    let fitted = examples.fit(&parts.train, Scaling::Standardize).unwrap();
    let data = examples.dataset::<f32>(&parts.train, &fitted).unwrap();
    let network = Mlp::builder(data.cols()).dense(1).seed(1).build().unwrap();
    let mut model = Model::new(network, Loss::Mse).described_by(&data);
    model.split = Some(examples.remember(split));
    model
}

#[test]
fn a_model_is_evaluated_on_its_own_columns_rows_and_fills_without_being_told() {
    let folder = tempfile::tempdir().unwrap();
    let hole = |at: usize| if at == 7 { String::new() } else { at.to_string() };
    let text = "day,name,x,z,y\n".to_owned()
        + &rows(40, |at| format!("2026-01-{:02},n{at},{},{},{}.5", at % 28 + 1, hole(at), at % 5, at));
    let mut train = request(&folder, "t.csv", &text).target("y");
    train.drop = vec!["day".to_owned(), "name".to_owned()];
    train.missing = Some(Missing::Median);
    let examples = train.read().unwrap();
    let split = SplitRequest::default();
    let model = model(&examples, &split);
    let test = examples.split(&split).unwrap().test;
    // The same file, its columns in another order, and more columns, of which nothing is asked: two may be called alike.
    let other = "extra,y,z,x,name,day,extra\n".to_owned()
        + &rows(40, |at| format!("1,{at}.5,{},{},n{at},2026-01-{:02},2", at % 5, hole(at), at % 28 + 1));
    let twice = other.replace("extra", "x");
    let refused = request(&folder, "twice.csv", &twice).read_for(&model).unwrap_err().to_string();
    assert!(refused.contains("found \"x\", the name of column 1 too"), "{refused}");
    for (name, text) in [("t.csv", &text), ("other.csv", &other)] {
        let again = request(&folder, name, text).read_for(&model).unwrap();
        assert_eq!(again.split_again(model.split.as_ref().unwrap()).unwrap().test, test, "{name}");
        let all: Vec<usize> = (0..40).collect();
        assert_eq!(
            again.dataset_for::<f32>(&all, &model).unwrap().features(),
            examples.dataset_for::<f32>(&all, &model).unwrap().features(),
            "{name}"
        );
    }
}

#[test]
fn groups_and_left_out_rows_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let hole = |at: usize| if at % 10 == 3 { "NA".to_owned() } else { at.to_string() };
    let text = "who,x,y\n".to_owned() + &rows(60, |at| format!("p{},{},{}.5", at / 6, hole(at), at));
    let mut train = request(&folder, "t.csv", &text).target("y");
    (train.group, train.missing) = (Some("who".to_owned()), Some(Missing::Drop));
    let examples = train.read().unwrap();
    assert_eq!(examples.rows(), 54);
    let split = SplitRequest { by: examples.usual_split(), ..SplitRequest::default() };
    let model = model(&examples, &split);
    let again = request(&folder, "t.csv", &text).read_for(&model).unwrap();
    assert_eq!(again.split_again(model.split.as_ref().unwrap()).unwrap(), examples.split(&split).unwrap());
}

#[test]
fn a_category_that_training_did_not_see_is_none_in_evaluation_and_refused_in_prediction() {
    let folder = tempfile::tempdir().unwrap();
    let text = "kind,y\n".to_owned()
        + &rows(30, |at| format!("{},{}.5", ["a", "b", "rare"][if at == 29 { 2 } else { at % 2 }], at));
    let examples = request(&folder, "t.csv", &text).target("y").read().unwrap();
    let seen: Vec<usize> = (0..29).collect();
    let fitted = examples.fit(&seen, Scaling::None).unwrap();
    assert_eq!((examples.unknown_categories(&seen, &fitted), examples.unknown_categories(&[28, 29], &fitted)), (0, 1));
    assert_eq!(*examples.dataset::<f32>(&[28, 29], &fitted).unwrap().features().data(), [1.0, 0.0, 0.0, 0.0]);
    let network = Mlp::builder(2).dense(1).seed(1).build().unwrap();
    let model = Model::new(network, Loss::Mse).described_by(&examples.dataset::<f32>(&seen, &fitted).unwrap());
    let told = request(&folder, "t.csv", &text).read_features(&model).unwrap_err().to_string();
    assert!(told.contains("row 30, column 1") && told.contains("rare") && told.contains("unknown = zeros"), "{told}");
}

#[test]
fn categories_and_numbers_are_compared_by_what_they_mean() {
    let folder = tempfile::tempdir().unwrap();
    let text = "grade,ok,y\n".to_owned() + &rows(30, |at| format!("{},{},{}.5", at % 3 + 1, at % 2, at));
    let mut train = request(&folder, "t.csv", &text).target("y");
    train.format.categories = vec!["grade".to_owned()];
    let model = model(&train.read().unwrap(), &SplitRequest { test: 0.0, ..SplitRequest::default() });
    let predict = |text: &str| {
        let (features, _) = request(&folder, "new.csv", text).read_features(&model).unwrap();
        model.predict(&features).unwrap()
    };
    assert_eq!(predict("grade,ok\n2.0,True\n3.0,False\n"), predict("grade,ok\n2,1\n3,0\n"));
}

#[test]
fn signs_of_missing_numbers_are_missing_and_an_index_without_a_name_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let sign = |at: usize| match at % 8 {
        0 => "-".to_owned(),
        1 => "None".to_owned(),
        2 => "#DIV/0!".to_owned(),
        _ => at.to_string(),
    };
    let text = ",x,y\n".to_owned() + &rows(80, |at| format!("{},{},{}.5", at, sign(at), at * 7 % 40));
    let mut with_holes = request(&folder, "t.csv", &text).target("y");
    assert!(with_holes.read().unwrap_err().to_string().contains("30 missing (x 30)"));
    with_holes.missing = Some(Missing::Median);
    let examples = with_holes.read().unwrap();
    assert_eq!(names(&examples), ["x"]);
    let notes = examples.notes().join("\n");
    assert!(notes.contains("left out column 1: it has no name and counts the rows"), "{notes}");
    with_holes.features = Some(vec!["column 1".to_owned(), "x".to_owned()]);
    assert_eq!(names(&with_holes.read().unwrap()), ["column 1", "x"]);
}

#[test]
fn texts_that_are_values_or_names_are_no_classes() {
    let folder = tempfile::tempdir().unwrap();
    let target = |name: &str, value: &dyn Fn(usize) -> String| {
        let text = "x,y\n".to_owned() + &rows(60, |at| format!("{},{}", at % 7, value(at)));
        request(&folder, name, &text).target("y").read().map(|examples| examples.outputs()).map_err(|e| e.to_string())
    };
    // With a sign they are values; what has blanks between thousands is not read.
    assert_eq!(target("money.csv", &|at| format!("\"$1,{at:03}.50\"")), Ok(1));
    assert_eq!(target("share.csv", &|at| format!("{at}%")), Ok(1));
    let money = target("money.csv", &|at| format!("$1 {at:03}.50")).unwrap_err();
    assert!(
        money.contains("60 different texts in 60 rows of \"y\" (\"$1 ") && money.contains("signs of money"),
        "{money}"
    );
    assert!(target("share.csv", &|at| format!("1 {at:03}%")).unwrap_err().contains("percent"));
    assert!(
        target("dates.csv", &|at| format!("2026-{:02}-{:02}", at / 28 + 1, at % 28 + 1))
            .unwrap_err()
            .contains("no dates")
    );
    assert!(target("names.csv", &|at| format!("person {at}")).unwrap_err().contains("name the rows"));
    assert_eq!(target("words.csv", &|at| format!("kind {}", at % 12)).unwrap(), 12);
    let text = "k,m,y\n".to_owned() + &rows(60, |at| format!("1,$1 {at:03}.50,{}", at % 2));
    let told = request(&folder, "m.csv", &text).target("y").read();
    let notes = told.unwrap().notes().join("\n");
    assert!(notes.contains("warning: left out m: 60 different texts") && notes.contains("\"$1 000.50\""), "{notes}");
}

#[test]
fn whole_numbers_of_a_small_table_are_labels_when_they_stand_together() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = |name: &str, values: &[i64]| {
        let text = "x,y\n".to_owned() + &rows(values.len(), |at| format!("{at},{}", values[at]));
        request(&folder, name, &text).target("y").read().unwrap().outputs()
    };
    assert_eq!(outputs("labels.csv", &[0, 1, 0, 4]), 3);
    assert_eq!(
        outputs("weights.csv", &[138, 154, 157, 166, 167, 169, 176, 182, 189, 191, 193, 202, 247, 154, 166, 189]),
        1
    );
    assert_eq!(outputs("two.csv", &[100, 0, 100, 0]), 2);
}

#[test]
fn a_file_without_names_says_so_when_a_column_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let text = "2001,2002\n1,2\n3,4\n";
    let told = request(&folder, "t.csv", text).target("2005").read().unwrap_err().to_string();
    assert!(told.contains("the columns have no names") && told.contains("header = yes"), "{told}");
}

#[test]
fn several_targets_are_found_by_their_names_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let text = "x,height,weight\n".to_owned() + &rows(20, |at| format!("{at},{}.5,{}.25", at + 100, at + 40));
    let examples = request(&folder, "t.csv", &text).target("height").target("weight").read().unwrap();
    let model = model(&examples, &SplitRequest::default());
    let targets = |examples: Examples| {
        let data = examples.dataset_for::<f32>(&[0, 3], &model).unwrap();
        data.targets().clone()
    };
    let expected = targets(request(&folder, "t.csv", &text).read_for(&model).unwrap());
    let swapped = request(&folder, "t.csv", &text).target("weight").target("height");
    assert_eq!(targets(swapped.read_for(&model).unwrap()), expected);
    assert_eq!(targets(swapped.read_like(&examples).unwrap()), expected);

    let labels = |header: &str| {
        let text = format!("{header}\n") + &rows(20, |at| format!("{}.25,{}.5", at + 40, at + 100));
        let path = folder.path().join("labels.csv");
        std::fs::write(&path, text).unwrap();
        let mut asked = request(&folder, "x.csv", &("x\n".to_owned() + &rows(20, |at| at.to_string())));
        asked.labels = Some(path);
        asked.read_for(&model)
    };
    assert_eq!(targets(labels("weight,height").unwrap()), expected);
    let message = labels("weight,size").unwrap_err().to_string();
    assert!(message.contains("weight, size") && message.contains("height, weight"), "{message}");
}

#[test]
fn rows_to_test_on_are_read_by_the_columns_that_were_fitted() {
    let folder = tempfile::tempdir().unwrap();
    let text = "rent,x,y\n".to_owned() + &rows(20, |at| format!("${at}.5,{},{}.25", at * 7 % 20, at + 3));
    let examples = request(&folder, "t.csv", &text).target("y").read().unwrap();
    let fitted = examples.fit(&(0..20).collect::<Vec<_>>(), Scaling::Standardize).unwrap();
    let other = "x,y,more,rent\n".to_owned() + &rows(20, |at| format!("{},{}.25,9,{at}.5", at * 7 % 20, at + 3));
    let test = request(&folder, "o.csv", &other).target("y").read_to_test(&examples, &fitted).unwrap();
    let numbers = |of: &Examples| {
        let data = of.dataset::<f64>(&[0, 3, 19], &fitted).unwrap();
        (data.features().data().to_vec(), data.targets().clone())
    };
    assert_eq!(numbers(&test), numbers(&examples));
    assert!(test.notes().join("\n").contains("note: rent: its numbers have no $ here"), "{:?}", test.notes());
    let euros = request(&folder, "e.csv", &text.replace('$', "\u{20ac}")).target("y");
    let message = euros.read_to_test(&examples, &fitted).unwrap_err().to_string();
    assert!(message.contains("numbers with \u{20ac} in \"rent\""), "{message}");
}

#[test]
fn numbers_are_read_as_where_the_model_was_trained() {
    let folder = tempfile::tempdir().unwrap();
    let german = "pop;cost\n".to_owned() + &rows(20, |at| format!("{}.234,56;{at},5", at + 1));
    let unscaled = |request: Request| {
        let mut model = model(&request.read().unwrap(), &SplitRequest::default());
        model.preprocess = Preprocess::None;
        model
    };
    let trained = unscaled(request(&folder, "t.csv", &german).target("cost"));
    let first = |name: &str, text: &str, model: &Model<f32>| {
        let (features, notes) = request(&folder, name, text).read_features(model).unwrap();
        let notes: Vec<String> = notes.into_iter().filter(|note| note.starts_with("note: pop")).collect();
        (features.row(0)[0], notes)
    };
    let (value, notes) = first("one.csv", "pop\n50.000\n", &trained);
    assert_eq!(value, 50000.0);
    assert!(notes.len() == 1 && notes[0].contains("read as 50000, as where the model was trained"), "{notes:?}");
    // What is clear by itself is read so, which is said where it is another sign.
    let (value, notes) = first("one.csv", "pop\n50.25\n", &trained);
    assert_eq!(value, 50.25);
    assert!(notes.len() == 1 && notes[0].contains("unlike where the model was trained"), "{notes:?}");
    assert_eq!(first("one.csv", "pop\n\"1.000,25\"\n", &trained), (1000.25, Vec::new()));
    // Told on the command line.
    let mut told =
        request(&folder, "c.csv", &("pop,cost\n".to_owned() + &rows(20, |at| format!("{}.481,{at}", at + 1))));
    told = told.target("cost");
    told.format.decimal = Some(chainrule::data::Decimal::Comma);
    let trained = unscaled(told);
    let again = request(&folder, "c.csv", "pop,cost\n34.481,3\n");
    assert_eq!(again.read_features(&trained).unwrap().0.row(0)[..], [34481.0]);
    let evaluated = again.read_for(&trained).unwrap().dataset_for::<f32>(&[0], &trained).unwrap();
    assert_eq!(evaluated.features().row(0)[..], [34481.0]);
    let mut point = again.clone();
    point.format.decimal = Some(chainrule::data::Decimal::Point);
    assert_eq!(point.read_features(&trained).unwrap().0.row(0)[..], [34.481]);
}

#[test]
fn commas_in_quotes_before_fractions_are_told_with_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let text = "x,y,z,w\n".to_owned() + &rows(60, |at| format!("\"{at},27\",\"{at},5\",{at},{}", at % 7));
    let examples = request(&folder, "q.csv", &text).target("z").read().unwrap();
    let told = |note: &&String| note.contains("\"0,27\"") && note.contains("before fractions: decimal = comma");
    assert!(examples.notes().iter().any(|note| told(&note)), "{:?}", examples.notes());
    let mut asked = request(&folder, "q.csv", &text).target("y");
    asked.drop = vec!["x".to_owned()];
    let message = asked.read().unwrap_err().to_string();
    assert!(message.contains("if commas stand before fractions: decimal = comma"), "{message}");
}
