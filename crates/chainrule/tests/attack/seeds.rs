//! Good files to begin with, made by the library's own writers, and the readers that take them.

use crate::bombs;
use crate::onnx;
use crate::oracle::{self, written};
use crate::words::{CSV_WORDS, MODEL_WORDS, NPY_WORDS, SETTING_WORDS, TOML_WORDS};
use chainrule::data::{Preprocess, write_csv_to, write_npy, write_npy_labels};
use chainrule::{Loss, Mlp, Model, Scalar};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// How the parts of a file make a whole one.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Format {
    /// The head is all.
    Plain,
    /// The head is compressed.
    Gzip,
    /// The head's length, the head, the data.
    Safetensors,
    /// The magic bytes, the head's length, the head, the data.
    Npy,
    /// As NPY, in a zip archive.
    Npz,
}

/// A file in its parts.
#[derive(Clone)]
pub(crate) struct Whole {
    pub(crate) head: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

pub(crate) struct Reader {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    pub(crate) seeds: Vec<Whole>,
    /// Files made to cost much; each is tried as it is.
    pub(crate) bombs: Vec<Vec<u8>>,
    /// What the format's own grammar is made of.
    pub(crate) words: &'static [&'static str],
    /// Whether the bytes are accepted; panics when they break the oracle.
    pub(crate) check: fn(&[u8]) -> bool,
}

const NPY_MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

impl Format {
    pub(crate) fn join(self, file: &Whole) -> Vec<u8> {
        let Whole { head, data } = file;
        match self {
            Format::Plain => head.clone(),
            Format::Gzip => gzip(head, Compression::fast()),
            Format::Safetensors => [&(head.len() as u64).to_le_bytes(), &head[..], data].concat(),
            Format::Npz => zip(&[("a.npy", Format::Npy.join(file))], head.len() % 2 == 1),
            Format::Npy => [NPY_MAGIC, &(head.len().min(65_535) as u16).to_le_bytes(), head, data].concat(),
        }
    }

    fn split(self, bytes: Vec<u8>) -> Whole {
        let (prefix, head) = match self {
            Format::Plain | Format::Gzip => return Whole { head: bytes, data: Vec::new() },
            Format::Safetensors => (8, u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize),
            Format::Npy | Format::Npz => (10, usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))),
        };
        Whole { head: bytes[prefix..prefix + head].to_vec(), data: bytes[prefix + head..].to_vec() }
    }
}

pub(crate) fn gzip(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip archive of these files.
pub(crate) fn zip(files: &[(&str, Vec<u8>)], is_deflated: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let file = archive.new_file(*name);
        let descriptor = if is_deflated {
            let (mut entry, config) = file.compression_method(rawzip::CompressionMethod::DEFLATE).start().unwrap();
            let mut writer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, Compression::fast()));
            writer.write_all(content).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            (entry, descriptor)
        } else {
            let (mut entry, config) = file.compression_method(rawzip::CompressionMethod::STORE).start().unwrap();
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            let (_, descriptor) = writer.finish().unwrap();
            (entry, descriptor)
        };
        descriptor.0.finish(descriptor.1).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

pub(crate) fn readers() -> Vec<Reader> {
    let reader = |name, format: Format, files: Vec<Vec<u8>>, bombs, words, check| Reader {
        name,
        format,
        seeds: files.into_iter().map(|file| format.split(file)).collect(),
        bombs,
        words,
        check,
    };
    let idx_bombs = || bombs::idx().into_iter();
    let zipped = idx_bombs().map(|bomb| gzip(&bomb, Compression::best())).chain(bombs::gzip_bombs()).collect();
    let model: fn(&[u8]) -> bool = oracle::model::check;
    #[cfg_attr(not(feature = "parquet"), allow(unused_mut))]
    let mut all = vec![
        reader("model file", Format::Safetensors, models(), bombs::models(), MODEL_WORDS, model),
        reader("PyTorch file", Format::Safetensors, pytorch(), bombs::pytorch(), MODEL_WORDS, model),
        reader(
            "checkpoint",
            Format::Safetensors,
            oracle::checkpoint::files(),
            bombs::models(),
            MODEL_WORDS,
            oracle::checkpoint::check,
        ),
        reader("ONNX", Format::Plain, onnx::seeds(), onnx::bombs(), onnx::WORDS, model),
        reader("IDX", Format::Plain, idx(), bombs::idx(), &[], oracle::idx::check),
        reader("IDX in gzip", Format::Gzip, idx(), zipped, &[], oracle::idx::check),
        reader("NPY", Format::Npy, npy(), bombs::npy(), NPY_WORDS, oracle::npy::check),
        reader("CSV", Format::Plain, csv(), bombs::csv(), CSV_WORDS, oracle::csv::check),
        reader("labels in CSV", Format::Plain, labels(), bombs::csv(), CSV_WORDS, oracle::csv::check),
        reader("worked example", Format::Plain, examples(), bombs::toml(), TOML_WORDS, oracle::toml::check),
        reader("settings of a run", Format::Plain, settings(), bombs::toml(), SETTING_WORDS, oracle::run::settings),
        reader("epochs of a run", Format::Plain, epochs(), bombs::csv(), CSV_WORDS, oracle::run::metrics),
        reader("table of text", Format::Plain, tables(), bombs::csv(), CSV_WORDS, oracle::table::text),
        reader("NPZ", Format::Npz, npy_of_rows(), bombs::npz(), NPY_WORDS, oracle::table::npz),
        reader("zip", Format::Plain, zips(), Vec::new(), &["PK\u{3}\u{4}", ".npy"], oracle::table::npz),
        reader("tensors", Format::Safetensors, tensors(), bombs::pytorch(), MODEL_WORDS, oracle::table::tensors),
    ];
    #[cfg(feature = "parquet")]
    all.extend([
        reader("Parquet", Format::Plain, columns::parquet(), Vec::new(), &["PAR1"], oracle::table::parquet),
        reader("Arrow", Format::Plain, columns::arrow(), Vec::new(), &["ARROW1"], oracle::table::arrow),
    ]);
    all
}

/// As a run's folder has them, and as people write them.
fn settings() -> Vec<Vec<u8>> {
    let written = "# A run.\n\n[data]\n# Rows\ndata = \"a.csv\"\ntarget = \"y\"\n\n[training]\nlr = 0.001\nhidden = [8, 4]\n\n\
                   [run]\nversion = \"0.1.0\"\n";
    let by_hand = "[ 'training' ] # mine\nhidden = [ # two\n  8,\n  4, # of them\n]\r\nnesterov=true\n[data]\n\"drop\" = '''a\nb'''\n";
    vec![written.into(), by_hand.into(), b"training.lr = 1e-3\ndata = { drop = ['a', 'b'] }".to_vec()]
}

fn epochs() -> Vec<Vec<u8>> {
    let header = "epoch,step,train_loss,train_accuracy,val_loss,val_accuracy,val_mae,val_r2,learning_rate,seconds\n";
    let classes = format!("{header}1,45,0.5,0.8,0.6,0.75,,,0.1,0.020000\n2,90,NaN,0.1,inf,0.1,,,0.1,0.020000\n");
    vec![classes.into(), format!("{header}1,7,1e3,,,,2.5,-0.1,,1.5\n2,14,").into()]
}

fn models() -> Vec<Vec<u8>> {
    fn file<T: Scalar>(mlp: Mlp<T>, loss: Loss, preprocess: Preprocess, names: Option<&[&str]>) -> Vec<u8> {
        let mut model = Model::new(mlp, loss);
        model.preprocess = preprocess;
        model.class_names = names.map(|names| names.iter().map(|name| name.to_string()).collect());
        written(|path| model.save(path))
    }
    let small = |layers: &[&str]| {
        let mut builder = Mlp::builder(3).seed(1);
        for layer in layers {
            builder = builder.layer(layer.parse::<chainrule::Layer>().expect("a layer"));
        }
        builder
    };
    let classes = small(&["dense(3, 4)", "relu", "dense(4, 2)"]);
    let norms =
        small(&["dense(3, 4)", "batch_norm(4)", "tanh", "dense(4, 4)", "layer_norm(4)", "dropout(0.5)", "dense(4, 1)"]);
    let standardize = Preprocess::Standardize { mean: vec![0.5, -1.0, 2.0], std: vec![1.0, 2.0, 0.25] };
    let files = [
        file(classes.build().unwrap(), Loss::CrossEntropy, Preprocess::Scale { factor: 0.0625 }, Some(&["no", "yes"])),
        file(norms.build_as::<f64>().unwrap(), Loss::Mse, standardize, None),
        file(small(&["dense(3, 1)"]).build().unwrap(), Loss::BinaryCrossEntropy, Preprocess::None, None),
    ];
    files.iter().map(|file| unsealed(file)).chain([trained()]).collect()
}

/// With a checksum, and with rows.
fn trained() -> Vec<u8> {
    let data = oracle::checkpoint::rows();
    let mut model = oracle::checkpoint::model().described_by(&data);
    let trainer = oracle::checkpoint::trainer();
    trainer.resume(&mut model, &data, Some(&data), ()).unwrap();
    written(|path| model.save(path))
}

/// The file of version 2, which has no checksum, so that what a mutation changes is looked at.
fn unsealed(file: &[u8]) -> Vec<u8> {
    let (length, rest) = file.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&rest[..length]).unwrap();
    let (start, sealed) = header.split_once(r#"\"checksum\":\""#).expect("a checksum");
    // 32 digits, and what ends them.
    let header = format!("{start}{}", &sealed[32 + r#"\","#.len()..]);
    let header = header.replacen(r#"\"version\":3"#, r#"\"version\":2"#, 1);
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &rest[length..]].concat()
}

/// As `torch.save_model` writes `nn.Sequential`: names and shapes, and nothing of what stands between.
fn pytorch() -> Vec<Vec<u8>> {
    let file = |tensors: &[(&str, &[usize])]| {
        let (mut entries, mut data) = (Vec::new(), Vec::new());
        for (name, shape) in tensors {
            let begin = data.len();
            for i in 0..shape.iter().product::<usize>() {
                data.extend((0.25 * (i as f32 % 5.0)).to_le_bytes());
            }
            entries.push(format!(
                "\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{begin},{}]}}",
                data.len()
            ));
        }
        let head = format!("{{{}}}", entries.join(",")).into_bytes();
        Format::Safetensors.join(&Whole { head, data })
    };
    vec![
        file(&[("0.bias", &[4]), ("0.weight", &[4, 3]), ("2.bias", &[2]), ("2.weight", &[2, 4])]),
        file(&[("net.fc.weight", &[2, 3])]),
        file(&[
            ("0.weight", &[4, 3]),
            ("1.bias", &[4]),
            ("1.running_mean", &[4]),
            ("1.running_var", &[4]),
            ("1.weight", &[4]),
            ("3.weight", &[2, 4]),
        ]),
    ]
}

fn idx() -> Vec<Vec<u8>> {
    let images =
        [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3][..], &[0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]]
            .concat();
    vec![images, vec![0, 0, 8, 1, 0, 0, 0, 4, 7, 0, 2, 1], vec![0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5]]
}

fn npy() -> Vec<Vec<u8>> {
    let big_endian = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n";
    vec![
        written(|path| write_npy(path, 2, 3, &[0.5f32, -1.0, 2.0, 1e-40, 3.0, 1e30])),
        written(|path| write_npy(path, 3, 1, &[0.1f64, 1e300, -0.0])),
        written(|path| write_npy_labels(path, &[0, 2, 1, 9])),
        Format::Npy.join(&Whole { head: big_endian.into(), data: vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }),
        Format::Npy.join(&Whole {
            head: b"{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }\n".to_vec(),
            data: vec![1, 0, 0, 1],
        }),
    ]
}

fn csv() -> Vec<Vec<u8>> {
    let mut plain = Vec::new();
    write_csv_to(&mut plain, 3, &[0.1, -2.0, 3e7, 1e-300, 5.0, 6.25]).unwrap();
    vec![plain, b"width,\"height, in m\"\r\n1,\"2.5\"\r\n -3 ,+4e1\r\n".to_vec()]
}

/// Arrays of two dimensions, as a file of features has them.
fn npy_of_rows() -> Vec<Vec<u8>> {
    let half = Format::Npy.join(&Whole {
        head: b"{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }\n".to_vec(),
        data: vec![0, 0x3c, 0, 0xc0, 1, 0, 0xff, 0x7b],
    });
    let mut all = npy();
    all.truncate(2);
    all.push(half);
    all
}

fn zips() -> Vec<Vec<u8>> {
    let [one, two, ..] = &npy_of_rows()[..] else { unreachable!("there are three") };
    let files = [("a.npy", one.clone()), ("b.npy", two.clone())];
    vec![zip(&files, false), zip(&files, true), zip(&files[1..], true)]
}

fn tensors() -> Vec<Vec<u8>> {
    let file = |dtype: &str, shape: &str, data: &[u8]| {
        let head = format!("{{\"a\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[0,{}]}}}}", data.len());
        Format::Safetensors.join(&Whole { head: head.into(), data: data.to_vec() })
    };
    vec![
        file("BF16", "[2,1]", &[0x80, 0x3f, 0, 0xc0]),
        file("F16", "[1,2]", &[0, 0x3c, 0, 0xc0]),
        file("I64", "[2,1]", &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
    ]
}

fn tables() -> Vec<Vec<u8>> {
    let words = "town;rent;\"let; now\"\r\nBonn;1,5;yes\r\n\"K\u{f6}ln\"\"\";;no\r\nUlm;NA;yes\r\n";
    vec![words.into(), b"1.5 2\n3  4\n".to_vec(), b"a\tb\rx\t1\ry\t\r".to_vec(), csv().remove(1)]
}

/// Files of columns.
#[cfg(feature = "parquet")]
mod columns {
    use std::sync::Arc;

    use arrow_array::{Float64Array, RecordBatch, StringArray};

    fn batch() -> RecordBatch {
        let numbers = Arc::new(Float64Array::from(vec![Some(1.5), None, Some(-2.0)]));
        let words = Arc::new(StringArray::from(vec![Some("p"), Some("q"), None]));
        RecordBatch::try_from_iter([("x", numbers as _), ("w", words as _)]).unwrap()
    }

    pub(super) fn parquet() -> Vec<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch().schema(), None).unwrap();
        writer.write(&batch()).unwrap();
        writer.close().unwrap();
        vec![bytes]
    }

    pub(super) fn arrow() -> Vec<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut bytes, &batch().schema()).unwrap();
        writer.write(&batch()).unwrap();
        writer.finish().unwrap();
        drop(writer);
        vec![bytes]
    }
}

fn labels() -> Vec<Vec<u8>> {
    vec![b"0\n2\n1\n9\n".to_vec(), b"label\n3\n0\n".to_vec()]
}

fn examples() -> Vec<Vec<u8>> {
    let neuron = "inputs = [[42]]\nlayers = [{ weights = [[0.25]], bias = [3], activation = \"relu\" }]\n";
    let learns = "title = \"One neuron learns\"\nnotes = \"\"\"\nTwo\nlines.\n\"\"\"\ndtype = \"f32\"\ndigits = 8\ninputs = [[1, 2], [3, 4]]\n\
        targets = [[1], [0]]\nloss = \"half-mse\"\noptimizer = { name = \"sgd\", lr = 0.1, momentum = 0.9 }\nsteps = 2\n\n[[layers]]\n\
        weights = [[0.5], [-0.25]]\nbias = [0.1]\nactivation = \"sigmoid\"\n";
    let classes = "inputs = [[0.5, 1.0, 0.25], [1.0, 0.5, 0.75]]\nlabels = [0, 1]\ninit = \"he-normal\"\nseed = 42\nlayers = [\n  \
        { outputs = 4, activation = \"leaky_relu(0.1)\" },\n  { outputs = 2 },\n]\nloss = \"cross-entropy\"\noptimizer = \"adam\"\nclip-norm = 1\n";
    [neuron, learns, classes].map(|text| text.as_bytes().to_vec()).to_vec()
}
