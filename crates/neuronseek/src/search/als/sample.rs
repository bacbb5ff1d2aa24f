//! The rows that a search works on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::columns::Columns;
use super::kernel::{self, Level};
use crate::matrix::Matrix;
use crate::neuron::Term;

/// Inputs of unit root mean square, every element-wise feature of them, targets and row weights.
///
/// Features are shared between samples that differ in their row weights only: a fold is a sample
/// whose held-out rows have weight zero.
pub(super) struct Sample {
    level: Level,
    /// rows x inputs, each divided by `scale`.
    pub x: Arc<Columns>,
    /// The root mean square of each input, 1 for inputs that are all zero.
    pub scale: Arc<Vec<f64>>,
    /// Each element-wise term with its rows x inputs values.
    pub features: Arc<Vec<(Term, Columns)>>,
    /// One vector per output.
    pub targets: Arc<Vec<Vec<f64>>>,
    /// The root of each row's weight, 0 in the padding.
    pub root: Vec<f64>,
    /// The sum of the row weights, or the number of rows that they count for.
    pub weight: f64,
    /// A column of ones, which turns cross products into plain sums.
    ones: Columns,
    work: Arc<AtomicU64>,
}

impl Sample {
    /// `inputs` is rows x inputs, `targets` one vector of rows per output, `weights` one
    /// non-negative number per row; `terms` are the element-wise terms that may be asked for.
    pub fn new(
        inputs: &Matrix<f64>,
        targets: &[Vec<f64>],
        weights: &[f64],
        terms: &[Term],
    ) -> Sample {
        let rows = inputs.rows();
        let scale: Vec<f64> = (0..inputs.columns())
            .map(|input| {
                let sum: f64 = (0..rows).map(|row| inputs.row(row)[input].powi(2)).sum();
                let size = (sum / rows as f64).sqrt();
                if size > 0.0 { size } else { 1.0 }
            })
            .collect();
        let x = Columns::from_fn(rows, inputs.columns(), |row, input| {
            inputs.row(row)[input] / scale[input]
        });
        let features = terms
            .iter()
            .map(|&term| {
                let values = Columns::from_fn(rows, inputs.columns(), |row, input| {
                    let value = feature(term, inputs.row(row)[input], scale[input]);
                    if value.is_finite() { value } else { 0.0 }
                });
                (term, values)
            })
            .collect();
        let padded = x.padded();
        let pad = |values: Vec<f64>| {
            let mut values = values;
            values.resize(padded, 0.0);
            values
        };
        Sample {
            level: Level::detect(),
            scale: Arc::new(scale),
            features: Arc::new(features),
            targets: Arc::new(targets.iter().map(|target| pad(target.clone())).collect()),
            root: pad(weights.iter().map(|weight| weight.sqrt()).collect()),
            weight: weights.iter().sum(),
            ones: Columns::from_fn(rows, 1, |_, _| 1.0),
            work: Arc::new(AtomicU64::new(0)),
            x: Arc::new(x),
        }
    }

    /// The same rows with other weights.
    pub fn reweighted(&self, keep: impl Fn(usize) -> bool) -> Sample {
        let mut root = self.root.clone();
        for (row, root) in root.iter_mut().enumerate() {
            if !keep(row) {
                *root = 0.0;
            }
        }
        Sample {
            level: self.level,
            x: self.x.clone(),
            scale: self.scale.clone(),
            features: self.features.clone(),
            targets: self.targets.clone(),
            weight: root.iter().map(|root| root * root).sum(),
            root,
            ones: self.ones.clone(),
            work: self.work.clone(),
        }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.x.count()
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.targets.len()
    }

    /// The values of an element-wise term.
    pub fn feature(&self, term: Term) -> Option<&Columns> {
        let found = self.features.iter().find(|(known, _)| *known == term);
        found.map(|(_, values)| values)
    }

    /// `sum_i v_i a_i b_i^T`.
    pub fn cross(&self, a: &Columns, v: &[f64], b: &Columns) -> Vec<f64> {
        self.count(a.count() * b.count() * v.len());
        kernel::cross(self.level, a, v, b)
    }

    /// `sum_i v_i a_i a_i^T`.
    pub fn gram(&self, a: &Columns, v: &[f64]) -> Vec<f64> {
        self.count(a.count() * (a.count() + 1) / 2 * v.len());
        kernel::gram(self.level, a, v)
    }

    /// `sum_i v_i a_i`.
    pub fn sums(&self, a: &Columns, v: &[f64]) -> Vec<f64> {
        self.cross(a, v, &self.ones)
    }

    /// `a w` for each row.
    pub fn combine(&self, a: &Columns, weights: &[f64]) -> Vec<f64> {
        self.count(a.count() * a.padded());
        let mut out = vec![0.0; a.padded()];
        kernel::combine(self.level, a, weights, &mut out);
        out
    }

    /// Multiplications done so far by this sample and its folds: the same number at every run, so
    /// that it can bound the work without looking at the clock.
    pub fn work(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }

    fn count(&self, multiplications: usize) {
        self.work
            .fetch_add(multiplications as u64, Ordering::Relaxed);
    }
}

/// The value of an element-wise term at `x`: powers of `x / scale`, functions of `x` itself.
pub(super) fn feature(term: Term, x: f64, scale: f64) -> f64 {
    match term {
        Term::Pure { order } => (x / scale).powi(order as i32),
        Term::Function(function) => function.value(x),
        Term::Interaction { .. } => 0.0,
    }
}
