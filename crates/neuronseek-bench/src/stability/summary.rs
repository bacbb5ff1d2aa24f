use neuronseek::neuron::Neuron;
use serde::Serialize;

use super::{Change, Found, Measured, Run};
use crate::runs::Record;
use crate::statistics::{entropy, mean, median, quantile};
use crate::structure::{jaccard, without_ranks};

/// The repetitions of one method on one data set under one change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The method.
    pub method: String,
    /// The case or table.
    pub data: String,
    /// What was changed.
    pub change: Change,
    /// How many searches there were.
    pub runs: usize,
    /// How many ended with an error; they have no part in the rest.
    pub failed: usize,
    /// The share of pairs with equal structures, ranks included; `None` of fewer than two.
    pub agreement: Option<f64>,
    /// The share of pairs with equal structures but for ranks.
    pub agreement_of_orders: Option<f64>,
    /// The mean Jaccard index of pairs, orders per stream, ranks ignored.
    pub jaccard: Option<f64>,
    /// The same with ranks: terms of different ranks are different terms.
    pub jaccard_with_ranks: Option<f64>,
    /// The entropy of the structures with ranks, bits: 0 when all are alike, log2 of their number
    /// when none are.
    pub entropy: f64,
    /// The entropy of the structures without ranks, bits.
    pub entropy_of_orders: f64,
    /// The structure found most often (the first of equals in canonical order).
    pub commonest: Option<Neuron>,
    /// How often it was found.
    pub commonest_count: usize,
    /// How many are the truth, ranks included; `None` where there is none.
    pub exact: Option<usize>,
    /// How many are the truth but for ranks.
    pub exact_orders: Option<usize>,
    /// Lowest, first quartile, median, third quartile and highest test error; an error that is no
    /// finite number counts as the highest and is infinite (`null` in JSON).
    pub test_error: Option<[f64; 5]>,
    /// The median of the seconds.
    pub median_seconds: f64,
}

/// One summary per method, data set and change, in the order of the records.
pub fn summarise(records: &[Record<Run, Found, Measured>]) -> Vec<Summary> {
    let same = |a: &Run, b: &Run| {
        (&a.method, &a.search, &a.data, a.change) == (&b.method, &b.search, &b.data, b.change)
    };
    records
        .chunk_by(|a, b| same(&a.run, &b.run))
        .filter_map(summary)
        .collect()
}

fn summary(records: &[Record<Run, Found, Measured>]) -> Option<Summary> {
    let run = &records.first()?.run;
    let found: Vec<&Neuron> = records
        .iter()
        .filter_map(|record| record.result.neuron.as_ref())
        .collect();
    let orders: Vec<Neuron> = found.iter().map(|neuron| without_ranks(neuron)).collect();
    let orders: Vec<&Neuron> = orders.iter().collect();
    let truth = run.data.truth();
    let count = |found: &[&Neuron], truth: &Neuron| {
        let same = found.iter().filter(|neuron| **neuron == truth);
        same.count()
    };
    let seconds: Vec<f64> = records.iter().map(|r| r.measured.seconds).collect();
    let (commonest, commonest_count) = commonest(&found);
    Some(Summary {
        method: run.method.clone(),
        data: run.data.name(),
        change: run.change,
        runs: records.len(),
        failed: records.len() - found.len(),
        agreement: over_pairs(&found, |a, b| f64::from(u8::from(a == b))),
        agreement_of_orders: over_pairs(&orders, |a, b| f64::from(u8::from(a == b))),
        jaccard: over_pairs(&orders, jaccard),
        jaccard_with_ranks: over_pairs(&found, jaccard),
        entropy: entropy(&texts(&found)),
        entropy_of_orders: entropy(&texts(&orders)),
        commonest,
        commonest_count,
        exact: truth.as_ref().map(|truth| count(&found, truth)),
        exact_orders: truth
            .as_ref()
            .map(|truth| count(&orders, &without_ranks(truth))),
        test_error: spread(records),
        median_seconds: median(&seconds).unwrap_or(0.0),
    })
}

fn texts(neurons: &[&Neuron]) -> Vec<String> {
    neurons.iter().map(|neuron| neuron.to_string()).collect()
}

/// The mean over all pairs; `None` of fewer than two.
fn over_pairs(neurons: &[&Neuron], value: impl Fn(&Neuron, &Neuron) -> f64) -> Option<f64> {
    let mut values = Vec::new();
    for (position, a) in neurons.iter().enumerate() {
        values.extend(neurons[position + 1..].iter().map(|b| value(a, b)));
    }
    mean(&values)
}

fn commonest(found: &[&Neuron]) -> (Option<Neuron>, usize) {
    let mut best = (None, 0);
    let mut sorted: Vec<(String, &Neuron)> = found
        .iter()
        .map(|neuron| (neuron.to_string(), *neuron))
        .collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        if group.len() > best.1 {
            best = (Some(group[0].1.clone()), group.len());
        }
    }
    best
}

fn spread(records: &[Record<Run, Found, Measured>]) -> Option<[f64; 5]> {
    let found = records.iter().filter(|r| r.result.neuron.is_some());
    let errors: Vec<f64> = found
        .map(|record| record.result.test_error.unwrap_or(f64::INFINITY))
        .collect();
    let at = |share| quantile(&errors, share);
    Some([at(0.0)?, at(0.25)?, at(0.5)?, at(0.75)?, at(1.0)?])
}

/// Two Markdown tables: each method under each change over all data sets, then every summary.
pub fn markdown(summaries: &[Summary]) -> String {
    let mut text = String::from(
        "Means over the data sets:\n\n\
         | method | change | data sets | exact agreement | by orders | Jaccard of orders | with ranks \
         | entropy, bits | of orders |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut groups: Vec<(&str, Change)> = Vec::new();
    for one in summaries {
        if !groups.contains(&(&one.method, one.change)) {
            groups.push((&one.method, one.change));
        }
    }
    for (method, change) in groups {
        let own: Vec<&Summary> = summaries
            .iter()
            .filter(|one| one.method == method && one.change == change)
            .collect();
        let over = |value: &dyn Fn(&Summary) -> Option<f64>| {
            share(mean(
                &own.iter().filter_map(|one| value(one)).collect::<Vec<_>>(),
            ))
        };
        text += &format!(
            "| {method} | {change} | {} | {} | {} | {} | {} | {} | {} |\n",
            own.len(),
            over(&|one| one.agreement),
            over(&|one| one.agreement_of_orders),
            over(&|one| one.jaccard),
            over(&|one| one.jaccard_with_ranks),
            over(&|one| Some(one.entropy)),
            over(&|one| Some(one.entropy_of_orders)),
        );
    }
    text += "\n| method | data | change | runs | failed | exact agreement | by orders \
             | Jaccard of orders | with ranks | entropy, bits | of orders | commonest | of the runs \
             | truth (orders) | test error: median | quartiles | highest | median s |\n\
             |---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|\n";
    for one in summaries {
        text += &row(one);
    }
    text
}

fn row(one: &Summary) -> String {
    let error = |place: usize| number(one.test_error.map(|errors| errors[place]));
    let truth = match (one.exact, one.exact_orders) {
        (Some(exact), Some(orders)) => format!("{exact} ({orders})"),
        _ => "-".to_string(),
    };
    let commonest = one.commonest.as_ref();
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.2} | {:.2} | {} | {} | {truth} | {} \
         | {} to {} | {} | {:.3} |\n",
        one.method,
        one.data,
        one.change,
        one.runs,
        one.failed,
        share(one.agreement),
        share(one.agreement_of_orders),
        share(one.jaccard),
        share(one.jaccard_with_ranks),
        one.entropy,
        one.entropy_of_orders,
        commonest.map_or("-".to_string(), |neuron| neuron.to_string()),
        one.commonest_count,
        error(2),
        error(1),
        error(3),
        error(4),
        one.median_seconds
    )
}

fn share(value: Option<f64>) -> String {
    value.map_or("-".to_string(), |value| format!("{value:.2}"))
}

/// Three significant digits.
fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_string(),
        Some(value) if !value.is_finite() => "not finite".to_string(),
        Some(value) if (1e-3..1e4).contains(&value.abs()) => format!("{value:.4}"),
        Some(value) => format!("{value:.2e}"),
    }
}
