//! Any bytes as an IDX file: the parser never panics, and what it accepts is what the bytes say.
//!
//! The oracles. The data is as long as the product of its dimensions. A plain file that parses is rebuilt from what
//! was parsed, byte for byte. Gzip is transparent: compressed, the same bytes give the same answer. And a file made
//! well from the same bytes is accepted, and refused with one byte less or more.
#![no_main]

use chainrule::data::Idx;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

const GZIP: [u8; 2] = [0x1f, 0x8b];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let parsed = parse(bytes);
    if let Some(idx) = &parsed {
        assert_eq!(idx.dims().iter().product::<usize>(), idx.data().len(), "dimensions {:?}", idx.dims());
        convert(idx);
    }
    if !bytes.starts_with(&GZIP) {
        if let Some(idx) = &parsed {
            assert_eq!(rebuild(idx), bytes, "dimensions {:?}", idx.dims());
        }
        // Without this a fuzzer would have to forge a CRC to pass the decoder.
        assert_eq!(parse(&gzip(bytes)), parsed, "compressed against plain");
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

/// Images become a table, labels a list; which of the two is decided by the number of dimensions alone.
fn convert(idx: &Idx) {
    let rows = idx.dims()[0];
    match idx.clone().into_features::<f32>("fuzz") {
        Ok(features) => assert_eq!((features.rows(), features.data().len()), (rows, idx.data().len())),
        Err(error) => assert_eq!(idx.dims().len(), 1, "{error}"),
    }
    match idx.clone().into_labels("fuzz") {
        Ok(labels) => assert_eq!(labels.len(), rows),
        Err(error) => assert_ne!(idx.dims().len(), 1, "{error}"),
    }
}

/// The file, written anew.
fn rebuild(idx: &Idx) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, idx.dims().len() as u8];
    bytes.extend(idx.dims().iter().flat_map(|&dim| (dim as u32).to_be_bytes()));
    bytes.extend(idx.data());
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
