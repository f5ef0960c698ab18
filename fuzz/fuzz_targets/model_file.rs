//! Any bytes as a model file, written here or by PyTorch.
//!
//! The oracle: what loads is saved, loads again as the same model, is saved to the same bytes, and both predict the
//! same bits. A file's header stands behind its length, which a fuzzer rarely keeps true, so the bytes are tried as a
//! whole file and as header and data, too: up to the first newline a header, behind it data.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

use oracle::model::check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let (header, data) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    check(&[&(header.len() as u64).to_le_bytes(), header, data].concat());
});
