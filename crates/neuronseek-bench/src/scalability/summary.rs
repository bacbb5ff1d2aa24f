//! What the runs say together, and how seconds grow.

use serde::Serialize;

use super::{AS_GOOD, Found, Line, TRUTH};
use crate::statistics::median;

/// One line of the summary: a method at one size with one budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The method.
    pub method: String,
    /// Inputs.
    pub dim: usize,
    /// Training rows.
    pub rows: usize,
    /// The budget in seconds.
    pub budget: f64,
    /// How many searches.
    pub runs: usize,
    /// Exact structures, ranks included.
    pub exact: usize,
    /// Exact but for ranks.
    pub exact_orders: usize,
    /// How many reach the truth's test error, see [`AS_GOOD`].
    pub as_good: usize,
    /// The median test error of the retrained structures.
    pub retrained: Option<f64>,
    /// The median test error of the method's own formulas.
    pub own: Option<f64>,
    /// The median seconds of a search.
    pub seconds: f64,
    /// The highest peak of memory in MiB.
    pub peak_mib: Option<f64>,
}

/// One summary per method, size and budget, in the order of the records.
pub fn summarise(records: &[Line]) -> Vec<Summary> {
    let key = |line: &Line| {
        let run = &line.run;
        let rows = run.table.rows - run.test_rows;
        (
            run.method.clone(),
            run.table.dim,
            rows,
            run.budget.to_bits(),
        )
    };
    let mut keys = Vec::new();
    for record in records {
        if !keys.contains(&key(record)) {
            keys.push(key(record));
        }
    }
    let summary = |own: Vec<&Line>| {
        let first = &own[0].run;
        let errors = |of: &dyn Fn(&Found) -> Option<f64>| {
            // A failed search is as bad as can be, not absent.
            let errors = own
                .iter()
                .map(|line| of(&line.result).unwrap_or(f64::INFINITY));
            median(&errors.collect::<Vec<_>>()).filter(|error| error.is_finite())
        };
        let count = |of: &dyn Fn(&Line) -> bool| own.iter().filter(|line| of(line)).count();
        let seconds: Vec<f64> = own.iter().map(|line| line.measured.seconds).collect();
        let peaks = own.iter().filter_map(|line| line.measured.peak_mib);
        Summary {
            method: first.method.clone(),
            dim: first.table.dim,
            rows: first.table.rows - first.test_rows,
            budget: first.budget,
            runs: own.len(),
            exact: count(&|line| line.result.exact),
            exact_orders: count(&|line| line.result.exact_orders),
            as_good: count(&|line| as_good(line, records)),
            retrained: errors(&|found| found.retrained),
            own: errors(&|found| found.own),
            seconds: median(&seconds).unwrap_or(0.0),
            peak_mib: peaks.reduce(f64::max),
        }
    };
    keys.iter()
        .map(|wanted| summary(records.iter().filter(|r| key(r) == *wanted).collect()))
        .collect()
}

fn as_good(line: &Line, records: &[Line]) -> bool {
    let run = &line.run;
    let of_truth = records.iter().find(|other| {
        other.run.method == TRUTH && other.run.case == run.case && other.run.table == run.table
    });
    let of_truth = of_truth.and_then(|line| line.result.retrained);
    match (line.result.retrained, of_truth) {
        (Some(error), Some(truth)) => error <= AS_GOOD * truth,
        _ => false,
    }
}

/// The exponent e of `seconds = c * size^e` by least squares on logarithms, over the median seconds
/// of each size; `None` of fewer than two sizes.
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points
        .iter()
        .filter(|(size, seconds)| *size > 0.0 && *seconds > 0.0)
        .map(|(size, seconds)| (size.ln(), seconds.ln()))
        .collect();
    let count = logs.len() as f64;
    let (x, y) = logs.iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    let (x, y) = (x / count, y / count);
    let square: f64 = logs.iter().map(|(a, _)| (a - x).powi(2)).sum();
    let cross: f64 = logs.iter().map(|(a, b)| (a - x) * (b - y)).sum();
    (logs.len() > 1 && square > 0.0).then(|| cross / square)
}

/// The summary and the exponents as Markdown.
pub fn markdown(records: &[Line]) -> String {
    let summaries = summarise(records);
    let number = |value: Option<f64>| value.map_or("-".to_string(), |v| format!("{v:.2e}"));
    let mut text =
        "| inputs | rows | budget | method | exact | orders | as good as the truth | of \
                    | retrained test error | own test error | median s | peak MiB |\n\
                    |--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
            .to_string();
    for s in &summaries {
        let budget = match s.method.as_str() {
            TRUTH => "-".to_string(),
            _ => format!("{} s", s.budget),
        };
        let seconds = match s.method.as_str() {
            TRUTH => "-".to_string(),
            _ => format!("{:.2}", s.seconds),
        };
        text.push_str(&format!(
            "| {} | {} | {budget} | {} | {} | {} | {} | {} | {} | {} | {seconds} | {} |\n",
            s.dim,
            s.rows,
            s.method,
            s.exact,
            s.exact_orders,
            s.as_good,
            s.runs,
            number(s.retrained),
            number(s.own),
            s.peak_mib
                .map_or("-".to_string(), |peak| format!("{peak:.0}")),
        ));
    }
    text.push_str(&exponents(&summaries));
    text
}

fn exponents(summaries: &[Summary]) -> String {
    let mut text = String::new();
    let mut seen: Vec<(&str, u64)> = Vec::new();
    for s in summaries.iter().filter(|s| s.method != TRUTH) {
        let key = (s.method.as_str(), s.budget.to_bits());
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let same: Vec<&Summary> = summaries
            .iter()
            .filter(|o| o.method == s.method && o.budget == s.budget)
            .collect();
        let by = |fixed: &dyn Fn(&Summary) -> usize, size: &dyn Fn(&Summary) -> usize| {
            let points = same.iter().filter(|o| fixed(o) == fixed(s));
            exponent(
                &points
                    .map(|o| (size(o) as f64, o.seconds))
                    .collect::<Vec<_>>(),
            )
        };
        let by_dim = by(&|o| o.rows, &|o| o.dim);
        let by_rows = by(&|o| o.dim, &|o| o.rows);
        let (at_rows, at_dim) = (format!("{} rows", s.rows), format!("{} inputs", s.dim));
        for (what, at, exponent) in [("inputs", at_rows, by_dim), ("rows", at_dim, by_rows)] {
            if let Some(exponent) = exponent {
                text.push_str(&format!(
                    "\n{} ({} s) at {at}: seconds grow as {what} to the power {exponent:.2}; twice \
                     the {what} take {:.1} times as long.\n",
                    s.method,
                    s.budget,
                    2f64.powf(exponent)
                ));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_of_powers_are_exact() {
        let points: Vec<(f64, f64)> = [1.0, 2.0, 5.0].map(|d: f64| (d, 3.0 * d.powf(1.7))).into();
        assert!((exponent(&points).unwrap() - 1.7).abs() < 1e-12);
        assert_eq!(exponent(&points[..1]), None);
    }
}
