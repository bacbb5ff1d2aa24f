//! The function to approximate.

use std::path::{Path, PathBuf};

use clap::Args;
use neuronseek::model::{Model, Prediction};
use neuronseek::table::{Column, ReadOptions, Table};
use neuronseek_theory::Function;
use neuronseek_theory::bound::within_unit;
use serde::Serialize;

use crate::failure::Failure;

/// Points at which a model is asked.
const POINTS: usize = 1025;

/// Where the function comes from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Function")]
pub struct Source {
    /// A formula of x, or of x1 to x3: numbers, + - * / ^, pi, sin cos tan asin acos atan tanh exp
    /// log sqrt abs sigmoid, min(a, b), max(a, b); of x also in pieces: "x < 0.5: 2 * x; 1"
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true,
          required_unless_present_any = ["csv", "model"], conflicts_with_all = ["csv", "model"])]
    function: Option<String>,
    /// A CSV file with two columns, x and f(x), whose points are joined by lines
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    csv: Option<PathBuf>,
    /// A model that fit wrote: its predictions along one input
    #[arg(long, value_name = "MODEL", requires_all = ["data", "along"])]
    model: Option<PathBuf>,
    /// The table of the model's inputs; its first row gives the other inputs
    #[arg(long, value_name = "FILE", requires = "model")]
    data: Option<PathBuf>,
    /// The input that varies over its range in the table
    #[arg(long, value_name = "COLUMN", requires = "model")]
    along: Option<String>,
    /// Where each input of a formula begins
    #[arg(long, value_name = "X", default_value_t = 0.0, allow_negative_numbers = true,
          conflicts_with_all = ["csv", "model"])]
    from: f64,
    /// Where each input of a formula ends
    #[arg(long, value_name = "X", default_value_t = 1.0, allow_negative_numbers = true,
          conflicts_with_all = ["csv", "model"])]
    to: f64,
    /// Move and divide the values, so that they lie within [-0.9, 0.9]
    #[arg(long)]
    rescale: bool,
}

/// The function in a JSON document.
#[derive(Debug, Serialize)]
pub struct Described {
    function: String,
    inputs: usize,
    domain: [f64; 2],
    /// The constructions approximate `(f - shift) / scale`; errors are in the unit of f.
    shift: f64,
    scale: f64,
}

impl Source {
    /// Reads the function; its values are within [-1, 1].
    pub fn read(&self) -> Result<(Function, Described), Failure> {
        let function = within_unit(self.function()?, self.rescale)?;
        let (from, to) = function.domain();
        let (shift, scale) = function.unit();
        let described = Described {
            function: self.name(),
            inputs: function.inputs(),
            domain: [from, to],
            shift,
            scale,
        };
        Ok((function, described))
    }

    fn name(&self) -> String {
        match (&self.function, &self.csv, &self.model) {
            (Some(text), _, _) => text.clone(),
            (_, Some(path), _) | (_, _, Some(path)) => path.display().to_string(),
            _ => String::new(),
        }
    }

    fn function(&self) -> Result<Function, Failure> {
        match (&self.function, &self.csv, &self.model) {
            (Some(text), _, _) => Ok(Function::formula(text, self.from, self.to)?),
            (_, Some(path), _) => Ok(Function::csv(path)?),
            (_, _, Some(model)) => self.predictions(model),
            _ => Err(Failure::Usage(
                "give a function by --function, --csv or --model".to_string(),
            )),
        }
    }

    /// The predictions of a model along one input.
    fn predictions(&self, model: &Path) -> Result<Function, Failure> {
        let (Some(data), Some(along)) = (&self.data, &self.along) else {
            return Err(Failure::Usage(
                "--model needs --data and --along".to_string(),
            ));
        };
        let model = Model::load(model)?;
        let table = Table::read(data, &ReadOptions::default())?;
        let numbers = table.column(along)?.numbers()?;
        let known = || numbers.iter().copied().filter(|value| value.is_finite());
        let (low, high) = (
            known().fold(f64::INFINITY, f64::min),
            known().fold(f64::NEG_INFINITY, f64::max),
        );
        if low >= high {
            return Err(Failure::unusable(format!(
                "{}: the column {along} does not vary: name another one by --along",
                data.display()
            )));
        }
        let share = |point: usize| point as f64 / (POINTS - 1) as f64;
        let places: Vec<f64> = (0..POINTS)
            .map(|point| low * (1.0 - share(point)) + high * share(point))
            .collect();
        let columns = table.columns().iter().map(|column| {
            if column.name == *along {
                return Column::of_numbers(along, places.clone());
            }
            let first = column.text(0).map(|text| text.into_owned());
            Column::of_texts(&column.name, std::iter::repeat_n(first, POINTS))
        });
        let rows = Table::new(&data.display().to_string(), columns.collect())?;
        let Prediction::Values { values, .. } = model.predict(&rows)? else {
            return Err(Failure::unusable(
                "the model predicts classes, which jump: the theorems are about continuous functions",
            ));
        };
        let points = places.into_iter().zip(values.column(0));
        Ok(Function::points(points.collect())?)
    }
}

impl Described {
    /// The function as the user named it.
    pub fn name(&self) -> &str {
        &self.function
    }

    /// The first lines of a report.
    pub fn text(&self) -> String {
        let mut text = format!("function  {}", self.function);
        let [from, to] = self.domain;
        text.push_str(&format!(", inputs from {from} to {to}\n"));
        if self.scale != 1.0 || self.shift != 0.0 {
            let (shift, scale) = (self.shift, self.scale);
            text.push_str(&format!("rescaled  (f - {shift}) / {scale}\n"));
        }
        text
    }

    /// An error in the function's own unit as one of the rescaled function.
    pub fn scaled(&self, error: f64) -> f64 {
        error / self.scale
    }

    /// An error of the rescaled function in the function's own unit.
    pub fn unscaled(&self, error: f64) -> f64 {
        error * self.scale
    }
}
