//! Any bytes as an NPY file.
//!
//! The oracles. What is parsed, written and parsed again is the same. The bytes are tried as a whole file and as the
//! dictionary and the data of one, too, whose length is then true. And a file made well from the same bytes is read
//! as exactly its numbers, of any type, in either byte order and either order of elements.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

use chainrule::data::parse_npy_features;
use oracle::{ORIGIN, npy::check, same_bits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len()).min(60_000);
    check(&file(&bytes[..end], bytes.get(end + 1..).unwrap_or_default()));
    well_made(bytes);
});

/// A file of version 1 with this dictionary.
fn file(dictionary: &[u8], data: &[u8]) -> Vec<u8> {
    let length = (10 + dictionary.len() + 1).next_multiple_of(64) - 10;
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((length as u16).to_le_bytes());
    file.extend(dictionary);
    file.resize(10 + length - 1, b' ');
    file.push(b'\n');
    file.extend(data);
    file
}

/// A table whose type, order and shape, up to 8 by 8, and elements are read from `bytes`.
fn well_made(bytes: &[u8]) {
    let [element, order, rows, cols, rest @ ..] = bytes else { return };
    if rest.is_empty() {
        return;
    }
    let (rows, cols) = (usize::from(rows % 8) + 1, usize::from(cols % 8) + 1);
    let (fortran, big_endian) = (order % 2 == 1, order / 2 % 2 == 1);
    let (name, width) = [("i1", 1), ("u1", 1), ("i2", 2), ("u2", 2), ("i4", 4), ("u4", 4), ("f4", 4), ("f8", 8)]
        [usize::from(element % 8)];
    let mut source = rest.iter().copied().cycle();
    let (mut data, mut numbers) = (Vec::new(), Vec::new());
    for _ in 0..rows * cols {
        let mut little = [0; 8];
        little[..width].iter_mut().for_each(|byte| *byte = source.next().unwrap_or_default());
        numbers.push(number(name, little));
        if big_endian {
            little[..width].reverse();
        }
        data.extend(&little[..width]);
    }
    let byte_order = if width == 1 {
        '|'
    } else if big_endian {
        '>'
    } else {
        '<'
    };
    let order = if fortran { "True" } else { "False" };
    let dictionary =
        format!("{{'descr': '{byte_order}{name}', 'fortran_order': {order}, 'shape': ({rows}, {cols}), }}");
    let mut whole = file(dictionary.as_bytes(), &data);

    let parsed = parse_npy_features::<f64>(ORIGIN, &whole);
    if !numbers.iter().all(|number| number.is_finite()) {
        assert!(parsed.is_err(), "a number that is not finite was accepted");
        return;
    }
    let table = parsed.expect("a well-made file");
    let at = |row: usize, col: usize| if fortran { numbers[col * rows + row] } else { numbers[row * cols + col] };
    let want: Vec<f64> =
        (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))).map(|(r, c)| at(r, c)).collect();
    assert_eq!((table.rows(), table.cols()), (rows, cols), "{dictionary}");
    assert!(same_bits(&table.data(), &want), "{dictionary}: {:?}, not {want:?}", table.data());
    assert!(parse_npy_features::<f64>(ORIGIN, &whole[..whole.len() - 1]).is_err(), "accepted with a byte missing");
    whole.push(0);
    assert!(parse_npy_features::<f64>(ORIGIN, &whole).is_err(), "accepted with a byte too many");
}

fn number(name: &str, little: [u8; 8]) -> f64 {
    let [a, b, c, d, ..] = little;
    match name {
        "i1" => f64::from(a as i8),
        "u1" => f64::from(a),
        "i2" => f64::from(i16::from_le_bytes([a, b])),
        "u2" => f64::from(u16::from_le_bytes([a, b])),
        "i4" => f64::from(i32::from_le_bytes([a, b, c, d])),
        "u4" => f64::from(u32::from_le_bytes([a, b, c, d])),
        "f4" => f64::from(f32::from_le_bytes([a, b, c, d])),
        _ => f64::from_le_bytes(little),
    }
}
