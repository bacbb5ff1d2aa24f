//! Coordinate descent on the correlations, along a path of falling penalties.

use crate::search::moments::Moments;

/// No coefficient moves by more than this in the last round.
const TOLERANCE: f64 = 1e-7;

/// Rounds over the active features for one set of them.
const MOST_ROUNDS: usize = 1000;

/// How often features are added for one penalty.
const MOST_ADDITIONS: usize = 50;

/// The state of a descent that goes from one penalty to the next, lower one.
pub(super) struct Descent<'a> {
    moments: &'a Moments,
    /// One per feature.
    pub coefficients: Vec<f64>,
    /// The features that ever were active, ascending.
    met: Vec<usize>,
    /// Correlations with the residual, exact after [`Descent::solve`].
    slopes: Vec<f64>,
}

impl<'a> Descent<'a> {
    pub fn new(moments: &'a Moments) -> Descent<'a> {
        Descent {
            moments,
            coefficients: vec![0.0; moments.features],
            met: Vec::new(),
            slopes: moments.right.clone(),
        }
    }

    /// The least penalty without any active feature.
    pub fn highest(&self) -> f64 {
        self.moments
            .right
            .iter()
            .fold(0.0f64, |a, r| a.max(r.abs()))
    }

    /// Minimises for one penalty.
    pub fn solve(&mut self, penalty: f64) {
        for _ in 0..MOST_ADDITIONS {
            self.descend(penalty);
            self.refresh();
            let missed = (0..self.coefficients.len())
                .filter(|&j| self.slopes[j].abs() > penalty * (1.0 + 1e-6))
                .filter(|j| self.met.binary_search(j).is_err());
            let missed: Vec<usize> = missed.collect();
            if missed.is_empty() {
                return;
            }
            self.met.extend(missed);
            self.met.sort_unstable();
        }
    }

    /// The features with a coefficient, ascending.
    pub fn active(&self) -> Vec<usize> {
        let met = self.met.iter().copied();
        met.filter(|j| self.coefficients[*j] != 0.0).collect()
    }

    /// Rounds over the features met until none moves; their slopes alone are kept up.
    fn descend(&mut self, penalty: f64) {
        for _ in 0..MOST_ROUNDS {
            let mut largest = 0.0f64;
            for &j in &self.met {
                let row = &self.moments.gram[j * self.moments.features..];
                let own = row[j];
                if own <= 0.0 {
                    continue;
                }
                let old = self.coefficients[j];
                let new = shrunk(self.slopes[j] + own * old, penalty) / own;
                let moved = new - old;
                if moved == 0.0 {
                    continue;
                }
                self.coefficients[j] = new;
                largest = largest.max(moved.abs());
                for &k in &self.met {
                    self.slopes[k] -= moved * row[k];
                }
            }
            if largest < TOLERANCE {
                return;
            }
        }
    }

    /// All slopes anew.
    fn refresh(&mut self) {
        let features = self.moments.features;
        self.slopes.copy_from_slice(&self.moments.right);
        for &j in &self.met {
            let b = self.coefficients[j];
            if b != 0.0 {
                let row = &self.moments.gram[j * features..(j + 1) * features];
                for (slope, gram) in self.slopes.iter_mut().zip(row) {
                    *slope -= b * gram;
                }
            }
        }
    }
}

/// Moved towards 0 by the penalty, and no further.
fn shrunk(value: f64, penalty: f64) -> f64 {
    value.signum() * (value.abs() - penalty).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;

    fn moments() -> Moments {
        let x: Vec<f64> = (0..60 * 5)
            .map(|i| f64::from(i * 7919 % 101) / 50.0 - 1.0)
            .collect();
        let features = Matrix::from_vec(60, 5, x);
        let y: Vec<f64> = (0..60)
            .map(|row| {
                2.0 * features.row(row)[1] - features.row(row)[3] + features.row(row)[0].sin()
            })
            .collect();
        Moments::new(&features, &y, &[1.0; 60]).unwrap()
    }

    #[test]
    fn the_solution_meets_the_conditions_of_optimality() {
        let moments = moments();
        let mut descent = Descent::new(&moments);
        let highest = descent.highest();
        descent.solve(highest);
        assert!(descent.active().is_empty());
        for share in [0.5, 0.1, 0.01] {
            let penalty = share * highest;
            descent.solve(penalty);
            for (j, b) in descent.coefficients.iter().enumerate() {
                if *b == 0.0 {
                    assert!(descent.slopes[j].abs() <= penalty * (1.0 + 1e-6));
                } else {
                    let slope = descent.slopes[j] - penalty * b.signum();
                    assert!(slope.abs() < 1e-6, "{share} {j} {slope}");
                }
            }
        }
        assert!(descent.active().len() >= 3);
    }

    #[test]
    fn without_a_penalty_it_is_least_squares() {
        let moments = moments();
        let mut descent = Descent::new(&moments);
        descent.solve(1e-12);
        let fitted = moments.fit(&[0, 1, 2, 3, 4], 0.0);
        for (b, expected) in descent.coefficients.iter().zip(&fitted.coefficients) {
            assert!((b - expected).abs() < 1e-5, "{b} {expected}");
        }
    }
}
