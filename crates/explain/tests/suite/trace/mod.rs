//! What a trace promises: the bits of training, and formulas that are true.

mod case;
mod evaluate;
mod formulas;
mod looks;
mod same_bits;
