//! What stands at the ends of a model's graph of neurons: names, and what is known of a row.

use chainrule::data::{Dataset, Request, Scaling, Source, digits};
use chainrule::graph::{Neurons, Shows, Theme};
use chainrule::{Loss, Mlp, Model, Task, TrainConfig, Trainer};

const HOUSES: &str = "town,rooms,garden,price
Bonn,3,yes,100
Ulm,4,no,220
Bonn,5,no,180
Kiel,2,yes,90
Ulm,3,no,150
";

/// A model of all rows of a table, before training, and the rows.
fn of_table(target: &str, loss: Loss) -> (Model<f64>, Dataset<f64>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("houses.csv");
    std::fs::write(&path, HOUSES).unwrap();
    let mut request = Request::new(Source::File(path));
    request.target = vec![target.to_owned()];
    request.task = (loss == Loss::BinaryCrossEntropy).then_some(Task::Binary);
    let examples = request.read().unwrap();
    let rows: Vec<usize> = (0..examples.rows()).collect();
    let data = examples.dataset::<f64>(&rows, &examples.fit(&rows, Scaling::Standardize).unwrap()).unwrap();
    let mlp = Mlp::builder(data.cols()).dense(3).relu().dense(1).seed(3).build_as().unwrap();
    (Model::new(mlp, loss).described_by(&data), data)
}

#[test]
fn digits_are_called_0_to_9_and_pixels_by_row_and_column() {
    let data = digits::<f32>().scaled(0.0625).unwrap();
    let mlp = Mlp::builder(64).dense(20).relu().dense(10).seed(1).build().unwrap();
    let model = Trainer::new(TrainConfig::default().epochs(3)).unwrap().fit(mlp, &data, None, ()).unwrap().model;
    let labels = model.graph_labels_of_row(&data, 4).unwrap();
    assert_eq!((labels.outputs.first().map(String::as_str), labels.outputs.last().unwrap().as_str()), (Some("0"), "9"));
    assert_eq!((labels.inputs[0].as_str(), labels.inputs[8 + 5].as_str()), ("1,1", "2,6"));
    assert_eq!((labels.image_width, labels.image.len()), (Some(8), 64));
    // The same from rows as they come from their source.
    assert_eq!(labels, model.graph_labels_of_row(&digits(), 4).unwrap());
    let answer = model.predict_classes(data.select(&[4]).unwrap().features()).unwrap()[0] as usize;
    assert!(labels.output_notes[answer].contains("answer") && labels.output_notes[4].contains("target"));
    let p = model.predict_proba(data.select(&[4]).unwrap().features()).unwrap();
    for (note, p) in labels.output_notes.iter().zip(p) {
        assert!(note.starts_with(&format!("{:.2} %", 100.0 * p)), "{note} and {p}");
    }
    assert!(labels.facts[0].starts_with("row 5: target 4 ("), "{:?}", labels.facts);
    let sample = model.sample_row(&data, 4).unwrap();
    let graph = Neurons::with_rows(&model.mlp, model.loss, sample.rows(), Shows::Weights).unwrap();
    let svg = graph.labelled(&model.mlp, &labels).to_svg(Theme::Light);
    assert!(svg.contains(&labels.output_notes[4]) && svg.contains("8 strongest") && svg.contains("… 12 more"), "{svg}");
}

#[test]
fn columns_have_their_names_categories_their_values_and_targets_their_unit() {
    let (model, data) = of_table("price", Loss::Mse);
    assert_eq!(model.graph_labels().inputs, ["town=Bonn", "town=Kiel", "town=Ulm", "rooms", "garden"]);
    let labels = model.graph_labels_of_row(&data, 1).unwrap();
    assert_eq!((labels.outputs, labels.image_width), (vec!["price".to_owned()], None));
    assert_eq!(labels.input_notes, ["", "", "", "4", "no"], "as the table has them");
    let answer = model.predict(data.select(&[1]).unwrap().features()).unwrap()[0];
    assert!((80.0..260.0).contains(&answer), "{answer}");
    assert!(labels.output_notes[0].ends_with(", target 220"), "{:?}", labels.output_notes);
    let said: f64 = labels.output_notes[0].split([' ', ',']).nth(1).unwrap().parse().unwrap();
    assert!((said - answer).abs() < 0.01, "{said} and {answer}");
}

#[test]
fn yes_and_no_are_called_what_the_table_calls_them() {
    let (model, data) = of_table("garden", Loss::BinaryCrossEntropy);
    let labels = model.graph_labels_of_row(&data, 0).unwrap();
    let p = model.predict_proba(data.select(&[0]).unwrap().features()).unwrap()[0];
    assert_eq!(labels.output_notes, [format!("{:.2} % yes, target yes", 100.0 * p)]);
    assert_eq!(labels.outputs, ["garden"]);
}

#[test]
fn networks_without_names_keep_numbers_and_rows_that_are_not_there_are_refused() {
    let model = Model::new(Mlp::builder(3).dense(2).build_as::<f64>().unwrap(), Loss::Mse);
    let labels = model.graph_labels();
    assert!(labels.inputs.is_empty() && labels.outputs.is_empty());
    let (model, data) = of_table("price", Loss::Mse);
    let message = model.graph_labels_of_row(&data, 5).unwrap_err().to_string();
    assert_eq!(message, "row: found 6, expected 1 to 5, the rows there are");
    // Two classes are no targets of a single output: an error, and no panic.
    let data = digits::<f64>().select(&[0, 1]).unwrap();
    let one = Model::new(Mlp::builder(64).dense(1).build_as::<f64>().unwrap(), Loss::BinaryCrossEntropy);
    assert!(one.graph_labels_of_row(&data, 0).is_err());
    assert!(chainrule::explanation::attribute(&one, &data, 0, &Default::default()).is_err());
}
