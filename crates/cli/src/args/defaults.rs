//! What holds when the command line says nothing, where more than one command has to know it.

/// The share of the rows that is held out when nothing else is said.
pub(crate) const HOLDOUT: f64 = 0.2;

/// The seed when nothing else is said: `eval` must find the rows that `train` held out.
pub(crate) const SEED: &str = "42";

/// Hidden layers when nothing else is said.
///
/// These, the learning rate, the batch and the epochs were chosen together, so that every seed tried does well. The
/// digits, seeds 0 to 20: 97.8 % of the held-out rows in the mean, 96.4 % at worst. MNIST in 5 epochs, seeds 0 to 11:
/// 97.5 % and 97.3 % with --hidden 128, 94.8 % and 93.5 % with 16,16. Batches of 16 and half the epochs do as well on
/// the digits and gain 0.2 on MNIST with 128, but one seed loses 16,16 (93.0 %), as do rates of 0.15 (93.1 %) and
/// 0.2 (92.0 %); 128 alone loses 0.3 on the digits.
pub(crate) const HIDDEN: &[usize] = &[128, 64];
