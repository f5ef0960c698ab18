use super::*;

fn counting(rows: usize) -> Dataset<f64> {
    let features = Features::new(rows, 2, (0..2 * rows).map(|x| x as f64).collect()).unwrap();
    let labels = (0..rows as u32).map(|row| row % 3).collect();
    Dataset::new(features, Targets::Classes { labels, classes: 3 }).unwrap()
}

#[test]
fn a_label_that_is_no_class_is_named_by_its_row() {
    let features = || Features::new(3, 1, vec![0.0f32; 3]).unwrap();
    let new = |labels, classes| Dataset::new(features(), Targets::Classes { labels, classes });
    assert!(new(vec![0, 1, 2], 3).is_ok());
    let message = new(vec![0, 3, 2], 3).unwrap_err().to_string();
    assert_eq!(message, "labels, row 2: found label 3, expected 0 to 2 for 3 classes");
    assert!(new(vec![0, 0, 0], 0).unwrap_err().to_string().contains("at least one class"));
}

#[test]
fn rows_and_targets_that_differ_in_number_are_refused() {
    let features = || Features::new(3, 1, vec![0.0f32; 3]).unwrap();
    for targets in [
        Targets::Classes { labels: vec![0; 2], classes: 1 },
        Targets::Classes { labels: vec![0; 4], classes: 1 },
        Targets::Values { values: vec![0.0; 4], cols: 2 },
    ] {
        let rows = targets.rows();
        let message = Dataset::new(features(), targets).unwrap_err().to_string();
        assert!(message.contains("features has 3 rows") && message.contains(&format!("has {rows};")), "{message}");
    }
}

#[test]
fn target_values_must_be_finite_and_fill_their_rows() {
    let features = || Features::new(2, 1, vec![0.0f32; 2]).unwrap();
    let new = |values: Vec<f32>, cols| Dataset::new(features(), Targets::Values { values, cols });
    assert!(new(vec![0.5; 4], 2).is_ok());
    let message = new(vec![0.0, 0.0, 0.0, f32::NAN], 2).unwrap_err().to_string();
    assert!(message.starts_with("targets, row 2, column 2: found NaN"), "{message}");
    assert!(new(vec![0.0; 5], 2).unwrap_err().to_string().contains("whole rows of 2"));
    assert!(new(vec![], 0).unwrap_err().to_string().contains("no columns"));
}

#[test]
fn a_split_keeps_every_row_once_in_order_and_depends_on_the_seed_alone() {
    let data = counting(100);
    let (train, test) = data.split(0.2, 7).unwrap();
    assert_eq!((train.rows(), test.rows(), test.classes()), (80, 20, Some(3)));
    let firsts = |part: &Dataset<f64>| (0..part.rows()).map(|row| part.features().row(row)[0]).collect::<Vec<_>>();
    assert!(firsts(&train).is_sorted() && firsts(&test).is_sorted());
    let mut all = [firsts(&train), firsts(&test)].concat();
    all.sort_by(f64::total_cmp);
    assert_eq!(all, firsts(&data));
    assert_ne!(firsts(&test), (80..100).map(|row| 2.0 * row as f64).collect::<Vec<_>>());
    assert_eq!(data.split(0.2, 7).unwrap().1, test);
    assert_ne!(data.split(0.2, 8).unwrap().1, test);
    for part in [&train, &test] {
        let Targets::Classes { labels, .. } = part.targets() else { panic!() };
        for (first, label) in firsts(part).iter().zip(labels) {
            assert_eq!((first / 2.0) as u32 % 3, *label, "a row and its label stay together");
        }
    }
}

#[test]
fn a_split_that_would_leave_a_part_empty_says_so() {
    let message = |rows, holdout| counting(rows).split(holdout, 0).unwrap_err().to_string();
    for holdout in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        assert!(message(10, holdout).contains("above 0 and below 1"), "{holdout}");
    }
    assert!(message(10, 0.01).contains("10 rows would split into 10 and 0"));
    assert!(message(10, 0.99).contains("10 rows would split into 0 and 10"));
    assert!(message(1, 0.5).contains("1 rows would split into 0 and 1"));
}

#[test]
fn rows_asked_for_ahead_may_be_any() {
    let bytes = Features::<f64>::from_bytes(1000, 300, vec![1; 300_000]).unwrap();
    let numbers = Features::new(1000, 300, vec![1.0; 300_000]).unwrap();
    for features in [bytes, numbers, counting(3).into_features()] {
        let labels = vec![0; features.rows()];
        let data = Dataset::new(features, Targets::Classes { labels, classes: 1 }).unwrap();
        let before = data.clone();
        data.prefetch(&[]);
        data.prefetch(&[2, 999, 1000, usize::MAX, 0]);
        data.prefetch(&(0..5000).collect::<Vec<_>>());
        assert_eq!(data, before);
    }
}

#[test]
fn a_minibatch_is_gathered_as_labels_or_one_hot_or_values() {
    let data = counting(5);
    let (mut x, mut labels, mut one_hot) = ([-1.0; 6], [9; 3], [-1.0; 9]);
    data.gather(&[4, 0, 2], &mut x, TargetsMut::Classes(&mut labels));
    assert_eq!((x, labels), ([8.0, 9.0, 0.0, 1.0, 4.0, 5.0], [1, 0, 2]));
    data.gather(&[4, 0, 2], &mut x, TargetsMut::Values(&mut one_hot));
    assert_eq!(one_hot, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);

    let values = Targets::Values { values: vec![1.0, 2.0, 3.0, 4.0], cols: 2 };
    let data = Dataset::new(Features::new(2, 1, vec![0.5, 0.25]).unwrap(), values).unwrap();
    let (mut x, mut values) = ([0.0], [0.0; 2]);
    data.gather(&[1], &mut x, TargetsMut::Values(&mut values));
    assert_eq!((x, values), ([0.25], [3.0, 4.0]));
}

#[test]
fn class_names_must_be_as_many_as_classes_and_survive_a_selection() {
    let names = |n: usize| (0..n).map(|class| format!("class {class}")).collect::<Vec<_>>();
    assert!(counting(4).with_class_names(names(2)).is_err());
    let data = counting(4).with_class_names(names(3)).unwrap();
    assert_eq!(data.select(&[3]).unwrap().class_names().unwrap()[2], "class 2");
    assert_eq!(data.class_counts().unwrap(), [2, 1, 1]);
    assert_eq!(data.select(&[0]).unwrap().class_counts().unwrap(), [1, 0, 0]);
}
