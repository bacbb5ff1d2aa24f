//! Ordered target statistics: what the target is like where a category has this level.
//!
//! A column of many levels gets, beside its 0/1 inputs, the mean of the target over the rows of the
//! level. A row's own target must not be part of its own input: a model would read it off, and so
//! would early stopping. So a training row sees the rows alone that come before it in a seeded
//! random order (Prokhorenkova et al., CatBoost, 2018):
//!
//! `s_i = m + sum_{j before i, same level} (y_j - m) / (n_i + a)`,
//!
//! with n_i such rows, the overall mean m and a prior weight a. Rows of later tables see all
//! training rows of their level; a level never seen is m.
//!
//! Several orders are not averaged: their mean tends to the mean of all *other* rows, which falls
//! as a row's own target rises, and with the 0/1 inputs of the levels beside gives it away. Means
//! of folds were rejected for the same reason: where a level has as few rows as there are folds,
//! they are the same.
//!
//! Statistics are inputs like others, of the network and of the search: `Dest.mean(delay)` in a
//! formula says more than the hundred 0/1 inputs that it stands for. Those of binned numbers cannot
//! be read in a formula: they are inputs of networks alone, where validation rows choose them.

mod choose;
mod levels;
mod measures;
mod ordered;
mod statistic;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use self::choose::{Chooser, KeyColumn};
use self::levels::Levels;
use self::ordered::{Earlier, order};
use self::statistic::{Group, Statistic};
use super::encoding::Block;
use super::quantile::root_mean_square;
use super::recipe::{Grouping, Input, Writing};
use super::{PrepareError, Target};
use crate::matrix::Matrix;
use crate::table::{Column, Kind, Table};

/// A category of at most so many levels is told by its 0/1 inputs.
const FEW_LEVELS: usize = 8;

/// At most so many combinations have statistics.
const MOST_COMBINATIONS: usize = 4;

/// At most so many columns are combined.
const MOST_COLUMNS: usize = 20;

/// Truth values, and whole numbers of at most so many different values, are combined like levels...
const MOST_VALUES: usize = 40;

/// ...if each has so many rows in the mean.
const ROWS_EACH: usize = 50;

/// Other numbers that come again are combined as they are, if each has so many rows in the mean...
const ROWS_OF_NUMBER: usize = 20;

/// ...and all in so many bins.
const BINS: usize = 16;

/// Which statistics of the target are inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetStatistics {
    /// Those of categories of more than 8 levels and of combinations of columns, each where it
    /// explains the target beyond chance.
    #[default]
    Auto,
    /// None.
    Off,
    /// Those of every category, and of combinations that numbers in 16 bins take part in too. (Not
    /// the default: bins in a formula cannot be read.)
    All,
}

impl TargetStatistics {
    /// All values, the default first.
    pub const ALL: [TargetStatistics; 3] = [
        TargetStatistics::Auto,
        TargetStatistics::Off,
        TargetStatistics::All,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            TargetStatistics::Auto => "auto",
            TargetStatistics::Off => "off",
            TargetStatistics::All => "all",
        }
    }
}

impl FromStr for TargetStatistics {
    type Err = String;

    fn from_str(text: &str) -> Result<TargetStatistics, String> {
        let found = TargetStatistics::ALL.iter().find(|one| one.name() == text);
        found
            .copied()
            .ok_or_else(|| format!("\"{text}\" is not auto, off or all"))
    }
}

/// The statistics of a preparation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statistics {
    /// What is averaged, by name.
    measures: Vec<String>,
    /// The mean of each over the training rows.
    means: Vec<f64>,
    statistics: Vec<Statistic>,
    /// How many of them, the last ones, are inputs of networks alone.
    #[serde(default, skip_serializing_if = "is_none")]
    apart: usize,
}

/// So that what was stored before there were any means the same.
fn is_none(apart: &usize) -> bool {
    *apart == 0
}

/// Rows whose target is known.
pub(super) struct Known<'a> {
    pub rows: &'a [usize],
    /// Numbers in the user's unit, however the target is scaled or transformed; or classes.
    pub target: &'a Target,
    pub weights: Option<&'a [f64]>,
}

impl Statistics {
    /// Of the candidates, which are columns with the kind they are taken for, those that `which`
    /// asks for; with `apart` beside [`TargetStatistics::Auto`] also combinations that binned
    /// numbers take part in, for networks alone. `names` are the targets and the classes.
    pub fn fit(
        candidates: &[(&Column, Kind)],
        known: &Known<'_>,
        (which, apart): (TargetStatistics, bool),
        (targets, classes): (&[String], &[String]),
    ) -> Result<Statistics, PrepareError> {
        if which == TargetStatistics::Off {
            return Ok(Statistics::default());
        }
        let mut measures = measures::measures(known.target);
        let means = means(&measures, known.weights);
        centre(&mut measures, &means);
        let scaled = scaled(&measures);
        let of = |which: TargetStatistics| -> Result<Vec<Statistic>, PrepareError> {
            let keys = key_columns(candidates, known.rows, which)?;
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let chosen = Chooser::new(&keys, &scaled, known.weights).choose(which);
            let make = |chosen: choose::Chosen| {
                let groups = chosen.grouped.sums(&measures, known.weights);
                let counts = groups.iter().map(|group| group.rows);
                let first = groups.first().map_or(0.0, |group| group.rows);
                let columns = chosen.columns.iter();
                Statistic {
                    rows: counts.into_iter().any(|count| count != first),
                    columns: columns.map(|&c| keys[c].levels.clone()).collect(),
                    prior: chosen.prior,
                    groups,
                }
            };
            Ok(chosen.into_iter().map(make).collect())
        };
        let mut statistics = of(which)?;
        let seen = statistics.len();
        if apart && which == TargetStatistics::Auto {
            let binned = of(TargetStatistics::All)?;
            let new = binned.into_iter().filter(|one| {
                one.columns.len() > 1 && statistics.iter().all(|s| s.columns != one.columns)
            });
            let new: Vec<Statistic> = new.collect();
            statistics.extend(new);
        }
        if statistics.is_empty() {
            return Ok(Statistics::default());
        }
        let apart = statistics.len() - seen;
        Ok(Statistics {
            measures: measures::names(targets, classes),
            means,
            statistics,
            apart,
        })
    }

    /// How many inputs, the last ones, are of networks alone.
    pub fn inputs_apart(&self) -> usize {
        let first = self.statistics.len().saturating_sub(self.apart);
        let own = |one: &Statistic| self.measures.len() + usize::from(one.rows);
        self.statistics[first..].iter().map(own).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.statistics.is_empty()
    }

    /// The columns that are needed, some of them several times.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let columns = self.statistics.iter().flat_map(|one| &one.columns);
        columns.map(|levels| levels.name.as_str())
    }

    /// The name, the columns and the inputs of each statistic, and what it is in words.
    pub fn described(&self) -> impl Iterator<Item = (String, usize, usize, String)> {
        self.statistics.iter().map(|one| {
            let inputs = self.measures.len() + usize::from(one.rows);
            let done = format!(
                "{} of the rows of each of {} levels, and of {} rows of the overall mean",
                self.measures.join(", "),
                one.groups.len(),
                one.prior
            );
            (one.name(), one.columns.len(), inputs, done)
        })
    }

    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for statistic in &self.statistics {
            let own = statistic.name();
            names.extend(
                self.measures
                    .iter()
                    .map(|measure| format!("{own}.{measure}")),
            );
            if statistic.rows {
                names.push(format!("{own}.log(rows)"));
            }
        }
        names
    }

    /// Writes the inputs of all rows of a table, as those of a table that is not trained on.
    pub fn write(&self, table: &Table, block: &mut Block<'_>) -> Result<(), PrepareError> {
        let mut first = 0;
        for statistic in &self.statistics {
            let inputs = self.inputs_by_group(statistic);
            let unseen = &inputs.row(statistic.groups.len());
            for (row, group) in statistic.groups_of(table)?.into_iter().enumerate() {
                let known = group.filter(|group| (*group as usize) < statistic.groups.len());
                let own = known.map_or(*unseen, |group| inputs.row(group as usize));
                block.set_all(row, first, own);
            }
            first += self.means.len() + usize::from(statistic.rows);
        }
        Ok(())
    }

    /// The inputs of each group, and at last those of rows of none.
    fn inputs_by_group(&self, statistic: &Statistic) -> Matrix<f64> {
        let count = self.means.len() + usize::from(statistic.rows);
        let mut inputs = Matrix::zeros(statistic.groups.len() + 1, count);
        for place in 0..inputs.rows() {
            let (group, own) = (statistic.groups.get(place), inputs.row_mut(place));
            for (measure, mean) in self.means.iter().enumerate() {
                own[measure] = mean + group.map_or(0.0, |g| g.mean(measure, statistic.prior));
            }
            if statistic.rows {
                own[self.means.len()] = group.map_or(0.0, |group| group.rows).ln_1p();
            }
        }
        inputs
    }

    /// The inputs as plain steps.
    pub fn recipe(&self, writing: &mut Writing) {
        for statistic in &self.statistics {
            let columns = statistic.columns.iter();
            let grouping = Grouping {
                codings: columns.map(|levels| levels.recipe(writing)).collect(),
                groups: statistic.groups.iter().map(|g| g.places.clone()).collect(),
            };
            writing.recipe.groupings.push(grouping);
            let grouping = writing.recipe.groupings.len() - 1;
            let mut add = |otherwise: f64, value: &dyn Fn(&Group) -> f64| {
                writing.recipe.inputs.push(Input::Group {
                    grouping,
                    values: statistic.groups.iter().map(value).collect(),
                    otherwise,
                });
            };
            for (measure, &mean) in self.means.iter().enumerate() {
                add(mean, &|group| mean + group.mean(measure, statistic.prior));
            }
            if statistic.rows {
                add(0.0, &|group| group.rows.ln_1p());
            }
        }
    }

    /// Replaces the inputs of the known rows by what earlier rows say, in the order of the seed.
    pub fn write_ordered(
        &self,
        table: &Table,
        known: &Known<'_>,
        seed: u64,
        block: &mut Block<'_>,
    ) -> Result<(), PrepareError> {
        let mut measures = measures::measures(known.target);
        centre(&mut measures, &self.means);
        let order = order(known.rows.len(), seed);
        let mut first = 0;
        for statistic in &self.statistics {
            let all = statistic.groups_of(table)?;
            // Levels that are not told apart have a place behind the others.
            let count = statistic.groups.len();
            let place = |&row: &usize| all[row].unwrap_or(count as u32);
            let groups: Vec<u32> = known.rows.iter().map(place).collect();
            let earlier = Earlier::new(&groups, count + 1, &measures, known.weights, &order);
            for (place, &row) in known.rows.iter().enumerate() {
                if groups[place] as usize == count {
                    continue;
                }
                for (measure, mean) in self.means.iter().enumerate() {
                    let own = earlier.mean(place, measure, statistic.prior);
                    block.set(row, first + measure, mean + own);
                }
            }
            first += self.means.len() + usize::from(statistic.rows);
        }
        Ok(())
    }

    /// Whether it can be applied, with this target; says what is wrong.
    pub fn validate(&self, targets: &[String], classes: &[String]) -> Result<(), String> {
        if self.is_empty() {
            return Ok(());
        }
        if self.measures != measures::names(targets, classes) {
            return Err("they are of another target".to_string());
        }
        if self.means.len() != self.measures.len() || self.means.iter().any(|m| !m.is_finite()) {
            return Err("the target's means are unsound".to_string());
        }
        if self.apart > self.statistics.len() {
            return Err(format!("{} of fewer are apart", self.apart));
        }
        for statistic in &self.statistics {
            statistic
                .validate(&self.means)
                .map_err(|fault| format!("{}: {fault}", statistic.name()))?;
        }
        Ok(())
    }
}

/// The columns that may have statistics, in the table's order.
fn key_columns(
    candidates: &[(&Column, Kind)],
    rows: &[usize],
    which: TargetStatistics,
) -> Result<Vec<KeyColumn>, PrepareError> {
    let mut keys = Vec::new();
    for (column, kind) in candidates {
        let whole = match kind {
            Kind::Category | Kind::Boolean => true,
            Kind::Numeric if which == TargetStatistics::All => is_whole(column, rows)?,
            Kind::Numeric if is_whole(column, rows)? => true,
            _ => continue,
        };
        let category = *kind == Kind::Category;
        let levels = Levels::fit(column, rows)?;
        let distinct = levels.count();
        if distinct < 2 {
            continue;
        }
        let few = distinct <= MOST_VALUES && rows.len() / ROWS_EACH >= distinct;
        let mut add = |levels: Levels| -> Result<(), PrepareError> {
            let all = levels.places(column)?;
            keys.push(KeyColumn {
                places: rows.iter().map(|&row| all[row]).collect(),
                levels,
                category,
            });
            Ok(())
        };
        if category || (few && whole) {
            add(levels)?;
        } else if which == TargetStatistics::All && *kind == Kind::Numeric {
            if distinct > MOST_VALUES && rows.len() / ROWS_OF_NUMBER >= distinct {
                add(levels)?;
            }
            add(Levels::bins(column, rows, BINS)?)?;
        }
    }
    // Of too many columns the categories of most levels stay, then numbers as they are, then bins.
    let mut by_size: Vec<usize> = (0..keys.len()).collect();
    by_size.sort_by_key(|&index| {
        let key: &KeyColumn = &keys[index];
        let size = if key.category { key.levels.count() } else { 0 };
        (
            key.levels.is_binned(),
            !key.category,
            usize::MAX - size,
            index,
        )
    });
    let kept: Vec<usize> = by_size.into_iter().take(MOST_COLUMNS).collect();
    let mut index = 0;
    keys.retain(|_| {
        index += 1;
        kept.contains(&(index - 1))
    });
    Ok(keys)
}

/// Whether all cells are whole numbers.
fn is_whole(column: &Column, rows: &[usize]) -> Result<bool, PrepareError> {
    let values = column.numbers()?;
    Ok(rows
        .iter()
        .all(|&row| values[row].is_nan() || values[row].fract() == 0.0))
}

fn means(measures: &Matrix<f64>, weights: Option<&[f64]>) -> Vec<f64> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let total: f64 = (0..measures.rows()).map(weight).sum();
    let mean = |measure: usize| {
        let terms = (0..measures.rows()).map(|row| weight(row) * measures.row(row)[measure]);
        terms.sum::<f64>() / total
    };
    (0..measures.columns()).map(mean).collect()
}

/// Centred measures of root mean square 1, so that all of them count alike in a choice.
fn scaled(measures: &Matrix<f64>) -> Matrix<f64> {
    let mut scaled = measures.clone();
    for measure in 0..measures.columns() {
        let scale = root_mean_square(measures.column(measure).into_iter());
        for row in 0..measures.rows() {
            scaled.row_mut(row)[measure] /= if scale > 0.0 { scale } else { 1.0 };
        }
    }
    scaled
}

fn centre(measures: &mut Matrix<f64>, means: &[f64]) {
    for row in 0..measures.rows() {
        for (value, mean) in measures.row_mut(row).iter_mut().zip(means) {
            *value -= mean;
        }
    }
}
