//! Any bytes as a safetensors file of data: what is read is finite, and the same when it is written as NPY and read again.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oracle::table::tensors(bytes);
});
