//! Images with their zeros around them, so that a kernel's tap is a constant offset.
//!
//! The rows of a plane stand `width` apart, and the zeros right of a row are those left of the
//! next one. A convolution with stride s reads s x s planes a channel, plane (a, b) holding every
//! s-th row from a and every s-th column from b of the padded image, so that outputs next to
//! each other read numbers next to each other. An im2col matrix was rejected: it writes every
//! number as many times as the kernel has taps, and the memory takes longer than the arithmetic.

use neuronseek::terms::Lanes;

/// How the images of a call are laid out.
#[derive(Debug, Clone)]
pub(super) struct Planes {
    /// Channels, rows and columns of an image.
    pub image: [usize; 3],
    /// Zeros above and left of the image.
    pub lead: [usize; 2],
    pub stride: [usize; 2],
    /// Planes of a channel.
    pub phases: [usize; 2],
    /// Rows of a plane.
    pub rows: usize,
    /// From one row of a plane to the next.
    pub width: usize,
    /// Columns of a plane that are read.
    pub columns: usize,
}

impl Planes {
    /// Planes of `rows x columns` numbers, the fewest such that `outputs` neighbours in a row
    /// have places of their own.
    pub fn new(
        image: [usize; 3],
        lead: [usize; 2],
        stride: [usize; 2],
        phases: [usize; 2],
        [rows, columns, outputs]: [usize; 3],
    ) -> Planes {
        let mut planes = Planes {
            image,
            lead,
            stride,
            phases,
            rows,
            width: 0,
            columns,
        };
        let spans: Vec<(usize, usize)> =
            (0..phases[1]).map(|phase| planes.span(1, phase)).collect();
        let first = spans.iter().map(|span| span.0).min().unwrap_or(0);
        let end = spans.iter().map(|span| span.1).max().unwrap_or(0);
        // Columns from `width` on are read from the next row's start, which must be zeros.
        planes.width = outputs.max(end).max(columns - first.min(columns)).max(1);
        planes
    }

    /// From one plane to the next.
    pub fn plane(&self) -> usize {
        self.rows * self.width
    }

    /// From one channel to the next.
    pub fn channel(&self) -> usize {
        self.phases[0] * self.phases[1] * self.plane()
    }

    /// Numbers of all planes; `slack` more may be read, the first `columns` of which must be 0.
    pub fn length(&self, slack: usize) -> usize {
        self.image[0] * self.channel() + self.columns + slack
    }

    /// The rows (axis 0) or columns (1) of a plane that hold numbers of the image.
    fn span(&self, axis: usize, phase: usize) -> (usize, usize) {
        let (stride, lead) = (self.stride[axis], self.lead[axis]);
        let limit = if axis == 0 { self.rows } else { self.columns };
        let first = lead.saturating_sub(phase).div_ceil(stride);
        let end = (self.image[axis + 1] + lead)
            .saturating_sub(phase)
            .div_ceil(stride);
        (first.min(limit), end.min(limit).max(first.min(limit)))
    }

    /// Lays out one image, `channels x rows x columns`.
    #[inline(always)]
    pub fn fill<V: Lanes<Scalar = f32>>(&self, image: &[f32], to: &mut [f32]) {
        let [channels, height, width] = self.image;
        let size = height * width;
        for channel in 0..channels {
            let image = &image[channel * size..][..size];
            for phase in 0..self.phases[0] * self.phases[1] {
                let start = channel * self.channel() + phase * self.plane();
                let (a, b) = (phase / self.phases[1], phase % self.phases[1]);
                self.fill_plane::<V>(image, [a, b], &mut to[start..][..self.plane()]);
            }
        }
        to[channels * self.channel()..].fill(0.0);
    }

    #[inline(always)]
    fn fill_plane<V: Lanes<Scalar = f32>>(&self, image: &[f32], phase: [usize; 2], to: &mut [f32]) {
        let rows = self.span(0, phase[0]);
        let (first, end) = self.span(1, phase[1]);
        let place =
            |axis: usize, index: usize| index * self.stride[axis] + phase[axis] - self.lead[axis];
        zero_row::<V>(to);
        if first == end {
            return;
        }
        for row in rows.0..rows.1 {
            let from = &image[place(0, row) * self.image[2] + place(1, first)..];
            let to = &mut to[row * self.width + first..][..end - first];
            if self.stride[1] == 1 {
                copy_row::<V>(&from[..to.len()], to);
            } else {
                for (to, from) in to.iter_mut().zip(from.iter().step_by(self.stride[1])) {
                    *to = *from;
                }
            }
        }
    }
}

/// Copies a short row faster than a call does.
#[inline(always)]
pub(super) fn copy_row<V: Lanes<Scalar = f32>>(from: &[f32], to: &mut [f32]) {
    assert_eq!(from.len(), to.len());
    let whole = from.len() / V::COUNT * V::COUNT;
    let mask = V::first(from.len() - whole);
    // SAFETY: vectors before `whole` and the masked lanes after it are inside both slices.
    unsafe {
        for index in (0..whole).step_by(V::COUNT) {
            V::load(from.as_ptr().add(index)).store(to.as_mut_ptr().add(index));
        }
        V::load_first(from.as_ptr().add(whole), mask).store_first(to.as_mut_ptr().add(whole), mask);
    }
}

#[inline(always)]
fn zero_row<V: Lanes<Scalar = f32>>(to: &mut [f32]) {
    let zero = V::splat(0.0);
    let whole = to.len() / V::COUNT * V::COUNT;
    let mask = V::first(to.len() - whole);
    // SAFETY: vectors before `whole` and the masked lanes after it are inside the slice.
    unsafe {
        for index in (0..whole).step_by(V::COUNT) {
            zero.store(to.as_mut_ptr().add(index));
        }
        zero.store_first(to.as_mut_ptr().add(whole), mask);
    }
}
