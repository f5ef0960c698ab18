//! Any bytes as an IDX file: the parser never panics, and what it accepts is what the bytes say.
//!
//! The oracles. The data is as long as the product of its dimensions. A plain file that parses is rebuilt from what
//! was parsed, byte for byte. Gzip is transparent: compressed, the same bytes give the same answer. And a file made
//! well from the same bytes is accepted, and refused with one byte less or more.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

use chainrule::data::Idx;
use flate2::{Compression, write::GzEncoder};
use oracle::idx::{GZIP, check, convert};
use std::io::Write;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if !bytes.starts_with(&GZIP) {
        // Without this a fuzzer would have to forge a CRC to pass the decoder.
        assert_eq!(parse(&gzip(bytes)), parse(bytes), "compressed against plain");
    }
    well_made(bytes);
});

fn parse(bytes: &[u8]) -> Option<Idx> {
    chainrule::data::parse_idx("fuzz", bytes).ok()
}

/// A file whose dimensions, 1 to 4 of them and each from 1 to 8, and elements are read from `bytes`.
fn well_made(bytes: &[u8]) {
    let [count, sizes @ ..] = bytes else { return };
    let sizes = sizes.iter().map(|size| u32::from(size % 8) + 1);
    let dims: Vec<u32> = sizes.take(usize::from(count % 4) + 1).collect();
    if dims.is_empty() {
        return;
    }
    let data: Vec<u8> = bytes.iter().copied().cycle().take(dims.iter().product::<u32>() as usize).collect();
    let mut file = vec![0, 0, 8, dims.len() as u8];
    file.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
    file.extend(&data);

    let idx = parse(&file).expect("a well-made file");
    assert!(idx.dims().iter().map(|&dim| dim as u32).eq(dims), "{:?}", idx.dims());
    assert_eq!(idx.data(), data);
    assert_eq!(parse(&gzip(&file)), Some(idx.clone()), "compressed against plain");
    convert(&idx);
    assert!(parse(&file[..file.len() - 1]).is_none(), "accepted with a byte missing");
    file.push(0);
    assert!(parse(&file).is_none(), "accepted with a byte too many");
    assert!(parse(&gzip(&file)).is_none(), "accepted with a compressed byte too many");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
