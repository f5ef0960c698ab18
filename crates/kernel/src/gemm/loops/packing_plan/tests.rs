use super::*;
use crate::matrix::operand::Operand;
use crate::simd::avx2::Avx2;
use crate::simd::avx512::Avx512;

/// A, B and C by rows, B's as far apart as told.
fn problem((m, n, k): (usize, usize, usize), b_rs: usize) -> Problem<f32> {
    let at = |rs| Operand { ptr: std::ptr::null(), rs, cs: 1 };
    Problem {
        m,
        n,
        k,
        a: at(k),
        b: at(b_rs),
        c: std::ptr::null_mut(),
        c_rs: n,
        c_cs: 1,
        row: 0,
        col: 0,
        swapped: false,
        b_packed: false,
        sizes: BlockSizes::of_text("48K:12,1M:16,32M:16"),
        post_op: None,
    }
}

#[test]
fn a_small_product_is_one_block_of_which_nothing_is_packed() {
    let p = problem((64, 64, 64), 64);
    let plan = plan::<f32, Avx2, PLAIN>(&p, true);
    assert!(plan.is_one_block(&p) && !plan.pack_a && !plan.pack_b, "{plan:?}");
    assert_eq!((plan.mr, plan.nr), (6, 16));
}

#[test]
fn b_is_packed_for_many_rows_and_where_its_rows_are_pages_apart() {
    let many = problem((513, 512, 512), 512);
    assert!(plan::<f32, Avx2, PLAIN>(&many, true).pack_b);
    let few = problem((64, 1000, 512), 1000);
    assert!(!plan::<f32, Avx2, PLAIN>(&few, true).pack_b);
    let apart = problem((64, 1000, 512), 1024);
    assert!(plan::<f32, Avx2, PLAIN>(&apart, true).pack_b);
}

#[test]
fn a_first_level_of_32_kib_has_large_b_packed_for_fewer_rows() {
    let zen3 = BlockSizes::of_text("32K:8,512K:8,32M:16");
    let of = |(m, n, k): (usize, usize, usize)| Problem { sizes: zen3, ..problem((m, n, k), n) };
    let packs = |shape| plan::<f32, Avx2, PLAIN>(&of(shape), true).pack_b;
    assert!(packs((48, 512, 784)) && !packs((47, 512, 784)));
    assert!(packs((256, 64, 512)) && !packs((255, 64, 512)), "half as large");
    assert!(!packs((256, 128, 64)) && !packs((256, 64, 64)), "small");
    assert!(!packs((256, 32, 4096)) && packs((96, 255, 255)) && !packs((95, 255, 255)), "short, crossing lines");
    let by_lines = |shape| plan::<f32, Avx512, PLAIN>(&of(shape), true).pack_b;
    assert!(by_lines((256, 512, 784)) && !by_lines((255, 512, 784)));
    let larger = BlockSizes::of_text("48K:12,1M:16,32M:16");
    let in_place = Problem { sizes: larger, ..of((512, 512, 784)) };
    assert!(!plan::<f32, Avx2, PLAIN>(&in_place, true).pack_b);
}

#[test]
fn a_first_level_of_32_kib_has_columns_of_a_packed_that_are_far_apart_or_crowded() {
    let zen3 = BlockSizes::of_text("32K:8,512K:8,32M:16");
    let of = |(m, n, k): (usize, usize, usize), sizes| {
        let a = Operand { ptr: std::ptr::null(), rs: 1, cs: m };
        Problem { sizes, a, ..problem((m, n, k), n) }
    };
    let packs = |shape| plan::<f32, Avx2, PLAIN>(&of(shape, zen3), true).pack_a;
    assert!(packs((784, 256, 256)) && !packs((784, 255, 256)) && !packs((784, 256, 255)));
    assert!(packs((784, 512, 128)) && !packs((784, 511, 128)) && !packs((784, 512, 127)));
    assert!(!packs((255, 512, 256)), "columns side by side");
    let few_sets = "columns a multiple of 512 B apart";
    assert!(packs((512, 512, 32)) && !packs((512, 512, 31)) && !packs((500, 512, 32)), "{few_sets}");
    assert!(packs((128, 192, 86)) && !packs((128, 192, 85)) && !packs((128, 191, 512)), "{few_sets}");
    assert!(!plan::<f32, Avx512, PLAIN>(&of((784, 512, 256), zen3), true).pack_a);
    let larger = of((784, 512, 256), BlockSizes::of_text("48K:12,1M:16,32M:16"));
    assert!(!plan::<f32, Avx2, PLAIN>(&larger, true).pack_a);
}

#[test]
fn a_packed_b_stays_in_the_second_level_where_that_moves_less() {
    let zen3 = BlockSizes::of_text("32K:8,512K:8,32M:16");
    let columns = |(m, n, k): (usize, usize, usize), b: (usize, usize)| {
        let b = Operand { ptr: std::ptr::null(), rs: b.0, cs: b.1 };
        let p = Problem { sizes: zen3, b, ..problem((m, n, k), n) };
        plan::<f32, Avx2, PLAIN>(&p, true).blocks(&p).1
    };
    // 224 KiB are 448 columns of 128 steps, 112 of 512.
    assert_eq!(columns((128, 784, 128), (1, 128)), 400);
    assert_eq!(columns((512, 784, 512), (1, 512)), 112);
    assert_eq!(columns((128, 512, 784), (512, 1)), 128);
    // What is smaller is one block; A would pass by too often; its rows share their sets; B is packed before.
    assert_eq!(columns((128, 448, 128), (1, 128)), 448);
    assert_eq!(columns((1000, 1000, 1000), (1000, 1)), 1008);
    assert_eq!(columns((512, 2048, 2048), (2048, 1)), 1024);
    let before = Problem { sizes: zen3, b_packed: true, ..problem((128, 512, 784), 512) };
    assert_eq!(plan::<f32, Avx2, PLAIN>(&before, true).blocks(&before).1, 512);
}

#[test]
fn a_large_b_of_few_rows_is_packed_in_blocks_that_the_second_level_holds() {
    let p = problem((64, 4096, 1024), 4096);
    let plan = plan::<f32, Avx512, PLAIN>(&p, true);
    assert!(plan.is_large, "{plan:?}");
    assert_eq!(plan.blocks(&p), (70, 512, 256)); // 64 rows in tiles of 14; 512 * 256 * 4 B = 512 KiB
}

#[test]
fn blocks_follow_the_caches_and_an_epilogue_that_keeps_c_has_kc_steps() {
    let haswell = BlockSizes::of_text("32K:8,256K:8,8M:16:4");
    let p = Problem { sizes: haswell, ..problem((2000, 2000, 2000), 2000) };
    let resumed = plan::<f32, Avx2, PLAIN>(&p, true);
    assert_eq!(resumed.blocks(&p), (144, 512, 250));
    let kept = plan::<f32, Avx2, PLAIN>(&p, false);
    assert_eq!(kept.blocks(&p), (36, 64, 1000)); // A 32 times, not B 58 times
    // As few steps as fit beside more rows are one block either way.
    let few = Problem { k: 200, ..p };
    assert_eq!(plan::<f32, Avx2, PLAIN>(&few, false).blocks(&few), (144, 512, 200));
}

/// Whatever the caches, a scratch for a shape has room for every product of that shape.
#[test]
fn panels_never_outgrow_the_scratch_of_their_shape() {
    let caches =
        ["48K:12,1M:16,32M:16", "32K:8,256K:8,8M:16:4", "32K:4,64K:4", "48K:12,2M:16,320M:20:64", "128K:8,16M:16"];
    let sides = [1usize, 2, 5, 6, 13, 14, 28, 29, 143, 145, 287, 290, 513, 1023, 1025, 2049];
    for sizes in caches.map(BlockSizes::of_text) {
        for (m, n, k) in sides.iter().flat_map(|&m| sides.iter().flat_map(move |&n| sides.map(|k| (m, n, k)))) {
            for (b_rs, a) in [(n, (k, 1)), (n.next_multiple_of(1024), (1, m)), (n, (1, m.next_multiple_of(1024)))] {
                let a = Operand { ptr: std::ptr::null(), rs: a.0, cs: a.1 };
                let p = Problem { sizes, a, ..problem((m, n, k), b_rs) };
                let columns = Problem { b: Operand { ptr: std::ptr::null(), rs: 1, cs: k }, ..p.columns(0, n) };
                for (p, resumes) in [(&p, true), (&p, false), (&columns, true), (&p.transposed(), true)] {
                    let most = sizes.largest_panels::<f32>(m, n, k).unwrap();
                    for plan in [plan::<f32, Avx2, PLAIN>(p, resumes), plan::<f32, Avx512, PLAIN>(p, resumes)] {
                        let (b, a) = plan.panels(p);
                        assert!(a + b <= most, "{m}x{n}x{k}, {plan:?}, {sizes:?}: {a} and {b} of {most}");
                        let (mc, nc, kc) = plan.blocks(p);
                        assert!(mc > 0 && nc > 0 && kc > 0, "{m}x{n}x{k}, {plan:?}, {sizes:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn few_rows_fetch_a_b_in_place_ahead_and_more_the_next_panel() {
    let of = |shape: (usize, usize, usize)| {
        let p = problem(shape, shape.1);
        (plan::<f32, Avx512, PLAIN>(&p, true).fetched_b, plan::<f32, Avx2, PLAIN>(&p, true).fetched_b)
    };
    assert_eq!(of((8, 500, 784)), (Fetched::ahead(8 * 500), Fetched::NOTHING));
    assert_eq!(of((28, 500, 784)).0, Fetched::ahead(8 * 500));
    assert_eq!(of((29, 500, 784)), (Fetched::next_panel(32), Fetched::next_panel(16)));
    // 128 KiB are near, and a packed B is fetched by its blocks.
    assert_eq!(of((8, 64, 512)), (Fetched::NOTHING, Fetched::NOTHING));
    assert_eq!(of((600, 500, 784)), (Fetched::NOTHING, Fetched::NOTHING));
}

#[test]
fn a_large_second_level_has_fewer_steps_where_registers_are_lines() {
    let large = BlockSizes::of_text("48K:12,2M:16,320M:20:64");
    let of = |sizes| {
        let a = Operand { ptr: std::ptr::null(), rs: 1, cs: 784 };
        let p = Problem { sizes, a, ..problem((784, 128, 512), 128) };
        (plan::<f32, Avx512, PLAIN>(&p, true).most_steps, plan::<f32, Avx2, PLAIN>(&p, true).most_steps)
    };
    assert_eq!(of(large), (LINE_STEPS, STEPS_IN_PLACE));
    assert_eq!(of(BlockSizes::of_text("48K:12,1M:16,32M:16")), (STEPS_IN_PLACE, STEPS_IN_PLACE));
    let a = Operand { ptr: std::ptr::null(), rs: 1, cs: 10 };
    let turned = Problem { sizes: large, a, swapped: true, ..problem((10, 784, 512), 784) };
    assert_eq!(plan::<f32, Avx512, PLAIN>(&turned, true).most_steps, STEPS_IN_PLACE);
}

#[test]
fn an_epilogue_that_reads_c_cuts_k_only_where_it_must() {
    let p = problem((64, 256, 1000), 256);
    assert_eq!(plan::<f32, Avx2, PLAIN>(&p, true).most_steps, STEPS_IN_PLACE);
    assert_eq!(plan::<f32, Avx2, PLAIN>(&p, false).most_steps, KC);
}

#[test]
fn two_to_four_rows_make_wide_tiles_and_nine_to_twelve_columns_have_a_tail() {
    assert_eq!(tile_kind::<f32, Avx2>(&problem((3, 256, 512), 256)), WIDE);
    assert_eq!(tile_kind::<f32, Avx2>(&problem((64, 10, 512), 10)), TAIL);
    assert_eq!(tile_kind::<f32, Avx512>(&problem((64, 10, 512), 10)), PLAIN);
}

#[test]
fn a_small_b_and_a_ragged_panel_are_all_that_one_block_packs() {
    let columns = |m, n, k| Problem { b: Operand { ptr: std::ptr::null(), rs: 1, cs: k }, ..problem((m, n, k), n) };
    // Asked in this order.
    let way = |p: &Problem<f32>| match plan::<f32, Avx2, PLAIN>(p, false) {
        plan if plan.is_one_block(p) => "in place",
        plan if plan.packs_one_small_b(p) => "packed",
        _ => "in blocks",
    };
    assert_eq!(way(&columns(8, 16, 10)), "packed");
    // 64 x 128 elements fill eight ways of the first level; one column more does not fit.
    assert_eq!(way(&columns(8, 128, 64)), "packed");
    assert_eq!(way(&columns(8, 129, 64)), "in blocks");
    // The last 4 of 100 columns; of 112 none is ragged.
    assert_eq!(way(&problem((64, 100, 64), 100)), "packed");
    assert_eq!(way(&problem((64, 112, 64), 112)), "in place");
    // More rows than a block has.
    assert_eq!(way(&columns(2000, 16, 10)), "in blocks");
}
