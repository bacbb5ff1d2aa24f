//! What a model says about images.

use burn_flex::{Flex, FlexDevice};
use neuronseek::observe::Control;

use super::VisionModel;
use crate::VisionError;
use crate::device::Device;
use crate::images::ImageSet;
use crate::train::logits;

impl VisionModel {
    /// Logits of images, `images x classes`.
    ///
    /// # Errors
    /// [`VisionError::Request`] for images of another size and for a device that is not there,
    /// [`VisionError::Stopped`] when it should end.
    pub fn logits(
        &self,
        images: &ImageSet,
        device: &Device,
        control: &Control<'_>,
    ) -> Result<Vec<f32>, VisionError> {
        self.check(images)?;
        device.check()?;
        let normalisation = &self.card.normalisation;
        match device {
            Device::Cpu => {
                let network = self.network::<Flex>(&FlexDevice)?;
                logits(&network, images, normalisation, None, control)
            }
            #[cfg(feature = "cuda")]
            Device::Cuda(numbers) => {
                let device = burn_cuda::CudaDevice::new(numbers[0]);
                let network = self.network::<burn_cuda::Cuda>(&device)?;
                logits(&network, images, normalisation, None, control)
            }
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Err(VisionError::request("this build has no CUDA")),
        }
    }
}

/// The softmax of each row of logits.
pub fn probabilities(logits: &[f32], classes: usize) -> Vec<f32> {
    let mut all = Vec::with_capacity(logits.len());
    for row in logits.chunks_exact(classes) {
        let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f32> = row.iter().map(|&z| (z - highest).exp()).collect();
        let sum: f32 = powers.iter().sum();
        all.extend(powers.into_iter().map(|power| power / sum));
    }
    all
}
