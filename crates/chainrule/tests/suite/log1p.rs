//! Columns that are learned by their logarithms: what is fitted, stored, predicted, measured and refused.

use chainrule::data::{Request, Scaling, Source, SplitRequest, Table, TextFormat};
use chainrule::train::{Recipe, Usual};
use chainrule::{Mlp, Model, Trainer};

const ROWS: usize = 200;

/// `area,town,price`: the price is 100 e^(area) or so, of which the logarithm is a line.
fn houses() -> String {
    let mut text = "area,town,price\n".to_owned();
    for row in 0..ROWS {
        let area = (row * 7919 % ROWS) as f64 / 40.0; // 0 to 5
        let town = if row % 3 == 0 { "Ulm" } else { "Bonn" };
        text += &format!("{},{town},{:.4}\n", area.exp() - 1.0, 100.0 * (1.3 * area).exp());
    }
    text
}

fn request(folder: &std::path::Path, text: &str, log1p: &[&str]) -> Request {
    let path = folder.join("houses.csv");
    std::fs::write(&path, text).unwrap();
    let mut request = Request::new(Source::File(path)).target("price");
    request.log1p = log1p.iter().map(|name| (*name).to_owned()).collect();
    request
}

#[test]
fn predictions_and_figures_are_in_the_targets_own_unit() {
    let folder = tempfile::tempdir().unwrap();
    let request = request(folder.path(), &houses(), &["area", "price"]);
    let examples = request.read().unwrap();
    assert!(examples.notes().iter().any(|note| note.contains("ln(1 + x): area, price")), "{:?}", examples.notes());
    let usual = Usual::for_table(examples.rows());
    let trainer = Trainer::new(usual.config(examples.task().usual_loss()).unwrap()).unwrap();
    let parts = examples.split(&SplitRequest { validation: 0.1, ..SplitRequest::default() }).unwrap();
    let network =
        |inputs, outputs| Ok(Mlp::builder(inputs).dense(16).relu().dense(outputs).init(usual.init).build_as()?);
    let report = Recipe::of(&examples, &usual).run::<f64>(&trainer, &examples, &parts, network).unwrap();
    let path = folder.path().join("m.safetensors");
    report.model.save(&path).unwrap();
    let model = Model::<f64>::load(&path).unwrap();
    assert_eq!((model.schema.as_ref().unwrap().log1p(), model.target.is_log1p(0)), (vec!["area".to_owned()], true));

    // The figures are those of the predictions, which are prices.
    let mut without = request.clone();
    without.log1p = Vec::new();
    let again = without.read_for(&model).unwrap();
    let rows: Vec<usize> = (0..again.rows()).collect();
    let found = model.assess(&again.dataset_for::<f64>(&rows, &model).unwrap()).unwrap();
    let (features, _) = without.read_features::<f64>(&model).unwrap();
    let predicted = model.predict(&features).unwrap();
    let table = Table::read(folder.path().join("houses.csv"), &TextFormat::default()).unwrap();
    let prices: Vec<f64> = rows.iter().map(|&row| table.number(row, 2).unwrap()).collect();
    let mean = prices.iter().sum::<f64>() / ROWS as f64;
    let squares = |of: &dyn Fn(usize) -> f64| rows.iter().map(|&row| (prices[row] - of(row)).powi(2)).sum::<f64>();
    let (left, all) = (squares(&|row| predicted[row]), squares(&|_| mean));
    let mae = rows.iter().map(|&row| (prices[row] - predicted[row]).abs()).sum::<f64>() / ROWS as f64;
    let near = |found: f64, wanted: f64| assert!((found - wanted).abs() <= 1e-9 * wanted.abs(), "{found} {wanted}");
    near(found.evaluation.loss, left / ROWS as f64);
    near(found.evaluation.mae.unwrap(), mae);
    near(found.evaluation.r2.unwrap(), 1.0 - left / all);
    near(found.metric("R2").unwrap(), 1.0 - left / all);
    near(found.metric("MAE").unwrap(), mae);
    assert!(found.evaluation.r2.unwrap() > 0.8, "{:?}", found.evaluation);
}

#[test]
fn logarithms_stay_where_targets_are_learned_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let examples = request(folder.path(), &houses(), &["price"]).read().unwrap();
    let rows: Vec<usize> = (0..examples.rows()).collect();
    let fitted = examples.fit(&rows, Scaling::None).unwrap().with_targets_as_they_are();
    assert_eq!(fitted.target().scaling(), Some((&[0.0][..], &[1.0][..])));
    let data = examples.dataset::<f64>(&rows, &fitted).unwrap();
    let chainrule::data::Targets::Values { values, .. } = data.targets() else { panic!("values") };
    assert!((values[0] - 101f64.ln()).abs() < 1e-12, "{}", values[0]);
}

#[test]
fn what_has_no_logarithm_is_refused_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str, names: &[&str]| request(folder.path(), text, names).read().unwrap_err().to_string();
    let with = |old: &str, new: &str| houses().replacen(old, new, 1);
    let second = with("\n6.0", "\n-1,Ulm,5\n6.0");
    let row = second.lines().position(|line| line.starts_with("-1,")).unwrap();
    let message = refused(&second, &["area"]);
    assert!(
        message.contains(&format!("row {row}, column 1: found -1, expected a number above -1 in \"area\"")),
        "{message}"
    );
    let message = refused(&with("100.0000", "-100"), &["price"]);
    assert!(message.contains("row 1, column 3: found -100, expected a number above -1 in \"price\""), "{message}");
    for (name, words) in [("town", "a column of categories"), ("cost", "column")] {
        assert!(refused(&houses(), &[name]).contains(words), "{name}: {}", refused(&houses(), &[name]));
    }
    let mut request = request(folder.path(), &houses(), &["area"]);
    request.drop = vec!["area".to_owned()];
    assert!(request.read().unwrap_err().to_string().contains("\"area\", which is left out"));
    request.drop = Vec::new();
    request.target = vec!["town".to_owned()];
    request.log1p = vec!["town".to_owned()];
    assert!(request.read().unwrap_err().to_string().contains("the target \"town\" of a classification task"));
}

#[test]
fn a_model_refuses_rows_that_have_no_logarithm() {
    let folder = tempfile::tempdir().unwrap();
    let examples = request(folder.path(), &houses(), &["area", "price"]).read().unwrap();
    let rows: Vec<usize> = (0..examples.rows()).collect();
    let fitted = examples.fit(&rows, Scaling::Standardize).unwrap();
    let data = examples.dataset::<f32>(&rows, &fitted).unwrap();
    let model = Model::new(Mlp::builder(3).dense(1).build().unwrap(), chainrule::Loss::Mse).described_by(&data);
    let bad = request(folder.path(), "area,town,price\n3,Ulm,5\n-2,Ulm,5\n", &[]);
    let message = bad.read_features::<f32>(&model).unwrap_err().to_string();
    assert!(message.contains("row 2, column 1: found -2, expected a number above -1 in \"area\""), "{message}");
    let bad = request(folder.path(), "area,town,price\n3,Ulm,5\n2,Ulm,-5\n", &[]);
    let message = bad.read_for(&model).unwrap().dataset_for(&[0, 1], &model).unwrap_err().to_string();
    assert!(message.contains("row 2: found -5, expected a number above -1 in \"price\""), "{message}");
}

#[test]
fn what_a_file_says_of_logarithms_is_checked_and_files_that_say_nothing_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let text = houses().replacen("\n6.0", "\n,Ulm,5\n6.0", 1);
    let mut request = request(folder.path(), &text, &["area", "price"]);
    request.missing = Some(chainrule::data::Missing::Median);
    let examples = request.read().unwrap();
    let rows: Vec<usize> = (0..examples.rows()).collect();
    let fitted = examples.fit(&rows, Scaling::Standardize).unwrap();
    let data = examples.dataset::<f32>(&rows, &fitted).unwrap();
    let mut model = Model::new(Mlp::builder(3).dense(1).build().unwrap(), chainrule::Loss::Mse).described_by(&data);
    // Rows whose outputs would show what was changed.
    model.stored_rows = None;
    let path = folder.path().join("m.safetensors");
    model.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    // Of version 2, which has no checksum.
    let (start, rest) = header.split_once(r#"\"checksum\":\""#).unwrap();
    let (_, rest) = rest.split_once(r#"\","#).unwrap();
    let header = format!("{start}{rest}").replacen(r#"\"version\":3"#, r#"\"version\":2"#, 1);
    let load = |old: &str, new: &str| {
        let changed = header.replacen(old, new, 1);
        assert_ne!(changed, header, "{old} in {header}");
        let file = [&(changed.len() as u64).to_le_bytes()[..], changed.as_bytes(), &bytes[8 + length..]].concat();
        std::fs::write(&path, file).unwrap();
        Model::<f32>::load(&path)
    };
    let older = load(r#",\"log1p\":[true]"#, "").unwrap();
    assert!(!older.target.is_log1p(0) && older.schema.as_ref().unwrap().log1p() == ["area"]);
    assert!(load(r#",\"log1p\":true"#, "").unwrap().schema.unwrap().log1p().is_empty());
    let fill = header.split(r#"\"fill\":"#).nth(1).unwrap().split(',').next().unwrap();
    for (old, new, words) in [
        (r#"\"log1p\":[true]"#, r#"\"log1p\":[true,false]"#, "log1p of 2 columns, expected 1 yes or no"),
        (r#"\"log1p\":[true]"#, r#"\"log1p\":[1]"#, "expected"),
        (r#"\"log1p\":true"#, r#"\"log1q\":true"#, "log1q"),
        (&format!(r#"\"fill\":{fill}"#), r#"\"fill\":-1.5"#, "a number above -1, for its logarithm"),
    ] {
        let told = load(old, new).unwrap_err().to_string();
        assert!(told.contains(words), "{told}");
    }
}
