//! Every panic that the documentation names, with what was found and what was expected in its message. What is an error
//! instead is in `refusals.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chainrule_model::metrics::{ConfusionMatrix, log_loss, mae, mse, r2, roc_auc, roc_auc_one_vs_rest, top_k};
use chainrule_model::network::Intermediates;
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Mlp, Optimizer};

/// A case: what is called, what its message must hold, and the call.
type Case = (&'static str, &'static [&'static str], fn());

#[track_caller]
fn each_panics_with_its_words(cases: &[Case]) {
    for (what, words, call) in cases {
        let thrown = catch_unwind(AssertUnwindSafe(call)).expect_err(what);
        let message = thrown.downcast_ref::<String>().cloned();
        let message = message.or_else(|| thrown.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap();
        assert!(words.iter().all(|words| message.contains(words)), "{what}: {message:?} lacks one of {words:?}");
    }
}

#[test]
fn scores_that_do_not_fill_a_row_for_each_label_panic_with_both_numbers() {
    each_panics_with_its_words(&[
        ("top_k", &["5 scores", "2 labels and 3 classes"], || _ = top_k(&[0.0; 5], 3, &[0, 1], 1)),
        ("roc_auc", &["3", "2"], || _ = roc_auc(&[0.0; 3], &[true, false])),
        ("roc_auc_one_vs_rest", &["5 scores", "2 labels and 3 classes"], || {
            _ = roc_auc_one_vs_rest(&[0.0; 5], 3, &[0, 1])
        }),
        ("log_loss", &["5", "2 labels and 3 classes"], || _ = log_loss(&[0.5; 5], 3, &[0, 1])),
    ]);
}

#[test]
fn a_label_beyond_the_classes_panics_with_the_label() {
    each_panics_with_its_words(&[
        ("top_k", &["7"], || _ = top_k(&[0.0; 3], 3, &[7], 1)),
        ("log_loss", &["7"], || _ = log_loss(&[0.5; 3], 3, &[7])),
        ("ConfusionMatrix::add, truth", &["7", "3"], || ConfusionMatrix::new(3).add(7, 0)),
        ("ConfusionMatrix::add, predicted", &["7", "3"], || ConfusionMatrix::new(3).add(0, 7)),
    ]);
}

#[test]
fn numbers_that_are_compared_one_by_one_panic_with_both_counts_when_they_differ() {
    each_panics_with_its_words(&[
        ("mse", &["3", "2"], || _ = mse(&[0.0; 3], &[0.0; 2])),
        ("mae", &["3", "2"], || _ = mae(&[0.0; 3], &[0.0; 2])),
        ("r2", &["3", "2"], || _ = r2(&[0.0; 3], &[0.0; 2], 1)),
        ("r2 of no columns", &["rows of 0"], || _ = r2(&[0.0; 2], &[0.0; 2], 0)),
    ]);
}

#[test]
fn a_module_that_is_not_there_panics_with_its_number() {
    fn intermediates() -> Intermediates<f32> {
        Intermediates::new(&Mlp::builder(2).dense(3).relu().dense(1).build().unwrap(), 4)
    }
    each_panics_with_its_words(&[
        ("output", &["9"], || _ = intermediates().output(9)),
        ("gradient", &["9"], || _ = intermediates().gradient(9)),
        ("statistics", &["9"], || _ = intermediates().statistics(9)),
        ("mask", &["9"], || _ = intermediates().mask(9)),
    ]);
}

#[test]
fn a_step_0_a_bound_0_and_a_network_of_other_layers_panic_in_words() {
    each_panics_with_its_words(&[
        ("Optimizer::rule", &["counted from 1"], || _ = Optimizer::Sgd { lr: 0.1 }.rule::<f32>(0)),
        ("Stream::below", &["below 0"], || _ = Stream::new(1, Purpose::Init, 0).below(0)),
        ("Mlp::copy_from", &["other layers"], || {
            let of = |width| Mlp::builder(2).dense(width).build().unwrap();
            of(3).copy_from(&of(4));
        }),
    ]);
}
