//! One picture: PNG, JPEG or WebP.

use std::io::Cursor;
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use super::ReadOptions;
use super::shape::Pixels;

/// The longest side of a picture that is decoded, and the most memory that decoding may take.
const MOST_SIDE: u32 = 1 << 15;
const MOST_MEMORY: u64 = 512 << 20;

/// Reads a picture and brings it to the size and channels of the options; without channels there,
/// grey pictures have 1 and others 3.
///
/// The content decides on the format, not the name. Cameras' notes on orientation are followed,
/// transparent pixels lie on white, 16 bits become 8.
///
/// # Errors
/// What is wrong, without the path.
pub(super) fn decode(path: &Path, options: &ReadOptions) -> Result<Pixels, String> {
    let bytes = std::fs::read(path).map_err(|cause| format!("cannot be read: {cause}"))?;
    let mut pixels = decoded(&bytes)?;
    if let Some(channels) = options.channels {
        pixels = pixels.with_channels(channels);
    }
    Ok(match options.size {
        Some(sides) => pixels.resized(sides),
        None => pixels,
    })
}

fn decoded(bytes: &[u8]) -> Result<Pixels, String> {
    let unknown = "no PNG, JPEG or WebP picture: convert it, or move it elsewhere";
    let damaged = |cause: image::ImageError| format!("damaged, or too large a picture: {cause}");
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|cause| cause.to_string())?;
    if !reader
        .format()
        .is_some_and(|format| format.reading_enabled())
    {
        return Err(unknown.to_string());
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    if decoder.total_bytes() > MOST_MEMORY {
        let (width, height) = decoder.dimensions();
        return Err(format!(
            "{height} x {width} pixels, more than 512 MiB: make it smaller"
        ));
    }
    // Pictures without such a note, or with a broken one, are upright.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    let sides = [picture.height() as usize, picture.width() as usize];
    let (channels, values) = match picture.color().has_color() {
        true => (3, on_white(&picture.to_rgba8(), 3)),
        false => (1, on_white(&picture.to_luma_alpha8(), 1)),
    };
    Ok(Pixels {
        channels,
        sides,
        values,
    })
}

/// Planes of the colours of pixels that end with their opacity: `a colour + (1 - a) white`.
fn on_white(pixels: &[u8], colours: usize) -> Vec<u8> {
    let mut values = Vec::with_capacity(pixels.len() / (colours + 1) * colours);
    for colour in 0..colours {
        values.extend(pixels.chunks_exact(colours + 1).map(|pixel| {
            let opacity = u32::from(pixel[colours]);
            let sum = u32::from(pixel[colour]) * opacity + 255 * (255 - opacity);
            ((sum + 127) / 255) as u8
        }));
    }
    values
}
