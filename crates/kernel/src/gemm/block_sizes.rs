//! Every size and threshold of products that registers or measurements give: where one algorithm gives way to another, each
//! with its arithmetic and what was measured. Unless it says otherwise that was Zen 5 in f32, and a number is the time
//! of the alternative over that of the choice, or its inverse where it says "as fast". What caches give is `cache_sizes.rs`.
//!
//! Results do not depend on them, but for [`MIN_DOT_STEPS`], and [`KC`] where an epilogue has to keep C.

// ---------------------------------------- blocks of packed operands

/// Steps of k in a block, at most. Of 256 to 2048 on Zen 5, 1024 was the fastest with either instruction set, for squares of
/// 2048 1.02 (AVX2) and 1.07 times (AVX-512) as fast as 400: C is read and written less often, and that costs more than B's
/// panel, which no longer fits the first-level cache.
///
/// The same on every machine, because bits depend on it: where an epilogue has to keep C ([`crate::Epilogue::Accumulate`],
/// [`crate::Epilogue::Update`]), a chain ends after this number of steps and is added to C. Elsewhere C holds the sums between blocks and
/// the chains go on from there, so blocks may be shorter (`BlockSizes::steps`).
pub const KC: usize = 1024;

/// MR and MR_ONE_VECTOR of every kernel are at most this.
pub(crate) const MR_MAX: usize = 14;

/// NR of every kernel is at most two registers of 64 bytes.
pub(crate) const NR_BYTES: usize = 128;

/// B is used where it lies up to this many rows of C: packing it costs more than it saves. At 32 rows of 784 x 128 that
/// is 0.2 of the time, at 256 still 0.03-0.05. Rows of whole registers are as fast or up to 1.03 times as fast in place at
/// 512 and 1024; others, 1023 x 1023, 0.79 times.
pub(crate) const UNPACKED_ROWS: usize = 384;

pub(crate) const UNPACKED_ROWS_WHOLE: usize = 512;

/// The same of a large B (`BlockSizes::large_in_place_bytes`) and of a medium one, of half as many bytes: each step of a panel in
/// place is a line of another row, and often of another page, which neither a first level of 32 KiB nor its address
/// translation holds from one tile of rows to the next. Zen 3 with AVX2, packed, as fast as in place (medians of 5 runs in turns, beside
/// other work; k = 784, 512 for the medium one):
///
/// ```text
/// columns   B     rows: 16    32    48    64   128   256   384   512
///     512  1.5 M       0.94  1.19  1.17  1.26  1.39  1.47  1.76  1.53
///     500  1.5 M         -   1.11    -   1.03  1.25  1.28  1.42    -
///     256  784 K         -   0.94    -   1.11  1.13    -     -     -
///     128  392 K         -     -     -   1.02  1.08  1.13    -   1.18
///      64  128 K         -     -     -     -     -     -     -   1.13
/// ```
///
/// 512 x 128: 1.45 for 128 rows. Below 128 KiB 0.7-0.96 for up to 128 rows. On Cascade Lake, where in place 784-512 and 512-512 stood at 0.66-0.84 of other
/// crates' speed for 128 and 512 rows, and on Zen 4 it is not measured: a tile of AVX-512 takes twice the time for a line, so
/// there only as many rows go that way as make packing cheap in any case (6 / m of the product).
pub(crate) const UNPACKED_ROWS_LARGE: usize = 47;

pub(crate) const UNPACKED_ROWS_MEDIUM: usize = 255;

/// The same of a medium B whose rows are not a multiple of [`CROSSING_BYTES`] apart. Read in place, up to half of its registers then
/// cross the border of a cache line. Speed packed over speed in place (Zen 3, AVX2, medians in turns within one process; 0.99-1.01 is
/// noise):
///
/// ```text
/// columns, steps    rows: 64    128   200   255
/// 255, 255              1.05  1.12  1.15  1.15
/// 253 or 254            1.01  1.12    -     -
/// 250, 250              1.03  1.10  1.08    -
/// 129, 400                -   1.08    -     -
/// 131, 300              0.93    -   1.04    -
/// 300, 300 (16 bytes)   1.00  1.00    -     -
/// 200, 200 (32 bytes)     -   1.00  0.98  1.03
/// ```
pub(crate) const UNPACKED_ROWS_CROSSING: usize = 95;

/// See [`UNPACKED_ROWS_CROSSING`].
pub(crate) const CROSSING_BYTES: usize = 16;

/// B's rows shorter than this number of panels lie as packed ones nearly do: in place 64 rows of 784 x 32 are 1.2 times as fast, 512 rows
/// 0.94 times.
pub(crate) const SHORT_ROW_PANELS: usize = 3;

/// A ragged panel is packed where masked loads cost something, for more tiles of rows than this.
pub(crate) const MASKED_ROW_TILES: usize = 3;

/// An A by columns that lies badly is packed when at least this many tiles of columns reuse it.
pub(crate) const PACKED_COLUMN_TILES: usize = 4;

/// An A by rows that share their cache sets is packed for more tiles of columns than this: the lines that a tile reads side
/// by side are as many as its rows, and fit the ways of a set unless the rows are more than these. Packed for fewer, 64 to
/// 512 squared with AVX2 were 0.88-0.98 times as fast (Zen 5), in f64 0.94-0.98, 128 and 256 with AVX-512 0.95-0.98.
/// Unpacked for more, 1024 in f64 0.91, 2048 0.98, 512 and 1024 with AVX-512 0.97 and 0.95.
pub(crate) const ROWS_APART_COLUMN_TILES: usize = 64;

pub(crate) const MANY_ROWS_APART_COLUMN_TILES: usize = 8;

/// Steps of k in a block where an operand is read a cache line at a time, each from another row: of a B in place, whose rows
/// are [`LONG_ROW`] bytes or more, and of an A by columns. The lines of a block wait in the caches for the next tile of rows
/// or columns. With AVX2 on Emerald Rapids 32 to 128 rows of 784 x 512 are 1.4-1.5 times as fast as in one block, in f64
/// 784 x 256 1.6-1.8, 512 steps of an A by 784 columns 1.15-1.25, with AVX-512 1.3-1.4 and as fast. A B of shorter rows:
/// 0.95-1; an A by columns with a lone register of B's, 0.9 with AVX-512.
pub(crate) const STEPS_IN_PLACE: usize = 256;

pub(crate) const LONG_ROW: usize = 1024;

/// The same where a register is a line and the second level is large (`BlockSizes::has_large_l2`): a step of a tile then reads a line or two of
/// A, and two of B's panel, of which the first level holds no more. On Emerald Rapids (48 KiB, AVX-512) 512 steps of an A by 784
/// columns are 1.04-1.14 times as fast as with [`STEPS_IN_PLACE`] for 128 columns, 1.10-1.13 for 512; 128 rows of 784 x 512 1.0-1.03,
/// and 64 or 96 steps are as good. Tiles that are turned round pay for each block: 512 and 128 rows of 10 columns and 512 steps 0.83.
pub(crate) const LINE_STEPS: usize = 128;

/// Steps of a block in f64, at most, where the second level is large. On Emerald Rapids, of the time with [`KC`] and 288 rows
/// (gemm's in turns with ours as the measure), and with other blocks of 2 MiB:
///
/// ```text
/// steps, rows   512   1024  2048 squared
///  512, 144    0.92   0.82   0.83
///  512, 288    0.99   0.88   0.91
///  256, 144    0.92   0.86   0.90
///  256, 288    0.91   0.87   0.89
/// 1024, 144    0.94   0.90   0.84
/// ```
pub(crate) const WIDE_STEPS: usize = 512;

/// The same of an A by columns whose lines share few sets (`BlockSizes::few_sets`): 1.1-1.3 times as fast, with 256 steps no faster than in one
/// block.
pub(crate) const STEPS_OF_FEW_SETS: usize = 128;

/// Where as many tiles of columns and steps use such an A, it is packed: 1.1-1.4 times as fast in f32, 1.05-1.45 in f64.
/// Half as many tiles: 0.95-1.2.
pub(crate) const FEW_SETS_COLUMN_TILES: usize = 32;

pub(crate) const FEW_SETS_STEPS: usize = 128;

/// As many tiles of columns and steps have an A by columns packed whose columns are [`LONG_ROW`] apart or more, where the first
/// level has 32 KiB (`BlockSizes::has_small_l1`), and so have twice the tiles and half the steps: each step of a tile reads a
/// line of another page, and the address translation of the first level has 64. Zen 3 with AVX2, packed, as fast as in place
/// (784 rows, medians of 7 runs in turns; 0.95-1.05 is noise):
///
/// ```text
/// columns   steps: 128   256   512   1024
///     256         0.99    -   1.06     -
///     384         0.98  1.10    -      -
///     512         1.18    -   1.20   1.13
///    4096         1.04 (1024 rows)
/// ```
pub(crate) const COLUMNS_TILES: usize = 16;

pub(crate) const COLUMNS_STEPS: usize = 256;

/// An A by columns whose lines share few sets is packed for fewer tiles of columns than [`FEW_SETS_COLUMN_TILES`] where the first
/// level has 32 KiB and a register is shorter than a line: this many, and as many steps as make [`CROWDED_TILE_STEPS`] with
/// them. Time packed over that in place (Zen 3 with AVX2, medians in turns within one process; 0.97-1.03 is noise; NEON is not
/// measured):
///
/// ```text
/// rows, columns, steps  f32           rows, columns, steps  f32          rows, columns, steps  f64
/// 512 x 512 x 16        0.98          512 x 256 x 100       0.91         256 x 512 x 32        0.90
/// 512 x 512 x 32        0.87-0.92     128 x 400 x 100       0.91         256 x 512 x 64        0.88
/// 512 x 512 x 64        0.92-0.94     256 x 256 x 64        0.98         256 x 100 x 200       0.91
/// 512 x 512 x 96        0.92          512 x 200 x 200       0.98         128 x 100 x 200       0.93
/// 256 x 512 x 64        0.94          128 x 200 x 200       0.99          64 x 100 x 200       0.93
/// 128 x 512 x 64        0.97          128 x 100 x 200       1.20          64 x  64 x 200       0.98
/// ```
pub(crate) const CROWDED_TILES: usize = 12;

pub(crate) const CROWDED_TILE_STEPS: usize = 1024;

/// Steps of a block of a large B whose rows are pages apart (`BlockSizes::large_bytes`).
pub(crate) const LARGE_STEPS: usize = 256;

/// Panels of a packed B's block, at least, that stays in the second level (`BlockSizes::kept_b_bytes`).
pub(crate) const KEPT_PANELS: usize = 4;

/// Registers across a tile of four rows.
pub(crate) const FOUR_ROWS_VECTORS: usize = 3;

// ---------------------------------------- the micro-kernel

/// Accumulator registers of the full tile where there are 16 registers (6 x 2). Its loop over k is unrolled by two: 22 instructions
/// a step instead of 23, which matters on a core that is shared with another thread. Speed over the loop that is not unrolled
/// (Zen 3, AVX2, f32, medians of several runs in turns within one process; 0.99-1.01 is noise):
///
/// ```text
/// 64 x 64 x 64      1.02-1.05      200 x 200 x 200, A by columns   0.99-1.04
/// 128 x 128 x 128   1.00-1.04      64 x 128 x 784                  1.04-1.10
/// 256 x 256 x 256   1.01-1.08      60 x 32 x 10                    1.00-1.03
/// ```
pub(crate) const PAIRED_SUMS: usize = 12;

/// The next tile of a large C (`BlockSizes::fetched_c_bytes`) is fetched while a tile is computed of at least as many steps and rows,
/// and of two registers of columns or more. With 64 steps the fetching costs as much as it saves.
pub(crate) const FETCHED_C_STEPS: usize = 128;

pub(crate) const FETCHED_C_ROWS: usize = 4;

/// The next tile's rows of a large A (`BlockSizes::fetched_a_bytes`) are fetched by tiles of at least as many steps.
pub(crate) const FETCHED_A_STEPS: usize = 96;

/// So many steps ahead a B in place that few rows, of one or two tiles, read once or twice is fetched, where a register is a line:
/// its rows lie too far apart for the hardware to foresee, and there is no first tile that could fetch a panel for many others. On
/// Emerald Rapids, as fast as without (gemm's time in turns with ours as the measure): 8 rows of 784 x 128 1.01-1.05, of 784 x 512
/// 1.3-1.4, of 512 x 512 1.1-1.15; 4 and 5 rows of 512 x 256 1.10-1.14, 6 to 13 1.03-1.08, which comes to 0.97 of the peak, 15 to 17 1.00-1.03. 4 and 12
/// steps are as good, 16 better from the third level and worse from the second. For more rows the next panel as a whole is
/// better: from memory 1.3 times for 32 rows of 512 x 512. With AVX2 it is no faster.
pub(crate) const FEW_ROWS_AHEAD: usize = 8;

// ---------------------------------------- packing

/// How far ahead of a transpose its rows are fetched, in elements.
pub(crate) const TRANSPOSE_PREFETCH_AHEAD: usize = 64;

/// Bytes of a step that are copied before the next step, however many panels they go to: a whole
/// number of cache lines side by side, for matrices whose steps lie pages apart.
pub(crate) const PACK_STEP_BYTES: usize = 1024;

/// How far ahead of a copy its rows are fetched, in steps: where they are pages apart no hardware does it. 32 and 64 rows of
/// 1024 x 4096 take 1.15-1.2 times as long without; 1 and 8 steps are 0.95-1.0 times as good.
pub(crate) const PACK_PREFETCH_STEPS: usize = 4;

// ---------------------------------------- which way a product goes (select.rs)

/// Elements of a C of rows shorter than four registers, at most, for it to be written row by row.
pub(crate) const GER_SMALL: usize = 256;

/// Tiles are transposed only where k is at least this: at 16 the turning takes longer than what it saves, at 32 not.
pub(crate) const NARROW_STEPS: usize = 24;

/// From this number of steps on, tiles of columns that nearly fill one of AVX-512's registers are transposed where A lies by columns and
/// the second level is large: a tile of 14 rows reads a line for each step, which the next tile, of the same lines in part, does not find in the
/// first level any more. On Emerald Rapids 784 x 16 x 512 is 1.43-1.45 times as fast transposed, of 128 steps as fast, of 64 and
/// 32 0.63-0.8. On Zen 5 it is at 0.75 of the peak as it lies.
pub(crate) const LONE_STEPS: usize = 256;

/// Rows of a low C, at most, and rows times steps of k, at least, for turning it round to pay.
pub(crate) const LOW_ROWS: usize = 32;

pub(crate) const LOW_SUMS: usize = 1024;

// ---------------------------------------- one row (gemv.rs, dot.rs)

/// Rows of B that are streamed side by side. Eight are as fast where B comes from the second level, 0.93 from the third.
pub(crate) const STREAMED_ROWS: usize = 4;

/// While some rows are streamed the next ones are fetched, unless they are longer than this: 1.05-1.1 times as fast from the
/// third level, 1.15-1.3 from memory; rows of 16 KiB 0.9.
pub(crate) const STREAM_PREFETCH_ROW_BYTES: usize = 4 << 10;

/// So far ahead of a row whose sums are held B is fetched, at least, where it outgrows the first level.
pub(crate) const GEMV_PREFETCH_AHEAD: usize = 2 << 10;

/// Rows of C, at most, that `streamed.rs` streams B past.
pub(crate) const MAX_STREAMED_ROWS: usize = 8;

/// Steps, at least: with 48 dots are 0.8-0.95 times as fast as one chain, with 64 0.9-1.2, with 512 1.5-1.9 (784 columns).
pub(crate) const MIN_DOT_STEPS: usize = 64;

/// So far ahead columns are fetched: without, 784 columns of 512 elements take 1.1-1.25 times as long, with 256 or 2048 bytes
/// 1.02-1.1. With AVX-512, whose loads are as many as the lines, that is so only where they are more than half a second
/// level (`BlockSizes::dot_prefetch_bytes`); fewer take 1.05-1.12 times as long with it.
pub(crate) const DOT_PREFETCH_AHEAD: usize = 1 << 10;

// ---------------------------------------- few rows (skinny.rs)

/// Rows of C, at most, whatever the instruction set.
pub(crate) const MAX_SKINNY_ROWS: usize = 13;

/// Rows of C, at most, where few steps (up to 64) go that way, too.
pub(crate) const SKINNY_SHORT_ROWS: usize = 8;

/// Columns that are summed up before they are finished.
pub(crate) const SKINNY_COLUMNS: usize = 256;

/// Columns that are transposed side by side: as many chains as cover the latency of a multiply-add with eight lanes.
pub(crate) const SKINNY_CHAINS: usize = 32;

/// The same for columns a multiple of half a way of the first level apart, which crowd into one or two sets of the first-level cache: 32
/// of them take 1.2-1.5 times as long. 64 with AVX-512 take 1.5 times as long where they are 1 KiB apart.
pub(crate) const SKINNY_CHAINS_CROWDED: usize = 16;

/// How far ahead B is fetched, in elements, where it has more bytes than the second level. Of 200 to 440 columns of 4000
/// steps a row takes 1.05-1.3 times as long without; of less, or of crowded columns, 1.1 with.
pub(crate) const SKINNY_PREFETCH_AHEAD: usize = 64;

// ---------------------------------------- few steps (ger.rs)

/// Steps of k, at most.
pub(crate) const MAX_GER_STEPS: usize = 2;

// ---------------------------------------- arithmetic

/// `total` in the fewest parts of at most `max`, all but the last of one size, which is a multiple of `unit`.
#[inline]
pub(crate) fn even_part(total: usize, max: usize, unit: usize) -> usize {
    if total <= max {
        return total.next_multiple_of(unit).max(unit); // without the divisions by what is only known at run time
    }
    let parts = total.div_ceil(max).max(1);
    total.div_ceil(parts).next_multiple_of(unit).max(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_few_and_even() {
        assert_eq!(even_part(784, 400, 1), 392);
        assert_eq!(even_part(400, 400, 1), 400);
        assert_eq!(even_part(401, 400, 1), 201);
        assert_eq!(even_part(0, 400, 1), 1);
        assert_eq!(even_part(145, 144, 6), 78);
    }
}
