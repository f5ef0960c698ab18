//! Matrix multiplication at the CPU's limit, and the vector functions of neural networks: `C <- epilogue(A * B)`.
//!
//! ```
//! use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scratch};
//!
//! let kernel = Kernel::<f32>::selected()?;
//! let (a, b) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
//! let mut c = [f32::NAN; 4];
//! let (a, b) = (MatRef::new(&a, 2, 2), MatRef::new(&b, 2, 2));
//! kernel.gemm(a, b.t(), Epilogue::Bias(&[100.0, 200.0]), MatMut::new(&mut c, 2, 2), &mut Scratch::default());
//! assert_eq!(c, [117.0, 223.0, 139.0, 253.0]);
//! # Ok::<(), chainrule_kernel::KernelError>(())
//! ```
//!
//! Rooms, each importing only those before it: `matrix` (views, aligned memory), `simd` (registers; an instruction set a file,
//! one door each), `math` (exp and its like), `elementwise` (activations, update rules, bytes), `epilogue`, `gemm` (which
//! algorithm a product takes, its loops, tiles, panels and sizes, which follow from `caches`), `narrow` (weights in two bytes or
//! one), `registry` (the kernels and the choice among them), `api`
//! (the safe way in).
//!
//! Examples of what `chainrule` names again import from there; with this crate alone write `chainrule_kernel`.
//!
//! Unoptimised, as cargo compiles dependencies for a debug build unless told otherwise, a training step takes 140 to 460
//! times as long. Two lines in the application's `Cargo.toml` optimise it there, too:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! ```
//!
//! A size that there is no memory for, even one past the address space, is a panic that names it, or a [`SizeError`] from
//! the functions whose names begin with `try_`; it never ends the process, and never wraps (`sizes.rs`).
//!
//! All `unsafe` code of the project lives in this crate. It starts no thread and opens no file.

#![cfg_attr(test, allow(dead_code, reason = "unit tests compute no products: `registry.rs`"))]

mod api;
mod caches;
mod elementwise;
mod epilogue;
mod error;
mod gemm;
pub mod math;
mod matrix;
mod narrow;
mod registry;
mod scalar;
mod simd;
mod sizes;

pub use caches::{CACHES_VARIABLE, Caches, Level};
pub use elementwise::activation::Activation;
pub use elementwise::byte_lut::{ByteLut, prefetch};
pub use elementwise::optimizer::Rule;
pub use epilogue::Epilogue;
pub use error::KernelError;
pub use gemm::block_sizes::KC;
#[doc(hidden)]
pub use gemm::blocking::Blocking;
pub use gemm::pack::prepacked::{PackedB, PackedColumns};
pub use gemm::pack::scratch::Scratch;
pub use matrix::aligned::Aligned;
pub use matrix::view::{MatMut, MatRef};
pub use narrow::format::{NarrowError, NarrowFormat};
pub use narrow::packed::PackedNarrow;
pub use registry::{KERNEL_VARIABLE, Kernel};
pub use scalar::Scalar;
pub use sizes::{SizeError, elements};

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
