//! A run of tiles, as plain data: what the micro-kernels read and write, and which of their compiled instances fit it.

/// The last vector is full: all its columns exist.
pub(crate) const FULL: u8 = 0;
/// Some of the last vector's columns do not exist in C; in the packed B they are there to be read.
pub(crate) const MASK_C: u8 = 1;
/// They exist neither in C nor in B.
pub(crate) const MASK_B_AND_C: u8 = 2;

/// As [`FULL`], and the lines that [`Tile::fetch`] says are fetched: an instance of its own, because with the choice inside,
/// the steps of other tiles had one or two instructions more.
pub(crate) const FULL_FETCHING: u8 = 3;

/// As [`FULL`], and the next tile's rows of A are fetched ([`Tile::a_fetched`]); their steps are contiguous.
pub(crate) const FULL_FETCHING_A: u8 = 4;

pub(crate) const fn is_masked(edge: u8) -> bool {
    edge == MASK_C || edge == MASK_B_AND_C
}

/// What a run of tiles of one size reads and writes, one tile after the other. Strides count elements.
#[derive(Clone, Copy)]
pub(crate) struct Tile<T> {
    pub(crate) k: usize,
    /// Tiles in the run.
    pub(crate) run: usize,
    /// From one tile of the run to the next.
    pub(crate) next: Step,
    /// (M, k): row i, step p at `a + i * a_rs + p * a_cs`.
    pub(crate) a: *const T,
    pub(crate) a_rs: usize,
    pub(crate) a_cs: usize,
    /// (k, cols): step p at `b + p * b_rs`, columns contiguous.
    pub(crate) b: *const T,
    pub(crate) b_rs: usize,
    /// The distance in elements at which lines of B are prefetched while this tile is computed; 0 for none, or for what is
    /// read at once where tiles of few rows always fetch.
    pub(crate) fetch: usize,
    /// Whether the next tile's rows of A are prefetched while this tile is computed, unless lines of B are; A's steps are then
    /// contiguous.
    pub(crate) a_fetched: bool,
    /// Whether each of B's rows has a whole panel's elements, `Isa::NV` registers, however few columns C has.
    pub(crate) b_padded: bool,
    /// (M, cols): row i at `c + i * c_rs`, columns contiguous.
    pub(crate) c: *mut T,
    pub(crate) c_rs: usize,
    /// Columns that exist, at most those of a panel, or of a wide tile.
    pub(crate) cols: usize,
    /// The tile's first column within C.
    pub(crate) col: usize,
    /// The tile's first row within C.
    pub(crate) row: usize,
    /// Whether the chains go on from what C holds, rather than from 0.
    pub(crate) resume: bool,
    /// Whether the next tile of C is fetched while this one is computed.
    pub(crate) c_fetched: bool,
}

/// How far the next tile of a run is, in elements.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) c: usize,
    pub(crate) row: usize,
    pub(crate) col: usize,
}

impl<T> Tile<T> {
    /// The tile after this one.
    #[inline(always)]
    pub(crate) fn advance(&mut self) {
        self.a = self.a.wrapping_add(self.next.a);
        self.b = self.b.wrapping_add(self.next.b);
        self.c = self.c.wrapping_add(self.next.c);
        self.row += self.next.row;
        self.col += self.next.col;
    }
}
