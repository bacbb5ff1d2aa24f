use serde::{Deserialize, Serialize};

use crate::images::ImageSet;

/// Mean and deviation of each channel of `pixel / 255`.
///
/// A pixel becomes `(pixel / 255 - mean) / deviation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// The mean of each channel, 0 to 1.
    pub mean: Vec<f32>,
    /// The standard deviation of each channel, above 0.
    pub deviation: Vec<f32>,
}

impl Normalisation {
    /// Measures a set, the training set as a rule: the deviation is over all pixels of all images
    /// (divided by their number); a channel of one value has deviation 1.
    ///
    /// Sums are of integers and so exact.
    pub fn of(set: &ImageSet) -> Normalisation {
        let plane = set.height * set.width;
        let mut sums = vec![[0u64; 2]; set.channels];
        for image in set.pixels.chunks_exact(set.image_bytes().max(1)) {
            for (sum, plane) in sums.iter_mut().zip(image.chunks_exact(plane)) {
                for &pixel in plane {
                    sum[0] += u64::from(pixel);
                    sum[1] += u64::from(pixel) * u64::from(pixel);
                }
            }
        }
        let count = (set.images() * plane).max(1) as f64;
        let mut normalisation = Normalisation {
            mean: Vec::new(),
            deviation: Vec::new(),
        };
        for [sum, squares] in sums {
            let mean = sum as f64 / count;
            let variance = (squares as f64 / count - mean * mean).max(0.0);
            // Below the rounding of the difference above: one value alone.
            let deviation = if variance < 1e-9 {
                255.0
            } else {
                variance.sqrt()
            };
            normalisation.mean.push((mean / 255.0) as f32);
            normalisation.deviation.push((deviation / 255.0) as f32);
        }
        normalisation
    }

    /// The mean as a pixel of each channel, 0 to 255.
    pub(super) fn mean_pixel(&self) -> Vec<u8> {
        let pixel = |mean: &f32| (255.0 * mean).round() as u8;
        self.mean.iter().map(pixel).collect()
    }

    /// What is wrong with it for images of `channels` channels.
    pub(super) fn problems(&self, channels: usize) -> Vec<String> {
        let mut problems = Vec::new();
        if self.mean.len() != channels || self.deviation.len() != channels {
            problems.push(format!(
                "the normalisation has {} means and {} deviations for {channels} channels: \
                 measure it on the training set",
                self.mean.len(),
                self.deviation.len()
            ));
        }
        for mean in &self.mean {
            if !(0.0..=1.0).contains(mean) {
                problems.push(format!("a mean of pixels is {mean}, allowed is 0 to 1"));
            }
        }
        for deviation in &self.deviation {
            if !(*deviation > 0.0 && deviation.is_finite()) {
                problems.push(format!("a deviation is {deviation}, allowed is above 0"));
            }
        }
        problems
    }

    /// The normalised numbers of one or more images, `pixels` being image after image.
    pub(crate) fn normalised(&self, pixels: &[u8], image: usize) -> Vec<f32> {
        let mut numbers = vec![0.0; pixels.len()];
        for (pixels, out) in pixels
            .chunks_exact(image)
            .zip(numbers.chunks_exact_mut(image))
        {
            self.apply(pixels, out);
        }
        numbers
    }

    /// Normalises an image: `pixels` and `out` are `channels x height x width`.
    pub(crate) fn apply(&self, pixels: &[u8], out: &mut [f32]) {
        let plane = pixels.len() / self.mean.len();
        let planes = pixels.chunks_exact(plane).zip(out.chunks_exact_mut(plane));
        for ((pixels, out), (mean, deviation)) in planes.zip(self.mean.iter().zip(&self.deviation))
        {
            let scale = 1.0 / (255.0 * deviation);
            let shift = -mean / deviation;
            for (out, &pixel) in out.iter_mut().zip(pixels) {
                *out = f32::from(pixel) * scale + shift;
            }
        }
    }
}
