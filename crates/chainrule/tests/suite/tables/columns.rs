//! What the columns of a file are, which rows are used, and how they are split.

use chainrule::data::{Missing, Scaling, SplitBy, SplitRequest, TextFormat, write_npy};
use chainrule::{Error, Task};

use super::{Folder, all, features, message, read, rows};

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
fn a_first_row_without_any_value_is_a_row() {
    let told = message("NA,NA\n1,2\n3,4\n", "2");
    assert!(told.contains("row 1, column 1: found a missing value") && told.contains(" missing ("), "{told}");
}

#[test]
fn missing_values_are_counted_or_filled_by_what_training_saw() {
    let text = "age,town,y\n1,a,0.5\n,b,1.5\n3,,2.5\n3,b,3.5\n9,b,4.5\nNaN,b,?\n";
    let told = message(text, "y");
    assert!(told.contains("4 missing (age 2, town 1)") || told.contains("3 missing (age 2, town 1)"), "{told}");
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
    assert!(examples.notes().iter().any(|note| note == "1 row without a target left out"), "{:?}", examples.notes());
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
fn what_is_no_weight_of_a_row_is_told_in_words() {
    for (cell, found) in
        [("-1", "found -1, expected"), ("", "found no value, expected"), ("false", "found \"false\", expected")]
    {
        let folder = Folder::new(&[("t.csv", &format!("x,weight,y\n1,1,5.5\n2,{cell},6.5\n3,1,7.5\n4,1,8.5\n"))]);
        let mut request = folder.request("t.csv").target("y");
        request.row_weights = Some("weight".to_owned());
        let told = request.read().unwrap_err().to_string();
        assert!(told.contains(found) && told.contains("row 2, column 2"), "{told}");
    }
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
