//! What a model knows of the table that it was trained on.

use chainrule::data::{Examples, Scaling, SplitRequest, Targets, Unknown};
use chainrule::{Error, Loss, Mlp, Model, Task, TrainConfig, Trainer};

use super::{Folder, all, rows};

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
fn rows_of_no_weight_have_no_part_in_scaling() {
    let weighed =
        |at: usize| format!("{},{},{}", at * 37 % 50, at % 2, if at.is_multiple_of(2) { 1e6 } else { at as f64 });
    let text = "size,weight,price\n".to_owned() + &rows(200, weighed);
    let counted: String = text
        .lines()
        .enumerate()
        .filter(|(line, _)| line % 2 == 0)
        .fold(String::new(), |all, (_, line)| all + line + "\n");
    let folder = Folder::new(&[("all.csv", &text), ("counted.csv", &counted)]);
    let first_counted = |name: &str, row: usize| {
        let mut request = folder.request(name).target("price");
        request.row_weights = Some("weight".to_owned());
        request.task = Some(Task::Regression);
        let examples = request.read().unwrap();
        let fitted = examples.fit(&(0..examples.rows()).collect::<Vec<_>>(), Scaling::Standardize).unwrap();
        let data = examples.dataset::<f64>(&[row], &fitted).unwrap();
        (data.features().data().into_owned(), data.targets().clone())
    };
    assert_eq!(first_counted("all.csv", 1), first_counted("counted.csv", 0));
}
