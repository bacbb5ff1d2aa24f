//! A fit in words and tables, as `fit` and `inspect` print it.

use neuronseek::model::{
    Coverage, Equation, FitReport, IntervalReport, Metrics, Outcome, TransformReport,
};
use neuronseek::prepare::TargetTransform;

use super::search::evidence;
use crate::arguments::intervals::per_cent;
use crate::display::{self, Columns, Side, count, number};

mod tuning;

/// What was fitted, what each term explains, what was compared, and how good the result is.
pub fn fit(report: &FitReport, styled: bool) -> String {
    let mut parts = vec![head(report, styled)];
    if let Some(search) = &report.search {
        parts.push(format!(
            "{} found {}\n{}",
            search.method,
            search.neuron,
            evidence(search, styled)
        ));
    }
    if let Some(equation) = &report.equation {
        parts.push(self::equation(equation));
    }
    if report.candidates.len() > 1 {
        parts.push(candidates(report, styled));
    }
    parts.push(metrics(report, styled));
    parts.extend(report.intervals.as_ref().map(intervals));
    let seconds = if report.seconds > 0.0 {
        format!(", {}", display::duration(report.seconds))
    } else {
        String::new()
    };
    parts.push(format!(
        "{} parameters{seconds}\n",
        count(report.parameters)
    ));
    parts.join("\n")
}

fn head(report: &FitReport, styled: bool) -> String {
    let rows = &report.rows;
    let mut uses = match rows.folds {
        1 => vec![
            format!("{} training", count(rows.training)),
            format!("{} validation", count(rows.validation)),
        ],
        folds => vec![format!("{} in {folds} folds", count(rows.training))],
    };
    if rows.test > 0 {
        uses.push(format!("{} test", count(rows.test)));
    }
    if rows.without_target > 0 {
        uses.push(format!("{} without a target", count(rows.without_target)));
    }
    let task = report.task_reason.as_ref().unwrap_or(&report.task);
    let mut lines = vec![
        ("target", format!("{} ({task})", report.targets.join(", "))),
        (
            "rows",
            format!("{}: {}", count(rows.total), uses.join(", ")),
        ),
        ("inputs", count(report.inputs)),
        (
            "neuron",
            display::heading(&report.neuron.to_string(), styled),
        ),
    ];
    let targets = report.targets.join(", ");
    let transform = report.transform.as_ref();
    if let Some(line) = transform.and_then(|report| transform_line(report, &targets)) {
        lines.insert(1, ("fitted", line));
    }
    if let Some(calibration) = &report.calibration {
        let shifted = if calibration.shifted {
            " and shifted"
        } else {
            ""
        };
        let [before, after] = [calibration.before, calibration.after].map(|loss| number(loss, 4));
        let temperature = number(calibration.temperature, 4);
        let line = format!(
            "logits divided by {temperature}{shifted} (log loss {after}, before {before}, on held-out rows)"
        );
        lines.insert(1, ("scaled", line));
    }
    if let Some(decision) = &report.decision {
        let threshold = number(decision.threshold, 4);
        let line = format!("{} above {threshold} ({})", decision.class, decision.reason);
        lines.insert(1, ("decided", line));
    }
    if !report.class_weights.is_empty() {
        let weights = (report.class_weights.iter())
            .map(|(class, weight)| format!("{class} {}", number(*weight, 4)));
        let weights: Vec<String> = weights.collect();
        let line = format!("{} (taken out of the probabilities)", weights.join(", "));
        lines.insert(1, ("weights", line));
    }
    if let Some(loss) = report.loss {
        let line = match loss.power() {
            Some(_) => format!("{}, log of the mean of {targets}", loss.name()),
            None => loss.name().to_string(),
        };
        lines.insert(1, ("loss", line));
    }
    if let Some(line) = report.tuning.as_ref().and_then(tuning::line) {
        lines.push(("tuned", line));
    }
    let mut text: String = lines
        .iter()
        .map(|(name, value)| format!("{name:<8}{value}\n"))
        .collect();
    if report.candidates.len() <= 1 && !report.choice.is_empty() {
        text.push_str(&format!("        {}\n", report.choice));
    }
    text
}

/// Which function of the target was fitted and why; `None` for the target as it is, unless others
/// were tried.
pub fn transform(report: &TransformReport, target: &str) -> Option<String> {
    transform_line(report, target).map(|line| format!("fitted {line}"))
}

fn transform_line(report: &TransformReport, target: &str) -> Option<String> {
    let plain = report.transform == TargetTransform::None;
    if plain && report.tried.len() <= 1 {
        return None;
    }
    let what = match plain {
        true => format!("{target} as it is"),
        false => report.transform.text(target),
    };
    Some(format!("{what} ({})", report.reason))
}

/// A polynomial of few monomials, and what it leaves.
pub fn equation(equation: &Equation) -> String {
    format!(
        "{}\n(leaves {} of the variance of {})\n",
        equation.text(),
        number(equation.left, 2),
        equation.target
    )
}

fn candidates(report: &FitReport, styled: bool) -> String {
    let with_test = report.candidates.iter().any(|one| one.test.is_some());
    let compared = report.compared_by();
    let validation = format!("validation {compared}");
    // Rows that had no part in training are judged the usual way.
    let test = match compared.as_str() {
        "log loss" | "deviance" => format!("test {compared}"),
        _ => "test nmse".to_string(),
    };
    let mut titles = vec![
        ("compared", Side::Left),
        ("layers", Side::Left),
        ("networks", Side::Right),
        ("parameters", Side::Right),
        ("epochs", Side::Right),
        (validation.as_str(), Side::Right),
    ];
    if with_test {
        titles.push((test.as_str(), Side::Right));
    }
    if report.candidates.iter().any(|one| one.weight.is_some()) {
        titles.push(("weight", Side::Right));
    }
    titles.push(("", Side::Left));
    let mut columns = Columns::new(&titles, styled);
    for outcome in &report.candidates {
        let row = candidate(report, outcome, with_test);
        if outcome.chosen {
            columns.strong_row(row);
        } else {
            columns.row(row);
        }
    }
    columns.text()
}

fn candidate(report: &FitReport, outcome: &Outcome, with_test: bool) -> Vec<String> {
    let layers: Vec<String> = outcome.hidden.iter().map(usize::to_string).collect();
    let mut row = vec![
        report.candidate_name(outcome),
        layers.join("-"),
        match outcome.networks {
            0 => String::new(),
            networks => count(networks),
        },
        count(outcome.parameters),
        outcome.epochs.map_or(String::new(), count),
        number(outcome.validation, 4),
    ];
    if with_test {
        row.push(defined(outcome.test.as_ref().map(Metrics::loss)));
    }
    if report.candidates.iter().any(|one| one.weight.is_some()) {
        row.push(
            outcome
                .weight
                .map_or(String::new(), |weight| number(weight, 2)),
        );
    }
    row.push(if outcome.chosen { "<- the model" } else { "" }.to_string());
    row
}

/// The split whose metrics say most about new rows.
pub fn telling_split(report: &FitReport) -> &'static str {
    ["test", "validation"]
        .into_iter()
        .find(|split| report.metrics.contains_key(*split))
        .unwrap_or("training")
}

/// The model against the linear model and the constant, on the rows that say most.
fn metrics(report: &FitReport, styled: bool) -> String {
    let split = telling_split(report);
    let constant = match report.metrics.get(split) {
        Some(Metrics::Classification { .. }) => "class frequencies",
        _ => "mean",
    };
    table(
        &format!("on the {split} rows"),
        &[
            ("this model", report.metrics.get(split)),
            ("linear model", report.linear.get(split)),
            (constant, report.mean.get(split)),
        ],
        styled,
    )
}

fn intervals(report: &IntervalReport) -> String {
    let levels: Vec<String> = report
        .levels
        .iter()
        .map(|l| per_cent(*l).to_string())
        .collect();
    let width = match report.adaptive {
        true => "widths follow the inputs",
        false => "of one width, as no inputs tell how far predictions are off",
    };
    let rows = count(report.rows);
    let head = format!(
        "intervals of {} %: by {rows} held-out rows, {width}\n",
        levels.join(", ")
    );
    head + &coverage(&report.test)
}

/// How many rows fell into intervals, a line a level.
pub fn coverage(coverage: &[Coverage]) -> String {
    let line = |one: &Coverage| {
        let [level, inside] = [one.level, one.coverage].map(per_cent);
        let width = number(one.width, 4);
        format!(
            "{} % of rows in intervals of {level} %, mean width {width}\n",
            number(inside, 4)
        )
    };
    coverage.iter().map(line).collect()
}

/// Metrics side by side; predictors without metrics are left out.
pub fn table(title: &str, predictors: &[(&str, Option<&Metrics>)], styled: bool) -> String {
    let rows: Vec<_> = predictors
        .iter()
        .filter_map(|(name, metrics)| Some((*name, (*metrics)?.named())))
        .collect();
    let Some((_, first)) = rows.first() else {
        return String::new();
    };
    let mut titles = vec![(title, Side::Left)];
    titles.extend(first.iter().map(|(name, _, _)| (*name, Side::Right)));
    let mut columns = Columns::new(&titles, styled);
    for (position, (name, values)) in rows.iter().enumerate() {
        let mut row = vec![name.to_string()];
        row.extend(values.iter().map(|(_, value, _)| defined(*value)));
        if position == 0 {
            columns.strong_row(row);
        } else {
            columns.row(row);
        }
    }
    columns.text()
}

/// A metric, or a dash where it has no value, as the area under the curve of one class.
fn defined(value: Option<f64>) -> String {
    value.map_or("-".to_string(), |value| number(value, 4))
}
