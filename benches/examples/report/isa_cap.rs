//! Runs in which every candidate is limited to one instruction set, so that kernels are compared and not instruction
//! sets: the setting that caps each rival, a check that it is in force, and a check that the rival's speed agrees.
//!
//! `scripts/bench --isa avx2` makes the settings: some must be there when a rival is compiled, others before the
//! process starts.

use chainrule_bench_support::record::{IsaCap, Measured, Rival};
use chainrule_bench_support::rounds::{Candidate, measure, verify};
use chainrule_bench_support::shapes::{Element, table};

use crate::field::Field;
use crate::isa::Isa;
use crate::probe::peak;
use crate::rivals::Rivals;

/// Percent of the peak that no candidate reaches without wider vectors, including the noise of clocks.
const TOO_FAST: f64 = 115.0;
/// Percent of the peak below which a rival, on that square, does not use vectors that wide: its cap is too low.
const TOO_SLOW: f64 = 50.0;
/// Seconds for all candidates together.
const SECONDS: f64 = 1.0;

/// How one rival is capped at AVX2.
struct Cap {
    rival: &'static str,
    by: &'static str,
    means: Means,
}

enum Means {
    /// Whether the rival was compiled so.
    Compiled(bool),
    /// A variable of the environment and its value.
    Variable(&'static str, &'static str),
    /// See `rivals`.
    ByOurCall,
}

const CAPS: &[Cap] = &[
    // matrixmultiply wants all three: with `fma` alone it falls back to loops without vectors.
    Cap {
        rival: "matrixmultiply",
        by: "MMTEST_FEATURE=avx,avx2,fma when compiled",
        means: Means::Compiled(matches!(option_env!("MMTEST_FEATURE"), Some(features) if !features.is_empty())),
    },
    Cap { rival: "gemm", by: "compiled without x86-v4", means: Means::Compiled(!cfg!(feature = "avx512")) },
    Cap {
        rival: "faer",
        by: "its kernels called with 256-bit vectors where it would choose 512",
        means: Means::ByOurCall,
    },
    Cap { rival: "gemmkit", by: "GEMMKIT_REQUIRE_ISA=fma", means: Means::Variable("GEMMKIT_REQUIRE_ISA", "fma") },
    Cap { rival: "openblas", by: "OPENBLAS_CORETYPE=Haswell", means: Means::Variable("OPENBLAS_CORETYPE", "Haswell") },
    Cap {
        rival: "scipy-openblas",
        by: "OPENBLAS_CORETYPE=Haswell",
        means: Means::Variable("OPENBLAS_CORETYPE", "Haswell"),
    },
    Cap { rival: "mkl", by: "MKL_ENABLE_INSTRUCTIONS=AVX2", means: Means::Variable("MKL_ENABLE_INSTRUCTIONS", "AVX2") },
    Cap { rival: "libxsmm", by: "LIBXSMM_TARGET=hsw", means: Means::Variable("LIBXSMM_TARGET", "hsw") },
    // BLIS counts its architectures: `arch_t` in its bli_type_defs.h.
    Cap { rival: "blis", by: "BLIS_ARCH_TYPE=3 (haswell)", means: Means::Variable("BLIS_ARCH_TYPE", "3") },
];

impl Means {
    fn in_force(&self, field: Field, variable: impl Fn(&str) -> Option<String>) -> bool {
        match self {
            Means::Compiled(so) => *so,
            Means::Variable(name, value) => variable(name).as_deref() == Some(*value),
            Means::ByOurCall => field.isa.is_some(),
        }
    }
}

/// Checks that every setting is in force in a capped run and none in an uncapped run, so that no rival is slowed down
/// by mistake.
pub(crate) fn settings(
    field: Field,
    rivals: &[Rival],
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), String> {
    let takes_part = |cap: &Cap| rivals.iter().any(|rival| rival.name == cap.rival);
    let wrong = |cap: &&Cap| takes_part(cap) && cap.means.in_force(field, &variable) != field.isa.is_some();
    match (CAPS.iter().find(wrong), field.isa) {
        (None, _) => Ok(()),
        (Some(Cap { rival, by, .. }), Some(isa)) => {
            Err(format!("{rival} is not held to {} ({by}): scripts/bench --isa {0} sees to it", isa.name()))
        }
        (Some(Cap { rival, by, .. }), None) => {
            Err(format!("{rival} is held to avx2 ({by}) in a run in which nobody should be"))
        }
    }
}

/// Records the cap of each rival, after its speed on a square shows that it is in force.
pub(crate) fn prove(field: Field, rivals: &mut [Rival]) -> Result<(), String> {
    let Some(isa) = field.isa else { return Ok(()) };
    let field = Field { threads: 1, ..field };
    let percent = [percent_of_peak::<f32>(field, isa)?, percent_of_peak::<f64>(field, isa)?];
    for rival in rivals {
        let reached = |percent: &Vec<(String, f64)>| {
            let found = percent.iter().find(|(name, _)| *name == rival.name);
            found.map_or(f64::NAN, |(_, percent)| *percent)
        };
        let percent_of_peak = [reached(&percent[0]), reached(&percent[1])];
        if let Some(wrong) = percent_of_peak.iter().find(|percent| !(TOO_SLOW..=TOO_FAST).contains(*percent)) {
            let (name, isa) = (&rival.name, isa.name());
            return Err(format!(
                "{name} reaches {wrong:.0} % of the {isa} peak on a square of 256, where {TOO_SLOW} to {TOO_FAST} show \
                 that it is held to that and to no less"
            ));
        }
        let cap = CAPS.iter().find(|cap| cap.rival == rival.name).expect("every rival has its cap");
        rival.isa_cap = Some(IsaCap { by: cap.by.to_owned(), percent_of_peak });
    }
    Ok(())
}

/// The best rate of each rival on the square of 256.
fn percent_of_peak<T: Rivals>(field: Field, isa: Isa) -> Result<Vec<(String, f64)>, String> {
    let name = if T::ELEMENT == Element::F32 { "256" } else { "f64 256" };
    let shape = table().into_iter().find(|shape| shape.name == name).expect("the table has it");
    let mut rivals = T::rivals(field, &shape);
    verify(&shape, &mut rivals)?;
    let before = peak(isa, T::ELEMENT, field.threads);
    let rounds = measure(&shape, &mut rivals, SECONDS);
    let most = before.max(peak(isa, T::ELEMENT, field.threads));
    let percent = |(who, rival): (usize, Candidate<T>)| {
        let gflops = shape.flops() as f64 / rounds.seconds(who)[3] / 1e9;
        (rival.name, (1000.0 * gflops / most).round() / 10.0)
    };
    Ok(rivals.into_iter().enumerate().map(percent).collect())
}

/// Checks that no candidate was faster on a product than the instruction set allows.
pub(crate) fn check(field: Field, case: &Measured) -> Result<(), String> {
    let fastest = std::iter::once(&case.ours).chain(&case.rivals).find(|timing| timing.percent_of_peak > TOO_FAST);
    match (field.isa, fastest) {
        (Some(isa), Some(timing)) => Err(format!(
            "{} reaches {:.0} % of the {} peak on {}: it is not held to it",
            timing.name,
            timing.percent_of_peak,
            isa.name(),
            case.case
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use chainrule_bench_support::record::Timing;
    use chainrule_bench_support::shapes::Stored;

    use super::*;

    const OPEN: Field = Field { threads: 1, isa: None };
    const CAPPED: Field = Field { threads: 1, isa: Some(Isa::Avx2) };

    fn case(percent_of_rival: f64) -> Measured {
        let timing = |name: &str, percent_of_peak| Timing {
            name: name.into(),
            ns: [1.0; 4],
            gflops: percent_of_peak,
            percent_of_peak,
            ratio: [1.0; 3],
        };
        Measured {
            case: "64".into(),
            group: "squares".into(),
            element: Element::F32,
            m: 64,
            n: 64,
            k: 64,
            a: Stored::Rows,
            b: Stored::Rows,
            ld: [64; 3],
            cold: None,
            peak: 100.0,
            steady: true,
            rounds: 5,
            ours: timing("ours", 90.0),
            again: 1.0,
            rivals: vec![timing("gemm", percent_of_rival)],
        }
    }

    #[test]
    fn a_rival_above_the_peak_stops_a_run_that_holds_it() {
        assert_eq!(check(CAPPED, &case(99.0)), Ok(()));
        assert!(check(CAPPED, &case(180.0)).unwrap_err().contains("gemm reaches 180 % of the avx2 peak on 64"));
        assert_eq!(check(OPEN, &case(180.0)), Ok(()));
    }

    fn everyone() -> Vec<Rival> {
        let rival = |candidate: Candidate<f32>| Rival { name: candidate.name, version: String::new(), isa_cap: None };
        f32::rivals(CAPPED, &table()[0]).into_iter().map(rival).collect()
    }

    #[test]
    fn everyone_in_a_capped_run_has_a_cap() {
        for rival in everyone() {
            assert!(CAPS.iter().any(|cap| cap.rival == rival.name), "{}", rival.name);
        }
    }

    #[test]
    #[cfg(feature = "avx512")]
    fn a_setting_that_is_missing_or_left_behind_is_named() {
        // This is built with everything that the rivals have.
        let bare = |_: &str| None;
        assert_eq!(settings(OPEN, &everyone(), bare), Ok(()));
        let wrong = settings(CAPPED, &everyone(), bare).unwrap_err();
        assert!(wrong.starts_with("matrixmultiply is not held to avx2 (MMTEST_FEATURE="), "{wrong}");
        assert_eq!(settings(CAPPED, &[], bare), Ok(()));

        let variable = |name: &str| (name == "GEMMKIT_REQUIRE_ISA").then(|| "fma".to_owned());
        let wrong = settings(OPEN, &everyone(), variable).unwrap_err();
        assert!(wrong.starts_with("gemmkit is held to avx2 (GEMMKIT_REQUIRE_ISA=fma)"), "{wrong}");
        let gemmkit: Vec<Rival> = everyone().into_iter().filter(|rival| rival.name == "gemmkit").collect();
        assert_eq!(settings(CAPPED, &gemmkit, variable), Ok(()));
    }
}
