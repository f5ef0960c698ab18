//! The optical digits, embedded: a real set to learn from without a file or a network.
//!
//! Their origin and licence stand in `data/README.md` beside the bytes and in [`DIGITS_CREDIT`]. Values are as they
//! were published, 0 to 16; scaling them is preprocessing's.

use crate::data::{Dataset, Features, Targets};
use chainrule_kernel::Scalar;
use flate2::read::GzDecoder;
use std::io::Read;

/// Whose digits they are, to be shown wherever they are: their licence asks for it.
pub const DIGITS_CREDIT: &str = "E. Alpaydin and C. Kaynak, \"Optical Recognition of Handwritten Digits\", \
     UCI Machine Learning Repository, 1998, doi:10.24432/C50P49, CC BY 4.0";

/// 1,797 labels, then 1,797 x 64 pixels, one byte each, compressed.
const COMPRESSED: &[u8] = include_bytes!("../../data/digits.gz");
const ROWS: usize = 1797;
const COLS: usize = 64;

/// 1,797 handwritten digits: images of 8x8 with values 0 to 16, and which of the ten digits each shows.
///
/// E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998,
/// [doi:10.24432/C50P49](https://doi.org/10.24432/C50P49), [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/);
/// these are the rows of its test part, re-encoded as bytes.
///
/// ```
/// let digits = chainrule::data::digits::<f32>();
/// assert_eq!((digits.rows(), digits.cols(), digits.classes()), (1797, 64, Some(10)));
/// ```
pub fn digits<T: Scalar>() -> Dataset<T> {
    let bytes = inflate();
    let (labels, pixels) = bytes.split_at(ROWS);
    let pixels = pixels.iter().map(|&pixel| T::from_f64(f64::from(pixel))).collect();
    let labels = labels.iter().map(|&label| u32::from(label)).collect();
    let names = (0..10).map(|digit| digit.to_string()).collect();
    Features::new(ROWS, COLS, pixels)
        .and_then(|features| Dataset::new(features, Targets::Classes { labels, classes: 10 }))
        .and_then(|digits| digits.with_class_names(names))
        .expect("the embedded digits are valid, as a test proves")
}

fn inflate() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ROWS * (COLS + 1));
    GzDecoder::new(COMPRESSED).read_to_end(&mut bytes).expect("the embedded digits inflate, as a test proves");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_that_the_readme_names() {
        let hash: String = hmac_sha256::Hash::hash(&inflate()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "e1d88a0854e29e01d16358d2cd026aa8fc20dfc4cdb3fce004300857ea82aa70");
        assert!(include_str!("../../data/README.md").contains(&hash));
    }

    #[test]
    fn the_digits_are_as_they_were_published() {
        let digits = digits::<f64>();
        // Counted by scikit-learn 1.9.1: load_digits().
        assert_eq!(digits.class_counts().unwrap(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert_eq!(digits.features().row(0)[..8], [0.0, 0.0, 5.0, 13.0, 9.0, 1.0, 0.0, 0.0]);
        assert_eq!(digits.features().data().iter().sum::<f64>(), 561_718.0);
        assert!(digits.features().data().iter().all(|x| (0.0..=16.0).contains(x)));
        assert_eq!(digits.class_names().unwrap()[9], "9");
    }

    #[test]
    fn the_credit_is_the_same_here_and_beside_the_data() {
        let readme = include_str!("../../data/README.md").split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["E. Alpaydin and C. Kaynak", "doi:10.24432/C50P49", "CC BY 4.0", "1998"] {
            assert!(DIGITS_CREDIT.contains(part) && readme.contains(part), "{part}");
        }
    }
}
