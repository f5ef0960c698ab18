//! Any bytes as a checkpoint, with the checksum that they have or the one that they should have.
//!
//! The oracle: an error, or a state from which a run goes on to its end with finite numbers, and writes checkpoints that are read.
//! As for model files, the bytes are tried as a whole file and as header and data: up to the first newline a header, behind it data.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

use oracle::checkpoint::check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let (header, data) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    check(&[&(header.len() as u64).to_le_bytes(), header, data].concat());
});
