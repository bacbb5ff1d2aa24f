//! How well a network does on images.

use burn_tensor::{Tensor, TensorData};
use neuronseek::observe::{Control, Event};

use super::state::Score;
use crate::VisionError;
use crate::augment::Normalisation;
use crate::backend::VisionBackend;
use crate::images::ImageSet;
use crate::network::{Network, Phase};

/// Images that are evaluated at once.
const BATCH: usize = 100;

/// Logits of all images, `images x classes`.
///
/// # Errors
/// [`VisionError::Stopped`] when it should end.
pub fn logits<B: VisionBackend>(
    network: &Network<B>,
    images: &ImageSet,
    normalisation: &Normalisation,
    gates: Option<&Tensor<B, 1>>,
    control: &Control<'_>,
) -> Result<Vec<f32>, VisionError> {
    let device = network.device();
    let size = images.image_bytes();
    let count = images.images();
    let mut all = Vec::with_capacity(count * network.graph.outputs());
    for first in (0..count).step_by(BATCH) {
        if control.should_stop() {
            return Err(VisionError::Stopped);
        }
        let last = (first + BATCH).min(count);
        let pixels = normalisation.normalised(&images.pixels[first * size..last * size], size);
        let shape = [last - first, images.channels, images.height, images.width];
        let batch = Tensor::<B, 4>::from_data(TensorData::new(pixels, shape), &device);
        let forward = network.forward(batch, Phase::Evaluate, gates);
        all.extend(forward.logits.to_data().iter::<f32>());
        control.observer.notice(&Event::Progress {
            name: "evaluate",
            done: last,
            total: count,
            message: "images",
        });
    }
    Ok(all)
}

/// The score of logits, `images x classes`, against labels.
pub fn score(logits: &[f32], labels: &[u32], classes: usize) -> Score {
    let mut score = Score {
        loss: 0.0,
        accuracy: 0.0,
        top5: 0.0,
        images: labels.len(),
    };
    for (logits, &label) in logits.chunks_exact(classes).zip(labels) {
        let own = logits[label as usize];
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|&z| f64::from(z - highest).exp()).sum();
        score.loss += sum.ln() - f64::from(own - highest);
        // Equal logits count against the label, so that a constant network gets no credit.
        let rank = logits.iter().filter(|&&z| z >= own || z.is_nan()).count();
        score.accuracy += f64::from(u8::from(rank <= 1));
        score.top5 += f64::from(u8::from(rank <= 5));
    }
    let count = labels.len().max(1) as f64;
    score.loss /= count;
    score.accuracy /= count;
    score.top5 /= count;
    score
}
