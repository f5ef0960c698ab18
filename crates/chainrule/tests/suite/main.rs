//! One program, since each has to be linked; `tests/attack` is another, for it brings an allocator.

#![forbid(unsafe_code)]

mod checkpoints;
mod doctor;
mod errors;
mod examples;
mod explanation;
mod finite;
#[cfg(feature = "proptest")]
mod gradients;
#[cfg(feature = "csv")]
mod graph_labels;
mod history;
#[cfg(feature = "csv")]
mod known_columns;
#[cfg(all(feature = "csv", feature = "npy"))]
mod larger_than_memory;
mod layer_order;
mod layers;
#[cfg(feature = "csv")]
mod log1p;
mod losses;
#[cfg(target_os = "linux")]
mod memory;
mod metrics;
mod model_files;
mod narrow;
#[cfg(feature = "toml")]
mod notebooks;
mod onnx;
mod pace;
mod predictions;
mod pytorch_layers;
mod replays;
#[cfg(feature = "csv")]
mod report;
mod row_weights;
#[cfg(feature = "proptest")]
mod saves;
#[cfg(all(feature = "csv", feature = "npy"))]
mod tables;
mod traces;
mod trainer;
mod training;
mod tune;
#[cfg(feature = "toml")]
mod worked_examples;
