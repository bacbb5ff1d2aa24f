//! Counts side by side: a group of bars per method, a bar per outcome.

use kuva::plot::BarPlot;
use kuva::plot::annotations::TextAnnotation;
use kuva::plot::legend::LegendPosition;
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;

use super::{Picture, PlotError, style};

/// The share of a group's place that its bars fill.
const WIDTH: f64 = 0.8;

/// The bars of one method.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name below the bars.
    pub name: String,
    /// One value per part of the chart, none below zero.
    pub values: Vec<f64>,
}

/// A grouped bar chart, each bar with its value above it, so that neither colour nor grid is
/// needed to read it. Bars of a group stand in the legend's order.
///
/// ```
/// use neuronseek_bench::plot::{Bars, Group};
///
/// let bars = Bars {
///     title: "Structures found".to_string(),
///     x: "method".to_string(),
///     y: "searches".to_string(),
///     parts: ["exact", "more", "missing"].map(String::from).to_vec(),
///     groups: vec![Group { name: "als".to_string(), values: vec![75.0, 0.0, 0.0] }],
/// };
/// assert!(bars.draw()?.svg().contains("missing"));
/// # Ok::<(), neuronseek_bench::plot::PlotError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// The title.
    pub title: String,
    /// What the groups are.
    pub x: String,
    /// What is counted.
    pub y: String,
    /// The names of a group's bars, as "exact", "more", "missing".
    pub parts: Vec<String>,
    /// The groups, from left to right.
    pub groups: Vec<Group>,
}

impl Bars {
    /// Draws. A chart without bars, a group with more or fewer values than parts, and a value
    /// that is below zero or not finite are errors that name the group.
    pub fn draw(&self) -> Result<Picture, PlotError> {
        self.check()?;
        let mut plot = BarPlot::new().with_width(WIDTH);
        for group in &self.groups {
            let bars = group.values.iter().enumerate();
            plot = plot.with_group(
                style::plain(&group.name),
                bars.map(|(part, &value)| (value, style::area_color(part))),
            );
        }
        let parts: Vec<String> = self.parts.iter().map(|part| style::plain(part)).collect();
        plot = plot.with_legend(parts.iter().map(String::as_str).collect());
        let plots = vec![Plot::Bar(plot)];
        let mut layout = style::layout(&plots, &self.title, &self.x, &self.y)
            .with_legend_box(false)
            .with_legend_position(LegendPosition::OutsideBottomColumns);
        let letters: usize = self
            .groups
            .iter()
            .map(|group| group.name.chars().count())
            .sum();
        if letters + 2 * self.groups.len() > 70 {
            layout = layout.with_x_tick_rotate(-35.0);
        }
        for annotation in self.labels() {
            layout = layout.with_annotation(annotation);
        }
        Ok(Picture::new(&self.title, render_multiple(plots, layout)))
    }

    /// Each bar's value, above the bar. Groups stand at 1, 2, ...
    fn labels(&self) -> Vec<TextAnnotation> {
        let width = WIDTH / self.parts.len() as f64;
        let size = if self.groups.len() * self.parts.len() > 24 {
            10
        } else {
            13
        };
        let mut labels = Vec::new();
        for (index, group) in self.groups.iter().enumerate() {
            let left = index as f64 + 1.0 - WIDTH / 2.0;
            for (part, &value) in group.values.iter().enumerate() {
                let middle = left + width * (part as f64 + 0.5);
                let text = format!("{}", (value * 100.0).round() / 100.0);
                labels.push(TextAnnotation::new(text, middle, value).with_font_size(size));
            }
        }
        labels
    }

    fn check(&self) -> Result<(), PlotError> {
        let title = || self.title.clone();
        if self.groups.is_empty() || self.parts.is_empty() {
            return Err(PlotError::Empty { title: title() });
        }
        for group in &self.groups {
            if group.values.len() != self.parts.len() {
                return Err(PlotError::Parts {
                    title: title(),
                    group: group.name.clone(),
                    values: group.values.len(),
                    parts: self.parts.len(),
                });
            }
            for (index, &value) in group.values.iter().enumerate() {
                if !(value.is_finite() && value >= 0.0) {
                    return Err(PlotError::Value {
                        title: title(),
                        series: group.name.clone(),
                        index: index + 1,
                        value,
                        axis: "bar",
                    });
                }
            }
        }
        Ok(())
    }
}
