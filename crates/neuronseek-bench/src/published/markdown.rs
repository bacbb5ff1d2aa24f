//! The tables of the experiment.

use super::summary::counts;
use super::{
    DIFFERENCES, Line, Measure, Protocol, Published, PublishedSettings, Spread, Summary, absent,
    summarise,
};
use crate::ablation::Verdict as Pays;

/// One Markdown table per experiment with what it counts, what differs in the data, and which
/// tables are not there.
pub fn markdown(settings: &PublishedSettings, records: &[Line]) -> String {
    let all = summarise(records);
    let mut text = String::new();
    for protocol in Protocol::ALL {
        let own: Vec<&Summary> = all
            .iter()
            .filter(|one| one.case.protocol == protocol)
            .collect();
        if !own.is_empty() {
            text += &section(protocol, &own, counts(&all, protocol));
        }
    }
    text += "Marks: n the authors' notebooks, l a public list of results, p the predecessor's paper \
             (other networks); ? a number of an unknown scale or of another target, with which nothing is \
             compared.\n";
    text += &differences(&all);
    let absent = absent(settings, records);
    if !absent.is_empty() {
        text += &format!("\nNot run: {}.\n", absent.join(", "));
    }
    text
}

fn section(protocol: Protocol, own: &[&Summary], [better, worse, within]: [usize; 3]) -> String {
    let default = own.iter().any(|one| one.default.is_some());
    let mut text = format!("## {}\n\n", protocol.title());
    text += "| table | rows | inputs | hidden | seeds | measure | found | x | found against x \
             | neuron | parameters | of x |";
    text += if default { " default fit |" } else { "" };
    text += " published | found against it |\n|---|--:|--:|---|--:|---|--:|--:|---|---|--:|--:|";
    text += if default { "--:|" } else { "" };
    text += "---|---|\n";
    for one in own {
        text += &row(one, default);
    }
    let count = |verdict| own.iter().filter(|one| one.pays == Some(verdict)).count();
    text += &format!(
        "\nMean (deviation) over seeds. Against the first published number whose measure is known: \
         better {better}, worse {worse}, within the deviations {within}. Against x of the same widths \
         (95 % interval of the paired difference): pays {}, costs {}, neither {}, is x {}.\n\n",
        count(Pays::Pays),
        count(Pays::Costs),
        count(Pays::Neither),
        count(Pays::Same),
    );
    text
}

fn row(one: &Summary, default: bool) -> String {
    let hidden: Vec<String> = one.case.hidden.iter().map(usize::to_string).collect();
    let seeds = match one.failed {
        0 => one.runs.to_string(),
        failed => format!("{} ({failed} failed)", one.runs),
    };
    let neuron = match one.times {
        times if times == one.runs => one.neuron.to_string(),
        times => format!("{} ({times} of {})", one.neuron, one.runs),
    };
    let published: Vec<String> = (one.case.published.iter())
        .filter(|number| number.measure.is_none_or(|of| of == one.measure))
        .map(|number| published(number, one.measure))
        .collect();
    let published = match published.is_empty() {
        true => "-".to_string(),
        false => published.join("; "),
    };
    let against = one.against.map_or("-".to_string(), |against| {
        let change = match against.change {
            change if change.abs() < 10.0 => format!("{:+.1} %", 100.0 * change),
            change => format!("{:.1e} times", 1.0 + change),
        };
        let verdict = against.verdict.name();
        format!("{} {change}: {verdict}", against.published.model)
    });
    let default = match (default, one.default) {
        (false, _) => String::new(),
        (true, None) => " - |".to_string(),
        (true, Some((value, _))) => format!(" {} |", number(value, one.measure)),
    };
    format!(
        "| {} | {} | {} | {} | {seeds} | {} | {} | {} | {} | {neuron} | {:.0} | {:.0} |{default} \
         {published} | {against} |\n",
        one.case.table,
        one.rows.iter().sum::<usize>(),
        one.inputs,
        hidden.join("-"),
        one.measure.text(),
        spread(one.found, one.measure),
        spread(one.linear, one.measure),
        one.pays.map_or("-", Pays::name),
        one.parameters[0],
        one.parameters[1],
    )
}

fn published(one: &Published, measure: Measure) -> String {
    let unknown = if one.measure.is_none() { "?" } else { "" };
    let spread = Spread {
        mean: one.value,
        deviation: one.deviation,
    };
    let (model, mark) = (one.model, one.source.mark());
    format!(
        "{model} {}{unknown} ({mark})",
        self::spread(spread, measure)
    )
}

fn spread(one: Spread, measure: Measure) -> String {
    let mean = number(one.mean, measure);
    match one.deviation {
        Some(deviation) => format!("{mean} ({})", number(deviation, measure)),
        None => mean,
    }
}

/// Four decimals of an error, or an exponent where that says little; percent of a share.
fn number(value: f64, measure: Measure) -> String {
    match measure.rises() {
        true => format!("{:.2} %", 100.0 * value),
        false if value != 0.0 && !(1e-3..1e4).contains(&value.abs()) => format!("{value:.1e}"),
        false => format!("{value:.4}"),
    }
}

fn differences(all: &[Summary]) -> String {
    let mut lines = Vec::new();
    for one in all {
        let rows = one.rows.iter().sum::<usize>();
        let fewer = match one.case.rows {
            Some(public) if public != rows => format!("{rows} rows of {public}"),
            _ => String::new(),
        };
        let said = DIFFERENCES.iter().find(|(name, _)| *name == one.case.table);
        let parts: Vec<&str> = [fewer.as_str(), said.map_or("", |(_, text)| text)]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let line = format!("* {}: {}\n", one.case.table, parts.join("; "));
        if !parts.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!("\nWhat differs in the data:\n\n{}", lines.concat()),
    }
}
