//! Size and channels of images.

use image::imageops::{self, FilterType};
use image::{ImageBuffer, Luma};

/// The lightness of a pixel: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601), in 65536ths.
pub(crate) fn lightness([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue);
    ((sum + 32768) >> 16) as u8
}

/// One or more images of a shape: `images x channels x height x width`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pixels {
    pub channels: usize,
    /// Rows and columns.
    pub sides: [usize; 2],
    pub values: Vec<u8>,
}

impl Pixels {
    /// Stretches each image to these rows and columns.
    ///
    /// A result is the mean of the pixels near its place, weighted by a triangle that spans two
    /// pixels of the coarser of the two images: no pixel of a larger image goes unseen, and no
    /// value beyond those of the image appears, as it would with Lanczos's filter.
    pub fn resized(self, sides: [usize; 2]) -> Pixels {
        if sides == self.sides {
            return self;
        }
        let [height, width] = self.sides.map(|side| side as u32);
        let [rows, columns] = sides.map(|side| side as u32);
        let plane = self.sides[0] * self.sides[1];
        let planes = self.values.chunks_exact(plane.max(1));
        let resized = planes.filter_map(|plane| {
            let plane = ImageBuffer::<Luma<u8>, &[u8]>::from_raw(width, height, plane)?;
            let plane = imageops::resize(&plane, columns, rows, FilterType::Triangle);
            Some(plane.into_raw())
        });
        Pixels {
            channels: self.channels,
            sides,
            values: resized.flatten().collect(),
        }
    }

    /// With 1 channel, the lightness, or with 3, a single one repeated.
    pub fn with_channels(self, channels: usize) -> Pixels {
        if channels == self.channels {
            return self;
        }
        let plane = (self.sides[0] * self.sides[1]).max(1);
        let images = self.values.chunks_exact(plane * self.channels);
        let mut values = Vec::with_capacity(images.len() * plane * channels);
        for image in images {
            match channels {
                1 => values
                    .extend((0..plane).map(|at| {
                        lightness([image[at], image[plane + at], image[2 * plane + at]])
                    })),
                _ => (0..channels).for_each(|_| values.extend_from_slice(image)),
            }
        }
        Pixels {
            channels,
            sides: self.sides,
            values,
        }
    }
}

/// Turns planes that are stored column by column into planes stored row by row, in place.
pub(super) fn rows_first(planes: &mut [u8], [height, width]: [usize; 2]) {
    let mut columns = vec![0; height * width];
    for plane in planes.chunks_exact_mut(height * width) {
        columns.copy_from_slice(plane);
        for (row, pixels) in plane.chunks_exact_mut(width).enumerate() {
            for (column, pixel) in pixels.iter_mut().enumerate() {
                *pixel = columns[column * height + row];
            }
        }
    }
}
