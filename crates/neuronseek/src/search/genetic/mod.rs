//! `sr`: the predecessor's vectorised symbolic regression (NS-SR), by genetic programming.
//!
//! One formula g of one variable is sought, made of + - *, negation and constants; the prediction is
//! the sum of g over the inputs, so all inputs share its weights. Programs compete in tournaments,
//! are crossed and mutated, and the best of all times go on beside the offspring. Such a program is
//! a polynomial, and the squared error of a sum of polynomials follows from the moments of the
//! inputs' power sums: no program is ever applied to the rows.
//!
//! At the end the constants of the elite are refined by least squares, and BIC chooses among them
//! and their powers one by one. The result has pure orders alone: an interaction cannot be found by
//! this method.

mod powers;
mod program;
mod settings;

use std::time::Instant;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use settings::GeneticSettings;

use self::powers::{Powers, Refined};
use self::program::{Coefficients, Program};
use super::regression::Regression;
use super::{Evidence, Formula, Problem, Report, Search, SearchError, Step, taken};
use crate::matrix::Matrix;
use crate::neuron::{Neuron, Term};
use crate::observe::{Control, Event};
use crate::terms::{Polynomial, PureTerm};

const STAGE: &str = "search (sr)";

/// The share of the population that the elite has beside it.
const ELITE: f64 = 0.05;

/// Shares of offspring by crossover, then by mutation; the others are copies.
const CROSSED: f64 = 0.3;
const MUTATED: f64 = 0.6;

/// A power whose part of the formula is below this share of the target's deviation is not one.
const NEGLIGIBLE: f64 = 1e-9;

/// Genetic programming over element-wise formulas.
#[derive(Debug, Clone, Default)]
pub struct Genetic {
    /// The settings.
    pub settings: GeneticSettings,
}

/// A program that was judged.
#[derive(Clone)]
struct Judged {
    program: Program,
    coefficients: Coefficients,
    error: f64,
}

impl Search for Genetic {
    fn name(&self) -> &'static str {
        "sr"
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
        let powers = Powers::new(&regression, self.settings.max_order);
        let mut evolution = Evolution {
            settings: &self.settings,
            powers: &powers,
            random: ChaCha8Rng::seed_from_u64(seed),
            elite: Vec::new(),
            path: Vec::new(),
        };
        evolution.run(control);
        let mut report = evolution.report(&regression);
        report.method = self.name().to_string();
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

struct Evolution<'a> {
    settings: &'a GeneticSettings,
    powers: &'a Powers,
    random: ChaCha8Rng,
    /// The best of all times, best first, of different errors.
    elite: Vec<Judged>,
    path: Vec<Step>,
}

impl Evolution<'_> {
    fn run(&mut self, control: &Control<'_>) {
        let whole = self.settings.released;
        let size = self.settings.population;
        let mut programs: Vec<Program> = (0..size)
            .map(|_| Program::random(&mut self.random, whole))
            .collect();
        for generation in 1..=self.settings.generations {
            let judged: Vec<Judged> = programs
                .drain(..)
                .map(|program| self.judge(program))
                .collect();
            self.choose_elite(&judged);
            self.snapshot(generation, control);
            if generation == self.settings.generations || control.should_stop() {
                return;
            }
            programs = self.offspring(judged);
        }
    }

    fn judge(&self, program: Program) -> Judged {
        let coefficients = program.coefficients(self.powers.highest);
        let error = coefficients.as_ref().map_or(f64::INFINITY, |c| {
            if self.settings.released {
                self.powers.raw_error(c)
            } else {
                self.powers.scaled_error(c)
            }
        });
        Judged {
            program,
            coefficients: coefficients.unwrap_or_default(),
            error,
        }
    }

    fn choose_elite(&mut self, judged: &[Judged]) {
        let most = ((self.settings.population as f64 * ELITE) as usize).max(1);
        let worst = match self.elite.get(most - 1) {
            Some(last) => last.error,
            None => f64::INFINITY,
        };
        let better = judged.iter().filter(|one| one.error < worst);
        self.elite.extend(better.cloned());
        self.elite.sort_by(|a, b| a.error.total_cmp(&b.error));
        self.elite.dedup_by(|a, b| a.error == b.error);
        self.elite.truncate(most);
    }

    fn offspring(&mut self, mut parents: Vec<Judged>) -> Vec<Program> {
        parents.extend(self.elite.iter().cloned());
        let mut errors: Vec<f64> = parents.iter().map(|one| one.error).collect();
        if self.settings.released {
            errors.shuffle(&mut self.random);
        }
        let whole = self.settings.released;
        (0..self.settings.population)
            .map(|_| {
                let kind: f64 = self.random.random();
                let parent = &parents[self.winner(&errors)].program;
                if kind < CROSSED {
                    let other = &parents[self.winner(&errors)].program;
                    parent.crossed(other, &mut self.random)
                } else if kind < CROSSED + MUTATED {
                    parent.mutated(&mut self.random, whole)
                } else {
                    parent.clone()
                }
            })
            .collect()
    }

    /// The best of a tournament.
    fn winner(&mut self, errors: &[f64]) -> usize {
        let mut best = self.random.random_range(0..errors.len());
        for _ in 1..self.settings.tournament {
            let other = self.random.random_range(0..errors.len());
            if errors[other] < errors[best] {
                best = other;
            }
        }
        best
    }

    fn snapshot(&mut self, generation: usize, control: &Control<'_>) {
        let (neuron, error) = match self.elite.first() {
            Some(best) => (self.neuron(&orders(best, self.powers)), best.error),
            None => (Neuron::default(), f64::INFINITY),
        };
        let message = format!("{neuron}, mean squared error {error:.6}");
        let progress = (STAGE, generation, self.settings.generations);
        let found = (neuron, error);
        let action = format!("generation {generation}");
        (self.path).push(taken(control, progress, action, found, &message));
    }

    fn neuron(&self, orders: &[usize]) -> Neuron {
        Neuron::new(orders.iter().copied().map(Term::pure))
    }

    /// The refined formula of lowest BIC; in the released form that of the best program.
    fn refined(&self, regression: &Regression<'_>) -> (Refined, Vec<(Refined, f64)>) {
        let mut seen: Vec<Vec<usize>> = Vec::new();
        let mut queue: Vec<Vec<usize>> = self
            .elite
            .iter()
            .map(|one| orders(one, self.powers))
            .collect();
        if self.settings.released {
            queue.truncate(1);
        }
        let mut fits: Vec<(Refined, f64)> = Vec::new();
        while let Some(orders) = queue.pop() {
            if orders.is_empty() || seen.contains(&orders) {
                continue;
            }
            let fit = self.powers.refine(&orders);
            // All inputs share a weight: one coefficient per order, and the constant.
            let bic = regression.bic(fit.rss, orders.len() + 1);
            if !self.settings.released {
                for left_out in 0..orders.len() {
                    let mut fewer = orders.clone();
                    fewer.remove(left_out);
                    queue.push(fewer);
                }
            }
            seen.push(orders);
            fits.push((fit, bic));
        }
        fits.sort_by(|a, b| a.1.total_cmp(&b.1));
        if fits.is_empty() {
            let fit = self.powers.refine(&[1]);
            let bic = regression.bic(fit.rss, 2);
            fits.push((fit, bic));
        }
        (fits[0].0.clone(), fits)
    }

    fn report(self, regression: &Regression<'_>) -> Report {
        let (best, fits) = self.refined(regression);
        let (_, total) = regression.moments();
        let inputs = regression.inputs.columns();
        let pure = best.orders.iter().zip(&best.weights);
        let evidence = best.orders.iter().map(|&order| {
            let others: Vec<usize> = best
                .orders
                .iter()
                .copied()
                .filter(|o| *o != order)
                .collect();
            let without = self.powers.refine(&others);
            Evidence {
                term: Term::pure(order),
                bic_gain: Some(
                    regression.bic(without.rss, others.len() + 1)
                        - regression.bic(best.rss, best.orders.len() + 1),
                ),
                gate_probability: None,
                explained: ((without.rss - best.rss) / total.max(f64::MIN_POSITIVE))
                    .clamp(0.0, 1.0),
            }
        });
        Report {
            method: String::new(),
            neuron: self.neuron(&best.orders),
            evidence: evidence.collect(),
            formula: Formula::Polynomial(Polynomial {
                inputs,
                intercept: vec![best.constant],
                pure: pure
                    .map(|(&order, &weight)| PureTerm {
                        order,
                        weights: Matrix::from_vec(inputs, 1, vec![weight; inputs]),
                    })
                    .collect(),
                functions: Vec::new(),
                pieces: Vec::new(),
            }),
            runners_up: fits
                .iter()
                .skip(1)
                .take(10)
                .map(|(fit, bic)| super::Candidate {
                    neuron: self.neuron(&fit.orders),
                    criterion: *bic,
                })
                .collect(),
            path: self.path,
            alternatives: Vec::new(),
            seconds: 0.0,
            warnings: Vec::new(),
        }
    }
}

/// The powers that a program has.
fn orders(judged: &Judged, powers: &Powers) -> Vec<usize> {
    let scale = judged
        .coefficients
        .iter()
        .fold(0.0f64, |a, c| a.max(c.abs()));
    (1..=powers.highest)
        .filter(|&k| {
            let coefficient = judged.coefficients.get(k).copied().unwrap_or(0.0);
            coefficient.abs() > NEGLIGIBLE * scale
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::Target;
    use crate::table::synthetic::{Case, Mode, Settings, generate};

    fn search(
        settings: GeneticSettings,
        mode: Mode,
        variant: usize,
        seed: u64,
    ) -> (Report, Neuron) {
        let case = Case { mode, variant };
        let table = generate(&case, &Settings::default()).unwrap();
        let target = Target::Values(Matrix::from_vec(table.y.len(), 1, table.y));
        let problem = Problem {
            inputs: &table.inputs,
            target: &target,
            weights: None,
        };
        let report = Genetic { settings }.search(&problem, seed, &Control::silent());
        (report.unwrap(), table.truth)
    }

    #[test]
    fn pure_cases_are_found() {
        let settings = GeneticSettings {
            population: 500,
            generations: 10,
            ..GeneticSettings::default()
        };
        for variant in 0..5 {
            let (report, truth) = search(settings.clone(), Mode::Pure, variant, 3);
            assert_eq!(report.neuron, truth, "{variant}");
            assert_eq!(report.path.len(), 10);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_report_and_another_gives_another_path() {
        let settings = GeneticSettings {
            population: 60,
            generations: 4,
            ..GeneticSettings::default()
        };
        let run = |seed| {
            let (mut report, _) = search(settings.clone(), Mode::Hybrid, 1, seed);
            report.seconds = 0.0;
            report
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1).path, run(2).path);
    }

    #[test]
    fn the_error_of_the_best_never_rises_and_selection_helps() {
        let base = GeneticSettings {
            population: 200,
            generations: 12,
            ..GeneticSettings::default()
        };
        let (report, _) = search(base.clone(), Mode::Pure, 2, 5);
        assert!(report.path.is_sorted_by(|a, b| a.criterion >= b.criterion));
        let released = GeneticSettings {
            released: true,
            ..base
        };
        let (of_released, _) = search(released, Mode::Pure, 2, 5);
        let last = |report: &Report| report.path.last().unwrap().criterion;
        assert!(last(&report) < last(&of_released));
    }

    #[test]
    fn classes_are_refused() {
        let inputs = Matrix::zeros(20, 2);
        let target = Target::Classes {
            labels: vec![0; 20],
            count: 2,
        };
        let problem = Problem {
            inputs: &inputs,
            target: &target,
            weights: None,
        };
        let error = Genetic::default().search(&problem, 0, &Control::silent());
        assert!(error.unwrap_err().to_string().contains("classes"));
    }
}
