//! Settings that suit a first try, by what is learned from.

/// What is trained with where nothing else is asked for.
///
/// ```
/// use chainrule::train::Usual;
/// assert_eq!(Usual::for_table(1000).optimizer, "adam");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usual {
    /// The name of the optimiser, which has its own settings by default.
    pub optimizer: &'static str,
    /// Passes over the rows, at most.
    pub epochs: usize,
    /// Rows in a minibatch.
    pub batch: usize,
    /// Epochs without a better one after which training ends; it never ends early.
    pub patience: Option<usize>,
}

impl Usual {
    /// For images in which every feature is of one kind.
    pub fn for_images() -> Self {
        Usual { optimizer: "sgd", epochs: 60, batch: 32, patience: None }
    }

    /// For tables, whose columns have been standardised, with this number of rows.
    pub fn for_table(rows: usize) -> Self {
        let batch = match rows {
            0..5_000 => 32,
            5_000..50_000 => 64,
            _ => 256,
        };
        Usual { optimizer: "adam", epochs: 200, batch, patience: Some(20) }
    }
}
