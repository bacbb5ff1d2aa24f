use std::ops::{Deref, DerefMut};

use super::lanes::Real;

/// Bytes in a cache line: a vector that starts on one never touches two.
const LINE: usize = 64;

/// A slice of floats that starts on a cache line, at first all 0.
///
/// A long vector that crosses a cache line costs two loads, and memory from the allocator is
/// aligned to 16 bytes alone.
#[derive(Debug)]
pub struct Buffer<T> {
    storage: Vec<T>,
    offset: usize,
    length: usize,
}

impl<T: Real> Buffer<T> {
    /// A buffer of `length` zeros.
    pub fn zeros(length: usize) -> Buffer<T> {
        let spare = LINE / size_of::<T>();
        let storage = vec![T::default(); length + spare];
        let offset = storage.as_ptr().align_offset(LINE).min(spare);
        Buffer {
            storage,
            offset,
            length,
        }
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.storage[self.offset..self.offset + self.length]
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.storage[self.offset..self.offset + self.length]
    }
}

impl<T: Real> Clone for Buffer<T> {
    fn clone(&self) -> Buffer<T> {
        let mut copy = Buffer::zeros(self.length);
        copy.copy_from_slice(self);
        copy
    }
}
