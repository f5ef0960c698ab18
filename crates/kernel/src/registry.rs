//! The table of kernels and the choice among them.
//!
//! A row is one instruction set for one element type: a name, whether this CPU has it, and the loops compiled for it.
//! Rows stand best first. The first available one is chosen once in a process; `CHAINRULE_KERNEL=f32_6x16_avx2` (or
//! several names with commas, one for each type) chooses by name, `CHAINRULE_CACHES=32K:8,1M:16,36M:11` the caches. A row that no test has run does not stand here: NEON's are run
//! under qemu (`scripts/check-aarch64`), AVX-512's under Bochs too (`scripts/check-avx512`), the others on real hardware.

use std::any::Any;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Scalar;
use crate::caches::Caches;
use crate::elementwise::activation::ApplyPostOp;
use crate::elementwise::byte_lut::Dequantize;
use crate::elementwise::multiply_adds::MultiplyAdds;
use crate::elementwise::optimizer::Update;
use crate::epilogue::EpilogueOp;
use crate::error::KernelError;
use crate::gemm::blocking::Blocking;
use crate::gemm::cache_sizes::BlockSizes;
use crate::gemm::pack::panels::PackPanels;
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::Problem;
use crate::math::Map;
use crate::narrow::panels::MAX_UNITS;
use crate::narrow::row::NarrowRows;
use crate::narrow::widen_panels::WidenPanels;
use crate::simd::isa::Isa;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use crate::simd::neon;
use crate::simd::portable;
use crate::simd::vector::Simd;
#[cfg(target_arch = "x86_64")]
use crate::simd::{avx2, avx512};

/// The environment variable that chooses kernels by name.
pub const KERNEL_VARIABLE: &str = "CHAINRULE_KERNEL";

/// One way to compute: an instruction set and a tile size. Get one from [`Kernel::selected`].
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::Kernel;
///
/// let kernel = Kernel::<f32>::selected()?;
/// assert!(kernel.is_available() && kernel.name().starts_with("f32_"));
/// let mut values = [0.0, -1000.0];
/// kernel.exp(&mut values);
/// assert_eq!(values, [1.0, 0.0]);
/// # Ok::<(), chainrule::kernel::KernelError>(())
/// ```
pub struct Kernel<T: Scalar> {
    name: &'static str,
    is_available: fn() -> bool,
    /// What products ask of the caches; there once the CPU was found to support the kernel. The detection takes 20 instructions,
    /// which is noticeable in a product of one row and few columns.
    sizes: OnceLock<&'static BlockSizes>,
    /// Safety: as `gemm::run::run`.
    pub(crate) gemm: unsafe fn(&Problem<T>, &EpilogueOp<T>, &mut Scratch<T>),
    /// Safety: [`Kernel::assert_available`] has passed, and the operation's own contract holds; so for those below.
    pub(crate) post_op: unsafe fn(ApplyPostOp<'_, T>),
    pub(crate) pack: unsafe fn(&mut PackPanels<'_, T>),
    pub(crate) map: unsafe fn(&mut Map<'_, T>),
    pub(crate) update: unsafe fn(&mut Update<'_, T>),
    pub(crate) dequantize: unsafe fn(&mut Dequantize<'_, T>),
    /// Safety: as `narrow::row::run`.
    pub(crate) narrow: unsafe fn(&NarrowRows<'_, T>),
    pub(crate) widen: unsafe fn(&mut WidenPanels<'_, T>),
    pub(crate) multiply_adds: unsafe fn(&mut MultiplyAdds),
    /// How such a product is blocked, its chains going on from C or not.
    pub(crate) blocking: fn(&Problem<T>, bool) -> Option<Blocking>,
    /// Columns of a tile, and of a panel of B.
    pub(crate) nr: usize,
    /// Elements of a register.
    pub(crate) lanes: usize,
    /// Columns of narrow weights that are widened at once: whole panels of theirs, and of `nr`.
    pub(crate) narrow_columns: usize,
}

/// Rows of a table.
const ROWS: usize = if cfg!(target_arch = "x86_64") {
    3
} else if cfg!(all(target_arch = "aarch64", target_endian = "little")) {
    2
} else {
    1
};

pub(crate) static KERNELS_F32: [Kernel<f32>; ROWS] = [
    #[cfg(target_arch = "x86_64")]
    row::<f32, avx512::Avx512>("f32_14x32_avx512", avx512::is_available),
    #[cfg(target_arch = "x86_64")]
    row::<f32, avx2::Avx2>("f32_6x16_avx2", avx2::is_available),
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    row::<f32, neon::Neon>("f32_8x12_neon", neon::is_available),
    row::<f32, portable::Portable>(portable::NAME_F32, || true),
];

pub(crate) static KERNELS_F64: [Kernel<f64>; ROWS] = [
    #[cfg(target_arch = "x86_64")]
    row::<f64, avx512::Avx512>("f64_14x16_avx512", avx512::is_available),
    #[cfg(target_arch = "x86_64")]
    row::<f64, avx2::Avx2>("f64_6x8_avx2", avx2::is_available),
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    row::<f64, neon::Neon>("f64_8x6_neon", neon::is_available),
    row::<f64, portable::Portable>(portable::NAME_F64, || true),
];

/// The door of an instruction set for one type of operation, of any lifetime.
#[cfg(not(test))]
macro_rules! door {
    ($isa:ident) => {
        |op| {
            // SAFETY: the contract of the field, which is that of the call.
            unsafe { $isa::call(op) }
        }
    };
}

#[cfg(not(test))]
const fn row<T: Scalar, K: Isa<T>>(name: &'static str, is_available: fn() -> bool) -> Kernel<T> {
    Kernel {
        name,
        is_available,
        sizes: OnceLock::new(),
        gemm: crate::gemm::run::run::<T, K>,
        post_op: door!(K),
        pack: door!(K),
        map: door!(K),
        update: door!(K),
        dequantize: door!(K),
        narrow: crate::narrow::row::run::<T, K>,
        widen: door!(K),
        multiply_adds: door!(K),
        blocking: crate::gemm::blocking::blocking::<T, K>,
        nr: K::NV * K::Vector::LANES,
        lanes: K::Vector::LANES,
        narrow_columns: narrow_columns::<T, K>(),
    }
}

/// The crate's unit tests compute nothing, the tests in tests/ do: a second copy of all loops would take as long to compile as
/// the crate.
#[cfg(test)]
const fn row<T: Scalar, K: Isa<T>>(name: &'static str, is_available: fn() -> bool) -> Kernel<T> {
    Kernel {
        name,
        is_available,
        sizes: OnceLock::new(),
        gemm: |_, _, _| unreachable!(),
        post_op: |_| unreachable!(),
        pack: |_| unreachable!(),
        map: |_| unreachable!(),
        update: |_| unreachable!(),
        dequantize: |_| unreachable!(),
        narrow: |_| unreachable!(),
        widen: |_| unreachable!(),
        multiply_adds: |_| unreachable!(),
        blocking: |_, _| unreachable!(),
        nr: K::NV * K::Vector::LANES,
        lanes: K::Vector::LANES,
        narrow_columns: narrow_columns::<T, K>(),
    }
}

/// The fewest columns that are whole panels of narrow weights, 2 * MAX_UNITS registers, and of B, 2 or 3.
const fn narrow_columns<T: Scalar, K: Isa<T>>() -> usize {
    let registers = 2 * MAX_UNITS;
    K::Vector::LANES * if registers.is_multiple_of(K::NV) { registers } else { registers * K::NV }
}

/// The choice of one process for one element type.
type Choice<T> = OnceLock<Result<&'static Kernel<T>, KernelError>>;

static CHOICE_F32: Choice<f32> = OnceLock::new();
static CHOICE_F64: Choice<f64> = OnceLock::new();

/// The one of the two that is of this type, by its element type.
pub(crate) fn of_type<S: Any>(f32s: &'static dyn Any, f64s: &'static dyn Any) -> &'static S {
    f32s.downcast_ref().or_else(|| f64s.downcast_ref()).expect("Scalar is sealed: f32 or f64")
}

impl<T: Scalar> Kernel<T> {
    /// The table, best first. A row may be one that this CPU cannot run: see [`Kernel::is_available`].
    pub fn all() -> &'static [Kernel<T>] {
        of_type::<[Kernel<T>; ROWS]>(&KERNELS_F32, &KERNELS_F64)
    }

    /// The kernel of this process: the one that `CHAINRULE_KERNEL` names for this element type, otherwise the first
    /// that the CPU can run. Decided at the first call.
    ///
    /// # Errors
    /// When the variable names a kernel that does not exist or that this CPU lacks, or `CHAINRULE_CACHES` holds something
    /// else than [`Caches`].
    pub fn selected() -> Result<&'static Kernel<T>, KernelError> {
        let choose = || {
            Caches::selected()?;
            Self::choose(&std::env::var(KERNEL_VARIABLE).unwrap_or_default())
        };
        of_type::<Choice<T>>(&CHOICE_F32, &CHOICE_F64).get_or_init(choose).clone()
    }

    /// As [`Kernel::selected`], with the variable's value given.
    pub(crate) fn choose(names: &str) -> Result<&'static Kernel<T>, KernelError> {
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match Self::by_name(name) {
                // A name of the other element type is not for this choice.
                Err(KernelError::Unknown { .. }) if other_type_has(T::NAME, name) => {}
                found_or_not => return found_or_not,
            }
        }
        let best = Self::all().iter().find(|kernel| kernel.is_available());
        Ok(best.expect("the portable kernel runs everywhere"))
    }

    /// The kernel of that name.
    ///
    /// # Errors
    /// When there is none of that name, this CPU lacks its instructions, or `CHAINRULE_CACHES` holds something else than
    /// [`Caches`].
    pub fn by_name(name: &str) -> Result<&'static Kernel<T>, KernelError> {
        Caches::selected()?;
        match Self::all().iter().find(|kernel| kernel.name == name) {
            None => Err(KernelError::Unknown {
                name: name.to_owned(),
                known: Self::all().iter().map(|kernel| kernel.name).collect(),
            }),
            Some(kernel) if !kernel.is_available() => Err(KernelError::Unavailable { name: kernel.name }),
            Some(kernel) => Ok(kernel),
        }
    }

    /// Element, tile and instruction set: `f32_6x16_avx2`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Columns of C that are computed together.
    pub fn tile_columns(&self) -> usize {
        self.nr
    }

    /// Whether this CPU has the instructions.
    pub fn is_available(&self) -> bool {
        (self.is_available)()
    }

    #[inline]
    pub(crate) fn assert_available(&self) -> &'static BlockSizes {
        match self.sizes.get() {
            Some(sizes) => sizes,
            None => self.find(),
        }
    }

    #[cold]
    fn find(&self) -> &'static BlockSizes {
        assert!(self.is_available(), "this CPU lacks the instructions of {}", self.name);
        self.sizes.get_or_init(BlockSizes::of_this_process)
    }

    /// This kernel with blocks for other caches than this machine's, until the process ends: for tests and benchmarks, whose
    /// results must not differ.
    #[doc(hidden)]
    pub fn with_caches(&self, caches: &Caches) -> &'static Kernel<T> {
        self.assert_available();
        let sizes = keep(BlockSizes::for_caches(caches));
        keep(Kernel { sizes: OnceLock::from(sizes), ..*self })
    }
}

/// Keeps this until the process ends, where who looks for leaks sees it.
fn keep<X: Any + Send + Sync>(made: X) -> &'static X {
    static KEPT: Mutex<Vec<&'static (dyn Any + Send + Sync)>> = Mutex::new(Vec::new());
    let made: &'static X = Box::leak(Box::new(made));
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(made);
    made
}

fn other_type_has(this: &str, name: &str) -> bool {
    match this {
        "f32" => KERNELS_F64.iter().any(|kernel| kernel.name == name),
        _ => KERNELS_F32.iter().any(|kernel| kernel.name == name),
    }
}

impl<T: Scalar> std::fmt::Debug for Kernel<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kernel({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::simd::portable::{NAME_F32, NAME_F64};
    use crate::simd::vector::Simd;

    #[test]
    fn without_a_name_the_first_available_row_is_chosen() {
        let first = Kernel::<f32>::all().iter().find(|k| k.is_available()).unwrap();
        assert_eq!(Kernel::<f32>::choose("").unwrap().name(), first.name());
    }

    #[test]
    fn a_list_of_names_serves_each_element_type_its_own() {
        let names = format!("{NAME_F64}, {NAME_F32}");
        assert_eq!(Kernel::<f32>::choose(&names).unwrap().name(), NAME_F32);
        assert_eq!(Kernel::<f64>::choose(&names).unwrap().name(), NAME_F64);
    }

    #[test]
    fn the_portable_rows_are_named_after_their_tiles() {
        fn tile<T: Scalar, K: Isa<T>>() -> String {
            format!("{}_{}x{}_portable", T::NAME, K::MR, K::NV * K::Vector::LANES)
        }
        assert_eq!(NAME_F32, tile::<f32, portable::Portable>());
        assert_eq!(NAME_F64, tile::<f64, portable::Portable>());
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = Kernel::<f32>::choose("f32_6x16_avx3").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("f32_6x16_avx3") && text.contains(NAME_F32), "{text}");
    }

    #[test]
    fn a_kernel_that_the_cpu_lacks_is_refused_by_name_and_by_call() {
        let kernel = Kernel::<f32> { is_available: || false, ..row::<f32, portable::Portable>("test", || true) };
        let run = || kernel.exp(&mut [1.0]);
        assert!(std::panic::catch_unwind(run).is_err());
    }
}
