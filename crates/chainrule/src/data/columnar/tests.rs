use std::io::Seek;
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
    NullArray, RecordBatch, StringArray, StringViewArray, UInt8Array,
};

use super::*;
use crate::data::{Limits, Memory};

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

type Read = fn(&str, File, Within<'_>) -> Result<Table>;

const FORMATS: [(Write, Read); 3] = [(as_parquet, parquet), (as_arrow, arrow), (as_compressed_arrow, arrow)];

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
        let table = read("x", file(&all_kinds(), write), Within::default()).unwrap();
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

#[test]
fn what_is_no_number_or_word_is_refused_by_name() {
    let dates = batch(&[("x", Arc::new(Float64Array::from(vec![1.0]))), ("day", Arc::new(Date32Array::from(vec![1])))]);
    let infinite = batch(&[("x", Arc::new(Float64Array::from(vec![1.0, f64::INFINITY])))]);
    let empty = batch(&[("x", Arc::new(NullArray::new(0)))]);
    for (write, read) in FORMATS {
        let message = |batch| read("x", file(batch, write), Within::default()).unwrap_err().to_string();
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
            assert!(read("x", cut, Within::default()).is_err(), "{length}");
        }
        let message = read("x", file(&zeros, write), Limits { max_bytes: 400_000 }.into()).unwrap_err().to_string();
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
            .map(|memory| read("x", file(&long, write), Within { memory, ..Within::default() }).unwrap());
        let (mut a, mut b) = (plain.cursor(&[0, 1]), stored.cursor(&[0, 1]));
        for row in 0..9000 {
            assert_eq!([0, 1].map(|column| a.at(row).cell(column)), [0, 1].map(|column| b.at(row).cell(column)));
        }
        assert!(stored.is_stored() && !plain.is_stored());
    }
    let little = Memory::new(1000);
    let within = Within { memory: Some(&little), ..Within::default() };
    let message = arrow("x", file(&long, as_arrow), within).unwrap_err().to_string();
    assert!(message.contains("an Arrow file lies in memory whole"), "{message}");
}
