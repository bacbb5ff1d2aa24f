use super::*;
use crate::kernels::{BatchNorm, batch_norm, batch_norm_gradient, channel_affine};

const DIMS: [[usize; 3]; 5] = [
    [3, 2, 35],
    [1, 1, 1],
    [2, 3, 5000],
    [5, 4, 16],
    [300, 1, 64],
];

/// y, mean and inverse deviation by the definition.
fn reference(norm: &BatchNorm<'_>, x: &[f64]) -> [Vec<f64>; 3] {
    let [images, channels, numbers] = norm.dims;
    let mut found = [vec![0.0; x.len()], vec![0.0; channels], vec![0.0; channels]];
    for channel in 0..channels {
        let places = (0..images).flat_map(|image| {
            (0..numbers).map(move |at| (image * channels + channel) * numbers + at)
        });
        let count = (images * numbers) as f64;
        let mean = places.clone().map(|at| x[at]).sum::<f64>() / count;
        let variance = places.clone().map(|at| (x[at] - mean).powi(2)).sum::<f64>() / count;
        let inverse = 1.0 / (variance + f64::from(norm.epsilon)).sqrt();
        for at in places {
            let y = (x[at] - mean) * inverse * f64::from(norm.gamma[channel])
                + f64::from(norm.beta[channel]);
            found[0][at] = if norm.relu { y.max(0.0) } else { y };
        }
        found[1][channel] = mean;
        found[2][channel] = inverse;
    }
    found
}

#[test]
fn batch_norm_equals_the_definition() {
    for dims in DIMS {
        for relu in [false, true] {
            let mut rng = rng(21);
            let length = dims.iter().product();
            let x: Vec<f32> = random(length, &mut rng).iter().map(|x| x + 3.0).collect();
            let [gamma, beta] = [0; 2].map(|_| random(dims[1], &mut rng));
            let norm = BatchNorm {
                dims,
                gamma: &gamma,
                beta: &beta,
                epsilon: 1e-3,
                relu,
            };
            let expected = reference(&norm, &x.iter().copied().map(f64::from).collect::<Vec<_>>());
            on_all_paths(|path| {
                let context = format!("{} {dims:?} {relu}", path.name());
                let y = at_all_threads(|| {
                    let mut y = vec![f32::NAN; length];
                    batch_norm(path, &norm, &x, &mut y);
                    y
                });
                let moments = batch_norm(path, &norm, &x, &mut vec![0.0; length]);
                close(&y, &expected[0], 3e-6, &context);
                close(&moments.mean, &expected[1], 1e-6, &context);
                close(&moments.inverse_deviation, &expected[2], 1e-5, &context);
                let scale: Vec<f32> = (gamma.iter().zip(&moments.inverse_deviation))
                    .map(|(gamma, inverse)| gamma * inverse)
                    .collect();
                let shift: Vec<f32> = (beta.iter().zip(&moments.mean).zip(&scale))
                    .map(|((beta, mean), scale)| beta - mean * scale)
                    .collect();
                let mut inferred = vec![f32::NAN; length];
                channel_affine(path, dims, [&scale, &shift], relu, &x, &mut inferred);
                close(&inferred, &expected[0], 1e-4, &context);
            });
        }
    }
}

#[test]
fn batch_norm_keeps_the_digits_of_channels_far_from_zero() {
    let x: Vec<f32> = (0..4096).map(|index| 1e4 + (index % 2) as f32).collect();
    let norm = BatchNorm {
        dims: [4, 1, 1024],
        gamma: &[1.0],
        beta: &[0.0],
        epsilon: 1e-5,
        relu: false,
    };
    on_all_paths(|path| {
        let moments = batch_norm(path, &norm, &x, &mut vec![0.0; x.len()]);
        assert!(
            (moments.inverse_deviation[0] - 2.0).abs() < 1e-3,
            "{moments:?}"
        );
    });
}

#[test]
fn batch_norm_gradients_equal_the_differences() {
    for dims in [[3, 2, 35], [4, 3, 16], [2, 1, 70]] {
        for relu in [false, true] {
            let mut rng = rng(33);
            let length = dims.iter().product();
            let [x, gy] = [0; 2].map(|_| random(length, &mut rng));
            let [gamma, beta] = [0; 2].map(|_| random(dims[1], &mut rng));
            let norm = BatchNorm {
                dims,
                gamma: &gamma,
                beta: &beta,
                epsilon: 1e-3,
                relu,
            };
            let x64: Vec<f64> = x.iter().copied().map(f64::from).collect();
            let loss = |norm: &BatchNorm<'_>, x: &[f64]| -> f64 {
                let y = &reference(norm, x)[0];
                y.iter().zip(&gy).map(|(y, gy)| y * f64::from(*gy)).sum()
            };
            let step = 1e-6;
            let by_x: Vec<f64> = (0..length)
                .map(|at| {
                    let [up, down] = [step, -step].map(|step| {
                        let mut moved = x64.clone();
                        moved[at] += step;
                        loss(&norm, &moved)
                    });
                    (up - down) / (2.0 * step)
                })
                .collect();
            // So small that no number crosses the corner of relu.
            let step = 2f32.powi(-16);
            let by_parameter = |which: usize| -> Vec<f64> {
                (0..dims[1])
                    .map(|channel| {
                        let [up, down] = [step, -step].map(|step| {
                            let mut moved = [gamma.clone(), beta.clone()];
                            moved[which][channel] += step;
                            let [gamma, beta] = &moved;
                            let place = f64::from(moved[which][channel]);
                            (
                                loss(
                                    &BatchNorm {
                                        gamma,
                                        beta,
                                        ..norm
                                    },
                                    &x64,
                                ),
                                place,
                            )
                        });
                        (up.0 - down.0) / (up.1 - down.1)
                    })
                    .collect()
            };
            on_all_paths(|path| {
                let context = format!("{} {dims:?} {relu}", path.name());
                let mut y = vec![0.0; length];
                let moments = batch_norm(path, &norm, &x, &mut y);
                let mut gx = vec![f32::NAN; length];
                let gradient = batch_norm_gradient(path, &norm, &moments, [&x, &y], &gy, &mut gx);
                close(&gx, &by_x, 1e-5, &context);
                close(&gradient.gamma, &by_parameter(0), 1e-5, &context);
                close(&gradient.beta, &by_parameter(1), 1e-5, &context);
            });
        }
    }
}
