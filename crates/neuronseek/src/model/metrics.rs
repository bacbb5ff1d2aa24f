use serde::{Deserialize, Serialize};

use crate::matrix::Matrix;
use crate::prepare::deviance;

/// How good predictions are on labelled rows.
///
/// With row weights every mean below is a weighted mean. No metric is ever NaN: what the rows
/// cannot tell is `None`, `null` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Metrics {
    /// Regression, in the target's unit; of several targets, the mean over them.
    Regression {
        /// Mean squared error.
        mse: f64,
        /// Its root.
        rmse: f64,
        /// Mean absolute error.
        mae: f64,
        /// 1 - nmse.
        r2: Option<f64>,
        /// mse / variance of these rows' target; of several targets, the mean over those that
        /// vary in these rows. `None` when none does.
        nmse: Option<f64>,
        /// Of a model that was trained by a Poisson, Gamma or Tweedie loss: the mean deviance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deviance: Option<f64>,
    },
    /// Classification.
    Classification {
        /// The share of rows whose class is predicted: that of the highest probability, of equal
        /// ones the first, unless class weights or a threshold decide.
        accuracy: f64,
        /// Natural logarithm, probabilities clipped to [1e-15, 1 - 1e-15].
        log_loss: f64,
        /// Area under the ROC curve of class 1 for two classes; for more, the mean over
        /// one-against-rest of the classes present. Ties count half. `None` when these rows hold
        /// one class only.
        auc: Option<f64>,
        /// The mean of 2 TP / (2 TP + FP + FN) over the classes that occur in these rows or are
        /// predicted for them.
        f1_macro: f64,
        /// Expected calibration error: of rows in 15 bins of equal width by the probability of the
        /// most probable class, the mean over rows of the distance between the bin's mean
        /// probability and its share of right classes. `None` in reports of older versions.
        #[serde(default)]
        ece: Option<f64>,
    },
}

/// The bins of the expected calibration error.
const BINS: usize = 15;

impl Metrics {
    /// What candidates are compared by, lower is better: the mean deviance where there is one,
    /// nmse (mse where the target does not vary) or log loss.
    pub fn loss(&self) -> f64 {
        match self {
            Metrics::Regression {
                nmse,
                mse,
                deviance,
                ..
            } => deviance.or(*nmse).unwrap_or(*mse),
            Metrics::Classification { log_loss, .. } => *log_loss,
        }
    }

    /// The metrics by name, and whether low is good; what is compared by eye first.
    pub fn named(&self) -> Vec<(&'static str, Option<f64>, bool)> {
        match *self {
            Metrics::Regression {
                mse,
                rmse,
                mae,
                r2,
                nmse,
                deviance,
            } => {
                let of_loss = deviance.map(|deviance| ("deviance", Some(deviance), true));
                let values = [
                    ("rmse", Some(rmse), true),
                    ("mae", Some(mae), true),
                    ("r2", r2, false),
                    ("nmse", nmse, true),
                    ("mse", Some(mse), true),
                ];
                of_loss.into_iter().chain(values).collect()
            }
            Metrics::Classification {
                accuracy,
                log_loss,
                auc,
                f1_macro,
                ece,
            } => vec![
                ("accuracy", Some(accuracy), false),
                ("log loss", Some(log_loss), true),
                ("auc", auc, false),
                ("f1 macro", Some(f1_macro), false),
                ("ece", ece, true),
            ],
        }
    }

    /// Metrics of a regression: `truth` and `predicted` are rows x targets, `weights` one
    /// non-negative number per row. `None` without rows, without a weight above 0, or when the
    /// lengths differ.
    pub fn regression(
        truth: &Matrix<f64>,
        predicted: &Matrix<f64>,
        weights: Option<&[f64]>,
    ) -> Option<Metrics> {
        Metrics::regression_of_power(truth, predicted, weights, None)
    }

    /// The same with the mean deviance of a variance that grows with the mean to the `power`, 1
    /// (Poisson) to 2 (Gamma); all `predicted` are above 0 and `truth` at least 0 then (above 0 for
    /// Gamma).
    pub fn regression_of_power(
        truth: &Matrix<f64>,
        predicted: &Matrix<f64>,
        weights: Option<&[f64]>,
        power: Option<f64>,
    ) -> Option<Metrics> {
        let shape = (truth.rows(), truth.columns());
        if shape != (predicted.rows(), predicted.columns()) || shape.1 == 0 {
            return None;
        }
        let weights = Weights::new(weights, shape.0)?;
        let columns = (0..shape.1)
            .map(|column| Errors::new(&truth.column(column), &predicted.column(column), &weights));
        let columns: Vec<Errors> = columns.collect();
        let deviance_of = |power: f64, column: usize| {
            weights.mean(|row| {
                let (y, mu) = (truth.row(row)[column], predicted.row(row)[column]);
                deviance(power, y, mu)
            })
        };
        let mean = |of: fn(&Errors) -> f64| columns.iter().map(of).sum::<f64>() / shape.1 as f64;
        let normed: Vec<f64> = columns.iter().filter_map(Errors::nmse).collect();
        let nmse = (!normed.is_empty()).then(|| normed.iter().sum::<f64>() / normed.len() as f64);
        Some(Metrics::Regression {
            mse: mean(|errors| errors.mse),
            rmse: mean(|errors| errors.mse.sqrt()),
            mae: mean(|errors| errors.mae),
            r2: nmse.map(|nmse| 1.0 - nmse),
            nmse,
            deviance: power
                .map(|power| (0..shape.1).map(|c| deviance_of(power, c)).sum::<f64>())
                .map(|sum| sum / shape.1 as f64),
        })
    }

    /// Metrics of a classification: `labels` one class per row, `probabilities` rows x classes,
    /// `weights` one non-negative number per row. `None` without rows, without a weight above 0,
    /// or when lengths differ or a label is no class.
    pub fn classification(
        labels: &[usize],
        probabilities: &Matrix<f64>,
        weights: Option<&[f64]>,
    ) -> Option<Metrics> {
        let predicted: Vec<usize> = (0..probabilities.rows())
            .map(|row| most_probable(probabilities.row(row)))
            .collect();
        Metrics::classification_of(labels, probabilities, &predicted, weights)
    }

    /// The same where other classes than the most probable are `predicted`, one per row.
    pub fn classification_of(
        labels: &[usize],
        probabilities: &Matrix<f64>,
        predicted: &[usize],
        weights: Option<&[f64]>,
    ) -> Option<Metrics> {
        let (rows, count) = (probabilities.rows(), probabilities.columns());
        let known =
            |classes: &[usize]| classes.len() == rows && classes.iter().all(|&class| class < count);
        if !known(labels) || !known(predicted) {
            return None;
        }
        let weights = Weights::new(weights, rows)?;
        let log_loss = weights.mean(|row| {
            let p = probabilities.row(row)[labels[row]];
            -p.clamp(1e-15, 1.0 - 1e-15).ln()
        });
        let right = |row: usize| {
            if predicted[row] == labels[row] {
                1.0
            } else {
                0.0
            }
        };
        Some(Metrics::Classification {
            accuracy: weights.mean(right),
            log_loss,
            auc: area(labels, probabilities, &weights),
            f1_macro: f1_macro(labels, predicted, count, &weights),
            ece: Some(calibration_error(labels, probabilities, &weights)),
        })
    }
}

/// Row weights and their sum. (Weights divided by their sum would make 136 right of 165 rows
/// another number than 136/165.)
struct Weights {
    of: Vec<f64>,
    sum: f64,
}

impl Weights {
    fn new(weights: Option<&[f64]>, rows: usize) -> Option<Weights> {
        let weights = weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
        let sum: f64 = weights.iter().sum();
        let fit = weights.len() == rows && sum > 0.0 && sum.is_finite();
        let fit = fit && weights.iter().all(|&weight| weight >= 0.0);
        fit.then_some(Weights { of: weights, sum })
    }

    fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        // A row of weight 0 must not bring in an infinity.
        let rows = self.of.iter().enumerate();
        let terms = rows.filter(|(_, weight)| **weight > 0.0);
        terms.map(|(row, weight)| weight * value(row)).sum::<f64>() / self.sum
    }
}

/// The errors of one target.
struct Errors {
    mse: f64,
    mae: f64,
    variance: f64,
    /// The largest absolute target, against which a variance is rounding error.
    largest: f64,
}

impl Errors {
    fn new(truth: &[f64], predicted: &[f64], weights: &Weights) -> Errors {
        let mean = weights.mean(|row| truth[row]);
        Errors {
            mse: weights.mean(|row| (truth[row] - predicted[row]).powi(2)),
            mae: weights.mean(|row| (truth[row] - predicted[row]).abs()),
            variance: weights.mean(|row| (truth[row] - mean).powi(2)),
            largest: truth.iter().fold(0.0, |most, value| most.max(value.abs())),
        }
    }

    fn nmse(&self) -> Option<f64> {
        (self.variance.sqrt() > 1e-12 * self.largest).then(|| self.mse / self.variance)
    }
}

/// The class of the highest probability, of equal ones the first.
pub(crate) fn most_probable(probabilities: &[f64]) -> usize {
    let mut best = 0;
    for (class, &probability) in probabilities.iter().enumerate() {
        if probability > probabilities[best] {
            best = class;
        }
    }
    best
}

fn area(labels: &[usize], probabilities: &Matrix<f64>, weights: &Weights) -> Option<f64> {
    let count = probabilities.columns();
    let against_rest = |class: usize| {
        let scores = probabilities.column(class);
        area_of_one(&scores, |row| labels[row] == class, weights)
    };
    if count == 2 {
        return against_rest(1);
    }
    let areas: Vec<f64> = (0..count).filter_map(against_rest).collect();
    (!areas.is_empty()).then(|| areas.iter().sum::<f64>() / areas.len() as f64)
}

/// The probability that a row inside scores above a row outside, ties counting half.
fn area_of_one(scores: &[f64], inside: impl Fn(usize) -> bool, weights: &Weights) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut all_inside, mut below, mut won) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let sum = |wanted: bool| -> f64 {
            let rows = tied.iter().filter(|&&row| inside(row) == wanted);
            rows.map(|&row| weights.of[row]).sum()
        };
        let (here, outside) = (sum(true), sum(false));
        won += here * (below + 0.5 * outside);
        all_inside += here;
        below += outside;
    }
    (all_inside > 0.0 && below > 0.0).then(|| won / (all_inside * below))
}

fn calibration_error(labels: &[usize], probabilities: &Matrix<f64>, weights: &Weights) -> f64 {
    // Per bin: the sum of probabilities less that of right classes.
    let mut bins = [0.0; BINS];
    for (row, &label) in labels.iter().enumerate() {
        let class = most_probable(probabilities.row(row));
        let probability = probabilities.row(row)[class];
        let right = if class == label { 1.0 } else { 0.0 };
        let bin = ((probability * BINS as f64) as usize).min(BINS - 1);
        bins[bin] += weights.of[row] * (probability - right);
    }
    bins.iter().map(|bin| bin.abs()).sum::<f64>() / weights.sum
}

fn f1_macro(labels: &[usize], predicted: &[usize], count: usize, weights: &Weights) -> f64 {
    // Per class: right, rows of the class, rows predicted to be of it.
    let mut sums = vec![[0.0; 3]; count];
    for (row, (&label, &guess)) in labels.iter().zip(predicted).enumerate() {
        let weight = weights.of[row];
        if label == guess {
            sums[label][0] += weight;
        }
        sums[label][1] += weight;
        sums[guess][2] += weight;
    }
    let present = sums.iter().filter(|[_, is, said]| is + said > 0.0);
    let scores: Vec<f64> = present
        .map(|[right, is, said]| 2.0 * right / (is + said))
        .collect();
    scores.iter().sum::<f64>() / scores.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> Matrix<f64> {
        Matrix::from_vec(values.len(), 1, values.to_vec())
    }

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-12, "{left} is not {right}");
    }

    #[test]
    fn regression_by_hand() {
        let metrics =
            Metrics::regression(&column(&[1.0, 2.0, 6.0]), &column(&[2.0, 2.0, 4.0]), None);
        let Some(Metrics::Regression {
            mse,
            rmse,
            mae,
            r2,
            nmse,
            ..
        }) = metrics
        else {
            panic!("no regression: {metrics:?}");
        };
        // Squares 1, 0, 4; the target's variance is 14 / 3.
        close(mse, 5.0 / 3.0);
        close(rmse, (5.0f64 / 3.0).sqrt());
        close(mae, 1.0);
        close(nmse.unwrap(), 5.0 / 14.0);
        close(r2.unwrap(), 9.0 / 14.0);
    }

    #[test]
    fn several_targets_are_averaged_and_a_constant_one_has_no_nmse() {
        let truth = Matrix::from_vec(2, 2, vec![0.0, 0.1, 2.0, 0.1]);
        let predicted = Matrix::from_vec(2, 2, vec![1.0, 0.1, 2.0, 2.1]);
        let metrics = Metrics::regression(&truth, &predicted, None);
        let Some(Metrics::Regression {
            mse,
            rmse,
            mae,
            nmse,
            ..
        }) = metrics
        else {
            panic!("no regression: {metrics:?}");
        };
        close(mse, (0.5 + 2.0) / 2.0);
        close(rmse, (0.5f64.sqrt() + 2f64.sqrt()) / 2.0);
        close(mae, (0.5 + 1.0) / 2.0);
        close(nmse.unwrap(), 0.5);
        let constant = Metrics::regression(&column(&[0.1; 7]), &column(&[0.2; 7]), None).unwrap();
        let Metrics::Regression { r2, nmse, .. } = constant else {
            panic!("no regression");
        };
        assert_eq!((r2, nmse), (None, None));
        let json = serde_json::to_string(&constant).unwrap();
        assert!(json.contains("\"nmse\":null"), "{json}");
    }

    #[test]
    fn classification_by_hand() {
        let p = [0.9, 0.4, 0.6, 0.4, 0.2];
        let data = p.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let metrics =
            Metrics::classification(&[1, 1, 0, 0, 0], &Matrix::from_vec(5, 2, data), None);
        let Some(Metrics::Classification {
            accuracy,
            log_loss,
            auc,
            f1_macro,
            ..
        }) = metrics
        else {
            panic!("no classification: {metrics:?}");
        };
        close(accuracy, 0.6);
        let loss: f64 = [0.9f64, 0.4, 0.4, 0.6, 0.8].iter().map(|p| -p.ln()).sum();
        close(log_loss, loss / 5.0);
        // Of six pairs 0.9 wins three; 0.4 loses to 0.6, ties with 0.4, wins over 0.2.
        close(auc.unwrap(), 4.5 / 6.0);
        // Class 1: 1 right, 2 are, 2 said; class 0: 2 right, 3 are, 3 said.
        close(f1_macro, (2.0 / 4.0 + 4.0 / 6.0) / 2.0);
    }

    #[test]
    fn three_classes_agree_with_scikit_learn() {
        let labels = [0, 1, 2, 2, 1, 0, 2];
        let data = vec![
            0.5, 0.3, 0.2, 0.2, 0.5, 0.3, 0.1, 0.5, 0.4, 0.3, 0.3, 0.4, 0.4, 0.2, 0.4, 0.6, 0.3,
            0.1, 0.2, 0.2, 0.6,
        ];
        let metrics = Metrics::classification(&labels, &Matrix::from_vec(7, 3, data), None);
        let Some(Metrics::Classification {
            accuracy,
            log_loss,
            auc,
            f1_macro,
            ..
        }) = metrics
        else {
            panic!("no classification: {metrics:?}");
        };
        close(accuracy, SKLEARN[0]);
        close(log_loss, SKLEARN[1]);
        close(auc.unwrap(), SKLEARN[2]);
        close(f1_macro, SKLEARN[3]);
    }
    /// accuracy_score, log_loss, roc_auc_score(multi_class="ovr"), f1_score(average="macro").
    const SKLEARN: [f64; 4] = [
        0.7142857142857143,
        0.8357092835477545,
        0.8055555555555555,
        0.7000000000000001,
    ];

    #[test]
    fn certain_mistakes_are_finite_and_one_class_has_no_auc() {
        let p = Matrix::from_vec(2, 2, vec![0.0, 1.0, 1.0, 0.0]);
        let metrics = Metrics::classification(&[0, 0], &p, None).unwrap();
        let Metrics::Classification {
            accuracy,
            log_loss,
            auc,
            f1_macro,
            ..
        } = metrics
        else {
            panic!("no classification");
        };
        close(accuracy, 0.5);
        assert!((log_loss - 0.5 * 1e15f64.ln()).abs() < 1e-9);
        assert_eq!(auc, None);
        // Class 0: 1 right, 2 are, 1 said. Class 1: none right, but said once.
        close(f1_macro, (2.0 / 3.0) / 2.0);
    }

    #[test]
    fn a_weight_counts_like_repeated_rows() {
        let (truth, predicted) = ([1.0, 2.0, 6.0, 9.0], [2.0, 2.5, 4.0, f64::MAX]);
        let rows = [0, 0, 0, 1, 2, 2];
        let pick = |from: &[f64]| column(&rows.map(|row| from[row]));
        let weighted = Metrics::regression(
            &column(&truth),
            &column(&predicted),
            Some(&[3.0, 1.0, 2.0, 0.0]),
        );
        let repeated = Metrics::regression(&pick(&truth), &pick(&predicted), None);
        let (
            Some(Metrics::Regression {
                mse: a, nmse: c, ..
            }),
            Some(Metrics::Regression {
                mse: b, nmse: d, ..
            }),
        ) = (weighted, repeated)
        else {
            panic!("no regression");
        };
        close(a, b);
        close(c.unwrap(), d.unwrap());

        let p = Matrix::from_vec(4, 2, vec![0.3, 0.7, 0.6, 0.4, 0.3, 0.7, 0.9, 0.1]);
        let labels = [1, 1, 0, 0];
        let rows = [0, 0, 1, 2, 3, 3, 3];
        let weighted = Metrics::classification(&labels, &p, Some(&[2.0, 1.0, 1.0, 3.0])).unwrap();
        let repeated =
            Metrics::classification(&rows.map(|row| labels[row]), &p.select_rows(&rows), None);
        let values = |metrics: Metrics| match metrics {
            Metrics::Classification {
                accuracy,
                log_loss,
                auc,
                f1_macro,
                ..
            } => [accuracy, log_loss, auc.unwrap(), f1_macro],
            Metrics::Regression { .. } => panic!("no classification"),
        };
        for (a, b) in values(weighted).into_iter().zip(values(repeated.unwrap())) {
            close(a, b);
        }
    }

    #[test]
    fn calibration_error_by_hand() {
        // Bins of 1/15: 0.9 and 0.91 share the 14th (12/15 to 13/15 is the 13th), 0.6 the 10th.
        let p = [0.9, 0.91, 0.6, 0.4];
        let data = p.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let labels = [1, 0, 1, 1];
        let metrics = Metrics::classification(&labels, &Matrix::from_vec(4, 2, data), None);
        let Some(Metrics::Classification { ece, .. }) = metrics else {
            panic!("no classification: {metrics:?}");
        };
        // Two of mean 0.905 half right, two of 0.6 half right.
        close(ece.unwrap(), (0.81 + 0.2) / 4.0);
    }

    #[test]
    fn without_rows_or_with_other_lengths_there_are_no_metrics() {
        assert_eq!(Metrics::regression(&column(&[]), &column(&[]), None), None);
        assert_eq!(
            Metrics::regression(&column(&[1.0]), &column(&[]), None),
            None
        );
        let (one, zero) = (column(&[1.0]), Some(&[0.0][..]));
        assert_eq!(Metrics::regression(&one, &one, zero), None);
        let p = Matrix::from_vec(1, 2, vec![0.5, 0.5]);
        assert_eq!(Metrics::classification(&[2], &p, None), None);
        assert_eq!(Metrics::classification(&[], &p, None), None);
    }
}
