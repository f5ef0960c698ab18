//! Any bytes as a CSV file.
//!
//! The oracles. What is parsed, written and parsed again is the same, bit for bit. And a table of numbers made from the
//! same bytes, written with a header or without, quoted or not, with spaces and either end of line, is read as exactly
//! its numbers.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

use chainrule::data::parse_csv_features;
use oracle::{ORIGIN, csv::check, same_bits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    well_made(bytes);
});

/// A table of up to 8 columns whose numbers are read from `bytes`, eight each; their first byte says how it is written.
fn well_made(bytes: &[u8]) {
    let [cols, header, rest @ ..] = bytes else { return };
    let cols = usize::from(cols % 8) + 1;
    let numbers: Vec<f64> = rest.as_chunks().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect();
    let numbers = &numbers[..numbers.len() / cols * cols];
    if numbers.is_empty() || !numbers.iter().all(|number| number.is_finite()) {
        return;
    }
    let end = if header % 2 == 0 { "\n" } else { "\r\n" };
    let mut text = String::new();
    if header / 2 % 2 == 1 {
        text += &(0..cols).map(|col| format!("\"column, {col}\"")).collect::<Vec<_>>().join(",");
        text += end;
    }
    for row in numbers.chunks_exact(cols) {
        // A tab behind the only cell would be a delimiter.
        let cells =
            row.iter().map(|number| cell(*number)).map(|cell| if cols == 1 { cell.replace('\t', " ") } else { cell });
        let cells: Vec<String> = cells.collect();
        text += &cells.join(",");
        text += end;
    }
    let table = parse_csv_features::<f64>(ORIGIN, text.as_bytes()).expect("a well-made file");
    assert_eq!((table.rows(), table.cols()), (numbers.len() / cols, cols), "{text}");
    assert!(same_bits(&table.data(), numbers), "{text}: {:?}", table.data());
}

fn cell(number: f64) -> String {
    match number.to_bits() % 5 {
        0 => format!("{number}"),
        1 => format!("\"{number}\""),
        2 => format!(" {number:e} "),
        3 => format!("{number:?}\t"),
        _ => format!("{}{number:E}", if number.is_sign_negative() { "" } else { "+" }),
    }
}
