//! Registers of elements: the trait they share, the instruction sets that implement it, and the door to each set.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
pub(crate) mod isa;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) mod neon;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
mod rows_of_a;
pub(crate) mod vector;
pub(crate) mod widen;
