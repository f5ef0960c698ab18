use super::*;

/// Processors and the caches of one of their (performance) cores, from their makers' manuals.
const PROCESSORS: [(&str, &str); 24] = [
    ("Haswell, 4 cores", "32K:8,256K:8,8M:16:4"),
    ("Broadwell-EP, 22 cores", "32K:8,256K:8,55M:20:22"),
    ("Skylake client, 4 cores", "32K:8,256K:4,8M:16:4"),
    ("Skylake-SP, 28 cores", "32K:8,1M:16,39424K:11:28"),
    ("Cascade Lake, 24 cores", "32K:8,1M:16,36608K:11:24"),
    ("Ice Lake-SP, 40 cores", "48K:12,1280K:20,60M:12:40"),
    ("Sapphire Rapids, 56 cores", "48K:12,2M:16,105M:15:56"),
    ("Emerald Rapids, 64 cores", "48K:12,2M:16,320M:20:64"),
    ("Granite Rapids, 128 cores", "48K:12,2M:16,504M:16:128"),
    ("Zen 2", "32K:8,512K:8,16M:16:4"),
    ("Zen 3", "32K:8,512K:8,32M:16:8"),
    ("Zen 4", "32K:8,1M:8,32M:16:8"),
    ("Zen 5", "48K:12,1M:16,32M:16:8"),
    ("Zen 5 with a stacked third level", "48K:12,1M:16,96M:16:8"),
    ("Neoverse N1, 64 cores", "64K:4,1M:8,32M:16:64"),
    ("Neoverse V1, 64 cores", "64K:4,1M:8,32M:16:64"),
    ("Neoverse V2, 72 cores", "64K:4,1M:8,114M:12:72"),
    ("Apple M1", "128K:8,12M:12:4"),
    ("Apple M2", "128K:8,16M:16:4"),
    ("Apple M3", "128K:8,16M:16:4"),
    ("Apple M4", "128K:8,16M:16:4"),
    ("Cortex-A53, 4 cores", "32K:4,512K:16:4"),
    ("Cortex-A55, 4 cores", "32K:4,128K:4,1M:16:4"),
    ("Cortex-A72, 4 cores", "32K:2,1M:16:4"),
];

fn sizes_of(text: &str) -> (Caches, BlockSizes) {
    let caches = text.parse().unwrap();
    (caches, BlockSizes::for_caches(&caches))
}

/// Bytes of f32, which blocks are counted by.
fn bytes(rows: usize, cols: usize) -> usize {
    rows * cols * 4
}

#[test]
fn blocks_fit_the_caches_of_every_processor() {
    for (name, text) in PROCESSORS {
        let (caches, sizes) = sizes_of(text);
        let l2 = caches.l2.bytes / caches.l2.cores;
        let last = caches.l3.map_or(l2, |l3| l3.bytes / l3.cores);
        let BlockSizes { steps, rows, kept_rows, columns, .. } = sizes;
        let told = format!("{name}, {sizes:?}");
        // A's block in 9/16 of the second level, beside this panel of B, the next one, and C.
        assert!(bytes(rows, steps) <= l2 / 16 * 9, "{told}");
        assert!(bytes(rows, steps) + 2 * steps * NR_BYTES <= l2 / 16 * 13, "{told}");
        assert!(bytes(kept_rows, KC) <= l2 / 16 * 9 || kept_rows == 2 * MR_MAX, "{told}");
        // A panel of B in the first level beside a tile of A, or, where it outgrows that, in the second.
        let panel = steps * NR_BYTES;
        assert!(panel + bytes(steps, MR_MAX) <= caches.l1.bytes || 2 * panel <= l2 / 4, "{told}");
        // B's block in a core's part of the last level, or as few columns as pay.
        assert!(bytes(columns, KC) <= last || columns == LEAST_COLUMNS, "{told}");
        // As large as that allows: a step more would not fit, nor would twice the steps with as many rows as pay.
        assert!(rows == MOST_ROWS || bytes(rows + 1, steps) > l2 / 16 * 9, "{told}");
        assert!(rows >= LEAST_ROWS && (steps == KC || bytes(LEAST_ROWS, 2 * steps) > l2 / 16 * 9), "{told}");
        assert!(columns == MOST_COLUMNS || bytes(columns + 64, KC) > last, "{told}");
        // A large B's block, used at once, in half the second level.
        assert!(sizes.large_row_bytes * crate::gemm::block_sizes::LARGE_STEPS <= l2 / 2, "{told}");
        assert!(sizes.large_row_bytes.is_multiple_of(NR_BYTES) && sizes.large_row_bytes > 0, "{told}");
        // What is asked of the first level.
        assert!(sizes.l1_bytes <= caches.l1.bytes && 2 * sizes.l1_bytes >= caches.l1.bytes, "{told}");
        assert_eq!((sizes.same_sets + 1) * caches.l1.ways, caches.l1.bytes, "{told}");
        assert!(
            sizes.large_bytes > l2
                && sizes.fetched_panels_bytes <= l2
                && sizes.fetched_c_bytes <= l2
                && sizes.b_beside_c <= l2,
            "{told}"
        );
    }
}

/// What the constants were that Zen 5 and Zen 4 were measured with.
#[test]
fn the_sizes_of_the_processors_that_were_measured_stay() {
    let measured = BlockSizes {
        steps: 1024,
        rows: 144,
        kept_rows: 144,
        columns: 1024,
        large_bytes: 4 << 20,
        large_row_bytes: 2048,
        large_in_place_bytes: usize::MAX,
        prefetched_b_bytes: 128 << 10,
        kept_b_bytes: 448 << 10,
        has_small_l1: false,
        fetched_panels_bytes: 512 << 10,
        fetched_c_bytes: 512 << 10,
        fetched_a_bytes: 1 << 20,
        b_beside_c: 512 << 10,
        low_large_bytes: 256 << 10,
        l1_bytes: 32 << 10,
        dot_prefetch_bytes: 512 << 10,
        skinny_prefetch_bytes: 1 << 20,
        has_large_l2: false,
        l1_ways: 12,
        same_sets: 4095,
        few_sets: 511,
        two_sets: 2047,
    };
    assert_eq!(sizes_of("48K:12,1M:16,32M:16").1, measured);
    // A quarter of what one of eight cores, or of two, has of the third level.
    let of_third =
        [("32K:8,1M:8,32M:16", 1 << 20), ("32K:8,1M:8,32M:16:2", 4 << 20), ("32K:8,1M:16,36M:11", 1152 << 10)];
    for (text, fetched_a_bytes) in of_third {
        let smaller =
            BlockSizes { large_in_place_bytes: 512 << 10, has_small_l1: true, l1_ways: 8, fetched_a_bytes, ..measured };
        assert_eq!(sizes_of(text).1, smaller, "{text}");
    }
}

#[test]
fn smaller_second_levels_have_fewer_steps_and_larger_ones_as_many_rows() {
    let blocks = |text| {
        let BlockSizes { rows, kept_rows, steps, columns, .. } = sizes_of(text).1;
        (rows, kept_rows, steps, columns)
    };
    assert_eq!(blocks("32K:8,256K:8,8M:16:4"), (144, 36, 256, 512)); // Haswell
    assert_eq!(blocks("32K:8,512K:8,32M:16:8"), (144, 72, 512, 1024)); // Zen 3
    assert_eq!(blocks("48K:12,1280K:20,60M:12:40"), (144, 144, 1024, 512)); // Ice Lake-SP
    assert_eq!(blocks("48K:12,2M:16,320M:20:64"), (144, 144, 1024, 1024)); // Emerald Rapids
    assert_eq!(blocks("32K:4,64K:4"), (72, 28, 128, 512)); // the smallest
}

#[test]
fn a_large_second_level_has_half_the_steps_of_elements_of_eight_bytes() {
    let steps = |text| {
        let sizes = sizes_of(text).1;
        (sizes.steps_of::<f32>(), sizes.steps_of::<f64>())
    };
    assert_eq!(steps("48K:12,2M:16,320M:20:64"), (1024, 512));
    assert_eq!(steps("48K:12,1M:16,32M:16"), (1024, 1024));
    assert_eq!(steps("32K:8,512K:8,32M:16:8"), (512, 512));
}

/// Whatever a text may say gives blocks of two tiles at least, and sizes that a scratch bounds.
#[test]
fn no_caches_give_blocks_without_rows_columns_or_steps() {
    for l1 in ["4K:1", "4K:4096", "48K:12", "1M:16"] {
        for l2 in ["64K:1:1", "1280K:20", "4M:16:64", "1023M:16"] {
            for l3 in ["", ",1024M:16:1", ",1024M:16:4096"] {
                let Ok(caches) = format!("{l1},{l2}{l3}").parse::<Caches>() else { continue };
                let sizes = BlockSizes::for_caches(&caches);
                assert!(sizes.rows >= 2 * MR_MAX && sizes.kept_rows >= 2 * MR_MAX, "{sizes:?}");
                assert!(sizes.columns * 4 >= NR_BYTES && (LEAST_STEPS..=KC).contains(&sizes.steps), "{sizes:?}");
                let [most, half, few] = [sizes.same_sets, sizes.two_sets, sizes.few_sets].map(|mask| mask + 1);
                assert!(most.is_power_of_two() && half == most / 2 && few == most / 8 && few > 0, "{sizes:?}");
                assert!(sizes.largest_panels::<f64>(usize::MAX / 2, 3, usize::MAX).is_some(), "{sizes:?}");
                assert_eq!(sizes.largest_panels::<f64>(usize::MAX, 3, 3), None);
            }
        }
    }
}
