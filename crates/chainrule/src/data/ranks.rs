//! The numbers of given ranks among many, exactly, without holding them: by counting 16 bits of each in four passes.

use crate::Result;

/// Shows every row to a function that takes one.
pub(crate) type EachRow<'a> = dyn FnMut(&mut dyn FnMut(&[f64])) -> Result<()> + 'a;

/// Bits that a pass tells apart, and passes.
const BITS: u32 = 16;
const PASSES: u32 = 64 / BITS;
const BINS: usize = 1 << BITS;
/// Counts that are held at once: 32 MiB.
const COUNTS: usize = 1 << 23;

/// A number that is looked for.
#[derive(Clone, Copy)]
struct Search {
    /// Its rank among the numbers that begin with the bits that are known.
    rank: u64,
    /// These bits.
    prefix: u64,
}

/// The numbers of these ranks, counted from 0, in each of these columns of the rows that `each` shows: (columns, ranks).
/// NaN is passed over.
///
/// # Errors
/// Those of `each`.
pub(crate) fn select(columns: &[usize], ranks: &[Vec<u64>], each: &mut EachRow<'_>) -> Result<Vec<Vec<f64>>> {
    let most = ranks.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let at_once = (COUNTS / BINS / most).max(1);
    let mut found = Vec::with_capacity(columns.len());
    for (columns, ranks) in columns.chunks(at_once).zip(ranks.chunks(at_once)) {
        let search = |&rank: &u64| Search { rank, prefix: 0 };
        let mut searches: Vec<Vec<Search>> = ranks.iter().map(|ranks| ranks.iter().map(search).collect()).collect();
        for pass in 0..PASSES {
            narrow(columns, &mut searches, 64 - BITS * (pass + 1), each)?;
        }
        found.extend(searches.iter().map(|all| all.iter().map(|search| number(search.prefix)).collect::<Vec<f64>>()));
    }
    Ok(found)
}

/// Tells the next bits, those from `shift` on.
fn narrow(columns: &[usize], searches: &mut [Vec<Search>], shift: u32, each: &mut EachRow<'_>) -> Result<()> {
    let known = |key: u64| if shift + BITS == 64 { 0 } else { key >> (shift + BITS) };
    let mut prefixes: Vec<Vec<u64>> =
        searches.iter().map(|all| all.iter().map(|search| search.prefix).collect()).collect();
    prefixes.iter_mut().for_each(Vec::dedup);
    let mut counts: Vec<Vec<Vec<u32>>> = prefixes.iter().map(|prefixes| vec![vec![0; BINS]; prefixes.len()]).collect();
    each(&mut |cells| {
        for ((&column, prefixes), counts) in columns.iter().zip(&prefixes).zip(&mut counts) {
            let value = cells[column];
            if value.is_nan() {
                continue;
            }
            let key = key(value);
            if let Some(at) = prefixes.iter().position(|prefix| *prefix == known(key)) {
                counts[at][(key >> shift) as usize % BINS] += 1;
            }
        }
    })?;
    for ((searches, prefixes), counts) in searches.iter_mut().zip(&prefixes).zip(&counts) {
        for search in searches {
            let at = prefixes.iter().position(|prefix| *prefix == search.prefix).unwrap_or(0);
            let mut bin = 0;
            while bin + 1 < BINS && search.rank >= u64::from(counts[at][bin]) {
                search.rank -= u64::from(counts[at][bin]);
                bin += 1;
            }
            search.prefix = search.prefix << BITS | bin as u64;
        }
    }
    Ok(())
}

/// A whole number that is in the order of [`f64::total_cmp`].
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn number(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_sorted_numbers() {
        let mut stream = chainrule_model::random::Stream::new(3, chainrule_model::random::Purpose::Synthetic, 0);
        let mut rows: Vec<[f64; 2]> = (0..999).map(|i| [stream.normal() * 1e3, f64::from(i % 7) - 3.0]).collect();
        rows.extend([[-0.0, 0.0], [0.0, -0.0], [f64::MAX, f64::MIN], [f64::NAN, f64::NAN]]);
        let ranks = [vec![0, 250, 251, 500, 501, 1001], vec![0, 1, 400, 500, 900]];
        let found = select(&[1, 0], &[ranks[1].clone(), ranks[0].clone()], &mut |see| {
            rows.iter().for_each(|row| see(row));
            Ok(())
        });
        let found = found.unwrap();
        for (column, found) in [(1, &found[0]), (0, &found[1])] {
            let mut sorted: Vec<f64> = rows[..1002].iter().map(|row| row[column]).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let want: Vec<u64> = ranks[column].iter().map(|&rank| sorted[rank as usize].to_bits()).collect();
            assert_eq!(found.iter().map(|value| value.to_bits()).collect::<Vec<u64>>(), want);
        }
    }
}
