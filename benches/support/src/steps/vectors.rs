//! Plain loops compiled for the CPU's vectors, where the feature `vectors` brings pulp; without it they are compiled
//! for the least CPU of the target.

#[cfg(feature = "vectors")]
pub(super) use pulp::Arch;

/// In the place of pulp's.
#[cfg(not(feature = "vectors"))]
#[derive(Clone, Copy)]
pub(super) struct Arch;

#[cfg(not(feature = "vectors"))]
impl Arch {
    pub(super) fn new() -> Arch {
        Arch
    }

    pub(super) fn dispatch<R>(self, work: impl FnOnce() -> R) -> R {
        work()
    }
}
