//! A record: what one run of the report measured, as JSON lines. The first line says on what and how, every other one
//! holds a product, or a training step. Times are in ns a call, rates in GFLOP/s, ratios are a rival's time over ours:
//! above 1 we are faster.

use serde::{Deserialize, Serialize};

use crate::caches::Caches;
use crate::family::Family;
use crate::operands::copies;
use crate::rounds::Rounds;
use crate::shapes::{Element, Shape, Stored};
use crate::steps::record::MeasuredStep;
use crate::timing::short;

pub use crate::timing::Timing;

/// The machine, the code, and the limits that the machine showed before the first product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The commit that was measured, `-dirty` behind it when files had changed.
    pub commit: String,
    /// `rustc -V`.
    pub rustc: String,
    /// When the run began, UTC, as `2026-11-23T06:30:00Z`.
    pub date: String,
    /// What to type for another such record.
    pub command: String,
    /// The processor's name for itself, with family and model.
    pub cpu: String,
    /// The cap on instruction sets; `None` if every candidate could use all that the CPU has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isa: Option<String>,
    /// Processors that the process may use.
    pub cores: usize,
    /// Threads that every candidate was given.
    pub threads: usize,
    /// Our kernels, f32 and f64.
    pub kernels: [String; 2],
    /// Whether the kernels and caches are the CPU's; otherwise the user named either.
    pub kernels_by_default: bool,
    /// The caches that our blocks are for, as `CHAINRULE_CACHES` names them; older records do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caches: Option<String>,
    /// The load average of the last minute when the run began, where the system tells.
    pub load: Option<f64>,
    /// The rivals beyond the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
    /// The rivals that are timed.
    pub rivals: Vec<Rival>,
    /// The most that each instruction set gave, in registers alone.
    pub peaks: Vec<Peak>,
    /// The most that each level of memory gave.
    pub memory: Vec<Memory>,
}

/// A rival and its version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rival {
    /// The crate's name, or the library's.
    pub name: String,
    /// From `Cargo.lock`; of a library of C its own word, and the processor that it takes this one for.
    pub version: String,
    /// In a capped run, how this rival is capped.
    #[serde(rename = "held", default, skip_serializing_if = "Option::is_none")]
    pub isa_cap: Option<IsaCap>,
}

/// The setting that keeps a rival from wider instruction sets, and the proof that it works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IsaCap {
    /// The setting.
    pub by: String,
    /// The most that it reached of that instruction set's peak, in percent, on the square of 256: f32, f64. With wider
    /// vectors it would be nearer to 200 than to 100, without any nearer to 25.
    pub percent_of_peak: [f64; 2],
}

/// Fused multiply-adds that never leave the registers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// Of the numbers.
    pub element: Element,
    /// `avx512`, `avx2`, `portable`: as in the kernels' names.
    pub isa: String,
    /// Side by side.
    pub threads: usize,
    /// All threads together.
    pub gflops: f64,
}

/// How fast one thread reads, or for `triad` reads two and writes one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// `L1`, `L2`, `L3`, `triad`.
    pub level: String,
    /// Bytes gone over.
    pub bytes: usize,
    /// 10^9 bytes a second.
    pub gb_per_s: f64,
}

/// One product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Its name in the table of shapes.
    pub case: String,
    /// Its part of that table.
    pub group: String,
    /// Of the numbers.
    pub element: Element,
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// How A lies in memory.
    pub a: Stored,
    /// How B lies in memory.
    pub b: Stored,
    /// Leading dimensions of A, B and C.
    pub ld: [usize; 3],
    /// Where every call finds another B: how many there are, and the size of the last-level cache that they outgrow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold: Option<Cold>,
    /// The peak of our kernel's instruction set, the mean of just before and just after.
    pub peak: f64,
    /// Whether those two agreed within 3 %, and ours with ours within 5 %, if need be at the third attempt.
    pub steady: bool,
    /// Rounds, in each of which every candidate was timed.
    pub rounds: usize,
    /// Ours.
    pub ours: Timing,
    /// Ours against ours, timed as if it were a rival: how far from 1 is noise.
    pub again: f64,
    /// The rivals.
    pub rivals: Vec<Timing>,
}

/// How B was kept out of the caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cold {
    /// Of B, gone through in turn.
    pub copies: usize,
    /// Bytes.
    pub last_cache: usize,
    /// Whether the system told that size; otherwise it is assumed.
    pub told: bool,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub enum Line {
    /// The first.
    Header(Box<Header>),
    /// A product.
    Case(Box<Measured>),
    /// A training step or a prediction.
    Step(Box<MeasuredStep>),
}

/// A whole file.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its first line.
    pub header: Header,
    /// Products.
    pub cases: Vec<Measured>,
    /// Training steps and predictions, which have a file of their own.
    pub steps: Vec<MeasuredStep>,
}

impl Header {
    /// The family of the processor.
    pub fn family(&self) -> Family {
        Family::of(&self.cpu)
    }

    /// Of one thread, with the CPU's own choice of kernels and the usual rivals.
    pub fn is_comparable(&self) -> bool {
        self.threads == 1 && self.kernels_by_default && self.isa.is_none() && self.with.is_empty()
    }
}

impl Measured {
    /// From the rounds of ours (candidate 0), ours again (candidate 1) and the rivals.
    pub fn new(shape: &Shape, rounds: &Rounds, names: &[String], peak: f64, steady: bool) -> Self {
        let timing = |who: usize| Timing::new(&names[who], rounds, who, shape.flops(), peak);
        let Shape { group, ref name, element, m, n, k, a, b, lda, ldb, ldc, cold: _ } = *shape;
        let (case, group, ld) = (name.clone(), group.to_owned(), [lda, ldb, ldc]);
        let (ours, again) = (timing(0), timing(1).ratio[1]);
        let rivals = (2..names.len()).map(timing).collect();
        let caches = Caches::of_this_machine();
        let cold = copies(shape).map(|copies| Cold { copies, last_cache: caches.last(), told: caches.told });
        let (peak, rounds) = (short(peak), rounds.count());
        Measured { case, group, element, m, n, k, a, b, ld, cold, peak, steady, rounds, ours, again, rivals }
    }

    /// The fastest of the others.
    pub fn best_rival(&self) -> Option<&Timing> {
        self.rivals.iter().min_by(|a, b| a.ratio[1].total_cmp(&b.ratio[1]))
    }
}

impl Record {
    /// Reads what a run wrote.
    ///
    /// # Errors
    /// Which line is not of a record, or that there is no header.
    pub fn parse(text: &str) -> Result<Record, String> {
        let (mut header, mut cases, mut steps) = (None, Vec::new(), Vec::new());
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str(line).map_err(|error| format!("line {}: {error}", index + 1))? {
                Line::Header(_) if header.is_some() => return Err(format!("line {}: a second header", index + 1)),
                Line::Header(line) => header = Some(*line),
                Line::Case(case) => cases.push(*case),
                Line::Step(step) => steps.push(*step),
            }
        }
        Ok(Record { header: header.ok_or("no header: it is the first line of a record")?, cases, steps })
    }
}

impl Line {
    /// As it stands in the file, without the line's end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a record holds nothing that JSON lacks")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record of two products, one won and one lost.
    pub(crate) fn sample() -> Record {
        let rival = |name: &str| Rival { name: name.into(), version: "0.1.2".into(), isa_cap: None };
        let header = Header {
            commit: "0123456789abcdef".into(),
            rustc: "rustc 1.95.0".into(),
            date: "2026-11-23T06:30:00Z".into(),
            command: "scripts/bench".into(),
            cpu: "A CPU".into(),
            isa: None,
            cores: 2,
            threads: 1,
            kernels: ["f32_14x32_avx512".into(), "f64_14x16_avx512".into()],
            kernels_by_default: true,
            caches: Some("48K:12,1M:16,32M:16:8".into()),
            with: Vec::new(),
            load: Some(0.25),
            rivals: vec![rival("gemm"), rival("faer")],
            peaks: vec![Peak { element: Element::F32, isa: "avx512".into(), threads: 1, gflops: 250.0 }],
            memory: vec![Memory { level: "L1".into(), bytes: 24576, gb_per_s: 400.0 }],
        };
        let timing = |name: &str, ratio: f64| Timing {
            name: name.into(),
            ns: [900.0, 1000.0, 1100.0, 890.0].map(|ns| ns * ratio),
            gflops: 200.0 / ratio,
            percent_of_peak: 80.0 / ratio,
            ratio: [ratio - 0.1, ratio, ratio + 0.1],
        };
        let case = |name: &str, gemm: f64, faer: f64| Measured {
            case: name.into(),
            group: "squares".into(),
            element: Element::F32,
            m: 64,
            n: 64,
            k: 64,
            a: Stored::Rows,
            b: Stored::Columns,
            ld: [64, 64, 64],
            cold: None,
            peak: 250.0,
            steady: true,
            rounds: 100,
            ours: timing("f32_14x32_avx512", 1.0),
            again: 1.01,
            rivals: vec![timing("gemm", gemm), timing("faer", faer)],
        };
        Record { header, cases: vec![case("64", 2.0, 4.0), case("256", 1.25, 0.5)], steps: Vec::new() }
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let mut record = sample();
        record.cases[1].cold = Some(Cold { copies: 160, last_cache: 32 << 20, told: true });
        let mut lines = vec![Line::Header(Box::new(record.header.clone())).to_json()];
        lines.extend(record.cases.iter().map(|case| Line::Case(Box::new(case.clone())).to_json()));
        assert!(lines.iter().all(|line| !line.contains('\n')));
        assert_eq!(Record::parse(&lines.join("\n")), Ok(record));
    }

    #[test]
    fn what_rivals_are_held_to_reads_back() {
        let mut record = sample();
        record.header.isa = Some("avx2".into());
        record.header.with = vec!["openblas".into()];
        record.header.rivals[0].isa_cap = Some(IsaCap { by: "SOME_ISA=fma".into(), percent_of_peak: [93.5, 92.0] });
        let text = Line::Header(Box::new(record.header.clone())).to_json();
        assert_eq!(Record::parse(&text).unwrap().header, record.header);
    }

    #[test]
    fn a_broken_line_is_named() {
        let record = sample();
        let header = Line::Header(Box::new(record.header)).to_json();
        assert!(Record::parse(&format!("{header}\n{{\"record\":\"case\"}}\n")).unwrap_err().starts_with("line 2: "));
        assert!(Record::parse(&format!("{header}\n{header}\n")).unwrap_err().contains("second header"));
        assert!(Record::parse("").unwrap_err().contains("no header"));
    }

    #[test]
    fn the_best_rival_is_the_one_with_the_least_time() {
        let names = |case: &Measured| case.best_rival().unwrap().name.clone();
        assert_eq!(sample().cases.iter().map(names).collect::<Vec<_>>(), ["gemm", "faer"]);
    }
}
