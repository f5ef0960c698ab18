//! The examples, each of which asserts what it shows: `what_it_shows_is_so` stands in every one of them.

#[path = "../../examples/05_custom_loss.rs"]
mod custom_loss;
#[path = "../../examples/04_digits.rs"]
mod digits;
#[path = "../../examples/06_explain_a_prediction.rs"]
mod explain_a_prediction;
#[path = "../../examples/07_inference_in_threads.rs"]
mod inference_in_threads;
#[path = "../../examples/03_notebook_mlp.rs"]
mod notebook_mlp;
#[path = "../../examples/01_one_neuron.rs"]
mod one_neuron;
#[cfg(feature = "csv")]
#[path = "../../examples/08_regression_on_csv.rs"]
mod regression_on_csv;
#[path = "../../examples/02_xor.rs"]
mod xor;
