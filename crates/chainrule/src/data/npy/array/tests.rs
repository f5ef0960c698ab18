use super::*;

/// An NPY file with this dictionary, padded as NumPy pads.
pub(in crate::data::npy) fn npy(version: u8, dict: &str, data: &[u8]) -> Vec<u8> {
    let before = if version == 1 { 10 } else { 12 };
    let length = (before + dict.len() + 1).next_multiple_of(64) - before;
    let mut bytes = [&b"\x93NUMPY"[..], &[version, 0]].concat();
    bytes.extend(&(length as u32).to_le_bytes()[..before - 8]);
    bytes.extend(format!("{dict:<width$}\n", width = length - 1).as_bytes());
    bytes.extend(data);
    bytes
}

fn dict(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}")
}

fn read(bytes: &[u8]) -> Result<Array<f64>> {
    Array::read("x.npy", bytes, Some(bytes.len() as u64), Limits::default())
}

fn message(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn every_width_and_byte_order_gives_the_same_numbers() {
    let numbers = [1i8, 0, 100, 7];
    macro_rules! both {
        ($letter:literal, $t:ty) => {
            let width = size_of::<$t>();
            let little: Vec<u8> = numbers.iter().flat_map(|&x| (x as $t).to_le_bytes()).collect();
            let big: Vec<u8> = numbers.iter().flat_map(|&x| (x as $t).to_be_bytes()).collect();
            for (mark, data) in [('<', little), ('>', big)] {
                let mark = if width == 1 { '|' } else { mark };
                let descr = format!("{mark}{}{width}", $letter);
                for version in [1, 2, 3] {
                    let array = read(&npy(version, &dict(&descr, "False", "(2, 2)"), &data)).unwrap();
                    assert_eq!((array.shape, array.data), (vec![2, 2], vec![1.0, 0.0, 100.0, 7.0]), "{descr}");
                    assert_eq!(array.floats, $letter == 'f');
                }
            }
        };
    }
    both!('i', i8);
    both!('i', i16);
    both!('i', i32);
    both!('i', i64);
    both!('u', u8);
    both!('u', u16);
    both!('u', u32);
    both!('u', u64);
    both!('f', f32);
    both!('f', f64);
    let half = read(&npy(1, &dict("<f2", "False", "(2,)"), &[0, 0x3c, 0, 0xc0])).unwrap();
    assert_eq!((half.data, half.floats), (vec![1.0, -2.0], true));
    assert_eq!(read(&npy(1, &dict(">f2", "False", "(1,)"), &[0x3c, 0])).unwrap().data, [1.0]);
    assert_eq!(read(&npy(1, &dict("|b1", "False", "(2,)"), &[1, 0])).unwrap().data, [1.0, 0.0]);
    assert!(message(&npy(1, &dict("|b1", "False", "(2,)"), &[1, 2])).contains("x.npy, byte 129: found"));
    assert_eq!(read(&npy(1, &dict("|i1", "False", "(1,)"), &[0x80])).unwrap().data, [-128.0]);
}

#[test]
fn fortran_order_is_turned_around_in_two_and_three_dimensions() {
    // numpy.arange(6).reshape(2, 3), then numpy.arange(24).reshape(2, 3, 4), in Fortran order.
    let two = read(&npy(1, &dict("|u1", "True", "(2, 3)"), &[0, 3, 1, 4, 2, 5])).unwrap();
    assert_eq!(two.data, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let mut file = Vec::new();
    for k in 0..4 {
        for j in 0..3 {
            for i in 0..2 {
                file.push(i * 12 + j * 4 + k);
            }
        }
    }
    let three = read(&npy(1, &dict("|u1", "True", "(2, 3, 4)"), &file)).unwrap();
    assert_eq!(three.data, (0..24).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn every_prefix_and_a_byte_too_many_are_refused() {
    let whole = npy(1, &dict("<f4", "False", "(2, 2)"), &[0; 16]);
    assert!(read(&whole).is_ok());
    for length in 0..whole.len() {
        let message = message(&whole[..length]);
        assert!(message.starts_with("x.npy, "), "{length}: {message}");
    }
    let message = message(&[&whole[..], &[0]].concat());
    assert_eq!(
        message,
        "x.npy, header: found shape (2, 2) of '<f4', 144 bytes in all, expected the 145 bytes that the file has"
    );
}

#[test]
fn a_huge_claim_costs_no_memory() {
    // 32 GiB, then 2^63 elements, which times 8 wraps to 0 in 64 bits.
    assert!(message(&npy(1, &dict("<f8", "False", "(4294967296, 1)"), &[])).contains("34359738496 bytes"));
    assert!(message(&npy(1, &dict("<f8", "False", "(9223372036854775808,)"), &[])).contains("bytes in all"));
    assert!(message(&npy(1, &dict("<f8", "False", "(4194305, 4194305, 211106198978564)"), &[])).contains("64 bits"));
    let bomb = [b"\x93NUMPY\x02\x00".as_slice(), &u32::MAX.to_le_bytes(), &[b'('; 100]].concat();
    assert!(message(&bomb).contains("a header of 4294967295 bytes"));
}

#[test]
fn what_is_no_plain_number_is_named() {
    for (descr, width) in [("|O", 8), ("<U3", 12), ("|S3", 3), ("<c16", 16), ("<M8[ns]", 8), ("|V4", 4)] {
        let message = message(&npy(1, &dict(descr, "False", "(1,)"), &vec![0; width]));
        assert!(message.contains(&format!("type '{descr}'")) && message.contains("booleans, integers"), "{message}");
    }
    let structured = "{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }";
    assert!(message(&npy(1, structured, &[0; 8])).contains("a structured type"));
    for descr in ["<f", "f4", "<q4", "<f16", "<i3", ""] {
        assert!(message(&npy(1, &dict(descr, "False", "(1,)"), &[0; 4])).contains("x.npy, header: found"), "{descr}");
    }
}

#[test]
fn a_broken_header_is_refused() {
    for text in ["", "{}", "{'descr': '<f4'}", "(1, 2)", "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "{'a'"]
    {
        assert!(message(&npy(1, text, &[0; 4])).starts_with("x.npy, header: found"), "{text}");
    }
    let mut bytes = npy(1, &dict("<f4", "False", "(1,)"), &[0; 4]);
    bytes[6] = 4;
    assert!(message(&bytes).contains("byte 6: found version 4.0"));
    bytes[0] = b'x';
    assert!(message(&bytes).contains("found bytes 78 4e 55"));
    bytes = npy(1, &dict("<f4", "False", "(1,)"), &[0; 4]);
    bytes[60] = 0xff;
    assert!(read(&bytes).is_err());
}

#[test]
fn any_byte_of_the_header_may_be_wrong_without_a_panic_or_a_long_message() {
    let whole = npy(1, &dict("<f4", "False", "(1, 2)"), &[0; 8]);
    for index in 0..whole.len() - 8 {
        for byte in 0..=255 {
            let mut bytes = whole.clone();
            bytes[index] = byte;
            match read(&bytes) {
                Ok(array) => assert_eq!(array.data.len(), 2),
                Err(error) => assert!(error.to_string().len() < 500, "{error}"),
            }
        }
    }
    let long = npy(2, &format!("{{'descr': '<f4', {}", " ".repeat(60_000)), &[]);
    assert!(message(&long).len() < 500);
}

#[test]
fn nothing_to_read_is_refused() {
    assert!(message(&npy(1, &dict("<f4", "False", "(0, 3)"), &[])).contains("no rows"));
    assert!(message(&npy(1, &dict("<f4", "False", "(3, 0)"), &[])).contains("no columns"));
}
