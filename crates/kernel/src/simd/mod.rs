//! Registers of elements: the trait they share, the instruction sets that implement it, and the door to each set.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
pub(crate) mod isa;
pub(crate) mod portable;
pub(crate) mod vector;
