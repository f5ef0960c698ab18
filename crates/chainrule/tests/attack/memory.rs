//! An allocator that knows how many bytes are taken and how many were at most, over all threads and of each thread, and
//! that refuses what is larger than a thread may ask for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More than this in all is not given, so that a bomb ends one process and not the machine.
const MOST: usize = 6 << 30;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD_TAKEN: Cell<isize> = const { Cell::new(0) };
    static THREAD_PEAK: Cell<isize> = const { Cell::new(0) };
    /// A larger block is refused to this thread.
    pub(crate) static LARGEST: Cell<usize> = const { Cell::new(usize::MAX) };
}

pub(crate) struct Measuring;

/// Forgets the peak before and returns what is taken now.
pub(crate) fn start() -> usize {
    let taken = TAKEN.load(Ordering::Relaxed);
    PEAK.store(taken, Ordering::Relaxed);
    taken
}

/// The most that was taken since [`start`].
pub(crate) fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Forgets this thread's peak before and returns what it holds now.
pub(crate) fn thread_start() -> isize {
    THREAD_PEAK.set(THREAD_TAKEN.get());
    THREAD_TAKEN.get()
}

/// The most that this thread held since [`thread_start`].
pub(crate) fn thread_peak() -> isize {
    THREAD_PEAK.get()
}

fn hold(change: isize) {
    THREAD_TAKEN.set(THREAD_TAKEN.get() + change);
    THREAD_PEAK.set(THREAD_PEAK.get().max(THREAD_TAKEN.get()));
}

fn grow(size: usize) -> bool {
    let taken = TAKEN.fetch_add(size, Ordering::Relaxed).saturating_add(size);
    if taken > MOST {
        TAKEN.fetch_sub(size, Ordering::Relaxed);
        return false;
    }
    PEAK.fetch_max(taken, Ordering::Relaxed);
    hold(size as isize);
    true
}

fn shrink(size: usize) {
    TAKEN.fetch_sub(size, Ordering::Relaxed);
    hold(-(size as isize));
}

// SAFETY: every call is passed on to `System` as it came, or refused with a null pointer, as the trait allows.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST.get() || !grow(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise is passed on, here and below.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST.get() || !grow(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // A block that moves exists twice for a moment; that moment is not counted, as most do not move.
        if size > LARGEST.get() || (size > layout.size() && !grow(size - layout.size())) {
            return std::ptr::null_mut();
        }
        shrink(layout.size().saturating_sub(size));
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        shrink(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Measuring = Measuring;
