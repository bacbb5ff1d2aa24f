//! What predictions do as cells change: partial dependence (Friedman, Greedy function approximation,
//! 2001), individual curves (Goldstein and others, Peeking inside the black box, 2015), maps of pairs.
//!
//! Cells are changed in the table, before preparation, and only to cells that occur in it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::document::{
    DependencePart, Grid, Histogram, InputPart, LevelCount, PairPart, ResponsePart,
};
use super::quality::histogram;
use super::sample::{Cells, Outputs, some};
use crate::matrix::Matrix;
use crate::model::{Model, ModelError};
use crate::observe::{Control, Event};
use crate::prepare::{PrepareError, Role};
use crate::table::{Column, Kind};

/// Cells of a curve.
const GRID: usize = 25;

/// The share of the rows at either end whose cells are not among them.
const TAIL: f64 = 0.01;

/// Levels of a curve.
const LEVELS: usize = 15;

/// Cells of either side of a map.
const SIDE: usize = 12;

/// Individual curves of all outputs.
const CURVES: usize = 50;

/// Predictions for all curves.
const WORK: usize = 100_000;

/// Bars of a density.
const BARS: usize = 40;

/// The rows that hold the cells of a curve, and what these are.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    rows: Vec<usize>,
    grid: Grid,
    density: Option<Histogram>,
    levels: Option<Vec<LevelCount>>,
    kind: &'static str,
}

impl Steps {
    /// Of a column as the preparation reads it, at most so many numbers.
    fn new(model: &Model, column: &Column, most: usize) -> Result<Steps, ModelError> {
        let summary = model.preparation().column_summary().iter();
        let mut own = summary.filter(|own| own.name == column.name && own.role == Role::Input);
        let (kind, numbers) = match own.next().and_then(|own| own.kind) {
            Some(Kind::Numeric) => ("number", column.numbers()),
            // In milliseconds, which JavaScript's dates count.
            Some(Kind::Date) => {
                let dates = column.dates();
                let milliseconds = dates.map(|all| all.iter().map(|s| s * 1000.0).collect());
                ("date", milliseconds)
            }
            Some(Kind::Boolean) => return Ok(Steps::of_levels(column, "truth")),
            _ => return Ok(Steps::of_levels(column, "text")),
        };
        let numbers: Vec<f64> = numbers.map_err(PrepareError::from)?;
        let mut order: Vec<usize> = (0..numbers.len())
            .filter(|&row| numbers[row].is_finite())
            .collect();
        order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
        let mut values: Vec<f64> = order.iter().map(|&row| numbers[row]).collect();
        let mut distinct = order.clone();
        distinct.dedup_by(|a, b| numbers[*a] == numbers[*b]);
        let rows = match distinct.len() <= most {
            true => distinct,
            // By rank, so that there are many steps where there are many rows; a few cells far off
            // would leave no room for the others.
            false => {
                let ends = [TAIL, 1.0 - TAIL].map(|share| share * (order.len() - 1) as f64);
                let step = |step: usize| {
                    let share = step as f64 / (most - 1) as f64;
                    order[(ends[0] + share * (ends[1] - ends[0])).round() as usize]
                };
                let mut rows: Vec<usize> = (0..most).map(step).collect();
                rows.dedup_by(|a, b| numbers[*a] == numbers[*b]);
                rows
            }
        };
        let grid: Vec<f64> = rows.iter().map(|&row| numbers[row]).collect();
        if let (Some(low), Some(high)) = (grid.first(), grid.last()) {
            values.retain(|value| (low..=high).contains(&value));
        }
        Ok(Steps {
            grid: Grid::Numbers(grid),
            density: Some(histogram(&values, BARS)),
            levels: None,
            rows,
            kind,
        })
    }

    fn of_levels(column: &Column, kind: &'static str) -> Steps {
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for row in 0..column.rows() {
            if let Some(text) = column.text(row) {
                let text = text.trim().to_string();
                counts.entry(text).or_insert((row, 0)).1 += 1;
            }
        }
        let mut levels: Vec<(String, (usize, usize))> = counts.into_iter().collect();
        levels.sort_by_key(|(_, (_, rows))| Reverse(*rows));
        levels.truncate(LEVELS);
        let count = |(level, (_, rows)): &(String, (usize, usize))| LevelCount {
            level: level.clone(),
            rows: *rows,
        };
        Steps {
            rows: levels.iter().map(|(_, (row, _))| *row).collect(),
            grid: Grid::Texts(levels.iter().map(|(level, _)| level.clone()).collect()),
            density: None,
            levels: Some(levels.iter().map(count).collect()),
            kind,
        }
    }
}

/// The curves of all columns that the model reads, in the order of `cells`.
pub(super) fn inputs(
    model: &Model,
    cells: &Cells<'_>,
    seed: u64,
    control: &Control<'_>,
) -> Result<Vec<InputPart>, ModelError> {
    const NAME: &str = "curves";
    let columns = cells.table().columns();
    let all: Vec<usize> = (0..cells.table().rows()).collect();
    let rows = some(
        &all,
        (WORK / (GRID * columns.len().max(1))).clamp(20, 300),
        seed,
    );
    let outputs = Outputs::new(model);
    let lines = model.polynomial_outputs();
    let finished = AtomicUsize::new(0);
    let part = |(place, column): (usize, &Column)| {
        let steps = Steps::new(model, column, GRID)?;
        let encoded = cells.replaced(&rows, &[place], std::slice::from_ref(&steps.rows))?;
        let predicted = outputs.of(model, &encoded);
        let dependence = |(output, name): (usize, &String)| {
            let values = predicted.column(output);
            DependencePart {
                output: name.clone(),
                mean: means(&values, rows.len()),
                individual: (0..rows.len().min(CURVES / outputs.names.len().max(1)).max(1))
                    .map(|row| {
                        values
                            .iter()
                            .skip(row)
                            .step_by(rows.len())
                            .copied()
                            .collect()
                    })
                    .collect(),
            }
        };
        let response = model.formula().map(|(formula, scale, _)| {
            let values = formula.values(&scale.apply(&encoded));
            let part = |(output, (name, [factor, constant])): (usize, &(String, [f64; 2]))| {
                let means = means(&values.column(output), rows.len());
                ResponsePart {
                    output: name.clone(),
                    values: means.iter().map(|mean| factor * mean + constant).collect(),
                }
            };
            let finite = |part: &ResponsePart| part.values.iter().all(|value| value.is_finite());
            lines.iter().enumerate().map(part).filter(finite).collect()
        });
        control.observer.notice(&Event::Progress {
            name: NAME,
            done: finished.fetch_add(1, Ordering::Relaxed) + 1,
            total: columns.len(),
            message: &column.name,
        });
        Ok(InputPart {
            column: column.name.clone(),
            kind: steps.kind,
            importance: None,
            shapley: None,
            density: steps.density,
            levels: steps.levels,
            grid: steps.grid,
            dependence: outputs.names.iter().enumerate().map(dependence).collect(),
            response: response.unwrap_or_default(),
        })
    };
    columns.par_iter().enumerate().map(part).collect()
}

/// The mean of each block of so many numbers.
fn means(values: &[f64], rows: usize) -> Vec<f64> {
    let blocks = values.chunks_exact(rows.max(1));
    blocks
        .map(|block| block.iter().sum::<f64>() / rows as f64)
        .collect()
}

/// The map of a pair of columns, of the first output.
pub(super) fn pair(
    model: &Model,
    cells: &Cells<'_>,
    [a, b]: [usize; 2],
    seed: u64,
) -> Result<Option<PairPart>, ModelError> {
    let columns = cells.table().columns();
    let steps = |column: usize| Steps::new(model, &columns[column], SIDE);
    let (first, second) = (steps(a)?, steps(b)?);
    if first.rows.len() < 2 || second.rows.len() < 2 {
        return Ok(None);
    }
    let all: Vec<usize> = (0..cells.table().rows()).collect();
    let rows = some(&all, 100, seed);
    let x: Vec<usize> = second
        .rows
        .iter()
        .flat_map(|_| first.rows.iter().copied())
        .collect();
    let y: Vec<usize> = (second.rows.iter())
        .flat_map(|&row| std::iter::repeat_n(row, first.rows.len()))
        .collect();
    let encoded = cells.replaced(&rows, &[a, b], &[x, y])?;
    let outputs = Outputs::new(model);
    let predicted: Matrix<f64> = outputs.of(model, &encoded);
    let means = means(&predicted.column(0), rows.len());
    let name = |column: usize| columns[column].name.clone();
    Ok(Some(PairPart {
        columns: [name(a), name(b)],
        output: outputs.names.first().cloned().unwrap_or_default(),
        values: means
            .chunks_exact(first.rows.len())
            .map(<[f64]>::to_vec)
            .collect(),
        x: first.grid,
        y: second.grid,
    }))
}
