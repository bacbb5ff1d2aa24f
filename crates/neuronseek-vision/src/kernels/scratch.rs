//! Memory that a thread keeps between images and calls.
//!
//! An allocation of some hundred kilobytes comes back from the system as untouched pages, and
//! touching them costs as much as padding the image; so each thread keeps what it had.

use std::cell::Cell;

thread_local! {
    static KEPT: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// Calls `work` with `length` numbers of any value.
pub(super) fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    // Taken out, so that work stolen by this thread meanwhile allocates its own.
    let mut memory = KEPT.take();
    if memory.len() < length {
        memory.resize(length, 0.0);
    }
    let result = work(&mut memory[..length]);
    KEPT.set(memory);
    result
}
