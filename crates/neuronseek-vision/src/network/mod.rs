//! A network that runs: a graph with its numbers on a device.

mod forward;
mod precision;
mod start;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use burn_backend::backend::{AutodiffBackend, Backend};
use burn_tensor::{Tensor, TensorData};

pub use forward::{Forward, Phase};
pub use precision::Precision;
pub use start::start;

use crate::graph::Graph;

/// The numbers of a network on the host: what is stored, averaged and copied to devices.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// One vector per parameter of the graph, in its order.
    pub parameters: Vec<Vec<f32>>,
    /// Running mean and variance of each batch norm, in the graph's order.
    pub statistics: Vec<[Vec<f32>; 2]>,
}

/// A network on a device.
#[derive(Debug, Clone)]
pub struct Network<B: Backend> {
    /// What is computed.
    pub graph: Arc<Graph>,
    /// The parameters, flattened, in the graph's order.
    pub parameters: Vec<Tensor<B, 1>>,
    /// Running mean and variance of each batch norm.
    pub statistics: Vec<[Tensor<B, 1>; 2]>,
    /// What convolutions and products are computed in.
    pub precision: Precision,
}

impl<B: Backend> Network<B> {
    /// A network with these numbers on a device, in full precision.
    pub fn new(graph: Arc<Graph>, numbers: &Numbers, device: &B::Device) -> Network<B> {
        let on_device = |numbers: &Vec<f32>| vector(numbers, device);
        Network {
            graph,
            parameters: numbers.parameters.iter().map(on_device).collect(),
            statistics: numbers
                .statistics
                .iter()
                .map(|[mean, variance]| [on_device(mean), on_device(variance)])
                .collect(),
            precision: Precision::Full,
        }
    }

    /// The device.
    pub fn device(&self) -> B::Device {
        self.parameters[0].device()
    }

    /// The numbers, copied to the host.
    pub fn numbers(&self) -> Numbers {
        Numbers {
            parameters: self.parameters.iter().map(host).collect(),
            statistics: self
                .statistics
                .iter()
                .map(|both| both.each_ref().map(host))
                .collect(),
        }
    }
}

impl<B: AutodiffBackend> Network<B> {
    /// The same network without gradients.
    pub fn inner(&self) -> Network<B::InnerBackend> {
        Network {
            graph: self.graph.clone(),
            parameters: self.parameters.iter().map(|p| p.clone().inner()).collect(),
            statistics: self
                .statistics
                .iter()
                .map(|both| both.each_ref().map(|one| one.clone().inner()))
                .collect(),
            precision: self.precision,
        }
    }
}

/// A vector on a device.
pub(crate) fn vector<B: Backend>(numbers: &[f32], device: &B::Device) -> Tensor<B, 1> {
    let data = TensorData::new(numbers.to_vec(), [numbers.len()]);
    Tensor::from_data(data, device)
}

/// A vector on the host.
pub(crate) fn host<B: Backend>(tensor: &Tensor<B, 1>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}
