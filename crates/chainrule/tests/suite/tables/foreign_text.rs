//! Text as other programs write it: in UTF-16, below titles and comments, with a first line for spreadsheets, and files that
//! are no text.

use chainrule::data::{Request, Table, TextFormat};

use super::{Folder, all, features, message, read};

fn parse(bytes: &[u8], format: &TextFormat) -> chainrule::Result<Table> {
    Table::parse("x.csv", bytes, format)
}

#[test]
fn unicode_text_of_a_spreadsheet_is_decoded() {
    let text = "name\tprice\n\u{dc}mit\t1.5\nAnna\t2.5\n";
    let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let table = parse(&bytes, &TextFormat::default()).unwrap();
    assert_eq!((table.rows(), table.name(1), table.word(0, 0)), (2, Some("price"), Some("\u{dc}mit")));
    assert_eq!(table.number(1, 1), Some(2.5));
    let folder = Folder::new(&[]);
    std::fs::write(folder.path("t"), &bytes).unwrap();
    assert_eq!(Table::read(folder.path("t"), &TextFormat::default()).unwrap().rows(), 2);
    let told = parse(b"town,x\nK\xf6ln,2\nUlm,3\n", &TextFormat::default()).unwrap_err().to_string();
    assert!(told.contains("iconv -f latin1 -t utf-8 x.csv > NEW"), "{told}");
}

#[test]
fn a_first_line_for_spreadsheets_names_the_delimiter() {
    let table = parse(b"sep=;\na;b,c\n1;2\n3;4\n", &TextFormat::default()).unwrap();
    assert_eq!((table.cols(), table.name(1), table.number(1, 1)), (2, Some("b,c"), Some(4.0)));
    assert!(table.notes().iter().any(|note| note == "first line, sep=, says what is between cells: semicolon"));
    let told = parse(b"sep=;\na;b\n1;x\n2;3\n4;5\n", &TextFormat::default()).unwrap_err().to_string();
    assert!(told.contains("(line 3)"), "{told}");
    // A column may have that name.
    assert_eq!(parse(b"sep=xyz,b\n1,2\n", &TextFormat::default()).unwrap().name(0), Some("sep=xyz"));
}

#[test]
fn titles_and_comments_are_refused_with_the_lines_to_pass_over() {
    for (text, what, begins, lines) in [
        ("# made by hand\n# on Monday\na,b\n1,2\n3,4\n", "a comment, \"# made by hand\"", "line 3", 2),
        ("Prices\n\na,b\n1,2\n3,4\n", "a line of one cell, \"Prices\"", "line 3", 2),
        ("Prices\nof 2024\na;b;c\n1;2;3\n4;5;6\n", "a line of one cell, \"Prices\"", "line 3", 2),
        ("# a b\n1 2\n3 4\n", "a comment", "line 2", 1),
        ("# a, b and c\n1\n2\n", "a comment", "line 2", 1),
    ] {
        let told = message(text, "1");
        assert!(told.contains(what) && told.contains(&format!("begins in {begins}; skip_lines = {lines} ")), "{told}");
        let format = TextFormat { skip_lines: lines, ..TextFormat::default() };
        let table = parse(text.as_bytes(), &format).unwrap();
        assert_eq!(table.rows(), 2, "{text:?}");
        let told = parse(&[text.as_bytes(), b"5,x,7,8\n"].concat(), &format).unwrap_err().to_string();
        assert!(told.contains(&format!("(line {})", text.lines().count() + 1)), "{told}");
    }
    for text in ["#,a\n1,2\n2,3\n", "#id\n1\n2\n", "word\nother\nthird\n", "a\n1,2\n"] {
        assert!(!message_or_none(text).contains("skip_lines"), "{text:?}");
    }
    let format = TextFormat { skip_lines: 9, ..TextFormat::default() };
    assert!(parse(b"a,b\n1,2\n", &format).unwrap_err().to_string().contains("has no rows"));
}

fn message_or_none(text: &str) -> String {
    parse(text.as_bytes(), &TextFormat::default()).map_or_else(|error| error.to_string(), |_| String::new())
}

#[test]
fn columns_set_apart_by_runs_of_blanks_are_told() {
    let examples =
        read("name     age  height\nAnna       3     1.2\nRobert    14     1.7\nUte        9     1.4\n", "height");
    let examples = examples.unwrap();
    assert!(examples.notes().iter().any(|note| note == "delimiter: blanks"), "{:?}", examples.notes());
    assert_eq!(features(&examples).1.len() / all(&examples).len(), 4);
}

#[test]
fn years_that_may_be_names_are_said() {
    let examples = read("2019,2020,2021\n5,6,7.5\n8,9,1.5\n", "3").unwrap();
    let note = "warning: first line, 2019, 2020, 2021, taken as data; if it is a header, which names the columns: \
                header = yes";
    assert!(examples.notes().iter().any(|found| found == note), "{:?}", examples.notes());
}

#[test]
fn files_of_other_programs_are_named_with_what_converts_them() {
    let folder = Folder::new(&[]);
    for (name, bytes, words) in [
        ("a.csv", &b"\xfd7zXZ\x00\x00\x04rest"[..], "found a file that xz has compressed"),
        ("a.jsonl", b"{\"a\": 1}\n", "found JSON, an object a line"),
        ("a.xlsx", b"PK\x03\x04rest of it", "pandas.read_excel"),
        ("a.h5", b"\x89HDF\r\n\x1a\nrest", "found an HDF5 file"),
        ("a.pkl", b"\x80\x05\x95rest of it", "pandas.read_pickle"),
        ("a.csv.bz2", b"BZh91AY&SY", "bzip2 -dc"),
    ] {
        let path = folder.path(name);
        std::fs::write(&path, bytes).unwrap();
        let told = Request::new(chainrule::data::Source::File(path)).target("a").read().unwrap_err().to_string();
        assert!(told.contains(words) && told.contains(name), "{told}");
    }
}
