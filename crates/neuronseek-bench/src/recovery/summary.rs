use neuronseek::table::synthetic::Case;
use serde::Serialize;

use super::{RecoverySettings, Row, Verdict};
use crate::statistics::median;

/// All searches of one method on one case, or on all cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The method.
    pub method: String,
    /// The case; `None` is all of them.
    pub case: Option<String>,
    /// How many searches there were.
    pub runs: usize,
    /// How many of each verdict.
    pub perfect: usize,
    /// See [`Verdict::Noisy`].
    pub noisy: usize,
    /// See [`Verdict::Missing`].
    pub missing: usize,
    /// See [`Verdict::Failed`].
    pub failed: usize,
    /// How many are exact by streams and orders, whatever the ranks.
    pub exact_orders: usize,
    /// How many found a pure order in place of the interaction of that order, or the reverse.
    pub twins: usize,
    /// The median of the seconds.
    pub median_seconds: f64,
    /// The longest search.
    pub highest_seconds: f64,
}

/// One summary per method and case, then one per method, in the order of the rows.
pub fn summarise(rows: &[Row]) -> Vec<Summary> {
    let mut summaries = Vec::new();
    for method in methods(rows) {
        let own: Vec<&Row> = rows.iter().filter(|row| row.method == method).collect();
        for case in Case::all() {
            let case = case.to_string();
            let part: Vec<&Row> = own.iter().copied().filter(|row| row.case == case).collect();
            if !part.is_empty() {
                summaries.push(summary(method, Some(case), &part));
            }
        }
        summaries.push(summary(method, None, &own));
    }
    summaries
}

/// The methods in the order of the rows.
pub(super) fn methods(rows: &[Row]) -> Vec<&str> {
    let mut methods: Vec<&str> = Vec::new();
    for row in rows {
        if !methods.contains(&row.method.as_str()) {
            methods.push(&row.method);
        }
    }
    methods
}

fn summary(method: &str, case: Option<String>, rows: &[&Row]) -> Summary {
    let count = |verdict: Verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let seconds: Vec<f64> = rows.iter().map(|row| row.seconds).collect();
    Summary {
        method: method.to_string(),
        case,
        runs: rows.len(),
        perfect: count(Verdict::Perfect),
        noisy: count(Verdict::Noisy),
        missing: count(Verdict::Missing),
        failed: count(Verdict::Failed),
        exact_orders: rows.iter().filter(|row| row.exact_orders).count(),
        twins: rows.iter().filter(|row| row.twins > 0).count(),
        median_seconds: median(&seconds).unwrap_or(0.0),
        highest_seconds: seconds.into_iter().fold(0.0, f64::max),
    }
}

/// Two Markdown tables: the methods over all cases, then the exact ones of each method per case.
pub fn markdown(settings: &RecoverySettings, rows: &[Row]) -> String {
    let summaries = summarise(rows);
    let of = |method: &str, case: Option<&str>| {
        let mut own = summaries.iter().filter(|one| one.method == method);
        own.find(|one| one.case.as_deref() == case)
    };
    let mut text = format!(
        "{} rows x {} inputs, {}, noise {}, seeds {} to {}\n\n\
         | method | runs | PERFECT | NOISY | MISSING | failed | exact by orders | with twins \
         | median s | longest s |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        settings.rows,
        settings.dim,
        settings.law,
        settings.noise,
        settings.first_seed,
        settings.first_seed.saturating_add(settings.seeds) - 1,
    );
    let methods = methods(rows);
    for one in methods.iter().filter_map(|method| of(method, None)) {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {:.3} | {:.3} |\n",
            one.method,
            one.runs,
            one.perfect,
            one.noisy,
            one.missing,
            one.failed,
            one.exact_orders,
            one.twins,
            one.median_seconds,
            one.highest_seconds
        );
    }
    text += &format!(
        "\nPERFECT (and exact by orders alone) of the runs:\n\n| case | truth | {} |\n|---|---|{}\n",
        methods.join(" | "),
        "--:|".repeat(methods.len())
    );
    for case in Case::all() {
        let name = case.to_string();
        text += &format!("| {name} | {} |", case.neuron());
        for method in &methods {
            text += &of(method, Some(&name)).map_or(" - |".to_string(), |one| {
                format!(" {} ({}) of {} |", one.perfect, one.exact_orders, one.runs)
            });
        }
        text.push('\n');
    }
    text
}
