use super::*;

fn labels() -> Vec<u32> {
    (0..100).map(|row| u32::from(row % 10 == 0) + 2 * u32::from(row % 10 == 1)).collect()
}

fn sorted(parts: &Parts) -> Vec<usize> {
    let mut all = [&parts.train[..], &parts.validation, &parts.test].concat();
    all.sort_unstable();
    all
}

#[test]
fn every_row_is_in_one_part_and_classes_keep_their_shares() {
    let labels = labels();
    let request = SplitRequest { validation: 0.25, ..SplitRequest::default() };
    let rows = SplitRows { rows: 100, labels: Some(&labels), groups: None };
    let parts = request.parts(&rows).unwrap();
    assert_eq!(sorted(&parts), (0..100).collect::<Vec<_>>());
    assert_eq!((parts.train.len(), parts.validation.len(), parts.test.len()), (60, 20, 20));
    for class in [1, 2] {
        let count = |part: &[usize]| part.iter().filter(|row| labels[**row] == class).count();
        assert_eq!((count(&parts.train), count(&parts.validation), count(&parts.test)), (6, 2, 2));
    }
    assert!(parts.train.is_sorted() && parts.test.is_sorted());
    assert_eq!(request.parts(&rows).unwrap(), parts);
    assert_ne!(SplitRequest { seed: 1, ..request }.parts(&rows).unwrap(), parts);
}

#[test]
fn a_class_keeps_a_row_to_be_trained_on() {
    // Classes of 1, 2, 1, 3 and 30 rows.
    let labels: Vec<u32> = [0, 1, 1, 2, 3, 3, 3].into_iter().chain([4; 30]).collect();
    let rows = SplitRows { rows: labels.len(), labels: Some(&labels), groups: None };
    for seed in 0..50 {
        for (test, validation) in [(0.2, 0.2), (0.6, 0.5)] {
            let parts = SplitRequest { seed, test, validation, ..SplitRequest::default() }.parts(&rows).unwrap();
            assert!((0..5).all(|class| parts.train.iter().any(|row| labels[*row] == class)), "{seed}: {parts:?}");
            assert_eq!(parts.test.len(), (37.0 * test).round() as usize);
            assert_eq!(sorted(&parts), (0..37).collect::<Vec<_>>());
        }
    }
    // Where most rows are alone, a part is of them as well.
    let labels: Vec<u32> = (0..20).collect();
    let rows = SplitRows { rows: 20, labels: Some(&labels), groups: None };
    assert_eq!(SplitRequest::default().parts(&rows).unwrap().test.len(), 4);
}

#[test]
fn groups_stay_together_and_the_last_rows_are_the_last() {
    let groups: Vec<u32> = (0..100).map(|row| row / 7).collect();
    let request = SplitRequest { by: SplitBy::Group, validation: 0.2, ..SplitRequest::default() };
    let parts = request.parts(&SplitRows { rows: 100, labels: None, groups: Some(&groups) }).unwrap();
    assert_eq!(sorted(&parts), (0..100).collect::<Vec<_>>());
    for part in [&parts.train, &parts.validation] {
        assert!(part.iter().all(|row| !parts.test.iter().any(|other| groups[*other] == groups[*row])));
    }
    let request = SplitRequest { by: SplitBy::Last, validation: 0.0, ..request };
    let parts = request.parts(&SplitRows { rows: 10, labels: None, groups: None }).unwrap();
    assert_eq!(parts.test, [8, 9]);
}

#[test]
fn a_share_that_leaves_a_part_empty_is_refused() {
    let rows = SplitRows { rows: 4, labels: None, groups: None };
    for test in [0.01, 0.99, 1.0, -0.1, f64::NAN] {
        assert!(SplitRequest { test, ..SplitRequest::default() }.parts(&rows).is_err(), "{test}");
    }
    let none = SplitRequest { test: 0.0, ..SplitRequest::default() }.parts(&rows).unwrap();
    assert_eq!((none.train.len(), none.test.len()), (4, 0));
}

#[test]
fn each_row_is_tested_on_in_one_fold() {
    let labels = labels();
    for by in [SplitBy::Stratified, SplitBy::Random] {
        let request = SplitRequest { by, validation: 0.1, ..SplitRequest::default() };
        let rows = SplitRows { rows: 100, labels: Some(&labels), groups: None };
        let folds = request.folds(&rows, 5).unwrap();
        let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, (0..100).collect::<Vec<_>>());
        assert!(folds.iter().all(|fold| fold.test.len() == 20 && sorted(fold).len() == 100));
        if by == SplitBy::Stratified {
            let of_1 = |fold: &Parts| fold.test.iter().filter(|row| labels[**row] == 1).count();
            assert!(folds.iter().all(|fold| of_1(fold) == 2));
        }
    }
    assert!(SplitRequest::default().folds(&SplitRows { rows: 3, labels: None, groups: None }, 4).is_err());
}

#[test]
fn folds_in_order_of_time_are_tested_by_what_came_before_them() {
    let request = SplitRequest { by: SplitBy::Last, validation: 0.1, ..SplitRequest::default() };
    let rows = SplitRows { rows: 120, labels: None, groups: None };
    for (at, fold) in request.folds(&rows, 5).unwrap().iter().enumerate() {
        // Blocks of 20: of those before the one that is tested on, the last tenth validates.
        let start = 20 * (at + 1);
        assert_eq!(fold.test, (start..start + 20).collect::<Vec<_>>());
        assert_eq!(fold.train, (0..start - start / 10).collect::<Vec<_>>());
        assert_eq!(fold.validation, (start - start / 10..start).collect::<Vec<_>>());
    }
    assert!(request.folds(&SplitRows { rows: 5, ..rows }, 5).is_err());
}
