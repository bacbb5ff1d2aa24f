//! Which monomials: forward and backward, one at a time.
//!
//! The matrix of moments is swept (Goodnight, A tutorial on the SWEEP operator, The American
//! Statistician 33, 1979): with the taken features swept, its last element is the residual share of
//! the variance, and what any other feature would take away, or any taken one give back, stands
//! in its row. A step costs P^2.

use crate::search::moments::Moments;

/// What is below this share of the variance is rounding.
pub(super) const EXACT: f64 = 1e-12;

/// Below this share, what is left is the rounding of the table's own numbers, and follows them: a
/// criterion that takes it for noise of one size would model it.
const ROUNDING: f64 = 1e-6;

/// There, a monomial must take away this share of what is left...
const TAKEN: f64 = 0.25;

/// ...and all that are left out again may add this share.
const GIVEN: f64 = 0.1;

/// A feature with less than this share of its variance beside the taken ones is dependent on them.
const DEPENDENT: f64 = 1e-9;

/// When a set of monomials is good enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// The share of the variance that the search's polynomial leaves.
    left: f64,
    /// The number of its coefficients.
    parameters: usize,
    rows: f64,
}

impl Rules {
    pub fn new(left: f64, parameters: usize, rows: f64) -> Rules {
        Rules {
            left: left.max(EXACT),
            parameters,
            rows,
        }
    }

    /// Whether so many monomials that leave this much stand for the search's polynomial: they are
    /// fewer than its coefficients, and BIC is no higher.
    pub fn accepts(&self, left: f64, monomials: usize) -> bool {
        if monomials + 1 >= self.parameters {
            return false;
        }
        let saved = (self.parameters - monomials - 1) as f64;
        let mut worse = saved * self.rows.ln() / self.rows;
        if self.left <= ROUNDING {
            worse = worse.max((1.0 + TAKEN).ln());
        }
        (left.max(EXACT) / self.left).ln() <= worse
    }

    /// Whether a coefficient without which `without` is left instead of `with` can be spared.
    pub fn needless(with: f64, without: f64, rows: f64) -> bool {
        let ratio = without.max(EXACT) / with.max(EXACT);
        let given = if with <= ROUNDING { GIVEN } else { 0.0 };
        ratio.ln() <= (rows.ln() / rows).max(given)
    }

    /// Whether a step beyond what is good enough pays.
    fn goes_on(&self, before: f64, after: f64) -> bool {
        let (before, after) = (before.max(EXACT), after.max(EXACT));
        if before <= ROUNDING {
            return after < (1.0 - TAKEN) * before;
        }
        self.pays(before, after, 1)
    }

    /// Whether the best of so many features lowers BIC by more than chance.
    fn pays(&self, before: f64, after: f64, features: usize) -> bool {
        let chance = self.rows.ln() + 2.0 * (features as f64).ln();
        self.rows * (before.max(EXACT) / after.max(EXACT)).ln() > chance
    }
}

/// The swept matrix.
#[derive(Debug, Clone)]
pub(super) struct Stepwise {
    /// Features and the target.
    size: usize,
    matrix: Vec<f64>,
    varies: Vec<bool>,
    taken: Vec<usize>,
}

impl Stepwise {
    pub fn new(moments: &Moments) -> Stepwise {
        let features = moments.features;
        let size = features + 1;
        let mut matrix = vec![0.0; size * size];
        for i in 0..features {
            for j in 0..features {
                matrix[i * size + j] = moments.gram[i * features + j];
            }
            matrix[i * size + features] = moments.right[i];
            matrix[features * size + i] = moments.right[i];
        }
        matrix[size * size - 1] = 1.0;
        Stepwise {
            size,
            matrix,
            varies: moments.deviation.iter().map(|d| *d > 0.0).collect(),
            taken: Vec::new(),
        }
    }

    /// The share of the variance that the taken features leave.
    pub fn left(&self) -> f64 {
        self.matrix[self.size * self.size - 1].max(0.0)
    }

    /// What each of these taken features is worth.
    pub fn losses(&self, features: &[usize]) -> Vec<f64> {
        features
            .iter()
            .map(|&feature| self.worth(feature))
            .collect()
    }

    /// What would be left without these taken features.
    pub fn left_without(&self, features: &[usize]) -> f64 {
        let mut rest = self.clone();
        for &feature in features {
            rest.sweep(feature);
        }
        rest.left()
    }

    /// Takes features until they are good enough and no more pays; `None` when they never are.
    pub fn run(&mut self, rules: &Rules) -> Option<Vec<usize>> {
        let features = self.size - 1;
        // Every round takes one in; rounds that take in what others left out must end too.
        for _ in 0..4 * rules.parameters {
            let good = rules.accepts(self.left(), self.taken.len());
            let Some(next) = self.best() else { break };
            let before = self.left();
            let after = before - self.worth(next);
            let pays = match good {
                true => rules.goes_on(before, after),
                false => rules.pays(before, after, features),
            };
            if !pays || before <= EXACT {
                break;
            }
            self.take(next);
            self.leave_out(next, before, rules);
            if self.taken.len() + 1 >= rules.parameters {
                break;
            }
        }
        self.finish(rules);
        rules
            .accepts(self.left(), self.taken.len())
            .then(|| self.taken.clone())
    }

    /// Leaves out what the newest one has made needless.
    fn leave_out(&mut self, newest: usize, before: f64, rules: &Rules) {
        while let Some(least) = self.least().filter(|least| *least != newest) {
            let (left, worth) = (self.left(), self.worth(least));
            let replaced = worth < 0.5 * (before - left);
            if !replaced && rules.pays(left + worth, left, 1) {
                break;
            }
            self.drop(least);
        }
    }

    /// Leaves out what adds nearly nothing.
    fn finish(&mut self, rules: &Rules) {
        let start = self.left();
        while let Some(least) = self.least().filter(|_| self.taken.len() > 1) {
            let without = self.left() + self.worth(least);
            let from = if start <= ROUNDING {
                start
            } else {
                self.left()
            };
            if !Rules::needless(from, without, rules.rows) {
                break;
            }
            self.drop(least);
        }
    }

    /// The feature that takes away most.
    fn best(&self) -> Option<usize> {
        let free = (0..self.size - 1).filter(|&feature| {
            let independent = self.matrix[feature * (self.size + 1)] > DEPENDENT;
            self.varies[feature] && independent && !self.taken.contains(&feature)
        });
        free.reduce(|best, next| {
            if self.worth(next) > self.worth(best) {
                next
            } else {
                best
            }
        })
    }

    /// The taken feature that gives back least.
    fn least(&self) -> Option<usize> {
        let taken = self.taken.iter().copied();
        taken.reduce(|least, next| {
            if self.worth(next) < self.worth(least) {
                next
            } else {
                least
            }
        })
    }

    /// What a feature takes away, or a taken one would give back.
    fn worth(&self, feature: usize) -> f64 {
        let right = self.matrix[feature * self.size + self.size - 1];
        right * right
            / self.matrix[feature * (self.size + 1)]
                .abs()
                .max(f64::MIN_POSITIVE)
    }

    fn take(&mut self, feature: usize) {
        self.sweep(feature);
        self.taken.push(feature);
    }

    fn drop(&mut self, feature: usize) {
        self.sweep(feature);
        self.taken.retain(|taken| *taken != feature);
    }

    /// Takes a feature in, or leaves a taken one out: up to signs the operation is its own inverse.
    fn sweep(&mut self, feature: usize) {
        let size = self.size;
        let pivot = self.matrix[feature * (size + 1)];
        let row: Vec<f64> = self.matrix[feature * size..(feature + 1) * size]
            .iter()
            .map(|value| value / pivot)
            .collect();
        let column: Vec<f64> = (0..size).map(|i| self.matrix[i * size + feature]).collect();
        for (i, values) in self.matrix.chunks_exact_mut(size).enumerate() {
            if i == feature {
                continue;
            }
            for (value, row) in values.iter_mut().zip(&row) {
                *value -= column[i] * row;
            }
        }
        for i in 0..size {
            self.matrix[feature * size + i] = row[i];
            self.matrix[i * size + feature] = -column[i] / pivot;
        }
        self.matrix[feature * (size + 1)] = 1.0 / pivot;
    }
}
