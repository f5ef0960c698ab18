//! Any text as the settings of a run, and as what its epochs came to.
//!
//! The oracle: settings that are accepted are written to a new file and into the old one, changed and unchanged, and say the
//! same again; epochs are the cells of their lines.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oracle::run::settings(bytes);
    oracle::run::metrics(bytes);
});
