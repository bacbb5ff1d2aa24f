//! Which columns and combinations of columns have statistics.

use super::levels::Levels;
use super::ordered::{Earlier, order};
use super::statistic::Grouped;
use super::{FEW_LEVELS, MOST_COMBINATIONS, TargetStatistics};
use crate::matrix::Matrix;

/// The weights of the overall mean that are tried.
const PRIORS: [f64; 5] = [3.0, 10.0, 30.0, 100.0, 300.0];

/// A statistic must explain this share of the measures' variance...
const LEAST_GAIN: f64 = 0.003;

/// ...and so many times its standard error.
const LEAST_ERRORS: f64 = 4.0;

/// The choice is made on at most so many rows.
const MOST_ROWS: usize = 40_000;

/// A column whose levels may have statistics.
pub(super) struct KeyColumn {
    pub levels: Levels,
    /// The place of each known row's level.
    pub places: Vec<Option<u32>>,
    /// Whether it is a category; else truth values or numbers, which are combined alone.
    pub category: bool,
}

/// A statistic to make.
pub(super) struct Chosen {
    /// Indices of key columns.
    pub columns: Vec<usize>,
    pub prior: f64,
    pub grouped: Grouped,
}

/// What earlier rows of a row's group say of it.
struct Trial {
    columns: Vec<usize>,
    grouped: Grouped,
    earlier: Earlier,
    prior: f64,
    /// The share of the measures' variance that it explains.
    gain: f64,
    predictive: bool,
}

/// Chooses by what the means of *earlier* rows, in a random order, explain: a mean that a row's own
/// target is part of would always explain something.
pub(super) struct Chooser<'a> {
    pub keys: &'a [KeyColumn],
    /// rows x measures, about their means.
    pub measures: &'a Matrix<f64>,
    pub weights: Option<&'a [f64]>,
    order: Vec<usize>,
    /// What all single columns leave, and the combinations chosen so far.
    left: Matrix<f64>,
    variance: f64,
}

impl<'a> Chooser<'a> {
    pub fn new(
        keys: &'a [KeyColumn],
        measures: &'a Matrix<f64>,
        weights: Option<&'a [f64]>,
    ) -> Chooser<'a> {
        let mut order = order(measures.rows(), 0);
        order.truncate(MOST_ROWS);
        let rows = order.iter().flat_map(|&row| measures.row(row));
        let squares: f64 = rows.map(|value| value * value).sum();
        Chooser {
            keys,
            measures,
            weights,
            left: measures.clone(),
            variance: squares / order.len().max(1) as f64,
            order,
        }
    }

    /// The statistics, single columns first.
    pub fn choose(mut self, which: TargetStatistics) -> Vec<Chosen> {
        let mut chosen = Vec::new();
        for index in 0..self.keys.len() {
            let Some(alone) = self.trial(&[index], self.measures) else {
                continue;
            };
            let key = &self.keys[index];
            let wanted = match which {
                TargetStatistics::Off => false,
                TargetStatistics::Auto => key.levels.count() > FEW_LEVELS && alone.predictive,
                TargetStatistics::All => true,
            };
            if key.category && wanted {
                chosen.push(alone.chosen());
            }
            if let Some(beside) = self.trial(&[index], &self.left) {
                self.take(&beside);
            }
        }
        let mut combinations = self.pairs();
        for _ in 0..MOST_COMBINATIONS {
            let Some(best) = self.best(&combinations) else {
                break;
            };
            self.take(&best);
            combinations.retain(|columns| *columns != best.columns);
            combinations.extend(self.widened(&best.columns));
            combinations.sort_unstable();
            combinations.dedup();
            chosen.push(best.chosen());
        }
        chosen
    }

    fn pairs(&self) -> Vec<Vec<usize>> {
        let count = self.keys.len();
        (0..count)
            .flat_map(|a| (a + 1..count).map(move |b| vec![a, b]))
            .filter(|columns| self.differ(columns))
            .collect()
    }

    /// A pair with each third column.
    fn widened(&self, columns: &[usize]) -> Vec<Vec<usize>> {
        if columns.len() > 2 {
            return Vec::new();
        }
        let others = (0..self.keys.len()).filter(|index| !columns.contains(index));
        others
            .map(|index| {
                let mut wider = [columns, &[index]].concat();
                wider.sort_unstable();
                wider
            })
            .filter(|columns| self.differ(columns))
            .collect()
    }

    /// Whether no two are of one column, as levels and in bins.
    fn differ(&self, columns: &[usize]) -> bool {
        let name = |index: &usize| &self.keys[*index].levels.name;
        let mut pairs = columns.iter().enumerate();
        pairs.all(|(place, a)| columns[..place].iter().all(|b| name(a) != name(b)))
    }

    /// The most predictive of what is left.
    fn best(&self, combinations: &[Vec<usize>]) -> Option<Trial> {
        let mut best: Option<Trial> = None;
        for columns in combinations {
            let trial = self.trial(columns, &self.left).filter(|t| t.predictive);
            let gain = best.as_ref().map_or(0.0, |best| best.gain);
            best = trial.filter(|trial| trial.gain > gain).or(best);
        }
        best
    }

    fn take(&mut self, trial: &Trial) {
        for &row in &self.order {
            for (measure, left) in self.left.row_mut(row).iter_mut().enumerate() {
                *left -= trial.earlier.mean(row, measure, trial.prior);
            }
        }
    }

    /// What the groups of these columns explain of `of`, at the best prior; `None` where there are
    /// too many groups.
    fn trial(&self, columns: &[usize], of: &Matrix<f64>) -> Option<Trial> {
        let levels: Vec<Levels> = columns
            .iter()
            .map(|&c| self.keys[c].levels.clone())
            .collect();
        let places: Vec<&[Option<u32>]> = columns
            .iter()
            .map(|&c| self.keys[c].places.as_slice())
            .collect();
        let grouped = Grouped::new(&levels, &places)?;
        let count = grouped.places.len();
        let earlier = Earlier::new(&grouped.groups, count, of, self.weights, &self.order);
        let mut best = (f64::NEG_INFINITY, 0.0, PRIORS[0]);
        for prior in PRIORS {
            let (gain, error) = self.gain(&earlier, of, prior);
            if gain > best.0 {
                best = (gain, error, prior);
            }
        }
        let (gain, error, prior) = best;
        Some(Trial {
            columns: columns.to_vec(),
            grouped,
            earlier,
            prior,
            gain: gain / self.variance,
            predictive: gain > LEAST_GAIN * self.variance && gain > LEAST_ERRORS * error,
        })
    }

    /// By how much the squares get smaller in the mean of the rows, and its standard error.
    fn gain(&self, earlier: &Earlier, of: &Matrix<f64>, prior: f64) -> (f64, f64) {
        let (mut sum, mut squares) = (0.0, 0.0);
        for &row in &self.order {
            let values = of.row(row).iter().enumerate();
            let gain: f64 = values
                .map(|(measure, value)| {
                    let mean = earlier.mean(row, measure, prior);
                    mean * (2.0 * value - mean)
                })
                .sum();
            sum += gain;
            squares += gain * gain;
        }
        let count = self.order.len().max(1) as f64;
        let mean = sum / count;
        (
            mean,
            ((squares / count - mean * mean).max(0.0) / count).sqrt(),
        )
    }
}

impl Trial {
    fn chosen(self) -> Chosen {
        Chosen {
            columns: self.columns,
            prior: self.prior,
            grouped: self.grouped,
        }
    }
}
