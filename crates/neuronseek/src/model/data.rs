use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::fit::FitError;
use super::imbalance;
use super::options::{FitOptions, Holdout, Validation};
use super::plan::Plan;
use super::report::Rows;
use crate::matrix::Matrix;
use crate::network::Loss;
use crate::prepare::{NetworkScale, Outcome as TargetScale, Preparation, SearchScale, Target};
use crate::table::Table;
use crate::table::TableError;
use crate::table::split::{self, Purpose};

/// The random stream of the folds, apart from those of [`Purpose`].
const FOLD_STREAM: u64 = 16;

/// Fewer training rows than this are refused.
const FEWEST_ROWS: usize = 2;

/// Some rows, encoded.
#[derive(Debug, Clone)]
pub(super) struct Subset {
    /// rows x inputs.
    pub encoded: Matrix<f64>,
    /// Scaled as it is, without a transform.
    pub target: Target,
    /// The target in the user's unit, rows x targets; no columns for classes.
    pub truth: Matrix<f64>,
    pub weights: Option<Vec<f64>>,
}

impl Subset {
    pub fn rows(&self) -> usize {
        self.encoded.rows()
    }

    /// The given rows, in the given order.
    pub fn select(&self, rows: &[usize]) -> Subset {
        let weights = self.weights.as_ref();
        Subset {
            encoded: self.encoded.select_rows(rows),
            target: self.target.select_rows(rows),
            truth: self.truth.select_rows(rows),
            weights: weights.map(|weights| rows.iter().map(|&row| weights[row]).collect()),
        }
    }

    /// The target on this scale.
    pub fn scaled(&self, scale: &TargetScale) -> Target {
        match &self.target {
            Target::Values(_) => Target::Values(scale.scaled(&self.truth)),
            classes => classes.clone(),
        }
    }

    fn new(
        preparation: &Preparation,
        table: &Table,
        encoded: &Matrix<f64>,
        rows: &[usize],
    ) -> Result<Subset, FitError> {
        Ok(Subset {
            encoded: encoded.select_rows(rows),
            target: preparation.target(table, rows)?,
            truth: preparation.truth(table, rows)?,
            weights: preparation.weights(table, rows)?,
        })
    }
}

/// A table made ready for fitting.
#[derive(Debug)]
pub(super) struct Data {
    pub preparation: Preparation,
    pub search_scale: SearchScale,
    pub network_scale: NetworkScale,
    /// What coefficients are fitted on.
    pub training: Subset,
    /// What stops training and chooses among candidates.
    pub validation: Subset,
    /// Training and validation rows together, in this order.
    pub known: Subset,
    /// The rows of `known` that each fold holds out; the first are the validation rows. Together
    /// all rows, unless there is one fold.
    pub folds: Vec<Vec<usize>>,
    /// What has no part in the fit.
    pub test: Option<Subset>,
    pub plan: Plan,
    /// Whether predictions may leave the range of the known targets.
    pub extrapolate: bool,
    pub rows: Rows,
    /// The 1st and the 99th percentile of each input.
    pub ranges: Vec<[f64; 2]>,
    /// So that the table is known again.
    pub fingerprint_of_table: String,
    /// How much the rows of each class count in training; empty where all do alike.
    pub class_weights: Vec<f64>,
}

impl Data {
    /// Splits, prepares and encodes.
    pub fn new(
        table: &Table,
        test: Option<&Table>,
        options: &FitOptions,
    ) -> Result<Data, FitError> {
        let all: Vec<usize> = (0..table.rows()).collect();
        let (known, test_rows) = hold_out(&all, options.holdout, options.seed)?;
        let mut preparation = Preparation::fit(table, &options.preparing(), &known)?;
        let known = preparation.usable_rows(table, &known)?;
        let test_rows = preparation.usable_rows(table, &test_rows)?;
        if known.len() < FEWEST_ROWS {
            return Err(FitError::TooFewRows {
                source_name: table.source.clone(),
                rows: known.len(),
                needed: FEWEST_ROWS,
            });
        }
        if options.holdout != Holdout::None && test_rows.is_empty() {
            return Err(FitError::NoTestRow {
                source_name: table.source.clone(),
            });
        }
        let encoded = preparation.training_inputs(table, &known, options.seed)?;
        if let Some(power) = options.loss.and_then(Loss::power) {
            preparation = preparation.with_log_mean(table, &known, power)?;
        }
        let target = preparation.target(table, &known)?;
        let weights = preparation.weights(table, &known)?;
        let class_weights = imbalance::weights(&preparation, &target, weights.as_deref(), options)?;
        if !class_weights.is_empty() {
            let outcome = preparation.outcome().with_class_weights(&class_weights);
            preparation = preparation.with_outcome(outcome);
        }
        let labels = match &target {
            Target::Values(_) => None,
            Target::Classes { labels, .. } => Some(labels.as_slice()),
        };
        let plan = Plan::new(options, known.len(), encoded.columns(), target.outputs());
        let parts = match options.validation {
            Validation::Last(count) => last_rows(table, &known, count)?,
            _ => {
                let draw = |labels| {
                    let (share, seed) = (plan.share(), options.seed);
                    split::draw(&known, labels, share, Purpose::Validation, seed)
                };
                match draw(labels)? {
                    // Every class has one row alone.
                    parts if parts.test.is_empty() => draw(None)?,
                    parts => parts,
                }
            }
        };
        let subset = |rows: &[usize]| Subset::new(&preparation, table, &encoded, rows);
        let (training, validation) = (subset(&parts.train)?, subset(&parts.test)?);
        let test = match test {
            Some(test) => {
                let all: Vec<usize> = (0..test.rows()).collect();
                let rows = preparation.usable_rows(test, &all)?;
                if rows.is_empty() {
                    return Err(FitError::NoTestRow {
                        source_name: test.source.clone(),
                    });
                }
                let encoded = preparation.inputs(test)?;
                Some(Subset::new(&preparation, test, &encoded, &rows)?)
            }
            None if test_rows.is_empty() => None,
            None => Some(subset(&test_rows)?),
        };
        let both = stacked(&[&training, &validation]).unwrap_or_else(|| training.clone());
        let folds = folds(&both, training.rows(), plan.folds, options.seed);
        let known_inputs = encoded.select_rows(&known);
        Ok(Data {
            search_scale: SearchScale::fit(
                &known_inputs.leading_columns(preparation.search_inputs()),
                options.search.origin,
            ),
            network_scale: NetworkScale::fit(&known_inputs),
            rows: Rows {
                total: table.rows(),
                without_target: table.rows() - known.len() - test_rows.len(),
                training: training.rows(),
                validation: validation.rows(),
                folds: 1,
                test: test.as_ref().map_or(0, Subset::rows),
            },
            ranges: (0..known_inputs.columns())
                .map(|column| range(known_inputs.column(column)))
                .collect(),
            fingerprint_of_table: fingerprint(&preparation, table)?,
            preparation,
            training,
            validation,
            known: both,
            folds,
            test,
            plan,
            extrapolate: options.prepare.extrapolate,
            class_weights,
        })
    }

    /// What rows count in training, of mean 1: their weights times those of their classes.
    pub fn fitting_weights(&self, subset: &Subset) -> Option<Vec<f64>> {
        let (Target::Classes { labels, .. }, false) =
            (&subset.target, self.class_weights.is_empty())
        else {
            return subset.weights.clone();
        };
        let own = |row: usize| subset.weights.as_ref().map_or(1.0, |weights| weights[row]);
        let weights = labels.iter().enumerate();
        let weights = weights.map(|(row, &label)| own(row) * self.class_weights[label]);
        let weights: Vec<f64> = weights.collect();
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        Some(weights.iter().map(|weight| weight / mean).collect())
    }

    /// The splits that metrics of a single fit are reported on.
    pub fn splits(&self) -> Vec<(&'static str, &Subset)> {
        let mut splits = vec![
            ("training", &self.training),
            ("validation", &self.validation),
        ];
        splits.extend(self.test.as_ref().map(|test| ("test", test)));
        splits
    }

    /// The best constant outputs: the weighted mean of each target, or the logits of the classes'
    /// frequencies (with one row added to each class, so that none is impossible).
    fn constant(&self) -> Vec<f64> {
        let known = &self.known;
        let weight = |row: usize| known.weights.as_ref().map_or(1.0, |weights| weights[row]);
        let total: f64 = (0..known.rows()).map(weight).sum();
        match &known.target {
            Target::Values(values) => (0..values.columns())
                .map(|c| {
                    (0..values.rows())
                        .map(|r| weight(r) * values.row(r)[c])
                        .sum::<f64>()
                        / total
                })
                .collect(),
            Target::Classes { labels, count } => {
                let mut frequency = vec![1.0; *count];
                for (row, &label) in labels.iter().enumerate() {
                    frequency[label] += weight(row);
                }
                let logs: Vec<f64> = frequency.iter().map(|f: &f64| f.ln()).collect();
                match logs.as_slice() {
                    [a, b] => vec![b - a],
                    _ => logs,
                }
            }
        }
    }

    /// The best constant as outputs of `rows` rows.
    pub fn constant_outputs(&self, rows: usize) -> Matrix<f64> {
        let constant = self.constant();
        Matrix::from_vec(rows, constant.len(), constant.repeat(rows))
    }

    /// Identifies data and options, so that a checkpoint is not taken for another fit's.
    pub fn fingerprint(&self, options: &FitOptions) -> String {
        let mut hash = Sha256::new();
        for (_, subset) in self.splits() {
            hash.update(bytemuck::cast_slice::<f64, u8>(subset.encoded.data()));
            match &subset.target {
                Target::Values(values) => {
                    hash.update(bytemuck::cast_slice::<f64, u8>(values.data()));
                }
                Target::Classes { labels, .. } => labels
                    .iter()
                    .for_each(|&label| hash.update((label as u64).to_le_bytes())),
            }
            if let Some(weights) = &subset.weights {
                hash.update(bytemuck::cast_slice::<f64, u8>(weights));
            }
        }
        let mut settings = options.clone();
        (settings.checkpoint, settings.resume) = (None, false);
        // Trials are the same whatever their number, and their networks have names of their own.
        settings.tune = None;
        hash.update(format!("{settings:?} {}", env!("CARGO_PKG_VERSION")));
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// The 1st and the 99th percentile, as numbers that occur.
fn range(mut values: Vec<f64>) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let place = |share: f64| (share * last as f64).round() as usize;
    [0.01, 0.99].map(|share| values.get(place(share)).copied().unwrap_or(0.0))
}

/// The fingerprint of the columns that a model reads and of its targets.
pub(crate) fn fingerprint(preparation: &Preparation, table: &Table) -> Result<String, TableError> {
    let inputs = preparation.input_columns().map(str::to_string);
    let names: Vec<String> = inputs
        .chain(preparation.targets().iter().cloned())
        .collect();
    table.fingerprint(&names)
}

/// The known rows among the last `count` of the table, and those before.
fn last_rows(
    table: &Table,
    known: &[usize],
    count: usize,
) -> Result<split::Split, split::SplitError> {
    let first = table.rows().saturating_sub(count);
    let (test, train): (Vec<usize>, Vec<usize>) = known.iter().partition(|row| **row >= first);
    if test.is_empty() || train.is_empty() {
        return Err(split::SplitError::OneSided {
            rows: known.len(),
            last: count,
        });
    }
    Ok(split::Split { train, test })
}

/// Rows below each other, prepared alike; `None` without a part.
pub(super) fn stacked(parts: &[&Subset]) -> Option<Subset> {
    let first = parts.first()?;
    let matrix = |of: &dyn Fn(&Subset) -> &Matrix<f64>| {
        let data: Vec<&[f64]> = parts.iter().map(|part| of(part).data()).collect();
        let rows = parts.iter().map(|part| of(part).rows()).sum();
        Matrix::from_vec(rows, of(first).columns(), data.concat())
    };
    let target = match &first.target {
        Target::Values(_) => Target::Values(matrix(&|part| match &part.target {
            Target::Values(values) => values,
            // One preparation makes all parts, so they are of one kind.
            Target::Classes { .. } => &part.truth,
        })),
        Target::Classes { count, .. } => {
            let labels = parts.iter().map(|part| match &part.target {
                Target::Classes { labels, .. } => labels.as_slice(),
                Target::Values(_) => &[],
            });
            Target::Classes {
                labels: labels.collect::<Vec<_>>().concat(),
                count: *count,
            }
        }
    };
    let weights: Option<Vec<&[f64]>> = (parts.iter()).map(|part| part.weights.as_deref()).collect();
    Some(Subset {
        encoded: matrix(&|part| &part.encoded),
        target,
        truth: matrix(&|part| &part.truth),
        weights: weights.map(|weights| weights.concat()),
    })
}

/// The first fold holds out the rows from `first` on; the others share out those before, of each
/// class alike, drawn by the seed.
fn folds(known: &Subset, first: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut folds = vec![(first..known.rows()).collect::<Vec<usize>>()];
    if count <= 1 {
        return folds;
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(FOLD_STREAM);
    let mut rows: Vec<usize> = (0..first).collect();
    rows.shuffle(&mut random);
    if let Target::Classes { labels, .. } = &known.target {
        rows.sort_by_key(|&row| labels[row]);
    }
    let others = count - 1;
    folds.resize(count, Vec::new());
    for (place, row) in rows.into_iter().enumerate() {
        folds[1 + place % others].push(row);
    }
    folds[1..].iter_mut().for_each(|fold| fold.sort_unstable());
    folds
}

/// The rows that are not held out, and those that are.
pub(crate) fn hold_out(
    all: &[usize],
    holdout: Holdout,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), split::SplitError> {
    let split = match holdout {
        Holdout::None => return Ok((all.to_vec(), Vec::new())),
        Holdout::Split(number) => split::by_hash(all.len(), number),
        Holdout::Fraction(share) => split::draw(all, None, share, Purpose::Test, seed)?,
    };
    Ok((split.train, split.test))
}
