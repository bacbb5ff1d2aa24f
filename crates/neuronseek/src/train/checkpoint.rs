use serde::{Deserialize, Serialize};

use super::{Epoch, TrainConfig, TrainError, packed};
use crate::network::{Network, NetworkConfig};

/// The whole state of a training between two epochs.
///
/// [`super::train`] continues from it to the same bytes as an uninterrupted training. Vectors are
/// base64 in text formats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The network's shape.
    pub network: NetworkConfig,
    /// The settings.
    pub config: TrainConfig,
    /// The number of training rows.
    pub rows: usize,
    /// The network's parameters.
    #[serde(with = "packed")]
    pub parameters: Vec<f32>,
    /// Its running statistics.
    #[serde(with = "packed")]
    pub statistics: Vec<f32>,
    /// The optimiser's running mean of gradients.
    #[serde(with = "packed")]
    pub mean: Vec<f32>,
    /// The optimiser's running mean of squared gradients.
    #[serde(with = "packed")]
    pub square: Vec<f32>,
    /// The optimiser's steps since its moments began.
    pub steps: u64,
    /// The parameters of the best epoch.
    #[serde(with = "packed")]
    pub best_parameters: Vec<f32>,
    /// The running statistics of the best epoch.
    #[serde(with = "packed")]
    pub best_statistics: Vec<f32>,
    /// The best epoch, counted from 1.
    pub best_epoch: Option<usize>,
    /// Its validation loss.
    pub best_loss: Option<f64>,
    /// One entry per epoch done.
    pub epochs: Vec<Epoch>,
    /// Whether the learning rate has been halved.
    pub halved: bool,
}

impl Checkpoint {
    /// The state before the first epoch.
    pub(super) fn new(network: &Network<f32>, config: &TrainConfig, rows: usize) -> Checkpoint {
        Checkpoint {
            network: network.config().clone(),
            config: config.clone(),
            rows,
            parameters: network.parameters().to_vec(),
            statistics: network.statistics().to_vec(),
            mean: vec![0.0; network.parameter_count()],
            square: vec![0.0; network.parameter_count()],
            steps: 0,
            best_parameters: network.parameters().to_vec(),
            best_statistics: network.statistics().to_vec(),
            best_epoch: None,
            best_loss: None,
            epochs: Vec::new(),
            halved: false,
        }
    }

    /// Checks that the checkpoint belongs to this training, and that it is whole.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] says what differs.
    pub(super) fn check(
        &self,
        network: &Network<f32>,
        config: &TrainConfig,
        rows: usize,
    ) -> Result<(), TrainError> {
        let differs = |what: &str| Err(TrainError::Checkpoint(what.to_owned()));
        if &self.network != network.config() {
            return differs("the network differs");
        }
        if &self.config != config {
            return differs("the settings differ");
        }
        if self.rows != rows {
            return Err(TrainError::Checkpoint(format!(
                "it has {} training rows, there are {rows}",
                self.rows
            )));
        }
        let parameters = network.parameter_count();
        let statistics = network.statistics().len();
        let lengths = [
            (self.parameters.len(), parameters),
            (self.mean.len(), parameters),
            (self.square.len(), parameters),
            (self.best_parameters.len(), parameters),
            (self.statistics.len(), statistics),
            (self.best_statistics.len(), statistics),
        ];
        if lengths.iter().any(|(found, expected)| found != expected) {
            return differs("its vectors have other lengths");
        }
        if self.best_epoch.is_some_and(|best| best > self.epochs.len()) {
            return differs("its best epoch is not among its epochs");
        }
        Ok(())
    }

    /// Takes the network's present parameters.
    pub(super) fn take(&mut self, network: &Network<f32>) {
        self.parameters.copy_from_slice(network.parameters());
        self.statistics.copy_from_slice(network.statistics());
    }

    /// Notes the present parameters as the best.
    pub(super) fn mark_best(&mut self, loss: Option<f64>) {
        self.best_parameters.copy_from_slice(&self.parameters);
        self.best_statistics.copy_from_slice(&self.statistics);
        self.best_epoch = Some(self.epochs.len());
        self.best_loss = loss;
    }

    /// Gives the network the best parameters.
    pub(super) fn restore_best(&self, network: &mut Network<f32>) {
        network
            .parameters_mut()
            .copy_from_slice(&self.best_parameters);
        network
            .statistics_mut()
            .copy_from_slice(&self.best_statistics);
    }
}
