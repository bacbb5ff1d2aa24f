//! A trained network as plain matrices, for programs in other languages.

use serde::Serialize;

use super::layout::{Independent, Layer, Source};
use super::norm::EPSILON;
use super::{Activation, Network, Norm, Real};
use crate::matrix::Matrix;
use crate::neuron::Function;

/// A network as it predicts: batch norms are multiplied into weights, nothing is left of dropout.
///
/// Each layer's values are `bias + sum of terms`; between layers stands the activation; `skip`'s
/// values of the inputs are added to those of the last layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Folded {
    /// Inputs, the first ones of those that there are.
    pub inputs: usize,
    /// Outputs.
    pub outputs: usize,
    /// Between layers.
    pub activation: Activation,
    /// From the inputs to the outputs, at least one.
    pub layers: Vec<FoldedLayer>,
    /// From the inputs straight to the outputs.
    pub skip: Option<FoldedLayer>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldedLayer {
    /// Its inputs.
    pub inputs: usize,
    /// Its outputs.
    pub outputs: usize,
    /// One an output.
    pub bias: Vec<f32>,
    /// What is added.
    pub terms: Vec<FoldedTerm>,
    /// Of a layer norm: for each term the scale and the shift of its normalised values, each one
    /// an output. The values of a term are normalised over the outputs: less their mean, over the
    /// root of their variance (divided by their number) plus 1e-5. Empty for none.
    pub layer_norm: Vec<[Vec<f32>; 2]>,
}

/// A term of a layer. `h` are the layer's inputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoldedTerm {
    /// `W^T h^order`
    Power {
        /// The power, element by element.
        order: usize,
        /// inputs x outputs
        weights: Matrix<f32>,
    },
    /// `W^T g(h)`
    Function {
        /// The function g, element by element.
        function: Function,
        /// inputs x outputs
        weights: Matrix<f32>,
    },
    /// `W^T prod_m (U_m h)`, the product element by element.
    Product {
        /// One a factor, rank x inputs.
        factors: Vec<Matrix<f32>>,
        /// rank x outputs
        weights: Matrix<f32>,
    },
    /// `gains * prod_m (V_m h)`, products element by element.
    Independent {
        /// One a factor, outputs x inputs.
        factors: Vec<Matrix<f32>>,
        /// One an output.
        gains: Vec<f32>,
    },
    /// `W^T E(h)` with components
    /// `E_{i,d}(h) = sum_b steps_{d,b} clamp((h_i - knot_b) / (knot_{b+1} - knot_b), 0, 1)`.
    Embedding {
        /// The embedded inputs.
        inputs: Vec<FoldedEmbedding>,
        /// Components of each input.
        width: usize,
        /// components (those of the first input first) x outputs
        weights: Matrix<f32>,
    },
}

/// An embedded input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldedEmbedding {
    /// Which input.
    pub input: usize,
    /// Ascending, one more than bins.
    pub knots: Vec<f32>,
    /// width x bins
    pub steps: Matrix<f32>,
}

impl<T: Real> Network<T> {
    /// The network as it predicts.
    pub fn folded(&self) -> Folded {
        let layer = |layer: &Layer| self.folded_layer(layer);
        Folded {
            inputs: self.config.inputs,
            outputs: self.config.outputs,
            activation: self.config.activation,
            layers: self.layout.layers.iter().map(layer).collect(),
            skip: self.layout.skip.as_ref().map(layer),
        }
    }

    fn folded_layer(&self, layer: &Layer) -> FoldedLayer {
        let outputs = layer.outputs;
        // Summed in double precision: what norms add is large where a term hardly varies.
        let mut bias = vec![0.0; outputs];
        if let Some(offset) = layer.bias {
            let own = &self.parameters[offset..offset + outputs];
            bias = own.iter().map(|value| value.to_f64()).collect();
        }
        let mut terms = Vec::new();
        for (index, block) in layer.blocks.iter().enumerate() {
            let offset = layer.weights + (block.row - layer.first_row) * outputs;
            let mut weights = self.matrix(offset, block.rows, outputs);
            let gains = self.gains(layer, index, &mut bias);
            for row in 0..block.rows {
                for (weight, gain) in weights.row_mut(row).iter_mut().zip(&gains) {
                    *weight *= gain;
                }
            }
            terms.push(match block.source {
                Source::Power { order } => FoldedTerm::Power { order, weights },
                Source::Function(function) => FoldedTerm::Function { function, weights },
                Source::Product { order, projection } => FoldedTerm::Product {
                    factors: self.factors_of(layer, projection, (order, block.rows)),
                    weights,
                },
                Source::Embedding => self.embedding_of(layer, weights),
            });
        }
        for (index, term) in layer.independent.iter().enumerate() {
            let Independent { order, projection } = *term;
            terms.push(FoldedTerm::Independent {
                factors: self.factors_of(layer, projection, (order, outputs)),
                gains: self.gains(layer, layer.blocks.len() + index, &mut bias),
            });
        }
        let layer_norm = match layer.norm {
            Norm::Layer => (0..layer.terms())
                .map(|term| self.scale_and_shift(layer, term))
                .collect(),
            Norm::None | Norm::Batch => Vec::new(),
        };
        FoldedLayer {
            inputs: layer.inputs,
            outputs,
            bias: bias.into_iter().map(|value| value as f32).collect(),
            terms,
            layer_norm,
        }
    }

    /// What a batch norm multiplies each output of a term with; what it adds goes to the bias.
    fn gains(&self, layer: &Layer, term: usize, bias: &mut [f64]) -> Vec<f32> {
        let outputs = layer.outputs;
        if layer.norm != Norm::Batch {
            return vec![1.0; outputs];
        }
        let [scale, shift] = self.scale_and_shift(layer, term);
        let start = layer.norm_statistics + 2 * term * outputs;
        let (mean, variance) = self.statistics[start..start + 2 * outputs].split_at(outputs);
        let unit = |unit: usize| {
            let deviation = (variance[unit].to_f64() + EPSILON).sqrt();
            let gain = f64::from(scale[unit]) / deviation;
            bias[unit] += f64::from(shift[unit]) - gain * mean[unit].to_f64();
            gain as f32
        };
        (0..outputs).map(unit).collect()
    }

    fn scale_and_shift(&self, layer: &Layer, term: usize) -> [Vec<f32>; 2] {
        let start = layer.norm_parameters + 2 * term * layer.outputs;
        let both = &self.parameters[start..start + 2 * layer.outputs];
        let (scale, shift) = both.split_at(layer.outputs);
        [scale, shift].map(|half| half.iter().map(|value| value.to_f64() as f32).collect())
    }

    fn factors_of(
        &self,
        layer: &Layer,
        projection: usize,
        (order, rank): (usize, usize),
    ) -> Vec<Matrix<f32>> {
        let offset = |factor: usize| layer.factors + (projection + factor * rank) * layer.inputs;
        (0..order)
            .map(|factor| self.matrix(offset(factor), rank, layer.inputs))
            .collect()
    }

    fn embedding_of(&self, layer: &Layer, weights: Matrix<f32>) -> FoldedTerm {
        let embedded = layer.embedded.as_ref();
        let width = embedded.map_or(0, |embedded| embedded.width);
        let inputs = embedded.iter().flat_map(|embedded| &embedded.inputs);
        FoldedTerm::Embedding {
            inputs: inputs
                .map(|input| FoldedEmbedding {
                    input: input.input,
                    knots: input.knots().to_vec(),
                    steps: self.matrix(input.steps, width, input.bins()),
                })
                .collect(),
            width,
            weights,
        }
    }

    fn matrix(&self, offset: usize, rows: usize, columns: usize) -> Matrix<f32> {
        let values = &self.parameters[offset..offset + rows * columns];
        let values = values.iter().map(|value| value.to_f64() as f32);
        Matrix::from_vec(rows, columns, values.collect())
    }
}
