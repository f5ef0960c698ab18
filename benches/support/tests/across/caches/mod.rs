//! What blocked products move past the second level: the kernel's model, against their loops replayed through simulated
//! caches. Needs none of the processors.

mod replay;
mod simulator;

use chainrule_kernel::{Blocking, Caches, Kernel};

use replay::Replay;
use simulator::Machine;

/// Lines that a product of (m, n, k) in f32 reads past the second level of this size, or writes there first:
/// `m n k (1 / mc + 1 / nc + 1 / kc)` elements, and what packing reads and writes.
fn model((m, n, k): (usize, usize, usize), blocking: &Blocking, l2: usize) -> f64 {
    let Blocking { mc, nc, kc, pack_b, b_beside_c, .. } = *blocking;
    let blocks = |side: usize, block: usize| side.div_ceil(block) as f64;
    let (m_k, k_n, m_n) = ((m * k) as f64, (k * n) as f64, (m * n) as f64);
    // A once for each block of columns; packed, it is where it was packed, in the second level.
    let a = m_k * blocks(n, nc);
    // B's block once for each block of rows, unless it stays in the second level, and what packs it: into the same lines as the
    // block before, which are still there where its panels pass by one tile of A after the other.
    let block = 4 * kc * nc.min(n);
    let stays = block + 4 * mc * kc <= l2 / 4 * 3;
    let times = if stays { 1.0 } else { blocks(m, mc) };
    let b = k_n
        * match (pack_b, block <= b_beside_c) {
            (true, true) => 1.0,
            (true, false) => 1.0 + f64::from(u8::from(!stays)) + times,
            _ => times,
        };
    // C once for each block of steps.
    let c = m_n * blocks(k, kc);
    (a + b + c) * 4.0 / 64.0
}

/// Levels of 256 KiB, 512 KiB, 1 MiB with 8 and 16 ways, 2 MiB.
const PROCESSORS: [(&str, &str); 5] = [
    ("Haswell", "32K:8,256K:8,8M:16:4"),
    ("Zen 3", "32K:8,512K:8,32M:16:8"),
    ("Zen 4", "32K:8,1M:8,32M:16:8"),
    ("Cascade Lake", "32K:8,1M:16,36608K:11:24"),
    ("Emerald Rapids", "48K:12,2M:16,320M:20:64"),
];

/// More rows than B is used in place for, and fewer; a k that is a block, and one that every processor cuts.
const SHAPES: [(usize, usize, usize); 3] = [(540, 1056, 1008), (540, 800, 1280), (270, 2016, 768)];

#[test]
fn blocks_move_past_the_second_level_what_the_model_says() {
    // AVX2's tiles where there are such, as on most processors; otherwise the first.
    let kernels = Kernel::<f32>::all().iter().filter(|kernel| kernel.is_available());
    let kernel = kernels.clone().find(|kernel| kernel.name().contains("avx2")).or(kernels.clone().next()).unwrap();
    let mut compared = 0;
    for (name, text) in PROCESSORS {
        let caches: Caches = text.parse().unwrap();
        let kernel = kernel.with_caches(&caches);
        for (m, n, k) in SHAPES {
            let blocking = kernel.blocking((m, n, k), (k, 1), (n, 1), true).expect("a blocked product");
            let mut machine = Machine::new(&caches);
            Replay { m, n, k, blocking, machine: &mut machine }.run();
            let (got, want) = (machine.levels[1].misses as f64, model((m, n, k), &blocking, caches.l2.bytes));
            let told =
                format!("{name}, {m}x{n}x{k}, {blocking:?}: {got} lines, {want} by the model, {:.3}", got / want);
            assert!((got / want - 1.0).abs() <= 0.1, "{told}");
            compared += 1;
        }
    }
    assert_eq!(compared, PROCESSORS.len() * SHAPES.len());
}

/// The blocks for a machine's caches move less past its second level than those for one with a level twice as large.
#[test]
fn blocks_for_a_larger_second_level_move_more() {
    let text = |l2: &str| format!("32K:8,{l2}:8,32M:16");
    let caches: Caches = text("256K").parse().unwrap();
    let (m, n, k) = (540, 1504, 1280);
    let misses = |blocks_for: &str| {
        let kernel = Kernel::<f32>::selected().unwrap().with_caches(&text(blocks_for).parse().unwrap());
        let blocking = kernel.blocking((m, n, k), (k, 1), (n, 1), true).expect("a blocked product");
        let mut machine = Machine::new(&caches);
        Replay { m, n, k, blocking, machine: &mut machine }.run();
        machine.levels[1].misses
    };
    let (own, twice, four) = (misses("256K"), misses("512K"), misses("1M"));
    assert!(own < twice && twice < four, "{own}, {twice}, {four}");
}
