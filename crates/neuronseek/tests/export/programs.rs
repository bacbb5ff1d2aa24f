//! Compiles programs and reads what they print.

use std::path::Path;
use std::process::Command;

use neuronseek::matrix::Matrix;
use neuronseek::model::Pipeline;
use neuronseek::prepare::Restoring;
use neuronseek::table::Table;

use crate::fixtures::{Case, Cells, cells, close};
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
}

impl Sample {
    /// A fitted model.
    pub fn fitted(case: Case) -> Sample {
        Sample {
            name: case.name.to_string(),
            pipeline: case.model.pipeline().unwrap(),
            expected: case.expected(),
            tolerance: case.tolerance,
            labels: case.labels(),
            table: case.table,
        }
    }

    /// All models, fitted and made.
    pub fn all() -> Vec<Sample> {
        let fitted = crate::fixtures::cases().into_iter().map(Sample::fitted);
        fitted.chain(made::samples()).collect()
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

/// The first of these programs that there is; prints a word if there is none.
pub fn first_of(programs: &[&str]) -> Option<String> {
    let runs = |program: &&&str| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let found = programs.iter().find(runs);
    if found.is_none() {
        println!("skipped: none of {} is found", programs.join(", "));
    }
    found.map(|program| program.to_string())
}

/// Runs a program in a folder and gives what it prints; one that fails is a failed test.
pub fn run(folder: &Path, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors: String = errors.chars().take(4000).collect();
    assert!(output.status.success(), "{arguments:?}:\n{errors}");
    String::from_utf8(output.stdout).unwrap()
}
