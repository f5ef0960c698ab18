//! Small files that ask for much: claims of giant sizes, deep nesting, many of something, zeros in gzip.

use crate::seeds::{Format, Whole, gzip, zip};
use flate2::Compression;

/// One tensor of `outputs` times `inputs` zeros and its bias, under these layers.
fn model(layers: &str, (outputs, inputs): (usize, usize), extra: &str) -> Vec<u8> {
    let (w, b) = (outputs * inputs * 4, outputs * 4);
    let head = format!(
        "{{\"__metadata__\":{{\"chainrule\":\"{{\\\"version\\\":1,\\\"layers\\\":[{layers}],\\\"loss\\\":\\\"cross-entropy\\\",\
         \\\"preprocess\\\":{{\\\"kind\\\":\\\"none\\\"}}{extra}}}\"}},\"0.bias\":{{\"dtype\":\"F32\",\"shape\":[{outputs}],\
         \"data_offsets\":[0,{b}]}},\"0.weight\":{{\"dtype\":\"F32\",\"shape\":[{outputs},{inputs}],\"data_offsets\":[{b},{}]}}}}",
        b + w
    );
    Format::Safetensors.join(&Whole { head: head.into(), data: vec![0; w + b] })
}

pub(crate) fn models() -> Vec<Vec<u8>> {
    let named = |name: &str| format!("\\\"{name}\\\"");
    let dense = named("dense(3, 2)");
    let after = |name: &str, times: usize| format!("{dense}{}", format!(",{}", named(name)).repeat(times));
    let names: Vec<String> = (0..100_000).map(|i| named(&i.to_string())).collect();
    let wide = format!("{}{}", named("dense(1, 4000)"), format!(",{}", named("softsign")).repeat(20_000));
    vec![
        model(&named("dense(30000, 30000)"), (2, 3), ""),
        model(&named("dense(4294967296, 4294967296)"), (2, 3), ""),
        model(&named("dense(9223372036854775807, 3)"), (2, 3), ""),
        model(&named("dense(3, 1000000000)"), (2, 3), ""),
        model(&format!("{dense},{}", named("layer_norm(10000000000)")), (2, 3), ""),
        model(&format!("{dense},{}", named("dense(2, 100000000)")), (2, 3), ""),
        model(&after("tanh", 20_000), (2, 3), ""),
        model(&after("dropout(0.5)", 20_000), (2, 3), ""),
        model(&after("softmax", 20_000), (2, 3), ""),
        model(&wide, (4000, 1), ""),
        model(&dense, (2, 3), &format!(",\\\"class_names\\\":[{}]", names.join(","))),
        model(&dense, (2, 3), &format!(",\\\"x\\\":{}", "[".repeat(200_000))),
        model(
            &dense,
            (2, 3),
            &format!(",\\\"preprocess\\\":{{\\\"kind\\\":\\\"scale\\\",\\\"factor\\\":1{}}}", "0".repeat(100_000)),
        ),
    ]
}

/// Archives that claim more than they hold, hold more than they claim, or hold much of nothing.
pub(crate) fn npz() -> Vec<Vec<u8>> {
    let npy = |shape: &str, data: usize| {
        let head = format!("{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}, }}\n").into_bytes();
        Format::Npy.join(&Whole { head, data: vec![0; data] })
    };
    let many: Vec<(String, Vec<u8>)> = (0..5000).map(|i| (format!("{i}.npy"), npy("(1, 1)", 1))).collect();
    let many: Vec<(&str, Vec<u8>)> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    vec![
        zip(&[("a.npy", npy("(1000000, 1)", 1_000_000))], true),
        zip(&[("a.npy", npy("(4000000000, 1)", 100))], true),
        zip(&[("a.npy", npy("(1, 1)", 30_000_000))], true),
        zip(&[("a.npy", npy("(1, 1)", 1)), ("a.npy", npy("(1, 1)", 1))], false),
        zip(&[(&"a".repeat(60_000), Vec::new())], false),
        zip(&many, true),
    ]
}

pub(crate) fn pytorch() -> Vec<Vec<u8>> {
    let file = |head: String, data: usize| Format::Safetensors.join(&Whole { head: head.into(), data: vec![0; data] });
    let tensor = |name: &str, shape: &str, end: u64| {
        format!("\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[0,{end}]}}")
    };
    let many: Vec<String> = (0..50_000).map(|i| tensor(&format!("{i}.weight"), "[0,0]", 0)).collect();
    vec![
        file(format!("{{{}}}", tensor("0.weight", "[30000,30000]", 3_600_000_000)), 100),
        file(format!("{{{}}}", tensor("0.weight", "[4294967296,4294967296]", 0)), 0),
        file(format!("{{{}}}", tensor("0.weight", "[0,4294967295]", 0)), 0),
        file(format!("{{{}}}", tensor("0.weight", "[4294967295,0]", 0)), 0),
        file(format!("{{{}}}", tensor("0.weight", "[18446744073709551615]", 0)), 0),
        file(format!("{{{}}}", many.join(",")), 0),
        file("[".repeat(500_000), 0),
        file("{\"a\":".repeat(200_000), 0),
        file(format!("{{\"{}\":1}}", "a".repeat(1_000_000)), 0),
        [&u64::MAX.to_le_bytes()[..], b"{}"].concat(),
        [&100_000_000u64.to_le_bytes()[..], b"{}"].concat(),
    ]
}

fn idx_header(dims: &[u32]) -> Vec<u8> {
    [0, 0, 8, dims.len() as u8].into_iter().chain(dims.iter().flat_map(|dim| dim.to_be_bytes())).collect()
}

pub(crate) fn idx() -> Vec<Vec<u8>> {
    let claims: [&[u32]; 7] =
        [&[u32::MAX], &[u32::MAX; 2], &[u32::MAX; 3], &[1 << 31, 1 << 31, 4], &[1; 255], &[1 << 30, 1], &[1, 1 << 30]];
    claims.iter().map(|dims| idx_header(dims)).collect()
}

/// 100 MB of zeros behind a header that claims 10, that claims all, and that is compressed twice.
pub(crate) fn gzip_bombs() -> Vec<Vec<u8>> {
    let zeros = vec![0; 100 << 20];
    let little = gzip(&[idx_header(&[10]), zeros].concat(), Compression::fast());
    let endless = vec![gzip(&[0; 1 << 20], Compression::best()); 100].concat();
    vec![
        gzip(&little, Compression::best()),
        little,
        [gzip(&idx_header(&[u32::MAX]), Compression::fast()), endless].concat(),
    ]
}

pub(crate) fn npy() -> Vec<Vec<u8>> {
    let file = |shape: &str| {
        let head = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n").into_bytes();
        Format::Npy.join(&Whole { head, data: vec![0; 16] })
    };
    let shapes = [
        "(4294967295, 4294967295)",
        "(1000000000,)",
        "(18446744073709551615,)",
        "(0, 18446744073709551615)",
        "(2, 0, 9223372036854775807)",
        "(2305843009213693952, 1)",
        "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2)",
    ];
    let deep = [format!("{}1{}", "(".repeat(30_000), ")".repeat(30_000)), "(".repeat(65_000)];
    let mut bombs: Vec<Vec<u8>> =
        shapes.iter().map(|shape| file(shape)).chain(deep.iter().map(|shape| file(shape))).collect();
    // Version 2 has a length of four bytes.
    bombs.push([b"\x93NUMPY\x02\x00", &u32::MAX.to_le_bytes()[..], b"{'descr'"].concat());
    bombs.push(vec![0; 1 << 20]);
    bombs
}

pub(crate) fn csv() -> Vec<Vec<u8>> {
    let long = |text: &str, length: usize| text.repeat(length / text.len()).into_bytes();
    vec![
        long(",", 1 << 20),
        long("1,", 1 << 20),
        long("\n", 1 << 20),
        long("\"", 1 << 20),
        [b"\"".to_vec(), long("1\n", 1 << 20)].concat(),
        long("9", 1 << 20),
        [b"0.".to_vec(), long("0", 1 << 20), b"1\n".to_vec()].concat(),
        vec![0; 1 << 20],
        b"65535\n".to_vec(),
        b"4294967295\n".to_vec(),
        b"18446744073709551616\n".to_vec(),
    ]
}

pub(crate) fn toml() -> Vec<Vec<u8>> {
    let layer = |text: &str| format!("inputs = [[1, 2]]\n[[layers]]\n{text}\n").into_bytes();
    let deep =
        |open: &str, close: &str| format!("inputs = {}{}\n", open.repeat(50_000), close.repeat(50_000)).into_bytes();
    let learns = |more: &str| {
        format!(
            "inputs = [[1]]\ntargets = [[1]]\nloss = \"mse\"\noptimizer = \"sgd\"\n{more}\n[[layers]]\noutputs = 1\n"
        )
        .into_bytes()
    };
    vec![
        layer("outputs = 9223372036854775807"),
        layer("outputs = 4294967296"),
        layer("outputs = 1000000000"),
        layer("outputs = 30000\n[[layers]]\noutputs = 30000"),
        deep("[", "]"),
        deep("{a=", "}"),
        deep("[", ""),
        format!("{} = 1\n", vec!["a"; 50_000].join(".")).into_bytes(),
        format!("[{}]\n", vec!["a"; 50_000].join(".")).into_bytes(),
        "[[layers]]\noutputs = 1\n".repeat(20_000).into_bytes(),
        learns("steps = 9223372036854775807"),
        learns("digits = 17\nseed = 9223372036854775807"),
        format!("inputs = [[{}]]\n", vec!["1"; 200_000].join(", ")).into_bytes(),
    ]
}
