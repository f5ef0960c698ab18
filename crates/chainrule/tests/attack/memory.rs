//! An allocator that knows how many bytes are taken and how many were at most, over all threads.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// More than this in all is not given, so that a bomb ends one process and not the machine.
const MOST: usize = 6 << 30;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

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

fn grow(size: usize) -> bool {
    let taken = TAKEN.fetch_add(size, Ordering::Relaxed).saturating_add(size);
    if taken > MOST {
        TAKEN.fetch_sub(size, Ordering::Relaxed);
        return false;
    }
    PEAK.fetch_max(taken, Ordering::Relaxed);
    true
}

fn shrink(size: usize) {
    TAKEN.fetch_sub(size, Ordering::Relaxed);
}

// SAFETY: every call is passed on to `System` as it came, or refused with a null pointer, as the trait allows.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !grow(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise is passed on, here and below.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !grow(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // A block that moves exists twice for a moment; that moment is not counted, as most do not move.
        if size > layout.size() && !grow(size - layout.size()) {
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
