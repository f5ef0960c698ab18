//! L-BFGS: a quasi-Newton method for small problems, where every evaluation uses all rows.
//!
//! Source: Nocedal and Wright, "Numerical Optimization", 2nd edition, 2006: the direction by algorithm 7.4, the iteration
//! by 7.5, its first scaling by equation 7.20, the line search by 3.5 and 3.6. The first trial step is PyTorch's, min(1, 1
//! /
//! |g|_1).
//!
//! Computations between evaluations are in f64, summed in order by one thread, so the result depends on threads only if the
//! objective does. The objective is any function of a vector; nothing here depends on networks.

mod line_search;
mod minimisation;
mod settings;

pub use minimisation::{Lbfgs, LbfgsOutcome};
pub use settings::LbfgsSettings;
