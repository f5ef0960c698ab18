//! Data by name: the embedded digits, a folder of MNIST files, or a file whose format is told by its first bytes and,
//! where those say nothing, by its name. Reading each format is its own reader's.

use crate::data::input::{Input, open};
use crate::data::{Dataset, Features, Limits, Preprocess, Targets, digits, idx, mnist_dir};
use crate::nearest::nearest;
use crate::{Error, Place, Result};
use chainrule_kernel::Scalar;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where data come from.
///
/// ```
/// use chainrule::data::Source;
/// let loaded = Source::parse("digits")?.load::<f32>(None, None)?;
/// assert_eq!(loaded.data.rows(), 1797);
/// assert!(Source::parse("didgits").unwrap_err().to_string().contains("did you mean \"digits\"?"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The embedded digits: [`digits`].
    Digits,
    /// A folder with the four files of MNIST: [`mnist_dir`].
    Mnist(PathBuf),
    /// A file: IDX (plain or compressed), NPY or CSV.
    File(PathBuf),
}

/// What a source held.
///
/// ```
/// use chainrule::data::{Loaded, Source};
///
/// let Loaded { data, test, preprocess } = Source::parse("digits")?.load::<f32>(None, None)?;
/// let (mut train, mut held_out) = data.split(0.2, 42)?;
/// train.preprocess(&preprocess)?;
/// held_out.preprocess(&preprocess)?;
/// assert!(train.rows() + held_out.rows() == 1797 && test.is_none());
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<T> {
    /// The rows to train on, or all there are.
    pub data: Dataset<T>,
    /// The part to test on, where the source has one of its own.
    pub test: Option<Dataset<T>>,
    /// The preprocessing that suits the source: digits are divided by 16, images of bytes by 255, and numbers of
    /// unknown meaning are left as they are. It has not been applied.
    pub preprocess: Preprocess,
}

/// The formats that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Idx,
    Npy,
    Csv,
}

impl Source {
    /// Understands `digits`, `mnist:FOLDER`, and the path of a file; a file that is named as one of the former is
    /// meant by `./digits`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for what is neither a known name nor looks like a path nor exists.
    pub fn parse(text: &str) -> Result<Self> {
        if text == "digits" {
            return Ok(Source::Digits);
        }
        if let Some(folder) = text.strip_prefix("mnist:").filter(|folder| !folder.is_empty()) {
            return Ok(Source::Mnist(folder.into()));
        }
        // `C:\x.npy` has a scheme of one letter, which no source has.
        let scheme = text.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| scheme.len() != 1);
        let like_a_path = text.contains(['/', '\\', '.']) && scheme.is_none_or(|scheme| scheme.contains(['/', '.']));
        if like_a_path || Path::new(text).exists() {
            return Ok(Source::File(text.into()));
        }
        let known = ["digits", "mnist:FOLDER"];
        let meant = nearest(scheme.unwrap_or(text), &["digits", "mnist"]);
        Err(Error::UnknownName {
            what: "data source",
            name: text.to_string(),
            nearest: meant.and_then(|meant| known.iter().find(|known| known.starts_with(meant))).map(|x| x.to_string()),
            known: known.iter().copied().chain(["the path of an IDX, NPY or CSV file"]).map(str::to_string).collect(),
        })
    }

    /// Reads features and targets. A file of features needs `labels`, the path of a file of targets; the other
    /// sources bring their own. `classes` is the number of classes when it is known; else the largest label tells.
    ///
    /// # Errors
    /// [`Error::LabelsNeeded`], and those of the readers and of [`Dataset::new`], with the files' names.
    pub fn load<T: Scalar>(&self, labels: Option<&Path>, classes: Option<usize>) -> Result<Loaded<T>> {
        self.load_within(labels, classes, Limits::default())
    }

    /// As [`Source::load`].
    pub(crate) fn load_within<T: Scalar>(
        &self,
        labels: Option<&Path>,
        classes: Option<usize>,
        limits: Limits,
    ) -> Result<Loaded<T>> {
        if let (Source::Digits | Source::Mnist(_), Some(labels)) = (self, labels) {
            return Err(Error::Argument {
                name: "label file",
                found: labels.display().to_string(),
                expected: format!("none, as {self} has labels of its own"),
            });
        }
        match self {
            Source::Digits => {
                let data = match classes {
                    None | Some(10) => digits(),
                    Some(classes) => digits().with_classes("digits", classes)?,
                };
                Ok(Loaded { data, test: None, preprocess: Preprocess::Scale { factor: 1.0 / 16.0 } })
            }
            Source::Mnist(folder) => {
                let (data, test) = mnist_dir(folder)?.read_within(classes, limits)?;
                Ok(Loaded { data, test: Some(test), preprocess: BYTES })
            }
            Source::File(path) => {
                let labels = labels.ok_or_else(|| Error::LabelsNeeded { origin: path.display().to_string() })?;
                let (features, preprocess) = features_with_preprocess(path, limits)?;
                let targets = targets_within(labels, classes, limits)?;
                let (features_origin, targets_origin) = (path.display().to_string(), labels.display().to_string());
                let data = Dataset::from_origins(features, &features_origin, targets, &targets_origin)?;
                Ok(Loaded { data, test: None, preprocess })
            }
        }
    }

    /// Reads features alone, to predict from: all digits, MNIST's images to test on, or a file's.
    ///
    /// # Errors
    /// Those of the readers.
    pub fn load_features<T: Scalar>(&self) -> Result<Features<T>> {
        self.load_features_within(Limits::default())
    }

    /// As [`Source::load_features`].
    pub(crate) fn load_features_within<T: Scalar>(&self, limits: Limits) -> Result<Features<T>> {
        match self {
            Source::Digits => Ok(digits().into_features()),
            Source::Mnist(folder) => idx::images_within(&mnist_dir(folder)?.test_images, limits),
            Source::File(path) => Ok(features_with_preprocess(path, limits)?.0),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Digits => write!(f, "digits"),
            Source::Mnist(folder) => write!(f, "mnist:{}", folder.display()),
            Source::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Reads features from a file in any of the formats.
///
/// # Errors
/// Those of the readers, and [`Error::Unsupported`] for a format that this build leaves out.
pub fn read_features<T: Scalar>(path: impl AsRef<Path>) -> Result<Features<T>> {
    Source::File(path.as_ref().to_path_buf()).load_features()
}

/// Reads targets from a file in any of the formats. `classes` is the number of classes when it is known; else the
/// largest label tells.
///
/// # Errors
/// Those of the readers, and [`Error::Unsupported`] for a format that this build leaves out.
pub fn read_targets<T: Scalar>(path: impl AsRef<Path>, classes: Option<usize>) -> Result<Targets<T>> {
    targets_within(path.as_ref(), classes, Limits::default())
}

/// As [`read_targets`].
pub(crate) fn targets_within<T: Scalar>(path: &Path, classes: Option<usize>, limits: Limits) -> Result<Targets<T>> {
    let input = open(path, limits)?;
    let origin = input.origin.clone();
    match format_of(path, &input)? {
        Format::Idx => {
            let idx = idx::parse_within(&origin, input.reader, input.len, limits)?;
            Targets::from_labels(&origin, idx.into_labels(&origin)?, classes)
        }
        #[cfg(feature = "npy")]
        Format::Npy => crate::data::npy::targets_from(input, classes),
        #[cfg(feature = "csv")]
        Format::Csv => crate::data::csv::targets_within(&origin, input.reader, classes, limits),
        #[allow(unreachable_patterns, reason = "reachable in builds without a reader")]
        left_out => Err(unsupported(origin, left_out)),
    }
}

/// Bytes to numbers from 0 to 1.
const BYTES: Preprocess = Preprocess::Scale { factor: 1.0 / 255.0 };

fn features_with_preprocess<T: Scalar>(path: &Path, limits: Limits) -> Result<(Features<T>, Preprocess)> {
    if path.is_dir() {
        return Err(Error::Argument {
            name: "data source",
            found: format!("the folder {}", path.display()),
            expected: format!("a file, or mnist:{} for a folder with the files of MNIST", path.display()),
        });
    }
    let input = open(path, limits)?;
    let origin = input.origin.clone();
    match format_of(path, &input)? {
        Format::Idx => {
            let idx = idx::parse_within(&origin, input.reader, input.len, limits)?;
            Ok((idx.into_features(&origin)?, BYTES))
        }
        #[cfg(feature = "npy")]
        Format::Npy => Ok((crate::data::npy::features_from(input)?, Preprocess::None)),
        #[cfg(feature = "csv")]
        Format::Csv => Ok((crate::data::csv::features_within(&origin, input.reader, limits)?, Preprocess::None)),
        #[allow(unreachable_patterns, reason = "reachable in builds without a reader")]
        left_out => Err(unsupported(origin, left_out)),
    }
}

fn unsupported(origin: String, format: Format) -> Error {
    match format {
        Format::Csv => Error::Unsupported { origin, found: "a CSV file", feature: "csv" },
        _ => Error::Unsupported { origin, found: "an NPY file", feature: "npy" },
    }
}

/// Tells the format by the first bytes; by the name where they fit none, so that its reader can say what is wrong.
fn format_of(path: &Path, input: &Input) -> Result<Format> {
    let head = &input.head[..];
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let numbers = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b',' | b' ' | b'\r' | b'\n' | b'e');
    if head.starts_with(b"\x93NUMPY") {
        Ok(Format::Npy)
    } else if head.starts_with(&idx::GZIP) || head.starts_with(&[0, 0]) {
        Ok(Format::Idx)
    } else if name.ends_with(".npy") {
        Ok(Format::Npy)
    } else if name.ends_with(".csv") {
        Ok(Format::Csv)
    } else if name.ends_with(".idx") || name.ends_with(".gz") || name.ends_with("ubyte") {
        Ok(Format::Idx)
    } else if !head.is_empty() && head.iter().all(numbers) {
        Ok(Format::Csv)
    } else {
        let shown: Vec<String> = head.iter().map(|byte| format!("{byte:02x}")).collect();
        let found = if head.is_empty() { "the end".to_string() } else { format!("bytes {}", shown.join(" ")) };
        Err(Error::format(&input.origin, Place::Byte(0), found, "an IDX, NPY or CSV file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder with images.idx (2 of 1x2), labels.idx (2), and whatever else is asked for.
    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let images: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8, 7, 6];
        let labels: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 2, 0, 3];
        for (name, bytes) in [("images.idx", images), ("labels.idx", labels)].iter().chain(files) {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn load(folder: &Path, data: &str, labels: &str, classes: Option<usize>) -> Result<Loaded<f32>> {
        Source::File(folder.join(data)).load(Some(&folder.join(labels)), classes)
    }

    #[test]
    fn names_and_paths_are_told_apart() {
        let parse = |text| Source::parse(text).unwrap();
        assert_eq!(parse("digits"), Source::Digits);
        assert_eq!(parse("mnist:/data/mnist"), Source::Mnist("/data/mnist".into()));
        for path in ["x.npy", "./digits", "/a:b/x.idx", "C:\\x.npy", "a/b", "Cargo.toml", "src"] {
            assert_eq!(parse(path), Source::File(path.into()));
            assert_eq!(parse(path).to_string(), path);
        }
    }

    #[test]
    fn an_unknown_name_comes_with_the_nearest() {
        for (text, meant) in [
            ("digit", Some("digits")),
            ("Digits", Some("digits")),
            ("minst:/data", Some("mnist:FOLDER")),
            ("mnist", Some("mnist:FOLDER")),
            ("mnist:", Some("mnist:FOLDER")),
            ("mnits:/data/x.y", Some("mnist:FOLDER")),
            ("cifar", None),
            ("", None),
        ] {
            let Error::UnknownName { nearest, known, .. } = Source::parse(text).unwrap_err() else { panic!("{text}") };
            assert_eq!((nearest.as_deref(), known.len()), (meant, 3), "{text}");
        }
    }

    #[test]
    fn a_file_is_loaded_with_its_labels_and_the_preprocessing_of_its_format() {
        let folder = folder(&[]);
        let loaded = load(folder.path(), "images.idx", "labels.idx", None).unwrap();
        assert_eq!((loaded.data.rows(), loaded.data.classes(), loaded.test), (2, Some(4), None));
        assert_eq!(*loaded.data.features().row(1), [7.0, 6.0]);
        assert_eq!(loaded.preprocess, Preprocess::Scale { factor: 1.0 / 255.0 });
        let loaded = load(folder.path(), "images.idx", "labels.idx", Some(10)).unwrap();
        assert_eq!(loaded.data.classes(), Some(10));
        let features = Source::File(folder.path().join("images.idx")).load_features::<f64>().unwrap();
        assert_eq!(*features.data(), [9.0, 8.0, 7.0, 6.0]);
    }

    #[test]
    fn errors_name_the_file_they_come_from() {
        let folder =
            folder(&[("three", &[0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2]), ("hello", b"hello, world"), ("empty", b"")]);
        let message = |data, labels, classes| load(folder.path(), data, labels, classes).unwrap_err().to_string();
        assert!(
            message("images.idx", "labels.idx", Some(3)).contains("labels.idx, row 2: found label 3, expected 0 to 2")
        );
        let differ = message("images.idx", "three", None);
        assert!(differ.contains("images.idx has 2 rows but") && differ.contains("three has 3;"), "{differ}");
        assert!(message("no.idx", "labels.idx", None).contains("cannot read"));
        assert!(message("images.idx", "no.idx", None).contains("no.idx"));
        assert!(message("labels.idx", "labels.idx", None).contains("labels.idx, byte 3: found 1 dimension"));
        assert!(message("images.idx", "images.idx", None).contains("images.idx, byte 3: found 3 dimensions"));
        assert!(message("hello", "labels.idx", None).contains("found bytes 68 65 6c 6c"));
        assert!(message("empty", "labels.idx", None).contains("empty, byte 0: found the end"));
        assert!(message("", "labels.idx", None).contains("a file, or mnist:"));
        assert!(message("images.idx", "", None).contains("it is a folder"));
    }

    #[test]
    fn labels_are_asked_for_where_they_lack_and_refused_where_they_do_not() {
        let error = Source::File("x.idx".into()).load::<f32>(None, None).unwrap_err();
        assert_eq!(error.to_string(), "x.idx holds features only and labels are needed: name a label file");
        let error = Source::Digits.load::<f32>(Some(Path::new("y.idx")), None).unwrap_err();
        assert_eq!(error.to_string(), "label file: found y.idx, expected none, as digits has labels of its own");
    }

    #[test]
    fn the_digits_take_another_number_of_classes_if_their_labels_allow() {
        let load = |classes| Source::Digits.load::<f32>(None, classes);
        assert_eq!(load(None).unwrap().preprocess, Preprocess::Scale { factor: 1.0 / 16.0 });
        assert!(load(Some(10)).unwrap().data.class_names().is_some());
        let twelve = load(Some(12)).unwrap().data;
        assert_eq!((twelve.classes(), twelve.class_names()), (Some(12), None));
        assert!(load(Some(9)).unwrap_err().to_string().contains("digits, row 10: found label 9, expected 0 to 8"));
        assert_eq!(Source::Digits.load_features::<f32>().unwrap().rows(), 1797);
    }

    #[test]
    fn a_wrong_file_is_read_by_what_its_name_promises() {
        let folder = folder(&[("x.idx", b"1,2\n"), ("x.idx.gz", b"12"), ("train-ubyte", b"PK\x03\x04")]);
        for (name, found) in
            [("x.idx", "(text)"), ("x.idx.gz", "byte 2: found the end"), ("train-ubyte", "(a zip archive)")]
        {
            let message = read_features::<f32>(folder.path().join(name)).unwrap_err().to_string();
            assert!(message.contains(found), "{message}");
        }
    }

    #[cfg(feature = "npy")]
    #[test]
    fn npy_is_told_by_its_bytes_whatever_the_name() {
        let folder = folder(&[("x.npy", b"not one, though it says so")]);
        let path = folder.path().join("anything");
        crate::data::write_npy(&path, 2, 1, &[0.5f32, 1.5]).unwrap();
        let loaded = load(folder.path(), "anything", "labels.idx", None).unwrap();
        assert_eq!((loaded.data.cols(), loaded.preprocess), (1, Preprocess::None));
        crate::data::write_npy_labels(&path, &[1, 0]).unwrap();
        assert_eq!(load(folder.path(), "images.idx", "anything", None).unwrap().data.classes(), Some(2));
        let message = read_features::<f32>(folder.path().join("x.npy")).unwrap_err().to_string();
        assert!(message.contains("expected an NPY file"), "{message}");
    }

    #[cfg(feature = "csv")]
    #[test]
    fn csv_is_told_by_its_name_or_by_being_numbers() {
        let folder = folder(&[("x.csv", b"a,b\n1,2\n3,4\n"), ("x", b"1,2\n3,4\n"), ("y.txt", b"1\n0\n")]);
        for name in ["x.csv", "x"] {
            assert_eq!(*load(folder.path(), name, "y.txt", None).unwrap().data.features().data(), [1.0, 2.0, 3.0, 4.0]);
        }
    }

    #[cfg(not(any(feature = "npy", feature = "csv")))]
    #[test]
    fn a_format_that_was_left_out_says_how_to_get_it() {
        let folder = folder(&[("x.csv", b"1,2\n"), ("x.npy", b"\x93NUMPY\x01\x00")]);
        for (name, feature) in [("x.csv", "csv"), ("x.npy", "npy")] {
            let message = read_features::<f32>(folder.path().join(name)).unwrap_err().to_string();
            assert!(message.contains(&format!("with feature {feature:?}")), "{message}");
            assert!(read_targets::<f32>(folder.path().join(name), None).is_err());
        }
    }
}
