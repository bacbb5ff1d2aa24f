//! Class activation maps: where in an image a network sees a class (Zhou et al. 2016).
//!
//! Every architecture ends with the mean `m_k = (1 / P) sum_p f_k(p)` of each of its last feature
//! images over their `P` pixels and a dense layer of it, hence
//!
//! ```text
//! logit_c = sum_k W_{c,k} m_k + b_c = (1 / P) sum_p map_c(p) + b_c,   map_c(p) = sum_k W_{c,k} f_k(p)
//! ```
//!
//! and `map_c` says exactly which pixels the logit comes from. Maps by gradients (Grad-CAM) were
//! rejected: with this ending they are the same maps up to a factor and a ReLU, for a backward pass
//! more.

mod colour;
mod picture;
#[cfg(test)]
mod tests;

use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use neuronseek::observe::Control;

pub use picture::picture;

use crate::VisionError;
use crate::images::ImageSet;
use crate::model::VisionModel;
use crate::network::{Network, Phase};

/// Images that are computed at once.
const BATCH: usize = 16;

/// The maps of one image for all classes, in the size of the last feature images.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassMaps {
    /// One logit per class.
    pub logits: Vec<f32>,
    /// What each class's logit has besides its map's mean.
    pub bias: Vec<f32>,
    /// Rows of a map.
    pub rows: usize,
    /// Columns of a map.
    pub columns: usize,
    /// `classes x rows x columns`.
    pub values: Vec<f32>,
}

impl ClassMaps {
    /// The class of the largest logit; of equal ones the first.
    pub fn predicted(&self) -> usize {
        let larger = |best: usize, class: usize| {
            if self.logits[class] > self.logits[best] {
                class
            } else {
                best
            }
        };
        (0..self.logits.len()).fold(0, larger)
    }

    /// The map of a class, `rows x columns`.
    ///
    /// # Panics
    /// Beyond the last class.
    pub fn map(&self, class: usize) -> &[f32] {
        let pixels = self.rows * self.columns;
        &self.values[class * pixels..(class + 1) * pixels]
    }

    /// The map of a class in another size, such as the image's, `rows x columns`: bilinear between
    /// the centres of the map's pixels, level beyond the outermost ones.
    ///
    /// # Panics
    /// Beyond the last class.
    pub fn enlarged(&self, class: usize, rows: usize, columns: usize) -> Vec<f32> {
        let map = self.map(class);
        let across = places(self.columns, columns);
        let mut enlarged = Vec::with_capacity(rows * columns);
        for (above, down) in places(self.rows, rows) {
            let below = (above + 1).min(self.rows - 1);
            for &(left, right_share) in &across {
                let right = (left + 1).min(self.columns - 1);
                let at = |row: usize| {
                    let [a, b] = [left, right].map(|column| map[row * self.columns + column]);
                    a + (b - a) * right_share
                };
                let upper = at(above);
                enlarged.push(upper + (at(below) - upper) * down);
            }
        }
        enlarged
    }
}

/// For each of `count` places along an axis of `length` pixels: the pixel before it and how far it
/// lies on the way to the next one, 0 to 1.
fn places(length: usize, count: usize) -> Vec<(usize, f32)> {
    let last = (length - 1) as f32;
    let place = |number: usize| {
        let at = (number as f32 + 0.5) * length as f32 / count as f32 - 0.5;
        let at = at.clamp(0.0, last);
        (at as usize, at - at.floor())
    };
    (0..count).map(place).collect()
}

/// The class maps of images, in their order, on the CPU.
///
/// # Errors
/// [`VisionError::Request`] for images of another size than the model's and for a plan that cannot
/// be built, [`VisionError::Stopped`] when it should end.
pub fn class_maps(
    model: &VisionModel,
    images: &ImageSet,
    control: &Control<'_>,
) -> Result<Vec<ClassMaps>, VisionError> {
    model.check(images)?;
    let network = model.network::<Flex>(&FlexDevice)?;
    let mut all = Vec::with_capacity(images.images());
    for first in (0..images.images()).step_by(BATCH) {
        if control.should_stop() {
            return Err(VisionError::Stopped);
        }
        let last = (first + BATCH).min(images.images());
        let mut pixels = vec![0.0; (last - first) * images.image_bytes()];
        let outs = pixels.chunks_exact_mut(images.image_bytes());
        for (image, out) in (first..last).zip(outs) {
            model.card.normalisation.apply(images.image(image), out);
        }
        let shape = [last - first, images.channels, images.height, images.width];
        let batch = Tensor::<Flex, 4>::from_data(TensorData::new(pixels, shape), &FlexDevice);
        all.extend(of_batch(&network, batch)?);
    }
    Ok(all)
}

/// The maps of a batch of normalised images.
fn of_batch(
    network: &Network<Flex>,
    batch: Tensor<Flex, 4>,
) -> Result<Vec<ClassMaps>, VisionError> {
    let parameter = |part: &str| {
        let place = network.graph.parameter(&format!("classifier.{part}"));
        place.map(|place| network.parameters[place].clone())
    };
    let (Some(weights), Some(bias)) = (parameter("weight"), parameter("bias")) else {
        return Err(VisionError::request(
            "the network does not end with a mean and a dense layer: it has no class maps",
        ));
    };
    let forward = network.forward(batch, Phase::Evaluate, None);
    let [images, channels, rows, columns] = forward.features.dims();
    let classes = network.graph.outputs();
    let features = forward.features.reshape([images, channels, rows * columns]);
    let maps = weights
        .reshape([1, classes, channels])
        .expand([images, classes, channels])
        .matmul(features);
    let values: Vec<f32> = maps.to_data().iter::<f32>().collect();
    let logits: Vec<f32> = forward.logits.to_data().iter::<f32>().collect();
    let bias: Vec<f32> = bias.to_data().iter::<f32>().collect();
    let each = logits
        .chunks_exact(classes)
        .zip(values.chunks_exact(classes * rows * columns));
    Ok(each
        .map(|(logits, values)| ClassMaps {
            logits: logits.to_vec(),
            bias: bias.clone(),
            rows,
            columns,
            values: values.to_vec(),
        })
        .collect())
}
