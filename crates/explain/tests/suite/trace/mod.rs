//! Tests of traces: they have the bits of training, and their formulas are true.

mod case;
mod evaluate;
mod formulas;
mod looks;
mod same_bits;
