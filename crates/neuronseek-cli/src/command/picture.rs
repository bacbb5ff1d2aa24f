//! A found neuron as a picture: what each term explains, and how it compares.

use kuva::backend::svg::SvgBackend;
use kuva::plot::BarPlot;
use kuva::render::figure::Figure;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use neuronseek::model::{FitReport, Metrics};

use super::summary;

const TERM: &str = "#2f6f9f";
const CHOSEN: &str = "#2f6f9f";
const OTHER: &str = "#b8c4cc";

/// The picture as SVG.
pub fn svg(report: &FitReport) -> String {
    let mut plots = Vec::new();
    let mut layouts = Vec::new();
    if let Some(search) = report
        .search
        .as_ref()
        .filter(|search| !search.evidence.is_empty())
    {
        let bars = search
            .evidence
            .iter()
            .map(|term| (term.term.to_string(), 100.0 * term.explained, TERM));
        let (plot, layout) = panel(bars.collect());
        plots.push(plot);
        layouts.push(
            layout
                .with_title("What each term of the found neuron explains")
                .with_x_label("% of the target's variance lost without it"),
        );
    }
    let (rows, losses) = losses(report);
    let (plot, layout) = panel(losses);
    plots.push(plot);
    layouts.push(
        layout
            .with_title(format!("Loss on the {rows} rows (shorter is better)"))
            .with_x_label(match report.metrics.values().next() {
                Some(Metrics::Classification { .. }) => "log loss",
                _ => "mean squared error / variance",
            }),
    );
    let columns = plots.len();
    let figure = Figure::new(1, columns)
        .with_title(format!(
            "{} from {}",
            report.targets.join(", "),
            report.neuron
        ))
        .with_plots(plots)
        .with_layouts(layouts)
        .with_cell_size(520.0, 300.0);
    SvgBackend.render_scene(&figure.render())
}

/// Bars that lie, the first on top.
fn panel(mut bars: Vec<(String, f64, &'static str)>) -> (Vec<Plot>, Layout) {
    // The plot counts from the bottom.
    bars.reverse();
    let plot = BarPlot::new()
        .with_colored_bars(bars)
        .with_horizontal(true)
        .with_width(0.6);
    let plots = vec![Plot::Bar(plot)];
    let layout = Layout::auto_from_plots(&plots)
        .with_title_size(15)
        .with_label_size(13)
        .with_tick_size(13);
    (plots, layout)
}

/// The loss of everything that was compared, on the rows that say most.
fn losses(report: &FitReport) -> (&'static str, Vec<(String, f64, &'static str)>) {
    let split = summary::telling_split(report);
    let of_test = split == "test";
    let mut bars: Vec<(String, f64, &'static str)> = report
        .candidates
        .iter()
        .filter_map(|outcome| {
            let loss = if of_test {
                outcome.test.as_ref()?.loss()
            } else {
                outcome.validation
            };
            let color = if outcome.chosen { CHOSEN } else { OTHER };
            Some((report.candidate_name(outcome), loss, color))
        })
        .collect();
    for (name, metrics) in [("linear model", &report.linear), ("constant", &report.mean)] {
        if let Some(loss) = metrics.get(split).map(Metrics::loss) {
            bars.push((name.to_string(), loss, OTHER));
        }
    }
    (split, bars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bar_is_labelled() {
        let bars = vec![
            ("cp(2, r=1)".to_string(), 12.0, TERM),
            ("x".to_string(), 3.0, TERM),
        ];
        let (plots, layout) = panel(bars);
        let figure = Figure::new(1, 1)
            .with_plots(vec![plots])
            .with_layouts(vec![layout]);
        let svg = SvgBackend.render_scene(&figure.render());
        assert!(svg.contains("cp(2, r=1)"), "{svg}");
    }
}
