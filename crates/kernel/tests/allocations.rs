//! A product allocates nothing: not with a scratch for its shape, not with the thread's own once that has grown, not with
//! a packed operand. Alone in its binary, because it counts every allocation of this thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use chainrule_kernel::{Activation, Epilogue, Kernel, MatMut, MatRef, PackedB, Scratch};

struct Counting;

thread_local!(static COUNT: Cell<usize> = const { Cell::new(0) });

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

#[test]
fn products_allocate_nothing() {
    assert!(allocations(|| drop(std::hint::black_box(vec![0u8; 8]))) > 0, "nothing is counted");
    for kernel in Kernel::<f32>::all().iter().filter(|k| k.is_available()) {
        for (m, n, k) in [(1, 100, 70), (100, 1, 70), (64, 10, 128), (30, 45, 1100), (450, 70, 9), (20, 1100, 30)] {
            let (a, b) = (vec![1.0f32; m * k], vec![1.0f32; k * n]);
            let (bias, old) = (vec![1.0f32; n], vec![1.0f32; m * n]);
            let (mut c, mut sums) = (vec![0.0f32; m * n], vec![0.0f32; n]);
            let sums = Cell::from_mut(&mut sums[..]).as_slice_of_cells();
            let mut scratch = Scratch::for_shape(m, n, k);
            let packed = PackedB::new(kernel, MatRef::new(&b, k, n));
            let outputs = MatRef::new(&old, m, n);
            let epilogues = [
                Epilogue::Store,
                Epilogue::Update { rate: 0.1, decay: 0.1 },
                Epilogue::Activation { bias: &bias, activation: Activation::Tanh },
                Epilogue::Derivative { activation: Activation::Tanh, of: outputs, sums: Some(sums) },
            ];
            for a in [MatRef::new(&a, m, k), MatRef::new(&a, k, m).t()] {
                for b in [MatRef::new(&b, k, n), MatRef::new(&b, n, k).t()] {
                    kernel.gemm_in_thread(a, b, Epilogue::Store, MatMut::new(&mut c, m, n)); // grows, once
                    for epilogue in epilogues {
                        let count = allocations(|| {
                            kernel.gemm(a, b, epilogue, MatMut::new(&mut c, m, n), &mut scratch);
                            kernel.gemm(a, b, epilogue, MatMut::new(&mut c, n, m).t(), &mut scratch);
                            kernel.gemm_packed(a, &packed, epilogue, MatMut::new(&mut c, m, n), &mut scratch);
                            kernel.gemm_in_thread(a, b, epilogue, MatMut::new(&mut c, m, n));
                        });
                        assert_eq!(count, 0, "{} {m}x{n}x{k} {epilogue:?}", kernel.name());
                    }
                }
            }
        }
    }
}
