//! Series of points over two axes, linear or logarithmic.

use kuva::plot::legend::{LegendEntry, LegendPosition, LegendShape};
use kuva::plot::{BandPlot, LinePlot, ScatterPlot};
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;

use super::{Picture, PlotError, style};

/// Series with more points than this get a band in place of a whisker at each point, and markers
/// at some of the points.
const MANY: usize = 20;

/// How values are laid along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal differences are equal lengths. The default.
    #[default]
    Linear,
    /// Equal ratios are equal lengths; values must be above zero.
    Log,
}

/// An axis.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Axis {
    /// What it counts, with its unit.
    pub label: String,
    /// How values are laid.
    pub scale: Scale,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Axis {
        Axis {
            label: label.into(),
            scale: Scale::Linear,
        }
    }

    /// A logarithmic axis.
    pub fn log(label: impl Into<String>) -> Axis {
        Axis {
            label: label.into(),
            scale: Scale::Log,
        }
    }
}

/// A point, with an interval about its height where one is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Along.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// The ends of the interval, low and high: values, not distances. Quantiles suit a
    /// logarithmic axis, on which a mean less a deviation may have no place.
    pub interval: Option<(f64, f64)>,
}

impl From<(f64, f64)> for Point {
    fn from((x, y): (f64, f64)) -> Point {
        Point {
            x,
            y,
            interval: None,
        }
    }
}

impl From<(f64, f64, f64, f64)> for Point {
    /// From x, y, low, high.
    fn from((x, y, low, high): (f64, f64, f64, f64)) -> Point {
        Point {
            x,
            y,
            interval: Some((low, high)),
        }
    }
}

/// Points of one name, in the order in which a line joins them.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// The points.
    pub points: Vec<Point>,
    /// Whether a line joins the points; markers alone otherwise.
    pub joined: bool,
}

impl Series {
    /// Points joined by a line.
    pub fn line<P: Into<Point>>(
        name: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Series {
        Series {
            name: name.into(),
            points: points.into_iter().map(Into::into).collect(),
            joined: true,
        }
    }

    /// Points alone.
    pub fn scatter<P: Into<Point>>(
        name: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Series {
        Series {
            joined: false,
            ..Series::line(name, points)
        }
    }
}

/// Lines and points over two axes. The legend stands below the axes.
///
/// ```
/// use neuronseek_bench::plot::{Axis, Chart, Series};
///
/// let chart = Chart {
///     title: "Test error over time".to_string(),
///     x: Axis::log("seconds"),
///     y: Axis::linear("mean squared error / variance"),
///     series: vec![Series::line("als", [(1.0, 0.5), (10.0, 0.1)])],
/// };
/// assert!(chart.draw()?.svg().contains("als"));
/// # Ok::<(), neuronseek_bench::plot::PlotError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The title.
    pub title: String,
    /// The axis along.
    pub x: Axis,
    /// The axis up.
    pub y: Axis,
    /// What is drawn, the first at the back.
    pub series: Vec<Series>,
}

impl Chart {
    /// Draws. A chart without points, a value that is not finite and one that is not above zero
    /// on a logarithmic axis are errors that name the series and the point.
    pub fn draw(&self) -> Result<Picture, PlotError> {
        self.check()?;
        let mut plots = Vec::new();
        let mut legend = Vec::new();
        for (index, series) in self.series.iter().enumerate() {
            draw_series(index, series, &mut plots);
            legend.push(LegendEntry {
                label: style::plain(&series.name),
                color: style::line_color(index).to_string(),
                shape: LegendShape::Marker(style::marker(index)),
                dasharray: None,
            });
        }
        let mut layout = style::layout(&plots, &self.title, &self.x.label, &self.y.label)
            .with_legend_entries(legend)
            .with_legend_box(false)
            .with_legend_position(LegendPosition::OutsideBottomColumns);
        if self.x.scale == Scale::Log {
            layout = layout.with_log_x();
        }
        if self.y.scale == Scale::Log {
            layout = layout.with_log_y();
        }
        Ok(Picture::new(&self.title, render_multiple(plots, layout)))
    }

    fn check(&self) -> Result<(), PlotError> {
        if self.series.iter().all(|series| series.points.is_empty()) {
            return Err(PlotError::Empty {
                title: self.title.clone(),
            });
        }
        for series in &self.series {
            for (index, point) in series.points.iter().enumerate() {
                let (low, high) = point.interval.unwrap_or((point.y, point.y));
                let values = [
                    (point.x, self.x.scale),
                    (point.y, self.y.scale),
                    (low, self.y.scale),
                    (high, self.y.scale),
                ];
                for (value, scale) in values {
                    let fits = value.is_finite() && (scale == Scale::Linear || value > 0.0);
                    if !fits {
                        return Err(PlotError::Value {
                            title: self.title.clone(),
                            series: series.name.clone(),
                            index: index + 1,
                            value,
                            axis: match scale {
                                Scale::Linear => "linear",
                                Scale::Log => "logarithmic",
                            },
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

/// The band or whiskers, the line and the markers of one series.
fn draw_series(index: usize, series: &Series, plots: &mut Vec<Plot>) {
    let color = style::line_color(index);
    let points = &series.points;
    let many = points.len() > MANY;
    let known: Vec<&Point> = points.iter().filter(|p| p.interval.is_some()).collect();
    if series.joined && many && !known.is_empty() {
        let ends =
            |end: fn((f64, f64)) -> f64| known.iter().filter_map(move |p| p.interval.map(end));
        let x = known.iter().map(|point| point.x);
        let band = BandPlot::new(x, ends(|ends| ends.0), ends(|ends| ends.1))
            .with_color(color)
            .with_opacity(0.18);
        plots.push(Plot::Band(band));
    }
    if series.joined {
        let line = LinePlot::new()
            .with_data(points.iter().map(|point| (point.x, point.y)))
            .with_color(color)
            .with_stroke_width(2.0)
            .with_line_style(style::dash(index));
        plots.push(Plot::Line(line));
    }
    // Every point of a scatter is data; along a line of many points the markers only name it.
    let step = if series.joined && many {
        points.len().div_ceil(MANY)
    } else {
        1
    };
    let marked: Vec<&Point> = points.iter().step_by(step).collect();
    let mut scatter = ScatterPlot::new()
        .with_data(marked.iter().map(|point| (point.x, point.y)))
        .with_color(color)
        .with_size(4.5)
        .with_marker(style::marker(index));
    if !(known.is_empty() || series.joined && many) {
        scatter = scatter.with_y_err_asymmetric(marked.iter().map(|point| {
            let (low, high) = point.interval.unwrap_or((point.y, point.y));
            (point.y - low, high - point.y)
        }));
    }
    plots.push(Plot::Scatter(scatter));
}
