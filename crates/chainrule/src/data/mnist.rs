//! The four files of MNIST and of the sets that took its form (Fashion-MNIST, EMNIST, KMNIST), found in a folder by
//! their usual names. Nothing is downloaded.

use crate::data::idx::{images_within, labels_within};
use crate::data::{Dataset, Features, Limits, Targets};
use crate::{Error, Result};
use chainrule_kernel::Scalar;
use std::path::{Path, PathBuf};

/// Where the four files are.
///
/// ```
/// use chainrule::data::mnist_dir;
///
/// match mnist_dir("no/such/folder") {
///     Ok(files) => println!("{} rows to train on", files.read::<f32>(None)?.0.rows()),
///     Err(error) => println!("{error}"), // with the names that were looked for
/// }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MnistFiles {
    /// Images to train on.
    pub train_images: PathBuf,
    /// Their labels.
    pub train_labels: PathBuf,
    /// Images to test on.
    pub test_images: PathBuf,
    /// Their labels.
    pub test_labels: PathBuf,
}

/// Finds the four files in a folder: `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, plain (which is
/// preferred) or with `.gz`, and likewise `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`,
/// `t10k-labels-idx1-ubyte`.
///
/// # Errors
/// [`Error::NotFound`], with the names that were looked for.
pub fn mnist_dir(dir: impl AsRef<Path>) -> Result<MnistFiles> {
    let dir = dir.as_ref();
    let find = |part: &str, kind: &str| {
        let candidates: Vec<PathBuf> = [("-", ""), (".", ""), ("-", ".gz"), (".", ".gz")]
            .iter()
            .map(|(separator, suffix)| dir.join(format!("{part}{separator}{kind}-ubyte{suffix}")))
            .collect();
        candidates.iter().find(|path| path.is_file()).cloned().ok_or_else(|| Error::NotFound {
            origin: format!("the file {part} of MNIST"),
            looked_for: candidates.iter().map(|path| path.display().to_string()).collect(),
        })
    };
    Ok(MnistFiles {
        train_images: find("train-images", "idx3")?,
        train_labels: find("train-labels", "idx1")?,
        test_images: find("t10k-images", "idx3")?,
        test_labels: find("t10k-labels", "idx1")?,
    })
}

impl MnistFiles {
    /// Reads all four: what to train on and what to test on. There are as many classes as the larger label of both
    /// asks for, or `classes`.
    ///
    /// # Errors
    /// Those of [`read_idx_images`](crate::data::read_idx_images) and
    /// [`read_idx_labels`](crate::data::read_idx_labels); when images and labels differ in number or the two parts
    /// in columns; when a label is not below `classes`.
    pub fn read<T: Scalar>(&self, classes: Option<usize>) -> Result<(Dataset<T>, Dataset<T>)> {
        let limits = Limits::default();
        self.read_by(classes, limits, |path| images_within(path, limits))
    }

    /// As [`MnistFiles::read`], of images that `images` reads.
    pub(crate) fn read_by<T: Scalar>(
        &self,
        classes: Option<usize>,
        limits: Limits,
        images_of: impl Fn(&Path) -> Result<Features<T>>,
    ) -> Result<(Dataset<T>, Dataset<T>)> {
        let train_labels = labels_within(&self.train_labels, limits)?;
        let test_labels = labels_within(&self.test_labels, limits)?;
        let largest = train_labels.iter().chain(&test_labels).max().copied().unwrap_or(0);
        let classes = classes.unwrap_or(largest as usize + 1);
        let dataset = |images: &Path, labels_path: &Path, labels| {
            let (images_origin, labels_origin) = (images.display().to_string(), labels_path.display().to_string());
            let targets = Targets::Classes { labels, classes };
            Dataset::from_origins(images_of(images)?, &images_origin, targets, &labels_origin)
        };
        let train = dataset(&self.train_images, &self.train_labels, train_labels)?;
        let test = dataset(&self.test_images, &self.test_labels, test_labels)?;
        if train.cols() != test.cols() {
            return Err(Error::Shape {
                origin: self.test_images.display().to_string(),
                found: format!("images of {} pixels", test.cols()),
                expected: format!("{}, as in {}", train.cols(), self.train_images.display()),
            });
        }
        Ok((train, test))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(path: &Path, dims: &[u32], data: &[u8]) {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        dims.iter().for_each(|dim| bytes.extend(dim.to_be_bytes()));
        bytes.extend(data);
        fs::write(path, bytes).unwrap();
    }

    /// Three images of 1x2 to train on and one to test on.
    fn small(dir: &Path) {
        write(&dir.join("train-images.idx3-ubyte"), &[3, 1, 2], &[1, 2, 3, 4, 5, 6]);
        write(&dir.join("train-labels-idx1-ubyte"), &[3], &[0, 1, 0]);
        write(&dir.join("t10k-images-idx3-ubyte.gz"), &[1, 1, 2], &[7, 8]);
        write(&dir.join("t10k-labels.idx1-ubyte"), &[1], &[4]);
    }

    #[test]
    fn the_four_files_are_found_under_any_of_their_names() {
        let dir = tempfile::tempdir().unwrap();
        small(dir.path());
        let files = mnist_dir(dir.path()).unwrap();
        assert_eq!(files.train_images, dir.path().join("train-images.idx3-ubyte"));
        let (train, test) = files.read::<f32>(None).unwrap();
        assert_eq!((train.rows(), train.cols(), train.classes()), (3, 2, Some(5)));
        assert_eq!((&*test.features().data(), test.classes()), (&[7.0, 8.0][..], Some(5)));
        assert_eq!(files.read::<f32>(Some(10)).unwrap().0.classes(), Some(10));
        let message = files.read::<f32>(Some(4)).unwrap_err().to_string();
        assert!(message.contains("t10k-labels.idx1-ubyte, row 1: found label 4, expected 0 to 3"), "{message}");
    }

    #[test]
    fn a_missing_file_is_named_with_all_names_looked_for() {
        let dir = tempfile::tempdir().unwrap();
        small(dir.path());
        fs::remove_file(dir.path().join("t10k-labels.idx1-ubyte")).unwrap();
        let message = mnist_dir(dir.path()).unwrap_err().to_string();
        for name in ["-idx1-ubyte,", ".idx1-ubyte,", "-idx1-ubyte.gz,", ".idx1-ubyte.gz)"] {
            assert!(message.contains(&format!("t10k-labels{name}")), "{message}");
        }
        assert!(mnist_dir("no/such/folder").unwrap_err().to_string().contains("no/such/folder"));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        small(dir.path());
        write(&dir.path().join("t10k-images-idx3-ubyte.gz"), &[1, 1, 3], &[7, 8, 9]);
        let message = mnist_dir(dir.path()).unwrap().read::<f32>(None).unwrap_err().to_string();
        assert!(message.contains("images of 3 pixels, expected 2"), "{message}");
        write(&dir.path().join("train-labels-idx1-ubyte"), &[2], &[0, 1]);
        let message = mnist_dir(dir.path()).unwrap().read::<f32>(None).unwrap_err().to_string();
        assert!(message.contains("images.idx3-ubyte has 3 rows but") && message.contains("has 2;"), "{message}");
    }

    #[test]
    fn the_real_mnist_is_read_whole() {
        let Some(dir) = std::env::var_os("CHAINRULE_MNIST") else {
            eprintln!("skipped: CHAINRULE_MNIST does not name the folder of MNIST");
            return;
        };
        let (train, test) = mnist_dir(dir).unwrap().read::<f32>(None).unwrap();
        assert_eq!((train.rows(), train.cols(), train.classes()), (60_000, 784, Some(10)));
        assert_eq!((test.rows(), test.cols(), test.classes()), (10_000, 784, Some(10)));
        // The published counts of each digit.
        assert_eq!(train.class_counts().unwrap(), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
        assert_eq!(test.class_counts().unwrap(), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
        // The published mean and deviation of the pixels.
        let pixels = train.features().data();
        let mean = pixels.iter().map(|&x| f64::from(x)).sum::<f64>() / pixels.len() as f64 / 255.0;
        assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
    }
}
