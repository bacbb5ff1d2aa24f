//! One run: divide, scale, search, train, judge.

use std::time::Instant;

use cpu_time::ThreadTime;
use neuronseek::matrix::Matrix;
use neuronseek::model::{FitOptions, Holdout, Metrics, SearchOptions, fit, method};
use neuronseek::network::{Interactions, Loss, Network, NetworkConfig, Norm};
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::{Preparation, PrepareOptions, Target, TargetStatistics, probabilities};
use neuronseek::search::Problem;
use neuronseek::table::split::{Purpose, draw};
use neuronseek::train::{Samples, TrainConfig, train};

use super::{Answer, CASES, Measured, Recipe, Run, Scaling, Scored, Scores, What};
use crate::tables::TableFile;

/// Rows as a network sees them.
struct Part {
    /// rows x inputs, scaled.
    inputs: Matrix<f64>,
    /// Numbers scaled, or classes.
    target: Target,
}

/// A divided and scaled table.
struct Divided {
    training: Part,
    validation: Option<Part>,
    test: Part,
    /// A numeric target's range in its deviations: its mean squared error in [-1, 1] is
    /// (2 / range)^2 of the standardised one.
    range: f64,
    scaling: Scaling,
}

/// A table of the paper.
pub(super) struct PublishedTable(pub TableFile);

impl PublishedTable {
    /// Carries out a run.
    pub fn answer(&self, run: &Run, control: &Control<'_>) -> (Answer, Measured) {
        let (began, cpu) = (Instant::now(), ThreadTime::now());
        let answer = match &run.what {
            What::Networks { hidden, recipe } => self.networks(run, hidden, recipe, control),
            What::Default { test } => self.default_fit(run, *test, control),
        };
        let measured = Measured {
            seconds: began.elapsed().as_secs_f64(),
            cpu_seconds: cpu.elapsed().as_secs_f64(),
        };
        (answer.unwrap_or_else(Answer::Failed), measured)
    }

    fn networks(
        &self,
        run: &Run,
        hidden: &[usize],
        recipe: &Recipe,
        control: &Control<'_>,
    ) -> Result<Answer, String> {
        let data = self.divide(run, recipe)?;
        let neuron = found(&data.training, run.seed, control)?;
        let score = |neuron: &Neuron| {
            let config = NetworkConfig {
                inputs: data.training.inputs.columns(),
                outputs: data.training.target.outputs(),
                hidden: hidden.to_vec(),
                neuron: neuron.clone(),
                placement: recipe.placement,
                interactions: Interactions::Shared,
                rank: 8,
                activation: recipe.activation,
                norm: Norm::None,
                dropout: 0.0,
                skip: None,
                embedding: None,
            };
            data.score(config, &recipe.train, run.seed, control)
        };
        let linear = score(&Neuron::linear())?;
        let found = match neuron.is_linear() {
            true => linear.clone(),
            false => score(&neuron)?,
        };
        let rows = |part: &Part| part.inputs.rows();
        Ok(Answer::Networks {
            rows: [
                rows(&data.training),
                data.validation.as_ref().map_or(0, rows),
                rows(&data.test),
            ],
            inputs: data.training.inputs.columns(),
            neuron,
            found,
            linear,
        })
    }

    /// The default fit with the test rows that a protocol of the same share and seed has.
    fn default_fit(&self, run: &Run, test: f64, control: &Control<'_>) -> Result<Answer, String> {
        let table = self.0.table()?;
        let options = FitOptions {
            prepare: self.prepare(run, PrepareOptions::default())?,
            holdout: Holdout::Fraction(test),
            seed: run.seed,
            ..FitOptions::default()
        };
        let report = fit(table, None, &options, control)
            .map_err(|error| error.to_string())?
            .report;
        let metrics = report.metrics.get("test").ok_or("there are no test rows")?;
        let scores = match metrics {
            Metrics::Regression { mse, .. } => {
                let known = self.known(run, test)?;
                let standard = mse / known.deviation.powi(2);
                known.scores(standard)
            }
            Metrics::Classification {
                accuracy, f1_macro, ..
            } => Scores::Classes {
                accuracy: *accuracy,
                f1: *f1_macro,
            },
        };
        Ok(Answer::Default(Scored {
            scores,
            parameters: report.parameters,
        }))
    }

    /// The preparation's options, with the task that the paper gives the table.
    fn prepare(&self, run: &Run, options: PrepareOptions) -> Result<PrepareOptions, String> {
        let mut same = CASES
            .iter()
            .filter(|case| case.protocol == run.protocol && case.table == run.table);
        let case = same
            .next()
            .ok_or_else(|| format!("no case {}", run.table))?;
        let mut options = self.0.entry.prepare(options);
        options.task = case.task;
        Ok(options)
    }

    /// The preparation of the rows that are not test rows, fitted to them, and the test rows.
    fn prepared(
        &self,
        run: &Run,
        test: f64,
    ) -> Result<(Preparation, Vec<usize>, Vec<usize>), String> {
        let table = self.0.table()?;
        let options = PrepareOptions {
            statistics: TargetStatistics::Off,
            ..PrepareOptions::default()
        };
        let options = self.prepare(run, options)?;
        let all: Vec<usize> = (0..table.rows()).collect();
        let split = draw(&all, None, test, Purpose::Test, run.seed);
        let split = split.map_err(|error| error.to_string())?;
        let preparation = Preparation::fit(table, &options, &split.train);
        let preparation = preparation.map_err(|error| error.to_string())?;
        let usable = |rows: &[usize]| {
            let usable = preparation.usable_rows(table, rows);
            usable.map_err(|error| error.to_string())
        };
        let (known, test) = (usable(&split.train)?, usable(&split.test)?);
        Ok((preparation, known, test))
    }

    fn known(&self, run: &Run, test: f64) -> Result<Known, String> {
        let (preparation, known, _) = self.prepared(run, test)?;
        let target = preparation.target(self.0.table()?, &known);
        let unit = Matrix::from_vec(2, 1, vec![0.0, 1.0]);
        let restored = preparation.restore(&unit).column(0);
        Ok(Known {
            range: range(&target.map_err(|error| error.to_string())?),
            deviation: restored[1] - restored[0],
        })
    }

    fn divide(&self, run: &Run, recipe: &Recipe) -> Result<Divided, String> {
        let table = self.0.table()?;
        let (preparation, known, test) = self.prepared(run, recipe.test)?;
        let raw = preparation
            .inputs(table)
            .map_err(|error| error.to_string())?;
        let inputs = scaled(&raw, &raw.select_rows(&known), recipe.scaling);
        let target_of = |rows: &[usize]| {
            let target = preparation.target(table, rows);
            target.map_err(|error| error.to_string())
        };
        let known_target = target_of(&known)?;
        let range = range(&known_target);
        let part = |rows: &[usize]| -> Result<Part, String> {
            let target = match (target_of(rows)?, &known_target, recipe.scaling) {
                (Target::Values(z), Target::Values(known), Scaling::Unit) => {
                    Target::Values(scaled(&z, known, Scaling::Unit))
                }
                (other, ..) => other,
            };
            Ok(Part {
                inputs: inputs.select_rows(rows),
                target,
            })
        };
        let (mut training, mut validation) = (known.clone(), None);
        if let Some(share) = recipe.validation {
            // Of all rows, not of those that are left.
            let share = share / (1.0 - recipe.test);
            let split = draw(&known, None, share, Purpose::Validation, run.seed);
            let split = split.map_err(|error| error.to_string())?;
            (training, validation) = (split.train, Some(part(&split.test)?));
        }
        Ok(Divided {
            training: part(&training)?,
            validation,
            test: part(&test)?,
            range,
            scaling: recipe.scaling,
        })
    }
}

/// What is known of a numeric target.
struct Known {
    range: f64,
    /// In the user's unit.
    deviation: f64,
}

impl Known {
    fn scores(&self, standard: f64) -> Scores {
        Scores::Values {
            standard,
            unit: standard * (2.0 / self.range).powi(2),
        }
    }
}

/// The highest less the lowest standardised number of a target.
fn range(target: &Target) -> f64 {
    let Target::Values(values) = target else {
        return f64::NAN;
    };
    let [low, high] = ends(&values.column(0));
    high - low
}

fn ends(values: &[f64]) -> [f64; 2] {
    [f64::min, f64::max].map(|end| values.iter().copied().reduce(end).unwrap_or(0.0))
}

/// Every column of `all` shifted and divided by what makes those of `known` lie in [-1, 1], or
/// have mean 0 and deviation 1. A column that never varies becomes 0.
fn scaled(all: &Matrix<f64>, known: &Matrix<f64>, scaling: Scaling) -> Matrix<f64> {
    let scales: Vec<(f64, f64)> = (0..all.columns())
        .map(|column| {
            let values = known.column(column);
            let (shift, scale) = match scaling {
                Scaling::Unit => {
                    let [low, high] = ends(&values);
                    (0.5 * (low + high), 0.5 * (high - low))
                }
                Scaling::Standard => {
                    let count = values.len() as f64;
                    let mean = values.iter().sum::<f64>() / count;
                    let squares = values.iter().map(|value| (value - mean).powi(2));
                    (mean, (squares.sum::<f64>() / count).sqrt())
                }
            };
            (shift, if scale > 0.0 { scale } else { f64::INFINITY })
        })
        .collect();
    let mut result = all.clone();
    for row in 0..result.rows() {
        for (cell, (shift, scale)) in result.row_mut(row).iter_mut().zip(&scales) {
            *cell = (*cell - shift) / scale;
        }
    }
    result
}

/// What the default search finds on the training rows; x where it finds nothing.
fn found(training: &Part, seed: u64, control: &Control<'_>) -> Result<Neuron, String> {
    let problem = Problem {
        inputs: &training.inputs,
        target: &training.target,
        weights: None,
    };
    let searched = method(&SearchOptions::default()).search(&problem, seed, control);
    let neuron = searched.map_err(|error| error.to_string())?.neuron;
    Ok(match neuron.is_empty() {
        true => Neuron::linear(),
        false => neuron,
    })
}

impl Divided {
    /// Trains a network and judges it by the test rows.
    fn score(
        &self,
        config: NetworkConfig,
        settings: &TrainConfig,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Scored, String> {
        let mut network = Network::<f32>::new(config, seed).map_err(|error| error.to_string())?;
        let settings = TrainConfig {
            loss: Loss::of(&self.training.target),
            seed,
            ..settings.clone()
        };
        let training = self.training.inputs.to_f32();
        let validation = self.validation.as_ref().map(|part| part.inputs.to_f32());
        let samples = |inputs, part| Samples {
            inputs,
            target: part,
            weights: None,
        };
        let held_out = match (&validation, &self.validation) {
            (Some(inputs), Some(part)) => Some(samples(inputs, &part.target)),
            _ => None,
        };
        let training = samples(&training, &self.training.target);
        train(
            &mut network,
            &training,
            held_out.as_ref(),
            &settings,
            control,
            None,
            &mut |_| {},
        )
        .map_err(|error| error.to_string())?;
        let outputs = network.predict(&self.test.inputs.to_f32()).to_f64();
        let scores = self.scores(&outputs).ok_or("the test loss is no number")?;
        Ok(Scored {
            scores,
            parameters: network.parameter_count(),
        })
    }

    fn scores(&self, outputs: &Matrix<f64>) -> Option<Scores> {
        match &self.test.target {
            Target::Values(truth) => {
                let pairs = outputs.data().iter().zip(truth.data());
                let sum: f64 = pairs.map(|(fitted, y)| (fitted - y).powi(2)).sum();
                let mse = sum / truth.rows() as f64;
                // Of a unit target back to the standardised one.
                let ratio = (2.0 / self.range).powi(2);
                let (standard, unit) = match self.scaling {
                    Scaling::Unit => (mse / ratio, mse),
                    Scaling::Standard => (mse, mse * ratio),
                };
                unit.is_finite()
                    .then_some(Scores::Values { standard, unit })
            }
            Target::Classes { labels, count } => {
                let chances = probabilities(outputs, *count);
                match Metrics::classification(labels, &chances, None)? {
                    Metrics::Classification {
                        accuracy, f1_macro, ..
                    } => Some(Scores::Classes {
                        accuracy,
                        f1: f1_macro,
                    }),
                    Metrics::Regression { .. } => None,
                }
            }
        }
    }
}
