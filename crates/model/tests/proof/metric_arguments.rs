//! Metrics with arguments that do not fit each other, or that are NaN: a panic that names both, never a
//! number that looks like an answer; and that their cost does not grow with classes times classes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chainrule_model::Kernel;
use chainrule_model::metrics::{
    Average, ClassScores, ConfusionMatrix, Interval, MeanBaseline, argmax, brier_score, log_loss, log_odds, mae, mse,
    r2, roc_auc, roc_auc_one_vs_rest, top_k,
};
use chainrule_model::network::Objective;
use chainrule_model::{Loss, MatRef, TargetsRef};

/// The message of the panic.
fn panics<R>(call: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(call)) else { panic!("nothing panicked") };
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap()
}

#[test]
fn a_confusion_matrix_takes_memory_for_what_it_counts() {
    for classes in [1 << 23, 1 << 32, usize::MAX] {
        let mut matrix = ConfusionMatrix::new(classes);
        assert!(matrix.accuracy().is_nan() && matrix.balanced_accuracy().is_nan());
        matrix.add(5, 5);
        matrix.add(classes - 1, 5);
        assert_eq!((matrix.count(classes - 1, 5), matrix.total(), matrix.accuracy()), (1, 2, 0.5));
        assert_eq!((matrix.predictions(5), matrix.truths(classes - 1), matrix.truths(6)), (2, 1, 0));
        assert_eq!(matrix.scores(5).precision, 0.5);
        assert_eq!(matrix.average(Average::Macro).recall, 0.5);
        assert_eq!(matrix.average(Average::Weighted).support, 2);
    }
}

/// By the definitions, over a matrix that is there as a whole.
#[test]
fn a_sparse_matrix_scores_as_a_full_one() {
    let classes = 9;
    let (mut matrix, mut full) = (ConfusionMatrix::new(classes), vec![vec![0u64; classes]; classes]);
    for row in 0..500usize {
        // Classes 4 and 7 never occur; 8 is predicted and never true.
        let (truth, predicted) = ([0, 1, 2, 3, 5, 6][row * row % 6], [0, 1, 1, 3, 5, 8, 6][row * 3 % 7]);
        matrix.add(truth, predicted);
        full[truth][predicted] += 1;
    }
    let mut recalls = Vec::new();
    for class in 0..classes {
        let truths: u64 = full[class].iter().sum();
        let predictions: u64 = full.iter().map(|row| row[class]).sum();
        assert_eq!((matrix.truths(class), matrix.predictions(class)), (truths, predictions));
        assert!((0..classes).all(|other| matrix.count(class, other) == full[class][other]));
        let share = |whole: u64| if whole == 0 { 0.0 } else { full[class][class] as f64 / whole as f64 };
        let scores = matrix.scores(class);
        assert_eq!((scores.precision, scores.recall, scores.support), (share(predictions), share(truths), truths));
        recalls.extend((truths > 0).then_some(scores.recall));
    }
    assert_eq!(matrix.balanced_accuracy(), recalls.iter().sum::<f64>() / recalls.len() as f64);
    let listed: Vec<_> = matrix.entries().collect();
    let whole = (0..classes).flat_map(|i| (0..classes).map(move |j| (i, j)));
    let want: Vec<_> = whole.map(|(i, j)| (i, j, full[i][j])).filter(|entry| entry.2 > 0).collect();
    assert_eq!(listed, want);
}

#[test]
fn classes_that_do_not_exist_panic_with_their_numbers() {
    let text = "true class 2 and predicted class 0 in a confusion matrix of 2 classes";
    assert_eq!(panics(|| ConfusionMatrix::new(2).add(2, 0)), text);
    assert_eq!(panics(|| ConfusionMatrix::new(2).count(2, 0)), text);
    // In a table of two by two this would be the place of (1, 0).
    assert!(panics(|| ConfusionMatrix::new(2).count(0, 2)).contains("predicted class 2"));
    let text = "class 9 of a confusion matrix of 3 classes";
    assert_eq!(panics(|| ConfusionMatrix::new(3).scores(9)), text);
    assert_eq!(panics(|| ConfusionMatrix::new(3).truths(9)), text);
    assert_eq!(panics(|| ConfusionMatrix::new(3).predictions(9)), text);
    let one = [ConfusionMatrix::new(1)];
    assert!(panics(|| ClassScores::of_labels(&one, Average::Macro)).contains("class 1 of"));
    assert!(panics(|| ClassScores::of_labels(&one, Average::Micro)).contains("1 classes"));
}

#[test]
fn lengths_that_differ_panic_with_both() {
    assert_eq!(panics(|| mse(&[1.0], &[1.0, 2.0])), "1 numbers of y, and 2 of t");
    assert_eq!(panics(|| mae(&[1.0], &[])), "1 numbers of y, and 0 of t");
    assert_eq!(panics(|| r2(&[1.0; 3], &[1.0; 4], 2)), "3 numbers of y, and 4 of t");
    assert_eq!(panics(|| r2(&[1.0; 3], &[1.0; 3], 2)), "3 numbers in rows of 2");
    assert_eq!(panics(|| r2(&[1.0; 3], &[1.0; 3], 0)), "3 numbers in rows of 0");
    assert_eq!(panics(|| roc_auc(&[0.5], &[true, false])), "1 scores, for 2 truths");
    assert_eq!(panics(|| argmax::<f32>(&[])), "the largest of 0 elements");
    assert_eq!(panics(|| MeanBaseline::of(&[1.0; 3], 2)), "3 numbers in rows of 2");
    assert_eq!(panics(|| Interval::wilson(3, 2)), "3 right of 2 rows");
    assert_eq!(panics(|| log_odds(Kernel::selected().unwrap(), 3, &mut [0.0; 4])), "4 logits in rows of 3");
    assert_eq!(panics(|| log_odds(Kernel::selected().unwrap(), 0, &mut [0.0])), "1 logits in rows of 0");
}

#[test]
fn scores_that_do_not_fit_their_labels_panic_whichever_metric_is_asked() {
    type Metric = fn(&[f64], usize, &[u32]) -> Option<f64>;
    let metrics: [Metric; 4] = [
        |scores, classes, labels| Some(top_k(scores, classes, labels, 1)),
        roc_auc_one_vs_rest,
        |scores, classes, labels| Some(log_loss(scores, classes, labels)),
        |scores, classes, labels| Some(brier_score(scores, classes, labels)),
    ];
    for metric in metrics {
        assert_eq!(panics(|| metric(&[0.5; 3], 2, &[0, 1])), "3 scores, for 2 labels and 2 classes");
        assert_eq!(panics(|| metric(&[0.5; 4], 2, &[0, 7])), "row 1 has label 7, of 2 classes");
        assert_eq!(panics(|| metric(&[], 0, &[0])), "row 0 has label 0, of 0 classes");
        // Two labels of 2^63 classes are, in a number that wraps, none.
        assert!(panics(|| metric(&[], 1 << 63, &[0, 1])).starts_with("0 scores, for 2 labels"));
    }
}

#[test]
fn what_is_no_number_gives_none() {
    assert_eq!(roc_auc(&[0.1, f64::NAN], &[true, false]), None);
    assert!(mse(&[f64::NAN], &[1.0]).is_nan() && mae(&[f64::NAN], &[1.0]).is_nan());
    assert!(r2(&[f64::NAN, 1.0], &[1.0, 1.0], 1).is_nan() && r2(&[f64::NAN, 1.0], &[1.0, 2.0], 1).is_nan());
    assert!(log_loss(&[f64::NAN, 0.5], 2, &[0]).is_nan());
}

#[test]
fn the_mass_of_weights_that_do_not_fit_panics_with_both_numbers() {
    let classes = Objective { outputs: Some(&[1.0f32]), ..Loss::CrossEntropy.into() };
    assert_eq!(panics(|| classes.mass(TargetsRef::Classes(&[7]))), "label 7, and 1 weights of classes");
    let rows = Objective { rows: Some(&[1.0f32]), outputs: Some(&[1.0]), ..Loss::CrossEntropy.into() };
    assert_eq!(panics(|| rows.mass(TargetsRef::Classes(&[0, 0]))), "1 weights of rows, for 2 rows");
    // Without weights of classes a sum of other rows' weights was a number.
    let rows = Objective { rows: Some(&[1.0f32; 3]), ..Loss::Mse.into() };
    assert_eq!(panics(|| rows.mass(TargetsRef::Values(MatRef::new(&[0.0; 2], 2, 1)))), "3 weights of rows, for 2 rows");
}

/// Quadratic in classes, this would be 10^10 places or a day.
#[test]
fn a_hundred_thousand_classes_cost_what_their_rows_do() {
    let classes = 100_000;
    let mut matrix = ConfusionMatrix::new(classes);
    (0..classes).for_each(|class| matrix.add(class, class / 2));
    let scores: Vec<ClassScores> = (0..classes).map(|class| matrix.scores(class)).collect();
    assert_eq!((scores[0].recall, scores[1].recall, matrix.entries().count()), (1.0, 0.0, classes));
    assert_eq!(matrix.average(Average::Macro).support, classes as u64);
    assert_eq!(matrix.balanced_accuracy(), 1e-5);
}
