//! One prediction as a sum over the columns.
//!
//! Shapley values of the model by sampled orders (Strumbelj, Kononenko, Explaining prediction models
//! and individual predictions with feature contributions, 2014): from another row to the row that is
//! explained, column after column in a random order, each column is given what its step changes;
//! each order is also walked backwards. The sum over columns is exact, single contributions have an
//! error that is said.

use rand::RngExt;
use rand::seq::SliceRandom;

use super::document::{ContributionPart, RowPart};
use super::sample::{Cells, Outputs};
use crate::model::{Model, ModelError, Prediction};
use crate::network::{Purpose, generator};
use crate::table::Table;

/// Pairs of an order and its reverse.
const ORDERS: usize = 200;

/// Columns times pairs of orders that are walked at most.
const WORK: usize = 8_000;

/// The row, counted from 0, of the output that says most: the first target, or the probability of
/// the class that is predicted.
pub(super) fn row(
    model: &Model,
    table: &Table,
    cells: &Cells<'_>,
    row: usize,
    seed: u64,
) -> Result<RowPart, ModelError> {
    let columns = cells.table().columns();
    let count = columns.len();
    let orders = (WORK / count.max(1)).clamp(20, ORDERS);
    let mut random = generator(seed, Purpose::Explanation, 1 << 50);
    let mut picks: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut walks = Vec::with_capacity(2 * orders);
    for _ in 0..orders {
        let other = random.random_range(0..table.rows());
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut random);
        for order in [order.clone(), order.into_iter().rev().collect()] {
            let mut now = vec![other; count];
            push(&mut picks, &now);
            for &column in &order {
                now[column] = row;
                push(&mut picks, &now);
            }
            walks.push(order);
        }
    }
    let picks: Vec<&[usize]> = picks.iter().map(Vec::as_slice).collect();
    let encoded = cells.gathered(&picks)?;
    let own = model.predict_inputs(&cells.rows(&[row])?);
    let (place, output) = output(model, &own);
    let values = Outputs::new(model).of(model, &encoded).column(place);
    let mut steps: Vec<Vec<f64>> = vec![Vec::with_capacity(2 * orders); count];
    let mut base = 0.0;
    for (order, walk) in walks.iter().zip(values.chunks_exact(count + 1)) {
        base += walk[0] / walks.len() as f64;
        for (step, &column) in order.iter().enumerate() {
            steps[column].push(walk[step + 1] - walk[step]);
        }
    }
    let contribution = |(column, steps): (usize, &Vec<f64>)| {
        // An order and its reverse belong together.
        let pairs: Vec<f64> = steps
            .chunks_exact(2)
            .map(|pair| 0.5 * (pair[0] + pair[1]))
            .collect();
        let number = pairs.len() as f64;
        let mean = pairs.iter().sum::<f64>() / number;
        let squares: f64 = pairs.iter().map(|value| (value - mean).powi(2)).sum();
        ContributionPart {
            column: columns[column].name.clone(),
            cell: columns[column]
                .text(row)
                .map(|cell| cell.trim().to_string()),
            value: mean,
            standard_error: (squares / (number - 1.0).max(1.0) / number).sqrt(),
        }
    };
    let mut contributions: Vec<ContributionPart> =
        steps.iter().enumerate().map(contribution).collect();
    contributions.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    let target = model
        .report()
        .targets
        .get(if model.preparation().classes().is_empty() {
            place
        } else {
            0
        });
    let actual = target.and_then(|target| table.column(target).ok());
    let actual = actual.and_then(|column| Some(column.text(row)?.trim().to_string()));
    Ok(RowPart {
        row: row + 1,
        output,
        prediction: values[count],
        base,
        actual,
        method: format!(
            "Shapley values of the model's prediction by {} orders of the columns against other rows \
             of the table",
            2 * orders
        ),
        contributions,
    })
}

fn push(picks: &mut [Vec<usize>], now: &[usize]) {
    for (column, &row) in picks.iter_mut().zip(now) {
        column.push(row);
    }
}

/// Which output is explained: its place among [`Outputs`], and its name.
fn output(model: &Model, own: &Prediction) -> (usize, String) {
    let outputs = Outputs::new(model);
    let place = match own {
        Prediction::Classes { labels, .. } if outputs.names.len() > 1 => labels.first().copied(),
        _ => Some(0),
    };
    let place = place.unwrap_or(0);
    (place, outputs.names.get(place).cloned().unwrap_or_default())
}
