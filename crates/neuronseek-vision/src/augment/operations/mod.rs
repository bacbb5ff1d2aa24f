//! The operations of RandAugment, on bytes.

mod geometry;
mod tone;

/// An image that operations change in place.
pub(super) struct Picture<'a> {
    /// Rows and columns.
    pub sides: [usize; 2],
    /// `channels x height x width`.
    pub pixels: &'a mut [u8],
    /// Room for a copy of the pixels.
    pub spare: &'a mut [u8],
    /// The pixel of each channel outside the image.
    pub fill: &'a [u8],
}

impl Picture<'_> {
    fn plane(&self) -> usize {
        self.sides[0] * self.sides[1]
    }
}

/// What is done to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Identity,
    AutoContrast,
    Equalise,
    Rotate,
    Solarise,
    Colour,
    Posterise,
    Contrast,
    Brightness,
    Sharpness,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
}

impl Operation {
    /// All of them; RandAugment draws each as often.
    pub const ALL: [Operation; 14] = [
        Operation::Identity,
        Operation::AutoContrast,
        Operation::Equalise,
        Operation::Rotate,
        Operation::Solarise,
        Operation::Colour,
        Operation::Posterise,
        Operation::Contrast,
        Operation::Brightness,
        Operation::Sharpness,
        Operation::ShearX,
        Operation::ShearY,
        Operation::TranslateX,
        Operation::TranslateY,
    ];

    /// Changes a picture; `strength` is magnitude / 30 with a random sign, which operations
    /// without direction ignore.
    pub fn apply(self, picture: &mut Picture<'_>, strength: f32) {
        let [height, width] = picture.sides.map(|side| side as f32);
        let factor = 1.0 + 0.9 * strength;
        match self {
            Operation::Identity => {}
            Operation::AutoContrast => tone::auto_contrast(picture),
            Operation::Equalise => tone::equalise(picture),
            Operation::Rotate => geometry::rotate(picture, 30.0 * strength),
            Operation::Solarise => {
                let threshold = 256.0 * (1.0 - strength.abs());
                tone::solarise(picture, threshold.round() as u32);
            }
            Operation::Colour => tone::colour(picture, factor),
            Operation::Posterise => {
                let dropped = (4.0 * strength.abs()).round() as u32;
                tone::posterise(picture, 8 - dropped);
            }
            Operation::Contrast => tone::contrast(picture, factor),
            Operation::Brightness => tone::brightness(picture, factor),
            Operation::Sharpness => tone::sharpness(picture, factor),
            Operation::ShearX => geometry::shear(picture, [0.0, 0.3 * strength]),
            Operation::ShearY => geometry::shear(picture, [0.3 * strength, 0.0]),
            Operation::TranslateX => {
                let right = (width * strength * 150.0 / 331.0).round();
                geometry::translate(picture, [0, right as isize]);
            }
            Operation::TranslateY => {
                let down = (height * strength * 150.0 / 331.0).round();
                geometry::translate(picture, [down as isize, 0]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
