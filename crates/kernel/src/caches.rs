//! The caches of this machine, as plain data: what the sizes of blocks follow from (`gemm/block_sizes.rs`).
//!
//! Found once in a process, from the processor itself: cpuid leaf 4 (Intel), 0x8000001D (AMD). Where it tells nothing, or
//! what cannot be (hypervisors do), and on other processors, usual sizes stand in. `CHAINRULE_CACHES=32K:8,1M:16,36M:11`
//! says what they are instead. No file is opened.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::error::KernelError;

/// The environment variable that says what the caches are.
pub const CACHES_VARIABLE: &str = "CHAINRULE_CACHES";

/// One level of the data caches.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::Caches;
///
/// let caches: Caches = "32K:8,1M:16,36M:11:24".parse()?;
/// assert_eq!((caches.l1.bytes, caches.l1.ways, caches.l3.unwrap().cores), (32 << 10, 8, 24));
/// # Ok::<(), chainrule::kernel::KernelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Its size in bytes.
    pub bytes: usize,
    /// Lines of a set.
    pub ways: usize,
    /// Bytes of a line.
    pub line: usize,
    /// Cores that share it.
    pub cores: usize,
}

/// The data caches of one core.
///
/// As text: the levels with commas between them, each BYTES:WAYS or BYTES:WAYS:CORES, bytes with K or M for KiB or MiB.
/// Without CORES the third level is shared by 8, the others by none. Two levels where there is no third.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::Caches;
///
/// println!("this machine's caches: {}", Caches::selected()?);
/// let caches: Caches = "48K:12,1M:16,32M:16".parse()?;
/// assert_eq!(caches.to_string(), "48K:12,1M:16,32M:16:8");
/// assert!("48K,1M".parse::<Caches>().is_err());
/// # Ok::<(), chainrule::kernel::KernelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caches {
    /// The first level.
    pub l1: Level,
    /// The second level.
    pub l2: Level,
    /// The third level, where there is one.
    pub l3: Option<Level>,
}

/// Cores that share a third level, where nothing says how many.
const SHARERS: usize = 8;

/// Where the processor tells nothing: sizes that most of today's have at least, and the ones that were measured most.
const USUAL: Caches = Caches {
    l1: Level { bytes: 32 << 10, ways: 8, line: 64, cores: 1 },
    l2: Level { bytes: 1 << 20, ways: 16, line: 64, cores: 1 },
    l3: Some(Level { bytes: 32 << 20, ways: 16, line: 64, cores: SHARERS }),
};

/// What a level may be: bytes at least and at most, for one core.
const BOUNDS: [(usize, usize); 3] = [(4 << 10, 1 << 20), (64 << 10, 1 << 30), (256 << 10, 1 << 40)];

impl Caches {
    /// The caches that this process computes for: those of `CHAINRULE_CACHES`, otherwise those that the processor tells.
    /// Decided at the first call. Speed depends on them, no result does.
    ///
    /// # Errors
    /// When the variable holds something else than caches.
    pub fn selected() -> Result<&'static Caches, KernelError> {
        static CHOICE: OnceLock<Result<Caches, KernelError>> = OnceLock::new();
        let choose = || match std::env::var(CACHES_VARIABLE).unwrap_or_default().trim() {
            "" => Ok(Caches::found()),
            text => text.parse(),
        };
        CHOICE.get_or_init(choose).as_ref().map_err(Clone::clone)
    }

    /// What the processor tells, and usual sizes for what it does not. Where cores differ, those of the one that this runs on.
    pub fn found() -> Caches {
        processor::told().map_or(USUAL, Caches::sane)
    }

    /// The bytes of the second level for each of its cores.
    pub(crate) fn l2_of_a_core(&self) -> usize {
        self.l2.bytes / self.l2.cores
    }

    /// The bytes of the third level for each of its cores; where there is none, of the second.
    pub(crate) fn last_of_a_core(&self) -> usize {
        self.l3.map_or(self.l2_of_a_core(), |l3| l3.bytes / l3.cores)
    }

    /// With usual levels in place of what cannot be.
    fn sane(told: [Option<Level>; 3]) -> Caches {
        let usual = [USUAL.l1, USUAL.l2, USUAL.l3.unwrap_or(USUAL.l2)];
        let level = |at: usize| told[at].filter(|level| fault(level, at).is_none());
        let (l1, l2) = (level(0).unwrap_or(usual[0]), level(1).unwrap_or(usual[1]));
        // A third level with impossible sizes is replaced by the usual one; one that is not reported does not exist.
        let l3 = told[2].map(|_| level(2).unwrap_or(usual[2])).filter(|l3| l3.bytes > l2.bytes / l2.cores);
        Caches { l1, l2: if l2.bytes > l1.bytes { l2 } else { usual[1] }, l3 }
    }
}

/// What is wrong with a level, the first being 0.
fn fault(level: &Level, at: usize) -> Option<&'static str> {
    let (least, most) = BOUNDS[at];
    let Level { bytes, ways, line, cores } = *level;
    if ways == 0 || ways > 1 << 12 {
        Some("the number of ways must be from 1 to 4096")
    } else if cores == 0 || cores > 1 << 12 {
        Some("the number of cores must be from 1 to 4096")
    } else if !(least..=most).contains(&(bytes / cores)) {
        Some(
            "no cache is as small or large: the first level of a core has 4K to 1M, the second 64K to 1G, the third 256K or more",
        )
    } else if !line.is_power_of_two() || !(16..=1024).contains(&line) {
        Some("a line must have 16 to 1024 bytes")
    } else {
        None
    }
}

impl FromStr for Caches {
    type Err = KernelError;

    fn from_str(text: &str) -> Result<Self, KernelError> {
        let wrong = |problem: &'static str| KernelError::Caches { text: text.to_owned(), problem };
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        if !matches!(parts.len(), 2 | 3) {
            return Err(wrong("there must be two or three levels, with commas between them"));
        }
        let mut levels = [None; 3];
        for (at, part) in parts.iter().enumerate() {
            let level = level(part, at).ok_or_else(|| wrong("each level must be BYTES:WAYS or BYTES:WAYS:CORES"))?;
            fault(&level, at).map_or(Ok(()), |problem| Err(wrong(problem)))?;
            levels[at] = Some(level);
        }
        match levels {
            [Some(l1), Some(l2), l3] if l1.bytes < l2.bytes && l3.is_none_or(|l3| l2.bytes < l3.bytes) => {
                Ok(Caches { l1, l2, l3 })
            }
            _ => Err(wrong("each level must be larger than the one before it")),
        }
    }
}

/// `BYTES:WAYS` or `BYTES:WAYS:CORES`, for the level after `at` others.
fn level(text: &str, at: usize) -> Option<Level> {
    let mut parts = text.split(':');
    let size = parts.next()?;
    let (digits, unit) = match size.char_indices().last()? {
        (end, 'K' | 'k') => (&size[..end], 1 << 10),
        (end, 'M' | 'm') => (&size[..end], 1 << 20),
        _ => (size, 1),
    };
    let bytes = digits.parse::<usize>().ok()?.checked_mul(unit)?;
    let ways = parts.next()?.parse().ok()?;
    let cores = match parts.next() {
        Some(cores) => cores.parse().ok()?,
        None if at == 2 => SHARERS,
        None => 1,
    };
    parts.next().is_none().then_some(Level { bytes, ways, line: 64, cores })
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bytes {
            bytes if bytes.is_multiple_of(1 << 20) => write!(f, "{}M:{}", bytes >> 20, self.ways)?,
            bytes if bytes.is_multiple_of(1 << 10) => write!(f, "{}K:{}", bytes >> 10, self.ways)?,
            bytes => write!(f, "{bytes}:{}", self.ways)?,
        }
        if self.cores == 1 { Ok(()) } else { write!(f, ":{}", self.cores) }
    }
}

impl fmt::Display for Caches {
    /// As [`Caches`] are read: `32K:8,1M:16,36M:11:24`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.l1, self.l2)?;
        self.l3.map_or(Ok(()), |l3| {
            write!(f, ",{l3}")?;
            // A lone core is said, since without it the level is one that others share.
            if l3.cores == 1 { write!(f, ":1") } else { Ok(()) }
        })
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod processor {
    use std::arch::x86_64::{__cpuid, __cpuid_count, CpuidResult};

    use super::Level;

    /// The levels, as far as the processor tells; `None` when it tells none.
    pub(super) fn told() -> Option<[Option<Level>; 3]> {
        const LEAF_INTEL: u32 = 4;
        const LEAF_AMD: u32 = 0x8000_001d;
        let has = |leaf: u32| __cpuid(leaf & 0x8000_0000).eax >= leaf;
        [LEAF_INTEL, LEAF_AMD].into_iter().filter(|&leaf| has(leaf)).find_map(|leaf| {
            let told = levels((0..16).map(|index| __cpuid_count(leaf, index)));
            told.iter().any(Option::is_some).then_some(told)
        })
    }

    /// What the subleaves of either leaf tell, whose fields are the same; the first without a cache is the last.
    pub(super) fn levels(subleaves: impl Iterator<Item = CpuidResult>) -> [Option<Level>; 3] {
        let field = |register: u32, low: u32, bits: u32| (register >> low & ((1 << bits) - 1)) as usize;
        let mut levels: [Option<Level>; 3] = [None; 3];
        for CpuidResult { eax, ebx, ecx, .. } in subleaves {
            let (kind, level) = (field(eax, 0, 5), field(eax, 5, 3));
            match (kind, level) {
                (0, _) => break,
                (1 | 3, 1..=3) => {} // data or unified
                _ => continue,
            }
            let (line, partitions, ways) = (field(ebx, 0, 12) + 1, field(ebx, 12, 10) + 1, field(ebx, 22, 10) + 1);
            let bytes = [line, partitions, ways, ecx as usize + 1].iter().fold(1usize, |all, &x| all.saturating_mul(x));
            levels[level - 1] = Some(Level { bytes, ways, line, cores: field(eax, 14, 12) + 1 });
        }
        // Told are threads, and the first level is shared by those of one core.
        let threads = levels[0].map_or(1, |l1| l1.cores);
        for level in levels.iter_mut().flatten() {
            level.cores = (level.cores / threads).max(1);
        }
        levels
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
mod processor {
    use super::Level;

    /// Other processors tell the system alone, and an interpreter has none.
    pub(super) fn told() -> Option<[Option<Level>; 3]> {
        None
    }
}

#[cfg(test)]
mod tests;
