//! Features of a small trained network.
//!
//! The network is trained on one half of the images and its features are taken of the other: of
//! images that it was trained on they would nearly be the classes themselves, and every search
//! would answer x.

use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use neuronseek::matrix::Matrix;
use neuronseek::observe::{Control, Event};

use super::settings::SearchConfig;
use crate::VisionError;
use crate::architecture::{Architecture, Plan};
use crate::augment::{Augment, Normalisation};
use crate::images::ImageSet;
use crate::network::{Network, Phase, start};
use crate::train::{Job, State, TrainConfig, train};

/// Images whose features are computed at once.
const BATCH: usize = 100;

/// The linear small-cnn, trained for a few epochs.
pub(super) fn trained(
    images: &ImageSet,
    normalisation: &Normalisation,
    config: &SearchConfig,
    control: &Control<'_>,
) -> Result<Network<Flex>, VisionError> {
    control.observer.notice(&Event::Stage { name: "backbone" });
    let input = [images.channels, images.height, images.width];
    let plan = Plan {
        width: config.width,
        ..Plan::linear(Architecture::SmallCnn, input, images.classes.len())
    };
    let graph = Arc::new(plan.graph()?);
    let training = TrainConfig {
        epochs: config.epochs,
        batch: (images.labels.len() / 8).clamp(8, 64),
        seed: config.seed,
        ..TrainConfig::default()
    };
    let job = Job {
        graph: graph.clone(),
        gates: None,
        images: Arc::new(images.clone()),
        validation: None,
        normalisation,
        augment: &Augment::default(),
        config: &training,
        workers: 1,
    };
    let state = State::new(start(&graph, config.seed));
    let device = FlexDevice;
    let done = train::<Autodiff<Flex>>(&job, state, &[device], control, &mut |_| Ok(()))?;
    Ok(Network::new(graph, &done.model(), &device))
}

/// The means of the channels of the last feature maps, images x channels.
pub(super) fn features(
    backbone: &Network<Flex>,
    images: &ImageSet,
    normalisation: &Normalisation,
    control: &Control<'_>,
) -> Result<Matrix<f64>, VisionError> {
    let count = images.labels.len();
    let size = images.channels * images.height * images.width;
    let mut cells = Vec::new();
    for pixels in images.pixels.chunks(BATCH * size) {
        if control.should_stop() {
            return Err(VisionError::Stopped);
        }
        let shape = [
            pixels.len() / size,
            images.channels,
            images.height,
            images.width,
        ];
        let data = TensorData::new(normalisation.normalised(pixels, size), shape);
        let batch = Tensor::<Flex, 4>::from_data(data, &FlexDevice);
        let maps = backbone.forward(batch, Phase::Evaluate, None).features;
        let means = maps.mean_dim(3).mean_dim(2).to_data();
        cells.extend(means.iter::<f32>().map(f64::from));
    }
    Ok(Matrix::from_vec(count, cells.len() / count.max(1), cells))
}
