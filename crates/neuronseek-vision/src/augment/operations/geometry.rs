//! Operations that move pixels. Each pixel of the result takes the value of the nearest pixel of
//! the image, as the authors' program does: at 32 x 32, interpolation blurs.

use super::Picture;
use crate::augment::crop::{Window, crop};

/// Rotates about the middle, clockwise as one looks at the image.
pub fn rotate(picture: &mut Picture<'_>, degrees: f32) {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    affine(picture, [[cosine, -sine], [sine, cosine]]);
}

/// Moves each row by `along_rows` of its distance from the middle row to the left, and each
/// column by `along_columns` of its distance from the middle column upwards.
pub fn shear(picture: &mut Picture<'_>, [along_columns, along_rows]: [f32; 2]) {
    affine(picture, [[1.0, along_columns], [along_rows, 1.0]]);
}

/// Moves the image by whole pixels.
pub fn translate(picture: &mut Picture<'_>, [down, right]: [isize; 2]) {
    picture.spare.copy_from_slice(picture.pixels);
    let window = Window {
        down: -down,
        right: -right,
        flip: false,
    };
    crop(
        picture.spare,
        picture.sides,
        window,
        picture.fill,
        picture.pixels,
    );
}

/// The pixel at (row, column) from the middle becomes the image's pixel at `map (row, column)`
/// from the middle.
fn affine(picture: &mut Picture<'_>, map: [[f32; 2]; 2]) {
    const OUTSIDE: u32 = u32::MAX;
    let [height, width] = picture.sides;
    let middle = [height, width].map(|side| (side as f32 - 1.0) / 2.0);
    let plane = height * width;
    picture.spare.copy_from_slice(picture.pixels);
    let mut sources = vec![OUTSIDE; width];
    for row in 0..height {
        let down = row as f32 - middle[0];
        for (column, source) in sources.iter_mut().enumerate() {
            let right = column as f32 - middle[1];
            // Half a pixel more, so that cutting the fraction off finds the nearest.
            let y = map[0][0] * down + map[0][1] * right + middle[0] + 0.5;
            let x = map[1][0] * down + map[1][1] * right + middle[1] + 0.5;
            let within = y >= 0.0 && x >= 0.0 && y < height as f32 && x < width as f32;
            *source = match within {
                true => y as u32 * width as u32 + x as u32,
                false => OUTSIDE,
            };
        }
        let planes = picture
            .pixels
            .chunks_exact_mut(plane)
            .zip(picture.spare.chunks_exact(plane));
        for ((out, image), &fill) in planes.zip(picture.fill) {
            let out = &mut out[row * width..(row + 1) * width];
            for (out, &source) in out.iter_mut().zip(&sources) {
                *out = image.get(source as usize).copied().unwrap_or(fill);
            }
        }
    }
}
