//! Rows that a program has in memory, as numbers or texts, become the features that a file of the same rows becomes.

use chainrule::data::{Missing, Preprocess, Scaling};
use chainrule::{Loss, Mlp, Model, Scalar, Task};

use super::{Folder, all, rows};

/// Numbers, one of them learned by its logarithm, yes and no, categories by words and by numbers; some are missing.
fn homes() -> String {
    let hole = |at: usize, every: usize, text: String| if at.is_multiple_of(every) { String::new() } else { text };
    let row = |at: usize| {
        let town = hole(at, 11, ["Ulm", "Bonn", "Kiel"][at % 3].to_owned());
        let size = hole(at, 13, format!("{}", (at * 37) % 50));
        let garden = ["no", "yes"][at % 2];
        format!("{size},{town},{garden},{},{},{}", 7 * (at % 3), at as f64 * 1.5, 100 + at * 3)
    };
    "size,town,garden,zone,area,price\n".to_owned() + &rows(90, row)
}

fn model<T: Scalar>(folder: &Folder) -> Model<T> {
    let mut request = folder.request("homes.csv").target("price");
    request.missing = Some(Missing::Indicator);
    request.format.categories = vec!["zone".to_owned()];
    request.log1p = vec!["area".to_owned()];
    let examples = request.read().unwrap();
    let fitted = examples.fit(&all(&examples), Scaling::Standardize).unwrap();
    let train = examples.dataset::<T>(&all(&examples), &fitted).unwrap();
    let network = Mlp::builder(train.cols()).dense(3).tanh().dense(1).seed(2).build_as().unwrap();
    Model::new(network, Loss::Mse).described_by(&train)
}

#[test]
fn texts_become_the_features_of_a_file_of_them() {
    fn check<T: Scalar>() {
        let folder = Folder::new(&[("homes.csv", &homes())]);
        let model = model::<T>(&folder);
        assert_eq!(model.columns(), 5);
        let (wanted, _) = folder.request("homes.csv").read_features(&model).unwrap();
        let text = homes();
        let cells: Vec<&str> = text.lines().skip(1).flat_map(|line| line.split(',').take(5)).collect();
        let found = model.features_of_texts(&cells).unwrap();
        assert_eq!((&found, found.preprocessing()), (&wanted, wanted.preprocessing()));
        // A row alone is the same as among others, whatever its cells look like.
        for (row, cells) in cells.chunks(5).enumerate() {
            let alone = model.features_of_texts(cells).unwrap();
            assert_eq!(alone.row(0), wanted.row(row), "{cells:?}");
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn numbers_become_the_features_of_a_file_of_them() {
    let folder = Folder::new(&[("homes.csv", &homes())]);
    let text = "size,town,garden,zone,area\n12,,yes,14,3.5\n,,no,0,0\n";
    let folder_of_two = Folder::new(&[("two.csv", text)]);
    let model = model::<f32>(&folder);
    let (wanted, _) = folder_of_two.request("two.csv").read_features(&model).unwrap();
    let found =
        model.features_of_numbers(&[12.0, f64::NAN, 1.0, 14.0, 3.5, f64::NAN, f64::NAN, 0.0, 0.0, 0.0]).unwrap();
    assert_eq!(found, wanted);
    let refused = |rows: &[f64]| model.features_of_numbers(rows).unwrap_err().to_string();
    assert!(refused(&[1.0, 2.0, 1.0, 0.0, 1.0]).contains("Bonn, Kiel, Ulm"), "{}", refused(&[1.0, 2.0, 1.0, 0.0, 1.0]));
    let message = refused(&[1.0, f64::NAN, 0.5, 0.0, 1.0]);
    assert!(message.contains("\"no\" or \"yes\" in \"garden\""), "{message}");
    assert!(refused(&[1.0, f64::NAN, 0.0, 0.0, -1.0]).contains("a number above -1 in \"area\""));
    assert!(refused(&[f64::INFINITY, f64::NAN, 0.0, 0.0, 1.0]).contains("column 1"));
}

#[test]
fn columns_of_numbers_alone_are_scaled_before_they_are_narrowed() {
    let text = "a,b,y\n".to_owned() + &rows(40, |at| format!("{}.1,{},{}", 16_777_216 + at, at % 7, at));
    let folder = Folder::new(&[("t.csv", &text)]);
    let examples = folder.request("t.csv").target("y").read().unwrap();
    let fitted = examples.fit(&all(&examples), Scaling::Standardize).unwrap();
    let train = examples.dataset::<f32>(&all(&examples), &fitted).unwrap();
    let model = Model::new(Mlp::builder(2).dense(1).build().unwrap(), Loss::Mse).described_by(&train);
    let numbers: Vec<f64> =
        text.lines().skip(1).flat_map(|line| line.split(',').take(2)).map(|x| x.parse().unwrap()).collect();
    let found = model.features_of_numbers(&numbers).unwrap();
    assert_eq!((&found, found.preprocessing()), (train.features(), train.preprocessing()));
    let message = model.features_of_numbers(&[1.0, f64::NAN]).unwrap_err().to_string();
    assert!(message.contains("row 1, column 2: found a missing value"), "{message}");
    assert_eq!(model.predict(&found).unwrap(), model.predict(train.features()).unwrap());
}

#[test]
fn a_model_without_a_table_takes_its_inputs() {
    let model = Model::new(Mlp::builder(3).dense(2).seed(1).build().unwrap(), Loss::CrossEntropy);
    let model = model.with_preprocess(Preprocess::Scale { factor: 0.25 });
    assert_eq!(model.columns(), 3);
    let wanted = [0.25, 0.5, -1.0];
    assert_eq!(*model.features_of_numbers(&[1.0_f32, 2.0, -4.0]).unwrap().data(), wanted);
    assert_eq!(*model.features_of_texts(&["1", " 2.0 ", "-4e0"]).unwrap().data(), wanted);
    let said = |result: chainrule::Result<_>| result.map(drop).unwrap_err().to_string();
    assert_eq!(said(model.features_of_numbers(&[1.0; 4])), "rows: found 4 cells, expected whole rows of 3 columns");
    assert!(said(model.features_of_numbers::<f32>(&[])).contains("no rows"));
    assert!(said(model.features_of_texts(&[])).contains("no rows"));
    assert!(said(model.features_of_numbers(&[1.0, f32::NAN, 1.0])).contains("row 1, column 2"));
    assert!(said(model.features_of_numbers(&[1e300, 0.0, 1.0])).contains("within the range of f32"));
    assert!(
        said(model.features_of_texts(&["1", "two", "3"])).contains("row 1, column 2: found \"two\", expected a number")
    );
    assert!(said(model.features_of_texts(&["1", "", "3"])).contains("a missing value"));
}

#[test]
fn a_schema_names_its_columns_and_their_categories() {
    let folder = Folder::new(&[("homes.csv", &homes())]);
    let model = model::<f32>(&folder);
    let schema = model.schema.as_ref().unwrap();
    assert_eq!(schema.column_names(), ["size", "town", "garden", "zone", "area"]);
    assert_eq!(schema.categories(0), None);
    assert_eq!(schema.categories(1).unwrap()[..3], ["Bonn", "Kiel", "Ulm"]);
    assert_eq!(schema.categories(2).unwrap(), ["no", "yes"]);
    assert_eq!(schema.categories(3).unwrap(), ["0", "14", "7"]);
    assert_eq!(schema.categories(9), None);
}

#[test]
fn the_likelier_answer_to_a_question_is_its_class() {
    let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>().unwrap();
    mlp.params_mut().copy_from_slice(&[1.0, -2.0]); // yes above 2
    let model = Model::new(mlp, Loss::BinaryCrossEntropy);
    assert_eq!(model.task, Some(Task::Binary));
    let rows = model.features_of_numbers(&[1.0, 2.0, 2.5]).unwrap();
    assert_eq!(model.predict_classes(&rows).unwrap(), [0, 0, 1]);
}
