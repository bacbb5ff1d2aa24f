use super::{LinearError, LinearFit, LogisticOptions, Penalty, logistic, ridge};
use crate::matrix::Matrix;
use crate::prepare::Target;

/// Up to how many rows the penalty of a logistic regression is chosen by folds: with more, it
/// hardly matters, and the fits take their time.
const FOLDED_ROWS: usize = 5000;

/// Folds of that choice.
const FOLDS: usize = 5;

/// What is tried, in units of 1 / rows.
const PENALTIES: [f64; 4] = [0.1, 1.0, 10.0, 100.0];

/// The linear model that every other is measured against: ridge regression with the penalty of
/// generalised cross-validation; logistic regression with the penalty of least log loss over five
/// folds up to 5000 rows, and of 1 / rows (scikit-learn's default) beyond.
///
/// Its outputs are laid out as [`Target::outputs`] has them: values in the target's scale, the
/// log-odds of class 1, or one logit per class.
///
/// # Errors
/// As [`ridge()`] and [`logistic()`].
pub fn baseline(
    inputs: &Matrix<f64>,
    target: &Target,
    weights: Option<&[f64]>,
) -> Result<LinearFit, LinearError> {
    match target {
        Target::Values(values) => ridge(inputs, values, weights, Penalty::CrossValidated),
        Target::Classes { labels, count } => {
            let mut options = LogisticOptions::default();
            if inputs.rows() <= FOLDED_ROWS && labels.len() == inputs.rows() {
                options.penalty = fold_penalty(inputs, labels, *count, weights)?;
            }
            logistic(inputs, labels, *count, weights, &options)
        }
    }
}

/// The penalty of least log loss over the folds; `None` when there are too few rows to tell.
fn fold_penalty(
    inputs: &Matrix<f64>,
    labels: &[usize],
    count: usize,
    weights: Option<&[f64]>,
) -> Result<Option<f64>, LinearError> {
    let rows = inputs.rows();
    if rows < 10 * FOLDS {
        return Ok(None);
    }
    let sum: f64 = weights.map_or(rows as f64, |weights| weights.iter().sum());
    let fold = folds(rows);
    let mut losses = [0.0; PENALTIES.len()];
    for held_out in 0..FOLDS {
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            (0..rows).partition(|&row| fold[row] == held_out);
        let pick = |rows: &[usize]| -> Option<Vec<f64>> {
            weights.map(|weights| rows.iter().map(|&row| weights[row]).collect())
        };
        let fitted_inputs = inputs.select_rows(&outside);
        let fitted_labels: Vec<usize> = outside.iter().map(|&row| labels[row]).collect();
        let fitted_weights = pick(&outside);
        let held_inputs = inputs.select_rows(&inside);
        for (loss, penalty) in losses.iter_mut().zip(PENALTIES) {
            let options = LogisticOptions {
                penalty: Some(penalty / sum),
                tolerance: 1e-4,
                ..LogisticOptions::default()
            };
            let fit = logistic(
                &fitted_inputs,
                &fitted_labels,
                count,
                fitted_weights.as_deref(),
                &options,
            )?;
            let logits = fit.model.predict(&held_inputs);
            let probabilities = crate::prepare::probabilities(&logits, count);
            for (place, &row) in inside.iter().enumerate() {
                let weight = weights.map_or(1.0, |weights| weights[row]);
                *loss -= weight * probabilities.row(place)[labels[row]].max(1e-15).ln();
            }
        }
    }
    let mut best = 0;
    for (index, loss) in losses.iter().enumerate() {
        if *loss < losses[best] {
            best = index;
        }
    }
    Ok(Some(PENALTIES[best] / sum))
}

/// The fold of each row, by a fixed shuffle: rows sorted by class or date must not fall apart
/// into folds along that order.
fn folds(rows: usize) -> Vec<usize> {
    use rand::SeedableRng;
    use rand::seq::SliceRandom;
    let mut fold: Vec<usize> = (0..rows).map(|row| row % FOLDS).collect();
    fold.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(0));
    fold
}
