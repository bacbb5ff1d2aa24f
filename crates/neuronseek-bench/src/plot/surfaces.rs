//! Functions of two inputs side by side, as maps of colours.

use kuva::plot::Heatmap;
use kuva::render::figure::Figure;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;

use super::{Picture, PlotError, style};

/// A function of two inputs at the points of a square grid over the unit square.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// What it is.
    pub name: String,
    /// Rows of values, each along the first input, the row of the largest second input first.
    pub values: Vec<Vec<f64>>,
}

/// Surfaces in one row; each has a scale of colours of its own.
///
/// ```
/// use neuronseek_bench::plot::{Surface, Surfaces};
///
/// let surface = Surface { name: "f".to_string(), values: vec![vec![0.0, 1.0], vec![0.5, 0.25]] };
/// let surfaces = Surfaces { title: "A function".to_string(), surfaces: vec![surface] };
/// assert!(surfaces.draw()?.svg().contains("A function"));
/// # Ok::<(), neuronseek_bench::plot::PlotError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Surfaces {
    /// The title.
    pub title: String,
    /// From left to right.
    pub surfaces: Vec<Surface>,
}

impl Surfaces {
    /// Draws. No surfaces, an empty one, and a value that is not finite are errors.
    pub fn draw(&self) -> Result<Picture, PlotError> {
        let (mut plots, mut layouts) = (Vec::new(), Vec::new());
        for surface in &self.surfaces {
            let values = || surface.values.iter().flatten();
            if let Some(index) = values().position(|value| !value.is_finite()) {
                return Err(PlotError::Value {
                    title: self.title.clone(),
                    series: surface.name.clone(),
                    index: index + 1,
                    value: f64::NAN,
                    axis: "linear",
                });
            }
            if values().next().is_none() {
                return Err(self.empty());
            }
            let map = Heatmap::new()
                .with_data(surface.values.clone())
                .with_x_range(0.0, 1.0)
                .with_y_range(0.0, 1.0);
            let panel = vec![Plot::Heatmap(map)];
            let layout = Layout::auto_from_plots(&panel);
            layouts.push(layout.with_title(style::plain(&surface.name)));
            plots.push(panel);
        }
        if plots.is_empty() {
            return Err(self.empty());
        }
        let figure = Figure::new(1, plots.len())
            .with_title(style::plain(&self.title))
            .with_plots(plots)
            .with_layouts(layouts)
            .with_cell_size(400.0, 360.0);
        Ok(Picture::new(&self.title, figure.render()))
    }

    fn empty(&self) -> PlotError {
        PlotError::Empty {
            title: self.title.clone(),
        }
    }
}
