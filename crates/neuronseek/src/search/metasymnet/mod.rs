//! `metasymnet`: a tree of meta functions that grows and chooses its operators by gradients.
//!
//! After "MetaSymNet: A Tree-like Symbol Network with Adaptive Architecture and Activation
//! Functions" (arXiv 2311.07326). Inner nodes are meta functions, `w sum_k p_k f_k(a, b) + c` over
//! the operators + - * / sin cos exp log sqrt and the identity; leaves are `w sum_j p_j x_j + c`
//! over the inputs; p is a softmax. Selections and constants descend together (L-BFGS) on the
//! squared error and a growing penalty on the selections' entropy. Then each node keeps its most
//! probable candidate, unused branches and identities go, and the tree is read as an expression
//! whose constants least squares refine. It grows while the error is above nothing and a round
//! gains more than the criterion asks for; else a new network is begun.
//!
//! From the paper are the tree, the two kinds of mixture, their joint training with entropy, the
//! readout by the largest share, and a structure that grows and shrinks. The rest is a
//! reconstruction, for there is no public program to compare with:
//!
//! * Operators are smoothed while they are mixed (a divisor may pass through zero).
//! * Not only a leaf can become a meta function: any part can become the first argument of a new
//!   one, be replaced by a new part, or the whole tree may choose again; the arguments of a new meta
//!   function are often alike, since a square is two equal choices.
//! * Several changed networks are trained in each round and the best is kept, where the paper's
//!   network changes one at a time; in two of three nothing but the new part chooses.
//! * It shrinks by giving operations up for one of their arguments while `n ln(MSE) + s ln n`
//!   falls.
//! * The schedule of the penalty, the first values, and when to begin anew.
//!
//! A leaf becomes one input, so that a sum over many inputs needs as many leaves: the method is
//! made for formulas of few inputs. It may also end in a long expression that fits to 1e-9 of the
//! variance and is not the law. The structure is read as [`Expression::neuron`] does; ranks are
//! left open.

mod evolution;
mod judge;
mod network;
mod operator;
mod reading;
mod settings;
mod tree;

use std::collections::BTreeMap;
use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

pub use settings::MetaSymNetSettings;

use self::evolution::Evolution;
use self::judge::Judge;
use self::network::Data;
use super::gp::{self, Judged, Rows};
use super::regression::Regression;
use super::{Problem, Report, Search, SearchError};
use crate::expression::{Expression, Tape};
use crate::observe::{Control, Event};

const STAGE: &str = "search (metasymnet)";

/// Networks are trained on so many rows, expressions compared on more, the last fitted to most.
const TRAINED_ROWS: usize = 200;
const ROWS: usize = 1000;
const LAST_ROWS: usize = 20_000;

/// Steps of least squares for the last.
const LAST_STEPS: usize = 40;

/// A tree-like symbol network.
#[derive(Debug, Clone, Default)]
pub struct MetaSymNet {
    /// The settings.
    pub settings: MetaSymNetSettings,
}

impl Search for MetaSymNet {
    fn name(&self) -> &'static str {
        "metasymnet"
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
        let first = |most: usize| &order[..order.len().min(most)];
        let (mean, squares) = regression.moments();
        let deviation = (squares / regression.count()).sqrt();
        // A constant target leaves nothing to search for.
        let varies = deviation > 1e-12 * mean.abs() && deviation.is_finite();
        let (front, path) = if varies {
            let rows = Rows::select(&regression, first(ROWS));
            let trained = Rows::select(&regression, first(TRAINED_ROWS));
            let (columns, trained_columns) = (rows.columns(), trained.columns());
            let of_network = trained.sample(&trained_columns);
            let standard = of_network.y.iter().map(|y| (y - mean) / deviation);
            let y: Vec<f64> = standard.collect();
            let mut evolution = Evolution {
                settings: &self.settings,
                judge: Judge {
                    sample: rows.sample(&columns),
                    control,
                },
                data: Data {
                    columns: of_network.columns,
                    y: &y,
                    weights: of_network.weights,
                },
                scale: [mean, deviation],
                random,
                front: BTreeMap::new(),
                path: Vec::new(),
            };
            evolution.run();
            (evolution.front, evolution.path)
        } else {
            (BTreeMap::new(), Vec::new())
        };
        let last = last(&regression, first(LAST_ROWS), front, control);
        let mut report = gp::report(self.name(), &regression, last, path);
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

/// The front and the mean alone with all constants fitted to more rows, best first.
fn last(
    regression: &Regression<'_>,
    rows: &[usize],
    front: BTreeMap<usize, Judged>,
    control: &Control<'_>,
) -> Vec<Judged> {
    let rows = Rows::select(regression, rows);
    let columns = rows.columns();
    let sample = rows.sample(&columns);
    let mut expressions: Vec<Expression> = vec![Expression::constant(regression.moments().0)];
    expressions.extend(front.into_values().map(|one| one.expression));
    let mut last: Vec<Judged> = expressions
        .into_par_iter()
        .map_init(Tape::default, |tape, mut expression| {
            let steps = if control.should_stop() { 0 } else { LAST_STEPS };
            let error = sample.refine(&mut expression, steps, tape);
            let score = gp::score(&sample, error, expression.size());
            Judged {
                expression,
                error,
                score,
            }
        })
        .filter(|one| one.score.is_finite())
        .collect();
    last.sort_by(|a, b| a.score.total_cmp(&b.score));
    last
}

#[cfg(test)]
mod tests;
