//! L-BFGS: a quasi-Newton method for small jobs in which every evaluation sees all rows.
//!
//! Source: Nocedal and Wright, "Numerical Optimization", 2nd edition, 2006: the direction by algorithm 7.4, the iteration by
//! 7.5, its first scaling by equation 7.20, the line search by 3.5 and 3.6. The first trial step is PyTorch's, min(1, 1 /
//! |g|_1).
//!
//! Everything between two evaluations is f64, added up in order by one thread: with an objective that does not depend on
//! threads, nothing does. It knows no network: an objective is a function of numbers.

mod line_search;
mod minimisation;
mod settings;

pub use minimisation::{Lbfgs, LbfgsOutcome};
pub use settings::LbfgsSettings;
