//! The doctor against runs: what it says of sick ones, and that it says nothing of healthy ones.

mod healthy;
mod mnist;
mod run;
mod sick;
#[cfg(feature = "csv")]
mod sick_data;
#[cfg(feature = "csv")]
mod tables;
#[cfg(feature = "csv")]
mod usual;
