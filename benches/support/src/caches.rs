//! The sizes of the caches: for probes that read from a cache, and for probes that must read past all of them.

/// The data caches of one processor, as far as it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caches {
    /// Bytes of levels 1, 2 and 3.
    pub sizes: [usize; 3],
    /// Whether the size of the last one is the system's; otherwise it is a usual size.
    pub told: bool,
}

impl Caches {
    /// What Linux says of the first processor, otherwise 32 KiB, 512 KiB and 32 MiB.
    pub fn of_this_machine() -> Caches {
        let mut caches = Caches { sizes: [32 << 10, 512 << 10, 32 << 20], told: false };
        for index in 0..8 {
            let read = |file: &str| {
                std::fs::read_to_string(format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{file}"))
                    .unwrap_or_default()
            };
            caches.take(&read("level"), &read("type"), &read("size"));
        }
        caches
    }

    fn take(&mut self, level: &str, kind: &str, size: &str) {
        let size = size.trim();
        let bytes = |digits: &str, unit: usize| digits.parse::<usize>().ok().map(|count| count * unit);
        let size = match (size.strip_suffix('K'), size.strip_suffix('M')) {
            (Some(kib), _) => bytes(kib, 1 << 10),
            (_, Some(mib)) => bytes(mib, 1 << 20),
            _ => None,
        };
        if let (Some(size), Ok(level @ 1..=3), false) =
            (size, level.trim().parse::<usize>(), kind.trim() == "Instruction")
        {
            self.sizes[level - 1] = size;
            self.told |= level == 3;
        }
    }

    /// Of the last level.
    pub fn last(&self) -> usize {
        self.sizes[2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_taken_and_code_is_no_data() {
        let mut caches = Caches { sizes: [1, 2, 3], told: false };
        caches.take("1\n", "Data\n", "48K\n");
        caches.take("1\n", "Instruction\n", "64K\n");
        caches.take("2\n", "Unified\n", "");
        assert_eq!(caches, Caches { sizes: [48 << 10, 2, 3], told: false });
        caches.take("3\n", "Unified\n", "96M\n");
        assert_eq!(caches, Caches { sizes: [48 << 10, 2, 96 << 20], told: true });
    }
}
