use super::*;

fn level(bytes: usize, ways: usize, cores: usize) -> Level {
    Level { bytes, ways, line: 64, cores }
}

#[test]
fn a_text_is_read_and_written() {
    let caches: Caches = "32K:8,1M:16,36M:11".parse().unwrap();
    let l3 = Some(level(36 << 20, 11, 8));
    assert_eq!(caches, Caches { l1: level(32 << 10, 8, 1), l2: level(1 << 20, 16, 1), l3 });
    for text in ["32K:8,1M:16,36M:11:24", "128K:8,16M:16:4", "32768:4,512K:16:4", "32K:8,256K:8,8M:16:1"] {
        let caches: Caches = text.parse().unwrap();
        assert_eq!(caches.to_string().parse::<Caches>().unwrap(), caches, "{text}");
    }
    assert_eq!("32768:4,512K:16:4".parse::<Caches>().unwrap().to_string(), "32K:4,512K:16:4");
}

#[test]
fn a_wrong_text_is_refused_with_what_is_wrong() {
    for (text, problem) in [
        ("32K:8", "two or three levels"),
        ("32K:8,1M:16,8M:16,64M:16", "two or three levels"),
        ("32K,1M:16", "BYTES:WAYS"),
        ("32K:8,1G:16", "BYTES:WAYS"),
        ("K:8,1M:16", "BYTES:WAYS"),
        ("32K:8:1:1,1M:16", "BYTES:WAYS"),
        ("-32K:8,1M:16", "BYTES:WAYS"),
        ("32K:8,18446744073709551615M:16", "BYTES:WAYS"),
        ("32K:é,1M:16", "BYTES:WAYS"),
        ("32Ké:8,1M:16", "BYTES:WAYS"),
        ("32K:0,1M:16", "from 1 to 4096"),
        ("32K:8,1M:16:0", "from 1 to 4096"),
        ("32:8,1M:16", "the first level of a core has 4K to 1M"),
        ("32K:8,1M:16:64", "the second 64K"),
        ("512K:8,256K:16", "larger than the one before"),
        ("32K:8,8M:16,4M:16", "larger than the one before"),
    ] {
        let error = text.parse::<Caches>().unwrap_err().to_string();
        assert!(error.contains(problem) && error.contains(&format!("`{text}`")), "{text}: {error}");
        assert!(error.contains("CHAINRULE_CACHES=32K:8,1M:16,36M:11"), "{error}");
    }
}

#[test]
fn what_cannot_be_is_taken_for_what_is_usual() {
    let (l1, l2, l3) = (level(48 << 10, 12, 1), level(2 << 20, 16, 1), level(105 << 20, 15, 56));
    assert_eq!(Caches::sane([Some(l1), Some(l2), Some(l3)]), Caches { l1, l2, l3: Some(l3) });
    assert_eq!(Caches::sane([Some(l1), Some(l2), None]), Caches { l1, l2, l3: None });
    assert_eq!(Caches::sane([None; 3]), Caches { l3: None, ..USUAL });
    // A hypervisor that tells nothing, or too much.
    let nonsense = [level(64, 1, 1), level(64, 1, 1), level(usize::MAX, 4097, 1)];
    assert_eq!(Caches::sane(nonsense.map(Some)), USUAL);
    // A third level that each of the many cores has less of than of the second.
    let small = level(1 << 20, 16, 1);
    assert_eq!(Caches::sane([Some(l1), Some(l2), Some(small)]).l3, None);
}

#[test]
fn this_machine_has_caches() {
    let caches = Caches::found();
    assert!(caches.l1.bytes < caches.l2.bytes, "{caches}");
    assert_eq!(caches.to_string().parse::<Caches>().unwrap().to_string(), caches.to_string());
}

/// (eax, ebx, ecx) of the subleaves.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn told(subleaves: &[(u32, u32, u32)]) -> [Option<Level>; 3] {
    use std::arch::x86_64::CpuidResult;
    processor::levels(subleaves.iter().map(|&(eax, ebx, ecx)| CpuidResult { eax, ebx, ecx, edx: 0 }))
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[test]
fn both_leaves_are_read_and_threads_are_no_cores() {
    // A Cascade Lake of 24 cores: cores are counted up to a power of two.
    let intel = [
        (0x7c00_4121, 0x01c0_003f, 0x3f),
        (0x7c00_4122, 0x01c0_003f, 0x3f),
        (0x7c00_4143, 0x03c0_003f, 0x3ff),
        (0x7c0f_c163, 0x0280_003f, 0xcfff),
        (0, 0, 0),
    ];
    let [l1, l2, l3] = told(&intel);
    assert_eq!((l1, l2), (Some(level(32 << 10, 8, 1)), Some(level(1 << 20, 16, 1))));
    assert_eq!(l3, Some(level(64 * 11 * 0xd000, 11, 32)));
    // A Zen 5, whose first level has 12 ways; eight cores of two threads share the third.
    let amd = [
        (0x0000_4121, 0x02c0_003f, 0x3f),
        (0x0000_4122, 0x01c0_003f, 0x3f),
        (0x0000_4143, 0x03c0_003f, 0x3ff),
        (0x0003_c163, 0x03c0_003f, 0x7fff),
    ];
    let [l1, l2, l3] = told(&amd);
    assert_eq!((l1, l2), (Some(level(48 << 10, 12, 1)), Some(level(1 << 20, 16, 1))));
    assert_eq!(l3, Some(level(32 << 20, 16, 8)));
    assert_eq!(told(&[(0, 0, 0)]), [None; 3]);
}
