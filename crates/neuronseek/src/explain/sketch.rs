//! Curves of a model without a table.

use crate::matrix::Matrix;
use crate::model::Model;

use super::sample::Outputs;

/// What a prediction does as one input goes through its usual range and all others stay in their
/// middle.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    /// The input.
    pub input: String,
    /// The ends: the 1st and the 99th percentile of the rows of the fit.
    pub range: [f64; 2],
    /// The target, or the probability of a class: of the second of two, of the first of more.
    pub output: String,
    /// Predictions at equal steps, the ends among them.
    pub values: Vec<f64>,
}

/// Sketches of the inputs that are numbers, of the first output, those that move it most first.
pub fn sketches(model: &Model, steps: usize) -> Vec<Sketch> {
    let scales = model.network_scale().inputs();
    let middle: Vec<f64> = scales.iter().map(|scale| scale.center).collect();
    let outputs = Outputs::new(model);
    let names = model.preparation().input_names();
    let mut sketches = Vec::new();
    for (input, (scale, name)) in scales.iter().zip(names).enumerate() {
        if !scale.bounded || input >= model.preparation().search_inputs() {
            continue;
        }
        let known = model.report().ranges.get(input).copied();
        // Models of older versions do not know.
        let range = known.unwrap_or([-2.0, 2.0].map(|side| scale.center + side * scale.scale));
        let mut rows = Vec::with_capacity(steps * middle.len());
        for step in 0..steps {
            let share = step as f64 / (steps - 1).max(1) as f64;
            let mut row = middle.clone();
            row[input] = range[0] + share * (range[1] - range[0]);
            rows.extend(row);
        }
        let encoded = Matrix::from_vec(steps, middle.len(), rows);
        sketches.push(Sketch {
            input: name.clone(),
            range,
            output: outputs.names.first().cloned().unwrap_or_default(),
            values: outputs.of(model, &encoded).column(0),
        });
    }
    let reach = |sketch: &Sketch| {
        let high = sketch
            .values
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let low = sketch.values.iter().copied().fold(f64::INFINITY, f64::min);
        high - low
    };
    sketches.sort_by(|a, b| reach(b).total_cmp(&reach(a)));
    sketches
}
