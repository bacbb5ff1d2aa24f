use crate::matrix::Matrix;

/// What is to be predicted, as numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Regression: `rows x targets`, each column scaled to mean 0 and deviation 1 on training rows.
    Values(Matrix<f64>),
    /// Classification: one class per row.
    Classes {
        /// The class of each row, below `count`.
        labels: Vec<usize>,
        /// How many classes there are, at least 2.
        count: usize,
    },
}

impl Target {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Target::Values(values) => values.rows(),
            Target::Classes { labels, .. } => labels.len(),
        }
    }

    /// The width of a predictor's output: the number of targets; one logit for two classes (the
    /// log-odds of class 1); one logit per class for more.
    pub fn outputs(&self) -> usize {
        match self {
            Target::Values(values) => values.columns(),
            Target::Classes { count: 2, .. } => 1,
            Target::Classes { count, .. } => *count,
        }
    }

    /// The given rows, in the given order.
    pub fn select_rows(&self, rows: &[usize]) -> Target {
        match self {
            Target::Values(values) => Target::Values(values.select_rows(rows)),
            Target::Classes { labels, count } => Target::Classes {
                labels: rows.iter().map(|&row| labels[row]).collect(),
                count: *count,
            },
        }
    }
}

/// Class probabilities, `rows x count`, from logits as [`Target::outputs`] lays them out:
/// the logistic function for two classes, softmax for more.
pub fn probabilities(logits: &Matrix<f64>, count: usize) -> Matrix<f64> {
    let mut result = Matrix::zeros(logits.rows(), count);
    for row in 0..logits.rows() {
        let logit = logits.row(row);
        let out = result.row_mut(row);
        if count == 2 {
            out[1] = 1.0 / (1.0 + (-logit[0]).exp());
            out[0] = 1.0 / (1.0 + logit[0].exp());
            continue;
        }
        let highest = logit.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for (out, logit) in out.iter_mut().zip(logit) {
            *out = (logit - highest).exp();
            sum += *out;
        }
        for out in out.iter_mut() {
            *out /= sum;
        }
    }
    result
}
