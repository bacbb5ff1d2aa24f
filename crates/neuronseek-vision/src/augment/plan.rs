use std::sync::Arc;

use rand_distr::{Beta, Distribution};

use super::crop::{Window, crop};
use super::operations::Picture;
use super::stream::{Purpose, below, generator};
use super::{Augment, Normalisation};
use crate::images::ImageSet;

/// Images that are trained on together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// `rows x channels x height x width`, normalised.
    pub pixels: Vec<f32>,
    /// The class of each image; empty for images without labels.
    pub labels: Vec<u32>,
    /// The class of each image's partner; the image's own without mixup.
    pub partners: Vec<u32>,
    /// The weight of the own class: the target is `share` of the label and `1 - share` of the
    /// partner; 1 without mixup.
    pub shares: Vec<f32>,
    /// Which images of the set these are.
    pub rows: Vec<usize>,
}

/// All that a batch is a function of, besides the epoch's order.
pub(super) struct Plan {
    pub set: Arc<ImageSet>,
    pub normalisation: Normalisation,
    pub augment: Augment,
    pub seed: u64,
}

impl Plan {
    /// The batch of these images in an epoch.
    pub fn batch(&self, images: &[u32], epoch: u64) -> Batch {
        let mut pixels = vec![0.0; images.len() * self.set.image_bytes()];
        self.fill(&mut pixels, images, epoch);
        let rows: Vec<usize> = images.iter().map(|&image| image as usize).collect();
        let labels: Vec<u32> = match self.set.labels.is_empty() {
            true => Vec::new(),
            false => rows.iter().map(|&row| self.set.labels[row]).collect(),
        };
        let mut batch = Batch {
            partners: labels.clone(),
            shares: vec![1.0; rows.len()],
            pixels,
            labels,
            rows,
        };
        if self.augment.mixup > 0.0 {
            self.mix(&mut batch, epoch);
        }
        batch
    }

    /// Changes and normalises each image by itself.
    fn fill(&self, pixels: &mut [f32], images: &[u32], epoch: u64) {
        let size = self.set.image_bytes();
        let sides = [self.set.height, self.set.width];
        let fill = self.normalisation.mean_pixel();
        let (mut changed, mut spare) = (vec![0; size], vec![0; size]);
        for (&image, out) in images.iter().zip(pixels.chunks_exact_mut(size)) {
            let source = self.set.image(image as usize);
            if self.augment.crop_padding > 0 || self.augment.flip {
                let window = self.window(epoch, image);
                crop(source, sides, window, &fill, &mut changed);
            } else {
                changed.copy_from_slice(source);
            }
            if let Some(rand_augment) = self.augment.rand_augment {
                let mut random = generator(self.seed, Purpose::RandAugment, epoch, image);
                let mut picture = Picture {
                    sides,
                    pixels: &mut changed,
                    spare: &mut spare,
                    fill: &fill,
                };
                rand_augment.apply(&mut picture, &mut random);
            }
            self.normalisation.apply(&changed, out);
            if self.augment.cutout > 0 {
                self.cut_out(out, epoch, image);
            }
        }
    }

    fn window(&self, epoch: u64, image: u32) -> Window {
        let mut random = generator(self.seed, Purpose::Crop, epoch, image);
        let padding = self.augment.crop_padding as u32;
        let mut offset = || below(2 * padding + 1, &mut random) as isize - padding as isize;
        let (down, right) = (offset(), offset());
        Window {
            down,
            right,
            flip: self.augment.flip && below(2, &mut random) == 1,
        }
    }

    /// Sets a square to 0, the mean: its middle is any pixel, so that it covers pixels at the
    /// border as often as others.
    fn cut_out(&self, pixels: &mut [f32], epoch: u64, image: u32) {
        let (height, width, side) = (self.set.height, self.set.width, self.augment.cutout);
        let mut random = generator(self.seed, Purpose::Cutout, epoch, image);
        let mut span = |length: usize| {
            let middle = below(length as u32, &mut random) as usize;
            let start = middle.saturating_sub(side / 2);
            start..(middle + side.div_ceil(2)).min(length)
        };
        let (rows, columns) = (span(height), span(width));
        for plane in pixels.chunks_exact_mut(height * width) {
            for row in rows.clone() {
                plane[row * width..][columns.clone()].fill(0.0);
            }
        }
    }

    /// Mixes each image with the next one of the batch, the last with the first: the order is
    /// random already, and so each image is the partner of one other.
    fn mix(&self, batch: &mut Batch, epoch: u64) {
        let alpha = f64::from(self.augment.mixup);
        let Ok(beta) = Beta::new(alpha, alpha) else {
            return;
        };
        let size = self.set.image_bytes();
        let first = batch.pixels[..size].to_vec();
        let rows = batch.rows.len();
        for row in 0..rows {
            let mut random = generator(self.seed, Purpose::Mixup, epoch, batch.rows[row] as u32);
            let share = beta.sample(&mut random).clamp(0.0, 1.0) as f32;
            let (own, later) = batch.pixels[row * size..].split_at_mut(size);
            let partner = if row + 1 < rows {
                &later[..size]
            } else {
                &first
            };
            for (own, partner) in own.iter_mut().zip(partner) {
                *own = share * *own + (1.0 - share) * partner;
            }
            batch.shares[row] = share;
            batch.partners[row] = batch.labels[(row + 1) % rows];
        }
    }
}
