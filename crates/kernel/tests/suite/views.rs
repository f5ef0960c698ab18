//! Views: where their elements lie, how they are cut, and what they refuse.

use chainrule_kernel::{MatMut, MatRef};

#[test]
fn transposing_swaps_strides_and_moves_nothing() {
    let data: Vec<f32> = (0..6).map(|x| x as f32).collect();
    let a = MatRef::new(&data, 2, 3);
    assert_eq!((a.t().rows(), a.t().cols()), (3, 2));
    for i in 0..2 {
        for j in 0..3 {
            assert_eq!(a.get(i, j), (i * 3 + j) as f32);
            assert_eq!(a.t().get(j, i), a.get(i, j));
        }
    }
}

#[test]
fn parts_of_rows_and_columns_are_where_they_were() {
    let data: Vec<f64> = (0..20).map(f64::from).collect();
    let a = MatRef::with_strides(&data, (4, 3), (5, 1));
    let part = a.rows_in(1..3).cols_in(2..3);
    assert_eq!((part.rows(), part.cols(), part.get(0, 0), part.get(1, 0)), (2, 1, 7.0, 12.0));
    assert_eq!(a.rows_in(4..4).rows(), 0);
    assert_eq!(a.row(3), &[15.0, 16.0, 17.0]);
}

#[test]
fn split_parts_cover_the_matrix_once() {
    let mut data = vec![0f32; 12];
    let (mut top, bottom) = MatMut::new(&mut data, 3, 4).split_rows(1);
    let (mut left, mut right) = bottom.split_cols(3);
    top.row_mut(0).fill(1.0);
    for i in 0..2 {
        left.row_mut(i).fill(2.0);
        right.row_mut(i).fill(3.0);
    }
    assert_eq!(data, [1., 1., 1., 1., 2., 2., 2., 3., 2., 2., 2., 3.]);
}

#[test]
fn only_rows_without_gaps_are_one_slice() {
    let mut data = vec![0f64; 12];
    assert_eq!(MatMut::new(&mut data, 3, 4).as_contiguous_mut().map(|s| s.len()), Some(12));
    assert!(MatMut::new(&mut data, 3, 4).t().as_contiguous_mut().is_none());
    assert!(MatMut::new(&mut data, 3, 4).split_cols(2).0.as_contiguous_mut().is_none());
    assert_eq!(MatMut::new(&mut data, 3, 4).split_rows(2).1.as_contiguous_mut().map(|s| s.len()), Some(4));
    assert_eq!(MatMut::new(&mut data[..0], 0, 4).as_contiguous_mut().map(|s| s.len()), Some(0));
}

#[test]
#[should_panic(expected = "needs Some(12) elements, the slice has 11")]
fn a_view_past_the_end_of_its_slice_panics() {
    MatRef::with_strides(&[0f32; 11], (2, 2), (10, 1));
}

#[test]
#[should_panic(expected = "needs None elements")]
fn a_view_past_the_address_space_panics() {
    MatRef::with_strides(&[0f32; 11], (usize::MAX, 2), (usize::MAX, 1));
}

#[test]
#[should_panic(expected = "would overlap")]
fn a_mutable_view_whose_elements_overlap_panics() {
    MatMut::with_strides(&mut [0f32; 16], (4, 4), (2, 1));
}

#[test]
#[should_panic(expected = "would overlap")]
fn a_mutable_view_that_repeats_one_row_panics() {
    MatMut::with_strides(&mut [0f32; 16], (4, 1), (0, 1));
}

#[test]
fn empty_views_need_no_memory() {
    let a = MatRef::<f32>::with_strides(&[], (0, 7), (7, 1));
    assert_eq!(a.rows_in(0..0).cols(), 7);
    let b = MatRef::<f32>::new(&[], 5, 0);
    assert_eq!(b.row(4), &[] as &[f32]);
    let (left, right) = MatMut::<f32>::new(&mut [], 3, 0).split_rows(2);
    assert_eq!((left.rows(), right.rows()), (2, 1));
}
