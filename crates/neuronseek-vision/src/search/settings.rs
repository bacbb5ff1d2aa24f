//! Settings of the search on tables made of images.

use std::fmt;
use std::str::FromStr;

use neuronseek::model::SearchMethod;
use serde::{Deserialize, Serialize};

use crate::VisionError;
use crate::images::ImageSet;

/// Inputs beyond which alternating least squares finds structures less and less often.
pub const MOST_INPUTS: usize = 150;

/// Fewer images than this tell nothing, for a part is held out, and another trains the backbone.
const LEAST_IMAGES: usize = 50;

/// What a row of the table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// An image, averaged down to a few pixels and flattened.
    #[default]
    Flat,
    /// The channels' means of the last feature maps of a small linear network that was trained on
    /// other images: small-cnn, 128 inputs at full width.
    Features,
    /// A patch of 3 x 3 pixels of all channels at a random place: what the first convolution sees.
    Patches,
}

impl Rows {
    /// All kinds of rows.
    pub const ALL: [Rows; 3] = [Rows::Flat, Rows::Features, Rows::Patches];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Rows::Flat => "flat",
            Rows::Features => "features",
            Rows::Patches => "patches",
        }
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rows {
    type Err = String;

    fn from_str(text: &str) -> Result<Rows, String> {
        let found = Rows::ALL.into_iter().find(|rows| rows.name() == text);
        let names = || Rows::ALL.map(Rows::name).join(", ");
        found.ok_or_else(|| format!("'{text}' is no kind of rows; there are {}", names()))
    }
}

/// How a neuron is sought on a table made of images.
///
/// | setting | default | range |
/// |---|---|---|
/// | `rows` | flat | |
/// | `method` | als | those that take classes: als, td, td-paper |
/// | `max_order` | 3 | 1 to 5, the orders that convolutions take |
/// | `max_rank` | 4 | 0 to 64; 0 allows no interaction |
/// | `sample` | 5000 | at least 50 |
/// | `side` | the largest with at most 150 inputs | 1 to the image's shorter side; flat alone |
/// | `epochs` | 5 | 1 to 1000; features alone |
/// | `width` | 1 | above 0 to 16; features alone |
/// | `seed` | 0 | |
#[derive(Debug, Clone, PartialEq)]
pub struct SearchConfig {
    /// What a row is.
    pub rows: Rows,
    /// The library's search.
    pub method: SearchMethod,
    /// The highest order of a term.
    pub max_order: usize,
    /// The highest rank of the interaction of one order.
    pub max_rank: usize,
    /// Rows at most, those held out included.
    pub sample: usize,
    /// Rows and columns that an image is averaged down to before it is flattened.
    pub side: Option<usize>,
    /// Passes over the images that the backbone is trained on.
    pub epochs: usize,
    /// The factor of the backbone's channels.
    pub width: f64,
    /// Of the rows drawn, of the backbone, of the search.
    pub seed: u64,
}

impl Default for SearchConfig {
    fn default() -> SearchConfig {
        SearchConfig {
            rows: Rows::default(),
            method: SearchMethod::Als,
            max_order: 3,
            max_rank: 4,
            sample: 5000,
            side: None,
            epochs: 5,
            width: 1.0,
            seed: 0,
        }
    }
}

impl SearchConfig {
    /// The side that images are averaged down to.
    pub fn pooled_side(&self, images: &ImageSet) -> usize {
        let shorter = images.height.min(images.width).max(1);
        let fits = |side: &usize| images.channels * side * side <= MOST_INPUTS;
        let largest = (1..=shorter).rev().find(fits).unwrap_or(1);
        self.side.unwrap_or(largest)
    }

    /// Whether everything is in its range and the images can be searched on.
    ///
    /// # Errors
    /// [`VisionError::Request`] with all that is not.
    pub fn check(&self, images: &ImageSet) -> Result<(), VisionError> {
        let mut reasons = image_reasons(images);
        let mut want = |name: &str, value: usize, low: usize, high: usize| {
            if !(low..=high).contains(&value) {
                reasons.push(format!("{name} {value} must be {low} to {high}"));
            }
        };
        want("max_order", self.max_order, 1, 5);
        want("max_rank", self.max_rank, 0, 64);
        want("epochs", self.epochs, 1, 1000);
        if let Some(side) = self.side {
            want("side", side, 1, images.height.min(images.width));
        }
        if self.sample < LEAST_IMAGES {
            reasons.push(format!(
                "sample {} must be at least {LEAST_IMAGES} rows",
                self.sample
            ));
        }
        if !(self.width > 0.0 && self.width <= 16.0) {
            reasons.push(format!(
                "width {} must be above 0 and at most 16",
                self.width
            ));
        }
        if self.rows == Rows::Patches && images.height.min(images.width) < 3 {
            reasons.push("patches of 3 x 3 pixels do not fit the images".to_string());
        }
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(VisionError::Request(reasons))
        }
    }
}

/// What stands against a search on these images.
pub(super) fn image_reasons(images: &ImageSet) -> Vec<String> {
    let mut reasons = Vec::new();
    let name = &images.name;
    let count = images.labels.len();
    if count < LEAST_IMAGES {
        reasons.push(format!(
            "{name} has {count} labelled images; a search needs at least {LEAST_IMAGES}"
        ));
    }
    let first = images.labels.first();
    if images.labels.iter().all(|label| Some(label) == first) {
        reasons.push(format!(
            "all images of {name} are of one class; a search needs two or more"
        ));
    }
    reasons
}
