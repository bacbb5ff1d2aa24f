//! Batches for training: shuffled, changed at random, normalised, made ahead on worker threads.
//!
//! The order of the changes, each drawn from a stream of its own for (purpose, epoch, image):
//!
//! 1. crop: a window of the image's size at a random place of the image with a border;
//! 2. flip: left and right exchanged with probability 1/2;
//! 3. RandAugment: operations on colours and places, on bytes;
//! 4. normalisation: `(pixel / 255 - mean) / deviation` per channel;
//! 5. cutout: a square of the mean colour;
//! 6. mixup with the next image of the batch.
//!
//! Wherever a pixel comes from outside an image (crop, rotation, cutout), it is the channel's mean,
//! which normalises to 0 (in crops and rotations to the nearest of 256 values, so about 0). Black
//! was rejected: it is a colour that networks would learn to see.
//!
//! A batch is a pure function of seed, epoch and position, so workers need no order among
//! themselves, any number of them gives the same bytes, and a training resumes within an epoch
//! without replaying it.
//!
//! ```
//! use std::sync::Arc;
//! use neuronseek_vision::augment::{Augment, Loader, LoaderConfig, Normalisation};
//! use neuronseek_vision::images::ImageSet;
//!
//! let set = Arc::new(ImageSet {
//!     name: "two".to_string(),
//!     channels: 1,
//!     height: 2,
//!     width: 2,
//!     pixels: vec![0, 10, 20, 30, 40, 50, 60, 70],
//!     labels: vec![0, 1],
//!     classes: vec!["dark".to_string(), "bright".to_string()],
//! });
//! let config = LoaderConfig {
//!     augment: Augment { flip: true, ..Augment::default() },
//!     batch: 2,
//!     ..LoaderConfig::default()
//! };
//! let loader = Loader::training(set.clone(), Normalisation::of(&set), config)?;
//! for batch in loader.epoch(0) {
//!     assert_eq!((batch.pixels.len(), batch.labels.len()), (8, 2));
//! }
//! # Ok::<(), neuronseek_vision::VisionError>(())
//! ```

mod config;
mod crop;
mod loader;
mod normalisation;
mod operations;
mod plan;
mod rand_augment;
mod stream;

pub use config::Augment;
pub use loader::{Batches, Loader, LoaderConfig};
pub use normalisation::Normalisation;
pub use plan::Batch;
pub use rand_augment::RandAugment;

#[cfg(test)]
mod tests;
