//! Any text as a worked example in TOML.
//!
//! The oracle: a comment at the end changes nothing, and what is accepted is traced, twice with the same numbers, as
//! text, Markdown and JSON that a JSON parser reads, or refused with an error.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oracle::toml::check(bytes);
});
