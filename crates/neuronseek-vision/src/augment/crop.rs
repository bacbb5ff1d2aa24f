/// Where a window lies and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Rows from the image's first row to the window's first, negative above the image.
    pub down: isize,
    /// Columns from the image's first to the window's first, negative left of the image.
    pub right: isize,
    /// Whether left and right are exchanged afterwards.
    pub flip: bool,
}

/// Copies a window of the image's own size: `image` and `out` are `channels x height x width`,
/// `fill` has the pixel of each channel outside the image.
pub(super) fn crop(
    image: &[u8],
    [height, width]: [usize; 2],
    window: Window,
    fill: &[u8],
    out: &mut [u8],
) {
    let plane = height * width;
    // The columns of the window that lie within the image.
    let from = window.right.min(0).unsigned_abs().min(width);
    let until = width
        .saturating_sub(window.right.max(0).unsigned_abs())
        .max(from);
    let planes = image.chunks_exact(plane).zip(out.chunks_exact_mut(plane));
    for ((image, out), &fill) in planes.zip(fill) {
        for (y, out) in out.chunks_exact_mut(width).enumerate() {
            let row = usize::try_from(y as isize + window.down).unwrap_or(usize::MAX);
            if row >= height {
                out.fill(fill);
                continue;
            }
            let start = row * width + (from as isize + window.right).max(0) as usize;
            out[..from].fill(fill);
            out[from..until].copy_from_slice(&image[start..start + until - from]);
            out[until..].fill(fill);
            if window.flip {
                out.reverse();
            }
        }
    }
}
