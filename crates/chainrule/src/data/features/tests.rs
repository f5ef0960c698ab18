use super::*;

#[test]
fn a_number_that_is_not_finite_is_named_by_row_and_column() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for index in 0..6 {
            let mut data = vec![1.0; 6];
            data[index] = bad;
            let message = Features::new(2, 3, data).unwrap_err().to_string();
            let place = format!("features, row {}, column {}: found {bad}", index / 3 + 1, index % 3 + 1);
            assert!(message.starts_with(&place), "{message}");
        }
    }
}

#[test]
fn a_table_needs_rows_columns_and_as_many_numbers_as_it_claims() {
    let message = |rows, cols, n| Features::new(rows, cols, vec![0.5; n]).unwrap_err().to_string();
    assert!(message(0, 3, 0).contains("no rows"));
    assert!(message(3, 0, 0).contains("no columns"));
    assert!(message(2, 3, 5).contains("found 5 numbers, expected 2 rows of 3 columns"));
    assert!(message(2, 3, 7).contains("found 7 numbers"));
    // rows * cols wraps to 0.
    assert!(message(1 << 32, 1 << 32, 0).contains("found 0 numbers"));
}

#[test]
fn a_selection_repeats_and_reorders_rows_and_refuses_what_is_not_there() {
    let table = Features::new(3, 2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    let chosen = table.select(&[2, 0, 2]).unwrap();
    assert_eq!((chosen.rows(), &*chosen.data()), (3, &[5.0, 6.0, 1.0, 2.0, 5.0, 6.0][..]));
    assert!(table.select(&[0, 3]).unwrap_err().to_string().contains("found 3"));
    assert!(table.select(&[]).is_err());
}

#[test]
fn a_map_that_overflows_changes_nothing() {
    let mut table = Features::new(2, 1, vec![1.0f32, 3e38]).unwrap();
    let error = table.map(|_, x| x * 10.0).unwrap_err();
    assert!(error.to_string().contains("row 2, column 1"), "{error}");
    assert_eq!(*table.data(), [1.0, 3e38]);
    let mut bytes = Features::<f32>::from_bytes(2, 1, vec![1, 200]).unwrap();
    let error = bytes.scale(1e37).unwrap_err();
    assert!(error.to_string().contains("row 2, column 1"), "{error}");
    assert_eq!(*bytes.data(), [1.0, 200.0]);
}

#[test]
fn bytes_have_the_bits_of_the_same_numbers_whatever_is_done_to_them() {
    let bytes: Vec<u8> = (0..=255).collect();
    let numbers = bytes.iter().map(|&byte| f32::from(byte)).collect();
    let mut bytes = Features::<f32>::from_bytes(16, 16, bytes).unwrap();
    let mut numbers = Features::new(16, 16, numbers).unwrap();
    for step in 0..3 {
        assert_eq!(bytes, numbers);
        let (mut row, mut same) = ([0.0; 16], [0.0; 16]);
        bytes.copy_row(11, &mut row);
        numbers.copy_row(11, &mut same);
        assert_eq!((row, &row[..]), (same, &*bytes.row(11)));
        assert_eq!(bytes.select(&[3, 3, 1]).unwrap(), numbers.select(&[3, 3, 1]).unwrap());
        match step {
            0 | 1 => [&mut bytes, &mut numbers].map(|table| table.scale(1.0 / 255.0).unwrap()),
            _ => [&mut bytes, &mut numbers].map(|table| table.map(|column, x| x - column as f64).unwrap()),
        };
    }
    assert_eq!(bytes, numbers);
    assert!(Features::<f32>::from_bytes(2, 2, vec![0; 3]).unwrap_err().to_string().contains("found 3 numbers"));
}
