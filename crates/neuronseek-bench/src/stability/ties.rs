//! Whether the data can tell the structures apart that different samples of it led to.

use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::search::als::{AlsSettings, compare as compare_structures};
use neuronseek::search::{Alternative, Problem};
use serde::{Deserialize, Serialize};

use super::{Change, Data, Found, Measured, Run, StabilityError, StabilitySettings, data};
use crate::runs::{Options, Plan, Record, execute};

/// The structures found on one real table, each fitted to all its training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The table.
    pub data: Data,
    /// The structures that some search found, and how each compares; in the order of the records.
    pub structures: Vec<Alternative>,
}

/// What is compared: a run of the engine, so that an interrupted comparison goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Comparison {
    data: Data,
    structures: Vec<Neuron>,
}

/// Fits every structure that was found on a real table, by any method under any change, to all
/// training rows of the table, and compares their errors on held-out rows, by
/// [`compare`](compare_structures()).
///
/// # Errors
/// When a table or a file of results cannot be read, or rows are too few.
pub fn compare(
    settings: &StabilitySettings,
    records: &[Record<Run, Found, Measured>],
    options: &Options,
    control: &Control<'_>,
) -> Result<Vec<Compared>, StabilityError> {
    let Some(folder) = &settings.folder else {
        return Ok(Vec::new());
    };
    let tables = super::read_tables(folder, settings)?;
    let mut runs: Vec<Comparison> = Vec::new();
    for record in records {
        let Some(neuron) = (record.result.neuron.as_ref()).filter(|neuron| !neuron.is_empty())
        else {
            continue;
        };
        let data = &record.run.data;
        match runs.iter_mut().find(|run| &run.data == data) {
            Some(run) if run.structures.contains(neuron) => {}
            Some(run) => run.structures.push(neuron.clone()),
            None if matches!(data, Data::Table { .. }) => runs.push(Comparison {
                data: data.clone(),
                structures: vec![neuron.clone()],
            }),
            None => {}
        }
    }
    let work = |run: &Comparison, control: &Control<'_>| {
        let name = run.data.name();
        let table = tables.iter().find(|table| table.name == name);
        let parts = &table.ok_or_else(|| format!("no table {name}"))?.parts;
        let origin = records.first().map(|record| record.run.search.origin);
        let scale = data::scale(&parts.training, origin.unwrap_or_default());
        let inputs = scale.apply(&parts.training.inputs);
        let problem = Problem {
            inputs: &inputs,
            target: &parts.training.target,
            weights: None,
        };
        let settings = AlsSettings::default();
        let compared = compare_structures(&problem, &run.structures, &settings, 0, control);
        Ok((compared.map_err(|error| error.to_string())?, ()))
    };
    let plan = Plan {
        experiment: "ties",
        version: 1,
        runs,
    };
    let results = execute(&plan, options, control, &work, &|_, _| {})?;
    let compared = results.records.into_iter().map(|record| Compared {
        data: record.run.data,
        structures: record.result,
    });
    Ok(compared.collect())
}

/// A Markdown table: per method, table and change, how many of the searches ended in a structure
/// that held-out rows cannot tell from the best of all that were found on the table.
pub fn ties_markdown(records: &[Record<Run, Found, Measured>], compared: &[Compared]) -> String {
    let mut text = String::from(
        "Every structure found, fitted to all training rows: how many searches ended in one that \
         held-out rows cannot tell from the best of them (at most one standard error of the \
         paired difference, and at most a tenth, above it):\n\n\
         | method | data | change | searches | tied with the best | structures | of them tied \
         | held-out error: least | highest of the searches | BIC: least | of the ties, highest |\n\
         |---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let same = |a: &Run, b: &Run| {
        (&a.method, &a.search, &a.data, a.change) == (&b.method, &b.search, &b.data, b.change)
    };
    for group in records.chunk_by(|a, b| same(&a.run, &b.run)) {
        let run = &group[0].run;
        let Some(table) = compared.iter().find(|table| table.data == run.data) else {
            continue;
        };
        text += &row(run.change, &run.method, group, table).unwrap_or_default();
    }
    text
}

fn row(
    change: Change,
    method: &str,
    group: &[Record<Run, Found, Measured>],
    table: &Compared,
) -> Option<String> {
    let of = |neuron: &Neuron| table.structures.iter().find(|one| &one.neuron == neuron);
    let found: Vec<&Alternative> = (group.iter())
        .filter_map(|record| of(record.result.neuron.as_ref()?))
        .collect();
    let mut distinct: Vec<&Alternative> = Vec::new();
    for one in &found {
        if !distinct.iter().any(|known| known.neuron == one.neuron) {
            distinct.push(one);
        }
    }
    let extreme = |values: &mut dyn Iterator<Item = f64>, highest: bool| {
        values.reduce(if highest { f64::max } else { f64::min })
    };
    let ties = || distinct.iter().filter(|one| one.tied());
    let all = &table.structures;
    Some(format!(
        "| {method} | {} | {change} | {} | {} | {} | {} | {:.4} | {:.4} | {:.1} | {} |\n",
        table.data.name(),
        found.len(),
        found.iter().filter(|one| one.tied()).count(),
        distinct.len(),
        ties().count(),
        extreme(&mut all.iter().map(|one| one.error), false)?,
        extreme(&mut distinct.iter().map(|one| one.error), true)?,
        extreme(&mut all.iter().map(|one| one.criterion), false)?,
        extreme(&mut ties().map(|one| one.criterion), true)
            .map_or("-".to_string(), |bic| format!("{bic:.1}")),
    ))
}
