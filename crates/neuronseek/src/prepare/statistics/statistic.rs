use serde::{Deserialize, Serialize};

use super::levels::{Levels, MAXIMUM_LEVELS};
use crate::matrix::Matrix;
use crate::prepare::PrepareError;
use crate::table::Table;

/// Combinations are looked up in a list of at most so many places.
const MOST_PLACES: usize = 1 << 20;

/// The statistics of a column's levels, or of the combinations of the levels of several columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statistic {
    pub columns: Vec<Levels>,
    /// How many rows of the overall mean each group is taken to have beside its own.
    pub prior: f64,
    /// Whether the number of rows is an input; not where it never varies.
    pub rows: bool,
    /// The combinations that occur, by their places.
    pub groups: Vec<Group>,
}

/// A level, or a combination of levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    /// The place of each column's level.
    pub places: Vec<u32>,
    /// How many training rows it has.
    pub rows: f64,
    /// Their weights together.
    pub weight: f64,
    /// The sums of the measures about their overall means.
    pub sums: Vec<f64>,
}

impl Group {
    /// The mean of a measure about the overall mean.
    pub fn mean(&self, measure: usize, prior: f64) -> f64 {
        self.sums[measure] / (self.weight + prior)
    }
}

impl Statistic {
    pub fn name(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(Levels::label).collect();
        names.join(":")
    }

    /// The group of each row of a table; `None` for one that the training rows did not have.
    pub fn groups_of(&self, table: &Table) -> Result<Vec<Option<u32>>, PrepareError> {
        let places = self
            .columns
            .iter()
            .map(|levels| levels.places(table.column(&levels.name)?));
        let places = places.collect::<Result<Vec<_>, _>>()?;
        let mut index = vec![None; space(&self.columns).unwrap_or(0)];
        for (group, own) in self.groups.iter().enumerate() {
            let own = own.places.iter().copied().map(Some);
            if let Some(entry) = code(&self.columns, own).and_then(|code| index.get_mut(code)) {
                *entry = Some(group as u32);
            }
        }
        let group = |row: usize| {
            let own = places.iter().map(|places| places[row]);
            code(&self.columns, own).and_then(|code| index.get(code).copied().flatten())
        };
        Ok((0..table.rows()).map(group).collect())
    }

    /// Whether it can be applied to measures of these means.
    pub fn validate(&self, means: &[f64]) -> Result<(), String> {
        for levels in &self.columns {
            levels.validate()?;
        }
        if self.columns.is_empty() || space(&self.columns).is_none() {
            return Err("its levels have too many combinations".to_string());
        }
        if !(self.prior > 0.0 && self.prior.is_finite()) {
            return Err("its prior is no weight".to_string());
        }
        let sound = |group: &Group| {
            let known = code(&self.columns, group.places.iter().copied().map(Some)).is_some();
            let numbers = [group.rows, group.weight];
            let mut own = means.iter().enumerate();
            known
                && group.places.len() == self.columns.len()
                && group.sums.len() == means.len()
                && numbers.iter().all(|n| n.is_finite() && *n >= 0.0)
                && own.all(|(measure, mean)| (mean + group.mean(measure, self.prior)).is_finite())
        };
        match self.groups.iter().all(sound) {
            true => Ok(()),
            false => Err("a level's statistics are unsound".to_string()),
        }
    }
}

/// How many combinations there may be; `None` for too many.
pub(super) fn space(columns: &[Levels]) -> Option<usize> {
    // One more for missing cells.
    let sizes = columns.iter().map(|levels| levels.count() + 1);
    let product = sizes.into_iter().try_fold(1usize, usize::checked_mul)?;
    (product <= MOST_PLACES).then_some(product)
}

/// A combination as one number.
pub(super) fn code(columns: &[Levels], places: impl Iterator<Item = Option<u32>>) -> Option<usize> {
    let mut code = 0usize;
    for (levels, place) in columns.iter().zip(places) {
        let place = place? as usize;
        if place > levels.count() {
            return None;
        }
        code = code.checked_mul(levels.count() + 1)?.checked_add(place)?;
    }
    Some(code)
}

/// Rows in groups.
#[derive(Debug, Clone)]
pub(super) struct Grouped {
    /// The group of each row.
    pub groups: Vec<u32>,
    /// The places of each group.
    pub places: Vec<Vec<u32>>,
}

impl Grouped {
    /// By the combinations of `places` (of each column: of each row), in their order; levels that
    /// are not told apart make one group at the end with no places. `None` where there are too
    /// many groups.
    pub fn new(columns: &[Levels], places: &[&[Option<u32>]]) -> Option<Grouped> {
        let space = space(columns)?;
        let rows = places.first().map_or(0, |column| column.len());
        let codes: Vec<usize> = (0..rows)
            .map(|row| code(columns, places.iter().map(|column| column[row])).unwrap_or(space))
            .collect();
        let mut index = vec![u32::MAX; space + 1];
        codes.iter().for_each(|&code| index[code] = 0);
        let mut grouped = Grouped {
            groups: Vec::with_capacity(rows),
            places: Vec::new(),
        };
        for (code, entry) in index.iter_mut().enumerate().filter(|(_, e)| **e == 0) {
            *entry = grouped.places.len() as u32;
            grouped.places.push(decode(columns, code, space));
        }
        if grouped.places.len() > MAXIMUM_LEVELS + 2 {
            return None;
        }
        grouped.groups.extend(codes.iter().map(|&code| index[code]));
        Some(grouped)
    }

    /// The groups with the sums of centred measures (rows x measures).
    pub fn sums(&self, measures: &Matrix<f64>, weights: Option<&[f64]>) -> Vec<Group> {
        let mut groups: Vec<Group> = (self.places.iter())
            .map(|places| Group {
                places: places.clone(),
                rows: 0.0,
                weight: 0.0,
                sums: vec![0.0; measures.columns()],
            })
            .collect();
        for (row, &group) in self.groups.iter().enumerate() {
            let group = &mut groups[group as usize];
            let weight = weights.map_or(1.0, |weights| weights[row]);
            group.rows += 1.0;
            group.weight += weight;
            for (sum, value) in group.sums.iter_mut().zip(measures.row(row)) {
                *sum += weight * value;
            }
        }
        groups.retain(|group| !group.places.is_empty());
        groups
    }
}

fn decode(columns: &[Levels], mut code: usize, space: usize) -> Vec<u32> {
    if code == space {
        return Vec::new();
    }
    let mut places = Vec::with_capacity(columns.len());
    for levels in columns.iter().rev() {
        let size = levels.count() + 1;
        places.push((code % size) as u32);
        code /= size;
    }
    places.reverse();
    places
}
