//! A tensor of a safetensors file as an array.

use safetensors::{Dtype, SafeTensors};

use super::array::{Array, tuple};
use crate::data::half::{bf16, f16};
use crate::data::input::{Input, read_exactly};
use crate::data::member::listed;
use crate::nearest::nearest;
use crate::{Error, Place, Result};

/// The tensor of this name, or the only one, and what errors call it.
pub(super) fn array(origin: &str, mut input: Input, key: Option<&str>) -> Result<(String, Array<f64>)> {
    let refuse = |found: String, expected: &str| Error::format(origin, Place::Header, found, expected);
    let len = input.len.ok_or_else(|| refuse("a pipe".to_owned(), "a file, whose length is known"))?;
    let bytes = read_exactly(origin, &mut input.reader, 0, usize::try_from(len).unwrap_or(usize::MAX))?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|error| refuse(format!("a header that says {error}"), "a safetensors file"))?;
    let names = file.names();
    let list = || {
        let mut shapes: Vec<(String, String)> =
            file.iter().map(|(name, tensor)| (name.to_owned(), tuple(tensor.shape()))).collect();
        shapes.sort();
        listed(&shapes)
    };
    let name = match (key, &names[..]) {
        (Some(key), names) if names.contains(&key) => key,
        (Some(key), names) => {
            let meant = nearest(key, names).map_or(String::new(), |name| format!(" (did you mean {name:?}?)"));
            return Err(refuse(format!("no tensor {key:?}{meant}"), &format!("one of {}", list())));
        }
        (None, [only]) => *only,
        (None, []) => return Err(refuse("no tensor".to_owned(), "one at least")),
        (None, [..]) => {
            let expected = format!("the name of one behind the file, as {origin}:NAME");
            return Err(refuse(format!("the tensors {}", list()), &expected));
        }
    };
    let tensor = file.tensor(name).map_err(|error| refuse(format!("{name:?}: {error}"), "a whole tensor"))?;
    let named = format!("{origin}:{name}");
    let shape = tensor.shape().to_vec();
    if let Some(index) = shape.iter().position(|&dim| dim == 0) {
        let what = if index == 0 { "rows" } else { "columns" };
        return Err(Error::Empty { origin: named, what });
    }
    let data = numbers(&named, tensor.dtype(), tensor.data())?;
    let floats = matches!(tensor.dtype(), Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16);
    Ok((named, Array { shape, floats, bytes: tensor.dtype() == Dtype::U8, data }))
}

fn numbers(
    origin: &str,
    dtype: Dtype,
    bytes: &[u8], // little-endian
) -> Result<Vec<f64>> {
    macro_rules! each {
        ($width:literal, $from:expr) => {{
            let elements = bytes.as_chunks::<$width>().0;
            let mut numbers = Vec::new();
            numbers.try_reserve_exact(elements.len()).map_err(|_| Error::no_memory("elements", elements.len()))?;
            numbers.extend(elements.iter().map($from));
            numbers
        }};
    }
    Ok(match dtype {
        Dtype::F64 => each!(8, |x| f64::from_le_bytes(*x)),
        Dtype::F32 => each!(4, |x| f64::from(f32::from_le_bytes(*x))),
        Dtype::F16 => each!(2, |x| f16(u16::from_le_bytes(*x))),
        Dtype::BF16 => each!(2, |x| bf16(u16::from_le_bytes(*x))),
        Dtype::I64 => each!(8, |x| i64::from_le_bytes(*x) as f64),
        Dtype::I32 => each!(4, |x| f64::from(i32::from_le_bytes(*x))),
        Dtype::I16 => each!(2, |x| f64::from(i16::from_le_bytes(*x))),
        Dtype::I8 => each!(1, |x| f64::from(i8::from_le_bytes(*x))),
        Dtype::U64 => each!(8, |x| u64::from_le_bytes(*x) as f64),
        Dtype::U32 => each!(4, |x| f64::from(u32::from_le_bytes(*x))),
        Dtype::U16 => each!(2, |x| f64::from(u16::from_le_bytes(*x))),
        Dtype::U8 | Dtype::BOOL => each!(1, |x: &[u8; 1]| f64::from(x[0])),
        other => {
            let expected = "booleans, integers of 8 to 64 bits, or floats of 16 to 64";
            return Err(Error::format(origin, Place::Header, format!("elements of type {other:?}"), expected));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Limits;
    use crate::data::input::open;

    fn read(entries: &str, data: &[u8], key: Option<&str>) -> Result<(String, Array<f64>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let head = format!("{{{entries}}}");
        std::fs::write(&path, [&(head.len() as u64).to_le_bytes(), head.as_bytes(), data].concat()).unwrap();
        array("x.safetensors", open(&path, Limits::default())?, key)
    }

    #[test]
    fn tensors_of_every_type_are_numbers() {
        for (dtype, one) in [
            ("F64", &1f64.to_le_bytes()[..]),
            ("F32", &1f32.to_le_bytes()),
            ("F16", &0x3c00u16.to_le_bytes()),
            ("BF16", &0x3f80u16.to_le_bytes()),
            ("I64", &1i64.to_le_bytes()),
            ("I32", &1i32.to_le_bytes()),
            ("I16", &1i16.to_le_bytes()),
            ("I8", &[1]),
            ("U64", &1u64.to_le_bytes()),
            ("U32", &1u32.to_le_bytes()),
            ("U16", &1u16.to_le_bytes()),
            ("U8", &[1]),
            ("BOOL", &[1]),
        ] {
            let entry = format!("\"w\":{{\"dtype\":\"{dtype}\",\"shape\":[1,1],\"data_offsets\":[0,{}]}}", one.len());
            let (origin, array) = read(&entry, one, None).unwrap();
            assert_eq!(
                (origin.as_str(), array.shape, array.data),
                ("x.safetensors:w", vec![1, 1], vec![1.0]),
                "{dtype}"
            );
        }
    }

    #[test]
    fn one_of_several_is_named() {
        let entries = "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\
                       \"b\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[2,2]}";
        let message = |key| read(entries, &[1, 2], key).unwrap_err().to_string();
        assert_eq!(read(entries, &[1, 2], Some("a")).unwrap().1.data, [1.0, 2.0]);
        assert!(
            message(None).contains("found the tensors a (2,), b (0,), expected the name of one"),
            "{}",
            message(None)
        );
        assert!(message(Some("A")).contains("no tensor \"A\" (did you mean \"a\"?)"));
        assert!(message(Some("b")).contains("x.safetensors:b has no rows"));
        assert!(read(entries, &[1], Some("a")).is_err());
    }
}
