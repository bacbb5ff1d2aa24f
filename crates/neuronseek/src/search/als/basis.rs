//! An orthonormal basis of the intercept and the element-wise terms.

use super::columns::Columns;
use super::dense::Cholesky;
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
    /// For each column of `q` the feature it stands for: `None` is the intercept.
    kept: Vec<Option<(Term, usize)>>,
    /// Column j: feature j in terms of columns 0..=j of `q`.
    triangle: Vec<Vec<f64>>,
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
            kept: vec![None],
            triangle: vec![vec![length]],
        };
        basis.targets = sample
            .targets
            .iter()
            .map(|target| {
                let mut target: Vec<f64> = target.iter().zip(&sample.root).map(|(y, w)| y * w).collect();
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
        let mut lengths = vec![0.0; inputs];
        for input in 0..inputs {
            let mut column = values.column(input);
            column.iter_mut().zip(&sample.root).for_each(|(v, w)| *v *= w);
            lengths[input] = super::dense::dot(&column, &column).sqrt();
            if lengths[input] > 0.0 && lengths[input].is_finite() {
                column.iter_mut().for_each(|v| *v /= lengths[input]);
                fresh.set_column(input, &column);
            }
        }
        let first = self.orthogonalise(sample, &fresh, DEPENDENT);
        let second = self.orthogonalise(sample, &first.q, 0.0);
        let mut basis = Basis {
            terms: self.terms.iter().copied().chain([term]).collect(),
            q: self.q.beside(&second.q),
            targets: self.targets.clone(),
            kept: self.kept.clone(),
            triangle: self.triangle.clone(),
        };
        // fresh = Q C1 + Q1 R1 and Q1 = Q C2 + Q2 R2, so fresh = Q (C1 + C2 R1) + Q2 (R2 R1).
        for (index, &input) in first.columns.iter().enumerate() {
            let along = |row: usize| -> f64 {
                let later: f64 = (0..=index)
                    .map(|inner| second.inside[inner][row] * first.triangle[index][inner])
                    .sum();
                first.inside[index][row] + later
            };
            let across = |row: usize| -> f64 {
                (row..=index)
                    .map(|inner| second.triangle[inner][row] * first.triangle[index][inner])
                    .sum()
            };
            let column = (0..self.rank()).map(along).chain((0..=index).map(across));
            basis.triangle.push(column.map(|value| value * lengths[input]).collect());
            basis.kept.push(Some((term, input)));
        }
        for target in &mut basis.targets {
            remove(sample, &second.q, target);
        }
        basis
    }

    /// Takes the projection onto the basis out of `values` (one per padded row, weighted).
    pub fn project_out(&self, sample: &Sample, values: &mut [f64]) {
        remove(sample, &self.q, values);
    }

    /// The coefficients whose element-wise sum is the projection of `values` (weighted): the
    /// intercept, and one number per term and input.
    pub fn coefficients(&self, sample: &Sample, values: &[f64]) -> (f64, Vec<(Term, Vec<f64>)>) {
        let mut unknown = sample.sums(&self.q, values);
        for column in (0..unknown.len()).rev() {
            unknown[column] /= self.triangle[column][column];
            let value = unknown[column];
            for (row, element) in self.triangle[column][..column].iter().enumerate() {
                unknown[row] -= element * value;
            }
        }
        let mut intercept = 0.0;
        let mut weights: Vec<(Term, Vec<f64>)> = self
            .terms
            .iter()
            .map(|&term| (term, vec![0.0; sample.inputs()]))
            .collect();
        for (value, place) in unknown.into_iter().zip(&self.kept) {
            match *place {
                None => intercept = value,
                Some((term, input)) => {
                    if let Some((_, weights)) = weights.iter_mut().find(|(known, _)| *known == term) {
                        weights[input] = value;
                    }
                }
            }
        }
        (intercept, weights)
    }

    fn orthogonalise(&self, sample: &Sample, fresh: &Columns, tolerance: f64) -> Orthogonal {
        let ones = vec![1.0; fresh.padded()];
        let (rank, count) = (self.rank(), fresh.count());
        let inside = sample.cross(&self.q, &ones, fresh);
        let inside: Vec<Vec<f64>> = (0..count)
            .map(|column| (0..rank).map(|row| inside[row * count + column]).collect())
            .collect();
        let mut outside = Columns::zeros(fresh.rows(), count);
        for (column, inside) in inside.iter().enumerate() {
            let shadow = sample.combine(&self.q, inside);
            let mut values = fresh.column(column);
            values.iter_mut().zip(shadow).for_each(|(v, s)| *v -= s);
            outside.set_column(column, &values);
        }
        let mut gram = sample.gram(&outside, &ones);
        // A column's dependence is judged by its whole length, which is 1, not by what is left.
        let left: Vec<f64> = (0..count).map(|column| gram[column * count + column]).collect();
        for (column, &left) in left.iter().enumerate() {
            if left <= tolerance {
                gram[column * count + column] = 0.0;
            }
        }
        let factor = Cholesky::new(&gram, count, tolerance.max(1e-14));
        let columns: Vec<usize> = (0..count).filter(|&column| factor.kept[column]).collect();
        let mut q = Columns::zeros(fresh.rows(), columns.len());
        let mut triangle = Vec::with_capacity(columns.len());
        for (index, &column) in columns.iter().enumerate() {
            let mut unit = vec![0.0; count];
            unit[column] = 1.0;
            factor.backward(&mut unit);
            q.set_column(index, &sample.combine(&outside, &unit));
            triangle.push(columns[..=index].iter().map(|&row| factor.element(column, row)).collect());
        }
        let inside = columns.iter().map(|&column| inside[column].clone()).collect();
        Orthogonal {
            q,
            columns,
            inside,
            triangle,
        }
    }
}

/// Columns split into a part inside a basis and an orthonormal rest.
struct Orthogonal {
    /// The orthonormal rest.
    q: Columns,
    /// Which columns are independent.
    columns: Vec<usize>,
    /// Each independent column's part inside the basis.
    inside: Vec<Vec<f64>>,
    /// Each independent column's part in the rest.
    triangle: Vec<Vec<f64>>,
}

fn remove(sample: &Sample, q: &Columns, values: &mut [f64]) {
    let along = sample.sums(q, values);
    let shadow = sample.combine(q, &along);
    values.iter_mut().zip(shadow).for_each(|(v, s)| *v -= s);
}
