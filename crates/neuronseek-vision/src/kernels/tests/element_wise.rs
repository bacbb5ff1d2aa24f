use super::*;
use crate::kernels::{
    add_relu, power, power_gradient, product, product_gradient, relu, relu_gradient,
};

const LENGTHS: [usize; 5] = [0, 1, 15, 67, 40_003];

fn f64s(values: &[f32]) -> impl Iterator<Item = f64> + '_ {
    values.iter().copied().map(f64::from)
}

#[test]
fn relu_and_its_gradient_equal_the_definition() {
    for length in LENGTHS {
        let mut rng = rng(3);
        let [a, b, gy] = [0; 3].map(|_| random(length, &mut rng));
        on_all_paths(|path| {
            let mut y = vec![f32::NAN; length];
            relu(path, &a, &mut y);
            let expected: Vec<f64> = f64s(&a).map(|a| a.max(0.0)).collect();
            close(&y, &expected, 0.0, path.name());
            add_relu(path, &a, &b, &mut y);
            let sums: Vec<f32> = a.iter().zip(&b).map(|(a, b)| (a + b).max(0.0)).collect();
            assert_eq!(y, sums);
            let mut gx = vec![f32::NAN; length];
            relu_gradient(path, &y, &gy, &mut gx);
            for ((gx, gy), sum) in gx.iter().zip(&gy).zip(&sums) {
                assert_eq!(*gx, if *sum > 0.0 { *gy } else { 0.0 });
            }
        });
    }
}

#[test]
fn relu_hides_no_wrong_number() {
    on_all_paths(|path| {
        let x = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0];
        let mut y = [1.0; 4];
        relu(path, &x, &mut y);
        assert!(y[0].is_nan());
        assert_eq!(y[1..], [f32::INFINITY, 0.0, 0.0]);
    });
}

#[test]
fn products_and_their_gradients_equal_the_definition() {
    for length in LENGTHS {
        for count in [1, 2, 3, 5] {
            let mut rng = rng(5);
            let mut factors: Vec<Vec<f32>> = (0..count).map(|_| random(length, &mut rng)).collect();
            if let Some(first) = factors[0].first_mut() {
                *first = 0.0;
            }
            let factors: Vec<&[f32]> = factors.iter().map(Vec::as_slice).collect();
            let gy = random(length, &mut rng);
            let without = |left_out: Option<usize>, index: usize| -> f64 {
                let kept = factors
                    .iter()
                    .enumerate()
                    .filter(|(k, _)| Some(*k) != left_out);
                kept.map(|(_, factor)| f64::from(factor[index])).product()
            };
            on_all_paths(|path| {
                let y = at_all_threads(|| {
                    let mut y = vec![f32::NAN; length];
                    product(path, &factors, &mut y);
                    y
                });
                let expected: Vec<f64> = (0..length).map(|index| without(None, index)).collect();
                close(&y, &expected, 1e-6, path.name());
                let mut gradients = vec![vec![f32::NAN; length]; count];
                let mut places: Vec<&mut [f32]> =
                    gradients.iter_mut().map(Vec::as_mut_slice).collect();
                product_gradient(path, &factors, &gy, &mut places);
                for (k, gradient) in gradients.iter().enumerate() {
                    let expected: Vec<f64> = (0..length)
                        .map(|index| f64::from(gy[index]) * without(Some(k), index))
                        .collect();
                    close(gradient, &expected, 1e-6, path.name());
                }
            });
        }
    }
}

fn bounded(x: f64, order: u32, bound: Option<f32>) -> f64 {
    let level = bound.map_or(x, |bound| x / (1.0 + (x / f64::from(bound)).powi(2)).sqrt());
    level.powi(order as i32)
}

#[test]
fn powers_equal_the_definition_and_their_gradient_the_differences() {
    let mut rng = rng(9);
    let x: Vec<f32> = random(1003, &mut rng).iter().map(|x| x * 4.0).collect();
    let gy = random(x.len(), &mut rng);
    for order in 0..6 {
        for bound in [None, Some(0.5), Some(3.0)] {
            on_all_paths(|path| {
                let context = format!("{} order {order} bound {bound:?}", path.name());
                let mut y = vec![f32::NAN; x.len()];
                power(path, order, bound, &x, &mut y);
                let expected: Vec<f64> = f64s(&x).map(|x| bounded(x, order, bound)).collect();
                close(&y, &expected, 3e-6, &context);
                let mut gx = vec![f32::NAN; x.len()];
                power_gradient(path, order, bound, &x, &gy, &mut gx);
                let step = 1e-5;
                let differences: Vec<f64> = f64s(&x)
                    .zip(f64s(&gy))
                    .map(|(x, gy)| {
                        let [up, down] = [x + step, x - step].map(|x| bounded(x, order, bound));
                        gy * (up - down) / (2.0 * step)
                    })
                    .collect();
                close(&gx, &differences, 3e-6, &context);
            });
        }
    }
}

#[test]
fn bounded_powers_reach_their_bound_at_infinity() {
    on_all_paths(|path| {
        let x = [f32::INFINITY, f32::NEG_INFINITY, 1e30, -3e38, f32::NAN];
        let mut y = [0.0; 5];
        power(path, 1, Some(2.0), &x, &mut y);
        for (y, expected) in y.iter().zip([2.0, -2.0, 2.0, -2.0]) {
            assert!((y - expected).abs() < 1e-5, "{} {y}", path.name());
        }
        assert!(y[4].is_nan());
        let mut gx = [f32::NAN; 5];
        power_gradient(path, 2, Some(2.0), &x, &[1.0; 5], &mut gx);
        assert!(gx[..4].iter().all(|gx| gx.abs() < 1e-20), "{gx:?}");
    });
}
