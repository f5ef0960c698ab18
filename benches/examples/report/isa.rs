//! The instruction sets that kernels and rivals compute with.

use chainrule_bench_support::shapes::Element;

/// The instruction sets, widest first, by the last part of our kernels' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isa {
    Avx512,
    Avx2,
    Portable,
}

impl Isa {
    pub(crate) const ALL: [Isa; 3] = [Isa::Avx512, Isa::Avx2, Isa::Portable];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::Avx2 => "avx2",
            Isa::Portable => "portable",
        }
    }

    /// What a kernel of ours computes with.
    pub(crate) fn of_kernel(name: &str) -> Isa {
        Isa::ALL.into_iter().find(|isa| name.ends_with(isa.name())).unwrap_or(Isa::Portable)
    }

    #[cfg(target_arch = "x86_64")]
    pub(crate) fn is_available(self) -> bool {
        match self {
            Isa::Avx512 => is_x86_feature_detected!("avx512f"),
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Isa::Portable => true,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn is_available(self) -> bool {
        self == Isa::Portable
    }

    /// Numbers in one of its vectors.
    pub(crate) fn lanes(self, element: Element) -> usize {
        let bytes = match self {
            Isa::Avx512 => 64,
            Isa::Avx2 => 32,
            Isa::Portable => 16,
        };
        bytes / if element == Element::F32 { 4 } else { 8 }
    }
}
