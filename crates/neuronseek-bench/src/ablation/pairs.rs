//! What the comparisons of one question on one table say together.

use neuronseek::neuron::Neuron;
use serde::Serialize;

use super::{Answer, Line, Question};
use crate::statistics::{interval, mean};

/// What the interval of a difference says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All of it is below 0: the loss is lower with it.
    Pays,
    /// All of it is above 0.
    Costs,
    /// It holds 0.
    Neither,
    /// There was nothing to compare: the neuron is x itself.
    Same,
}

impl Verdict {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pays => "pays",
            Verdict::Costs => "costs",
            Verdict::Neither => "neither",
            Verdict::Same => "is x",
        }
    }
}

/// The comparisons of one question on one table and split.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paired {
    /// The table.
    pub table: String,
    /// The hash split.
    pub split: u64,
    /// What was compared.
    pub question: Question,
    /// "nmse" or "log loss".
    pub loss: String,
    /// The neuron of the first seed.
    pub neuron: Neuron,
    /// Seeds of which both models were fitted.
    pub pairs: usize,
    /// Seeds of which one was not.
    pub failed: usize,
    /// Mean parameters with and without.
    pub parameters: [f64; 2],
    /// Mean test losses with and without.
    pub losses: [f64; 2],
    /// The mean of with - without, and the ends of its 95 % interval by Student's t; none of one
    /// pair.
    pub difference: f64,
    /// See `difference`.
    pub interval: Option<(f64, f64)>,
    /// The linear model's mean loss.
    pub linear: f64,
}

impl Paired {
    /// What the interval says; nothing without one.
    pub fn verdict(&self) -> Option<Verdict> {
        if self.neuron.is_linear() && matches!(self.question, Question::Neuron { .. }) {
            return Some(Verdict::Same);
        }
        let (low, high) = self.interval?;
        Some(match (high < 0.0, low > 0.0) {
            (true, _) => Verdict::Pays,
            (_, true) => Verdict::Costs,
            _ => Verdict::Neither,
        })
    }

    /// The difference in percent of the loss without.
    pub fn percent(&self) -> f64 {
        100.0 * self.difference / self.losses[1].max(f64::MIN_POSITIVE)
    }
}

/// One for each table, split and question of which any pair was fitted, in the order of the
/// records.
pub fn paired(records: &[Line]) -> Vec<Paired> {
    let same = |a: &Line, b: &Line| {
        let (a, b) = (&a.run, &b.run);
        (&a.table, a.split, &a.question) == (&b.table, b.split, &b.question)
    };
    records.chunk_by(same).filter_map(summarise).collect()
}

fn summarise(records: &[Line]) -> Option<Paired> {
    let run = &records.first()?.run;
    let mut columns: [Vec<f64>; 6] = Default::default();
    let mut first = None;
    for record in records {
        if let Answer::Compared {
            loss,
            neuron,
            with,
            without,
            linear,
        } = &record.result
        {
            first = first.or(Some((loss, neuron)));
            let values = [
                with.test,
                without.test,
                with.test - without.test,
                *linear,
                with.parameters as f64,
                without.parameters as f64,
            ];
            for (column, value) in columns.iter_mut().zip(values) {
                column.push(value);
            }
        }
    }
    let (loss, neuron) = first?;
    let of = |column: usize| mean(&columns[column]).unwrap_or(f64::NAN);
    Some(Paired {
        table: run.table.clone(),
        split: run.split,
        question: run.question.clone(),
        loss: loss.clone(),
        neuron: neuron.clone(),
        pairs: columns[0].len(),
        failed: records.len() - columns[0].len(),
        parameters: [of(4), of(5)],
        losses: [of(0), of(1)],
        difference: of(2),
        interval: interval(&columns[2]),
        linear: of(3),
    })
}
