//! `gp`: symbolic regression by genetic programming.
//!
//! Expressions over the inputs, of + - * / and usual functions, compete in tournaments, are crossed
//! and mutated. An expression is judged by its scaled error (the best `a + b f`) and its length;
//! the best of each length live on (the Pareto front); the constants of the best are refined by
//! least squares in every generation. BIC with the length as its number of parameters chooses from
//! the front. The structure is read from the expanded polynomial where the formula is one, see
//! [`crate::expression::Expression::neuron`]; ranks are left open.

pub(in crate::search) mod constants;
mod settings;
mod variation;

use std::time::Instant;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

pub use settings::GpSettings;

use self::constants::Sample;
use self::variation::Variation;
use super::regression::Regression;
use super::{Candidate, Formula, Problem, Report, Search, SearchError, Step, taken};
use crate::expression::{Expression, Tape};
use crate::observe::{Control, Event};

const STAGE: &str = "search (gp)";

/// Expressions are judged by so many rows; the front is fitted to more at the end.
const ROWS: usize = 1000;
const LAST_ROWS: usize = 20_000;

/// How many of a generation have their constants refined, and for how many steps.
const REFINED: usize = 40;
const STEPS: usize = 4;
const LAST_STEPS: usize = 40;

/// The depth of the first expressions.
const DEPTH: usize = 4;

/// Genetic programming.
#[derive(Debug, Clone, Default)]
pub struct Gp {
    /// The settings.
    pub settings: GpSettings,
}

/// An expression that was judged.
#[derive(Debug, Clone)]
pub(in crate::search) struct Judged {
    pub expression: Expression,
    pub error: f64,
    pub score: f64,
}

impl Search for Gp {
    fn name(&self) -> &'static str {
        "gp"
    }

    fn search(
        &self,
        problem: &Problem<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Report, SearchError> {
        let began = Instant::now();
        self.settings.check()?;
        let regression = Regression::new(problem, self.name())?;
        control.observer.notice(&Event::Stage { name: STAGE });
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..regression.y.len()).collect();
        order.shuffle(&mut random);
        let rows = Rows::select(&regression, &order[..order.len().min(ROWS)]);
        let columns = rows.columns();
        let sample = rows.sample(&columns);
        let (mut evolution, path) = {
            let mut evolution = Evolution {
                settings: &self.settings,
                sample,
                random,
                front: vec![None; self.settings.longest + 1],
                path: Vec::new(),
            };
            evolution.run(regression.inputs.columns(), control);
            let path = std::mem::take(&mut evolution.path);
            (evolution, path)
        };
        let rows = Rows::select(&regression, &order[..order.len().min(LAST_ROWS)]);
        let columns = rows.columns();
        let last = evolution.last(rows.sample(&columns), control);
        let mut report = report(self.name(), &regression, last, path);
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

/// Some of the rows, input by input.
pub(in crate::search) struct Rows {
    inputs: Vec<Vec<f64>>,
    y: Vec<f64>,
    weights: Vec<f64>,
}

impl Rows {
    pub fn select(regression: &Regression<'_>, rows: &[usize]) -> Rows {
        let of = |values: &[f64]| rows.iter().map(|row| values[*row]).collect::<Vec<f64>>();
        Rows {
            inputs: (0..regression.inputs.columns())
                .map(|input| of(&regression.inputs.column(input)))
                .collect(),
            y: of(&regression.y),
            weights: of(&regression.weights),
        }
    }

    pub fn columns(&self) -> Vec<&[f64]> {
        self.inputs.iter().map(Vec::as_slice).collect()
    }

    pub fn sample<'a>(&'a self, columns: &'a [&'a [f64]]) -> Sample<'a> {
        Sample {
            columns,
            y: &self.y,
            weights: &self.weights,
        }
    }
}

struct Evolution<'a> {
    settings: &'a GpSettings,
    sample: Sample<'a>,
    random: ChaCha8Rng,
    /// The best of each length.
    front: Vec<Option<Judged>>,
    path: Vec<Step>,
}

impl Evolution<'_> {
    fn run(&mut self, inputs: usize, control: &Control<'_>) {
        let variation = Variation {
            inputs,
            longest: self.settings.longest,
        };
        let mut population: Vec<Expression> = (0..self.settings.population)
            .map(|_| {
                let depth = self.random.random_range(1..=DEPTH);
                variation.random(depth, &mut self.random).simplified()
            })
            .filter(|expression| expression.size() <= self.settings.longest)
            .collect();
        for generation in 1..=self.settings.generations {
            let mut judged = self.judge(population);
            self.refine(&mut judged);
            forget_copies(&mut judged);
            self.enter(&judged);
            self.snapshot(generation, control);
            if generation == self.settings.generations || control.should_stop() {
                return;
            }
            population = self.offspring(&judged, &variation);
        }
    }

    fn judge(&self, population: Vec<Expression>) -> Vec<Judged> {
        let sample = self.sample;
        population
            .into_par_iter()
            .map_init(
                || (Tape::default(), Vec::new()),
                |(tape, values), expression| {
                    let error = sample.error(&expression, tape, values);
                    judged(&sample, expression, error)
                },
            )
            .collect()
    }

    /// Refines the constants of the best expressions of different scores.
    fn refine(&self, judged: &mut [Judged]) {
        judged.sort_by(|a, b| a.score.total_cmp(&b.score));
        let mut chosen: Vec<usize> = Vec::new();
        for index in 0..judged.len() {
            let known = chosen
                .last()
                .is_some_and(|last| judged[*last].score == judged[index].score);
            if !known && judged[index].error.is_finite() {
                chosen.push(index);
            }
            if chosen.len() == REFINED {
                break;
            }
        }
        let sample = self.sample;
        let refined: Vec<(usize, Judged)> = chosen
            .into_par_iter()
            .map_init(Tape::default, |tape, index| {
                let one = &judged[index];
                (index, refined(&sample, &one.expression, STEPS, tape))
            })
            .collect();
        for (index, better) in refined {
            if better.error < judged[index].error {
                judged[index] = better;
            }
        }
    }

    /// The best of each length enter the front.
    fn enter(&mut self, judged: &[Judged]) {
        for one in judged {
            let Some(place) = self.front.get_mut(one.expression.size()) else {
                continue;
            };
            let better = place.as_ref().is_none_or(|known| one.error < known.error);
            if better && one.error.is_finite() {
                *place = Some(one.clone());
            }
        }
    }

    fn offspring(&mut self, judged: &[Judged], variation: &Variation) -> Vec<Expression> {
        let mut next: Vec<Expression> = self
            .front
            .iter()
            .flatten()
            .map(|one| one.expression.clone())
            .collect();
        next.truncate(self.settings.population / 2);
        while next.len() < self.settings.population {
            let parent = self.winner(judged);
            let other = self.winner(judged);
            let (parent, other) = (&judged[parent].expression, &judged[other].expression);
            next.push(variation.child(parent, other, &mut self.random));
        }
        next
    }

    fn winner(&mut self, judged: &[Judged]) -> usize {
        // Sorted or not, the lower score wins.
        let mut best = self.random.random_range(0..judged.len());
        for _ in 1..self.settings.tournament {
            let other = self.random.random_range(0..judged.len());
            if judged[other].score < judged[best].score {
                best = other;
            }
        }
        best
    }

    fn best(&self) -> Option<&Judged> {
        let front = self.front.iter().flatten();
        front.min_by(|a, b| a.score.total_cmp(&b.score))
    }

    fn snapshot(&mut self, generation: usize, control: &Control<'_>) {
        let (neuron, score, text) = match self.best() {
            Some(best) => {
                let text = best.expression.to_string();
                (best.expression.neuron(), best.score, text)
            }
            None => (Default::default(), f64::MAX, String::new()),
        };
        let progress = (STAGE, generation, self.settings.generations);
        let found = (neuron, score);
        let action = format!("generation {generation}");
        (self.path).push(taken(control, progress, action, found, &text));
    }

    /// The front with all constants fitted to more rows, best first.
    fn last(&mut self, sample: Sample<'_>, control: &Control<'_>) -> Vec<Judged> {
        let front: Vec<Judged> = self.front.drain(..).flatten().collect();
        let steps = if control.should_stop() { 0 } else { LAST_STEPS };
        let mut last: Vec<Judged> = front
            .into_par_iter()
            .map_init(Tape::default, |tape, one| {
                let mut whole = sample.completed(&one.expression, tape);
                let error = sample.refine(&mut whole, steps, tape);
                let score = score(&sample, error, one.expression.size());
                Judged {
                    expression: whole,
                    error,
                    score,
                }
            })
            .filter(|one| one.score.is_finite())
            .collect();
        last.sort_by(|a, b| a.score.total_cmp(&b.score));
        last
    }
}

/// Of expressions with one score all but the first can no longer win: copies of one good expression
/// would soon be the whole population.
fn forget_copies(judged: &mut [Judged]) {
    judged.sort_by(|a, b| a.score.total_cmp(&b.score));
    let mut last = f64::NAN;
    for one in judged {
        if one.score == last {
            one.score = f64::INFINITY;
        } else {
            last = one.score;
        }
    }
}

fn judged(sample: &Sample<'_>, expression: Expression, error: f64) -> Judged {
    let score = score(sample, error, expression.size());
    Judged {
        expression,
        error,
        score,
    }
}

/// The expression with refined constants, without the a and b that scale it.
fn refined(sample: &Sample<'_>, expression: &Expression, steps: usize, tape: &mut Tape) -> Judged {
    let mut whole = sample.completed(expression, tape);
    let count = whole.constants().len();
    sample.refine(&mut whole, steps, tape);
    let mut inner = expression.clone();
    let own = inner.constants().len();
    // Where simplification has kept a and b apart, the other constants are the expression's.
    if count == own + 2 {
        inner.set_constants(&whole.constants()[2..]);
    }
    let error = sample.error(&inner, tape, &mut Vec::new());
    judged(sample, inner, error)
}

/// `n ln(MSE) + s ln n`; an error below 1e-12 of the target's variance is none.
pub(in crate::search) fn score(sample: &Sample<'_>, error: f64, size: usize) -> f64 {
    let n: f64 = sample.weights.iter().sum();
    let variance = variance(sample);
    let error = error.max(1e-12 * variance).max(f64::MIN_POSITIVE);
    n * error.ln() + size as f64 * n.ln()
}

fn variance(sample: &Sample<'_>) -> f64 {
    let n: f64 = sample.weights.iter().sum();
    let rows = || sample.y.iter().zip(sample.weights);
    let mean = rows().map(|(y, w)| w * y).sum::<f64>() / n;
    rows().map(|(y, w)| w * (y - mean).powi(2)).sum::<f64>() / n
}

/// The best of `last`, which is sorted, and what else was found.
pub(in crate::search) fn report(
    method: &str,
    regression: &Regression<'_>,
    last: Vec<Judged>,
    path: Vec<Step>,
) -> Report {
    let mean = regression.moments().0;
    let best = last.first().map(|one| one.expression.clone());
    let best = best.unwrap_or_else(|| Expression::constant(mean));
    let neuron = best.neuron();
    let mut runners_up: Vec<Candidate> = Vec::new();
    for one in last.iter().skip(1) {
        let other = one.expression.neuron();
        let known = runners_up.iter().any(|known| known.neuron == other);
        if !known && other != neuron && runners_up.len() < 10 {
            runners_up.push(Candidate {
                neuron: other,
                criterion: one.score,
            });
        }
    }
    Report {
        method: method.to_string(),
        neuron,
        evidence: Vec::new(),
        path,
        runners_up,
        alternatives: Vec::new(),
        seconds: 0.0,
        warnings: Vec::new(),
        formula: Formula::Expression {
            inputs: regression.inputs.columns(),
            outputs: vec![best],
        },
    }
}

#[cfg(test)]
mod tests;
