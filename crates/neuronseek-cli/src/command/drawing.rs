//! Pictures made of letters: a neuron, curves, a waterfall.

use neuronseek::explain::{RowPart, Sketch};
use neuronseek::neuron::{Neuron, Term};

use crate::display::{Columns, Side, number};

/// Heights of a curve.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Curves that are drawn.
const CURVES: usize = 12;

/// Letters of a waterfall.
const WIDTH: usize = 36;

/// The terms of a neuron as branches from the inputs to the sum.
pub fn neuron(neuron: &Neuron) -> String {
    let terms: Vec<String> = neuron.terms().iter().map(|term| branch(*term)).collect();
    let widest = terms
        .iter()
        .map(|text| text.chars().count())
        .max()
        .unwrap_or(0);
    let last = terms.len().saturating_sub(1);
    let line = |(place, text): (usize, &String)| {
        let fill = "─".repeat(widest - text.chars().count());
        let (left, right) = match (place, last) {
            (0, 0) => ("inputs x ──", "── sum ── activation ──"),
            (0, _) => ("inputs x ─┬", "┬─ sum ── activation ──"),
            (place, last) if place == last => ("          └", "┘"),
            _ => ("          ├", "┤"),
        };
        format!("{left}── {text} {fill}──{right}\n")
    };
    terms.iter().enumerate().map(line).collect()
}

fn branch(term: Term) -> String {
    match term {
        Term::Pure { order: 1 } => "w · x".to_string(),
        Term::Pure { order } => format!("w · x^{order}"),
        Term::Function(function) => format!("w · {}(x)", function.name()),
        Term::Interaction { order, rank } => {
            let factors = ["u", "v", "p", "q", "r"];
            let product = match order <= factors.len() {
                true => factors[..order]
                    .iter()
                    .map(|name| format!("({name} · x)"))
                    .collect(),
                false => format!("{order} factors (u · x)"),
            };
            match rank {
                Some(1) => product,
                Some(rank) => format!("{rank} of {product}"),
                None => format!("some of {product}"),
            }
        }
    }
}

/// Curves over the usual range of each input, the others in their middle; all of one scale.
pub fn sketches(sketches: &[Sketch], styled: bool) -> String {
    let Some(first) = sketches.first() else {
        return String::new();
    };
    let values = || sketches.iter().flat_map(|sketch| &sketch.values);
    let low = values().copied().fold(f64::INFINITY, f64::min);
    let high = values().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut columns = Columns::new(
        &[
            ("input", Side::Left),
            ("from", Side::Right),
            (first.output.as_str(), Side::Left),
            ("to", Side::Left),
            ("predicts", Side::Left),
        ],
        styled,
    );
    for sketch in sketches.iter().take(CURVES) {
        let least = sketch.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = sketch
            .values
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        columns.row([
            sketch.input.clone(),
            number(sketch.range[0], 4),
            curve(&sketch.values, [low, high]),
            number(sketch.range[1], 4),
            format!("{} to {}", number(least, 4), number(most, 4)),
        ]);
    }
    let more = match sketches.len() > CURVES {
        true => format!(
            "and {} more inputs that move it less\n",
            sketches.len() - CURVES
        ),
        false => String::new(),
    };
    format!("\n{}{more}", columns.text())
}

/// Numbers as heights between two ends.
pub fn curve(values: &[f64], [low, high]: [f64; 2]) -> String {
    let height = |value: &f64| {
        let share = (value - low) / (high - low);
        let place = (share * HEIGHTS.len() as f64) as usize;
        match share.is_finite() {
            true => HEIGHTS[place.min(HEIGHTS.len() - 1)],
            false => HEIGHTS[0],
        }
    };
    values.iter().map(height).collect()
}

/// From the mean prediction to that of the row, column by column.
pub fn waterfall(part: &RowPart, styled: bool) -> String {
    const LISTED: usize = 15;
    let (shown, rest) = part
        .contributions
        .split_at(part.contributions.len().min(LISTED));
    let mut steps: Vec<(String, f64)> = shown
        .iter()
        .map(|own| {
            let cell = own.cell.as_deref().unwrap_or("missing");
            (format!("{} = {cell}", own.column), own.value)
        })
        .collect();
    if !rest.is_empty() {
        let sum = rest.iter().map(|own| own.value).sum();
        steps.push((format!("{} other columns", rest.len()), sum));
    }
    let mut ends = vec![part.base];
    for (_, value) in &steps {
        ends.push(ends[ends.len() - 1] + value);
    }
    let low = ends.iter().copied().fold(f64::INFINITY, f64::min);
    let high = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = |value: f64| match high > low {
        true => ((value - low) / (high - low) * WIDTH as f64).round() as usize,
        false => 0,
    };
    let title = format!("row {}", part.row);
    let mut columns = Columns::new(
        &[
            (title.as_str(), Side::Left),
            (part.output.as_str(), Side::Right),
            ("", Side::Left),
        ],
        styled,
    );
    columns.row([
        "mean prediction".to_string(),
        number(part.base, 5),
        format!("{}│", " ".repeat(place(part.base))),
    ]);
    for ((name, value), pair) in steps.iter().zip(ends.windows(2)) {
        let (from, to) = (place(pair[0].min(pair[1])), place(pair[0].max(pair[1])));
        let block = if *value < 0.0 { "░" } else { "█" };
        let bar = format!("{}{}", " ".repeat(from), block.repeat((to - from).max(1)));
        let sign = if *value < 0.0 { "" } else { "+" };
        columns.row([shortened(name), format!("{sign}{}", number(*value, 3)), bar]);
    }
    columns.strong_row([
        "prediction".to_string(),
        number(part.prediction, 5),
        format!("{}│", " ".repeat(place(part.prediction))),
    ]);
    let actual = part.actual.as_ref();
    let actual = actual.map_or(String::new(), |actual| format!("the table says {actual}\n"));
    format!(
        "{}█ raises, ░ lowers; {}\n{actual}",
        columns.text(),
        part.method
    )
}

fn shortened(text: &str) -> String {
    const MOST: usize = 48;
    match text.chars().count() > MOST {
        true => format!("{}…", text.chars().take(MOST - 1).collect::<String>()),
        false => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use neuronseek::explain::ContributionPart;

    use super::*;

    #[test]
    fn a_neuron_is_a_tree() {
        let of = |text: &str| neuron(&text.parse().unwrap());
        let text = of("x + x^3 + cp(2, r=4)");
        assert!(text.contains("inputs x ─┬── w · x "), "{text}");
        assert!(text.contains("└── 4 of (u · x)(v · x) "), "{text}");
        let widths: Vec<usize> = text
            .lines()
            .skip(1)
            .map(|line| line.chars().count())
            .collect();
        assert_eq!(widths[0], widths[1], "{text}");
        assert!(of("x").starts_with("inputs x ──── w · x "), "{}", of("x"));
    }

    #[test]
    fn curves_fill_their_range() {
        assert_eq!(curve(&[0.0, 0.5, 1.0, f64::NAN], [0.0, 1.0]), "▁▅█▁");
        assert_eq!(curve(&[2.0, 2.0], [2.0, 2.0]), "▁▁");
    }

    #[test]
    fn a_waterfall_ends_at_the_prediction() {
        let contribution = |column: &str, value| ContributionPart {
            column: column.to_string(),
            cell: Some("7".to_string()),
            value,
            standard_error: 0.0,
        };
        let part = RowPart {
            row: 3,
            output: "y".to_string(),
            base: 10.0,
            prediction: 14.0,
            actual: Some("15".to_string()),
            method: "by hand".to_string(),
            contributions: vec![contribution("a", 6.0), contribution("b", -2.0)],
        };
        let text = waterfall(&part, false);
        for wanted in [
            "a = 7",
            "+6.00",
            "-2.00",
            "10.000",
            "14.000",
            "the table says 15",
        ] {
            assert!(text.contains(wanted), "{text}");
        }
        let bar = |name: &str| {
            let line = text.lines().find(|line| line.contains(name)).unwrap();
            line.chars().filter(|letter| "█░".contains(*letter)).count()
        };
        assert_eq!((bar("a = 7"), bar("b = 7")), (36, 12), "{text}");
    }
}
