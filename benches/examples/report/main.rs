//! `scripts/bench` calls this: times our products beside the rivals', writes a record, and makes README and chart of
//! it.
//!
//! An example, not a binary or a benchmark: a bare `cargo run` runs the chainrule command, and a bare
//! `cargo bench` does not take six minutes more.

mod field;
mod header;
mod isa;
mod isa_cap;
mod lock;
mod machine;
mod print;
mod probe;
mod product;
mod rivals;
mod steps;
mod stored;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use chainrule_bench_support::caches::Caches;
use chainrule_bench_support::chart::chart;
use chainrule_bench_support::families::families;
use chainrule_bench_support::record::{Header, IsaCap, Measured, Record, Rival};
use chainrule_bench_support::shapes::{Element, GROUPS, SUMMARY, Shape, table};
use chainrule_bench_support::summary::{readme_section, replace_section};
use chainrule_kernel::KERNEL_VARIABLE;
use clap::{Args, Parser};

use field::Field;
use header::Choices;
use isa::Isa;
use machine::{cores, version};
use product::Bench;
use rivals::Rivals;
use steps::{More, Steps};

/// The rivals that this build has beyond the usual ones.
const WITH: &[&str] = &[
    #[cfg(feature = "openblas")]
    "openblas",
    #[cfg(feature = "scipy-openblas")]
    "scipy-openblas",
    #[cfg(feature = "blis")]
    "blis",
    #[cfg(feature = "mkl")]
    "mkl",
    #[cfg(feature = "libxsmm")]
    "libxsmm",
    #[cfg(feature = "rten")]
    "rten",
];

/// Times our matrix products beside those of other crates.
#[derive(Debug, Parser)]
enum Arguments {
    /// Verifies and times products, prints a line for each, and writes a record.
    Run(Run),
    /// Verifies and times training steps and predictions, prints a line for each, and writes a record.
    Steps(Steps),
    /// Makes the README's section and the chart from the newest record of a folder.
    Render(Render),
    /// Prints the machine's limits and nothing else.
    Probe,
    /// Prints the names of all products.
    List,
}

#[derive(Debug, Args)]
struct Run {
    /// Parts of the table, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(GROUPS))]
    group: Vec<String>,
    /// Products whose name contains this
    #[arg(long)]
    filter: Option<String>,
    /// Only the README's products, with a third of the time for each
    #[arg(long)]
    quick: bool,
    /// Seconds of timing for each product, all candidates together
    #[arg(long)]
    seconds: Option<f64>,
    /// Threads for every candidate (matrixmultiply is timed on one only)
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Limit every candidate to this instruction set: avx2 (needs the settings of scripts/bench --isa)
    #[arg(long, value_parser = ["avx2"])]
    isa: Option<String>,
    /// Additional rivals that this build must have, separated by commas: openblas, scipy-openblas, blis, mkl, libxsmm, rten
    #[arg(long, value_delimiter = ',')]
    with: Vec<String>,
    /// Write the record to this file, FAMILY in its name being the processor's; without it, no record is written
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Render {
    /// The folder of records, each in the folder of its processor's family
    #[arg(long, default_value = "benches/records")]
    records: PathBuf,
    /// The README whose section is replaced
    #[arg(long, default_value = "README.md")]
    readme: PathBuf,
    /// The chart
    #[arg(long, default_value = "benches/records/latest.svg")]
    svg: PathBuf,
}

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Run(run) => run.run(),
        Arguments::Steps(steps) => {
            let none = More { rivals: Vec::new(), steppers: |_, _, _| Vec::new(), predictors: |_, _| Vec::new() };
            steps.run(&none)
        }
        Arguments::Render(render) => render.render(),
        Arguments::Probe => {
            let threads = if cores() == 1 { vec![1] } else { vec![1, cores()] };
            print::limits(&probe::peaks(&threads), &probe::memory());
            Ok(())
        }
        Arguments::List => {
            for Shape { group, name, m, n, k, .. } in table() {
                println!("{group:12} {name:22} {m} x {n} x {k}");
            }
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("report: {wrong}");
            ExitCode::FAILURE
        }
    }
}

impl Run {
    fn shapes(&self) -> Result<Vec<Shape>, String> {
        let mut shapes = table();
        shapes.retain(|shape| {
            let in_group = self.group.is_empty() || self.group.iter().any(|group| group == shape.group);
            let in_filter = self.filter.as_ref().is_none_or(|part| shape.name.contains(part.as_str()));
            in_group && in_filter && (!self.quick || SUMMARY.contains(&shape.name.as_str()))
        });
        if shapes.is_empty() {
            Err("no product has such a name; `list` prints them all".to_owned())
        } else {
            Ok(shapes)
        }
    }

    fn run(&self) -> Result<(), String> {
        let shapes = self.shapes()?;
        let cores = cores();
        if self.threads == 0 || self.threads > cores {
            return Err(format!("{} threads on {cores} processors", self.threads));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build_global();
        pool.map_err(|error| error.to_string())?;
        let field = self.field()?;
        let notes = rivals::libraries(self.threads)?;
        let header = self.header(field)?;
        print::beginning(&header);
        notes.iter().for_each(|note| println!("{note}"));
        for Rival { name, isa_cap, .. } in &header.rivals {
            if let Some(IsaCap { by, percent_of_peak: [f32, f64] }) = isa_cap {
                println!("{name:15} capped by {by}: {f32:.0} % of the peak in f32, {f64:.0} % in f64");
            }
        }

        let seconds = self.seconds.unwrap_or(if self.quick { 0.35 } else { 1.1 });
        let mut bench = Bench::new(field, seconds);
        let mut record = Record { header, cases: Vec::new(), steps: Vec::new() };
        if shapes.iter().any(|shape| shape.cold) {
            let caches = Caches::of_this_machine();
            let source = if caches.told { "as the system says" } else { "as is assumed" };
            let mib = caches.last() >> 20;
            println!("cold weights: copies that outgrow the last-level cache twice, {mib} MiB {source}\n");
        }
        println!("{:22} {:>8} {:>6}  ratio to each rival, above 1 where we are faster", "", "GFLOP/s", "peak");
        for shape in &shapes {
            let case = match shape.element {
                Element::F32 => bench.product::<f32>(shape)?,
                Element::F64 => bench.product::<f64>(shape)?,
            };
            print_case(&case);
            isa_cap::check(field, &case)?;
            record.cases.push(case);
        }
        print_end(&record);
        match &self.out {
            Some(path) => print::write(path, &record),
            None => Ok(()),
        }
    }

    /// What all candidates have in common, and our kernels with them.
    fn field(&self) -> Result<Field, String> {
        let isa = Isa::ALL.into_iter().find(|isa| self.isa.as_deref() == Some(isa.name()));
        let field = Field { threads: self.threads, isa };
        if let Some(isa) = isa.filter(|isa| !isa.is_available()) {
            return Err(format!("this CPU lacks {}", isa.name()));
        }
        if let Some(rival) = self.with.iter().find(|rival| !WITH.contains(&rival.as_str())) {
            return Err(format!("built without {rival}; scripts/bench --with builds what it asks for"));
        }
        Ok(field)
    }

    fn header(&self, field: Field) -> Result<Header, String> {
        let kernels = header::kernels()?;
        if let (Some(isa), Some(kernel)) = (field.isa, kernels.iter().find(|&k| Some(Isa::of_kernel(k)) != field.isa)) {
            return Err(format!("our {kernel} is not of {}; {KERNEL_VARIABLE} chooses another", isa.name()));
        }
        let mut command = "scripts/bench".to_owned();
        if let Some(isa) = field.isa {
            let _ = write!(command, " --isa {}", isa.name());
        } else if let Some(kernel) = header::chosen_kernel() {
            command = format!("{KERNEL_VARIABLE}={kernel} {command}");
        }
        if self.threads > 1 {
            let _ = write!(command, " --threads {}", self.threads);
        }
        if !WITH.is_empty() {
            let _ = write!(command, " --with {}", WITH.join(","));
        }
        let rival = |name: String| Rival {
            version: rivals::library_version(&name).unwrap_or_else(|| version(&name)),
            name,
            isa_cap: None,
        };
        let plain = &table()[0]; // that everyone knows
        let rivals = f32::rivals(field, plain).into_iter().map(|candidate| rival(candidate.name));
        let mut rivals: Vec<Rival> = rivals.collect();
        isa_cap::settings(field, &rivals, |name| std::env::var(name).ok())?;
        isa_cap::prove(field, &mut rivals)?;
        let with = WITH.iter().map(|&rival| rival.to_owned()).collect();
        header::header(Choices { command, threads: self.threads, isa: field.isa, with, rivals })
    }
}

impl Render {
    fn render(&self) -> Result<(), String> {
        let records = stored::records(&self.records)?;
        let (path, record) = stored::newest(&records, &self.records)?;
        let readme = fs::read_to_string(&self.readme).map_err(|error| format!("{}: {error}", self.readme.display()))?;
        let families = families(records.iter().map(|(_, record)| record));
        let section = readme_section(record, &path.to_string_lossy(), &self.svg.to_string_lossy(), &families);
        let readme =
            replace_section(&readme, &section).map_err(|wrong| format!("{}: {wrong}", self.readme.display()))?;
        for (file, text) in [(&self.readme, readme), (&self.svg, chart(record))] {
            fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
            println!("{} made from {}", file.display(), path.display());
        }
        Ok(())
    }
}

fn print_case(case: &Measured) {
    let mut line = format!("{:22} {:8.1} {:5.0} %", case.case, case.ours.gflops, case.ours.percent_of_peak);
    for rival in &case.rivals {
        let _ = write!(line, "  {} {:.2}", rival.name, rival.ratio[1]);
    }
    let _ = write!(line, "  (again {:.2})", case.again);
    println!("{line}{}", if case.steady { "" } else { "  unsteady" });
}

fn print_end(record: &Record) {
    println!();
    for (group, mean, count) in record.by_group() {
        println!("{group:12} {count:4} products, {mean:.3}x the best rival of each");
    }
    let (mean, count) = record.against_the_best();
    println!("{:12} {count:4} products, {mean:.3}x the best rival of each", "all");
    let unsteady = record.cases.iter().filter(|case| !case.steady).count();
    let lost = record.lost();
    let end = if lost.is_empty() { "" } else { ":" };
    println!("{unsteady} unsteady; lost on {} by more than the noise, {:.3}{end}", lost.len(), record.noise());
    for case in lost {
        let best = case.best_rival().expect("lost to someone");
        println!("  {:22} {:.2}x {} (again {:.2})", case.case, best.ratio[1], best.name, case.again);
    }
    println!();
    for (what, says) in record.figures() {
        println!("{what:34} {says}");
    }
}
