//! The settings of a gradient check.

/// How many directions are checked, and how many may be discarded.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::Settings;
///
/// let thorough = Settings { coordinates: 100, ..Settings::default() };
/// assert_eq!(thorough.directions, 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Random directions of each tensor, and of all tensors together; 4. Each depends on every element of its gradient.
    pub directions: usize,
    /// Random coordinates of each tensor, or all if it has no more; 12.
    pub coordinates: usize,
    /// The seed of the directions and coordinates; 0.
    pub seed: u64,
    /// The share of a tensor's directions and coordinates that may be discarded for kinks; 0.5.
    pub max_discarded: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { directions: 4, coordinates: 12, seed: 0, max_discarded: 0.5 }
    }
}
