//! stub
#![allow(missing_docs)]
use crate::images::ImageSet;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Augment {
    pub crop_padding: usize,
    pub flip: bool,
    pub cutout: usize,
    pub rand_augment: Option<RandAugment>,
    pub mixup: f32,
}
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RandAugment {
    pub count: usize,
    pub magnitude: u32,
}
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Normalisation {
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
}
impl Normalisation {
    pub fn of(set: &ImageSet) -> Normalisation {
        Normalisation {
            mean: vec![0.47; set.channels],
            deviation: vec![0.25; set.channels],
        }
    }
    pub fn normalised(&self, pixels: &[u8]) -> Vec<f32> {
        pixels
            .iter()
            .map(|&p| (f32::from(p) / 255.0 - 0.47) / 0.25)
            .collect()
    }
}
#[derive(Debug, Clone)]
pub struct Batch {
    pub pixels: Vec<f32>,
    pub labels: Vec<u32>,
    pub partners: Vec<u32>,
    pub shares: Vec<f32>,
    pub rows: Vec<usize>,
}
pub struct Loader<'a> {
    set: &'a ImageSet,
    a: Augment,
    n: Normalisation,
    batch: usize,
    seed: u64,
}
impl<'a> Loader<'a> {
    pub fn new(
        set: &'a ImageSet,
        a: Augment,
        n: Normalisation,
        batch: usize,
        seed: u64,
        _w: usize,
    ) -> Loader<'a> {
        Loader {
            set,
            a,
            n,
            batch,
            seed,
        }
    }
    pub fn batches(&self) -> usize {
        self.set.labels.len().div_ceil(self.batch)
    }
    pub fn epoch(&self, e: u64) -> impl Iterator<Item = Batch> + '_ {
        let mut r = ChaCha8Rng::seed_from_u64(self.seed);
        r.set_stream(e + 1);
        let mut order: Vec<usize> = (0..self.set.labels.len()).collect();
        order.shuffle(&mut r);
        let (c, h, w) = (self.set.channels, self.set.height, self.set.width);
        (0..self.batches()).map(move |b| {
            let a = b * self.batch;
            let z = (a + self.batch).min(order.len());
            let mut pixels = Vec::new();
            for &row in &order[a..z] {
                let p = self.a.crop_padding as i64;
                let (dy, dx) = if p > 0 {
                    (r.random_range(-p..=p), r.random_range(-p..=p))
                } else {
                    (0, 0)
                };
                let flip = self.a.flip && r.random_range(0..2) == 1;
                let image = self.set.rows(&[row]).pixels;
                for ch in 0..c {
                    for y in 0..h as i64 {
                        for x in 0..w as i64 {
                            let sx = if flip { w as i64 - 1 - x } else { x } + dx;
                            let sy = y + dy;
                            pixels.push(if sx < 0 || sy < 0 || sx >= w as i64 || sy >= h as i64 {
                                0.0
                            } else {
                                (f32::from(image[(ch * h + sy as usize) * w + sx as usize]) / 255.0
                                    - 0.47)
                                    / 0.25
                            });
                        }
                    }
                }
            }
            let _ = &self.n;
            Batch {
                pixels,
                labels: order[a..z].iter().map(|&i| self.set.labels[i]).collect(),
                partners: vec![],
                shares: vec![],
                rows: order[a..z].to_vec(),
            }
        })
    }
}
