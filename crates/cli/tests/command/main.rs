//! The command as its users meet it: arguments, standard streams, files, exit codes.

#![forbid(unsafe_code)]

mod determinism;
mod doctor;
mod gradcheck;
mod graph;
mod interrupt;
mod losses;
mod mnist;
mod pace;
mod pytorch;
mod refusals;
mod roundtrip;
mod run;
mod trace;
mod train;
