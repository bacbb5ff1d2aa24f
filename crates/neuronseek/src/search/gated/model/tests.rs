use rand::SeedableRng;

use super::*;
use crate::matrix::Matrix;
use crate::neuron::Function;
use crate::prepare::Target;

/// Two functions beside the powers.
const FUNCTIONS: [Function; 2] = [Function::Sin, Function::Exp];

struct Case {
    shape: ModelShape,
    x: Matrix<f64>,
    target: Target,
    weights: Option<Vec<f64>>,
    rows: Vec<u32>,
    parameters: Vec<f64>,
    uniforms: Vec<f64>,
}

impl Case {
    /// A batch of 19 of 30 rows, so that the last vector is not full.
    fn new(inputs: usize, target: impl Fn(&Matrix<f64>) -> Target, weighted: bool) -> Case {
        let mut rng = ChaCha8Rng::seed_from_u64(inputs as u64);
        let data = (0..30 * inputs)
            .map(|_| rng.random_range(-1.5..1.5))
            .collect();
        let x = Matrix::from_vec(30, inputs, data);
        let target = target(&x);
        let shape = ModelShape {
            inputs,
            outputs: target.outputs(),
            order: 4,
            rank: 2,
            functions: FUNCTIONS.len(),
        };
        let model = GatedModel::<f64>::new(shape, 19, CpuPath::portable(), &mut rng);
        let mut parameters = model.parameters().to_vec();
        let Layout {
            gain,
            offset,
            gates,
            bias,
            ..
        } = model.layout;
        // Far from their starts, where every gradient matters.
        for value in &mut parameters[..gain.start] {
            *value *= 12.0;
        }
        let values = shape.gates() * shape.outputs;
        for (range, count, low, high) in [
            (gain, values, 0.4, 1.5),
            (offset, values, -0.5, 0.5),
            (gates, shape.gates(), -1.0, 2.0),
            (bias, shape.outputs, -0.5, 0.5),
        ] {
            for value in &mut parameters[range][..count] {
                *value = rng.random_range(low..high);
            }
        }
        Case {
            shape,
            x,
            target,
            weights: weighted.then(|| (0..30).map(|_| rng.random_range(0.2..2.0)).collect()),
            rows: (0..19).map(|_| rng.random_range(0..30)).collect(),
            parameters,
            uniforms: (0..shape.gates())
                .map(|_| rng.random_range(0.2..0.8))
                .collect(),
        }
    }

    /// The loss and the gradient at `parameters`.
    fn run<T: Real>(&self, path: CpuPath, parameters: &[f64]) -> (f64, Vec<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut model = GatedModel::<T>::new(self.shape, 19, path, &mut rng);
        for (to, &from) in model.parameters_mut().iter_mut().zip(parameters) {
            *to = T::from_f64(from);
        }
        let store = RowStore::new(&self.x, &FUNCTIONS);
        let mut batch = Batch::new(19, self.shape.inputs, FUNCTIONS.len(), path);
        batch.gather(&store, &self.rows);
        let rows = BatchRows {
            rows: &self.rows,
            weights: self.weights.as_deref(),
        };
        let target = TargetStore::new(&self.target);
        let loss = model.loss_and_gradient(&batch, &target, rows, &self.uniforms, 0.3);
        let gradient = model.gradient().iter().map(|g| g.to_f64()).collect();
        (loss, gradient)
    }
}

fn one_value(x: &Matrix<f64>) -> Target {
    let y = (0..x.rows()).map(|row| x.row(row)[0] * x.row(row)[1]);
    Target::Values(Matrix::from_vec(x.rows(), 1, y.collect()))
}

fn two_values(x: &Matrix<f64>) -> Target {
    let y = (0..x.rows()).flat_map(|row| [x.row(row)[0].powi(2), x.row(row)[1]]);
    Target::Values(Matrix::from_vec(x.rows(), 2, y.collect()))
}

fn classes(x: &Matrix<f64>, count: usize) -> Target {
    let label = |row: usize| ((x.row(row)[0] + 1.5) / 3.0 * count as f64) as usize;
    let labels = (0..x.rows()).map(|row| label(row).min(count - 1)).collect();
    Target::Classes { labels, count }
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(3, one_value, false),
        Case::new(2, two_values, true),
        Case::new(3, |x| classes(x, 2), true),
        Case::new(2, |x| classes(x, 3), true),
        Case::new(17, one_value, true),
    ]
}

#[test]
fn gradients_equal_central_differences() {
    for case in cases() {
        let path = CpuPath::portable();
        let (_, gradient) = case.run::<f64>(path, &case.parameters);
        for index in 0..case.parameters.len() {
            // Four points: their error falls with the fourth power of the step.
            let step = 1e-3;
            let at = |by: f64| {
                let mut parameters = case.parameters.clone();
                parameters[index] += by;
                case.run::<f64>(path, &parameters).0
            };
            let near = at(step) - at(-step);
            let far = at(2.0 * step) - at(-2.0 * step);
            let difference = (8.0 * near - far) / (12.0 * step);
            let error = (gradient[index] - difference).abs();
            assert!(
                error <= 1e-6 * difference.abs().max(1e-2),
                "{:?} parameter {index}: {} instead of {difference}",
                case.shape,
                gradient[index]
            );
        }
    }
}

#[test]
fn all_paths_agree() {
    for case in cases() {
        let (loss, gradient) = case.run::<f64>(CpuPath::portable(), &case.parameters);
        let longest = gradient.iter().fold(0.0f64, |a, g| a.max(g.abs()));
        for path in CpuPath::available() {
            for (tolerance, found) in [
                (1e-12, case.run::<f64>(path, &case.parameters)),
                (1e-4, case.run::<f32>(path, &case.parameters)),
            ] {
                assert!(
                    (found.0 - loss).abs() < tolerance * loss.max(1.0),
                    "{path:?}"
                );
                for (a, b) in gradient.iter().zip(&found.1) {
                    assert!(
                        (a - b).abs() < tolerance * longest.max(1.0),
                        "{path:?} {a} {b}"
                    );
                }
            }
        }
    }
}
