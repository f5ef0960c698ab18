//! Data by name: the embedded digits, a folder of MNIST files, standard input, or a file.

use std::fmt;
use std::io::stdin;
use std::path::{Path, PathBuf};

use chainrule_kernel::Scalar;

use super::builtin::BUILTINS;
use super::contents::{BYTE, Bytes, Contents};
use super::features::Features;
use super::format;
use super::generate::{Generated, GeneratedTarget, Generator, GeneratorConfig};
use super::limits::Limits;
use super::table::{Table, TextFormat};
use super::targets::Targets;
use super::{digits, idx, mnist_dir};
use crate::nearest::nearest;
use crate::{Error, Result};

/// Where data come from.
///
/// ```
/// use chainrule::data::{Request, Source};
/// let examples = Request::new(Source::parse("digits")?).read()?;
/// assert_eq!(examples.rows(), 1797);
/// assert!(Source::parse("didgits").unwrap_err().to_string().contains("did you mean \"digits\"?"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// The embedded digits: [`digits`].
    Digits,
    /// A folder with the four files of MNIST: [`mnist_dir`].
    Mnist(PathBuf),
    /// A table inside the binary: one of [`BUILTINS`](super::BUILTINS), with its target.
    Builtin(&'static str),
    /// Rows that are made up by a formula, with their target `y`: `moons`, `moons:rows=1000,noise=0.1,seed=7`.
    Generated(Generator, GeneratorConfig),
    /// Text on standard input.
    Stdin,
    /// A file: IDX, NPY or text, each also compressed by gzip.
    File(PathBuf),
}

/// What a source holds: columns, or images and the part to test on where it has one of its own.
pub(crate) enum Whole {
    Table(Table),
    Bytes(Bytes, Option<Bytes>),
}

impl Source {
    /// Understands `digits`, `mnist:FOLDER`, `-` for standard input, and the path of a file; a file that is named as one of
    /// the former is meant by `./digits`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for what is neither a known name nor looks like a path nor exists.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "digits" => return Ok(Source::Digits),
            "-" => return Ok(Source::Stdin),
            _ => {}
        }
        if let Some(folder) = text.strip_prefix("mnist:").filter(|folder| !folder.is_empty()) {
            return Ok(Source::Mnist(folder.into()));
        }
        if let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == text) {
            return Ok(Source::Builtin(builtin.name));
        }
        let (name, settings) = text.split_once(':').map_or((text, None), |(name, settings)| (name, Some(settings)));
        if let Ok(generator) = Generator::by_name(name) {
            return Ok(Source::Generated(generator, generator_config(settings.unwrap_or_default())?));
        }
        // `C:\x.npy` has a scheme of one letter, which no source has.
        let scheme = text.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| scheme.len() != 1);
        let like_a_path = text.contains(['/', '\\', '.']) && scheme.is_none_or(|scheme| scheme.contains(['/', '.']));
        if like_a_path || Path::new(text).exists() {
            return Ok(Source::File(text.into()));
        }
        let known: Vec<&str> = names().collect();
        let meant = nearest(scheme.unwrap_or(text), &known);
        let spelled = |name: &str| if name == "mnist" { "mnist:FOLDER".to_owned() } else { name.to_owned() };
        let path = "the path of an IDX, NPY or text file".to_owned();
        Err(Error::UnknownName {
            what: "data source",
            name: text.to_string(),
            nearest: meant.map(spelled),
            known: known.into_iter().map(spelled).chain([path]).collect(),
        })
    }

    /// The columns that the source itself says are to be learned.
    pub(crate) fn own_target(&self) -> Option<&'static str> {
        match self {
            Source::Builtin(name) => {
                BUILTINS.iter().find(|builtin| builtin.name == *name).map(|builtin| builtin.target)
            }
            Source::Generated(..) => Some(GENERATED_TARGET),
            _ => None,
        }
    }

    /// Whether the source has targets without being told which.
    pub fn has_targets(&self) -> bool {
        !matches!(self, Source::File(_) | Source::Stdin)
    }

    /// Reads all that the source holds.
    pub(crate) fn read_whole(&self, text: &TextFormat, limits: Limits) -> Result<Whole> {
        match self {
            Source::Digits => {
                let data = digits::<f64>();
                let Targets::Classes { labels, .. } = data.targets().clone() else {
                    unreachable!("digits are classes")
                };
                let bytes = Bytes { features: data.into_features(), labels: Some(labels), factor: 1.0 / 16.0 };
                Ok(Whole::Bytes(bytes, None))
            }
            Source::Mnist(folder) => {
                let (train, test) = mnist_dir(folder)?.read_within::<f64>(None, limits)?;
                let [train, test] = [train, test].map(|data| {
                    let Targets::Classes { labels, .. } = data.targets().clone() else {
                        unreachable!("MNIST is classes")
                    };
                    Bytes { features: data.into_features(), labels: Some(labels), factor: BYTE }
                });
                Ok(Whole::Bytes(train, Some(test)))
            }
            Source::Builtin(name) => {
                let builtin = BUILTINS.iter().find(|builtin| builtin.name == *name);
                let csv = builtin.map(|builtin| builtin.csv).unwrap_or_default();
                format::read_text(name, csv.as_bytes(), &TextFormat::default(), limits).map(Whole::Table)
            }
            Source::Generated(generator, config) => {
                generated(&self.to_string(), generator.generate(config)?).map(Whole::Table)
            }
            Source::Stdin => format::read_text("stdin", stdin().lock(), text, limits).map(Whole::Table),
            Source::File(path) => Ok(match format::read_file(path, text, limits)? {
                Contents::Table(table) => Whole::Table(table),
                Contents::Bytes(bytes) => Whole::Bytes(bytes, None),
            }),
        }
    }

    /// Reads a table of targets.
    pub(crate) fn read_table(&self, text: &TextFormat, limits: Limits) -> Result<Table> {
        match self {
            Source::File(path) => format::read_target_file(path, text, limits),
            other => match other.read_whole(text, limits)? {
                Whole::Table(table) => Ok(table),
                Whole::Bytes(..) => Err(Error::Argument {
                    name: "label file",
                    found: other.to_string(),
                    expected: "a file of targets".to_owned(),
                }),
            },
        }
    }

    /// Reads features alone: all digits, MNIST's images to test on, or a file's, every column a number.
    ///
    /// # Errors
    /// Those of the readers, and [`Error::Missing`].
    pub fn load_features<T: Scalar>(&self) -> Result<Features<T>> {
        self.load_features_within(Limits::default())
    }

    /// As [`Source::load_features`].
    pub(crate) fn load_features_within<T: Scalar>(&self, limits: Limits) -> Result<Features<T>> {
        if let Source::Mnist(folder) = self {
            return idx::images_within(&mnist_dir(folder)?.test_images, limits);
        }
        match self.read_whole(&TextFormat::default(), limits)? {
            Whole::Table(table) => table.into_features(),
            Whole::Bytes(bytes, _) => bytes.features.as_type(),
        }
    }
}

/// What the target of generated rows is called.
const GENERATED_TARGET: &str = "y";

/// The sources that have names.
fn names() -> impl Iterator<Item = &'static str> {
    let own = ["digits", "mnist"].into_iter().chain(BUILTINS.iter().map(|builtin| builtin.name));
    own.chain(Generator::ALL.into_iter().map(Generator::name))
}

/// `rows=1000,noise=0.1,seed=7`, each or none of them.
fn generator_config(text: &str) -> Result<GeneratorConfig> {
    let mut config = GeneratorConfig::default();
    for setting in text.split(',').filter(|setting| !setting.is_empty()) {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        let is_set = match name {
            "rows" => value.parse().map(|rows| config.rows = rows).is_ok(),
            "noise" => value.parse().map(|noise| config.noise = Some(noise)).is_ok(),
            "seed" => value.parse().map(|seed| config.seed = seed).is_ok(),
            _ => false,
        };
        if !is_set {
            let expected = "rows=N, noise=NUMBER or seed=N, separated by commas".to_owned();
            return Err(Error::Argument { name: "generated rows", found: setting.to_owned(), expected });
        }
    }
    Ok(config)
}

fn generated(origin: &str, made: Generated) -> Result<Table> {
    let Generated { columns, features, target } = made;
    let cols = columns.len();
    match target {
        GeneratedTarget::Classes { labels, names } => {
            let table = Table::of_numbers(origin, cols, &features)?.with_names(columns);
            Ok(table.with_words(GENERATED_TARGET, labels, &names))
        }
        GeneratedTarget::Values(values) => {
            let rows = features.chunks_exact(cols).zip(&values);
            let numbers: Vec<f64> = rows.flat_map(|(row, value)| row.iter().chain([value])).copied().collect();
            let names = columns.into_iter().chain([GENERATED_TARGET.to_owned()]).collect();
            Ok(Table::of_numbers(origin, cols + 1, &numbers)?.with_names(names))
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Digits => write!(f, "digits"),
            Source::Mnist(folder) => write!(f, "mnist:{}", folder.display()),
            Source::Builtin(name) => write!(f, "{name}"),
            Source::Generated(generator, config) => {
                write!(f, "{}:rows={}", generator.name(), config.rows)?;
                config.noise.map_or(Ok(()), |noise| write!(f, ",noise={noise}"))?;
                write!(f, ",seed={}", config.seed)
            }
            Source::Stdin => write!(f, "-"),
            Source::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Reads features from a file in any of the formats, every column a number.
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
    format::read_target_file(path, &TextFormat::default(), limits)?.into_targets(classes)
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
