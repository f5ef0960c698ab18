//! Any bytes as an NPZ archive, and as the array in a whole one.
//!
//! The oracle: what is read is finite, and the same when it is written as NPY and read again.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

use std::io::Write;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oracle::table::npz(bytes);
    oracle::table::npz(&archive(bytes));
});

/// An archive whose only file has these bytes.
fn archive(bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut whole);
    let (mut entry, config) = archive.new_file("a.npy").start().expect("a short name");
    let mut writer = config.wrap(&mut entry);
    writer.write_all(bytes).expect("a vector takes everything");
    let (_, descriptor) = writer.finish().expect("a vector takes everything");
    entry.finish(descriptor).expect("a vector takes everything");
    archive.finish().expect("a vector takes everything");
    whole
}
