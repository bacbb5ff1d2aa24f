use std::collections::BTreeMap;

use thiserror::Error;

use super::layout::{Layout, SegmentKind};
use super::{Network, NetworkConfig, NetworkConfigError, Real};

/// A named part of a network's parameters or running statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor<'a, T> {
    /// Such as `layers.0.x^2.weights` (inputs x outputs), `layers.0.cp(2).weights` (rank x
    /// outputs), `layers.0.cp(2).factors` (order x rank x inputs; without shared basis order x
    /// outputs x inputs), `layers.0.bias`, `layers.0.x.scale`, `.shift`, `.mean`, `.variance`,
    /// `skip.x.weights`.
    pub name: String,
    /// Its shape; row-major.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: &'a [T],
}

/// Why tensors do not make a network.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The configuration itself.
    #[error(transparent)]
    Config(#[from] NetworkConfigError),
    /// A tensor that the network needs is not there.
    #[error("the tensor {0} is missing")]
    Missing(String),
    /// A tensor that the network does not have.
    #[error("the tensor {0} does not belong to the network")]
    Unknown(String),
    /// A tensor of another shape.
    #[error("the tensor {name} has shape {found:?}, the network needs {expected:?}")]
    Shape {
        /// Which.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
    },
    /// A value that is not finite, or a running variance below 0.
    #[error("the tensor {name} holds {value} at position {position}")]
    Value {
        /// Which.
        name: String,
        /// Counted from 0.
        position: usize,
        /// The value.
        value: f64,
    },
    /// A vector of parameters of the wrong length.
    #[error("there are {found} parameters, the network needs {expected}")]
    Length {
        /// How many were given.
        found: usize,
        /// How many are needed.
        expected: usize,
    },
}

impl<T: Real> Network<T> {
    /// Every tensor: parameters and running statistics, in a fixed order.
    pub fn tensors(&self) -> Vec<Tensor<'_, T>> {
        self.layout
            .segments
            .iter()
            .map(|segment| {
                let all = match segment.kind {
                    SegmentKind::Statistic => &self.statistics,
                    _ => &self.parameters,
                };
                Tensor {
                    name: segment.name.clone(),
                    shape: segment.shape.clone(),
                    values: &all[segment.offset..segment.offset + segment.len()],
                }
            })
            .collect()
    }

    /// The network of a configuration with the given tensors, in any order.
    ///
    /// # Errors
    /// When a tensor is missing, unknown or given twice, has another shape, or a value that is
    /// not finite.
    pub fn from_tensors(
        config: NetworkConfig,
        tensors: &[Tensor<'_, T>],
    ) -> Result<Network<T>, TensorError> {
        config.check()?;
        let layout = Layout::new(&config);
        let mut by_name = BTreeMap::new();
        for tensor in tensors {
            if by_name.insert(tensor.name.as_str(), tensor).is_some() {
                return Err(TensorError::Unknown(format!("{} (again)", tensor.name)));
            }
        }
        let mut network = Network {
            parameters: vec![T::ZERO; layout.parameters],
            statistics: vec![T::ZERO; layout.statistics],
            config,
            layout,
        };
        for segment in &network.layout.segments {
            let name = || segment.name.clone();
            let tensor = by_name
                .remove(segment.name.as_str())
                .ok_or_else(|| TensorError::Missing(name()))?;
            if tensor.shape != segment.shape || tensor.values.len() != segment.len() {
                return Err(TensorError::Shape {
                    name: name(),
                    found: tensor.shape.clone(),
                    expected: segment.shape.clone(),
                });
            }
            let positive = segment.name.ends_with(".variance");
            check_values(&segment.name, tensor.values, positive)?;
            let all = match segment.kind {
                SegmentKind::Statistic => &mut network.statistics,
                _ => &mut network.parameters,
            };
            all[segment.offset..segment.offset + segment.len()].copy_from_slice(tensor.values);
        }
        match by_name.keys().next() {
            Some(name) => Err(TensorError::Unknown((*name).to_owned())),
            None => Ok(network),
        }
    }

    /// Replaces all trainable parameters.
    ///
    /// # Errors
    /// When their number differs or one is not finite; the network is then unchanged.
    pub fn set_parameters(&mut self, parameters: &[T]) -> Result<(), TensorError> {
        if parameters.len() != self.parameters.len() {
            return Err(TensorError::Length {
                found: parameters.len(),
                expected: self.parameters.len(),
            });
        }
        check_values("parameters", parameters, false)?;
        self.parameters.copy_from_slice(parameters);
        Ok(())
    }
}

fn check_values<T: Real>(name: &str, values: &[T], positive: bool) -> Result<(), TensorError> {
    let bad = |value: &T| {
        let value = value.to_f64();
        !value.is_finite() || (positive && value < 0.0)
    };
    match values.iter().position(bad) {
        None => Ok(()),
        Some(position) => Err(TensorError::Value {
            name: name.to_owned(),
            position,
            value: values[position].to_f64(),
        }),
    }
}
