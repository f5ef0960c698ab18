//! How much of a network is checked.

/// How much is checked.
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
    /// Random directions through each tensor, and through all; 4. Each depends on every gradient of its tensor.
    pub directions: usize,
    /// Random coordinates of each tensor, or all where there are no more; 12.
    pub coordinates: usize,
    /// Chooses them; 0.
    pub seed: u64,
    /// The share of a tensor's directions and coordinates that may be discarded for kinks; 0.5.
    pub max_discarded: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { directions: 4, coordinates: 12, seed: 0, max_discarded: 0.5 }
    }
}
