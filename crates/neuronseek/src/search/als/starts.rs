//! Where a new product starts.
//!
//! Random factors suffice where there are few inputs. A product of four projections of a hundred
//! inputs is out of their reach: the chance that a random start has enough of every true factor
//! falls with the power of the number of inputs. What helps is to look at the residual r through
//! another function. If r = prod_m <u_m, x>, then ln|r| = sum_m ln|<u_m, x>|, whose second moment
//! with x is, for normal inputs, E[ln|r| (x x^T - I)] = sum_m u_m u_m^T / |u_m|^2: the factors span
//! its leading eigenvectors, found from a number of rows proportional to the number of inputs. So
//! the search runs in those few directions first, where random starts are cheap and plentiful, and
//! then lifts what it found to all inputs.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::alternate::{Trial, View, sweep};
use super::basis::Basis;
use super::columns::Columns;
use super::dense::{Cholesky, eigen};
use super::fit::Product;
use super::sample::Sample;

/// With more inputs than this, starts are sought in leading directions as well.
const FEW_INPUTS: usize = 16;

/// Leading directions of ln|r| and of r.
const LOGARITHM_DIRECTIONS: usize = 10;
const PLAIN_DIRECTIONS: usize = 4;

/// Second moments of the residual with the inputs.
pub(super) struct Moments {
    /// inputs x directions; empty where all inputs are tried directly.
    directions: Vec<Vec<f64>>,
    /// The rows along `directions`.
    reduced: Option<Columns>,
    /// The two factors of the best product of two projections.
    pair: [Vec<f64>; 2],
    /// The intercept as a basis.
    intercept: Columns,
}

impl Moments {
    /// Looks at the residuals of `view`.
    pub fn new(view: &View<'_>) -> Moments {
        let sample = view.sample;
        let whitening = Whitening::new(sample, view.x);
        let residual = largest(view.residuals);
        let plain = whitening.eigen(sample, view.x, &weighted(sample, residual));
        let pair = pair(&plain);
        let mut directions = Vec::new();
        if view.x.count() > FEW_INPUTS {
            let logarithm = logarithm(sample, view.residuals);
            let found = whitening.eigen(sample, view.x, &logarithm);
            directions.extend(found.into_iter().take(LOGARITHM_DIRECTIONS).map(|(_, u)| u));
            let mut plain = plain;
            plain.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
            directions.extend(plain.into_iter().take(PLAIN_DIRECTIONS).map(|(_, u)| u));
        }
        let reduced = (!directions.is_empty()).then(|| {
            let mut reduced = Columns::zeros(view.x.rows(), directions.len());
            for (index, direction) in directions.iter().enumerate() {
                reduced.set_column(index, &sample.combine(view.x, direction));
            }
            reduced
        });
        Moments {
            directions,
            reduced,
            pair,
            intercept: Basis::intercept(sample).q,
        }
    }

    /// The best product of the given order that some starts lead to. Starts are compared with
    /// only the intercept projected out; the best one is brought on its way with all of `view`'s
    /// basis.
    pub fn explore(
        &self,
        view: &View<'_>,
        order: usize,
        starts: usize,
        random: &mut ChaCha8Rng,
    ) -> Option<Trial> {
        let outputs = view.residuals.len();
        let rough = View {
            q: &self.intercept,
            ..*view
        };
        let mut trials = Vec::new();
        if let Some(reduced) = &self.reduced {
            let narrow = View {
                x: reduced,
                ..rough
            };
            let starts = (0..2 * starts)
                .map(|_| random_trial(order, reduced.count(), outputs, random))
                .collect();
            for mut trial in screen(&narrow, starts, 2) {
                settle(&narrow, &mut trial);
                trials.push(self.lift(trial));
            }
        }
        if order == 2 {
            let mut trial = random_trial(2, view.x.count(), outputs, random);
            trial.product.factors = self.pair.concat();
            trials.push(trial);
        }
        // Where the leading directions are searched, starts among all inputs are a second opinion.
        let wide = if self.reduced.is_some() {
            starts.div_ceil(3)
        } else {
            starts
        };
        trials.extend((0..wide).map(|_| random_trial(order, view.x.count(), outputs, random)));
        let mut best = screen(&rough, trials, 1).pop()?;
        settle(view, &mut best);
        Some(best)
    }

    /// The same product over all inputs.
    fn lift(&self, trial: Trial) -> Trial {
        let mut product = trial.product;
        let inputs = self.directions.first().map_or(0, Vec::len);
        let mut factors = Vec::with_capacity(product.order * inputs);
        for factor in product.factors.chunks(self.directions.len()) {
            for input in 0..inputs {
                let parts = factor.iter().zip(&self.directions);
                factors.push(parts.map(|(weight, u)| weight * u[input]).sum());
            }
        }
        product.factors = factors;
        Trial::new(product)
    }
}

/// Few sweeps for many starts, more for the better half, until `keep` are left; best last.
fn screen(view: &View<'_>, mut trials: Vec<Trial>, keep: usize) -> Vec<Trial> {
    let mut sweeps = 2;
    loop {
        for trial in &mut trials {
            for _ in 0..sweeps {
                sweep(view, trial);
            }
        }
        trials.retain(|trial| trial.gain.is_finite());
        trials.sort_by(|a, b| a.gain.total_cmp(&b.gain));
        if trials.len() <= keep {
            break;
        }
        let drop = trials.len() - (trials.len() / 2).max(keep);
        trials.drain(..drop);
        sweeps += 1;
    }
    trials
}

/// Sweeps until the residual hardly falls.
fn settle(view: &View<'_>, trial: &mut Trial) {
    let total: f64 = view.residuals.iter().flatten().map(|r| r * r).sum();
    for _ in 0..25 {
        let before = total - trial.gain;
        sweep(view, trial);
        let after = total - trial.gain;
        if after.is_nan() || after >= 0.97 * before {
            break;
        }
    }
}

fn random_trial(order: usize, count: usize, outputs: usize, random: &mut ChaCha8Rng) -> Trial {
    let length = (count as f64).sqrt();
    let mut draw = |n: usize| -> Vec<f64> {
        (0..n)
            .map(|_| random.sample::<f64, _>(StandardNormal))
            .collect()
    };
    let factors = draw(order * count)
        .into_iter()
        .map(|value| value / length)
        .collect();
    let weights = if outputs == 1 {
        vec![1.0]
    } else {
        draw(outputs)
    };
    Trial::new(Product {
        order,
        factors,
        weights,
    })
}

/// The factors of the product of two projections that has the outermost eigenvalues: with
/// eigenvectors e+, e- of eigenvalues a > 0 > -b, (sqrt a e+ + sqrt b e-)(sqrt a e+ - sqrt b e-).
fn pair(eigenpairs: &[(f64, Vec<f64>)]) -> [Vec<f64>; 2] {
    let (Some(first), Some(last)) = (eigenpairs.first(), eigenpairs.last()) else {
        return [Vec::new(), Vec::new()];
    };
    let (a, b) = (first.0.max(0.0).sqrt(), (-last.0).max(0.0).sqrt());
    let (a, b) = if a + b > 0.0 { (a, b) } else { (1.0, 1.0) };
    let both = |sign: f64| -> Vec<f64> {
        first
            .1
            .iter()
            .zip(&last.1)
            .map(|(p, q)| a * p + sign * b * q)
            .collect()
    };
    [both(1.0), both(-1.0)]
}

fn largest(residuals: &[Vec<f64>]) -> &[f64] {
    let square = |values: &&Vec<f64>| -> f64 { values.iter().map(|v| v * v).sum() };
    let best = residuals
        .iter()
        .max_by(|a, b| square(a).total_cmp(&square(b)));
    best.map_or(&[], |values| values)
}

fn weighted(sample: &Sample, values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .zip(&sample.root)
        .map(|(value, root)| value * root)
        .collect()
}

/// ln of the squared residual of each row, about its mean, times the row weights; squares far
/// below the mean square count as that much, or noise alone would speak.
fn logarithm(sample: &Sample, residuals: &[Vec<f64>]) -> Vec<f64> {
    let rows = sample.root.len();
    let square = |row: usize| -> f64 { residuals.iter().map(|r| r[row] * r[row]).sum() };
    let mean = (0..rows).map(square).sum::<f64>() / sample.weight;
    let value = |row: usize| {
        let weight = sample.root[row] * sample.root[row];
        if weight > 0.0 {
            (square(row) / (weight * mean) + 1e-2).ln()
        } else {
            0.0
        }
    };
    let middle = (0..rows)
        .map(|row| sample.root[row] * sample.root[row] * value(row))
        .sum::<f64>()
        / sample.weight;
    (0..rows)
        .map(|row| sample.root[row] * sample.root[row] * (value(row) - middle))
        .collect()
}

/// Turns inputs into uncorrelated ones of variance 1.
struct Whitening(Cholesky);

impl Whitening {
    fn new(sample: &Sample, x: &Columns) -> Whitening {
        let squares: Vec<f64> = sample.root.iter().map(|r| r * r / sample.weight).collect();
        Whitening(Cholesky::new(&sample.gram(x, &squares), x.count(), 1e-6))
    }

    /// Eigenvalues, descending, of the whitened `sum_i v_i x_i x_i^T`, and the projections of x
    /// that the eigenvectors stand for.
    fn eigen(&self, sample: &Sample, x: &Columns, v: &[f64]) -> Vec<(f64, Vec<f64>)> {
        let count = x.count();
        let mut matrix = sample.gram(x, v);
        for _ in 0..2 {
            for row in matrix.chunks_mut(count) {
                self.0.forward(row);
            }
            for row in 0..count {
                for column in 0..row {
                    matrix.swap(row * count + column, column * count + row);
                }
            }
        }
        let mut pairs = eigen(&matrix, count);
        for (_, vector) in &mut pairs {
            self.0.backward(vector);
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::super::testing::product_sample;
    use super::*;

    fn gain_left(rows: usize, inputs: usize, order: usize, starts: usize) -> f64 {
        let (sample, scale) = product_sample(rows, inputs, order, 0.01);
        let basis = Basis::intercept(&sample);
        let view = View {
            sample: &sample,
            x: &sample.x,
            q: &basis.q,
            residuals: &basis.targets,
        };
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let moments = Moments::new(&view);
        let best = moments.explore(&view, order, starts, &mut random).unwrap();
        1.0 - best.gain / scale.totals[0]
    }

    #[test]
    fn two_factors_are_read_off_the_second_moments() {
        let (sample, _) = product_sample(2000, 12, 2, 0.01);
        let basis = Basis::intercept(&sample);
        let view = View {
            sample: &sample,
            x: &sample.x,
            q: &basis.q,
            residuals: &basis.targets,
        };
        let moments = Moments::new(&view);
        let mut trial = Trial::new(Product {
            order: 2,
            factors: moments.pair.concat(),
            weights: vec![1.0],
        });
        sweep(&view, &mut trial);
        sweep(&view, &mut trial);
        let total: f64 = basis.targets[0].iter().map(|y| y * y).sum();
        assert!(trial.gain > 0.99 * total);
    }

    #[test]
    fn four_factors_of_forty_inputs_are_found_through_the_logarithm() {
        // Out of reach of random starts among all inputs alone.
        assert!(gain_left(1500, 40, 4, 6) < 0.01);
    }
}
