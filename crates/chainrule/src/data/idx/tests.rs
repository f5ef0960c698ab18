use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// 2 images of 2x3, then 12 pixels.
fn images() -> Vec<u8> {
    let header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3];
    [&header[..], &[0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn message(bytes: &[u8]) -> String {
    parse_idx("x.idx", bytes).unwrap_err().to_string()
}

#[test]
fn images_are_read_plain_and_compressed() {
    for bytes in [images(), gzip(&images())] {
        let idx = parse_idx("x.idx", &bytes[..]).unwrap();
        assert_eq!(idx.dims(), [2, 2, 3]);
        let features = idx.into_features::<f32>("x.idx").unwrap();
        assert_eq!((features.rows(), features.cols()), (2, 6));
        assert_eq!(*features.row(1), [250.0, 251.0, 252.0, 253.0, 254.0, 255.0]);
    }
    let flat = [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8];
    assert_eq!(*parse_idx("x", &flat[..]).unwrap().into_features::<f64>("x").unwrap().data(), [9.0, 8.0]);
}

#[test]
fn every_prefix_is_refused() {
    for whole in [images(), gzip(&images())] {
        for length in 0..whole.len() {
            let message = message(&whole[..length]);
            assert!(message.starts_with("x.idx, byte "), "{length} bytes: {message}");
        }
    }
    let message = message(&images()[..20]);
    assert_eq!(message, "x.idx, byte 20: found the end, expected 28 bytes in all: a header of 16 and data of 12");
}

#[test]
fn a_byte_too_many_is_refused() {
    let plain = [&images()[..], &[0]].concat();
    let inside = gzip(&plain);
    for bytes in [plain, inside] {
        assert!(message(&bytes).starts_with("x.idx, byte 28: found more bytes, expected the end"));
    }
    // Behind a compressed stream zeros fill a block.
    let filled = [gzip(&images()), vec![0; 512]].concat();
    assert_eq!(parse_idx("x", &filled[..]).unwrap().data(), &images()[16..]);
    let garbage = [gzip(&images()), b"garbage behind the stream".to_vec()].concat();
    assert!(message(&garbage).contains("corrupt or cut off"), "{}", message(&garbage));
}

#[test]
fn two_compressed_parts_make_one_file_as_gzip_defines() {
    let bytes = [gzip(&images()[..20]), gzip(&images()[20..])].concat();
    assert_eq!(parse_idx("x", &bytes[..]).unwrap().data(), &images()[16..]);
}

#[test]
fn every_flipped_bit_of_a_compressed_file_is_refused_or_harmless() {
    let whole = gzip(&images());
    for index in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[index] ^= 1 << bit;
            // A time in the header means nothing, and a copy from another place may hold the same bytes.
            if let Ok(idx) = parse_idx("x.idx", &bytes[..]) {
                assert_eq!(idx.data(), &images()[16..], "byte {index}, bit {bit}");
            }
        }
    }
}

#[test]
fn a_wrong_start_says_what_it_looks_like() {
    for (start, looks_like) in [
        (&b"\x93NUMPY\x01\x00"[..], "(a NumPy file)"),
        (b"PK\x03\x04", "(a zip archive)"),
        (b"1,2,3\n", "(text)"),
        (&gzip(&gzip(&images())), "(compressed twice)"),
        (&[1, 0, 8, 3], "bytes 01 00 08 03,"),
        (&[0, 1, 8, 3], "bytes 00 01 08 03,"),
    ] {
        let message = message(start);
        assert!(message.contains(looks_like) && message.contains("starts with 00 00 08"), "{message}");
    }
}

#[test]
fn an_element_type_other_than_bytes_is_named() {
    for (code, name) in [(0x09, "signed bytes"), (0x0d, "32-bit floats"), (0x0e, "64-bit floats"), (7, "no known")] {
        let message = message(&[0, 0, code, 1, 0, 0, 0, 1, 5]);
        assert!(message.contains(name) && message.contains("x.idx, byte 2"), "{message}");
    }
}

#[test]
fn images_are_no_labels_and_labels_no_images() {
    let labels = [0, 0, 8, 1, 0, 0, 0, 2, 5, 6];
    let parse = |bytes: &[u8]| parse_idx("x", bytes).unwrap();
    assert_eq!(parse(&labels).into_labels("x").unwrap(), [5, 6]);
    let message = parse(&labels).into_features::<f32>("x").unwrap_err().to_string();
    assert!(message.contains("found 1 dimension (2), expected images"), "{message}");
    let message = parse(&images()).into_labels("x").unwrap_err().to_string();
    assert!(message.contains("found 3 dimensions (2 x 2 x 3), expected labels"), "{message}");
    assert!(super::tests::message(&[0, 0, 8, 0]).contains("0 dimensions"));
}

#[test]
fn nothing_to_read_is_refused() {
    assert!(message(&[0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3]).contains("no rows"));
    assert!(message(&[0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 0]).contains("no columns"));
}

#[test]
fn a_huge_claim_costs_no_memory() {
    let claim = |dims: &[u32]| {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        dims.iter().for_each(|dim| bytes.extend(dim.to_be_bytes()));
        bytes
    };
    // 2^32 - 1 three times over does not fit 64 bits; twice it does, and would be 16 EiB.
    assert!(message(&claim(&[u32::MAX; 3])).contains("that can be counted"));
    assert!(message(&claim(&[u32::MAX; 2])).contains("more than the limit"));
    assert!(message(&claim(&[u32::MAX])).contains("has 4294967303 bytes, more than the limit"));
    assert!(message(&claim(&[1 << 30])).contains("1073741832 bytes in all"));
    // Dimensions whose product wraps to 0.
    assert!(message(&claim(&[1 << 31, 1 << 31, 4])).contains("that can be counted"));
    assert!(message(&claim(&[1; 255])).contains("byte 1024: found the end"));
    // 64 MiB of zeros in 64 KiB, of which 10 were claimed.
    let bomb = gzip(&[claim(&[10]), vec![0; 64 << 20]].concat());
    assert!(message(&bomb).contains("byte 18: found more bytes"));
}

#[test]
fn a_reader_is_not_read_past_one_byte_too_many() {
    let mut endless = images().into_iter().chain(std::iter::repeat(7));
    struct Bytes<I>(I, usize);
    impl<I: Iterator<Item = u8>> Read for Bytes<I> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.iter_mut().for_each(|place| *place = self.0.next().unwrap());
            self.1 += buffer.len();
            Ok(buffer.len())
        }
    }
    let mut reader = Bytes(&mut endless, 0);
    assert!(parse_idx("x", &mut reader).is_err());
    assert_eq!(reader.1, 29);
}
