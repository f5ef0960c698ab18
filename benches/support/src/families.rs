//! Several families of processors side by side, each by its newest records, as tables for the README.

use crate::family::Family;
use crate::record::{Header, Record, Timing};
use crate::shapes::{Element, SUMMARY};
use crate::steps::candidate::ONE_THREAD;
use crate::steps::jobs::{PREDICTIONS, STEPS};
use crate::steps::record::MeasuredStep;

/// The squares of the table of families.
const SQUARES: [&str; 4] = ["256", "512", "1024", "2048"];
/// A product counts as lost where a rival is faster by more than this share, which is beyond the noise.
const LOST: f64 = 0.05;
/// Jobs of at least this many operations are also listed on two threads; smaller ones run on one.
const FOR_TWO: u64 = 100_000_000;

/// The newest records of one family, each with the CPU's own kernels and the usual rivals.
#[derive(Debug)]
pub struct OfFamily<'a> {
    /// Which it is.
    pub family: Family,
    /// Of products, on one thread.
    pub products: Option<&'a Record>,
    /// Of steps and predictions, on one thread.
    pub steps: Option<&'a Record>,
    /// Of steps and predictions, on two threads.
    pub on_two: Option<&'a Record>,
}

/// By family, in the order of their first records; the records are the oldest first. Families without a comparable record
/// are left out.
pub fn families<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<OfFamily<'a>> {
    let mut families: Vec<OfFamily<'a>> = Vec::new();
    for record in records {
        let header = &record.header;
        let on_two = Header { threads: 1, ..header.clone() }.is_comparable() && header.threads == 2;
        let (of_products, of_steps) = (!record.cases.is_empty(), !record.steps.is_empty());
        if !(header.is_comparable() || on_two && of_steps) {
            continue;
        }
        let family = header.family();
        let at = families.iter().position(|known| known.family == family).unwrap_or_else(|| {
            families.push(OfFamily { family, products: None, steps: None, on_two: None });
            families.len() - 1
        });
        let known = &mut families[at];
        match (on_two, of_products, of_steps) {
            (true, _, true) => known.on_two = Some(record),
            (false, true, _) => known.products = Some(record),
            (false, _, true) => known.steps = Some(record),
            _ => {}
        }
    }
    families
}

/// Tables of all families: products, the README's among them one by one, steps and predictions.
pub fn side_by_side(families: &[OfFamily<'_>]) -> String {
    let products: Vec<_> = families.iter().filter_map(|of| Some((of, of.products?))).collect();
    let steps: Vec<_> = families.iter().filter_map(|of| Some((of, of.steps?))).collect();
    let mut text = String::new();
    if !products.is_empty() {
        text += "\nEach family of processors by its newest record, on one thread: the f32 kernel, the peak of its instruction set, f32 \
                 squares in % of that peak, all products against the fastest rival of each (geometric mean), and how many are lost by \
                 more than 5 %:\n\n";
        text += &overview(&products);
    }
    if products.len() > 1 {
        text += "\nProduct by product, in % of the peak and against the fastest rival:\n\n";
        text += &by_product(&products);
    }
    if !steps.is_empty() {
        text += "\nTraining steps and predictions: microseconds, % of the peak, and the fastest rival's time over ours; on two threads \
                 our time on one over that on two.";
        if steps.iter().any(|(_, record)| record.steps.iter().any(|step| step.precision.is_some())) {
            text += " Our weights of bf16, f16 and int8 stand against rivals with weights of f32.";
        }
        text += "\n\n";
        text += &by_job(&steps);
    }
    text
}

/// The day and the commit.
fn when(header: &Header) -> String {
    let (date, commit) = (header.date.split('T').next().unwrap_or_default(), &header.commit);
    format!("{date}, {}", commit.get(..10).unwrap_or(commit))
}

/// What the f32 kernel's instruction set gave in registers on one thread, in GFLOP/s.
fn peak(header: &Header) -> Option<f64> {
    let mut peaks = header.peaks.iter().filter(|peak| peak.element == Element::F32 && peak.threads == 1);
    peaks.find(|peak| header.kernels[0].ends_with(&peak.isa)).map(|peak| peak.gflops)
}

fn overview(products: &[(&OfFamily<'_>, &Record)]) -> String {
    let mut text = format!("| processor | kernel | GFLOP/s | {} | best rival | lost | record |\n", SQUARES.join(" | "));
    text += &format!("|---|---|--:|{}--:|--:|---|\n", "--:|".repeat(SQUARES.len()));
    for (of, record) in products {
        let squares = SQUARES.map(|name| {
            let case = record.cases.iter().find(|case| case.case == name);
            case.map_or("-".to_owned(), |case| format!("{:.0} %", case.ours.percent_of_peak))
        });
        let (mean, count) = record.against_the_best();
        text += &format!(
            "| {} | `{}` | {} | {} | {mean:.2}x | {} of {count} | {} |\n",
            of.family.name,
            record.header.kernels[0],
            peak(&record.header).map_or("-".to_owned(), |peak| format!("{peak:.0}")),
            squares.join(" | "),
            record.lost_by(LOST).len(),
            when(&record.header),
        );
    }
    text
}

/// A row of cells, one for each record.
fn row(first: &str, records: &[(&OfFamily<'_>, &Record)], cell: impl Fn(&OfFamily<'_>, &Record) -> String) -> String {
    let cells: Vec<String> = records.iter().map(|(of, record)| cell(of, record)).collect();
    format!("| {first} | {} |\n", cells.join(" | "))
}

fn by_product(products: &[(&OfFamily<'_>, &Record)]) -> String {
    let mut text = row("", products, |of, _| of.family.name.clone());
    text += &format!("|---|{}\n", "--:|".repeat(products.len()));
    let measured =
        |name: &&&str| products.iter().any(|(_, record)| record.cases.iter().any(|case| case.case == **name));
    for name in SUMMARY.iter().filter(measured) {
        text += &row(name, products, |_, record| {
            let Some(case) = record.cases.iter().find(|case| case.case == *name) else { return "-".to_owned() };
            let best = case.best_rival().map_or(String::new(), |best| format!(", {:.2}x", best.ratio[1]));
            format!("{:.0} %{best}", case.ours.percent_of_peak)
        });
    }
    text
}

fn by_job(steps: &[(&OfFamily<'_>, &Record)]) -> String {
    let mut text = row("", steps, |of, record| format!("{}, {}", of.family.name, when(&record.header)));
    text += &format!("|---|{}\n", "--:|".repeat(steps.len()));
    let names = STEPS.iter().map(|job| job.name).chain(PREDICTIONS.iter().map(|job| job.name));
    for name in names {
        let measured = |record: &Record| record.steps.iter().any(|step| step.case == name);
        if steps.iter().any(|(_, record)| measured(record)) {
            text += &row(name, steps, |_, record| cell(record, name, MeasuredStep::best_rival));
        }
        let large = |record: &Record| record.steps.iter().any(|step| step.case == name && step.flops >= FOR_TWO);
        if steps.iter().any(|(of, _)| of.on_two.is_some_and(large)) {
            let two = format!("{name}, 2 threads");
            text +=
                &row(&two, steps, |of, _| of.on_two.map_or("-".to_owned(), |record| cell(record, name, one_thread)));
        }
    }
    text
}

fn one_thread(step: &MeasuredStep) -> Option<&Timing> {
    step.timed.rivals.iter().find(|rival| rival.name == ONE_THREAD)
}

/// `105, 91 %, 1.33x`, the last against this candidate.
fn cell(record: &Record, name: &str, against: impl Fn(&MeasuredStep) -> Option<&Timing>) -> String {
    let Some(step) = record.steps.iter().find(|step| step.case == name) else { return "-".to_owned() };
    let ratio = against(step).map_or(String::new(), |other| format!(", {:.2}x", step.timed.best_ratio(other)));
    let us = step.timed.ours.ns[3] / 1e3;
    let digits = if us < 10.0 { 2 } else { usize::from(us < 100.0) };
    format!("{us:.digits$}, {:.0} %{ratio}", step.best_percent())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample;
    use crate::steps::record::tests::measured;

    /// The sample's products on another processor.
    fn on(cpu: &str) -> Record {
        let mut record = sample();
        record.header.cpu = cpu.to_owned();
        record
    }

    fn steps_on(cpu: &str, threads: usize) -> Record {
        let mut record = on(cpu);
        record.cases.clear();
        record.header.threads = threads;
        record.steps =
            vec![measured("784-512-512-10 b128 adam", 80.0, 1.25, 9.0), measured("784-128-10 b64 sgd", 40.0, 1.5, 9.0)];
        for step in record.steps.iter_mut().filter(|_| threads == 2) {
            let one = Timing { name: ONE_THREAD.into(), ..step.timed.rivals[1].clone() };
            step.timed.rivals.push(one);
        }
        record
    }

    const ZEN_3: &str = "AMD EPYC (family 25, model 1)";
    const ZEN_5: &str = "AMD EPYC (family 26, model 2)";

    #[test]
    fn each_family_is_told_by_its_newest_record() {
        let (mut old, new, mut other) = (on(ZEN_3), on(ZEN_3), on(ZEN_5));
        old.cases[1].ours.percent_of_peak = 1.0;
        other.cases.remove(1);
        let records = [&old, &other, &new];
        let text = side_by_side(&families(records));
        let zen3 =
            "| Zen 3 | `f32_14x32_avx512` | 250 | 80 % | - | - | - | 1.00x | 1 of 2 | 2026-11-23, 0123456789 |\n";
        let zen5 = "| Zen 5 | `f32_14x32_avx512` | 250 | - | - | - | - | 2.00x | 0 of 1 | 2026-11-23, 0123456789 |\n";
        assert!(text.contains(&format!("{zen3}{zen5}")), "{text}");
        assert!(text.contains("|  | Zen 3 | Zen 5 |\n"), "{text}");
        assert!(text.contains("| 64 | 80 %, 2.00x | 80 %, 2.00x |"), "{text}");
        assert!(text.contains("| 256 | 80 %, 0.50x | - |"), "{text}");
        assert!(!text.contains("Training steps"), "{text}");
    }

    #[test]
    fn one_family_has_no_columns_beside_each_other() {
        let record = on(ZEN_3);
        let text = side_by_side(&families([&record]));
        assert!(text.contains("| Zen 3 |") && !text.contains("Product by product"), "{text}");
        assert_eq!(side_by_side(&[]), "");
    }

    #[test]
    fn what_cannot_be_compared_is_left_out() {
        let (mut capped, mut more, mut two) = (on(ZEN_3), on(ZEN_3), on(ZEN_3));
        capped.header.isa = Some("avx2".into());
        more.header.with = vec!["mkl".into()];
        two.header.threads = 2;
        assert!(families([&capped, &more, &two]).is_empty());
    }

    #[test]
    fn large_steps_are_told_on_two_threads_too() {
        let (one, two, other) = (steps_on(ZEN_3, 1), steps_on(ZEN_3, 2), steps_on(ZEN_5, 1));
        let text = side_by_side(&families([&one, &two, &other]));
        assert!(text.contains("|  | Zen 3, 2026-11-23, 0123456789 | Zen 5, 2026-11-23, 0123456789 |"), "{text}");
        let row = text.lines().find(|line| line.starts_with("| 784-512-512-10 b128 adam, 2 threads |")).unwrap();
        assert!(row.ends_with(", 80 %, 9.00x | - |"), "{row}");
        assert!(!text.contains("784-128-10 b64 sgd, 2 threads"), "{text}");
        let row = text.lines().find(|line| line.starts_with("| 784-128-10 b64 sgd |")).unwrap();
        assert!(row.ends_with(", 40 %, 1.50x |"), "{row}");
        assert!(!text.contains("bf16"), "{text}");
    }

    #[test]
    fn narrow_weights_are_told_where_they_were_measured() {
        let mut record = steps_on(ZEN_3, 1);
        record.steps.push(measured("784-512-512-10 b1 predict bf16", 40.0, 2.0, 9.0));
        let text = side_by_side(&families([&record]));
        assert!(text.contains("weights of bf16") && text.contains("| 784-512-512-10 b1 predict bf16 | "), "{text}");
    }
}
