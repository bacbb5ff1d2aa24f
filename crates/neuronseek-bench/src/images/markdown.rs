//! The table of the experiment.

use neuronseek::neuron::Neuron;

use super::{Answer, ImagesSettings, Line, Measured};
use crate::statistics::{deviation, interval, mean, median};

/// One row per set, architecture and neuron: accuracy over seeds, its difference to the first
/// neuron's with the same seeds, size and speed.
pub fn markdown(settings: &ImagesSettings, records: &[Line]) -> String {
    let mut text = "| set | network | neuron | width | parameters | multiply-adds | seeds | \
                    test accuracy | against the first, paired (95 %) | images per processor second |\n\
                    |---|---|---|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_string();
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for record in records {
        let group = (record.run.set.as_str(), record.run.plan.architecture.name());
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for (set, architecture) in groups {
        let of = |neuron: &Neuron| -> Vec<&Line> {
            let mine = |line: &&Line| {
                let plan = &line.run.plan;
                line.run.set == set
                    && plan.architecture.name() == architecture
                    && plan.neuron == *neuron
            };
            records.iter().filter(mine).collect()
        };
        for (number, neuron) in settings.neurons.iter().enumerate() {
            let lines = of(neuron);
            let first = (number > 0).then(|| of(&settings.neurons[0]));
            text += &row(set, architecture, neuron, &lines, first.as_deref());
        }
    }
    let config = &settings.config;
    text += &format!(
        "\n{} epochs of batches of {}, the same schedule for all; mean (deviation) of the test \
         accuracy in per cent after the last epoch.\n",
        config.epochs, config.batch
    );
    for record in records {
        if let Answer::Failed(reason) = &record.result {
            let run = &record.run;
            text += &format!(
                "\nFailed: {}, {} of {}, seed {}: {reason}\n",
                run.set, run.plan.architecture, run.plan.neuron, run.config.seed
            );
        }
    }
    text
}

fn row(
    set: &str,
    architecture: &str,
    neuron: &Neuron,
    lines: &[&Line],
    first: Option<&[&Line]>,
) -> String {
    let accuracies: Vec<f64> = lines.iter().filter_map(|line| accuracy(line)).collect();
    let (Some(line), Some(average)) = (lines.first(), mean(&accuracies)) else {
        return format!("| {set} | {architecture} | {neuron} | - | - | - | 0 | - | - | - |\n");
    };
    let Answer::Trained {
        parameters,
        multiply_adds,
        ..
    } = &line.result
    else {
        return format!("| {set} | {architecture} | {neuron} | - | - | - | 0 | - | - | - |\n");
    };
    let spread = deviation(&accuracies).map_or(String::new(), |s| format!(" ({s:.2})"));
    let against = first.map_or("-".to_string(), |first| difference(lines, first));
    // Seconds of the processor, and the median: other work on the machine says nothing of a network.
    let pace = |m: &Measured| m.images_per_second * m.seconds / m.cpu_seconds;
    let speeds: Vec<f64> = lines.iter().map(|line| pace(&line.measured)).collect();
    format!(
        "| {set} | {architecture} | {neuron} | {:.3} | {parameters} | {:.1} M | {} | \
         {average:.2}{spread} | {against} | {:.0} |\n",
        line.run.plan.width,
        *multiply_adds as f64 / 1e6,
        accuracies.len(),
        median(&speeds).unwrap_or_default(),
    )
}

/// In per cent.
fn accuracy(line: &Line) -> Option<f64> {
    match &line.result {
        Answer::Trained { accuracy, .. } => Some(100.0 * accuracy),
        Answer::Failed(_) => None,
    }
}

/// The mean difference over the seeds that both have, with its interval.
fn difference(lines: &[&Line], first: &[&Line]) -> String {
    let pairs = lines.iter().filter_map(|line| {
        let seed = line.run.config.seed;
        let other = first.iter().find(|other| other.run.config.seed == seed)?;
        Some(accuracy(line)? - accuracy(other)?)
    });
    let differences: Vec<f64> = pairs.collect();
    match (mean(&differences), interval(&differences)) {
        (Some(mean), Some((low, high))) => format!("{mean:+.2} ({low:+.2} to {high:+.2})"),
        (Some(mean), None) => format!("{mean:+.2}"),
        _ => "-".to_string(),
    }
}
