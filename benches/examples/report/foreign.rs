//! All the `unsafe` code of the report: rivals that take raw pointers, and loops for instruction sets that the compiler
//! may not assume. Rivals with a safe interface stand here as well, to be read side by side.
#![allow(unsafe_code)]

use std::hint::black_box;

use chainrule_bench::operands::{Operands, Strides};
use chainrule_bench::rounds::Candidate;
use chainrule_bench::shapes::{Element, Shape};
use chainrule_kernel::Scalar;
use chainrule_naive::Float;

use crate::held::Field;
use crate::probe::{CHAINS, Isa};

/// An element type that all rivals know.
pub(crate) trait Rivals: Scalar + Float {
    /// Which of the two it is.
    const ELEMENT: Element;

    /// Everyone on that field for that product. Who is left out of which is said in the README.
    fn rivals(field: Field, shape: &Shape) -> Vec<Candidate<Self>>;
}

/// Highest element that a matrix of (rows, cols) reaches lies in the slice.
fn assert_inside<T>(data: &[T], (rows, cols): (usize, usize), (down, along): Strides) {
    assert!(rows > 0 && cols > 0, "an empty {rows}x{cols} matrix");
    let last = (rows - 1) * down + (cols - 1) * along;
    assert!(last < data.len(), "element {last} of {}", data.len());
}

fn assert_all_inside<T: Scalar + Float>(operands: &Operands<T>) {
    let (m, n, k) = (operands.shape.m, operands.shape.n, operands.shape.k);
    assert_inside(&operands.a, (m, k), operands.a_strides());
    assert_inside(&operands.b, (k, n), operands.b_strides());
    assert_inside(&operands.c, (m, n), operands.c_strides());
}

fn signed((down, along): Strides) -> (isize, isize) {
    (down as isize, along as isize)
}

macro_rules! rivals {
    ($t:ident, $element:expr, $matrixmultiply:ident) => {
        impl Rivals for $t {
            const ELEMENT: Element = $element;

            fn rivals(field: Field, shape: &Shape) -> Vec<Candidate<$t>> {
                let Field { threads, isa } = field;
                let faer = if isa.is_some() { faer_on_avx2 } else { faer };
                let mut rivals = vec![
                    Candidate::new("gemm", move |operands| gemm(operands, threads)),
                    Candidate::new("faer", move |operands| faer(operands, threads)),
                    Candidate::new("gemmkit", move |operands| gemmkit(operands, threads)),
                ];
                if threads == 1 {
                    rivals.insert(0, Candidate::new("matrixmultiply", $matrixmultiply));
                }
                #[cfg(any(feature = "openblas", feature = "blis"))]
                rivals.extend(LIBRARIES.iter().flatten().map(|library| {
                    (library.set_threads)(threads);
                    Candidate::new(library.name, move |operands| cblas(library.$matrixmultiply, operands))
                }));
                #[cfg(feature = "rten")]
                rivals.extend(rten::candidate(field, shape));
                let _ = shape; // only some ask
                rivals
            }
        }

        fn $matrixmultiply(operands: &mut Operands<$t>) {
            assert_all_inside(operands);
            let ((rsa, csa), (rsb, csb)) = (signed(operands.a_strides()), signed(operands.b_strides()));
            let (rsc, csc) = signed(operands.c_strides());
            let Operands { shape, a, b, c, .. } = operands;
            let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
            // SAFETY: `assert_all_inside` has every element in its slice; C is a slice of its own, and its elements are
            // apart because `Shape`'s ldc is at least n.
            unsafe {
                matrixmultiply::$matrixmultiply(
                    shape.m, shape.k, shape.n, 1.0, a, rsa, csa, b, rsb, csb, 0.0, c, rsc, csc,
                );
            }
        }
    };
}
rivals!(f32, Element::F32, sgemm);
rivals!(f64, Element::F64, dgemm);

fn gemm<T: Scalar + Float>(operands: &mut Operands<T>, threads: usize) {
    assert_all_inside(operands);
    let ((rsa, csa), (rsb, csb)) = (signed(operands.a_strides()), signed(operands.b_strides()));
    let (rsc, csc) = signed(operands.c_strides());
    let Operands { shape, a, b, c, .. } = operands;
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    let parallelism = if threads == 1 { gemm::Parallelism::None } else { gemm::Parallelism::Rayon(threads) };
    // SAFETY: as for matrixmultiply; T is f32 or f64, which the crate knows (both traits are sealed).
    unsafe {
        gemm::gemm(
            shape.m,
            shape.n,
            shape.k,
            c,
            csc,
            rsc,
            false, // C is overwritten
            a,
            csa,
            rsa,
            b,
            csb,
            rsb,
            T::ZERO, // of C
            T::ONE,  // of A * B
            false,
            false,
            false,
            parallelism,
        );
    }
}

fn faer<T: Scalar + Float + faer::traits::ComplexField>(operands: &mut Operands<T>, threads: usize) {
    use faer::{Accum, MatMut, MatRef, Par};
    let (sa, sb) = (operands.a_strides(), operands.b_strides());
    let Operands { shape, a, b, c, .. } = operands;
    let view = |data, (rows, cols), (down, along): Strides| {
        if along == 1 {
            MatRef::from_row_major_slice_with_stride(data, rows, cols, down)
        } else {
            MatRef::from_column_major_slice_with_stride(data, rows, cols, along)
        }
    };
    let (a, b) = (view(a.as_slice(), (shape.m, shape.k), sa), view(b.as_slice(), (shape.k, shape.n), sb));
    // Not `from_row_major_slice_with_stride_mut`: in 0.24.4 what it makes is stored by columns.
    let c = MatMut::from_column_major_slice_with_stride_mut(c.as_mut_slice(), shape.n, shape.m, shape.ldc);
    let c = c.transpose_mut();
    let par = if threads == 1 { Par::Seq } else { Par::rayon(threads) };
    faer::linalg::matmul::matmul(c, Accum::Replace, a, b, <T as Scalar>::ONE, par);
}

/// faer, with 256-bit vectors where it would have chosen 512. It asks the CPU itself, so we ask in its stead: what follows
/// is the end of `matmul_imp` in its `linalg/matmul/mod.rs` (0.24.4), one word changed. Its other ways, for small
/// products and for vectors, know no AVX-512 on a stable compiler and are faer's own.
#[cfg(target_arch = "x86_64")]
fn faer_on_avx2<T: Rivals + faer::traits::ComplexField>(operands: &mut Operands<T>, threads: usize) {
    use private_gemm_x86::{Accum, DType, DstKind, IType, InstrSet};
    use std::ptr::{from_ref, null};
    let Shape { m, n, k, .. } = operands.shape;
    if m * n * k <= 16 * 16 * 16 || m == 1 || n == 1 || k == 1 {
        return faer(operands, threads);
    }
    assert!(Isa::Avx2.is_available(), "this CPU lacks AVX2");
    assert_all_inside(operands);
    let ((rsa, csa), (rsb, csb)) = (signed(operands.a_strides()), signed(operands.b_strides()));
    let (rsc, csc) = signed(operands.c_strides());
    let Operands { a, b, c, .. } = operands;
    let (a, b, c) = (a.as_ptr().cast(), b.as_ptr().cast(), c.as_mut_ptr().cast());
    let dtype = if T::ELEMENT == Element::F32 { DType::F32 } else { DType::F64 };
    let threads = if m * n * k >= 4096 * size_of::<T>() { threads } else { 1 };
    let alpha = <T as Scalar>::ONE;
    // SAFETY: `assert_all_inside` has every element in its slice, `dtype` is T's, and the CPU has the instructions; no
    // index lists and no diagonal are given, so those pointers are not read; `alpha` outlives the call.
    unsafe {
        private_gemm_x86::gemm(
            dtype,
            IType::U64,
            InstrSet::Avx256,
            m,
            n,
            k,
            c,
            rsc,
            csc,
            null(),
            null(),
            DstKind::Full,
            Accum::Replace,
            a,
            rsa,
            csa,
            false,
            null(),
            0,
            b,
            rsb,
            csb,
            false,
            from_ref(&alpha).cast(),
            threads,
        );
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn faer_on_avx2<T: Rivals + faer::traits::ComplexField>(operands: &mut Operands<T>, threads: usize) {
    faer(operands, threads);
}

fn gemmkit<T: Scalar + Float + gemmkit::GemmScalar>(operands: &mut Operands<T>, threads: usize) {
    use gemmkit::{MatMut, MatRef, Parallelism};
    let ((rsa, csa), (rsb, csb)) = (signed(operands.a_strides()), signed(operands.b_strides()));
    let (rsc, csc) = signed(operands.c_strides());
    let Operands { shape, a, b, c, .. } = operands;
    let (m, n, k) = (shape.m, shape.n, shape.k);
    let (a, b) = (MatRef::new(a, m, k, rsa, csa), MatRef::new(b, k, n, rsb, csb));
    let parallelism = if threads == 1 { Parallelism::Serial } else { Parallelism::Rayon(threads) };
    gemmkit::gemm(<T as Scalar>::ONE, a, b, <T as Scalar>::ZERO, MatMut::new(c, m, n, rsc, csc), parallelism);
}

/// The version of a rival that is no crate, with the processor that it takes this one for.
pub(crate) fn library_version(name: &str) -> Option<String> {
    #[cfg(any(feature = "openblas", feature = "blis"))]
    for library in LIBRARIES.iter().flatten() {
        if library.name == name {
            return Some(library.version.clone());
        }
    }
    let _ = name; // of a crate
    None
}

/// Whether the libraries that this report was built for are there.
///
/// # Errors
/// Which one is not, and how to come by it.
pub(crate) fn libraries() -> Result<(), String> {
    #[cfg(any(feature = "openblas", feature = "blis"))]
    if let Some(Err(missing)) = LIBRARIES.iter().find(|library| library.is_err()) {
        return Err(missing.clone());
    }
    Ok(())
}

#[cfg(any(feature = "openblas", feature = "blis"))]
pub(crate) use c::{LIBRARIES, cblas};

/// Libraries of C that speak CBLAS: loaded and not linked, since all of them use the same names.
#[cfg(any(feature = "openblas", feature = "blis"))]
mod c {
    use std::ffi::{CStr, c_char, c_int};
    use std::sync::LazyLock;

    use chainrule_bench::operands::Operands;
    use chainrule_bench::shapes::{Shape, Stored};
    use chainrule_kernel::Scalar;
    use chainrule_naive::Float;

    use super::assert_all_inside;

    /// `cblas_sgemm` or `cblas_dgemm`, whose integers have 32 bits in these builds: order, transpose a, transpose b, m,
    /// n, k, alpha, a, lda, b, ldb, beta, c, ldc.
    type Gemm<T> = unsafe extern "C" fn(
        c_int,
        c_int,
        c_int,
        c_int,
        c_int,
        c_int,
        T,
        *const T,
        c_int,
        *const T,
        c_int,
        T,
        *mut T,
        c_int,
    );

    pub(crate) struct Library {
        pub(crate) name: &'static str,
        pub(crate) version: String,
        pub(crate) sgemm: Gemm<f32>,
        pub(crate) dgemm: Gemm<f64>,
        pub(crate) set_threads: Box<dyn Fn(usize) + Send + Sync>,
        /// Keeps the functions where they are.
        _loaded: libloading::Library,
    }

    /// Those of this build, or why they are not there.
    pub(crate) static LIBRARIES: LazyLock<Vec<Result<Library, String>>> = LazyLock::new(|| {
        vec![
            #[cfg(feature = "openblas")]
            openblas(),
            #[cfg(feature = "blis")]
            blis(),
        ]
    });

    /// The library that the variable names, otherwise the first of the files that the system finds.
    pub(super) fn load(variable: &str, files: &[&str], install: &str) -> Result<libloading::Library, String> {
        let named = std::env::var(variable).ok();
        let files = named.as_deref().map_or(files.to_vec(), |file| vec![file]);
        let mut wrong = String::new();
        for file in files {
            // SAFETY: loading runs the library's own start, which for a BLAS reads the CPU and the environment.
            match unsafe { libloading::Library::new(file) } {
                Ok(library) => return Ok(library),
                Err(error) => wrong = error.to_string(),
            }
        }
        Err(format!("{wrong}. To install it: {install}; or let {variable} name the file"))
    }

    fn symbol<T: Copy>(library: &libloading::Library, name: &str) -> Result<T, String> {
        // SAFETY: callers ask for the C function of that name with the type that its header gives it.
        let symbol = unsafe { library.get::<T>(name.as_bytes()) };
        symbol.map(|symbol| *symbol).map_err(|error| error.to_string())
    }

    type Words = unsafe extern "C" fn() -> *const c_char;

    fn words(function: Words) -> String {
        // SAFETY: both libraries document it as a string of their own, without arguments.
        unsafe { CStr::from_ptr(function()) }.to_string_lossy().into_owned()
    }

    #[cfg(feature = "openblas")]
    fn openblas() -> Result<Library, String> {
        let install = "apt-get install libopenblas0-pthread";
        let loaded = load("CHAINRULE_OPENBLAS", &["libopenblas.so.0", "libopenblas.so"], install)?;
        // In the builds that NumPy and SciPy bring along, every name has a prefix.
        let prefix = if symbol::<Words>(&loaded, "scipy_openblas_get_config").is_ok() { "scipy_" } else { "" };
        let name = |name: &str| format!("{prefix}{name}");
        let config = words(symbol(&loaded, &name("openblas_get_config"))?);
        let core = words(symbol(&loaded, &name("openblas_get_corename"))?);
        let set: unsafe extern "C" fn(c_int) = symbol(&loaded, &name("openblas_set_num_threads"))?;
        Ok(Library {
            name: "openblas",
            version: format!("{} ({core})", config.split(' ').nth(1).unwrap_or("of unknown version")),
            sgemm: symbol(&loaded, &name("cblas_sgemm"))?,
            dgemm: symbol(&loaded, &name("cblas_dgemm"))?,
            // SAFETY: any number will do, says its manual; the report's is at most the processors'.
            set_threads: Box::new(move |threads| unsafe { set(threads as c_int) }),
            _loaded: loaded,
        })
    }

    #[cfg(feature = "blis")]
    fn blis() -> Result<Library, String> {
        let install = "apt-get install libblis4-pthread";
        let loaded = load("CHAINRULE_BLIS", &["libblis.so.4", "libblis.so"], install)?;
        let init: unsafe extern "C" fn() = symbol(&loaded, "bli_init")?;
        let id: unsafe extern "C" fn() -> c_int = symbol(&loaded, "bli_arch_query_id")?;
        let name: unsafe extern "C" fn(c_int) -> *const c_char = symbol(&loaded, "bli_arch_string")?;
        // SAFETY: the library is told to begin before it is asked anything; `name` takes what `id` gave, and answers with
        // a string of the library's own.
        let core = unsafe {
            init();
            CStr::from_ptr(name(id())).to_string_lossy()
        };
        let set: unsafe extern "C" fn(i64) = symbol(&loaded, "bli_thread_set_num_threads")?;
        Ok(Library {
            name: "blis",
            version: format!("{} ({core})", words(symbol(&loaded, "bli_info_get_version_str")?)),
            sgemm: symbol(&loaded, "cblas_sgemm")?,
            dgemm: symbol(&loaded, "cblas_dgemm")?,
            // SAFETY: as for OpenBLAS; its integers have 64 bits unless it is configured otherwise, and a register
            // serves both.
            set_threads: Box::new(move |threads| unsafe { set(threads as i64) }),
            _loaded: loaded,
        })
    }

    pub(crate) fn cblas<T: Scalar + Float>(gemm: Gemm<T>, operands: &mut Operands<T>) {
        const BY_ROWS: c_int = 101;
        assert_all_inside(operands);
        let Operands { shape, a, b, c, .. } = operands;
        let Shape { m, n, k, lda, ldb, ldc, .. } = *shape;
        let int = |size: usize| c_int::try_from(size).expect("a size that C can count");
        let transpose = |stored| if stored == Stored::Rows { 111 } else { 112 };
        // SAFETY: `assert_all_inside` has every element in its slice, and `Shape`'s leading dimensions hold the rows.
        unsafe {
            gemm(
                BY_ROWS,
                transpose(shape.a),
                transpose(shape.b),
                int(m),
                int(n),
                int(k),
                <T as Scalar>::ONE,
                a.as_ptr(),
                int(lda),
                b.as_ptr(),
                int(ldb),
                <T as Scalar>::ZERO,
                c.as_mut_ptr(),
                int(ldc),
            );
        }
    }
}

#[cfg(feature = "rten")]
mod rten {
    use std::any::Any;

    use chainrule_bench::operands::Operands;
    use chainrule_bench::rounds::Candidate;
    use chainrule_bench::shapes::Shape;
    use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
    use rten_tensor::NdTensorView;

    use super::Rivals;
    use crate::held::Field;

    /// It knows f32 alone, a C without gaps between its rows, and cannot be held; its threads are rayon's.
    pub(super) fn candidate<T: Rivals>(field: Field, shape: &Shape) -> Option<Candidate<T>> {
        let executor = GemmExecutor::<f32>::new();
        let run = move |operands: &mut Operands<T>| {
            let operands: &mut dyn Any = operands;
            multiply(&executor, operands.downcast_mut().expect("asked for f32 alone"));
        };
        let knows = T::ELEMENT == super::Element::F32 && shape.ldc == shape.n && field.isa.is_none();
        knows.then(|| Candidate::new("rten-gemm", run))
    }

    fn multiply(executor: &GemmExecutor<f32>, operands: &mut Operands<f32>) {
        let ((rsa, csa), (rsb, csb)) = (operands.a_strides(), operands.b_strides());
        let Operands { shape: Shape { m, n, k, .. }, a, b, c, .. } = operands;
        let view = |data, sizes, strides| {
            NdTensorView::from_slice_with_strides(sizes, data, strides).expect("strides within the slice")
        };
        let (a, b) = (view(a.as_slice(), [*m, *k], [rsa, csa]), view(b.as_slice(), [*k, *n], [rsb, csb]));
        let (a, b) = (GemmInputA::Unpacked(a), GemmInputB::Unpacked(b));
        executor.gemm(c, a, b, GemmOptions::default()).expect("sizes that agree");
    }
}

/// A loop of as many steps as it is told, each of [`CHAINS`] multiply-adds of full vectors.
pub(crate) fn multiply_adds(isa: Isa, element: Element) -> fn(u64) {
    assert!(isa.is_available(), "this CPU lacks {}", isa.name());
    match (isa, element) {
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx512 | Isa::Avx2, _) => x86::multiply_adds(isa, element),
        (_, Element::F32) => portable::<f32, 4>,
        (_, Element::F64) => portable::<f64, 2>,
    }
}

/// Vectors of 16 bytes, multiplied and then added: what any target has.
fn portable<T: Scalar, const LANES: usize>(steps: u64) {
    let (x, y) = (black_box([T::from_f64(0.5); LANES]), black_box([T::ONE; LANES]));
    let mut chains = [[T::ZERO; LANES]; CHAINS];
    for _ in 0..steps {
        for chain in &mut chains {
            for lane in 0..LANES {
                chain[lane] = chain[lane] * x[lane] + y[lane];
            }
        }
    }
    black_box(chains);
}

/// Reads everything once, with the widest loads that the CPU has.
pub(crate) fn loads(data: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    return x86::loads(data);
    #[cfg(not(target_arch = "x86_64"))]
    return sum::<32>(data);
}

/// In `LANES` sums side by side.
#[inline(always)]
fn sum<const LANES: usize>(data: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for chunk in data.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    sums.iter().sum()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    use super::{CHAINS, Element, Isa, sum};

    macro_rules! multiply_adds {
        ($name:ident, $feature:literal, $set1:ident, $fmadd:ident) => {
            #[target_feature(enable = $feature)]
            fn $name(steps: u64) {
                let (x, y) = ($set1(black_box(0.5)), $set1(black_box(1.0)));
                let mut chains = [$set1(black_box(0.0)); CHAINS];
                for _ in 0..steps {
                    for chain in &mut chains {
                        *chain = $fmadd(*chain, x, y);
                    }
                }
                black_box(chains);
            }
        };
    }
    multiply_adds!(f32_avx2, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps);
    multiply_adds!(f64_avx2, "avx2,fma", _mm256_set1_pd, _mm256_fmadd_pd);
    multiply_adds!(f32_avx512, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps);
    multiply_adds!(f64_avx512, "avx512f", _mm512_set1_pd, _mm512_fmadd_pd);

    pub(super) fn multiply_adds(isa: Isa, element: Element) -> fn(u64) {
        // SAFETY, of all four: `super::multiply_adds`, the only caller, asserts `Isa::is_available`, which asks the CPU
        // for just these features; the loops touch no memory.
        match (isa, element) {
            // SAFETY: see above.
            (Isa::Avx512, Element::F32) => |steps| unsafe { f32_avx512(steps) },
            // SAFETY: see above.
            (Isa::Avx512, Element::F64) => |steps| unsafe { f64_avx512(steps) },
            // SAFETY: see above.
            (_, Element::F32) => |steps| unsafe { f32_avx2(steps) },
            // SAFETY: see above.
            (_, Element::F64) => |steps| unsafe { f64_avx2(steps) },
        }
    }

    /// By hand: the compiler prefers vectors of 32 bytes even where it may use 64.
    #[target_feature(enable = "avx512f")]
    fn sum_avx512(data: &[f32]) -> f32 {
        let mut sums = [_mm512_setzero_ps(); 8];
        for chunk in data.as_chunks::<16>().0.as_chunks::<8>().0 {
            for (sum, vector) in sums.iter_mut().zip(chunk) {
                // SAFETY: `vector` is a borrowed array of 16 floats, 64 bytes, and the load asks for no alignment.
                *sum = _mm512_add_ps(*sum, unsafe { _mm512_loadu_ps(vector.as_ptr()) });
            }
        }
        sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
    }

    #[target_feature(enable = "avx2")]
    fn sum_avx2(data: &[f32]) -> f32 {
        sum::<64>(data)
    }

    pub(super) fn loads(data: &[f32]) -> f32 {
        if Isa::Avx512.is_available() {
            // SAFETY: `is_available` asked the CPU for avx512f; the rest of the function is safe code.
            unsafe { sum_avx512(data) }
        } else if Isa::Avx2.is_available() {
            // SAFETY: as above, for avx2.
            unsafe { sum_avx2(data) }
        } else {
            sum::<32>(data)
        }
    }
}

#[cfg(test)]
mod tests {
    use chainrule_bench::rounds::verify;
    use chainrule_bench::shapes::table;

    use super::*;

    #[test]
    fn every_rival_is_right_on_shapes_of_every_group() {
        // One odd shape a group at least; the report verifies each on what it times.
        let names =
            ["32", "f64 64", "16-10 b8 dw", "128-10 b8 dx", "3x256x512", "128x11x512", "45", "64 ld 80", "64 tt"];
        let named = |name: &str| table().into_iter().find(|shape: &Shape| shape.name == name).unwrap();
        let held = Some(Isa::Avx2).filter(|isa| isa.is_available());
        for shape in names.map(named) {
            for (threads, isa) in [(1, None), (2, None), (1, held), (2, held)] {
                let field = Field { threads, isa };
                match shape.element {
                    Element::F32 => assert_eq!(verify::<f32>(&shape, &mut f32::rivals(field, &shape)), Ok(())),
                    Element::F64 => assert_eq!(verify::<f64>(&shape, &mut f64::rivals(field, &shape)), Ok(())),
                }
            }
        }
    }

    #[test]
    #[cfg(any(feature = "openblas", feature = "blis"))]
    fn a_library_that_is_missing_is_told_with_its_command() {
        let wrong = c::load("CHAINRULE_NO_SUCH_LIBRARY", &["libno-such.so"], "apt-get install x").unwrap_err();
        assert!(wrong.contains("libno-such.so") && wrong.contains("To install it: apt-get install x; or"), "{wrong}");
        for missing in LIBRARIES.iter().filter_map(|library| library.as_ref().err()) {
            assert!(missing.contains("apt-get install lib"), "{missing}");
        }
    }

    #[test]
    #[cfg(any(feature = "openblas", feature = "blis"))]
    fn a_library_that_gives_a_wrong_answer_is_refused() {
        for library in LIBRARIES.iter().flatten() {
            let shape = table().into_iter().find(|shape| shape.name == "64 tt").unwrap();
            let wrong = Candidate::new("wrong", |operands: &mut Operands<f32>| {
                std::mem::swap(&mut operands.a, &mut operands.b);
                cblas(library.sgemm, operands);
                std::mem::swap(&mut operands.a, &mut operands.b);
            });
            assert!(verify(&shape, &mut [wrong]).unwrap_err().starts_with("wrong on 64 tt"));
        }
    }

    #[test]
    fn every_instruction_set_has_a_peak() {
        for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
            let peak = crate::probe::peak(isa, Element::F32, 1);
            assert!(peak > 0.1, "{}: {peak} GFLOP/s", isa.name());
        }
    }

    #[test]
    fn loads_read_everything() {
        assert_eq!(loads(&[1.0; 1280]), 1280.0);
    }
}
