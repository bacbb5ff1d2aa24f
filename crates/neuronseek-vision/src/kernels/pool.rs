//! Pooling: the largest number or the average of windows of an image.

use rayon::prelude::*;

/// The sizes of a pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolShape {
    /// Images times channels.
    pub planes: usize,
    /// Rows of a plane that is read.
    pub height: usize,
    /// Columns of a plane that is read.
    pub width: usize,
    /// Rows and columns of a window, at least 1.
    pub size: [usize; 2],
    /// Steps down and right from one window to the next, at least 1.
    pub stride: [usize; 2],
    /// Rows above and below, columns left and right of the plane that windows reach into; less
    /// than the size, so that every window has a number.
    pub padding: [usize; 2],
}

impl PoolShape {
    /// Rows and columns of a plane that is written: `(size + 2 padding - window) / stride + 1`,
    /// rounded down; 0 where no window fits.
    pub fn output_size(&self) -> [usize; 2] {
        let size = |length: usize, axis: usize| {
            (length + 2 * self.padding[axis])
                .checked_sub(self.size[axis])
                .map_or(0, |rest| rest / self.stride[axis] + 1)
        };
        [size(self.height, 0), size(self.width, 1)]
    }

    fn check(&self, x: usize, y: usize) {
        for axis in [0, 1] {
            assert!(self.stride[axis] > 0 && self.padding[axis] < self.size[axis]);
        }
        let [rows, columns] = self.output_size();
        assert_eq!(
            x,
            self.planes * self.height * self.width,
            "read planes of {self:?}"
        );
        assert_eq!(
            y,
            self.planes * rows * columns,
            "written planes of {self:?}"
        );
    }

    /// The places of the plane in the window of output `index` of an axis.
    fn window(&self, index: usize, axis: usize) -> std::ops::Range<usize> {
        let length = [self.height, self.width][axis];
        let start = index * self.stride[axis];
        let end = (start + self.size[axis]).saturating_sub(self.padding[axis]);
        start.saturating_sub(self.padding[axis])..end.min(length)
    }

    /// Calls `work` with the number of each output of a plane and the places of its window.
    fn windows(&self, mut work: impl FnMut(usize, &mut dyn Iterator<Item = usize>)) {
        let [rows, columns] = self.output_size();
        for row in 0..rows {
            for column in 0..columns {
                let across = self.window(column, 1);
                let mut places = self
                    .window(row, 0)
                    .flat_map(|row| across.clone().map(move |column| row * self.width + column));
                work(row * columns + column, &mut places);
            }
        }
    }
}

/// `y` is the largest number of each window, `winners` its place `row * width + column` in the
/// plane, the first one of equals. What is no number wins.
///
/// `x: planes x height x width`; `y`, `winners: planes x output_size`.
///
/// # Panics
/// When a slice's length is not that of its shape, or the padding is not less than the size.
pub fn max_pool(shape: &PoolShape, x: &[f32], y: &mut [f32], winners: &mut [u32]) {
    shape.check(x.len(), y.len());
    assert_eq!(winners.len(), y.len());
    if y.is_empty() {
        return;
    }
    let size = y.len() / shape.planes;
    x.par_chunks(shape.height * shape.width)
        .zip(y.par_chunks_mut(size).zip(winners.par_chunks_mut(size)))
        .for_each(|(x, (y, winners))| {
            shape.windows(|output, places| {
                let mut best = (f32::NEG_INFINITY, None);
                for place in places {
                    let value = x[place];
                    if best.1.is_none() || value > best.0 || value.is_nan() && !best.0.is_nan() {
                        best = (value, Some(place));
                    }
                }
                y[output] = best.0;
                winners[output] = best.1.unwrap_or(0) as u32;
            });
        });
}

/// `gx` is the sum of the gradients of all windows that a number won; replaces gx.
///
/// # Panics
/// When a slice's length is not that of its shape, or a winner is outside its plane.
pub fn max_pool_gradient(shape: &PoolShape, winners: &[u32], gy: &[f32], gx: &mut [f32]) {
    shape.check(gx.len(), gy.len());
    assert_eq!(winners.len(), gy.len());
    gx.fill(0.0);
    if gy.is_empty() {
        return;
    }
    let size = gy.len() / shape.planes;
    gx.par_chunks_mut(shape.height * shape.width)
        .zip(gy.par_chunks(size).zip(winners.par_chunks(size)))
        .for_each(|(gx, (gy, winners))| {
            for (gy, winner) in gy.iter().zip(winners) {
                gx[*winner as usize] += gy;
            }
        });
}

/// `y` is the sum of each window divided by the size of a window; places beyond the plane count
/// as 0.
///
/// `x: planes x height x width`, `y: planes x output_size`.
///
/// # Panics
/// When a slice's length is not that of its shape, or the padding is not less than the size.
pub fn average_pool(shape: &PoolShape, x: &[f32], y: &mut [f32]) {
    shape.check(x.len(), y.len());
    if y.is_empty() {
        return;
    }
    let factor = 1.0 / (shape.size[0] * shape.size[1]) as f32;
    x.par_chunks(shape.height * shape.width)
        .zip(y.par_chunks_mut(y.len() / shape.planes))
        .for_each(|(x, y)| {
            shape.windows(|output, places| {
                y[output] = places.map(|place| x[place]).sum::<f32>() * factor;
            });
        });
}

/// The gradient of [`average_pool`] by x; replaces gx.
///
/// # Panics
/// When a slice's length is not that of its shape, or the padding is not less than the size.
pub fn average_pool_gradient(shape: &PoolShape, gy: &[f32], gx: &mut [f32]) {
    shape.check(gx.len(), gy.len());
    gx.fill(0.0);
    if gy.is_empty() {
        return;
    }
    let factor = 1.0 / (shape.size[0] * shape.size[1]) as f32;
    gx.par_chunks_mut(shape.height * shape.width)
        .zip(gy.par_chunks(gy.len() / shape.planes))
        .for_each(|(gx, gy)| {
            shape.windows(|output, places| {
                for place in places {
                    gx[place] += gy[output] * factor;
                }
            });
        });
}
