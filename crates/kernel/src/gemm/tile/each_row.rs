//! A loop over the rows of a tile whose variable is a constant.

/// What is done with each row of a tile of M, whose number is a constant there.
macro_rules! each_row {
    ($m:ident, $row:ident => $body:expr) => { each_row!(@ $m, $row, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13) };
    (@ $m:ident, $row:ident, $body:expr, $($number:literal)+) => {
        const { assert!($m <= 14, "rows of a tile") };
        $({
            const $row: usize = $number;
            if const { $row < $m } {
                $body
            }
        })+
    };
}
pub(super) use each_row;
