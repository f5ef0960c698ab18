//! The page about a model: what it says is what the model computes, it runs nothing that data bring along, and it asks for
//! nothing from elsewhere.

use chainrule::data::{Dataset, Features, Request, Source, SplitRequest, Targets, digits};
use chainrule::report::Report;
use chainrule::trace::{Shown, to_json, trace_model};
use chainrule::train::Usual;
use chainrule::{EpochReport, Loss, Mlp, Model, Optimizer, Scalar, TrainConfig, Trainer};
use serde_json::Value;

fn trained(source: &str, epochs: usize) -> (Model<f32>, Dataset<f32>, Vec<EpochReport>) {
    let examples = Request::new(Source::parse(source).unwrap()).read().unwrap();
    let parts = examples.split(&SplitRequest::default()).unwrap();
    let fitted = examples.fit(&parts.train, examples.usual_scaling()).unwrap();
    let train = examples.dataset(&parts.train, &fitted).unwrap();
    let test = examples.dataset(&parts.test, &fitted).unwrap();
    let network = Mlp::builder(train.cols()).dense(16).relu().dense(examples.outputs()).seed(3).build().unwrap();
    let config = Usual::for_table(examples.rows()).config(examples.task().usual_loss()).unwrap();
    let config = TrainConfig { early_stopping: None, ..config.epochs(epochs) };
    let trained = Trainer::new(config).unwrap().fit(network, &train, Some(&test), ()).unwrap();
    (trained.model, test, trained.report.epochs)
}

/// The rows that can be stepped through.
fn steps(html: &str) -> Value {
    let start = html.find("id=\"step-data\">").expect("the page has steps") + "id=\"step-data\">".len();
    let end = start + html[start..].find("</script>").expect("they end");
    serde_json::from_str(&html[start..end]).expect("they are JSON")
}

/// The text between tags, without the style sheet and scripts.
fn text(html: &str) -> String {
    let body = html.split("</head>").nth(1).unwrap().split("<script").next().unwrap();
    let mut text = String::new();
    for piece in body.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn stands_alone(html: &str) {
    for outside in ["src=\"http", "href=\"http", "url(", "@import", "src=\"//", "fetch(", "XMLHttp"] {
        assert!(!html.contains(outside), "the page asks for something by {outside}");
    }
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    assert!(!html.contains("NaN") && !html.contains("undefined="), "a number is none");
}

#[test]
fn a_classifier_s_page_has_its_confusions_and_scores() {
    let (model, test, epochs) = trained("iris", 5);
    let mut report = Report::new(&model, &test);
    report.epochs = &epochs;
    let html = report.to_html().unwrap();
    stands_alone(&html);
    let text = text(&html);
    let matrix = model.evaluate(&test).unwrap().confusion.unwrap();
    for class in 0..3 {
        let counts = (0..3).map(|predicted| match matrix.count(class, predicted) {
            0 => ".".to_owned(),
            rows => rows.to_string(),
        });
        let line = format!("{} {}", ["setosa", "versicolor", "virginica"][class], counts.collect::<Vec<_>>().join(" "));
        assert!(text.contains(&line), "{line}: {text}");
    }
    for word in
        ["Learning curves", "ROC curve", "Calibration", "the loss rises by", "petal_length", "balanced accuracy"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_regression_s_page_has_the_errors_in_the_target_s_unit() {
    let (model, test, _) = trained("diabetes", 5);
    let html = Report::new(&model, &test).to_html().unwrap();
    stands_alone(&html);
    let text = text(&html);
    let predicted = model.predict(test.features()).unwrap();
    let (mean, std) = model.target.scaling().map(|(mean, std)| (mean[0], std[0])).unwrap();
    let Targets::Values { values, .. } = test.targets() else { panic!("values") };
    let error = |row: usize| (f64::from(values[row]) * std + mean - f64::from(predicted[row])).abs();
    let worst = (0..test.rows()).max_by(|&a, &b| error(a).total_cmp(&error(b))).unwrap();
    let lines = text.split("how wrong ").nth(1).unwrap();
    let columns = lines.split(' ').position(|word| word.parse::<f64>().is_ok()).unwrap();
    let line: Vec<f64> = lines.split(' ').skip(columns).take(3).map(|word| word.parse().unwrap()).collect();
    assert_eq!(line[0], (worst + 1) as f64, "{lines}");
    assert!(((line[1] - line[2]).abs() - error(worst)).abs() < 0.02, "{line:?}, {}", error(worst));
    assert!(text.contains("true minus predicted") && !text.contains("Confusion"), "{text}");
}

#[test]
fn the_column_that_decides_comes_first_and_one_that_does_not_is_worth_nothing() {
    let x: Vec<f32> =
        (0..400).flat_map(|row| [(row * 37 % 101) as f32 / 50.0 - 1.0, (row % 7) as f32 / 3.0 - 1.0]).collect();
    let labels = x.chunks(2).map(|row| u32::from(row[1] > 0.0)).collect();
    let data = Dataset::new(Features::new(400, 2, x).unwrap(), Targets::Classes { labels, classes: 2 }).unwrap();
    let mut mlp = Mlp::builder(2).dense(2).build().unwrap();
    // Weights of column 1: none.
    mlp.params_mut().copy_from_slice(&[0.0, 0.0, -4.0, 4.0, 0.0, 0.0]);
    let model = Model::new(mlp, Loss::CrossEntropy);
    let text = text(&Report::new(&model, &data).to_html().unwrap());
    let table = text.split("accuracy falls by ").nth(1).unwrap();
    let words: Vec<&str> = table.split(' ').take(10).collect();
    assert_eq!(&words[..2], ["column", "2"], "{table}");
    assert!(words[2].parse::<f64>().unwrap() > 0.5, "{table}");
    // column 2: rise, deviation, per cent and its sign; then column 1 with 0 everywhere.
    assert_eq!(&words[6..], ["column", "1", "0", "0"], "{table}");
}

#[test]
fn the_numbers_that_are_stepped_through_are_those_of_the_trace() {
    let (model, test, _) = trained("iris", 3);
    let steps = steps(&Report::new(&model, &test).to_html().unwrap());
    let update = Optimizer::Sgd { lr: 0.1 }.into();
    for row in steps["rows"].as_array().unwrap() {
        let number: usize = row["name"].as_str().unwrap().parse().unwrap();
        let trace = trace_model(&model, &test.select(&[number - 1]).unwrap(), update, 1, Shown::default()).unwrap();
        let trace: Value = serde_json::from_str(&to_json(&trace)).unwrap();
        for title in ["forward", "backward", "loss"] {
            let of = |sections: &Value| {
                sections.as_array().unwrap().iter().find(|section| section["title"] == title).unwrap()["quantities"]
                    .clone()
            };
            let (shown, want) = (of(&row["sections"]), of(&trace["steps"][0]["sections"]));
            assert_eq!(shown.as_array().unwrap().len(), want.as_array().unwrap().len());
            for (shown, want) in shown.as_array().unwrap().iter().zip(want.as_array().unwrap()) {
                assert_eq!(shown["formula"], want["formula"]);
                let first = |mut value: &Value| {
                    while value.is_array() {
                        value = &value[0];
                    }
                    value.as_f64().unwrap()
                };
                let (got, want) = (first(&shown["values"]), first(&want["values"]));
                assert!((got - want).abs() <= 1e-5 * want.abs(), "{title}: {got}, {want}");
            }
        }
    }
}

#[test]
fn names_are_text_wherever_they_stand() {
    let features = Features::new(6, 1, vec![-1.0f64, -0.5, 0.1, 0.2, 0.5, 1.0]).unwrap();
    let names = vec!["</script><script>alert(1)</script>".to_owned(), "<img src=x onerror=alert(2)>".to_owned()];
    let data = Dataset::new(features, Targets::Classes { labels: vec![1, 0, 0, 0, 1, 1], classes: 2 }).unwrap();
    let data = data.with_class_names(names.clone()).unwrap();
    let model = Model::new(Mlp::builder(1).dense(3).tanh().dense(2).build_as::<f64>().unwrap(), Loss::CrossEntropy);
    let model = model.with_class_names(names);
    let mut report = Report::new(&model, &data);
    (report.title, report.rows) = ("<b>title".to_owned(), "\"rows\" & <i>".to_owned());
    let html = report.to_html().unwrap();
    for markup in ["<script>alert", "<img src=x", "<b>title", "<i>"] {
        assert!(!html.contains(markup), "{markup} runs");
    }
    assert_eq!(html.matches("<script").count(), 2, "the page's own two");
    assert!(html.contains("&lt;img src=x onerror=alert(2)&gt;"));
    let row = &steps(&html)["rows"][0];
    assert!(row["words"].as_str().unwrap().contains("alert("), "{row}");
}

#[test]
fn images_are_shown_and_their_columns_are_not_judged() {
    let data = digits::<f32>().scaled(1.0 / 16.0).unwrap().select(&(0..300).collect::<Vec<_>>()).unwrap();
    let network = Mlp::builder(64).dense(12).relu().dense(10).seed(5).build().unwrap();
    let trained = Trainer::new(TrainConfig::default().epochs(2)).unwrap().fit(network, &data, None, ()).unwrap();
    let html = Report::new(&trained.model, &data).to_html().unwrap();
    stands_alone(&html);
    assert!(html.matches("data:image/bmp;base64,").count() >= 12 + 12, "mistakes and units");
    assert!(html.contains("First weights") && !html.contains("the loss rises by"));
}

fn page_of<T: Scalar>(loss: Loss, outputs: usize, values: Vec<T>) -> String {
    let rows = values.len() / outputs;
    let x = (0..rows).map(|row| T::from_f64(row as f64 / rows as f64)).collect();
    let data = Dataset::new(Features::new(rows, 1, x).unwrap(), Targets::Values { values, cols: outputs }).unwrap();
    let model = Model::new(Mlp::builder(1).dense(4).relu().dense(outputs).build_as::<T>().unwrap(), loss);
    let html = Report::new(&model, &data).to_html().unwrap();
    stands_alone(&html);
    text(&html)
}

#[test]
fn every_kind_of_task_has_a_page() {
    let yes_or_no = |rows: usize| (0..rows).map(|row| f64::from(u8::from(row % 4 == 0))).collect::<Vec<_>>();
    assert!(page_of(Loss::BinaryCrossEntropy, 1, yes_or_no(40)).contains("ROC curve"));
    assert!(page_of(Loss::BinaryCrossEntropy, 3, yes_or_no(60)).contains("output 3, area"));
    let constant = page_of(Loss::Mae, 2, vec![1.5f32; 20]);
    assert!(constant.contains("output 2: residuals"), "{constant}");
    assert!(page_of(Loss::Mse, 1, vec![2.0f32]).contains("Worst mistakes"), "a single row");
}

/// Rows of one column that a network passes on as it is, with labels.
fn passed_on(loss: Loss, outputs: usize, x: Vec<f32>, targets: Targets<f32>) -> (Model<f32>, Dataset<f32>) {
    let mut mlp = Mlp::builder(outputs).dense(outputs).build().unwrap();
    let mut params = vec![0.0; outputs * outputs + outputs];
    (0..outputs).for_each(|at| params[at * outputs + at] = 1.0);
    mlp.params_mut().copy_from_slice(&params);
    let features = Features::new(x.len() / outputs, outputs, x).unwrap();
    (Model::new(mlp, loss), Dataset::new(features, targets).unwrap())
}

#[test]
fn the_areas_of_the_curves_are_those_of_the_figure() {
    // What a row of mse has at a class ranks by itself: of a softmax over the three another order would come.
    let x = vec![0.9f32, 0.1, 0.2, 0.8, 0.7, 0.6, 0.1, 0.9, 0.3, 0.5, 0.2, 0.1, 0.2, 0.2, 0.9, 0.6, 0.5, 0.7];
    let labels = Targets::Classes { labels: vec![0, 0, 1, 1, 2, 2], classes: 3 };
    let (model, data) = passed_on(Loss::Mse, 3, x, labels);
    let text = text(&Report::new(&model, &data).to_html().unwrap());
    let area = model.assess(&data).unwrap().metrics.iter().find(|(name, _)| *name == "ROC AUC").unwrap().1;
    let areas: Vec<f64> =
        text.split(", area ").skip(1).map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(areas.len(), 3, "{text}");
    assert!((areas.iter().sum::<f64>() / 3.0 - area).abs() < 1e-5, "{areas:?} and {area}");
}

#[test]
fn mistakes_stand_in_the_order_of_their_losses_however_sure_they_are() {
    // Logits whose probabilities are 1 in f32: the first row is less wrong than the last.
    let x = vec![17.25f32, 31.125, -31.5, 2.0];
    let targets = Targets::Values { values: vec![0.0, 0.0, 1.0, 1.0], cols: 1 };
    let (model, data) = passed_on(Loss::BinaryCrossEntropy, 1, x, targets);
    let found = text(&Report::new(&model, &data).to_html().unwrap());
    // Row, truth, answer with its own probability, and loss: the softplus of the logit.
    for line in ["3 yes no (100.00 %) 31.500", "2 no yes (100.00 %) 31.125", "1 no yes (100.00 %) 17.250"] {
        assert!(found.contains(line), "{line}: {found}");
    }
    let places: Vec<usize> = ["31.500", "31.125", "17.250"].map(|loss| found.find(loss).unwrap()).to_vec();
    assert!(places.is_sorted(), "{found}");
    // The same of classes.
    let x = vec![0.0f32, 120.0, 0.0, 110.0, 130.0, 0.0];
    let labels = Targets::Classes { labels: vec![0, 0, 1], classes: 2 };
    let (model, data) = passed_on(Loss::CrossEntropy, 2, x, labels);
    let found = text(&Report::new(&model, &data).to_html().unwrap());
    let found = found.rsplit_once("Worst mistakes").unwrap().1;
    let places: Vec<usize> = ["130.00", "120.00", "110.00"].map(|loss| found.find(loss).unwrap()).to_vec();
    assert!(places.is_sorted(), "{found}");
}
