//! Ends the process when one input takes too long, and leaves a note of which input is being read, for the case that
//! the process dies. The script that started it reads both.

use std::fs::File;
use std::io::{Seek, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// An input that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(10);
/// The exit code of a process that hung.
const HUNG: i32 = 3;

/// Counts inputs; a watcher that sees the same one for too long ends the process.
static TURN: AtomicU64 = AtomicU64::new(0);
static WATCHER: Once = Once::new();

pub(crate) struct Watch {
    note: Option<File>,
}

impl Watch {
    /// Notes go to the file that ATTACK_NOTE names, if it does.
    pub(crate) fn new() -> Self {
        WATCHER.call_once(|| {
            std::thread::spawn(watch);
        });
        Watch { note: std::env::var_os("ATTACK_NOTE").map(|path| File::create(path).expect("a writable ATTACK_NOTE")) }
    }

    /// This input is read now.
    pub(crate) fn begin(&mut self, reader: &str, index: u64) {
        TURN.fetch_add(1, Ordering::SeqCst);
        if let Some(note) = &mut self.note {
            note.rewind().and_then(|()| writeln!(note, "{index:<20} {reader:<20}")).expect("a writable ATTACK_NOTE");
        }
    }

    /// Between inputs nothing is timed.
    pub(crate) fn end(&mut self) {
        TURN.fetch_add(1, Ordering::SeqCst);
    }
}

fn watch() {
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let turn = TURN.load(Ordering::SeqCst);
        if turn.is_multiple_of(2) || turn != seen {
            (seen, since) = (turn, Instant::now());
        } else if since.elapsed() > LONGEST {
            eprintln!("attack: an input takes longer than {} s", LONGEST.as_secs());
            std::process::exit(HUNG);
        }
    }
}
