//! The plots of each experiment.

use crate::ablation::{self, Candidate, Question, Verdict};
use crate::convergence;
use crate::formulas::{self, Kind};
use crate::plot::{Axis, Bars, Chart, Group, Picture, PlotError, Series};
use crate::recovery;
use crate::scalability;
use crate::stability;
use crate::statistics::quantile;

/// A plot and the name of its files.
pub type Named = (String, Picture);

/// Numbers below this are drawn at it, since a logarithmic axis has no zero.
const LEAST: f64 = 1e-9;

/// Structures per method: exact, with more terms, missing, failed.
pub fn recovery(rows: &[recovery::Row]) -> Result<Vec<Named>, PlotError> {
    let summaries = recovery::summarise(rows);
    let all = summaries.iter().filter(|one| one.case.is_none());
    let groups: Vec<Group> = all
        .map(|one| Group {
            name: one.method.clone(),
            values: [one.perfect, one.noisy, one.missing, one.failed]
                .map(|count| count as f64)
                .to_vec(),
        })
        .collect();
    bars(
        "recovery",
        "Structures found on the synthetic cases",
        ("method", "searches"),
        &["exact", "more", "missing", "failed"],
        groups,
    )
}

/// Agreement per table and method, one plot per kind of change.
pub fn stability(summaries: &[stability::Summary]) -> Result<Vec<Named>, PlotError> {
    let mut named = Vec::new();
    let mut changes: Vec<String> = Vec::new();
    for one in summaries {
        let change = one.change.to_string();
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    for (index, change) in changes.iter().enumerate() {
        let of = summaries
            .iter()
            .filter(|one| one.change.to_string() == *change);
        let groups: Vec<Group> = of
            .filter_map(|one| {
                Some(Group {
                    name: format!("{}, {}", one.data, one.method),
                    values: vec![one.agreement_of_orders?, one.jaccard?],
                })
            })
            .collect();
        named.extend(bars(
            &format!("stability-{index}"),
            &format!("Agreement of structures: {change}"),
            ("data and method", "0 to 1"),
            &["exact agreement of pairs", "Jaccard"],
            groups,
        )?);
    }
    Ok(named)
}

/// Test error and seconds against the number of inputs, one pair of plots per budget and rows.
pub fn scalability(records: &[scalability::Line]) -> Result<Vec<Named>, PlotError> {
    let summaries = scalability::summarise(records);
    let mut sizes: Vec<(usize, u64)> = summaries
        .iter()
        .filter(|one| one.budget > 0.0)
        .map(|one| (one.rows, one.budget.to_bits()))
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut named = Vec::new();
    for (rows, budget) in sizes {
        let seconds = f64::from_bits(budget);
        let of: Vec<&scalability::Summary> = summaries
            .iter()
            .filter(|one| one.rows == rows && (one.budget == seconds || one.budget == 0.0))
            .collect();
        let stem = format!("{rows}-rows-{seconds}-s");
        let title = format!("{rows} rows, {seconds} s");
        let inputs = || Axis::log("inputs");
        let retrained = lines(&of, &|one| one.retrained);
        named.extend(chart(
            &format!("error-{stem}"),
            &format!("Test error of the retrained structure, {title}"),
            (inputs(), Axis::log("mean squared error / variance")),
            retrained,
        )?);
        named.extend(chart(
            &format!("seconds-{stem}"),
            &format!("Time of a search, {title}"),
            (inputs(), Axis::log("seconds (median)")),
            lines(&of, &|one| (one.budget > 0.0).then_some(one.seconds)),
        )?);
    }
    Ok(named)
}

fn lines(
    summaries: &[&scalability::Summary],
    value: &dyn Fn(&scalability::Summary) -> Option<f64>,
) -> Vec<Series> {
    let mut series: Vec<Series> = Vec::new();
    for one in summaries {
        let Some(value) = value(one) else { continue };
        let point = (one.dim as f64, value.max(LEAST));
        match series.iter_mut().find(|known| known.name == one.method) {
            Some(known) => known.points.push(point.into()),
            None => series.push(Series::line(one.method.clone(), [point])),
        }
    }
    series
}

/// Test error against time, one plot per case and number of inputs.
pub fn convergence(records: &[convergence::Line]) -> Result<Vec<Named>, PlotError> {
    let mut sizes = Vec::new();
    for line in records {
        let size = (line.run.case, line.run.table.dim);
        if !sizes.contains(&size) {
            sizes.push(size);
        }
    }
    let mut named = Vec::new();
    for (case, dim) in sizes {
        let of = records
            .iter()
            .filter(|line| line.run.case == case && line.run.table.dim == dim);
        let series: Vec<Series> = of
            .map(|line| Series::line(line.run.method.clone(), steps(line)))
            .filter(|series| !series.points.is_empty())
            .collect();
        named.extend(chart(
            &format!("{}-{dim}", case.to_string().replace(' ', "-")),
            &format!("Test error against time: {case}, {dim} inputs"),
            (
                Axis::log("seconds"),
                Axis::log("mean squared error / variance"),
            ),
            series,
        )?);
    }
    Ok(named)
}

/// The best error so far would hide that a search left a good structure; so the present one.
fn steps(line: &convergence::Line) -> Vec<(f64, f64)> {
    let points = line.result.points.iter().zip(&line.measured.seconds);
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (point, seconds) in points {
        let Some(error) = point.retrained else {
            continue;
        };
        let error = error.max(LEAST);
        if let Some((_, last)) = steps.last().copied() {
            // Level until the next structure.
            steps.push((seconds.max(LEAST), last));
        }
        steps.push((seconds.max(LEAST), error));
    }
    steps
}

/// How often each neuron and ingredient pays; the change of the loss by the ladder's width.
pub fn ablation(all: &[ablation::Paired]) -> Result<Vec<Named>, PlotError> {
    let parts = [Verdict::Pays, Verdict::Costs, Verdict::Neither];
    let mut groups: [Vec<Group>; 2] = Default::default();
    let mut changes: Vec<(&Candidate, usize, Vec<f64>)> = Vec::new();
    for one in all {
        let (kind, name) = match &one.question {
            Question::Ingredient(one) => (1, one.name().to_string()),
            Question::Neuron { of, hidden } => {
                if let [width, half] = hidden[..]
                    && half == width / 2
                    && one.verdict() != Some(Verdict::Same)
                {
                    let same = |c: &&mut (&Candidate, usize, Vec<f64>)| (c.0, c.1) == (of, width);
                    match changes.iter_mut().find(same) {
                        Some(known) => known.2.push(one.percent()),
                        None => changes.push((of, width, vec![one.percent()])),
                    }
                }
                if hidden
                    .first()
                    .is_some_and(|&width| width != ablation::REFERENCE[0])
                {
                    continue;
                }
                (0, format!("{of}, {} hidden", hidden.len()))
            }
        };
        let position = groups[kind].iter().position(|group| group.name == name);
        let position = position.unwrap_or_else(|| {
            let values = vec![0.0; parts.len()];
            groups[kind].push(Group { name, values });
            groups[kind].len() - 1
        });
        for (part, value) in parts.iter().zip(&mut groups[kind][position].values) {
            *value += f64::from(one.verdict() == Some(*part));
        }
    }
    let [neurons, ingredients] = groups;
    let names = parts.map(Verdict::name);
    let axes = ("neuron and network", "tables");
    let title = "The neuron against x at equal parameters";
    let mut named = bars("ablation-neurons", title, axes, &names, neurons)?;
    let axes = ("ingredient", "tables");
    let title = "The recipe with an ingredient against without";
    named.extend(bars(
        "ablation-ingredients",
        title,
        axes,
        &names,
        ingredients,
    )?);
    let title = "Test loss of the neuron against x by size: median, quartiles of the tables";
    let axes = (
        Axis::log("units of the first layer"),
        Axis::linear("change in %"),
    );
    named.extend(chart(
        "ablation-widths",
        title,
        axes,
        changes_by_width(changes),
    )?);
    Ok(named)
}

fn changes_by_width(mut changes: Vec<(&Candidate, usize, Vec<f64>)>) -> Vec<Series> {
    changes.sort_by_key(|(_, width, _)| *width);
    let mut series: Vec<Series> = Vec::new();
    for (of, width, percents) in changes {
        let at = |share| quantile(&percents, share).unwrap_or(0.0);
        let point = (width as f64, at(0.5), at(0.25), at(0.75));
        let name = of.to_string();
        match series.iter_mut().find(|known| known.name == name) {
            Some(known) => known.points.push(point.into()),
            None => series.push(Series::line(name, [point])),
        }
    }
    series
}

/// Formulas found per method.
pub fn formulas(records: &[formulas::Line]) -> Result<Vec<Named>, PlotError> {
    let mut groups: Vec<Group> = Vec::new();
    for line in records {
        let exact = line.result.recovered == Some(true);
        let explained = line.run.formula.kind == Kind::Rational
            && line.result.r2.is_some_and(|r2| r2 > formulas::EXPLAINED);
        let counts = [f64::from(exact), f64::from(explained)];
        match groups.iter_mut().find(|g| g.name == line.run.method) {
            Some(group) => {
                let values = group.values.iter_mut().zip(counts);
                values.for_each(|(sum, count)| *sum += count);
            }
            None => groups.push(Group {
                name: line.run.method.clone(),
                values: counts.to_vec(),
            }),
        }
    }
    bars(
        "formulas",
        "Published formulas found again",
        ("method", "formulas"),
        &["polynomials recovered", "rational ones explained"],
        groups,
    )
}

fn bars(
    name: &str,
    title: &str,
    (x, y): (&str, &str),
    parts: &[&str],
    groups: Vec<Group>,
) -> Result<Vec<Named>, PlotError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let bars = Bars {
        title: title.to_string(),
        x: x.to_string(),
        y: y.to_string(),
        parts: parts.iter().map(ToString::to_string).collect(),
        groups,
    };
    Ok(vec![(name.to_string(), bars.draw()?)])
}

fn chart(
    name: &str,
    title: &str,
    (x, y): (Axis, Axis),
    series: Vec<Series>,
) -> Result<Vec<Named>, PlotError> {
    if series.is_empty() {
        return Ok(Vec::new());
    }
    let chart = Chart {
        title: title.to_string(),
        x,
        y,
        series,
    };
    Ok(vec![(name.to_string(), chart.draw()?)])
}
