//! Attack on the readers: files with something wrong in them are refused with an error or read whole, without a
//! panic, without more memory than their size and 64 MiB, and each within ten seconds.
//!
//! A few thousand inputs are tried with the tests; `scripts/attack` asks for more by environment variables, all
//! optional: ATTACK_INPUTS how many, over all readers, ATTACK_SEED the seed, ATTACK_SHARE (`0/2`) which of so many
//! shares, ATTACK_READER one reader's name, ATTACK_ONLY the index of one input, ATTACK_KEEP a folder for inputs that
//! are not survived, ATTACK_NOTE a file for the index of the input that is being read.
//!
//! Every input is made from (seed, reader, index) alone, so each can be tried again without the others.

mod bombs;
mod damage;
mod limits;
mod memory;
mod mutate;
mod onnx;
mod oracle;
mod seeds;
mod watch;
mod words;

use flate2::bufread::MultiGzDecoder;
use mutate::{Rng, mutate};
use seeds::{Format, Reader, readers};
use std::cell::RefCell;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use watch::Watch;

/// What a reader may take beside the size of its input.
const SLACK: usize = 64 << 20;
/// Inputs that `cargo test` tries.
const FEW: u64 = 8_000;
/// Of one reader so many violations are told; the others are counted.
const TOLD: usize = 5;

/// Held while memory is measured: the test harness runs tests side by side.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

#[derive(Default)]
struct Counts {
    inputs: u64,
    accepted: u64,
    panics: u64,
    over_memory: u64,
    most_memory: usize,
    longest: Duration,
}

fn number(name: &str, otherwise: u64) -> u64 {
    let parse = |text: String| text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, expected a whole number"));
    std::env::var(name).map_or(otherwise, parse)
}

/// The bytes behind a gzip stream count as the input's, as far as they come.
fn size(format: Format, bytes: &[u8]) -> usize {
    if format != Format::Gzip {
        return bytes.len();
    }
    let (mut decoder, mut buffer, mut length) = (MultiGzDecoder::new(bytes), vec![0; 1 << 16], 0);
    while let Ok(count @ 1..) = decoder.read(&mut buffer) {
        length += count;
    }
    length.max(bytes.len())
}

fn input(reader: &Reader, seed: u64, index: u64) -> Vec<u8> {
    match reader.bombs.get(index as usize) {
        Some(bomb) => bomb.clone(),
        None => mutate(reader, &mut Rng::new(seed, reader.name, index)),
    }
}

/// What is wrong with how the reader took these bytes, if anything is.
fn attempt(reader: &Reader, bytes: &[u8], counts: &mut Counts) -> Option<String> {
    let (before, began) = (memory::start(), Instant::now());
    let outcome = catch_unwind(AssertUnwindSafe(|| (reader.check)(bytes)));
    let taken = memory::peak().saturating_sub(before);
    counts.inputs += 1;
    counts.longest = counts.longest.max(began.elapsed());
    counts.most_memory = counts.most_memory.max(taken);
    match outcome {
        Ok(accepted) => counts.accepted += u64::from(accepted),
        Err(_) => {
            counts.panics += 1;
            return Some(PANIC.take());
        }
    }
    let allowed = SLACK.saturating_add(if taken > SLACK { size(reader.format, bytes) } else { 0 });
    (taken > allowed).then(|| {
        counts.over_memory += 1;
        format!("{taken} bytes of memory for {} of input, expected at most {allowed}", bytes.len())
    })
}

/// Attacks one reader with the inputs of one share and says what was not survived.
fn attack(reader: &Reader, seed: u64, indices: impl Iterator<Item = u64>) -> Vec<String> {
    let (mut counts, mut violations, mut watch) = (Counts::default(), Vec::new(), Watch::new());
    for index in indices {
        let bytes = input(reader, seed, index);
        watch.begin(reader.name, index);
        if let Some(wrong) = attempt(reader, &bytes, &mut counts) {
            let kept = keep(reader, seed, index, &bytes);
            violations.push(format!(
                "{}, seed {seed}, input {index} ({} bytes{kept}): {wrong}",
                reader.name,
                bytes.len()
            ));
        }
        watch.end();
    }
    let Counts { inputs, accepted, panics, over_memory, .. } = counts;
    println!(
        "attack: {:<16} {inputs} inputs, {accepted} accepted, {} refused, {panics} panics, {over_memory} over memory; \
         at most {:.1} MiB, {:.3} s",
        reader.name,
        inputs - accepted - panics,
        counts.most_memory as f64 / f64::from(1 << 20),
        counts.longest.as_secs_f64()
    );
    violations
}

/// Writes the input to ATTACK_KEEP, and says where.
fn keep(reader: &Reader, seed: u64, index: u64, bytes: &[u8]) -> String {
    let Some(folder) = std::env::var_os("ATTACK_KEEP") else { return String::new() };
    let path = std::path::Path::new(&folder).join(format!("{}-{seed}-{index}", reader.name.replace(' ', "-")));
    std::fs::write(&path, bytes).expect("a writable ATTACK_KEEP");
    format!(", {}", path.display())
}

/// Panics are expected here: they are kept for the report, not printed.
fn silence_panics() {
    std::panic::set_hook(Box::new(|info| PANIC.set(info.to_string().replace('\n', " "))));
}

#[test]
fn a_mutated_file_is_refused_or_read_whole() {
    let _alone = alone();
    let (seed, only) = (number("ATTACK_SEED", 1), number("ATTACK_ONLY", u64::MAX));
    let share = std::env::var("ATTACK_SHARE").unwrap_or_else(|_| "0/1".to_owned());
    let (share, shares): (u64, u64) = share
        .split_once('/')
        .and_then(|(share, of)| Some((share.parse().ok()?, of.parse().ok()?)))
        .filter(|(share, of)| share < of)
        .expect("ATTACK_SHARE as 0/2");
    let mut readers = readers();
    if let Ok(name) = std::env::var("ATTACK_READER") {
        readers.retain(|reader| reader.name == name);
    }
    assert!(!readers.is_empty(), "no reader has the name in ATTACK_READER");
    let each = number("ATTACK_INPUTS", FEW) / readers.len() as u64;
    silence_panics();
    let mut told = Vec::new();
    for reader in &readers {
        let violations = match only {
            u64::MAX => attack(reader, seed, (share..each).step_by(shares as usize)),
            only => attack(reader, seed, [only].into_iter()),
        };
        let more = violations.len().saturating_sub(TOLD);
        told.extend(violations.into_iter().take(TOLD));
        told.extend((more > 0).then(|| format!("{}: {more} more", reader.name)));
    }
    drop(std::panic::take_hook());
    assert!(told.is_empty(), "not survived:\n{}", told.join("\n"));
}

#[test]
fn the_same_seed_makes_the_same_inputs() {
    let _alone = alone();
    let (some, again) = (readers(), readers());
    for (a, b) in some.iter().zip(&again) {
        let differ = (0..300).filter(|&index| input(a, 7, index) != input(b, 7, index)).count();
        assert_eq!(differ, 0, "{}", a.name);
        assert!(
            (100..200).any(|index| input(a, 7, index) != input(a, 8, index)),
            "{}: the seed changes nothing",
            a.name
        );
    }
}

#[test]
fn every_good_file_is_accepted() {
    let _alone = alone();
    for reader in readers() {
        for (i, seed) in reader.seeds.iter().enumerate() {
            assert!((reader.check)(&reader.format.join(seed)), "{}, file {i}", reader.name);
        }
    }
}

#[test]
fn a_reader_that_panics_or_takes_too_much_memory_is_caught() {
    let _alone = alone();
    let mut reader = readers().remove(0);
    let mut counts = Counts::default();
    silence_panics();
    reader.check = |_| panic!("on purpose");
    let panicked = attempt(&reader, b"x", &mut counts);
    // Beyond what a thread that ends beside this one may give back meanwhile.
    reader.check = |_| std::hint::black_box(vec![1u8; SLACK + (1 << 16)]).len() > 5;
    let greedy = attempt(&reader, b"x", &mut counts);
    drop(std::panic::take_hook());
    assert!(panicked.unwrap().contains("on purpose"));
    assert!(greedy.unwrap().contains("bytes of memory for 1 of input"));
    assert_eq!((counts.inputs, counts.panics, counts.over_memory), (2, 1, 1));
}
