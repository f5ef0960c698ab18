//! Elementwise operations: activations, their derivatives, and the sums of columns, over a rectangle of C
//! while a product has it in the first-level cache, or over whole matrices.
//!
//! A derivative is taken from the *output* where that tells it to the last digits, so that a training step keeps one
//! array per layer, not two; otherwise from the *input*, and [`Activation::derivative_needs_input`] says so. A new
//! activation is a variant, a line in `each!` for either direction, and two arms in [`apply`]; its name is in the
//! model.

use crate::Scalar;
use crate::math;
use crate::matrix::operand::Operand;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;

/// `a = f(z)`, element by element. Conventions at the kinks are PyTorch's.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::Kernel;
/// use chainrule::{Activation, MatMut};
///
/// let mut z = [-2.0, 0.0, 3.0];
/// Kernel::<f64>::selected()?.activate(Activation::LeakyRelu(0.5), MatMut::new(&mut z, 1, 3));
/// assert_eq!(z, [-1.0, 0.0, 3.0]);
/// assert!(Activation::Gelu.derivative_needs_input());
/// # Ok::<(), chainrule::kernel::KernelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `a = z`.
    Identity,
    /// `a = max(z, 0)`; the derivative at 0 is 0. NaN stays NaN.
    Relu,
    /// `a = z` above 0, `alpha * z` elsewhere; the derivative at 0 is `alpha`. `alpha` must not be negative, or the
    /// output would not tell on which side of 0 the input was.
    LeakyRelu(f64),
    /// `a = 1 / (1 + e^-z)`, derivative `a (1 - a)`.
    Sigmoid,
    /// `a = tanh(z)`, derivative `1 - a^2`.
    Tanh,
    /// `a = z` above 0, `alpha (e^z - 1)` elsewhere; the derivative is 1 above 0, `alpha e^z` elsewhere. Clevert,
    /// Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units", 2015.
    Elu(f64),
    /// 1.0507 times ELU with alpha 1.6733, which keep mean 0 and variance 1: Klambauer, Unterthiner, Mayr and Hochreiter,
    /// "Self-normalizing neural networks", 2017.
    Selu,
    /// `a = z Phi(z)`, Phi the normal distribution, `(1 + erf(z / sqrt 2)) / 2`; derivative `Phi(z) + z phi(z)`. Hendrycks
    /// and Gimpel, "Gaussian error linear units", 2016.
    Gelu,
    /// `a = z (1 + tanh u) / 2` with `u = sqrt(2 / pi) (z + 0.044715 z^3)`: the same paper's approximation.
    GeluTanh,
    /// `a = z s` with `s = 1 / (1 + e^-z)`; derivative `s (1 + z (1 - s))`. Also called swish: Ramachandran, Zoph and Le,
    /// "Searching for activation functions", 2017.
    Silu,
    /// `a = ln(1 + e^z)`, derivative `1 - e^-a`; as in PyTorch, `a = z` and derivative 1 beyond 20. Dugas et al.,
    /// "Incorporating second-order functional knowledge for better option pricing", 2000.
    Softplus,
    /// `a = z / (1 + |z|)`, derivative `1 / (1 + |z|)^2`. Bergstra, Desjardins, Lamblin and Bengio, "Quadratic polynomials
    /// learn better image features", 2009.
    Softsign,
    /// `a = (z + 3) / 6`, not below 0 and not above 1; the derivative is 1/6 where a lies between them, otherwise 0. Howard
    /// et al., "Searching for MobileNetV3", 2019.
    HardSigmoid,
}

/// SELU's factor of everything, and alpha: the solution of the paper's equation 14.
const SELU: [f64; 2] = [1.050_700_987_355_480_5, 1.673_263_242_354_377_2];

impl Activation {
    /// Whether the derivative is taken from f's input z instead of its output a.
    ///
    /// GELU and SiLU fall before they rise, so two inputs have one output. What ELU and SELU give far below 0 is next to
    /// -alpha and holds nothing of the derivative, `a + alpha`, but rounding; likewise softsign's `1 - |a|`.
    pub fn derivative_needs_input(self) -> bool {
        use Activation::{Elu, Gelu, GeluTanh, Selu, Silu, Softsign};
        matches!(self, Elu(_) | Selu | Gelu | GeluTanh | Silu | Softsign)
    }
}

/// What follows the sums, once they are in C.
#[derive(Clone, Copy)]
pub(crate) struct PostOp<T> {
    pub(crate) activation: Activation,
    /// When C is multiplied by the derivative, what that is taken from; otherwise C becomes the output.
    pub(crate) of: Option<Operand<T>>,
    /// The destination of the sums of C's columns; null if they are not wanted.
    pub(crate) sums: *mut T,
}

/// A rectangle of C; strides in elements.
pub(crate) struct Area<T> {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) c: *mut T,
    pub(crate) c_rs: usize,
    pub(crate) c_cs: usize,
    /// Its corner within C.
    pub(crate) row: usize,
    pub(crate) col: usize,
}

/// What becomes of one register: `c` holds C, `a` what the derivative is taken from, or anything for the function itself.
///
/// A type, not a closure: see [`math`].
trait Each<T: Scalar>: Copy {
    /// Safety: the CPU has the instructions of `V`.
    unsafe fn apply<V: Simd<T>>(self, c: V, a: V) -> V;
}

macro_rules! each {
    ($($(#[$doc:meta])* $name:ident $([$alpha:ident])?, |$c:ident, $a:ident| $value:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        struct $name<T>(T);
        impl<T: Scalar> Each<T> for $name<T> {
            #[inline(always)]
            #[allow(unused_unsafe)] // by the one that does nothing
            unsafe fn apply<V: Simd<T>>(self, $c: V, $a: V) -> V {
                // SAFETY: register arithmetic, for which the CPU has the instructions of `V`.
                unsafe {
                    $(let $alpha = V::splat(self.0);)?
                    $value
                }
            }
        }
    )*};
}
each! {
    Same, |c, _a| c;
    Relu, |c, _a| c.at_least(V::splat(T::ZERO));
    LeakyRelu[alpha], |c, _a| if_positive(c, c, c.mul(alpha));
    Sigmoid, |c, _a| math::sigmoid(c);
    Tanh, |c, _a| math::tanh(c);
    Elu[alpha], |c, _a| if_positive(c, c, math::expm1_of_negative(c).mul(alpha));
    Selu, |c, _a| {
        let below = math::expm1_of_negative(c).mul(V::constant(SELU[0] * SELU[1]));
        if_positive(c, c.mul(V::constant(SELU[0])), below)
    };
    Gelu, |c, _a| math::gelu(c);
    GeluTanh, |c, _a| math::gelu_tanh(c);
    Silu, |c, _a| math::silu(c);
    Softplus, |c, _a| math::softplus(c);
    Softsign, |c, _a| {
        // Infinity over infinity is no number: as many times the largest number as one of them.
        let size = c.abs().at_most(V::constant(T::LARGEST));
        size.div(size.add(V::splat(T::ONE))).copysign(c)
    };
    HardSigmoid, |c, _a| {
        let six = V::constant(6.0);
        c.add(V::constant(3.0)).at_least(V::splat(T::ZERO)).at_most(six).div(six)
    };
    /// A dead unit passes no gradient at all, not even an infinite one.
    ReluSlope, |c, a| if_positive(a, c, V::splat(T::ZERO));
    LeakyReluSlope[alpha], |c, a| if_positive(a, c, c.mul(alpha));
    SigmoidSlope, |c, a| c.mul(a.mul(V::splat(T::ONE).sub(a)));
    TanhSlope, |c, a| c.mul(V::splat(T::ONE).sub(a.mul(a)));
    EluSlope[alpha], |c, z| if_positive(z, c, c.mul(alpha.mul(math::exp(z))));
    SeluSlope, |c, z| {
        let [scale, alpha] = SELU;
        if_positive(z, c.mul(V::constant(scale)), c.mul(V::constant(scale * alpha).mul(math::exp(z))))
    };
    GeluSlope, |c, z| c.mul(math::gelu_slope(z));
    GeluTanhSlope, |c, z| c.mul(math::gelu_tanh_slope(z));
    SiluSlope, |c, z| c.mul(math::silu_slope(z));
    SoftplusSlope, |c, a| {
        let zero = V::splat(T::ZERO);
        let slope = zero.sub(math::expm1_of_negative(zero.sub(a)));
        if_positive(a.sub(V::constant(math::SOFTPLUS_END)), c, c.mul(slope))
    };
    SoftsignSlope, |c, z| {
        let one = V::splat(T::ONE);
        let share = one.div(one.add(z.abs()));
        c.mul(share.mul(share))
    };
    /// As of a dead unit, nothing passes the flat parts.
    HardSigmoidSlope, |c, a| {
        let zero = V::splat(T::ZERO);
        if_positive(a, if_positive(V::splat(T::ONE).sub(a), c.div(V::constant(6.0)), zero), zero)
    };
}

/// `yes` in the lanes where `x > 0`, `no` in the others, NaN's among them.
///
/// Safety: the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn if_positive<T: Scalar, V: Simd<T>>(x: V, yes: V, no: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let zero = V::splat(T::ZERO);
        // `at_least` returns 0 for NaN this way round, and 0 - 0 has no sign bit.
        zero.sub(zero.at_least(x)).if_negative(yes, no)
    }
}

/// Applies a post-op to a rectangle of C. Of each column, the rectangles come in the order of rows.
///
/// # Safety
/// The rectangle lies in C, `of` covers C's shape and `sums` its columns, neither overlaps C.
pub(crate) struct ApplyPostOp<'a, T> {
    pub(crate) post_op: &'a PostOp<T>,
    pub(crate) area: &'a Area<T>,
}

impl<T: Scalar> Op<T> for ApplyPostOp<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the contract of `ApplyPostOp`, upheld where it is constructed.
        unsafe { apply::<T, K::Vector>(self.post_op, self.area) }
    }
}

/// Safety: the contract of [`ApplyPostOp`]; the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn apply<T: Scalar, V: Simd<T>>(post_op: &PostOp<T>, area: &Area<T>) {
    let one = T::ONE; // for those without a parameter
    // SAFETY: the contract of `ApplyPostOp`.
    unsafe {
        match (post_op.activation, post_op.of.is_some()) {
            (Activation::Identity, _) if post_op.sums.is_null() => {}
            (Activation::Identity, _) => walk::<T, V, _>(Same(one), post_op, area),
            (Activation::Relu, false) => walk::<T, V, _>(Relu(one), post_op, area),
            (Activation::Relu, true) => walk::<T, V, _>(ReluSlope(one), post_op, area),
            (Activation::LeakyRelu(alpha), false) => walk::<T, V, _>(LeakyRelu(T::from_f64(alpha)), post_op, area),
            (Activation::LeakyRelu(alpha), true) => walk::<T, V, _>(LeakyReluSlope(T::from_f64(alpha)), post_op, area),
            (Activation::Sigmoid, false) => walk::<T, V, _>(Sigmoid(one), post_op, area),
            (Activation::Sigmoid, true) => walk::<T, V, _>(SigmoidSlope(one), post_op, area),
            (Activation::Tanh, false) => walk::<T, V, _>(Tanh(one), post_op, area),
            (Activation::Tanh, true) => walk::<T, V, _>(TanhSlope(one), post_op, area),
            (Activation::Elu(alpha), false) => walk::<T, V, _>(Elu(T::from_f64(alpha)), post_op, area),
            (Activation::Elu(alpha), true) => walk::<T, V, _>(EluSlope(T::from_f64(alpha)), post_op, area),
            (Activation::Selu, false) => walk::<T, V, _>(Selu(one), post_op, area),
            (Activation::Selu, true) => walk::<T, V, _>(SeluSlope(one), post_op, area),
            (Activation::Gelu, false) => walk::<T, V, _>(Gelu(one), post_op, area),
            (Activation::Gelu, true) => walk::<T, V, _>(GeluSlope(one), post_op, area),
            (Activation::GeluTanh, false) => walk::<T, V, _>(GeluTanh(one), post_op, area),
            (Activation::GeluTanh, true) => walk::<T, V, _>(GeluTanhSlope(one), post_op, area),
            (Activation::Silu, false) => walk::<T, V, _>(Silu(one), post_op, area),
            (Activation::Silu, true) => walk::<T, V, _>(SiluSlope(one), post_op, area),
            (Activation::Softplus, false) => walk::<T, V, _>(Softplus(one), post_op, area),
            (Activation::Softplus, true) => walk::<T, V, _>(SoftplusSlope(one), post_op, area),
            (Activation::Softsign, false) => walk::<T, V, _>(Softsign(one), post_op, area),
            (Activation::Softsign, true) => walk::<T, V, _>(SoftsignSlope(one), post_op, area),
            (Activation::HardSigmoid, false) => walk::<T, V, _>(HardSigmoid(one), post_op, area),
            (Activation::HardSigmoid, true) => walk::<T, V, _>(HardSigmoidSlope(one), post_op, area),
        }
    }
}

/// Safety: as [`apply`].
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn walk<T: Scalar, V: Simd<T>, F: Each<T>>(f: F, post_op: &PostOp<T>, area: &Area<T>) {
    let &Area { rows, cols, c, c_rs, c_cs, row, col } = area;
    // Where columns are not neighbours, a register holds one element.
    let neighbours = c_cs == 1 && post_op.of.is_none_or(|a| a.cs == 1);
    let (whole, step) = if neighbours { (cols - cols % V::LANES, V::LANES) } else { (0, 1) };
    // SAFETY: rows < `rows` and columns < `cols` of the rectangle, which the caller's pointers cover.
    unsafe {
        let all = V::first(V::LANES);
        for i in 0..rows {
            let first = row + i == 0;
            let at = |j: usize| {
                let a = post_op.of.map(|a| a.at(row + i, col + j));
                let sum = if post_op.sums.is_null() { None } else { Some(post_op.sums.add(col + j)) };
                (c.add(i * c_rs + j * c_cs), a, sum)
            };
            let mut j = 0;
            while j < whole {
                one_register::<T, V, F, false>(f, at(j), first, all);
                j += V::LANES;
            }
            while j < cols {
                one_register::<T, V, F, true>(f, at(j), first, V::first(step.min(cols - j)));
                j += step;
            }
        }
    }
}

/// Safety: the pointers cover the lanes of `mask`, all lanes unless `TAIL`; the CPU has the instructions of `V`.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn one_register<T: Scalar, V: Simd<T>, F: Each<T>, const TAIL: bool>(
    f: F,
    (c, a, sum): (*mut T, Option<*const T>, Option<*mut T>),
    first: bool,
    mask: V::Mask,
) {
    // SAFETY: the pointers cover the lanes of `mask`, this function's contract.
    unsafe {
        let old = V::load_if::<TAIL>(c, mask);
        let a = a.map_or(old, |a| V::load_if::<TAIL>(a, mask));
        let new = f.apply::<V>(old, a);
        // Through a pointer that the compiler does not know to be C's: it would leave out the lanes that keep their number, by a
        // masked store, which takes AVX2 twelve cycles on Zen 1 to 3 (ReLU's slope on 64 x 128: 3 times as long in f32, 2 in f64).
        new.store_if::<TAIL>(V::opaque(c), mask);
        if let Some(sum) = sum {
            let before = if first { V::splat(T::ZERO) } else { V::load_if::<TAIL>(sum, mask) };
            before.add(new).store_if::<TAIL>(sum, mask);
        }
    }
}
