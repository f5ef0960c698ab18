use super::{ColumnKind, ColumnRole, Preflight};
use crate::data::{Request, Source, SplitBy, SplitRequest, Table, TextFormat};

/// Numbers from 0 to 1 in no order.
fn noise(row: usize) -> f64 {
    let mut z = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

/// A report of rows that are written to a file.
fn look(header: &str, rows: usize, row: impl Fn(usize) -> String, request: impl Fn(Request) -> Request) -> Preflight {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    let lines: String = (0..rows).map(|at| row(at) + "\n").collect();
    std::fs::write(&path, format!("{header}\n{lines}")).unwrap();
    request(Request::new(Source::File(path))).preflight(&SplitRequest::default()).unwrap()
}

fn kinds(found: &Preflight) -> Vec<&'static str> {
    found.findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn tables_that_people_know_are_described_and_nothing_is_found() {
    for (name, rows, features) in
        [("iris", 150, 4), ("wine", 178, 13), ("breast_cancer", 569, 30), ("diabetes", 442, 10)]
    {
        let found = Request::new(Source::parse(name).unwrap()).preflight(&SplitRequest::default()).unwrap();
        assert_eq!((found.rows, found.features, found.columns.len()), (rows, features, features + 1), "{name}");
        assert_eq!(kinds(&found), [""; 0], "{name}: {:?}", found.findings);
        assert_eq!(found.columns[features].role, ColumnRole::Target);
    }
    let digits = Request::new(Source::Digits).preflight(&SplitRequest::default()).unwrap();
    assert_eq!((digits.features, kinds(&digits)), (64, vec![]));
}

#[test]
fn made_up_data_are_fine() {
    for name in ["moons", "spirals", "circles", "blobs", "xor", "friedman"] {
        let found = Request::new(Source::parse(name).unwrap()).preflight(&SplitRequest::default()).unwrap();
        assert_eq!(kinds(&found), [""; 0], "{name}: {:?}", found.findings);
    }
}

#[test]
fn a_column_has_range_missing_values_and_what_becomes_of_it() {
    let row = |at: usize| {
        let (size, town) = (if at == 3 { String::new() } else { at.to_string() }, ["Bonn", "Ulm"][at % 2]);
        format!("{},{size},{town},{},{}", noise(at), ["no", "yes"][at / 2 % 2], noise(at + 9000))
    };
    let found = look("a,size,town,old,price", 80, row, |request| request.target("price"));
    assert_eq!(kinds(&found), ["missing-values"]);
    assert_eq!((found.findings[0].number, &found.findings[0].columns[..]), (1.0, &["size".to_owned()][..]));
    let [a, size, town, old, price] = &found.columns[..] else { panic!("five columns") };
    assert!(a.min.unwrap() >= 0.0 && a.max.unwrap() <= 1.0 && a.different == 80 && a.kind == ColumnKind::Number);
    assert_eq!((size.missing, size.kind, size.min, size.max), (1, ColumnKind::Whole, Some(0.0), Some(79.0)));
    assert_eq!((town.kind, &*town.becomes, town.different), (ColumnKind::Category, "one-hot, 2 features", 2));
    assert_eq!((old.kind, &*old.becomes), (ColumnKind::Flag, "0 or 1"));
    assert_eq!((price.role, &*price.becomes), (ColumnRole::Target, "target"));
    let alone = look("a,size,town,old,price", 80, row, |request| request);
    assert!(alone.target.is_none() && alone.parts.is_none() && alone.columns.len() == 5);
}

#[test]
fn leaks_indices_constants_and_rare_categories_are_named() {
    let row = |at: usize| {
        let bad = noise(at) > 0.6;
        let code = if bad { "B7" } else { "A1" };
        let rare = if at == 17 { "odd" } else { "usual" };
        format!("{at},{},{code},{rare},5,{}", noise(at + 1000), if bad { "bad" } else { "good" })
    };
    let found = look("id,x,code,rare,same,state", 300, row, |request| {
        Request { features: Some(["id", "x", "code", "rare", "same"].map(str::to_owned).to_vec()), ..request }
            .target("state")
    });
    assert_eq!(kinds(&found), ["constant-features", "index-column", "rare-categories", "column-tells-target"]);
    let columns: Vec<&str> = found.findings.iter().map(|finding| finding.columns[0].as_str()).collect();
    assert_eq!(columns, ["same", "id", "rare", "code"]);
    assert!(found.findings[3].advice.starts_with("--drop code"), "{:?}", found.findings[3]);
    // Of values: another unit of the same thing.
    let row = |at: usize| format!("{},{},{}", noise(at + 1000), 2.54 * noise(at), noise(at));
    let found = look("x,cm,inch", 100, row, |request| request.target("inch"));
    assert_eq!((kinds(&found), &*found.findings[0].columns[0]), (vec!["column-tells-target"], "cm"));
}

#[test]
fn copies_are_counted_within_and_across_the_parts() {
    let row = |at: usize| format!("{},{},{}", noise(at % 100), noise(at % 100 + 500), at % 100 % 2);
    let found = look("a,b,y", 200, row, |request| request.target("y"));
    assert_eq!((found.duplicate_rows, kinds(&found)), (100, vec!["duplicate-rows", "shared-rows"]));
    assert!(found.shared_rows.unwrap() > 20, "{:?}", found.shared_rows);
}

#[test]
fn copies_of_rows_that_another_file_tests_on_are_found_whatever_the_order_of_its_columns() {
    let examples = |header: &str, row: &dyn Fn(usize) -> String| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let rows: String = (0..100).map(|at| row(at) + "\n").collect();
        std::fs::write(&path, format!("{header}\n{rows}")).unwrap();
        Request::new(crate::data::Source::File(path)).target("y").read().unwrap()
    };
    let label = |at: usize| if at.is_multiple_of(2) { "up" } else { "down" };
    let train = examples("a,b,y", &|at| format!("{},{},{}", noise(at), noise(at + 700), label(at)));
    let parts = train.split(&SplitRequest { test: 0.0, ..SplitRequest::default() }).unwrap();
    // A tenth of the rows are those of the other file.
    let from = |at: usize| if at < 10 { at } else { at + 3000 };
    let test = examples("y,b,a", &|at| format!("{},{},{}", label(from(at)), noise(from(at) + 700), noise(from(at))));
    let found = Preflight::of(&train, Some(&parts)).with_test(&train, &parts, &test);
    assert_eq!((found.shared_rows, kinds(&found)), (Some(10), vec!["shared-rows"]));
    assert!(found.findings[0].seen.starts_with("10 of 100 rows held out"), "{}", found.findings[0]);
    let other = examples("a,b,y", &|at| format!("{},{},{}", noise(at + 5000), noise(at + 6000), label(at)));
    assert_eq!(kinds(&Preflight::of(&train, Some(&parts)).with_test(&train, &parts, &other)), [""; 0]);
}

#[test]
fn a_class_whose_rows_are_all_held_out_is_named() {
    let of = |by| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let label = |at: usize| if at >= 38 { "late" } else { ["up", "down"][at % 2] };
        let rows: String = (0..40).map(|at| format!("{},{},{}\n", noise(at), noise(at + 700), label(at))).collect();
        std::fs::write(&path, format!("a,b,y\n{rows}")).unwrap();
        let request = Request::new(Source::File(path)).target("y");
        request.preflight(&SplitRequest { by, ..SplitRequest::default() }).unwrap()
    };
    let found = of(SplitBy::Last);
    let finding = found.findings.iter().find(|finding| finding.kind == "untrained-classes").unwrap();
    assert_eq!(finding.seen, "all rows of class late are held out: the network cannot learn it");
    assert!(!kinds(&of(SplitBy::Stratified)).contains(&"untrained-classes"));
}

#[test]
fn targets_of_one_class_few_rows_or_one_value_are_told() {
    let of = |label: fn(usize) -> &'static str| {
        look(
            "a,b,y",
            300,
            |at| format!("{},{},{}", noise(at), noise(at + 700), label(at)),
            |request| request.target("y"),
        )
    };
    assert_eq!(kinds(&of(|_| "same")), ["single-class"]);
    assert_eq!(kinds(&of(|at| if at % 20 == 0 { "rare" } else { "usual" })), ["label-imbalance"]);
    assert_eq!(kinds(&of(|at| if at == 9 { "rare" } else { "usual" })), ["label-imbalance", "rare-classes"]);
    let values =
        look("a,b,y", 90, |at| format!("{},{},0.5", noise(at), noise(at + 700)), |request| request.target("y"));
    assert_eq!(kinds(&values), ["constant-targets"]);
}

#[test]
fn labels_that_stand_a_row_too_low_are_told() {
    let row = |at: usize| {
        format!("{},{},{}", noise(at), noise(at + 700), if noise(at.max(1) - 1) > 0.5 { "up" } else { "down" })
    };
    let found = look("a,b,y", 400, row, |request| request.target("y"));
    assert_eq!(kinds(&found), ["shifted-labels"]);
}

#[test]
fn a_large_mean_loses_no_digits_of_the_deviation() {
    let text: String = (0..100).map(|row| format!("{}\n", 1e9 + f64::from(row % 2))).collect();
    let table = Table::parse("x.csv", format!("t\n{text}").as_bytes(), &TextFormat::default()).unwrap();
    let column = &Preflight::of_table(&table).columns[0];
    assert_eq!((column.mean, column.deviation), (Some(1e9 + 0.5), Some(0.5)));
}

/// Numbers of seven digits, drawn without order; none twice.
fn drawn(at: usize) -> usize {
    1_000_000 + at * 104_729 % 8_999_993
}

#[test]
fn columns_that_differ_in_every_row_are_told_where_they_name_rows() {
    let row = |at: usize| {
        let (uuid, price, skewed) = (format!("{:08x}-4a", drawn(at)), 90_000 + at * at * 3, noise(at).powi(3));
        // All different, of six digits.
        let income = 100_000 + (skewed * 2900.0) as usize * 300 + at;
        format!("{},{},{uuid},{price},{},{income},{}", drawn(at), (at * 77 + 5) % 300, noise(at), at % 7 % 2)
    };
    let header = "account_id,number,uuid,price,x,income,y";
    let features = || Some(header.split(',').filter(|name| *name != "y").map(str::to_owned).collect());
    let found = look(header, 300, row, |request| Request { features: features(), ..request }.target("y"));
    let columns: Vec<(&str, &str)> = found
        .findings
        .iter()
        .map(|finding| (finding.kind, finding.columns.first().map_or("", |s| s.as_str())))
        .collect();
    assert_eq!(
        &columns[..3],
        [("unique-column", "account_id"), ("unique-column", "number"), ("unique-column", "uuid")]
    );
    assert!(found.findings[2].seen.contains("each of 300 rows: it becomes 300 features"), "{}", found.findings[2]);
    assert!(found.findings[0].advice.starts_with("--drop account_id"), "{}", found.findings[0]);
    // What is rising or skewed is a measurement.
    assert!(!columns.iter().any(|(_, column)| ["price", "x", "income"].contains(column)), "{columns:?}");
    // Without being asked for, the texts are left out.
    let found = look(header, 300, row, |request| request.target("y"));
    let uuid = &found.columns[2];
    assert_eq!((uuid.role, &*uuid.becomes), (ColumnRole::LeftOut, "left out"));
    assert!(found.notes.iter().any(|note| note.starts_with("left out uuid: 300 different texts")), "{:?}", found.notes);
}

#[test]
fn a_look_without_a_target_says_of_columns_what_a_look_with_one_says() {
    let row = |at: usize| {
        let hole = if at == 4 { String::new() } else { noise(at).to_string() };
        format!("{at},{hole},name {at},{},{}", noise(at + 50), noise(at + 900))
    };
    let of_all = |request: Request| Request { drop: vec!["old".to_owned()], ..request };
    let alone = look(",a,who,old,y", 60, row, of_all);
    let with = look(",a,who,old,y", 60, row, |request| of_all(request).target("y"));
    assert_eq!((kinds(&alone), kinds(&with)), (vec!["missing-values"], vec!["missing-values"]));
    // Without a target its column is one more.
    assert_eq!(alone.findings[0].seen, with.findings[0].seen.replace("1 of 1 columns", "1 of 2 columns"));
    assert_eq!(alone.notes, with.notes);
    let left_out = |found: &Preflight| {
        let roles = found.columns.iter().map(|column| column.role == ColumnRole::LeftOut);
        roles.collect::<Vec<_>>()
    };
    assert_eq!(left_out(&alone), [true, false, true, true, false]);
    assert_eq!(left_out(&with), left_out(&alone));
    assert_eq!((alone.features, with.features), (2, 1)); // a column, and the target where it is not known
}

#[test]
fn few_values_recur_and_are_no_copies() {
    // Of 5 x 2 different rows 200 can only be alike; of numbers in no order none is.
    let stars = |at: usize| format!("{},{}", (noise(at) * 5.0) as u8, u8::from(noise(at + 700) > 0.5));
    let found = look("stars,helpful", 200, stars, |request| request.target("helpful"));
    assert!(found.duplicate_rows > 180, "{}", found.duplicate_rows);
    assert_eq!(kinds(&found), [""; 0], "{:?}", found.findings);
}

#[test]
fn names_that_differ_in_capitals_alone_are_told() {
    let row = |at: usize| {
        let (town, label) = (["Bonn", "bonn", "Ulm"][at % 3], ["good", "bad", "Good"][at / 3 % 3]);
        format!("{},{town},{label}", noise(at))
    };
    let found = look("x,town,label", 90, row, |request| request.target("label"));
    assert_eq!(kinds(&found), ["alike-names", "alike-names"], "{:?}", found.findings);
    assert!(
        found.findings[0].seen.starts_with("categories \"Bonn\" and \"bonn\" of \"town\""),
        "{}",
        found.findings[0]
    );
    assert!(found.findings[1].seen.contains("\"Good\" and \"good\""), "{}", found.findings[1]);
}

#[test]
fn running_sums_and_measurements_drawn_evenly_are_no_numbers_of_rows() {
    let steps = |at: usize| (0..at).map(|row| 1 + (3.0 * noise(row)) as usize).sum::<usize>();
    let row =
        |at: usize| format!("{},{},{},{}", 2 + steps(at), drawn(at), 1_600_000_000 + drawn(at) / 3, noise(at + 90));
    let found = look("km,revenue,time,y", 300, row, |request| request.target("y"));
    assert_eq!(kinds(&found), [""; 0], "{:?}", found.findings);
    // One step throughout is an index, whatever its length; what to type has quotes where it needs them.
    let row = |at: usize| format!("{},{},{}", 100 + 5 * at, noise(at), noise(at + 90));
    let features = Some(vec!["Unnamed: 0".to_owned(), "x".to_owned()]);
    let found =
        look("Unnamed: 0,x,y", 300, row, |request| Request { features: features.clone(), ..request }.target("y"));
    assert_eq!(kinds(&found), ["index-column"]);
    assert!(found.findings[0].advice.starts_with("--drop \"Unnamed: 0\","), "{}", found.findings[0]);
}

#[test]
fn columns_with_as_many_of_each_value_are_copies_only_where_every_row_is_the_same() {
    // A one in another row each; the last holds what c7 does.
    let names: Vec<String> = (0..30).map(|at| format!("c{at}")).collect();
    let row = |row: usize| {
        let cell = |at: usize| if row == at { "1," } else { "0," };
        format!("{}{}{}", (0..30).map(cell).collect::<String>(), cell(7), noise(row))
    };
    let found = look(&format!("{},again,y", names.join(",")), 40, row, |request| request.target("y"));
    let copied: Vec<_> = found.findings.iter().filter(|finding| finding.kind == "copied-columns").collect();
    assert_eq!((copied.len(), &copied[0].columns[..]), (1, &["again".to_owned()][..]), "{copied:?}");
    assert_eq!(copied[0].seen, "column \"again\" holds the same as \"c7\" in every row");
}
