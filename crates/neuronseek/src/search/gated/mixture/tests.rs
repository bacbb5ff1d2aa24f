use rand::SeedableRng;

use super::*;
use crate::matrix::Matrix;
use crate::neuron::Function;
use crate::prepare::Target;

fn shape(outputs: usize) -> MixtureShape {
    MixtureShape {
        inputs: 3,
        outputs,
        order: 4,
        pieces: 2,
        functions: 1,
    }
}

/// The loss and the gradient of a batch of 19 rows, with `parameters` or random ones.
fn run(
    target: &Target,
    x: &Matrix<f64>,
    path: CpuPath,
    parameters: Option<&[f64]>,
) -> (f64, Vec<f64>, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let store = RowStore::<f64>::new(x, &[Function::Cos]);
    let shape = shape(target.outputs());
    let scales = Scales::new(&store, shape.order, shape.functions);
    let mut mixture = Mixture::new(shape, scales, 19, path, &mut rng);
    for uniform in &mut mixture.uniforms {
        *uniform = rng.random_range(0.1..0.5);
    }
    let weights = mixture.layout.weights.clone();
    for row in mixture.parameters[weights].chunks_exact_mut(16) {
        for weight in &mut row[..3] {
            *weight = rng.random_range(-0.5..0.5);
        }
    }
    if let Some(parameters) = parameters {
        mixture.parameters.copy_from_slice(parameters);
    }
    let chosen: Vec<u32> = (0..19).collect();
    mixture.batch.gather(&store, &chosen);
    let rows = BatchRows {
        rows: &chosen,
        weights: None,
    };
    let loss = mixture.loss_and_gradient(&TargetStore::new(target), rows);
    (loss, mixture.gradient.to_vec(), mixture.parameters.to_vec())
}

#[test]
fn gradients_equal_central_differences_on_all_paths() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let x: Vec<f64> = (0..60).map(|_| rng.random_range(-1.5..1.5)).collect();
    let x = Matrix::from_vec(20, 3, x);
    let y: Vec<f64> = (0..40).map(|_| rng.random_range(-1.0..1.0)).collect();
    let one = Target::Values(Matrix::from_vec(20, 1, y[..20].to_vec()));
    let two = Target::Values(Matrix::from_vec(20, 2, y));
    let three = Target::Classes {
        labels: (0..20).map(|row| row % 3).collect(),
        count: 3,
    };
    for target in [one, two, three] {
        let (_, gradient, parameters) = run(&target, &x, CpuPath::portable(), None);
        for path in CpuPath::available() {
            let (_, other, _) = run(&target, &x, path, None);
            for (a, b) in gradient.iter().zip(&other) {
                assert!((a - b).abs() < 1e-12 * a.abs().max(1.0), "{path:?}");
            }
        }
        for index in 0..parameters.len() {
            let step = 1e-3;
            let at = |by: f64| {
                let mut moved = parameters.clone();
                moved[index] += by;
                run(&target, &x, CpuPath::portable(), Some(&moved)).0
            };
            let near = at(step) - at(-step);
            let far = at(2.0 * step) - at(-2.0 * step);
            let difference = (8.0 * near - far) / (12.0 * step);
            let error = (gradient[index] - difference).abs();
            assert!(
                error <= 1e-6 * difference.abs().max(1e-2),
                "parameter {index}: {} instead of {difference}",
                gradient[index]
            );
        }
    }
}

#[test]
fn steps_lower_the_loss() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let x: Vec<f64> = (0..1500).map(|_| rng.random_range(-1.7..1.7)).collect();
    let x = Matrix::from_vec(500, 3, x);
    let y = (0..500).map(|row| x.row(row)[0] * x.row(row)[1]).collect();
    let target = TargetStore::new(&Target::Values(Matrix::from_vec(500, 1, y)));
    let store = RowStore::<f32>::new(&x, &[Function::Cos]);
    let scales = Scales::new(&store, 4, 1);
    let mut mixture = Mixture::new(shape(1), scales, 64, CpuPath::detect(), &mut rng);
    let rates = MixtureRates {
        factors: 0.02,
        weights: 0.02,
        gates: 0.0,
    };
    let mut mean = |steps: u32| {
        let mut sum = 0.0;
        for _ in 0..steps {
            let chosen: Vec<u32> = (0..64).map(|_| rng.random_range(0..500)).collect();
            let rows = BatchRows {
                rows: &chosen,
                weights: None,
            };
            let tables = (&store, &target);
            sum += mixture.step(tables, rows, (&[], 1.0), &rates, &mut rng);
        }
        sum / f64::from(steps)
    };
    let (before, _, after) = (mean(20), mean(500), mean(20));
    assert!(after < 0.3 * before, "{before} -> {after}");
}
