//! What a guard without the standard library needs: memory that is handed out once and never taken back, as an instance
//! lives for one call, and a panic that traps.
#![expect(unsafe_code, reason = "a global allocator has to be")]

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32,
    cell::Cell,
    panic::PanicInfo,
};

const PAGE: usize = 64 * 1024;

/// Hands out memory after the module's data, growing it by whole pages.
struct Bump {
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: a guard has one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static ALLOCATOR: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

// SAFETY: blocks never overlap, as `next` only grows; they are aligned and lie within the memory, or null is returned.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.end.get() == 0 {
            let end = wasm32::memory_size(0) * PAGE;
            self.next.set(end);
            self.end.set(end);
        }
        let aligned = self.next.get().checked_next_multiple_of(layout.align());
        let Some((start, stop)) = aligned.and_then(|start| Some((start, start.checked_add(layout.size())?))) else {
            return core::ptr::null_mut();
        };
        if stop > self.end.get() {
            let pages = (stop - self.end.get()).div_ceil(PAGE);
            if wasm32::memory_grow(0, pages) == usize::MAX {
                return core::ptr::null_mut();
            }
            self.end.set(self.end.get() + pages * PAGE);
        }
        self.next.set(stop);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The newest block grows where it is; strings and vectors are mostly that.
        let is_newest = block as usize + layout.size() == self.next.get();
        if is_newest && block as usize + size <= self.end.get() {
            self.next.set(block as usize + size);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller vouches for `layout`; its alignment stays.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                core::ptr::copy_nonoverlapping(block, moved, layout.size());
            }
            moved
        }
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::exports::fail()
}
