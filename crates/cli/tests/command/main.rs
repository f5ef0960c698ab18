//! The command as its users meet it: arguments, standard streams, files, exit codes.

#![forbid(unsafe_code)]

mod amounts;
mod asked;
mod bench;
mod checkpoints;
mod curves;
mod data_command;
mod determinism;
mod doctor;
mod escaping;
mod exit_codes;
mod explain;
mod export;
mod finite;
mod going_on;
mod gradcheck;
mod graph;
mod larger_than_memory;
mod layers;
mod limits;
mod live_line;
mod losses;
mod manual;
mod mnist;
mod outputs;
mod overflow;
mod precision;
mod pytorch;
mod refusals;
mod report;
mod roundtrip;
mod run;
mod run_folder;
mod runs;
mod schedule_args;
mod signals;
mod sources;
mod spelling;
mod split_words;
mod tables;
mod text_options;
mod told;
mod trace;
mod train;
mod tune;
