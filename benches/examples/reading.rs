//! Reads a text file as a table and says what it took: processor time in seconds, and the most memory in bytes for each number
//! that the table holds. `scripts/bench-reading` runs it beside polars.

use chainrule::data::{Table, TextFormat};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: reading FILE")?;
    let file = std::fs::File::open(&path)?;
    let bytes = file.metadata()?.len();
    let table = Table::parse(&path, file, &TextFormat::default())?;
    // The last number, so that nothing is left out.
    let last = table.number(table.rows() - 1, table.cols() - 1);
    // SAFETY: an `rusage` is numbers alone, of which zeros are some.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is a whole `rusage`, which the call fills.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) }, 0, "getrusage");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    let numbers = (table.rows() * table.cols()) as f64;
    let result = json!({
        "rows": table.rows(),
        "last": last,
        "bytes": bytes,
        "seconds": seconds(usage.ru_utime) + seconds(usage.ru_stime),
        "memory": usage.ru_maxrss as f64 * 1024.0 / numbers,
    });
    println!("{result}");
    Ok(())
}
