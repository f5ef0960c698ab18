//! The table of kernels and the choice among them.
//!
//! A row is one instruction set for one element type: a name, whether this CPU has it, and the loops compiled for it.
//! Rows stand best first. The first available one is chosen once in a process; `CHAINRULE_KERNEL=f32_6x16_avx2` (or
//! several names with commas, one for each type) chooses by name. A row that no test has run on real hardware does not
//! stand here.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Scalar;
use crate::elementwise::activation::{Activation, After, Area};
use crate::elementwise::byte_lut::ByteMap;
use crate::elementwise::optimizer::Rule;
use crate::epilogue::{Accumulate, Bias, Epilogue, Store};
use crate::error::KernelError;
use crate::gemm::pack::panels::Source;
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::{Operand, Problem};
use crate::gemm::select;
use crate::gemm::tile::micro_kernel::{Isa, NV};
use crate::math::Function;
use crate::simd;
use crate::simd::Simd;

/// The environment variable that chooses kernels by name.
pub const KERNEL_VARIABLE: &str = "CHAINRULE_KERNEL";

/// A rule, parameters, gradients, moments.
type UpdateFn<T> = unsafe fn(Rule<T>, &mut [T], &[T], [&mut [T]; 2]);

/// One way to compute: an instruction set and a tile size. Get one from [`Kernel::selected`].
///
/// ```
/// # use chainrule_kernel as chainrule;
/// use chainrule::Kernel;
///
/// let kernel = Kernel::<f32>::selected()?;
/// assert!(kernel.is_available() && kernel.name().starts_with("f32_"));
/// let mut values = [0.0, -1000.0];
/// kernel.exp(&mut values);
/// assert_eq!(values, [1.0, 0.0]);
/// # Ok::<(), chainrule::KernelError>(())
/// ```
pub struct Kernel<T: Scalar> {
    name: &'static str,
    is_available: fn() -> bool,
    /// Whether that was asked, and it is: asking takes 20 instructions, which a product of a row of few columns feels.
    was_found: AtomicBool,
    /// Safety: see [`select::run`].
    pub(crate) gemm: unsafe fn(&mut Problem<T>, Epilogue<'_, T>, &mut Scratch<T>),
    /// Safety: the CPU has the instruction set; so for those below.
    pub(crate) map: unsafe fn(Function, &mut [T]),
    /// Safety: see [`crate::elementwise::activation::area`].
    pub(crate) after: unsafe fn(&After<T>, &Area<T>),
    /// Safety: see [`crate::gemm::pack::panels::panels`].
    pub(crate) pack: unsafe fn(&Source<T>, usize, &mut [T]),
    pub(crate) update: UpdateFn<T>,
    pub(crate) widen: unsafe fn(&ByteMap<T>, &[u8], &mut [T]),
    /// Columns of a tile, and of a panel of B.
    pub(crate) nr: usize,
}

/// Rows of a table.
const ROWS: usize = if cfg!(target_arch = "x86_64") { 3 } else { 1 };

pub(crate) static KERNELS_F32: [Kernel<f32>; ROWS] = [
    #[cfg(target_arch = "x86_64")]
    row::<f32, simd::avx512::Avx512>("f32_14x32_avx512", simd::avx512::is_available),
    #[cfg(target_arch = "x86_64")]
    row::<f32, simd::avx2::Avx2>("f32_6x16_avx2", simd::avx2::is_available),
    row::<f32, simd::portable::Portable>(simd::portable::NAME_F32, || true),
];

pub(crate) static KERNELS_F64: [Kernel<f64>; ROWS] = [
    #[cfg(target_arch = "x86_64")]
    row::<f64, simd::avx512::Avx512>("f64_14x16_avx512", simd::avx512::is_available),
    #[cfg(target_arch = "x86_64")]
    row::<f64, simd::avx2::Avx2>("f64_6x8_avx2", simd::avx2::is_available),
    row::<f64, simd::portable::Portable>(simd::portable::NAME_F64, || true),
];

const fn row<T: Scalar, K: Isa<T>>(name: &'static str, is_available: fn() -> bool) -> Kernel<T> {
    Kernel {
        name,
        is_available,
        was_found: AtomicBool::new(false),
        gemm: gemm::<T, K>,
        map: K::map,
        after: K::after,
        pack: K::pack,
        update: K::update,
        widen: K::widen,
        nr: NV * K::Vector::LANES,
    }
}

/// One compiled set of loops for each type of epilogue.
///
/// Safety: see [`select::run`]; a bias and sums have as many elements as C has columns, a derivative's `of` has C's shape.
unsafe fn gemm<T: Scalar, K: Isa<T>>(p: &mut Problem<T>, epilogue: Epilogue<'_, T>, scratch: &mut Scratch<T>) {
    let none = T::NEG_INFINITY; // no floor
    // SAFETY: the caller's promise is passed on.
    unsafe {
        let biased = |p: &Problem<T>, bias: &[T], floor: T, scratch: &mut Scratch<T>| {
            select::run::<T, K, _>(p, Bias { bias: bias.as_ptr(), floor }, scratch);
        };
        match epilogue {
            Epilogue::Store => select::run::<T, K, _>(p, Store, scratch),
            Epilogue::Accumulate { alpha, beta } => {
                select::run::<T, K, _>(p, Accumulate::Scaled { alpha, beta }, scratch);
            }
            Epilogue::Update { rate, decay } => {
                select::run::<T, K, _>(p, Accumulate::Update { rate, decay }, scratch);
            }
            Epilogue::Bias(bias) | Epilogue::Activation { bias, activation: Activation::Identity } => {
                biased(p, bias, none, scratch);
            }
            Epilogue::BiasRelu(bias) | Epilogue::Activation { bias, activation: Activation::Relu } => {
                biased(p, bias, T::ZERO, scratch);
            }
            Epilogue::Activation { bias, activation } => {
                p.after = Some(After { activation, of: None, sums: std::ptr::null_mut() });
                biased(p, bias, none, scratch);
            }
            Epilogue::Derivative { activation, of, sums } => {
                let of = Some(Operand::of(of));
                let sums = sums.map_or(std::ptr::null_mut(), |sums| sums.as_ptr().cast_mut().cast::<T>());
                // In its place: a copy of what was just written waits for it, 30 cycles.
                p.after = Some(After { activation, of, sums });
                select::run::<T, K, _>(p, Store, scratch);
            }
        }
    }
}

/// The choice of one process for one element type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Choice<T: Scalar>(OnceLock<Result<&'static Kernel<T>, KernelError>>);

impl<T: Scalar> Choice<T> {
    pub(crate) const fn new() -> Self {
        Choice(OnceLock::new())
    }
}

impl<T: Scalar> Kernel<T> {
    /// The table, best first. A row may be one that this CPU cannot run: see [`Kernel::is_available`].
    pub fn all() -> &'static [Kernel<T>] {
        T::kernels()
    }

    /// The kernel of this process: the one that `CHAINRULE_KERNEL` names for this element type, otherwise the first
    /// that the CPU can run. Decided at the first call.
    ///
    /// # Errors
    /// When the variable names a kernel that does not exist or that this CPU lacks.
    pub fn selected() -> Result<&'static Kernel<T>, KernelError> {
        let choose = || Self::choose(&std::env::var(KERNEL_VARIABLE).unwrap_or_default());
        T::choice().0.get_or_init(choose).clone()
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
    /// When there is none of that name, or this CPU lacks its instructions.
    pub fn by_name(name: &str) -> Result<&'static Kernel<T>, KernelError> {
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
    pub(crate) fn assert_available(&self) {
        if !self.was_found.load(Ordering::Relaxed) {
            self.find();
        }
    }

    #[cold]
    fn find(&self) {
        assert!(self.is_available(), "this CPU lacks the instructions of {}", self.name);
        self.was_found.store(true, Ordering::Relaxed);
    }
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
    use crate::gemm::tile::micro_kernel::NV;
    use crate::simd::Simd;
    use crate::simd::portable::{NAME_F32, NAME_F64};

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
            format!("{}_{}x{}_portable", T::NAME, K::MR, NV * K::Vector::LANES)
        }
        assert_eq!(NAME_F32, tile::<f32, simd::portable::Portable>());
        assert_eq!(NAME_F64, tile::<f64, simd::portable::Portable>());
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = Kernel::<f32>::choose("f32_6x16_avx3").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("f32_6x16_avx3") && text.contains(NAME_F32), "{text}");
    }

    #[test]
    fn a_kernel_that_the_cpu_lacks_is_refused_by_name_and_by_call() {
        let kernel = Kernel::<f32> { is_available: || false, ..row::<f32, simd::portable::Portable>("test", || true) };
        let run = || kernel.exp(&mut [1.0]);
        assert!(std::panic::catch_unwind(run).is_err());
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn names_of_instruction_sets_agree_with_what_the_cpu_reports() {
        let avx2 = Kernel::<f32>::all().iter().find(|k| k.name() == "f32_6x16_avx2").unwrap();
        assert_eq!(avx2.is_available(), is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"));
    }
}
