//! Any bytes as an ONNX file: the oracle of model files, as which its graph is read. Files to begin with are in
//! `crates/chainrule/tests/data/onnx`.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

use oracle::model::check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // What stands before every graph: without it nothing would be taken for one.
    check(&[&[0x08, 0x08, 0x12, 0x01, b'x'], bytes].concat());
    check(bytes);
});
