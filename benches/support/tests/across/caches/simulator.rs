//! Three levels of caches: sets of lines, the line that was used longest ago leaves first.

use chainrule_kernel::{Caches, Level};

/// The lines that one level holds, and how often it held none.
pub(super) struct Cache {
    ways: usize,
    sets: usize,
    /// Each set's lines, the one used last first; `EMPTY` where there is none.
    lines: Vec<u64>,
    pub(super) misses: u64,
}

const EMPTY: u64 = u64::MAX;

impl Cache {
    /// A core's part of a level: fewer sets.
    pub(super) fn new(level: Level) -> Self {
        let sets = level.bytes / level.cores / level.line / level.ways;
        assert!(sets > 0, "{level} has no set for each core");
        Cache { ways: level.ways, sets, lines: vec![EMPTY; sets * level.ways], misses: 0 }
    }

    /// Whether the line was there; it is now, as the last used.
    pub(super) fn touch(&mut self, line: u64) -> bool {
        // Divisions and moves of memory would be half of the time.
        let set = if self.sets.is_power_of_two() { line as usize & (self.sets - 1) } else { line as usize % self.sets };
        let set = &mut self.lines[set * self.ways..][..self.ways];
        let mut before = line;
        for held in set {
            std::mem::swap(held, &mut before);
            if before == line {
                return true;
            }
        }
        self.misses += 1;
        false
    }
}

/// The caches of a core. What misses a level is looked for in the next.
pub(super) struct Machine {
    pub(super) levels: Vec<Cache>,
    line: u64,
}

impl Machine {
    pub(super) fn new(caches: &Caches) -> Self {
        let levels = [Some(caches.l1), Some(caches.l2), caches.l3].into_iter().flatten();
        Machine { levels: levels.map(Cache::new).collect(), line: caches.l1.line as u64 }
    }

    /// Reads or writes `bytes` from an address on.
    pub(super) fn touch(&mut self, address: u64, bytes: u64) {
        for line in address / self.line..=(address + bytes - 1) / self.line {
            for level in &mut self.levels {
                if level.touch(line) {
                    break;
                }
            }
        }
    }
}

#[test]
fn the_line_used_longest_ago_leaves_its_set_first() {
    // Two sets of two lines: even and odd ones.
    let mut cache = Cache::new(Level { bytes: 256, ways: 2, line: 64, cores: 1 });
    let hits: Vec<bool> = [0, 2, 0, 4, 0, 2, 1, 3, 4].into_iter().map(|line| cache.touch(line)).collect();
    assert_eq!(hits, [false, false, true, false, true, false, false, false, false]);
    assert_eq!(cache.misses, 7);
}

#[test]
fn what_a_level_holds_does_not_reach_the_next() {
    let mut machine = Machine::new(&"4K:1,64K:4,1M:16:1".parse().unwrap());
    for _ in 0..3 {
        machine.touch(0, 32 << 10);
        machine.touch(100, 1);
    }
    let misses: Vec<u64> = machine.levels.iter().map(|level| level.misses).collect();
    // 512 lines three times through 64, and line 1 once more, which the next time is still there: past the second level each once.
    assert_eq!(misses, [513 + 2 * 512, 512, 512]);
}
