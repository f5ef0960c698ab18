//! IDX files: the data is as long as the product of its dimensions, a plain file is rebuilt from what was parsed byte
//! for byte, and images become a table, labels a list, decided by the number of dimensions alone.

use super::ORIGIN;
use chainrule::data::{Idx, parse_idx};

/// The first bytes of a gzip stream.
pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];

pub(crate) fn check(bytes: &[u8]) -> bool {
    let Ok(idx) = parse_idx(ORIGIN, bytes) else { return false };
    assert_eq!(idx.dims().iter().product::<usize>(), idx.data().len(), "dimensions {:?}", idx.dims());
    if !bytes.starts_with(&GZIP) {
        assert!(rebuild(&idx) == bytes, "rebuilt, the bytes differ: dimensions {:?}", idx.dims());
    }
    convert(&idx);
    true
}

pub(crate) fn convert(idx: &Idx) {
    let rows = idx.dims()[0];
    match idx.clone().into_features::<f32>(ORIGIN) {
        Ok(features) => assert_eq!((features.rows(), features.data().len()), (rows, idx.data().len())),
        Err(error) => assert_eq!(idx.dims().len(), 1, "{error}"),
    }
    match idx.clone().into_labels(ORIGIN) {
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
