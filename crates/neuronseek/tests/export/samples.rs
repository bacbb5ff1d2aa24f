//! Models with rows to predict, and what is to be found.

use std::sync::OnceLock;

use neuronseek::matrix::Matrix;
use neuronseek::model::Pipeline;
use neuronseek::prepare::Restoring;
use neuronseek::table::Table;
use serde_json::{Value, json};

use crate::fixtures::{Case, Cells, cases, cells, close};
use crate::{made, reference};

/// A model with rows, and what is to be found.
pub struct Sample {
    pub name: String,
    pub pipeline: Pipeline,
    pub table: Table,
    pub expected: Matrix<f64>,
    pub tolerance: f64,
    /// Predicted classes; none for numbers.
    pub labels: Vec<String>,
    /// What to train on, numbers of the first target or of classes; null for models that are made.
    pub target: Value,
}

impl Sample {
    fn fitted(case: Case) -> Sample {
        let pipeline = case.model.pipeline().unwrap();
        let target = case.table.column(&pipeline.targets[0]).unwrap();
        let target = match case.model.preparation().classes() {
            [] => json!(target.numbers().unwrap()),
            classes => {
                let place = |text: &str| classes.iter().position(|class| class == text).unwrap();
                let texts = target.texts().into_iter();
                json!(texts.map(|text| place(&text.unwrap())).collect::<Vec<_>>())
            }
        };
        Sample {
            name: case.name.to_string(),
            pipeline,
            expected: case.expected(),
            tolerance: case.tolerance,
            labels: case.labels(),
            table: case.table,
            target,
        }
    }

    /// All models, fitted and made.
    pub fn all() -> &'static [Sample] {
        static ALL: OnceLock<Vec<Sample>> = OnceLock::new();
        ALL.get_or_init(|| {
            let fitted = cases().into_iter().map(Sample::fitted);
            fitted.chain(made::samples()).collect()
        })
    }

    /// All columns that the model reads as JSON, missing cells as null.
    pub fn columns(&self) -> Value {
        let columns = self.pipeline.recipe.columns.iter();
        let of = columns.map(|column| {
            let cells = match cells(&self.table, column) {
                // Numbers that are not finite have no JSON but null.
                Cells::Numbers(values) => json!(values),
                Cells::Texts(texts) => json!(texts),
            };
            (column.name.clone(), cells)
        });
        Value::Object(of.collect())
    }

    /// What the plain steps give in double precision.
    pub fn reference(&self) -> Matrix<f64> {
        reference::predict(&self.pipeline, &self.table)
    }

    /// The cells of each row, written by `number` and `text`.
    pub fn rows(
        &self,
        number: fn(f64) -> String,
        text: fn(Option<&str>) -> String,
    ) -> Vec<Vec<String>> {
        let columns = self.pipeline.recipe.columns.iter();
        let columns: Vec<Cells> = columns.map(|column| cells(&self.table, column)).collect();
        let cell = |cells: &Cells, row: usize| match cells {
            Cells::Numbers(numbers) => number(numbers[row]),
            Cells::Texts(texts) => text(texts[row].as_deref()),
        };
        (0..self.table.rows())
            .map(|row| columns.iter().map(|cells| cell(cells, row)).collect())
            .collect()
    }

    /// Compares what a program printed: for each row the predicted class if there are classes, then
    /// the numbers. `exact` programs compute in double precision and are held to the plain steps.
    pub fn check(&self, program: &str, printed: &str, exact: bool) {
        let mut numbers = Vec::new();
        let mut labels = Vec::new();
        for line in printed.lines() {
            let mut words = line.split(' ');
            if let Restoring::Classes { classes, .. } = &self.pipeline.outcome {
                let label: usize = words.next().unwrap().parse().unwrap();
                labels.push(classes[label].clone());
            }
            numbers.extend(words.map(|word| word.parse::<f64>().unwrap()));
        }
        let name = format!("{program}, {}", self.name);
        let found = Matrix::from_vec(self.expected.rows(), self.expected.columns(), numbers);
        close(&name, &self.expected, &found, self.tolerance);
        assert_eq!(labels, self.labels, "{name}");
        if exact {
            close(
                &format!("{name}, plain steps"),
                &self.reference(),
                &found,
                1e-12,
            );
        }
    }
}
