//! The first line of a record: the machine, the code, the limits.

use std::fs;

use chainrule_bench_support::record::{Header, Rival};
use chainrule_kernel::{CACHES_VARIABLE, Caches, KERNEL_VARIABLE, Kernel, KernelError};

use crate::isa::Isa;
use crate::machine::{commit, cores, cpu, output};
use crate::probe;

/// The settings of a run.
pub(crate) struct Choices {
    /// `scripts/bench`, and the options that matter.
    pub(crate) command: String,
    pub(crate) threads: usize,
    /// The cap on instruction sets.
    pub(crate) isa: Option<Isa>,
    /// Rivals beyond the usual ones.
    pub(crate) with: Vec<String>,
    pub(crate) rivals: Vec<Rival>,
}

/// Our kernels, f32 and f64.
pub(crate) fn kernels() -> Result<[String; 2], String> {
    let name = |name: Result<&'static str, KernelError>| match name {
        Ok(name) => Ok(name.to_owned()),
        Err(error) => Err(error.to_string()),
    };
    Ok([name(Kernel::<f32>::selected().map(Kernel::name))?, name(Kernel::<f64>::selected().map(Kernel::name))?])
}

/// The kernels that the environment names, if any.
pub(crate) fn chosen_kernel() -> Option<String> {
    std::env::var(KERNEL_VARIABLE).ok().filter(|choice| !choice.is_empty())
}

/// The line.
pub(crate) fn header(choices: Choices) -> Result<Header, String> {
    let Choices { command, threads, isa, with, rivals } = choices;
    let load = fs::read_to_string("/proc/loadavg").ok();
    Ok(Header {
        commit: commit(),
        rustc: output("rustc", &["-V"]),
        date: output("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]),
        command,
        cpu: cpu(),
        isa: isa.map(|isa| isa.name().to_owned()),
        cores: cores(),
        threads,
        kernels: kernels()?,
        kernels_by_default: chosen_kernel().is_none() && std::env::var_os(CACHES_VARIABLE).is_none(),
        caches: Some(Caches::selected().map_err(|error| error.to_string())?.to_string()),
        load: load.and_then(|load| load.split(' ').next().and_then(|first| first.parse().ok())),
        with,
        rivals,
        peaks: probe::peaks(&if threads == 1 { vec![1] } else { vec![1, threads] }),
        memory: probe::memory(),
    })
}
