//! Columns of money and percent, in every dialect of text and from memory.

use chainrule::data::{Decimal, Scaling, Table, TextFormat, parse_csv_features};
use chainrule::{Loss, Mlp, Model};

use super::{Folder, all};

fn parse(text: &str) -> Table {
    Table::parse("x.csv", text.as_bytes(), &TextFormat::default()).unwrap()
}

#[test]
fn amounts_are_numbers_in_every_dialect() {
    for (text, values) in [
        ("a,p\n1,\"$1,234.50\"\n2,-$3\n", [1234.5, -3.0]),
        ("a;p\n1;€ 1.234,50\n2;3,25 €\n", [1234.5, 3.25]),
        ("a\tp\n1\t12.5 %\n2\t-7%\n", [12.5, -7.0]),
        ("a|p\n1|¥100\n2|¥ 2e3\n", [100.0, 2000.0]),
        ("a,p\n1,£5\n2,£ 7.25\n", [5.0, 7.25]),
    ] {
        let table = parse(text);
        assert_eq!([table.number(0, 1), table.number(1, 1)], values.map(Some), "{text}");
        assert!(table.notes().iter().any(|note| note.contains("taken off, its cells are read as numbers")), "{text}");
    }
    // Missing values have no sign, and a first row of amounts is no header.
    let table = parse("Ulm,$5\nBonn,\nKiel,$7\nUlm,n.a.\n");
    assert_eq!((table.rows(), table.number(0, 1), table.number(1, 1), table.number(3, 1)), (4, Some(5.0), None, None));
    assert_eq!(table.word(0, 0), Some("Ulm"));
}

#[test]
fn thousands_that_could_be_fractions_are_told_of_amounts_too() {
    let text = "p;x\n€ 22.554;1999\n€ 9.371;2001\n€ 118.020;2003\n";
    let told = |table: &Table| table.notes().iter().find(|note| note.starts_with("note: ")).cloned();
    let table = parse(text);
    let note = told(&table).expect("a note");
    assert!(
        note.starts_with("note: p: 22.554 is read as 22.554, not 22554; if points stand between thousands"),
        "{note}"
    );
    let format = TextFormat { decimal: Some(Decimal::Comma), ..TextFormat::default() };
    let table = Table::parse("x.csv", text.as_bytes(), &format).unwrap();
    assert_eq!((table.number(0, 0), told(&table)), (Some(22554.0), None));
}

#[test]
fn where_every_column_is_read_as_it_is_a_sign_is_refused() {
    let told = parse_csv_features::<f64>("x.csv", &b"1,$2\n3,$4\n"[..]).unwrap_err().to_string();
    assert!(told.contains("found numbers with $, expected numbers alone"), "{told}");
}

#[test]
fn texts_in_memory_may_have_the_sign_of_the_training_or_none() {
    let rows: String = (0..40).map(|at| format!("${},{at} %,{}\n", at * 17 % 40, at * 3)).collect();
    let folder = Folder::new(&[("t.csv", &format!("price,share,y\n{rows}"))]);
    let examples = folder.request("t.csv").target("y").read().unwrap();
    let fitted = examples.fit(&all(&examples), Scaling::Standardize).unwrap();
    let train = examples.dataset::<f32>(&all(&examples), &fitted).unwrap();
    let network = Mlp::builder(train.cols()).dense(1).seed(3).build_as::<f32>().unwrap();
    let model = Model::new(network, Loss::Mse).described_by(&train);
    let wanted = model.features_of_numbers(&[-17.5, 4.0]).unwrap();
    for cells in [["-$17.5", "4 %"], ["$ -17.5", "4"], ["-17.5", "4%"]] {
        assert_eq!(model.features_of_texts(&cells).unwrap(), wanted, "{cells:?}");
    }
    for cells in [["€5", "4 %"], ["5 %", "4 %"], ["$5", "$4"]] {
        let told = model.features_of_texts(&cells).unwrap_err().to_string();
        assert!(told.contains("expected a number in"), "{cells:?}: {told}");
    }
    // What the file keeps is what was known.
    let path = folder.path("m");
    model.save(&path).unwrap();
    let again = Model::<f32>::load(&path).unwrap();
    assert_eq!(again.schema, model.schema);
    assert!(again.features_of_texts(&["€5", "4 %"]).is_err() && again.features_of_texts(&["$5", "4 %"]).is_ok());
}
