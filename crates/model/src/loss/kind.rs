//! The kinds of losses.

/// A loss function, which training minimises: the mean over a minibatch. An [`Objective`](crate::network::Objective) adds
/// weights, label smoothing or a sum.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::Loss;
///
/// assert_eq!("huber(0.5)".parse::<Loss>()?, Loss::Huber(0.5));
/// assert_eq!(Loss::CrossEntropy.to_string(), "cross-entropy");
/// assert!(Loss::Huber(-1.0).check().is_err());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Loss {
    /// `-sum_j t_j log softmax(z)_j`, averaged over rows: PyTorch's `CrossEntropyLoss`. The output is logits; by
    /// log-sum-exp, never the log of a clipped probability.
    #[default]
    CrossEntropy,
    /// `-t log s(z) - (1 - t) log(1 - s(z))` with `s` the sigmoid, averaged over all elements: PyTorch's
    /// `BCEWithLogitsLoss`. Each output is a binary label, so a row may have several.
    BinaryCrossEntropy,
    /// `(y - t)^2`, averaged over all elements: PyTorch's `MSELoss`.
    Mse,
    /// Half of [`Loss::Mse`], as in the notebooks.
    HalfMse,
    /// `|y - t|`, averaged over all elements: PyTorch's `L1Loss`. At `y = t` the gradient is 0.
    Mae,
    /// `e^2 / 2` where `|e| <= delta` and `delta (|e| - delta / 2)` beyond, with `e = y - t`, averaged over all elements:
    /// PyTorch's `HuberLoss`; Huber, "Robust estimation of a location parameter", 1964. Delta is above 0.
    Huber(f64),
}
