//! Made-up data: points in the plane whose classes no straight line separates, and Friedman's regression.
//!
//! Each row has a stream of random numbers of its own, so that more rows of the same seed begin with the same rows, and
//! another noise moves the same points. The numbers are the same on every platform.

use chainrule_model::random::{Purpose, Stream};
use std::f64::consts::PI;

use super::sine::sin_cos;
use crate::{Error, Result};

/// A way to make data up.
///
/// ```
/// use chainrule::data::{GeneratedTarget, Generator, GeneratorConfig};
///
/// let moons = Generator::by_name("moons")?.generate(&GeneratorConfig { rows: 200, ..Default::default() })?;
/// assert_eq!((&moons.columns[..], moons.features.len()), (&["x1".to_owned(), "x2".to_owned()][..], 200 * 2));
/// let GeneratedTarget::Classes { labels, names } = &moons.target else { panic!("moons have classes") };
/// assert_eq!((labels.len(), &names[..]), (200, &["a".to_owned(), "b".to_owned()][..]));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Generator {
    /// Two half circles of radius 1, each with an end in the other's middle: (cos t, sin t) and (1 - cos t, 1/2 - sin t),
    /// t uniform in 0 to pi. Noise 0.1.
    Moons,
    /// Two arms of 1 1/2 turns around the origin: r (cos 3 pi r, sin 3 pi r) and the same turned by half a turn, r uniform
    /// in 0.1 to 1. Noise 0.02. After Lang and Witbrock, "Learning to tell two spirals apart", 1988.
    Spirals,
    /// Two circles around the origin, of radius 1 and 1/2. Noise 0.05.
    Circles,
    /// Three clouds around the corners of a triangle, (0, 2), (-1.7, -1) and (1.7, -1). The noise, 0.6, is their standard
    /// deviation.
    Blobs,
    /// Uniform in -1 to 1; class a where both have the same sign, class b where not. Noise 0.
    Xor,
    /// y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + noise, of ten features uniform in 0 to 1, of which five do
    /// not matter. Noise 1, on y. J. H. Friedman, "Multivariate Adaptive Regression Splines", Annals of Statistics 19(1),
    /// 1991.
    Friedman,
}

/// How much of it.
///
/// ```
/// use chainrule::data::{Generated, GeneratedTarget, Generator, GeneratorConfig};
///
/// let config = GeneratorConfig { rows: 10, ..GeneratorConfig::default() };
/// let Generated { features, target, .. } = Generator::by_name("moons")?.generate(&config)?;
/// assert_eq!(features.len(), 10 * 2);
/// assert!(matches!(target, GeneratedTarget::Classes { labels, .. } if labels.len() == 10));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeneratorConfig {
    /// Rows, at least 1. Classes take turns, so that each has as many as the others, or one more.
    pub rows: usize,
    /// The standard deviation of what is added to both features, or to the value; `None`: the generator's own.
    pub noise: Option<f64>,
    /// The same seed gives the same rows.
    pub seed: u64,
}

impl Default for GeneratorConfig {
    /// 1000 rows, the generator's own noise, seed 42.
    fn default() -> Self {
        GeneratorConfig { rows: 1000, noise: None, seed: 42 }
    }
}

/// Data that were made up.
///
/// ```
/// use chainrule::data::{Generated, GeneratedTarget, Generator, GeneratorConfig};
///
/// let config = GeneratorConfig { rows: 10, ..GeneratorConfig::default() };
/// let Generated { features, target, .. } = Generator::by_name("moons")?.generate(&config)?;
/// assert_eq!(features.len(), 10 * 2);
/// assert!(matches!(target, GeneratedTarget::Classes { labels, .. } if labels.len() == 10));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The names of the features: `x1`, `x2`, ...
    pub columns: Vec<String>,
    /// (rows, columns), row by row.
    pub features: Vec<f64>,
    /// What is to be predicted.
    pub target: GeneratedTarget,
}

/// What is to be predicted of made-up data.
///
/// ```
/// use chainrule::data::{Generated, GeneratedTarget, Generator, GeneratorConfig};
///
/// let config = GeneratorConfig { rows: 10, ..GeneratorConfig::default() };
/// let Generated { features, target, .. } = Generator::by_name("moons")?.generate(&config)?;
/// assert_eq!(features.len(), 10 * 2);
/// assert!(matches!(target, GeneratedTarget::Classes { labels, .. } if labels.len() == 10));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum GeneratedTarget {
    /// A class for each row.
    Classes {
        /// (rows)
        labels: Vec<u32>,
        /// The names of the classes: `a`, `b`, ...
        names: Vec<String>,
    },
    /// A value for each row, (rows).
    Values(Vec<f64>),
}

/// The sine of 60 degrees, twice: half a side of the triangle of blobs.
const HALF_SIDE: f64 = 1.7320508075688772;
/// From where to where the arms of the spirals go, and their turns in units of pi.
const ARM: [f64; 2] = [0.1, 1.0];
const ARM_TURNS: f64 = 3.0;

impl Generator {
    /// All of them.
    pub const ALL: [Generator; 6] = [
        Generator::Moons,
        Generator::Spirals,
        Generator::Circles,
        Generator::Blobs,
        Generator::Xor,
        Generator::Friedman,
    ];

    /// The generator of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn by_name(name: &str) -> Result<Self> {
        let known = Generator::ALL.map(Generator::name);
        let found = Generator::ALL.into_iter().find(|generator| generator.name() == name);
        found.ok_or_else(|| Error::unknown_name("generator", name, &known))
    }

    /// `moons`, `spirals`, ...
    pub fn name(self) -> &'static str {
        match self {
            Generator::Moons => "moons",
            Generator::Spirals => "spirals",
            Generator::Circles => "circles",
            Generator::Blobs => "blobs",
            Generator::Xor => "xor",
            Generator::Friedman => "friedman",
        }
    }

    /// The standard deviation of its noise where none is asked for.
    pub fn default_noise(self) -> f64 {
        match self {
            Generator::Moons => 0.1,
            Generator::Spirals => 0.02,
            Generator::Circles => 0.05,
            Generator::Blobs => 0.6,
            Generator::Xor => 0.0,
            Generator::Friedman => 1.0,
        }
    }

    /// Number of features.
    pub fn cols(self) -> usize {
        if self == Generator::Friedman { 10 } else { 2 }
    }

    /// Number of classes, or `None` of a regression.
    pub fn classes(self) -> Option<usize> {
        match self {
            Generator::Friedman => None,
            Generator::Blobs => Some(3),
            _ => Some(2),
        }
    }

    /// Makes the data up.
    ///
    /// # Errors
    /// When there are no rows, or more than memory holds, or the noise is negative or not finite.
    pub fn generate(self, config: &GeneratorConfig) -> Result<Generated> {
        let (rows, cols) = (config.rows, self.cols());
        let noise = config.noise.unwrap_or(self.default_noise());
        if !(noise >= 0.0 && noise.is_finite()) {
            let expected = "a standard deviation, 0 or more".to_owned();
            return Err(Error::Argument { name: "noise", found: noise.to_string(), expected });
        }
        if rows == 0 {
            return Err(Error::Argument { name: "rows", found: "0".to_owned(), expected: "at least 1".to_owned() });
        }
        let no_memory = |_| Error::no_memory("rows", rows);
        let mut features = Vec::new();
        features.try_reserve_exact(rows.saturating_mul(cols)).map_err(no_memory)?;
        let columns = (1..=cols).map(|col| format!("x{col}")).collect();
        let target = match self.classes() {
            Some(classes) => {
                let mut labels = Vec::new();
                labels.try_reserve_exact(rows).map_err(no_memory)?;
                for row in 0..rows {
                    let class = row % classes;
                    features.extend(self.point(class, noise, &mut self.stream(config.seed, row)));
                    labels.push(class as u32);
                }
                let names = ["a", "b", "c"][..classes].iter().map(ToString::to_string).collect();
                GeneratedTarget::Classes { labels, names }
            }
            None => {
                let mut values = Vec::new();
                values.try_reserve_exact(rows).map_err(no_memory)?;
                for row in 0..rows {
                    let mut stream = self.stream(config.seed, row);
                    let x: [f64; 10] = std::array::from_fn(|_| stream.unit());
                    values.push(friedman(&x) + noise * stream.normal());
                    features.extend(x);
                }
                GeneratedTarget::Values(values)
            }
        };
        Ok(Generated { columns, features, target })
    }

    fn stream(self, seed: u64, row: usize) -> Stream {
        Stream::at(seed, Purpose::Synthetic, self as u64, row as u64)
    }

    /// A point of the class.
    fn point(self, class: usize, noise: f64, stream: &mut Stream) -> [f64; 2] {
        let is_first = class == 0;
        let [x1, x2] = match self {
            Generator::Moons => {
                let (sin, cos) = sin_cos(stream.uniform(0.0, PI));
                if is_first { [cos, sin] } else { [1.0 - cos, 0.5 - sin] }
            }
            Generator::Spirals => {
                let r = stream.uniform(ARM[0], ARM[1]);
                let (sin, cos) = sin_cos(ARM_TURNS * PI * r);
                if is_first { [r * cos, r * sin] } else { [-r * cos, -r * sin] }
            }
            Generator::Circles => {
                let (sin, cos) = sin_cos(stream.uniform(-PI, PI));
                if is_first { [cos, sin] } else { [0.5 * cos, 0.5 * sin] }
            }
            Generator::Blobs => [[0.0, 2.0], [-HALF_SIDE, -1.0], [HALF_SIDE, -1.0]][class],
            Generator::Xor => {
                let (x1, size) = (stream.uniform(-1.0, 1.0), stream.unit());
                [x1, if is_first { size.copysign(x1) } else { -size.copysign(x1) }]
            }
            Generator::Friedman => unreachable!("it has no classes"),
        };
        [x1 + noise * stream.normal(), x2 + noise * stream.normal()]
    }
}

/// The value of ten features without its noise.
fn friedman(x: &[f64; 10]) -> f64 {
    let bump = x[2] - 0.5;
    10.0 * sin_cos(PI * x[0] * x[1]).0 + 20.0 * bump * bump + 10.0 * x[3] + 5.0 * x[4]
}

#[cfg(test)]
mod tests;
