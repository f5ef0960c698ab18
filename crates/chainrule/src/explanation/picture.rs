//! What each pixel adds to an answer, as a picture.

use chainrule_explain::graph::Theme;
use chainrule_explain::page::SignedImage;

use super::Attribution;
use crate::report::words::{number, percent};
use crate::{Error, Result};

/// Classes that are named, the most probable.
const NAMED: usize = 5;

/// Pictures of images; of other rows, the table of columns says it.
impl Attribution {
    /// The row and, beside it, the integrated gradient of each pixel as SVG: blue adds to the output, orange takes away.
    ///
    /// ```
    /// use chainrule::data::digits;
    /// use chainrule::explanation::{AttributionRequest, attribute};
    /// use chainrule::graph::Theme;
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let data = digits::<f32>().scaled(1.0 / 16.0)?;
    /// let model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy).described_by(&data);
    /// let found = attribute(&model, &data, 0, &AttributionRequest::default())?;
    /// assert!(found.to_svg(Theme::Light)?.contains("integrated gradients"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the row is no image.
    pub fn to_svg(&self, theme: Theme) -> Result<String> {
        Ok(self.picture()?.to_svg(theme))
    }

    /// The same as PNG.
    ///
    /// # Errors
    /// When the row is no image.
    #[cfg(feature = "png")]
    pub fn to_png(&self, theme: Theme) -> Result<Vec<u8>> {
        let too_large = |found| Error::Argument { name: "picture", found, expected: "a smaller one".to_owned() };
        self.picture()?.to_png(theme).map_err(too_large)
    }

    fn picture(&self) -> Result<SignedImage> {
        let Some(width) = self.image_side else {
            return Err(Error::Argument {
                name: "picture",
                found: format!("{} columns", self.columns.len()),
                expected: "an image: the pixels of a square, at least 4 x 4, scaled by one factor".to_owned(),
            });
        };
        let mut likely: Vec<_> = self.probabilities.iter().collect();
        likely.sort_by(|a, b| b.1.total_cmp(&a.1));
        let likely: Vec<String> =
            likely.iter().take(NAMED).map(|(name, p)| format!("{name} {}", percent(*p))).collect();
        let apart = self.value - self.baseline_value;
        let mut lines = vec![match &self.target {
            Some(target) => format!("target {target}, answer {}", self.answer),
            None => format!("answer {}", self.answer),
        }];
        lines.extend((!likely.is_empty()).then(|| likely.join(", ")));
        lines.push(format!(
            "integrated gradients by pixel: sum {}, f(row) - f(baseline) {}, difference {}",
            number(self.sum()),
            number(apart),
            number(self.difference())
        ));
        lines.push("blue adds to the output, orange takes away".to_owned());
        Ok(SignedImage {
            title: format!("What the output {} depends on", self.output),
            lines,
            width,
            pixels: self.image.clone(),
            values: self.columns.iter().map(|column| column.integrated).collect(),
        })
    }
}
