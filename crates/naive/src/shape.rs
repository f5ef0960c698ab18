//! The one check that every function makes first: a slice has as many elements as its shape says.
//!
//! Matrices are row-major and without gaps: element (i, j) of a (rows, columns) matrix is at `i * columns + j`.

/// Panics unless a slice of `got` elements holds a `(rows, columns)` matrix.
#[track_caller]
pub(crate) fn check_matrix(name: &str, got: usize, (rows, columns): (usize, usize)) {
    let needed = rows * columns;
    assert!(got == needed, "{name} has {got} elements, its shape ({rows}, {columns}) needs {needed}");
}

/// Panics unless two slices that are walked together are equally long.
#[track_caller]
pub(crate) fn check_pair(name: &str, got: usize, other: &str, needed: usize) {
    assert!(got == needed, "{name} has {got} elements, {other} has {needed}");
}
