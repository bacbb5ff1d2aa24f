//! An orthonormal basis of the intercept and the element-wise terms.

use super::columns::Columns;
use super::dense::{Cholesky, dot};
use super::sample::Sample;
use crate::neuron::Term;

/// A column whose part outside the earlier columns has less than this share of its squared length
/// depends on them: powers of a two-valued input, the last level of a one-hot group.
const DEPENDENT: f64 = 1e-9;

/// The intercept and some element-wise terms, orthonormal under the row weights.
///
/// Projecting these terms out once, instead of fitting them together with the interactions, takes
/// their coefficients out of every later system of equations. Columns that depend on earlier ones
/// are left out and cost no parameter.
pub(super) struct Basis {
    /// The terms, in the order in which they came.
    pub terms: Vec<Term>,
    /// rows x rank, orthonormal, each row multiplied by the root of its weight.
    pub q: Columns,
    /// The targets times the roots of the weights, less their projection.
    pub targets: Vec<Vec<f64>>,
}

impl Basis {
    /// A basis of the intercept and the given terms.
    pub fn new(sample: &Sample, terms: &[Term]) -> Basis {
        let mut basis = Basis::intercept(sample);
        for &term in terms {
            basis = basis.with(sample, term);
        }
        basis
    }

    /// A basis of the intercept alone.
    pub fn intercept(sample: &Sample) -> Basis {
        let length = sample.weight.sqrt().max(f64::MIN_POSITIVE);
        let mut q = Columns::zeros(sample.x.rows(), 1);
        let column: Vec<f64> = sample.root.iter().map(|root| root / length).collect();
        q.set_column(0, &column);
        let mut basis = Basis {
            terms: Vec::new(),
            targets: Vec::new(),
            q,
        };
        basis.targets = sample
            .targets
            .iter()
            .map(|target| {
                let mut target: Vec<f64> = target
                    .iter()
                    .zip(&sample.root)
                    .map(|(y, w)| y * w)
                    .collect();
                basis.project_out(sample, &mut target);
                target
            })
            .collect();
        basis
    }

    /// The number of independent columns, the intercept among them.
    pub fn rank(&self) -> usize {
        self.q.count()
    }

    /// This basis with one more term. Cholesky orthogonalisation, done twice, since once leaves
    /// an error of the squared condition number.
    pub fn with(&self, sample: &Sample, term: Term) -> Basis {
        let Some(values) = sample.feature(term) else {
            return Basis::new(sample, &self.terms);
        };
        let inputs = values.count();
        let mut fresh = Columns::zeros(values.rows(), inputs);
        for input in 0..inputs {
            let mut column = values.column(input);
            column
                .iter_mut()
                .zip(&sample.root)
                .for_each(|(v, w)| *v *= w);
            let length = dot(&column, &column).sqrt();
            if length > 0.0 && length.is_finite() {
                column.iter_mut().for_each(|v| *v /= length);
                fresh.set_column(input, &column);
            }
        }
        let once = self.orthogonalise(sample, &fresh, DEPENDENT);
        let twice = self.orthogonalise(sample, &once, 0.0);
        let mut basis = Basis {
            terms: self.terms.iter().copied().chain([term]).collect(),
            q: self.q.beside(&twice),
            targets: self.targets.clone(),
        };
        for target in &mut basis.targets {
            remove(sample, &twice, target);
        }
        basis
    }

    /// Takes the projection onto the basis out of `values` (one per padded row, weighted).
    pub fn project_out(&self, sample: &Sample, values: &mut [f64]) {
        remove(sample, &self.q, values);
    }

    /// An orthonormal basis of the part of unit-length columns outside this basis.
    fn orthogonalise(&self, sample: &Sample, fresh: &Columns, tolerance: f64) -> Columns {
        let ones = vec![1.0; fresh.padded()];
        let (rank, count) = (self.rank(), fresh.count());
        let inside = sample.cross(&self.q, &ones, fresh);
        let mut outside = Columns::zeros(fresh.rows(), count);
        for column in 0..count {
            let along: Vec<f64> = (0..rank).map(|row| inside[row * count + column]).collect();
            let shadow = sample.combine(&self.q, &along);
            let mut values = fresh.column(column);
            values.iter_mut().zip(shadow).for_each(|(v, s)| *v -= s);
            outside.set_column(column, &values);
        }
        let mut gram = sample.gram(&outside, &ones);
        // A column's dependence is judged by its whole length, which is 1, not by what is left.
        for column in 0..count {
            if gram[column * count + column] <= tolerance {
                gram[column * count + column] = 0.0;
            }
        }
        let factor = Cholesky::new(&gram, count, tolerance.max(1e-14));
        let columns: Vec<usize> = (0..count).filter(|&column| factor.kept[column]).collect();
        let mut q = Columns::zeros(fresh.rows(), columns.len());
        for (index, &column) in columns.iter().enumerate() {
            let mut unit = vec![0.0; count];
            unit[column] = 1.0;
            factor.backward(&mut unit);
            q.set_column(index, &sample.combine(&outside, &unit));
        }
        q
    }
}

fn remove(sample: &Sample, q: &Columns, values: &mut [f64]) {
    let along = sample.sums(q, values);
    let shadow = sample.combine(q, &along);
    values.iter_mut().zip(shadow).for_each(|(v, s)| *v -= s);
}

#[cfg(test)]
mod tests {
    use super::super::testing::product_sample;
    use super::*;
    use crate::matrix::Matrix;

    #[test]
    fn columns_are_orthonormal_and_terms_vanish() {
        let (sample, _) = product_sample(300, 4, 2, 0.1);
        let sample = sample.reweighted(|row| row % 3 != 0);
        let basis = Basis::new(&sample, &[Term::pure(3), Term::pure(1)]);
        assert_eq!(basis.rank(), 9);
        let ones = vec![1.0; sample.root.len()];
        let gram = sample.gram(&basis.q, &ones);
        for (place, value) in gram.iter().enumerate() {
            let expected = f64::from(place / 9 == place % 9);
            assert!((value - expected).abs() < 1e-12);
        }
        let feature = sample.feature(Term::pure(3)).unwrap().column(2);
        let mut weighted: Vec<f64> = feature
            .iter()
            .zip(&sample.root)
            .map(|(v, root)| v * root)
            .collect();
        basis.project_out(&sample, &mut weighted);
        assert!(dot(&weighted, &weighted) < 1e-18 * dot(&feature, &feature));
    }

    #[test]
    fn powers_of_a_two_valued_input_cost_nothing() {
        let x = Matrix::from_vec(40, 1, (0..40).map(|row| f64::from(row % 3 == 0)).collect());
        let y: Vec<f64> = (0..40).map(f64::from).collect();
        let terms = [Term::pure(1), Term::pure(2)];
        let sample = Sample::new(&x, &[y], &[1.0; 40], &terms);
        assert_eq!(Basis::new(&sample, &terms).rank(), 2);
        assert_eq!(Basis::new(&sample, &[Term::pure(2)]).rank(), 2);
    }
}
