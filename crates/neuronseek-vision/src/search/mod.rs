//! Finding the neuron of an image set.
//!
//! | way | rows of the search | what it costs |
//! |---|---|---|
//! | [`Rows::Flat`] | images, averaged down to at most 150 numbers | seconds |
//! | [`Rows::Features`] | images, as a small trained network sees them: 128 numbers | a short training |
//! | [`Rows::Patches`] | patches of 3 x 3 pixels, the class of their image as target | seconds |
//! | [`joint`] | none: gates on the terms of all convolutions, trained with the network | a training |
//!
//! The first three hand rows to a search for tables, as the paper does; what they find is the neuron of
//! a classifier of those rows, which need not be what convolutions inside a network want. The last one
//! asks the network itself.

mod joint;
mod rows;
#[cfg(test)]
mod tests;

use neuronseek::model::{SearchOptions, method};
use neuronseek::observe::Control;
use neuronseek::prepare::Target;
use neuronseek::search::{Problem, Report, SearchError};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

pub use joint::{JointFound, joint};

use crate::VisionError;
use crate::images::ImageSet;

/// The stream that draws images.
const STREAM: u64 = 0x7365_6172;

/// What a row of the search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// An image, averaged down.
    Flat,
    /// What a small linear network, trained for a few epochs, makes of an image.
    Features,
    /// A patch of 3 x 3 pixels at a random place, four of each image.
    Patches,
}

/// How a neuron is searched on rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchConfig {
    /// What a row is; default features.
    pub rows: Rows,
    /// The search for tables and its bounds; orders above 5 are no use in convolutions.
    pub options: SearchOptions,
    /// At most so many images are looked at, drawn by the seed; default 2,000, at least 20.
    pub images: usize,
    /// Epochs of the small network ([`Rows::Features`]), at least 1; default 5.
    pub epochs: usize,
    /// The seed of everything random.
    pub seed: u64,
}

impl Default for SearchConfig {
    fn default() -> SearchConfig {
        SearchConfig {
            rows: Rows::Features,
            options: SearchOptions {
                max_order: 3,
                max_rank: 2,
                ..SearchOptions::default()
            },
            images: 2000,
            epochs: 5,
            seed: 0,
        }
    }
}

/// What a search on rows found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The search's report; the neuron is in it.
    pub report: Report,
    /// Rows of the search.
    pub rows: usize,
    /// Numbers of a row.
    pub inputs: usize,
}

/// Searches the neuron of a classifier of rows.
///
/// # Errors
/// [`VisionError::Request`] for settings out of range, unlabelled images and those of one class, and
/// with what the search says; [`VisionError::Stopped`] when it should end.
pub fn search(
    images: &ImageSet,
    config: &SearchConfig,
    control: &Control<'_>,
) -> Result<Found, VisionError> {
    config.check(images)?;
    let sample = sampled(images, config);
    let (inputs, labels) = match config.rows {
        Rows::Flat => rows::flat(&sample),
        Rows::Features => rows::features(images, &sample, config, control)?,
        Rows::Patches => rows::patches(&sample, config.seed),
    };
    let target = Target::Classes {
        labels,
        count: images.classes.len(),
    };
    let problem = Problem {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let report = method(&config.options).search(&problem, config.seed, control);
    let failed = |error: SearchError| match control.should_stop() {
        true => VisionError::Stopped,
        false => VisionError::request(error.to_string()),
    };
    Ok(Found {
        report: report.map_err(failed)?,
        rows: inputs.rows(),
        inputs: inputs.columns(),
    })
}

impl SearchConfig {
    fn check(&self, images: &ImageSet) -> Result<(), VisionError> {
        let mut reasons = classes(images);
        if self.images < 20 {
            reasons.push(format!("{} images are too few: at least 20", self.images));
        }
        if self.epochs < 1 {
            reasons.push("epochs 0 are too few: at least 1".to_string());
        }
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(VisionError::Request(reasons)),
        }
    }
}

/// What is wrong with the classes of a set.
fn classes(images: &ImageSet) -> Vec<String> {
    let first = images.labels.first();
    if images.labels.iter().any(|label| Some(label) != first) {
        return Vec::new();
    }
    vec![format!(
        "{} has images of one class, or none with a label: a search needs two classes",
        images.name
    )]
}

/// At most so many images, drawn by the seed.
fn sampled(images: &ImageSet, config: &SearchConfig) -> ImageSet {
    let mut order: Vec<usize> = (0..images.images()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(config.seed);
    random.set_stream(STREAM);
    order.shuffle(&mut random);
    order.truncate(config.images);
    order.sort_unstable();
    images.rows(&order)
}
