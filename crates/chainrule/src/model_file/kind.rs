//! What a file that should hold a model is, by its first bytes: safetensors, or one of the exports that are read back, or the
//! error that says what it is and what holds the model.

use std::path::Path;

use crate::onnx;
use crate::{Error, Place};

/// The formats that models are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelKind {
    Safetensors,
    Onnx,
    /// What an export to JSON wrote.
    Json,
    /// A zip archive: what an export to NPZ wrote.
    Npz,
}

/// What a file begins with, what it is then called, and how a model comes of it; `FILE` stands for its path.
struct Foreign {
    starts: &'static [&'static [u8]],
    what: &'static str,
    advice: &'static str,
}

const MODELS: &str =
    "a model: safetensors (chainrule train --save, or PyTorch's), ONNX, or what chainrule export wrote as json or npz";

const FOREIGN: [Foreign; 7] = [
    Foreign {
        starts: &[b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"],
        what: "a pickle of Python's",
        advice: "python3 -c \"import torch, safetensors.torch as s; s.save_file(torch.load('FILE'), 'FILE.safetensors')\"",
    },
    Foreign { starts: &[b"\x89HDF\r\n\x1a\n"], what: "an HDF5 file, as Keras writes", advice: "export it to ONNX" },
    Foreign { starts: &[b"\x93NUMPY"], what: "an NPY file, an array of NumPy's", advice: "rows are for --data" },
    Foreign { starts: &[b"\x1f\x8b"], what: "a file that gzip has compressed", advice: "gzip -dc FILE > NEW" },
    Foreign { starts: &[b"PAR1"], what: "a Parquet file", advice: "rows are for --data" },
    Foreign {
        starts: &[b"/* ", b"// ", b"#inc", b"//! "],
        what: "source code in C or Rust, which no model is read back from",
        advice: "the model it was exported from is the safetensors file",
    },
    Foreign { starts: &[b"\x89PNG", b"<svg", b"<!DOCTY"], what: "a picture or a page", advice: "" },
];

/// What files of these endings are; a model's own file under such a name would be taken for one by every other program, and by
/// its reader. The first are what models are exported to.
const ENDINGS: [(&[&str], &str); 9] = [
    (&["onnx"], "an ONNX graph"),
    (&["json"], "JSON"),
    (&["npz"], "an archive of NumPy's"),
    (&["c", "h"], "source code in C"),
    (&["rs"], "source code in Rust"),
    (&["pt", "pth", "pkl", "pickle", "joblib"], "a pickle of Python's"),
    (&["h5", "hdf5", "keras"], "a model of Keras's"),
    (&["npy", "csv", "tsv", "parquet", "arrow", "gz", "zst", "zip"], "data"),
    (&["html", "htm", "svg", "png", "toml"], "a page, a picture or settings"),
];

/// As [`ModelFile::check_name`](super::ModelFile::check_name).
///
/// # Errors
/// What a file of this name is.
pub(super) fn check_name(path: &Path) -> Result<(), Error> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let Some(at) = ENDINGS.iter().position(|(endings, _)| endings.contains(&ending.as_str())) else { return Ok(()) };
    let after = if at < 5 { "; Model::export writes the other" } else { "" };
    Err(Error::Argument {
        name: "file name",
        found: format!("{}, the name of {}", path.display(), ENDINGS[at].1),
        expected: format!(
            "{}, as it is safetensors that is written{after}",
            path.with_extension("safetensors").display()
        ),
    })
}

/// The kind of a file that begins with these bytes, eight or fewer.
///
/// # Errors
/// When it is none that a model is read from: what it is instead.
pub(super) fn model_kind(origin: &str, head: &[u8]) -> Result<ModelKind, Error> {
    let is_named_onnx = Path::new(origin).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"));
    // A length of less than 4 GiB; the longest header is shorter.
    if head.len() == 8 && head[4..] == [0; 4] && !is_named_onnx {
        return Ok(ModelKind::Safetensors);
    }
    if onnx::is_one(head) || is_named_onnx {
        return Ok(ModelKind::Onnx);
    }
    if head.starts_with(b"PK\x03\x04") {
        return Ok(ModelKind::Npz);
    }
    if head.trim_ascii_start().starts_with(b"{") {
        return Ok(ModelKind::Json);
    }
    let refuse = |what: &str, advice: &str| {
        let advice = if advice.is_empty() { String::new() } else { format!("; {}", advice.replace("FILE", origin)) };
        Err(Error::format(origin, Place::Byte(0), what, format!("{MODELS}{advice}")))
    };
    if let Some(Foreign { what, advice, .. }) = FOREIGN.iter().find(|foreign| is_it(foreign, head)) {
        return refuse(what, advice);
    }
    let is_text = !head.is_empty() && head.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
    if is_text && head.len() == 8 {
        return refuse("text", "a table of rows is for --data");
    }
    // Too short, or with a length that no header has.
    Ok(ModelKind::Safetensors)
}

fn is_it(foreign: &Foreign, head: &[u8]) -> bool {
    foreign.starts.iter().any(|start| head.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        let kind = |head: &[u8]| model_kind("m", head).map_err(|error| error.to_string());
        assert_eq!(kind(b"\x40\x01\0\0\0\0\0\0"), Ok(ModelKind::Safetensors));
        assert_eq!(kind(b"PK\x03\x04\x14\0\x08\0"), Ok(ModelKind::Npz));
        assert_eq!(kind(b"{\"classe"), Ok(ModelKind::Json));
        assert_eq!(kind(b"\x08\x08\x12\x09chai"), Ok(ModelKind::Onnx));
        assert_eq!(kind(b""), Ok(ModelKind::Safetensors));
        for (head, part) in [
            (&b"\x80\x02ctorch"[..], "torch.load('m')"),
            (b"/* A neu", "the model it was exported from is the safetensors file"),
            (b"// A neu", "source code"),
            (b"\x89HDF\r\n\x1a\n", "HDF5"),
            (b"\x93NUMPY\x01\0", "NPY"),
            (b"a,b,c\n1,", "found text, expected a model: safetensors"),
        ] {
            let told = kind(head).unwrap_err();
            assert!(told.contains(part) && told.contains("ONNX"), "{told}");
        }
    }
}
