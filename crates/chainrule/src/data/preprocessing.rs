//! Preprocessing is fitted on the training part, applied to features, and remembered by them. Nothing is dropped or imputed
//! here: bad numbers were refused at the door.

use chainrule_kernel::Scalar;

use crate::data::scaling::Moments;
use crate::data::{Dataset, Features, Preprocess};
use crate::{Error, Result};

impl Preprocess {
    /// [`Preprocess::Standardize`] with the mean and the standard deviation (of the population: divided by the rows)
    /// of these features. A constant column gets deviation 1, so that it becomes 0 and not 0/0.
    ///
    /// # Errors
    /// When numbers are so large that a mean or deviation overflows f64.
    pub fn standardize<T: Scalar>(features: &Features<T>) -> Result<Self> {
        let (rows, cols) = (features.rows(), features.cols());
        let (mut row, mut wide) = (vec![T::ZERO; cols], vec![0.0; cols]);
        let Moments { mean, std } = Moments::of(cols, rows, &mut |see| {
            for index in 0..rows {
                features.copy_row(index, &mut row);
                wide.iter_mut().zip(&row).for_each(|(wide, x)| *wide = x.to_f64());
                see(&wide);
            }
            features.check_read()
        })?;
        let fitted = Preprocess::Standardize { mean, std };
        fitted.check(cols)?;
        Ok(fitted)
    }

    /// Applies it to every row, which the features remember. On an error they are as they were.
    ///
    /// # Errors
    /// When it was fitted on another number of columns, holds a number that makes no sense (a file may hold
    /// anything), or a result overflows `T`; and when the features have been preprocessed before: a model knows one
    /// preprocessing, so the second would be missing in its predictions.
    pub fn apply<T: Scalar>(&self, features: &mut Features<T>) -> Result<()> {
        self.check(features.cols())?;
        if *self == Preprocess::None {
            return Ok(());
        }
        let done = features.preprocessing();
        if *done != Preprocess::None {
            let (found, expected) =
                (format!("{done}, done before"), "features as they come from their source".to_string());
            return Err(Error::Argument { name: "preprocessing", found, expected });
        }
        match self {
            Preprocess::None => {}
            Preprocess::Scale { factor } => features.scale(*factor)?,
            Preprocess::Standardize { mean: shift, std: scale } | Preprocess::Shift { shift, scale } => {
                features.map(|column, x| (x - shift[column]) / scale[column])?;
            }
        }
        features.set_preprocessing(self.clone());
        Ok(())
    }
}

impl<T: Scalar> Dataset<T> {
    /// The same rows, every number times `factor`: [`Preprocess::Scale`]. Whoever trains on them gets a model that scales
    /// by itself.
    ///
    /// ```
    /// use chainrule::data::{Preprocess, digits};
    ///
    /// let data = digits::<f32>().scaled(1.0 / 16.0)?; // pixels of 0 to 16
    /// assert_eq!(*data.preprocessing(), Preprocess::Scale { factor: 1.0 / 16.0 });
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Preprocess::apply`].
    pub fn scaled(mut self, factor: f64) -> Result<Self> {
        self.preprocess(&Preprocess::Scale { factor })?;
        Ok(self)
    }

    /// The same rows, each column with mean 0 and deviation 1: [`Preprocess::standardize`]. For the part that is trained on;
    /// the rows held out are left as they are, since the model gives them the same means and deviations.
    ///
    /// # Errors
    /// Those of [`Preprocess::standardize`] and [`Preprocess::apply`].
    pub fn standardized(mut self) -> Result<Self> {
        self.preprocess(&Preprocess::standardize(&self.features)?)?;
        Ok(self)
    }

    /// What was done to the features since they came from their source.
    pub fn preprocessing(&self) -> &Preprocess {
        self.features.preprocessing()
    }

    /// Preprocesses the features, which remember it. On an error they are as they were.
    ///
    /// # Errors
    /// Those of [`Preprocess::apply`].
    pub fn preprocess(&mut self, preprocess: &Preprocess) -> Result<()> {
        preprocess.apply(&mut self.features)
    }
}
