//! A file costs what it holds and not what it claims, a file without an end costs a few MiB, and a size that no memory
//! holds is an error: measured by an allocator that counts a thread's bytes, and that can be told to have no more.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use chainrule::data::{Batches, Dataset, Features, Limits, Order, Source, Targets, parse_csv_features, parse_idx};
use chainrule::trace::Example;
use chainrule::{DType, Error, ModelFile, Result};
use flate2::write::GzEncoder;

use crate::alone;
use crate::memory::{LARGEST, thread_peak, thread_start};

const MIB: usize = 1 << 20;

/// What it gives, and the most bytes that it held at once.
fn peak<R>(work: impl FnOnce() -> R) -> (R, usize) {
    let before = thread_start();
    let result = work();
    (result, (thread_peak() - before) as usize)
}

/// Refused, in so many words and in so many bytes of memory.
fn refused<R>(work: impl FnOnce() -> Result<R>, bytes: usize, words: &str) {
    let (result, held) = peak(work);
    let Err(error) = result else { panic!("read, where {words:?} was expected") };
    let message = error.to_string();
    assert!(message.contains(words), "{words:?} in {message}");
    assert!(message.len() < 2000, "{} bytes of message: {}", message.len(), &message[..200]);
    assert!(held < bytes, "{held} bytes of memory, not {bytes}: {message}");
}

fn file_in(folder: &Path, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join("file");
    fs::write(&path, bytes).unwrap();
    path
}

fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// A model file of dense(3, 2) without a bias, whose metadata tell of these layers.
fn claiming(layers: &str, more: &str) -> Vec<u8> {
    let json = format!(r#"{{"version":1,"layers":[{layers}],"loss":"mse","preprocess":{{"kind":"none"}}{more}}}"#);
    let json = json.replace('\\', "\\\\").replace('"', "\\\"");
    let tensor = r#""0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}"#;
    with_header(&format!(r#"{{"__metadata__":{{"chainrule":"{json}"}},{tensor}}}"#), &[0; 24])
}

#[test]
fn a_model_file_costs_what_it_holds_and_not_what_it_claims() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let good = r#""dense(3, 2)""#;
    let shaped = |shape: &str, to: u64| {
        with_header(&format!(r#"{{"0.weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,{to}]}}}}"#), &[0; 24])
    };
    let many = |count: usize| vec![r#""relu""#; count].join(",");
    let tensors = |count: usize| {
        let each =
            |i| format!(r#""{i}.weight":{{"dtype":"F32","shape":[1,1],"data_offsets":[{},{}]}}"#, 4 * i, 4 * i + 4);
        with_header(&format!("{{{}}}", (0..count).map(each).collect::<Vec<_>>().join(",")), &vec![0; 4 * count])
    };
    let wide = format!("[{}1]", "1,".repeat(1 << 20));
    for (bytes, words) in [
        (
            claiming(r#""dense(3, 30000)","dense(30000, 30000)""#, ""),
            "found dense layers 3x2, expected dense layers 3x30000",
        ),
        (
            claiming(r#""dense(3, 4294967296)","dense(4294967296, 4294967296)""#, ""),
            "expected dense layers 3x4294967296",
        ),
        (claiming(r#""dense(18446744073709551615, 18446744073709551615)""#, ""), "found dense layers 3x2"),
        (claiming(&format!(r#"{good},"layer_norm(1099511627776)""#), ""), "layer_norm(1099511627776)"),
        (claiming(&format!(r#"{good},"batch_norm(1099511627776)""#), ""), "batch_norm(1099511627776)"),
        (
            claiming(&format!("{good},{}", vec![r#""dense(2, 2)""#; 20_000].join(",")), ""),
            "(20000 in all) behind 1 that",
        ),
        (claiming(&format!("{good},{}", many(40_000)), ""), "a list of more than 32768 elements"),
        (claiming(&format!("{good},{}", many(1 << 20)), ""), "a list of more than 32768 elements"),
        (claiming(good, &format!(r#","class_names":[{}""]"#, r#""","#.repeat(1 << 20))), "more than 32768 elements"),
        (claiming(good, r#","loss":"mse""#), "the key \"loss\" twice"),
        (claiming(good, r#","later":{"a":1,"a":2}"#), "the key \"a\" twice"),
        (
            claiming(good, r#","class_names":["a","b\u001b[2J"]"#).into_iter().collect(),
            "name \"b\\u{1b}[2J\" of class 1",
        ),
        (claiming(r#""dense(3, 2)\u001b[2J""#, ""), "\\u{1b}"),
        (shaped("[1099511627776,0]", 0), "bytes where its header tells of"),
        (shaped("[1099511627776,0]", 24), ""),
        (shaped("[1099511627776,1099511627776]", 24), ""),
        (shaped("[4294967296,4294967296]", 24), ""),
        (shaped("[2,140737488355328]", 1 << 50), "bytes where its header tells of 1125899906842"),
        (shaped("[2,3]", u64::MAX), "expected a whole safetensors file"),
        (shaped(&wide, 24), "a list of more than 8 elements"),
        (with_header("{}", &[]), "no tensor named"),
        ([&(1u64 << 40).to_le_bytes()[..], &[b'{'; 100]].concat(), "a header of 1099511627776 bytes"),
        ([&(90_000_000u64).to_le_bytes()[..], &[b'{'; 100]].concat(), "108 bytes where its header tells of 90000008"),
        (with_header(&format!("{{{}", r#""a":{"#.repeat(100_000)), &[]), "recursion limit"),
        (tensors(200_000), "an object of more than 163841 entries"),
        (tensors(40_000), "found 40000 layers, expected at most 32768"),
        (
            with_header(
                r#"{"0.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"0.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                &[0; 4],
            ),
            "the key \"0.weight\" twice",
        ),
        (
            with_header(r#"{"0\n.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}"#, &[0; 4]),
            "tensor `0\\n.weight`",
        ),
    ] {
        let path = file_in(folder.path(), &bytes);
        refused(|| ModelFile::open(&path)?.model::<f64>(None), bytes.len() + 64 * MIB, words);
    }
    // An empty matrix of 2^40 rows has no numbers, and a bias of as many zeros would be 8 TB.
    let empty = with_header(r#"{"0.weight":{"dtype":"F32","shape":[1099511627776,0],"data_offsets":[0,0]}}"#, &[]);
    refused(|| ModelFile::parse("m", &empty), MIB, "tensor `0.weight` of shape [1099511627776, 0]");
    let small = claiming(r#""dense(3, 30000)","dense(30000, 30000)""#, "");
    let path = file_in(folder.path(), &small);
    refused(|| ModelFile::open(&path)?.model::<f32>(None), MIB, "dense layers 3x2");
}

#[test]
fn the_longest_header_that_is_read_costs_64_mib_beyond_the_file() {
    let _alone = alone();
    // As many tensors as there may be: the last breaks the chain of widths.
    let count = 32_768;
    let each = |i: usize| {
        let width = if i + 1 == count { 2 } else { 1 };
        let (from, to) = (4 * i, 4 * i + 4 * width);
        format!(r#""{i}.weight":{{"dtype":"F32","shape":[1,{width}],"data_offsets":[{from},{to}]}}"#)
    };
    let header = format!("{{{}}}", (0..count).map(each).collect::<Vec<_>>().join(","));
    let bytes = with_header(&header, &vec![0; 4 * count + 4]);
    let folder = tempfile::tempdir().unwrap();
    let path = file_in(folder.path(), &bytes);
    refused(|| ModelFile::open(&path), bytes.len() + 64 * MIB, "with 2 inputs, expected 1");
}

#[cfg(target_os = "linux")]
#[test]
fn what_does_not_end_is_refused_in_a_few_mib() {
    let _alone = alone();
    for device in ["/dev/zero", "/dev/full", "/dev/urandom"] {
        refused(|| ModelFile::open(device), MIB, "expected a whole safetensors file");
        refused(|| Limits::default().read_features::<f32>(device), 2 * MIB, device);
        refused(|| Limits::default().read_targets::<f32>(device, None), 2 * MIB, device);
        refused(|| chainrule::data::read_csv_features::<f32>(device), 64 * MIB, device);
        refused(|| chainrule::data::read_npy_features::<f32>(device), MIB, device);
        refused(|| Example::open(device), 64 * MIB, device);
    }
    for path in ["/", "/dev/null"] {
        refused(|| ModelFile::open(path), MIB, path);
        refused(|| Limits::default().read_features::<f32>(path), MIB, path);
    }
}

/// The same bytes again and again.
struct Endless(&'static [u8], usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for place in buffer.iter_mut() {
            *place = self.0[self.1 % self.0.len()];
            self.1 += 1;
        }
        Ok(buffer.len())
    }
}

#[test]
fn text_without_an_end_is_refused_at_its_bound() {
    let _alone = alone();
    let csv = |text| move || parse_csv_features::<f32>("x.csv", Endless(text, 0));
    let row =
        "x.csv, row 1, column 1 (line 1): found a longer row, expected rows of at most 16777216 bytes and 1048576";
    refused(csv(b"7"), 64 * MIB, row);
    refused(csv(b"1,"), 64 * MIB, row);
    refused(csv(b","), 64 * MIB, row);
    // Quotes hide ends of lines.
    refused(|| parse_csv_features::<f32>("x.csv", (&b"\""[..]).chain(Endless(b"a\n", 0))), 64 * MIB, row);
    let limits = Limits { max_bytes: 100_000 };
    refused(
        || limits.parse_csv_features::<f32>("x.csv", Endless(b"1,2\n", 0)),
        MIB,
        "x.csv has more bytes, more than the",
    );
    refused(|| limits.parse_csv_targets::<f32>("x.csv", Endless(b"1\n", 0), None), 2 * MIB, "limit of 100000 bytes");
}

#[test]
fn a_limit_is_met_by_the_byte_and_lifted_by_the_byte() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let idx = [&[0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3][..], &[1, 2, 3, 4, 5, 6]].concat();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&idx).unwrap();
    let npy = folder.path().join("x.npy");
    chainrule::data::write_npy(&npy, 2, 3, &[0.5f32; 6]).unwrap();
    let npy = fs::read(npy).unwrap();
    let csv = b"1,2,3\n4,5,6\n".to_vec();
    for (bytes, inflated) in [
        (idx.clone(), idx.len()),
        (gzip.finish().unwrap(), idx.len()),
        (npy.clone(), npy.len()),
        (csv.clone(), csv.len()),
    ] {
        let path = file_in(folder.path(), &bytes);
        // gzip makes so small a file longer.
        let enough = inflated.max(bytes.len()) as u64;
        let read = |max_bytes| Limits { max_bytes }.read_features::<f32>(&path).map(|table| table.rows());
        assert_eq!(read(enough).unwrap(), 2);
        assert!(matches!(read(inflated.min(bytes.len()) as u64 - 1), Err(Error::OverLimit { .. })));
        let source = Source::File(path.clone());
        assert!(matches!(Limits { max_bytes: 3 }.load_features::<f32>(&source), Err(Error::OverLimit { .. })));
    }
    let model = claiming(r#""dense(3, 2)""#, "");
    let path = file_in(folder.path(), &model);
    let open = |less| Limits { max_bytes: (model.len() - less) as u64 }.open_model(&path);
    assert_eq!(open(0).unwrap().dtype(), DType::F32);
    let message = open(1).unwrap_err().to_string();
    assert!(message.contains(&format!("has {} bytes, more than the limit of", model.len())), "{message}");
}

#[test]
fn a_table_that_claims_what_it_does_not_hold_costs_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let claim = |dims: &[u32]| {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        dims.iter().for_each(|dim| bytes.extend(dim.to_be_bytes()));
        bytes
    };
    let path = file_in(folder.path(), &claim(&[1 << 20, 28, 28]));
    refused(|| Limits::default().read_features::<f32>(&path), MIB, "found the end, expected 822083600 bytes in all");
    refused(
        || parse_idx("x", &claim(&[1 << 31, 4])[..]),
        MIB,
        "x has 8589934604 bytes, more than the limit of 4294967296",
    );
    // Compressed, 512 MiB of zeros for a claim of 8 GiB are not inflated, and for one of 10 bytes 11 are.
    for (dims, words) in [([1u32 << 31, 4], "more than the limit"), ([2, 5], "byte 22: found more bytes")] {
        let mut bomb = GzEncoder::new(Vec::new(), flate2::Compression::best());
        bomb.write_all(&claim(&dims)).unwrap();
        (0..512).for_each(|_| bomb.write_all(&vec![0; MIB]).unwrap());
        let path = file_in(folder.path(), &bomb.finish().unwrap());
        refused(|| Limits::default().read_features::<f32>(&path), MIB, words);
    }
    let ones = "1, ".repeat(20_000);
    let dict = format!("{{'descr': '|u1', 'fortran_order': True, 'shape': ({ones}1048576), }}");
    let npy = [b"\x93NUMPY\x02\x00", &(dict.len() as u32).to_le_bytes()[..], dict.as_bytes(), &vec![7; MIB]].concat();
    assert_eq!(chainrule::data::parse_npy_features::<f32>("x", &npy).unwrap().cols(), MIB);
    // 64 KiB of header, the longest there may be, of numbers that its parser holds one by one.
    refused(|| chainrule::data::parse_npy_features::<f32>("x", &npy[..npy.len() - 1]), 16 * MIB, "of 20001 dimensions");
}

#[test]
fn an_example_of_millions_of_numbers_or_of_one_long_key_is_refused_before_it_is_parsed() {
    let _alone = alone();
    let numbers = format!("inputs = [[{}1]]", "1,".repeat(5 << 20));
    refused(|| Example::parse("x.toml", &numbers), MIB, "x.toml, line 1, column 2621447: found more numbers and keys");
    let nested = format!("inputs = {}", "[".repeat(1 << 20));
    refused(|| Example::parse("x.toml", &nested), 128 * MIB, "max recursion depth");
    refused(|| Example::parse("x.toml", &format!("{} = 1", "x".repeat(12 << 20))), 128 * MIB, "unknown key \"xxx");
}

#[test]
fn sizes_that_no_memory_holds_are_errors() {
    let _alone = alone();
    LARGEST.set(256 * MIB);
    let batches = |rows| move || Batches::new(rows, 32, Order::Sequential);
    for rows in [1 << 26, 1 << 45, usize::MAX] {
        refused(batches(rows), MIB, "expected no more than memory holds");
    }
    for (rows, cols) in [(1, usize::MAX), (usize::MAX, 1), (usize::MAX, usize::MAX), (1 << 32, 1 << 32)] {
        refused(|| Features::<f32>::from_bytes(rows, cols, vec![]), MIB, "found 0 numbers");
        refused(|| Features::<f32>::new(rows, cols, vec![]), MIB, "found 0 numbers");
    }
    let with = |classes| {
        let one = Features::new(1, 1, vec![1.0f32]).unwrap();
        Dataset::new(one, Targets::Classes { labels: vec![0], classes })
    };
    for classes in [usize::MAX, 1 << 45, (1 << 32) + 1] {
        refused(|| with(classes), MIB, "expected at most 4294967296, as labels have 32 bits");
    }
    let most = with(1 << 32).unwrap();
    refused(|| most.try_class_counts(), MIB, "classes to count: found 4294967296, expected no more than memory holds");
    assert_eq!(most.class_counts(), None);
    assert_eq!(with(3).unwrap().class_counts(), Some(vec![1, 0, 0]));
    refused(|| most.clone().with_class_names(vec!["a".to_owned()]), MIB, "found 1 class names, expected 4294967296");
    let wide = Features::<f32>::from_bytes(1, MIB, vec![0; MIB]).unwrap();
    refused(|| wide.select(&[0; 1000]), 9 * MIB, "rows to select: found 1000, expected no more than memory holds");
    LARGEST.set(usize::MAX);
}
