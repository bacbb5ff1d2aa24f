//! stub
use crate::images::ImageSet;
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Augment {
    pub crop_padding: usize,
    pub flip: bool,
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
    n: Normalisation,
    batch: usize,
}
impl<'a> Loader<'a> {
    pub fn new(
        set: &'a ImageSet,
        _a: Augment,
        n: Normalisation,
        batch: usize,
        _seed: u64,
        _w: usize,
    ) -> Loader<'a> {
        Loader { set, n, batch }
    }
    pub fn batches(&self) -> usize {
        self.set.labels.len().div_ceil(self.batch)
    }
    pub fn epoch(&self, _e: u64) -> impl Iterator<Item = Batch> + '_ {
        let size = self.set.channels * self.set.height * self.set.width;
        (0..self.batches()).map(move |b| {
            let a = b * self.batch;
            let e = (a + self.batch).min(self.set.labels.len());
            Batch {
                pixels: self.n.normalised(&self.set.pixels[a * size..e * size]),
                labels: self.set.labels[a..e].to_vec(),
                partners: vec![],
                shares: vec![],
                rows: (a..e).collect(),
            }
        })
    }
}
