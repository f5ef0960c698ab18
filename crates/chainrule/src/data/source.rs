//! Data by name: the embedded digits, a folder of MNIST files, standard input, or a file.

use std::fmt;
use std::io::stdin;
use std::path::{Path, PathBuf};

use chainrule_kernel::Scalar;

use super::builtin::BUILTINS;
use super::contents::{BYTE, Bytes, Contents};
use super::features::Features;
use super::files::{joined, matching};
use super::format;
use super::generate::{Generated, GeneratedTarget, Generator, GeneratorConfig};
use super::limits::Limits;
use super::memory::Within;
use super::table::{Table, TextFormat};
use super::targets::Targets;
use super::{digits, idx, mnist_dir};
use crate::nearest::nearest;
use crate::{Error, Place, Result};

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
    /// Text on standard input, also compressed by gzip or zstd.
    Stdin,
    /// A file: IDX, NPY or text, each also compressed by gzip or zstd; NPZ or safetensors, `file.npz:key`; Parquet or Arrow.
    File(PathBuf),
    /// Files whose rows follow one another, with the same columns.
    Files(Vec<PathBuf>),
}

/// What a source holds: columns, or images and the part to test on where it has one of its own.
pub(crate) enum Whole {
    Table(Table),
    Bytes(Bytes, Option<Bytes>),
}

impl Source {
    /// Understands `digits`, `mnist:FOLDER`, `-` for standard input, the path of a file, and a pattern that several files fit,
    /// `part-*.csv`, in the order of their names; a file that is named as one of the former is meant by `./digits`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for what is neither a known name nor looks like a path nor exists, [`Error::Argument`] for a
    /// pattern that no file fits.
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
        if text.contains(['*', '?', '[']) && !Path::new(text).exists() {
            let mut paths = matching(text)?;
            return Ok(if paths.len() == 1 { Source::File(paths.remove(0)) } else { Source::Files(paths) });
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
        let path = "the path of a file".to_owned();
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
        !matches!(self, Source::File(_) | Source::Files(_) | Source::Stdin)
    }

    /// What the source is if no part of it is text, so that a [`TextFormat`] says nothing about it: `an NPY file`. `None` of
    /// text, of several files of which one is, of standard input, and of what cannot be told before it is read.
    ///
    /// ```
    /// use chainrule::data::Source;
    /// assert_eq!(Source::parse("iris")?.not_text(), Some("a table inside the program"));
    /// assert_eq!(Source::Stdin.not_text(), None);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn not_text(&self) -> Option<&'static str> {
        match self {
            Source::Digits => Some("images inside the program"),
            Source::Mnist(_) => Some("a folder of IDX files"),
            Source::Builtin(_) => Some("a table inside the program"),
            Source::Generated(..) => Some("rows that are made up"),
            Source::Stdin => None,
            Source::File(path) => format::not_text(path),
            Source::Files(paths) => {
                let found: Option<Vec<&str>> = paths.iter().map(|path| format::not_text(path)).collect();
                found?.first().copied()
            }
        }
    }

    /// Reads all that the source holds.
    pub(crate) fn read_whole(&self, text: &TextFormat, within: Within<'_>) -> Result<Whole> {
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
                let images = |path: &Path| match format::read_file(path, text, within)? {
                    Contents::Bytes(bytes) => Ok(bytes.features),
                    Contents::Table(_) => {
                        let origin = path.display().to_string();
                        Err(Error::format(&origin, Place::Header, "text", "images, an IDX file of MNIST"))
                    }
                };
                let (train, test) = mnist_dir(folder)?.read_by(None, within.limits, images)?;
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
                format::read_text(name, csv.as_bytes(), &TextFormat::default(), within).map(Whole::Table)
            }
            Source::Generated(generator, config) => {
                generated(&self.to_string(), generator.generate(config)?).map(Whole::Table)
            }
            Source::Stdin => format::read_stream("stdin", stdin(), text, within).map(Whole::Table),
            Source::File(path) => Ok(match format::read_file(path, text, within)? {
                Contents::Table(table) => Whole::Table(table),
                Contents::Bytes(bytes) => Whole::Bytes(bytes, None),
            }),
            Source::Files(paths) => joined(paths, |path| Table::read_within(path, text, within)).map(Whole::Table),
        }
    }

    /// Reads a table of targets.
    pub(crate) fn read_table(&self, text: &TextFormat, within: Within<'_>) -> Result<Table> {
        match self {
            Source::File(path) => format::read_target_file(path, text, within),
            Source::Files(paths) => joined(paths, |path| format::read_target_file(path, text, within)),
            other => match other.read_whole(text, within)? {
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
        match self.read_whole(&TextFormat::default(), limits.into())? {
            Whole::Table(table) => table.into_features(),
            Whole::Bytes(bytes, _) => bytes.features.into_type(),
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
            Source::Files(paths) => match &paths[..] {
                [first, .., last] => write!(f, "{} to {} ({} files)", first.display(), last.display(), paths.len()),
                few => few.iter().try_for_each(|path| write!(f, "{}", path.display())),
            },
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
    format::read_target_file(path, &TextFormat::default(), limits.into())?.into_targets(classes)
}

#[cfg(test)]
mod tests;
