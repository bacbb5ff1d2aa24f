//! Operations that change pixels where they are.
//!
//! Enhancements go from a degenerate image through the image itself and beyond:
//! `degenerate + factor (image - degenerate)`, rounded and kept within 0 to 255; factor 1 is the
//! image.

use super::Picture;
use crate::images;

/// Spreads each channel over 0 to 255: `255 (pixel - least) / (most - least)`; a channel of one
/// value stays.
pub fn auto_contrast(picture: &mut Picture<'_>) {
    each_plane(picture, |plane| {
        let least = plane.iter().copied().min().unwrap_or(0);
        let most = plane.iter().copied().max().unwrap_or(0);
        let scale = 255.0 / f32::from(most.saturating_sub(least));
        if scale.is_finite() {
            let spread = |pixel: u8| to_pixel(f32::from(pixel.saturating_sub(least)) * scale);
            look_up(plane, spread);
        }
    });
}

/// Spreads each channel so that all values are about as frequent: a pixel becomes
/// `(step / 2 + pixels below it) / step` in whole numbers, with `step` a 255th of the pixels that
/// do not have the highest value. A channel with `step` 0 stays.
pub fn equalise(picture: &mut Picture<'_>) {
    each_plane(picture, |plane| {
        let mut counts = [0usize; 256];
        for &pixel in plane.iter() {
            counts[usize::from(pixel)] += 1;
        }
        let highest = counts.iter().rev().find(|&&count| count > 0);
        let step = (plane.len() - highest.copied().unwrap_or(0)) / 255;
        if step == 0 {
            return;
        }
        let mut below = step / 2;
        let table = counts.map(|count| {
            let value = (below / step).min(255) as u8;
            below += count;
            value
        });
        look_up(plane, |pixel| table[usize::from(pixel)]);
    });
}

/// Inverts pixels from `threshold` (0 to 256) on: 256 inverts none.
pub fn solarise(picture: &mut Picture<'_>, threshold: u32) {
    for pixel in picture.pixels.iter_mut() {
        if u32::from(*pixel) >= threshold {
            *pixel = 255 - *pixel;
        }
    }
}

/// Keeps the highest `bits` (1 to 8) bits of each pixel.
pub fn posterise(picture: &mut Picture<'_>, bits: u32) {
    let mask = !(0xff_u32 >> bits) as u8;
    for pixel in picture.pixels.iter_mut() {
        *pixel &= mask;
    }
}

/// From black.
pub fn brightness(picture: &mut Picture<'_>, factor: f32) {
    look_up(picture.pixels, |pixel| to_pixel(factor * f32::from(pixel)));
}

/// From the mean lightness of the image.
pub fn contrast(picture: &mut Picture<'_>, factor: f32) {
    lightness(picture);
    let plane = picture.plane();
    let sum: u64 = picture.spare[..plane].iter().map(|&l| u64::from(l)).sum();
    let mean = ((sum + plane as u64 / 2) / plane.max(1) as u64) as f32;
    look_up(picture.pixels, |pixel| {
        to_pixel(mean + factor * (f32::from(pixel) - mean))
    });
}

/// From the image in shades of grey; images of one channel stay.
pub fn colour(picture: &mut Picture<'_>, factor: f32) {
    let plane = picture.plane();
    if picture.pixels.len() == plane {
        return;
    }
    lightness(picture);
    for pixels in picture.pixels.chunks_exact_mut(plane) {
        blend(pixels, &picture.spare[..plane], factor);
    }
}

/// From the image smoothed by weights of 5/13 for a pixel and 1/13 for each of its 8 neighbours;
/// pixels of the border stay.
pub fn sharpness(picture: &mut Picture<'_>, factor: f32) {
    let [height, width] = picture.sides;
    picture.spare.copy_from_slice(picture.pixels);
    let plane = picture.plane();
    let planes = picture.pixels.chunks_exact(plane);
    for (image, smooth) in planes.zip(picture.spare.chunks_exact_mut(plane)) {
        for row in 1..height.saturating_sub(1) {
            let rows = [row - 1, row, row + 1].map(|row| &image[row * width..(row + 1) * width]);
            let smooth = &mut smooth[row * width..(row + 1) * width];
            for column in 1..width.saturating_sub(1) {
                let three = |row: &[u8]| {
                    let near = &row[column - 1..column + 2];
                    u32::from(near[0]) + u32::from(near[1]) + u32::from(near[2])
                };
                let sum = three(rows[0]) + three(rows[1]) + three(rows[2]);
                let sum = sum + 4 * u32::from(rows[1][column]);
                smooth[column] = ((sum + 6) / 13) as u8;
            }
        }
    }
    blend(picture.pixels, picture.spare, factor);
}

/// Writes the lightness of each pixel to the first plane of `spare`; of one channel, itself.
fn lightness(picture: &mut Picture<'_>) {
    let plane = picture.plane();
    let out = &mut picture.spare[..plane];
    if picture.pixels.len() < 3 * plane {
        out.copy_from_slice(&picture.pixels[..plane]);
        return;
    }
    let (red, rest) = picture.pixels.split_at(plane);
    let (green, blue) = rest.split_at(plane);
    let colours = red.iter().zip(green).zip(blue);
    for (out, ((&red, &green), &blue)) in out.iter_mut().zip(colours) {
        *out = images::lightness([red, green, blue]);
    }
}

/// `degenerate + factor (pixel - degenerate)`.
fn blend(pixels: &mut [u8], degenerate: &[u8], factor: f32) {
    for (pixel, &from) in pixels.iter_mut().zip(degenerate) {
        let from = f32::from(from);
        *pixel = to_pixel(from + factor * (f32::from(*pixel) - from));
    }
}

/// Rounds and keeps within 0 to 255 (a conversion to `u8` stops at its bounds).
fn to_pixel(value: f32) -> u8 {
    (value + 0.5) as u8
}

fn each_plane(picture: &mut Picture<'_>, change: impl Fn(&mut [u8])) {
    let plane = picture.plane();
    picture.pixels.chunks_exact_mut(plane).for_each(change);
}

/// Replaces each pixel by a function of it, computed once for each of the 256 values.
fn look_up(pixels: &mut [u8], value: impl Fn(u8) -> u8) {
    let table: [u8; 256] = std::array::from_fn(|pixel| value(pixel as u8));
    for pixel in pixels {
        *pixel = table[usize::from(*pixel)];
    }
}
