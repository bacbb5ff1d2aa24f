//! Flags about prediction intervals.

use clap::Args;

/// Prediction intervals of a fit.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Prediction intervals")]
pub struct Levels {
    /// Make intervals that hold this share of new rows, such as 0.9 or 0.5,0.9, for numeric targets:
    /// calibrated on rows that the model was not trained on, their widths by what the inputs say.
    /// predict then writes lower_90 and upper_90
    #[arg(
        long,
        value_name = "LEVEL,LEVEL",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    pub intervals: Vec<f64>,
}

/// Which of a model's intervals are written.
#[derive(Debug, Clone, Args)]
pub struct Wanted {
    /// Write the intervals of these levels alone, which the model must have [default: all it has]
    #[arg(
        long,
        value_name = "LEVEL,LEVEL",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    pub intervals: Option<Vec<f64>>,
}

/// A level in per cent, without rounding errors: 90, 97.5.
pub fn per_cent(level: f64) -> f64 {
    (level * 1e8).round() / 1e6
}
