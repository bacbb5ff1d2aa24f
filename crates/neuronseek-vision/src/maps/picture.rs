//! A map over its image, as a picture.

use image::{Rgb, RgbImage};

use super::ClassMaps;
use super::colour::colour;

/// The least rows and columns of one half of a picture.
const SIDE: usize = 256;
/// White columns between the halves.
const GAP: u32 = 8;
/// How much of the right half is the map's colour; the rest is the image in grey.
const COVER: f32 = 0.6;

/// An image and, right of it, the map of a class over the image in grey. `pixels` are the image's,
/// `channels x rows x columns` with red, green and blue or, for any other number of channels, the
/// first as grey.
///
/// Images smaller than 256 pixels are enlarged by a whole factor, each pixel a square, so that one
/// sees what the network saw; the map is drawn in the picture's own size. Its colours reach from its
/// own smallest value (dark) to its largest (light): they compare places of one map, not maps.
///
/// # Panics
/// Beyond the last class, and for pixels of another count.
pub fn picture(
    pixels: &[u8],
    [channels, rows, columns]: [usize; 3],
    maps: &ClassMaps,
    class: usize,
) -> RgbImage {
    assert_eq!(pixels.len(), channels * rows * columns);
    let factor = SIDE.div_ceil(rows.min(columns)).max(1);
    let [height, width] = [rows * factor, columns * factor];
    let map = scaled(maps.enlarged(class, height, width));
    let colours = |row: usize, column: usize| {
        let at = |channel: usize| {
            let channel = if channels == 3 { channel } else { 0 };
            pixels[(channel * rows + row / factor) * columns + column / factor]
        };
        [at(0), at(1), at(2)]
    };
    let half = width as u32;
    let mut picture = RgbImage::from_pixel(2 * half + GAP, height as u32, Rgb([255; 3]));
    for row in 0..height {
        for column in 0..width {
            let [x, y] = [column as u32, row as u32];
            let own = colours(row, column);
            picture.put_pixel(x, y, Rgb(own));
            let over = covered(own, map[row * width + column]);
            picture.put_pixel(half + GAP + x, y, Rgb(over));
        }
    }
    picture
}

/// Values moved and stretched to 0 to 1; all 0 where they are all alike.
fn scaled(mut values: Vec<f32>) -> Vec<f32> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = if high > low { high - low } else { 1.0 };
    for value in &mut values {
        *value = (*value - low) / range;
    }
    values
}

/// The grey of a colour (its luma of ITU-R BT.601) under the colour of a number.
fn covered([red, green, blue]: [u8; 3], number: f32) -> [u8; 3] {
    let grey = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
    colour(number).map(|part| (COVER * part + (1.0 - COVER) * grey).round() as u8)
}
