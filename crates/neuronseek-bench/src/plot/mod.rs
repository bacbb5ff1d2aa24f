//! Plots of experiments: a plain description becomes SVG and PNG.
//!
//! An experiment says what is drawn ([`Chart`], [`Bars`]); how it looks is decided here once:
//! Okabe and Ito's colours, which colour-blind readers tell apart, and a marker and a dash of its
//! own for each series, so that a plot says the same in black and white. Plots drawn by the page
//! in the browser were rejected: a picture in a folder needs no script and goes into a paper.

use std::path::{Path, PathBuf};

use kuva::backend::png::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;
use neuronseek::model::{FileError, write_whole};
use thiserror::Error;

mod bars;
mod chart;
mod style;
mod surfaces;

pub use bars::{Bars, Group};
pub use chart::{Axis, Chart, Point, Scale, Series};
pub use surfaces::{Surface, Surfaces};

/// Why a plot cannot be drawn or written.
#[derive(Debug, Error)]
pub enum PlotError {
    /// There is nothing to draw.
    #[error("the plot {title:?} has nothing to draw: give at least one point")]
    Empty {
        /// The plot's title.
        title: String,
    },
    /// A value has no place on the axis.
    #[error("the plot {title:?}, {series:?}, value {index}: {value} has no place on a {axis} axis")]
    Value {
        /// The plot's title.
        title: String,
        /// The series or group.
        series: String,
        /// The place of the point in its series, from 1.
        index: usize,
        /// The value.
        value: f64,
        /// "linear", "logarithmic" or "bar".
        axis: &'static str,
    },
    /// The numbers of values and of parts differ.
    #[error("the plot {title:?}, {group:?}: {values} values for {parts} parts")]
    Parts {
        /// The plot's title.
        title: String,
        /// The group.
        group: String,
        /// Its values.
        values: usize,
        /// The plot's parts.
        parts: usize,
    },
    /// The PNG could not be made.
    #[error("cannot draw the plot {title:?} as PNG: {reason}")]
    Png {
        /// The plot's title.
        title: String,
        /// What is wrong.
        reason: String,
    },
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A drawn plot. Its text is DejaVu Sans in the PNG, whose font is part of the program, and the
/// reader's sans-serif font in the SVG.
pub struct Picture {
    title: String,
    scene: Scene,
}

impl Picture {
    fn new(title: &str, mut scene: Scene) -> Picture {
        // The last tick's label stands half outside the axes.
        scene.width += 16.0;
        Picture {
            title: title.to_string(),
            scene,
        }
    }

    /// The picture as one SVG element that scales with its `viewBox`.
    pub fn svg(&self) -> String {
        let svg = SvgBackend::new().render_scene(&self.scene);
        let sized = format!(
            "<svg viewBox=\"0 0 {} {}\" ",
            self.scene.width, self.scene.height
        );
        svg.replacen("<svg ", &sized, 1)
    }

    /// The picture as PNG, two dots to the SVG's unit.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        PngBackend::new()
            .with_scale(2.0)
            .render_scene(&self.scene)
            .map_err(|reason| PlotError::Png {
                title: self.title.clone(),
                reason,
            })
    }

    /// Writes `name.svg` and `name.png` into an existing folder, each whole or not at all, and
    /// gives their paths. Files of these names are replaced.
    pub fn write(&self, folder: &Path, name: &str) -> Result<[PathBuf; 2], PlotError> {
        let png = self.png()?;
        let paths = ["svg", "png"].map(|ending| folder.join(format!("{name}.{ending}")));
        write_whole(&paths[0], self.svg().as_bytes())?;
        write_whole(&paths[1], &png)?;
        Ok(paths)
    }
}

#[cfg(test)]
mod tests;
