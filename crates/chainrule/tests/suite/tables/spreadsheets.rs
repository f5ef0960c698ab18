//! Text as people write it in spreadsheets: numbers below zero in brackets or behind the minus of typography, names of several lines,
//! titles above the table.

use chainrule::data::{Scaling, Table, TextFormat};

use super::{all, message, read, rows};

fn parse(text: &str, format: &TextFormat) -> chainrule::Result<Table> {
    Table::parse("x.csv", text.as_bytes(), format)
}

#[test]
fn brackets_around_a_number_are_a_minus_beside_other_numbers_and_are_told() {
    let table = parse("paid,y\n12.50,1\n(12.50),2\n\"(1,200)\",3\n", &TextFormat::default()).unwrap();
    assert_eq!([0, 1, 2].map(|row| table.number(row, 0)), [Some(12.5), Some(-12.5), Some(-1200.0)]);
    let note =
        "note: paid: (12.50) is read as -12.5, below zero as accounts write it; if it is a text: categories = paid";
    assert!(table.notes().iter().any(|told| told == note), "{:?}", table.notes());
    // Below the rows by which kinds are told, too.
    let table = parse(&format!("paid\n{}(7)\n", rows(2000, |at| at.to_string())), &TextFormat::default()).unwrap();
    assert_eq!(table.number(2000, 0), Some(-7.0));
    assert_eq!(table.notes().iter().filter(|note| note.contains("(7) is read as -7")).count(), 1);
    // Names of columns are none, and what is alone may be a text.
    let table = parse("(1),(2)\n3,(4)\n5,(6)\n", &TextFormat::default()).unwrap();
    assert_eq!((table.rows(), table.name(0), table.word(0, 1)), (2, Some("(1)"), Some("(4)")));
    let categories = TextFormat { categories: vec!["paid".to_owned()], ..TextFormat::default() };
    assert_eq!(parse("paid,y\n1,1\n(2),2\n", &categories).unwrap().word(1, 0), Some("(2)"));
}

#[test]
fn a_model_reads_rows_of_brackets_alone_as_it_learned_them() {
    use chainrule::{Loss, Mlp, Model};
    let read = read(&format!("paid,y\n{}", rows(20, |at| format!("{},{}", at as i64 - 10, at % 2))), "y").unwrap();
    let fitted = read.fit(&all(&read), Scaling::None).unwrap();
    let data = read.dataset::<f32>(&all(&read), &fitted).unwrap();
    let model = Model::new(Mlp::builder(1).dense(2).build().unwrap(), Loss::CrossEntropy).described_by(&data);
    let folder = super::Folder::new(&[("asked.csv", "paid\n(3)\n(2.5)\n")]);
    let (features, _) = folder.request("asked.csv").read_features(&model).unwrap();
    assert_eq!(*features.data(), [-3.0, -2.5]);
    assert_eq!(*model.features_of_texts(&["(3)"]).unwrap().data(), [-3.0]);
}

#[test]
fn the_minus_of_typography_is_a_minus() {
    let table = parse("t,p\n\u{2212}5,$3\n2.5,\u{2212}$1.50\n\u{2212}.5,$\u{2212}2\n", &TextFormat::default()).unwrap();
    assert_eq!([0, 1, 2].map(|row| table.number(row, 0)), [Some(-5.0), Some(2.5), Some(-0.5)]);
    assert_eq!([0, 1, 2].map(|row| table.number(row, 1)), [Some(3.0), Some(-1.5), Some(-2.0)]);
}

#[test]
fn a_name_of_two_lines_is_refused_with_what_to_do() {
    let text = "\"rooms\nin all\",y\n1,2\n3,4\n";
    let told = message(text, "y");
    assert!(
        told.contains("found '\\n' in the name of a column") && told.contains("write a blank in its place"),
        "{told}"
    );
    assert!(told.ends_with("without names, by numbers from 1: skip_lines = 2 header = no"), "{told}");
    let told = TextFormat { skip_lines: 2, header: Some(false), ..TextFormat::default() };
    assert_eq!(parse(text, &told).unwrap().rows(), 2);
}

#[test]
fn titles_of_any_width_are_told_with_the_lines_to_pass_over() {
    let body = rows(9, |at| format!("{at},{}.5,{}", at * 2, at % 2));
    let one = rows(9, |at| at.to_string());
    for (text, told) in [
        (format!("Report of 2024\nfor May, June\n\na,b,y\n{body}"), "begins in line 4; skip_lines = 3 "),
        (format!("Report of 2024,,\n,,\na,b,y\n{body}"), "if line 3 names the columns: skip_lines = 2"),
        (format!("Report of 2024\n\ny\n{one}"), "if line 3 names the columns: skip_lines = 2"),
    ] {
        let found = message(&text, "y");
        assert!(found.contains(told), "{found}");
        let lines = told.split("skip_lines = ").nth(1).unwrap().trim().parse().unwrap();
        let format = TextFormat { skip_lines: lines, ..TextFormat::default() };
        let table = parse(&text, &format).unwrap();
        assert_eq!((table.rows(), table.name(table.cols() - 1)), (9, Some("y")), "{text}");
    }
    // A wrong cell beside others is none of a title.
    for text in [format!("a\n{one}x\n"), format!("a,b,y\nx,1,2\n{body}")] {
        assert!(!message(&text, "a").contains("skip_lines"), "{text}");
    }
}
