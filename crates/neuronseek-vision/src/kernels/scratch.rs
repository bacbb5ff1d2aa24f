//! Memory that a thread keeps between images and calls.
//!
//! An allocation of some hundred kilobytes comes back from the system as untouched pages, and
//! touching them costs as much as padding the image; so each thread keeps what it had.

use std::cell::Cell;

use neuronseek::terms::{Buffer, padded};

thread_local! {
    static KEPT: Cell<Option<Buffer<f32>>> = const { Cell::new(None) };
}

/// Two arrays that start on cache lines.
pub(super) type Scratch<'a> = (&'a mut [f32], &'a mut [f32]);

/// Calls `work` with two arrays of at least these lengths, filled with any values.
pub(super) fn with_scratch<R>(
    [first, second]: [usize; 2],
    work: impl FnOnce(Scratch<'_>) -> R,
) -> R {
    let first = padded(first);
    // Taken out, so that work stolen by this thread meanwhile allocates its own.
    let kept = KEPT.take().filter(|kept| kept.len() >= first + second);
    let mut memory = kept.unwrap_or_else(|| Buffer::zeros(first + second));
    let (planes, rest) = memory.split_at_mut(first);
    let result = work((planes, &mut rest[..second]));
    KEPT.set(Some(memory));
    result
}
