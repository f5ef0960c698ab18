//! The output of a run, and its record.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chainrule_bench_support::record::{Header, Line, Memory, Peak, Record};
use chainrule_bench_support::steps::record::MeasuredStep;

/// What stands for the folder of the processor's family in the name of a record.
const FAMILY: &str = "FAMILY";

/// Writes the record, and makes its folder.
pub(crate) fn write(path: &Path, record: &Record) -> Result<(), String> {
    let Record { header, cases, steps } = record;
    let path = PathBuf::from(path.to_string_lossy().replace(FAMILY, &header.family().folder));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut lines = vec![Line::Header(Box::new(header.clone()))];
    lines.extend(cases.iter().map(|case| Line::Case(Box::new(case.clone()))));
    lines.extend(steps.iter().map(|step| Line::Step(Box::new(step.clone()))));
    let text: String = lines.iter().map(|line| line.to_json() + "\n").collect();
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("record: {}", path.display());
    Ok(())
}

pub(crate) fn beginning(header: &Header) {
    println!("{} on {}, {} thread(s)", header.kernels.join(", "), header.cpu, header.threads);
    if let Some(load) = header.load.filter(|load| *load > 0.5) {
        println!("the load average is {load}: numbers from a busy machine are worth little");
    }
    limits(&header.peaks, &header.memory);
}

pub(crate) fn limits(peaks: &[Peak], memory: &[Memory]) {
    for peak in peaks {
        let element = format!("{:?}", peak.element).to_lowercase();
        println!("peak {element} {:8} {} thread(s) {:8.1} GFLOP/s", peak.isa, peak.threads, peak.gflops);
    }
    for Memory { level, bytes, gb_per_s } in memory {
        println!("{level:5} {:8} KiB {gb_per_s:18.1} GB/s", bytes / 1024);
    }
}

pub(crate) fn step(step: &MeasuredStep) {
    let timed = &step.timed;
    let mut line = format!("{:30} {:10.2} {:5.1} %", step.case, timed.ours.ns[3] / 1e3, step.best_percent());
    for rival in &timed.rivals {
        let _ = write!(line, "  {} {:.2}", rival.name, timed.best_ratio(rival));
    }
    let _ = write!(line, "  (again {:.2})", timed.again);
    println!("{line}{}", if timed.steady { "" } else { "  unsteady" });
}

/// Asked and measured.
pub(crate) fn figures(record: &Record) {
    println!();
    for (case, says, reached) in record.step_figures() {
        println!("{} {case:30} {says}", if reached { "yes" } else { "NO " });
    }
}
