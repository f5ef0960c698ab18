//! The results of measuring a machine, and their text.

use std::fmt;

use serde::Serialize;

/// A record of one machine; see [`measure`](super::measure).
///
/// ```
/// use chainrule::bench::measure;
///
/// let record = measure(std::time::Duration::from_micros(100))?; // too short to tell much
/// assert!(record.peak_gflops > 0.0 && !record.products.is_empty());
/// println!("{record}");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// Of this crate.
    pub version: &'static str,
    /// When it was measured, in UTC: `2026-11-29T06:59:04Z`.
    pub date: String,
    /// The processor's name for itself, or its architecture.
    pub cpu: String,
    /// The caches that blocks are chosen for, as `CHAINRULE_CACHES` names them.
    pub caches: String,
    /// The kernel that computes: element, tile and instruction set.
    pub kernel: &'static str,
    /// 10^9 multiplications and additions a second, in registers alone.
    pub peak_gflops: f64,
    /// How fast each level of memory is read.
    pub memory: Vec<Memory>,
    /// Products of matrices.
    pub products: Vec<Timed>,
    /// Training steps: forward, loss, backward, update.
    pub steps: Vec<Timed>,
}

/// How fast one thread reads: in a product of one row.
///
/// ```
/// let memory = chainrule::bench::Memory { level: "L2", bytes: 512 << 10, gb_per_s: 92.5 };
/// assert_eq!(memory.to_string(), "L2 92.5 GB/s");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memory {
    /// `L2`, `L3`, or `memory`.
    pub level: &'static str,
    /// The bytes gone over.
    pub bytes: usize,
    /// 10^9 bytes a second.
    pub gb_per_s: f64,
}

/// The time of a product or of a step.
///
/// ```
/// let step = chainrule::bench::Timed { name: "784-128-10, 64 rows, SGD".into(), us: 105.2, percent_of_peak: 91.4 };
/// assert_eq!(step.to_string(), "784-128-10, 64 rows, SGD                     105.2 us    91 %");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timed {
    /// What is computed.
    pub name: String,
    /// Microseconds.
    pub us: f64,
    /// The products' multiplications and additions, of as many as the peak allows in that time. What else a step does is in its
    /// time and not in its count.
    pub percent_of_peak: f64,
}

/// What large products and steps reach where this crate was tuned, in percent of the peak.
const EXPECTED: f64 = 75.0;

impl Record {
    /// The best share of the peak of any product, and of any step.
    fn best(&self) -> [f64; 2] {
        [&self.products, &self.steps].map(|timed| timed.iter().map(|one| one.percent_of_peak).fold(0.0, f64::max))
    }

    /// What the numbers come to, in one sentence.
    pub fn verdict(&self) -> String {
        let [products, steps] = self.best();
        let reached = format!("products reach {products:.0} % of this core's peak, training steps {steps:.0} %");
        if products.min(steps) >= EXPECTED {
            format!("{reached}: as on the machines that chainrule was tuned on")
        } else {
            format!(
                "{reached}, where {EXPECTED:.0} % are usual: either something else runs here, or this processor is worth a report"
            )
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.1} GB/s", self.level, self.gb_per_s)
    }
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:38} {:>11.1} us {:>5.0} %", self.name, self.us, self.percent_of_peak)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { version, date, cpu, caches, kernel, peak_gflops, .. } = self;
        let memory: Vec<String> = self.memory.iter().map(Memory::to_string).collect();
        writeln!(f, "processor  {cpu}\ncaches     {caches}\nkernel     {kernel}")?;
        writeln!(f, "peak       {peak_gflops:.1} GFLOP/s in f32, one thread\nreading    {}", memory.join(", "))?;
        for (title, timed) in [("product (m x n x k)", &self.products), ("training step", &self.steps)] {
            writeln!(f, "\n{title:38} {:>14} of the peak", "time")?;
            timed.iter().try_for_each(|one| writeln!(f, "{one}"))?;
        }
        write!(f, "\n{}\nchainrule {version}, {date}", self.verdict())
    }
}
