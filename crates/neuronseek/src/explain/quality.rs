//! How good predictions are, with intervals.

use rand::RngExt;

use super::document::{
    BinPart, CalibrationBin, CalibrationPart, ClassesPart, ComparedMetric, Histogram, MeasuredPart,
    MetricPart, PrecisionRecallPart, QualityPart, RegressionPart, RocPart, SplitPart,
};
use super::sample::{self, Origin};
use crate::linear;
use crate::matrix::Matrix;
use crate::model::{FitReport, Metrics, Model, ModelError, Prediction, most_probable};
use crate::network::{Purpose, generator};
use crate::prepare::{Target, probabilities};
use crate::table::Table;

/// The level of all intervals of a report.
pub(super) const LEVEL: f64 = 0.95;

/// The fewest rows of an interval.
const FEWEST: usize = 10;

/// Points of a scatter plot.
const POINTS: usize = 2000;

/// Bars of a histogram.
const BARS: usize = 30;

/// Tenths of predictions and probabilities.
const BINS: usize = 10;

/// Points of a curve.
const CURVE: usize = 200;

/// Rows times classes times bootstrap samples that are measured at most.
const WORK: usize = 60_000_000;

/// What was measured at the fit.
pub(super) fn at_fit(report: &FitReport) -> QualityPart {
    let splits = ["test", "validation", "training"];
    let split = |name: &&str| {
        let own = report.metrics.get(*name)?.named();
        let of = |metrics: Option<&Metrics>, place: usize| {
            metrics.and_then(|metrics| metrics.named().get(place)?.1)
        };
        let metrics = own
            .iter()
            .enumerate()
            .map(|(place, (metric, value, low))| ComparedMetric {
                name: metric,
                model: *value,
                linear: of(report.linear.get(*name), place),
                constant: of(report.mean.get(*name), place),
                lower_is_better: *low,
            });
        Some(SplitPart {
            split: name.to_string(),
            metrics: metrics.collect(),
        })
    };
    QualityPart {
        at_fit: splits.iter().filter_map(split).collect(),
        measured: None,
    }
}

/// What is predicted for the judged rows, and what is true.
struct Judged {
    /// Rows of the table.
    rows: Vec<usize>,
    truth: Matrix<f64>,
    target: Target,
    prediction: Prediction,
    power: Option<f64>,
}

impl Judged {
    /// The metrics of the rows, each counted so often.
    fn metrics(&self, counts: Option<&[f64]>) -> Option<Metrics> {
        match (&self.prediction, &self.target) {
            (Prediction::Values { values, .. }, _) => {
                Metrics::regression_of_power(&self.truth, values, counts, self.power)
            }
            (
                Prediction::Classes {
                    labels,
                    probabilities,
                    ..
                },
                Target::Classes { labels: truth, .. },
            ) => Metrics::classification_of(truth, probabilities, labels, counts),
            _ => None,
        }
    }

    fn size(&self) -> usize {
        let classes = match &self.prediction {
            Prediction::Values { targets, .. } => targets.len(),
            Prediction::Classes { classes, .. } => classes.len(),
        };
        self.rows.len() * classes.max(1)
    }
}

/// Predictions of the judged rows against the truth and the linear model, every row counted once, as
/// `evaluate` does; of the inputs of all rows and, for what is fitted again, of those of the fit.
pub(super) fn measured(
    model: &Model,
    table: &Table,
    origin: &Origin,
    (encoded, training): (&Matrix<f64>, &Matrix<f64>),
    seed: u64,
) -> Result<Option<MeasuredPart>, ModelError> {
    let rows = &origin.judged;
    if rows.is_empty() {
        return Ok(None);
    }
    let preparation = model.preparation();
    let judged = |prediction: Prediction, power: Option<f64>| -> Result<Judged, ModelError> {
        Ok(Judged {
            rows: rows.clone(),
            truth: preparation.truth(table, rows)?,
            target: preparation.target(table, rows)?,
            prediction,
            power,
        })
    };
    let inputs = encoded.select_rows(rows);
    let own = judged(model.predict_inputs(&inputs), preparation.outcome().power())?;
    let linear = linear(model, table, origin, (encoded, training))?;
    // A linear model may predict less than 0, which has no deviance.
    let linear = linear.map(|linear| judged(linear, None)).transpose()?;
    let (Some(metrics), resamples) = (own.metrics(None), resamples(own.size())) else {
        return Ok(None);
    };
    let intervals = intervals(&own, resamples, seed);
    let of_linear = linear.as_ref().and_then(|linear| {
        let metrics = linear.metrics(None)?;
        // The same samples, so that the intervals can be compared.
        let intervals = self::intervals(linear, resamples, seed);
        let named = metrics.named().into_iter().zip(intervals);
        Some(named.collect::<Vec<_>>())
    });
    let of_linear = |name: &str| {
        let all = of_linear.as_ref()?;
        let ((_, value, _), interval) = all.iter().find(|((own, _, _), _)| *own == name)?;
        Some(((*value)?, *interval))
    };
    let metrics = metrics.named().into_iter().enumerate();
    let metrics = metrics.map(|(place, (name, value, lower_is_better))| MetricPart {
        name,
        value,
        interval: intervals[place],
        linear: of_linear(name).map(|(value, _)| value),
        linear_interval: of_linear(name).and_then(|(_, interval)| interval),
        lower_is_better,
    });
    Ok(Some(MeasuredPart {
        rows: rows.len(),
        on: origin.on.clone(),
        seen: origin.seen,
        level: LEVEL,
        resamples,
        metrics: metrics.collect(),
        regression: regression(&own, seed),
        classes: classes(&own),
    }))
}

fn resamples(size: usize) -> usize {
    (WORK / size.max(1)).clamp(100, 1000)
}

/// Percentile intervals of the metrics over bootstrap samples of the rows.
fn intervals(judged: &Judged, resamples: usize, seed: u64) -> Vec<Option<[f64; 2]>> {
    let rows = judged.rows.len();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for sample in 0..resamples {
        let mut random = generator(seed, Purpose::Explanation, 1 + sample as u64);
        let mut counts = vec![0.0; rows];
        for _ in 0..rows {
            counts[random.random_range(0..rows)] += 1.0;
        }
        let Some(metrics) = judged.metrics(Some(&counts)) else {
            continue;
        };
        let values = metrics.named();
        columns.resize(values.len(), Vec::new());
        for (column, (_, value, _)) in columns.iter_mut().zip(values) {
            column.extend(value.filter(|value| value.is_finite()));
        }
    }
    let interval = |values: &mut Vec<f64>| {
        // Of samples that hold one class alone there is no area, say; few rows tell nothing.
        if values.len() < resamples / 2 || rows < FEWEST {
            return None;
        }
        values.sort_by(f64::total_cmp);
        Some([0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0].map(|share| quantile(values, share)))
    };
    let count = judged
        .metrics(None)
        .map_or(0, |metrics| metrics.named().len());
    columns.resize(count, Vec::new());
    columns.iter_mut().map(interval).collect()
}

/// Of ascending values, by linear interpolation.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    match (sorted.get(low), sorted.get(high)) {
        (Some(a), Some(b)) => a + (b - a) * (place - low as f64),
        _ => f64::NAN,
    }
}

/// What a linear model of the rows of the fit predicts for the judged rows; none where these are
/// not known.
fn linear(
    model: &Model,
    table: &Table,
    origin: &Origin,
    (encoded, training): (&Matrix<f64>, &Matrix<f64>),
) -> Result<Option<Prediction>, ModelError> {
    let Some(fitted) = &origin.fitted else {
        return Ok(None);
    };
    let preparation = model.preparation();
    let target = match preparation.target(table, fitted)? {
        Target::Values(_) => Target::Values(preparation.truth(table, fitted)?),
        classes => classes,
    };
    let weights = sample::row_weights(model, table, fitted)?;
    let scale = model.search_scale();
    let inputs = scale.apply(training);
    let Ok(fit) = linear::baseline(&inputs, &target, weights.as_deref()) else {
        return Ok(None);
    };
    let outputs = fit
        .model
        .predict(&scale.apply(&encoded.select_rows(&origin.judged)));
    let classes = preparation.classes();
    Ok(Some(match classes {
        [] => Prediction::Values {
            targets: preparation.targets().to_vec(),
            values: outputs,
        },
        classes => {
            let probabilities = probabilities(&outputs, classes.len());
            let label = |row: usize| most_probable(probabilities.row(row));
            Prediction::Classes {
                classes: classes.to_vec(),
                labels: (0..probabilities.rows()).map(label).collect(),
                probabilities,
            }
        }
    }))
}

fn regression(judged: &Judged, seed: u64) -> Vec<RegressionPart> {
    let Prediction::Values { targets, values } = &judged.prediction else {
        return Vec::new();
    };
    let places: Vec<usize> = (0..judged.rows.len()).collect();
    let shown = sample::some(&places, POINTS, seed);
    let part = |(column, target): (usize, &String)| {
        let (predicted, actual) = (values.column(column), judged.truth.column(column));
        let residuals: Vec<f64> = actual.iter().zip(&predicted).map(|(a, p)| a - p).collect();
        let point = |&place: &usize| (predicted[place], actual[place], judged.rows[place] + 1);
        RegressionPart {
            target: target.clone(),
            points: shown.iter().map(point).collect(),
            bins: bins(&predicted, &actual),
            residuals: histogram(&residuals, BARS),
        }
    };
    targets.iter().enumerate().map(part).collect()
}

/// The rows in tenths of the prediction.
fn bins(predicted: &[f64], actual: &[f64]) -> Vec<BinPart> {
    let mut order: Vec<usize> = (0..predicted.len()).collect();
    order.sort_by(|&a, &b| predicted[a].total_cmp(&predicted[b]));
    let count = BINS.min(order.len() / 5).max(1);
    let bin = |index: usize| {
        let rows = &order[index * order.len() / count..(index + 1) * order.len() / count];
        let mut values: Vec<f64> = rows.iter().map(|&row| actual[row]).collect();
        values.sort_by(f64::total_cmp);
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / rows.len() as f64;
        BinPart {
            predicted: mean(&mut rows.iter().map(|&row| predicted[row])),
            actual: mean(&mut values.iter().copied()),
            low: quantile(&values, 0.1),
            high: quantile(&values, 0.9),
            rows: rows.len(),
        }
    };
    // Sums of the largest numbers overflow.
    let sound = |bin: &BinPart| bin.actual.is_finite() && bin.predicted.is_finite();
    (0..count).map(bin).filter(sound).collect()
}

/// Counts in bars of equal width from the least number to the greatest.
pub(super) fn histogram(values: &[f64], bars: usize) -> Histogram {
    let finite = values.iter().filter(|value| value.is_finite());
    let low = finite.clone().copied().fold(f64::INFINITY, f64::min);
    let high = finite.clone().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return Histogram {
            edges: Vec::new(),
            counts: Vec::new(),
        };
    }
    let width = (high - low) / bars as f64;
    if !(width > 0.0 && width.is_finite()) {
        return Histogram {
            edges: vec![low, high],
            counts: vec![finite.count()],
        };
    }
    let mut counts = vec![0; bars];
    for value in finite {
        counts[(((value - low) / width) as usize).min(bars - 1)] += 1;
    }
    let edge = |index: usize| low + width * index as f64;
    let mut edges: Vec<f64> = (0..bars).map(edge).collect();
    edges.push(high);
    Histogram { edges, counts }
}

fn classes(judged: &Judged) -> Option<ClassesPart> {
    let Prediction::Classes {
        classes,
        labels,
        probabilities,
    } = &judged.prediction
    else {
        return None;
    };
    let Target::Classes { labels: truth, .. } = &judged.target else {
        return None;
    };
    let mut confusion = vec![vec![0; classes.len()]; classes.len()];
    for (&label, &guess) in truth.iter().zip(labels) {
        confusion[label][guess] += 1;
    }
    // Of two classes one curve says all.
    let first = if classes.len() == 2 { 1 } else { 0 };
    let mut part = ClassesPart {
        names: classes.clone(),
        confusion,
        roc: Vec::new(),
        precision_recall: Vec::new(),
        calibration: Vec::new(),
    };
    for (class, name) in classes.iter().enumerate().skip(first) {
        let inside: Vec<bool> = truth.iter().map(|&label| label == class).collect();
        let scores = probabilities.column(class);
        let curves = Curves::new(&scores, &inside);
        part.roc.extend(curves.roc(name));
        part.precision_recall.extend(curves.precision_recall(name));
        part.calibration.push(calibration(name, &scores, &inside));
    }
    Some(part)
}

/// How many rows inside and outside a class score at least each threshold, thresholds descending.
struct Curves {
    above: Vec<(usize, usize)>,
}

impl Curves {
    fn new(scores: &[f64], inside: &[bool]) -> Curves {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let mut above = vec![(0, 0)];
        let (mut within, mut without) = (0, 0);
        for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
            let hits = tied.iter().filter(|&&row| inside[row]).count();
            within += hits;
            without += tied.len() - hits;
            above.push((within, without));
        }
        Curves { above }
    }

    fn totals(&self) -> (f64, f64) {
        let (within, without) = self.above.last().copied().unwrap_or_default();
        (within as f64, without as f64)
    }

    fn roc(&self, class: &str) -> Option<RocPart> {
        let (within, without) = self.totals();
        if within == 0.0 || without == 0.0 {
            return None;
        }
        let all: Vec<(f64, f64)> = (self.above.iter())
            .map(|&(hits, alarms)| (alarms as f64 / without, hits as f64 / within))
            .collect();
        let area = all.windows(2);
        let area = area.map(|pair| 0.5 * (pair[1].0 - pair[0].0) * (pair[1].1 + pair[0].1));
        Some(RocPart {
            class: class.to_string(),
            auc: area.sum(),
            points: thinned(&all),
        })
    }

    fn precision_recall(&self, class: &str) -> Option<PrecisionRecallPart> {
        let (within, without) = self.totals();
        if within == 0.0 {
            return None;
        }
        let steps = self.above.iter().skip(1);
        let all: Vec<(f64, f64)> = steps
            .map(|&(hits, alarms)| (hits as f64 / within, hits as f64 / (hits + alarms) as f64))
            .collect();
        let mut before = 0.0;
        let rises = all.iter().map(|(recall, precision)| {
            let rise = (recall - before) * precision;
            before = *recall;
            rise
        });
        Some(PrecisionRecallPart {
            class: class.to_string(),
            average: rises.sum(),
            points: thinned(&all),
            share: within / (within + without),
        })
    }
}

/// At most [`CURVE`] points, the ends among them.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let last = points.len().saturating_sub(1);
    let count = points.len().min(CURVE);
    let place = |index: usize| index * last / count.saturating_sub(1).max(1);
    (0..count).map(|index| points[place(index)]).collect()
}

fn calibration(class: &str, scores: &[f64], inside: &[bool]) -> CalibrationPart {
    let mut sums = [(0.0, 0usize, 0usize); BINS];
    for (&score, &inside) in scores.iter().zip(inside) {
        let bin = &mut sums[((score * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + score, bin.1 + usize::from(inside), bin.2 + 1);
    }
    let full = sums.iter().filter(|(_, _, rows)| *rows > 0);
    let bin = |&(sum, hits, rows): &(f64, usize, usize)| CalibrationBin {
        probability: sum / rows as f64,
        share: hits as f64 / rows as f64,
        rows,
        interval: wilson(hits as f64, rows as f64),
    };
    CalibrationPart {
        class: class.to_string(),
        bins: full.map(bin).collect(),
    }
}

/// Wilson's interval of a share, of level .95 (Probable inference, 1927).
fn wilson(hits: f64, rows: f64) -> [f64; 2] {
    const Z: f64 = 1.959_963_984_540_054;
    let share = hits / rows;
    let middle = share + Z * Z / (2.0 * rows);
    let half = Z * (share * (1.0 - share) / rows + Z * Z / (4.0 * rows * rows)).sqrt();
    [middle - half, middle + half].map(|end| (end / (1.0 + Z * Z / rows)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_by_hand() {
        // Of the example of scikit-learn's documentation of average precision.
        let curves = Curves::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]);
        let roc = curves.roc("a").unwrap();
        assert!((roc.auc - 0.75).abs() < 1e-12);
        let expected = [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)];
        assert_eq!(roc.points, expected);
        let curve = curves.precision_recall("a").unwrap();
        assert!((curve.average - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12);
        assert_eq!(curve.share, 0.5);
        assert!(Curves::new(&[0.1], &[true]).roc("a").is_none());
    }

    #[test]
    fn histograms_and_quantiles() {
        let histogram = histogram(&[0.0, 0.1, 0.9, 1.0, f64::NAN], 2);
        assert_eq!(histogram.edges, [0.0, 0.5, 1.0]);
        assert_eq!(histogram.counts, [2, 2]);
        assert_eq!(super::histogram(&[3.0, 3.0], 4).counts, [2]);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
    }

    #[test]
    fn wilson_s_interval() {
        // 8 of 10: 0.4902 to 0.9433.
        let [low, high] = wilson(8.0, 10.0);
        assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4);
        assert_eq!(wilson(0.0, 5.0)[0], 0.0);
    }

    #[test]
    fn tenths_hold_all_rows() {
        let predicted: Vec<f64> = (0..103).map(f64::from).collect();
        let bins = bins(&predicted, &predicted);
        assert_eq!(bins.len(), 10);
        assert_eq!(bins.iter().map(|bin| bin.rows).sum::<usize>(), 103);
        assert!(
            bins.iter()
                .all(|bin| bin.predicted == bin.actual && bin.low < bin.high)
        );
    }
}
