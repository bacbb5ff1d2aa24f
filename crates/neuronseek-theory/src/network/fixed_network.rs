use dashu_int::IBig;
use neuronseek::network::{Activation, Interactions, Network, Norm, Placement, Tensor};
use neuronseek::neuron::{Neuron, Term};

use crate::error::TheoryError;

/// A network of the library with whole parameters, computed in fixed point.
///
/// Of each layer `y = b + sum_t T_t(h)` all terms are added exactly, at the places of the highest
/// order, and rounded down once. Between layers stands ReLU, as the library has it.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedNetwork {
    layers: Vec<Layer>,
}

#[derive(Debug, Clone, PartialEq)]
struct Layer {
    units: Vec<Unit>,
    /// The highest order of a term, at least 1.
    order: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Unit {
    bias: i64,
    terms: Vec<UnitTerm>,
}

#[derive(Debug, Clone, PartialEq)]
enum UnitTerm {
    /// <weights, x^(order)>
    Pure { order: usize, weights: Vec<i64> },
    /// prod_m <factors_m, x>
    Product { factors: Vec<Vec<i64>> },
}

impl FixedNetwork {
    /// Reads a network.
    ///
    /// # Errors
    /// When it has what fixed point has not: parameters that are not whole, other activations than
    /// ReLU, norms, functions, shared interactions, a skip or an embedding.
    pub fn new(network: &Network<f64>) -> Result<FixedNetwork, TheoryError> {
        let config = network.config();
        let refuse = |what: &str| {
            TheoryError::parameter(
                "the network",
                what,
                "whole parameters, ReLU, powers and independent interactions",
            )
        };
        let plain = config.norm == Norm::None
            && config.skip.is_none()
            && config.embedding.is_none()
            && (config.activation == Activation::Relu || config.hidden.is_empty());
        if !plain {
            return Err(refuse(
                "one with a norm, a skip, an embedding or another activation",
            ));
        }
        if config.interactions == Interactions::Shared && !config.neuron.interactions().is_empty() {
            return Err(refuse("one with shared interactions"));
        }
        let tensors = network.tensors();
        let linear = Neuron::linear();
        let mut layers = Vec::new();
        for position in 0..=config.hidden.len() {
            let neuron = match config.placement {
                Placement::First if position > 0 => &linear,
                _ => &config.neuron,
            };
            let layer = layer(&tensors, position, neuron);
            layers.push(layer.ok_or_else(|| refuse("one with broken parameters or functions"))?);
        }
        Ok(FixedNetwork { layers })
    }

    /// The outputs for inputs with `places` binary places, with as many.
    pub fn forward(&self, inputs: &[IBig], places: usize) -> Vec<IBig> {
        let mut values = inputs.to_vec();
        for (position, layer) in self.layers.iter().enumerate() {
            if position > 0 {
                for value in values.iter_mut().filter(|value| **value < IBig::ZERO) {
                    *value = IBig::ZERO;
                }
            }
            values = layer.forward(&values, places);
        }
        values
    }
}

impl Layer {
    fn forward(&self, inputs: &[IBig], places: usize) -> Vec<IBig> {
        let dot = |weights: &[i64]| {
            let mut sum = IBig::ZERO;
            for (weight, input) in weights
                .iter()
                .zip(inputs)
                .filter(|(weight, _)| **weight != 0)
            {
                sum += input * IBig::from(*weight);
            }
            sum
        };
        let unit = |unit: &Unit| {
            let mut sum = IBig::from(unit.bias) << (places * self.order);
            for term in &unit.terms {
                let value = match term {
                    UnitTerm::Pure { order: 1, weights } => dot(weights),
                    UnitTerm::Pure { order, weights } => {
                        let mut sum = IBig::ZERO;
                        for (weight, input) in weights.iter().zip(inputs) {
                            sum += input.pow(*order) * IBig::from(*weight);
                        }
                        sum
                    }
                    UnitTerm::Product { factors } => {
                        let factors = factors.iter().map(|factor| dot(factor));
                        factors
                            .reduce(|product, factor| product * factor)
                            .unwrap_or(IBig::ZERO)
                    }
                };
                sum += value << (places * (self.order - term.order()));
            }
            sum >> (places * (self.order - 1))
        };
        self.units.iter().map(unit).collect()
    }
}

impl UnitTerm {
    fn order(&self) -> usize {
        match self {
            UnitTerm::Pure { order, .. } => *order,
            UnitTerm::Product { factors } => factors.len(),
        }
    }
}

/// The layer at a position; `None` when a tensor is missing or not whole.
fn layer(tensors: &[Tensor<'_, f64>], position: usize, neuron: &Neuron) -> Option<Layer> {
    let tensor = |name: &str| {
        let name = format!("layers.{position}.{name}");
        let found = tensors.iter().find(|tensor| tensor.name == name)?;
        let whole = |value: &f64| (value.fract() == 0.0).then_some(*value as i64);
        found.values.iter().map(whole).collect::<Option<Vec<i64>>>()
    };
    let biases = tensor("bias")?;
    let outputs = biases.len();
    let mut units: Vec<Unit> = biases
        .into_iter()
        .map(|bias| Unit {
            bias,
            terms: Vec::new(),
        })
        .collect();
    for term in neuron.terms() {
        match *term {
            Term::Pure { order } => {
                // inputs x outputs
                let weights = tensor(&format!("{term}.weights"))?;
                for (output, unit) in units.iter_mut().enumerate() {
                    let weights = weights.iter().skip(output).step_by(outputs).copied();
                    unit.terms.push(UnitTerm::Pure {
                        order,
                        weights: weights.collect(),
                    });
                }
            }
            Term::Interaction { order, .. } => {
                // order x outputs x inputs
                let factors = tensor(&format!("cp({order}).factors"))?;
                let inputs = factors.len() / (order * outputs);
                for (output, unit) in units.iter_mut().enumerate() {
                    let row = |m: usize| factors.chunks_exact(inputs).nth(m * outputs + output);
                    let rows = (0..order).map(|m| row(m).map(<[i64]>::to_vec));
                    unit.terms.push(UnitTerm::Product {
                        factors: rows.collect::<Option<_>>()?,
                    });
                }
            }
            Term::Function(_) => return None,
        }
    }
    let order = neuron.terms().iter().map(|term| term.order()).max()?.max(1);
    Some(Layer { units, order })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed;
    use crate::network::Cells;
    use neuronseek::matrix::Matrix;

    #[test]
    fn fixed_point_and_the_library_agree() {
        for cells in [
            Cells::orbit(1),
            Cells::orbit(2),
            Cells::orbit(3),
            Cells::trajectory(),
        ] {
            for (name, network) in &cells.cells {
                let width = network.config().inputs;
                let exact = FixedNetwork::new(network).unwrap();
                for row in 0..20 {
                    let inputs: Vec<f64> = (0..width)
                        .map(|i| ((row * 7 + i * 13 + 3) as f64 * 0.7548).fract() * 4.0 - 2.0)
                        .collect();
                    let matrix = Matrix::from_vec(1, width, inputs.clone());
                    let expected = network.predict(&matrix).data()[0];
                    let inputs: Vec<IBig> =
                        inputs.iter().map(|v| fixed::from_f64(*v, 80)).collect();
                    let found = fixed::to_f64(&exact.forward(&inputs, 80)[0], 80);
                    assert!(
                        (found - expected).abs() < 1e-13,
                        "{name}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn broken_parameters_are_refused() {
        let mut network = Cells::orbit(1).get("double").unwrap().clone();
        network.parameters_mut()[0] = 0.5;
        assert!(FixedNetwork::new(&network).is_err());
    }
}
