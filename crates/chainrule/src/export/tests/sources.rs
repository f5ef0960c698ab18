//! C and Rust sources, compiled and run.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use chainrule_kernel::Scalar;

use super::cases::model;
use crate::Model;
use crate::export::blueprint::Blueprint;
use crate::export::samples::{columns, predict};
use crate::export::{ExportFormat, ExportOptions};

/// Models in one program, where sums are those of the model: every activation in every place.
const MANY: usize = 65;
/// Models in other programs: every activation.
const SOME: usize = 26;
/// Rows of each.
const ROWS: usize = 40;

/// A model's source, rows for it, and what it predicts for them.
struct Case {
    source: String,
    columns: Vec<Vec<f64>>,
    outputs: Vec<Vec<f64>>,
    has_table: bool,
}

fn case<T: Scalar>(seed: usize, format: ExportFormat, int8: bool) -> Case {
    let model: Model<T> = model(seed);
    // `mills` in capitals is a word of the templates.
    let options = ExportOptions { name: format!("mills_{seed}"), note: "a */ note".to_owned(), int8 };
    let source = String::from_utf8(model.export(format, &options).unwrap()).unwrap();
    let blueprint = Blueprint::of(&model, format, false).unwrap();
    let columns: Vec<Vec<f64>> = (0..ROWS).map(|row| columns(&blueprint, row)).collect();
    let twin = if int8 { model.rounded_to_int8().unwrap() } else { model };
    let outputs = predict(&blueprint, &twin, &columns).unwrap();
    assert_eq!(outputs.len(), ROWS);
    Case { source, columns, outputs, has_table: blueprint.has_table }
}

/// The largest distance of an output from the model's, in units in the last place of the model's largest output.
fn worst(case: &Case, outputs: &[f64], is_double: bool) -> f64 {
    let expected: Vec<f64> = case.outputs.iter().flatten().copied().collect();
    assert_eq!(outputs.len(), expected.len());
    // All outputs may be 0.
    let largest = expected.iter().fold(f64::MIN_POSITIVE, |most: f64, y| most.max(y.abs()));
    let ulp = 2f64.powi(largest.log2().floor() as i32) * if is_double { f64::EPSILON } else { f64::from(f32::EPSILON) };
    let distance = |(a, b): (&f64, &f64)| if a.is_finite() { (a - b).abs() / ulp } else { f64::INFINITY };
    outputs.iter().zip(&expected).map(distance).fold(0.0, f64::max)
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = [&output.stdout[..], &output.stderr].concat();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&text));
    output
}

/// The numbers that a program prints, in hexadecimal bits of f64.
fn printed(output: &Output) -> Vec<f64> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| f64::from_bits(u64::from_str_radix(line, 16).unwrap())).collect()
}

fn check(cases: &[Case], mut outputs: &[f64], is_double: bool, bound: f64) {
    let mut worsts = Vec::new();
    for (seed, case) in cases.iter().enumerate() {
        let count = case.outputs.iter().flatten().count();
        let (here, behind) = outputs.split_at(count);
        outputs = behind;
        worsts.push(worst(case, here, is_double));
        assert!(worsts[seed] <= bound, "model {seed}: {} ulp of the largest output", worsts[seed]);
    }
    let (exact, all) = (worsts.iter().filter(|worst| **worst == 0.0).count(), worsts.len());
    println!("{exact} of {all} equal, worst {} ulp", worsts.iter().fold(0.0, |a: f64, b| a.max(*b)));
}

/// Whether the kernel rounds products and sums apart.
fn is_portable<T: Scalar>() -> bool {
    chainrule_kernel::Kernel::<T>::selected().unwrap().name().contains("portable")
}

/// C compilers that are here; cargo itself needs one where it is `cc`.
fn compilers() -> Vec<&'static str> {
    let is_here =
        |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    let mut found: Vec<&str> = ["gcc", "clang"].into_iter().filter(is_here).collect();
    if found.is_empty() {
        found.extend(["cc"].iter().filter(|name| is_here(name)));
    }
    assert!(!found.is_empty(), "no C compiler: gcc, clang or cc");
    found
}

/// A C program that prints the outputs of all cases for their rows.
fn c_program(cases: &[Case], folder: &Path) {
    let (mut calls, mut includes) = (String::new(), String::new());
    for (seed, case) in cases.iter().enumerate() {
        fs::write(folder.join(format!("m{seed}.c")), &case.source).unwrap();
        let (columns, outputs) = (case.columns[0].len(), case.outputs[0].len());
        let rows: Vec<String> =
            case.columns.iter().flatten().map(|x| if x.is_nan() { "NAN".into() } else { format!("{x:?}") }).collect();
        includes.push_str(&format!("#include \"m{seed}.c\"\n"));
        includes.push_str(&format!("static const mills_{seed}_column rows_{seed}[] = {{{}}};\n", rows.join(",")));
        calls.push_str(&format!(
            "{{ static mills_{seed}_real work[MILLS_{seed}_WORK], y[{outputs}]; int row, i;
for (row = 0; row < {ROWS}; row++) {{ if (mills_{seed}_predict(rows_{seed} + row * {columns}, work, y)) return 1;
for (i = 0; i < {outputs}; i++) say((double)y[i]); }} }}\n"
        ));
    }
    let declare: String = (0..cases.len()).map(|seed| format!("#define MILLS_{seed}_DECLARATIONS\n")).collect();
    let program = format!(
        "{declare}#include <math.h>\n#include <stdio.h>\n#include <inttypes.h>\n{includes}
static void say(double y) {{ union {{ double y; uint64_t bits; }} u; u.y = y; printf(\"%\" PRIx64 \"\\n\", u.bits); }}
int main(void) {{ {calls} return 0; }}\n"
    );
    fs::write(folder.join("main.c"), program).unwrap();
}

fn c_sources_agree<T: Scalar>(models: usize, int8: bool, bound: f64) {
    let cases: Vec<Case> = (0..models).map(|seed| case::<T>(seed, ExportFormat::C, int8)).collect();
    assert!(cases.iter().any(|case| case.has_table));
    let folder = tempfile::tempdir().unwrap();
    c_program(&cases, folder.path());
    let is_plain = is_portable::<T>();
    let plain: Vec<String> = (0..models).map(|seed| format!("-DMILLS_{seed}_PLAIN")).filter(|_| is_plain).collect();
    for compiler in compilers() {
        let gcc = || {
            let mut command = Command::new(compiler);
            command.current_dir(folder.path());
            command.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"]).args(&plain);
            command
        };
        let sources = (0..models).map(|seed| format!("m{seed}.c"));
        run(gcc().args(["-o", "program", "main.c"]).args(sources));
        let outputs = printed(&run(&mut Command::new(folder.path().join("program"))));
        check(&cases, &outputs, T::NAME == "f64", bound);
        // The program that each is by itself, of some.
        for seed in (0..models).step_by(13) {
            run(gcc().args(["-o", "test", &format!("-DMILLS_{seed}_TEST"), &format!("m{seed}.c")]));
            run(&mut Command::new(folder.path().join("test")));
        }
    }
}

#[test]
fn c_sources_predict_what_the_model_predicts_to_4_ulp_of_the_largest_output() {
    c_sources_agree::<f32>(MANY, false, 4.0);
}

#[test]
fn c_sources_of_f64_models_predict_the_same_but_for_rounding() {
    c_sources_agree::<f64>(SOME, false, 64.0);
}

#[test]
fn c_sources_in_eight_bits_predict_what_the_rounded_model_predicts() {
    c_sources_agree::<f32>(SOME, true, 64.0);
}

fn rust_sources_agree<T: Scalar>(models: usize, int8: bool, bound: f64) {
    let cases: Vec<Case> = (0..models).map(|seed| case::<T>(seed, ExportFormat::Rust, int8)).collect();
    let folder = tempfile::tempdir().unwrap();
    let (mut modules, mut calls) = (String::from("#![cfg_attr(not(test), no_std)]\n"), String::new());
    for (seed, case) in cases.iter().enumerate() {
        fs::write(folder.path().join(format!("m{seed}.rs")), &case.source).unwrap();
        modules.push_str(&format!("pub mod m{seed};\n"));
        let row = |row: &Vec<f64>| {
            let cells: Vec<String> =
                row.iter().map(|x| if x.is_nan() { "Column::NAN".into() } else { format!("{x:?}") }).collect();
            format!("[{}]", cells.join(","))
        };
        let rows: Vec<String> = case.columns.iter().map(row).collect();
        calls.push_str(&format!(
            "{{ use models::m{seed}::*; let rows: [[Column; COLUMNS]; {ROWS}] = [{}];
let (mut work, mut y) = ([0.0; WORK], [0.0; OUTPUTS]);
for row in &rows {{ predict(row, &mut work, &mut y).unwrap(); y.iter().for_each(|y| println!(\"{{:x}}\", (*y as f64).to_bits())); }} }}\n",
            rows.join(",")
        ));
    }
    fs::write(folder.path().join("models.rs"), modules).unwrap();
    fs::write(folder.path().join("main.rs"), format!("fn main() {{ {calls} }}\n")).unwrap();
    let rustc = || {
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
        command.current_dir(folder.path()).args(["--edition", "2021", "-D", "warnings"]);
        command
    };
    run(rustc().args(["--crate-type", "rlib", "-C", "opt-level=1", "models.rs"]));
    run(rustc().args(["main.rs", "--extern", "models=libmodels.rlib", "-o", "program"]));
    let outputs = printed(&run(&mut Command::new(folder.path().join("program"))));
    // A Rust source rounds sums as kernels with fused multiply-add do.
    let bound = if is_portable::<T>() { 64.0 } else { bound };
    check(&cases, &outputs, T::NAME == "f64", bound);
    run(rustc().args(["--test", "models.rs", "-o", "tests"]));
    let tests = run(&mut Command::new(folder.path().join("tests")));
    assert!(String::from_utf8_lossy(&tests.stdout).contains(&format!("{models} passed")));
}

#[test]
fn rust_sources_predict_what_the_model_predicts_to_4_ulp_of_the_largest_output() {
    rust_sources_agree::<f32>(MANY, false, 4.0);
}

#[test]
fn rust_sources_of_f64_models_predict_the_same_but_for_rounding() {
    rust_sources_agree::<f64>(SOME, false, 64.0);
}

#[test]
fn rust_sources_in_eight_bits_predict_what_the_rounded_model_predicts() {
    rust_sources_agree::<f32>(SOME, true, 64.0);
}
