use std::io::Seek;
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
    NullArray, RecordBatch, StringArray, StringViewArray, UInt8Array,
};

use super::*;
use crate::data::{Limits, Memory, Request, Source};
use crate::{Error, Task};

/// Writes a file of one batch.
type Write = fn(&RecordBatch, &mut File);

fn as_parquet(batch: &RecordBatch, file: &mut File) {
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn as_arrow(batch: &RecordBatch, file: &mut File) {
    let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

fn as_compressed_arrow(batch: &RecordBatch, file: &mut File) {
    let options = arrow_ipc::writer::IpcWriteOptions::default()
        .try_with_compression(Some(arrow_ipc::CompressionType::ZSTD))
        .unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new_with_options(file, &batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

type Read = fn(&str, File, &TextFormat, Within<'_>) -> Result<Table>;

const FORMATS: [(Write, Read); 3] = [(as_parquet, parquet), (as_arrow, arrow), (as_compressed_arrow, arrow)];

/// A table of which nothing is said.
fn plain(read: Read, file: File, within: Within<'_>) -> Result<Table> {
    read("x", file, &TextFormat::default(), within)
}

fn file(batch: &RecordBatch, write: Write) -> File {
    let mut file = tempfile::tempfile().unwrap();
    write(batch, &mut file);
    file.rewind().unwrap();
    file
}

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true))).unwrap()
}

fn all_kinds() -> RecordBatch {
    let dictionary: DictionaryArray<Int8Type> = [Some("q"), None, Some("p")].into_iter().collect();
    let decimal = Decimal128Array::from(vec![Some(125), None, Some(-50)]).with_precision_and_scale(10, 2).unwrap();
    batch(&[
        ("byte", Arc::new(UInt8Array::from(vec![Some(1), None, Some(255)]))),
        ("long", Arc::new(Int64Array::from(vec![-1, 2, 3]))),
        ("float", Arc::new(Float32Array::from(vec![Some(0.5), Some(f32::NAN), None]))),
        ("decimal", Arc::new(decimal)),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("word", Arc::new(StringArray::from(vec![Some("a"), None, Some("NA")]))),
        ("view", Arc::new(StringViewArray::from(vec!["a", "b", "a longer word than twelve"]))),
        ("dictionary", Arc::new(dictionary)),
    ])
}

#[test]
fn columns_of_every_kind_are_numbers_or_words_and_nulls_are_missing() {
    for (write, read) in FORMATS {
        let table = plain(read, file(&all_kinds(), write), Within::default()).unwrap();
        assert_eq!((table.rows(), table.cols(), table.name(3)), (3, 8, Some("decimal")));
        let numbers = |column| [0, 1, 2].map(|row| table.number(row, column));
        assert_eq!(numbers(0), [Some(1.0), None, Some(255.0)]);
        assert_eq!(numbers(1), [Some(-1.0), Some(2.0), Some(3.0)]);
        assert_eq!(numbers(2), [Some(0.5), None, None]);
        assert_eq!(numbers(3), [Some(1.25), None, Some(-0.5)]);
        let words = |column| [0, 1, 2].map(|row| table.word(row, column));
        assert_eq!(words(4), [Some("true"), Some("false"), None]);
        assert_eq!(words(5), [Some("a"), None, None]);
        assert_eq!(words(6), [Some("a"), Some("b"), Some("a longer word than twelve")]);
        assert_eq!(words(7), [Some("q"), None, Some("p")]);
        let missing: Vec<usize> = table.columns().iter().map(|column| column.missing).collect();
        assert_eq!(missing, [1, 0, 2, 1, 1, 2, 0, 1]);
    }
}

fn texts(texts: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

#[test]
fn texts_that_are_amounts_of_one_sign_are_numbers_unless_they_are_categories() {
    let dictionary: DictionaryArray<Int8Type> = [Some("$1"), Some("$2"), None].into_iter().collect();
    let amounts = batch(&[
        ("kind", Arc::new(dictionary)),
        ("price", texts(&[Some("$1,200.50"), None, Some("-$3")])),
        ("some", texts(&[Some("$1"), Some("free"), Some("$2")])),
        ("x", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0]))),
        ("share", Arc::new(StringViewArray::from(vec!["5 %", "NA", " 7.5% "]))),
        ("none", texts(&[None, Some(""), None])),
    ]);
    for (write, read) in FORMATS {
        let table = plain(read, file(&amounts, write), Within::default()).unwrap();
        let numbers = |table: &Table, column| [0, 1, 2].map(|row| table.number(row, column));
        let words = |table: &Table, column| [0, 1, 2].map(|row| table.word(row, column).map(str::to_owned));
        let [some, free] = ["$1", "free"].map(|word| Some(word.to_owned()));
        assert_eq!(words(&table, 0), [some.clone(), Some("$2".to_owned()), None]);
        assert_eq!(numbers(&table, 1), [Some(1200.5), None, Some(-3.0)]);
        assert_eq!(words(&table, 2), [some, free, Some("$2".to_owned())]);
        assert_eq!(numbers(&table, 3), [1.0, 2.0, 3.0].map(Some));
        assert_eq!(numbers(&table, 4), [Some(5.0), None, Some(7.5)]);
        assert_eq!(words(&table, 5), [None, None, None]);
        let missing: Vec<usize> = table.columns().iter().map(|column| column.missing).collect();
        assert_eq!(missing, [1, 1, 0, 0, 1, 3]);
        let note = |column: &str, sign: &str| {
            format!(
                "{column}: {sign} taken off, its cells are read as numbers; otherwise categories = {column}, or drop = {column}"
            )
        };
        assert_eq!(table.notes(), [note("price", "$"), note("share", "%")]);

        let (categories, known_categories) = (vec!["price".to_owned()], vec!["share".to_owned()]);
        let format = TextFormat { categories, known_categories, ..TextFormat::default() };
        let table = read("x", file(&amounts, write), &format, Within::default()).unwrap();
        assert_eq!(words(&table, 1)[0].as_deref(), Some("$1,200.50"));
        assert_eq!(words(&table, 4)[0].as_deref(), Some("5 %"));
        assert_eq!((numbers(&table, 3)[1], table.notes()), (Some(2.0), &[][..]));
    }
}

#[test]
fn amounts_of_another_sign_are_refused_by_their_row() {
    let two = batch(&[("price", texts(&[Some("$1"), None, Some("3 \u{20ac}")]))]);
    for (write, read) in FORMATS {
        let message = plain(read, file(&two, write), Within::default()).unwrap_err().to_string();
        let expected = "x, row 3, column 1: found \"3 \u{20ac}\", expected a number with $ in \"price\", as in row 1";
        assert!(message.starts_with(expected) && message.ends_with("categories = price"), "{message}");
    }
    // Beyond the rows that are read at once.
    let mut long = vec![Some("$1"); 9000];
    long[8999] = Some("free");
    let message = plain(parquet, file(&batch(&[("price", texts(&long))]), as_parquet), Within::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("row 9000, column 1: found \"free\", expected a number with $"), "{message}");
}

#[test]
fn a_target_of_amounts_is_a_regression_and_a_category_is_named_as_in_text_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let rows = |text: &str| (0..40).map(|row| format!("{text}{}", row * 37 % 41)).collect::<Vec<_>>();
    let (prices, sizes) = (rows("$"), rows("\u{a3}"));
    let all = batch(&[
        ("price", Arc::new(StringArray::from(prices))),
        ("size", Arc::new(StringArray::from(sizes))),
        ("x", Arc::new(Float64Array::from((0..40).map(f64::from).collect::<Vec<_>>()))),
    ]);
    as_parquet(&all, &mut File::create(&path).unwrap());
    let mut request = Request::new(Source::File(path)).target("price");
    let examples = request.read().unwrap();
    assert_eq!((examples.task(), examples.rows()), (Task::Regression, 40));
    let width = |request: &Request| {
        let examples = request.read().unwrap();
        let fitted = examples.fit(&[0, 1, 2, 3], crate::data::Scaling::None).unwrap();
        fitted.schema().unwrap().width()
    };
    assert_eq!(width(&request), 2);
    request.format.categories = vec!["size".to_owned()];
    assert_eq!(width(&request), 5);
    request.format.categories = vec!["sise".to_owned()];
    assert!(matches!(request.read().unwrap_err(), Error::UnknownName { what: "column", .. }));
}

#[test]
fn what_is_no_number_or_word_is_refused_by_name() {
    let dates = batch(&[("x", Arc::new(Float64Array::from(vec![1.0]))), ("day", Arc::new(Date32Array::from(vec![1])))]);
    let infinite = batch(&[("x", Arc::new(Float64Array::from(vec![1.0, f64::INFINITY])))]);
    let empty = batch(&[("x", Arc::new(NullArray::new(0)))]);
    for (write, read) in FORMATS {
        let message = |batch| plain(read, file(batch, write), Within::default()).unwrap_err().to_string();
        let found = message(&dates);
        assert!(
            found.contains("column 2: found the column \"day\" of type Date32, expected numbers or texts"),
            "{found}"
        );
        assert!(message(&infinite).contains("row 2, column 1: found inf"));
        assert_eq!(message(&empty), "x has no rows; at least one is needed");
    }
}

#[test]
fn every_prefix_and_what_is_beyond_the_limits_are_refused() {
    use std::io::{Read, Write};
    let zeros = batch(&[("x", Arc::new(Float64Array::from(vec![0.0; 100_000])))]);
    for (write, read) in FORMATS {
        let mut bytes = Vec::new();
        file(&all_kinds(), write).read_to_end(&mut bytes).unwrap();
        for length in (0..bytes.len()).step_by(7) {
            let mut cut = tempfile::tempfile().unwrap();
            cut.write_all(&bytes[..length]).unwrap();
            cut.rewind().unwrap();
            assert!(plain(read, cut, Within::default()).is_err(), "{length}");
        }
        let message = plain(read, file(&zeros, write), Limits { max_bytes: 400_000 }.into()).unwrap_err().to_string();
        assert!(message.contains("the limit of 400000 bytes") || message.contains("cut off"), "{message}");
    }
}

#[test]
fn rows_beyond_memory_are_the_same() {
    let numbers: Vec<Option<f64>> = (0..9000).map(|i| (i % 7 > 0).then_some(f64::from(i) * 0.1)).collect();
    let words: Vec<Option<&str>> = (0..9000).map(|i| [Some("a"), None, Some("b")][i % 3]).collect();
    let long = batch(&[("x", Arc::new(Float64Array::from(numbers))), ("w", Arc::new(StringArray::from(words)))]);
    // Twice the larger file, and less than a share of it is the table.
    let memory = Memory::new(400_000);
    for (write, read) in FORMATS {
        let [plain, stored] = [None, Some(&memory)]
            .map(|memory| plain(read, file(&long, write), Within { memory, ..Within::default() }).unwrap());
        let (mut a, mut b) = (plain.cursor(&[0, 1]), stored.cursor(&[0, 1]));
        for row in 0..9000 {
            assert_eq!([0, 1].map(|column| a.at(row).cell(column)), [0, 1].map(|column| b.at(row).cell(column)));
        }
        assert!(stored.is_stored() && !plain.is_stored());
    }
    let little = Memory::new(1000);
    let within = Within { memory: Some(&little), ..Within::default() };
    let message = plain(arrow, file(&long, as_arrow), within).unwrap_err().to_string();
    assert!(message.contains("an Arrow file lies in memory whole"), "{message}");
}
