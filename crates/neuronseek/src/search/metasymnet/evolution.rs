use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::super::gp::Judged;
use super::judge::Judge;
use super::network::{Data, Passes};
use super::tree::Tree;
use super::{MetaSymNetSettings, STAGE};
use crate::expression::Tape;
use crate::linear::minimise;
use crate::search::{Step, taken};

/// The weight of the entropy grows from one descent to the next.
const PENALTIES: [f64; 4] = [0.0, 0.01, 0.1, 1.0];

/// After so many rounds without gain a new network is begun.
const PATIENCE: usize = 4;

/// An error below this share of the target's variance is none.
const EXACT: f64 = 1e-20;

/// The growth of networks, one after another.
pub(super) struct Evolution<'a> {
    pub settings: &'a MetaSymNetSettings,
    pub judge: Judge<'a>,
    pub data: Data<'a>,
    /// The mean and the deviation of the target, by which `data` is standardised.
    pub scale: [f64; 2],
    pub random: ChaCha8Rng,
    /// The best of each length.
    pub front: BTreeMap<usize, Judged>,
    pub path: Vec<Step>,
}

impl Evolution<'_> {
    pub fn run(&mut self) {
        let mut current: Option<Judged> = None;
        let mut fruitless = 0;
        // Less than the cost of a place is no progress: along a flat valley (`sin(h x) / h` for an
        // ever smaller h) every round gains a little.
        let least_gain = self.judge.sample.weights.iter().sum::<f64>().ln();
        for round in 1..=self.settings.rounds {
            let started = current.is_none();
            let found = self.round(current.as_ref());
            let gained = match (&found, &current) {
                (Some(found), Some(current)) => found.score < current.score - least_gain,
                (found, _) => found.is_some(),
            };
            if gained {
                (current, fruitless) = (found, 0);
            } else {
                fruitless += 1;
            }
            self.snapshot(round, if started { "start" } else { "grow" });
            let exact = |one: &Judged| one.error <= EXACT * self.scale[1].powi(2);
            if self.judge.control.should_stop() || current.as_ref().is_some_and(exact) {
                return;
            }
            if fruitless == PATIENCE {
                (current, fruitless) = (None, 0);
            }
        }
    }

    /// Trains a round of networks, first ones or changed forms of `current`; the best, shortened.
    fn round(&mut self, current: Option<&Judged>) -> Option<Judged> {
        let (inputs, largest) = (self.data.columns.len(), self.settings.largest);
        let parent = current.and_then(|current| self.network(current));
        let trees: Vec<Tree> = (0..self.settings.networks)
            .map(|_| match &parent {
                Some(parent) => parent.changed(largest, &mut self.random),
                None => Tree::random(inputs, largest, &mut self.random),
            })
            .collect();
        let this = &*self;
        let trained: Vec<Option<Judged>> = trees
            .into_par_iter()
            .map_init(
                || (Passes::default(), Tape::default()),
                |(passes, tape), tree| this.train(tree, passes, tape),
            )
            .collect();
        let trained = trained.into_iter().flatten();
        let mut trained: Vec<Judged> = trained.filter(|one| one.score.is_finite()).collect();
        trained.sort_by(|a, b| a.score.total_cmp(&b.score));
        for one in trained.iter().rev() {
            self.enter(one.clone());
        }
        let best = trained.into_iter().next()?;
        let best = self.judge.shortened(best, &mut Tape::default());
        self.enter(best.clone());
        Some(best)
    }

    /// The network of an expression, for the standardised target.
    fn network(&self, judged: &Judged) -> Option<Tree> {
        let mut tree = Tree::of(&judged.expression, self.data.columns.len())?;
        let [mean, deviation] = self.scale;
        let root = tree.nodes.first_mut()?;
        root.weight /= deviation;
        root.bias = (root.bias - mean) / deviation;
        Some(tree)
    }

    /// Descends with growing entropy penalty, then with what remains; the expression, refined.
    fn train(&self, mut tree: Tree, passes: &mut Passes, tape: &mut Tape) -> Option<Judged> {
        for penalty in PENALTIES {
            self.descend(&mut tree, penalty, self.settings.iterations, passes);
        }
        tree.harden();
        self.descend(&mut tree, 0.0, 2 * self.settings.iterations, passes);
        let [mean, deviation] = self.scale;
        let root = tree.nodes.first_mut()?;
        root.weight *= deviation;
        root.bias = root.bias * deviation + mean;
        Some(self.judge.refined(tree.expression()?, tape))
    }

    fn descend(&self, tree: &mut Tree, penalty: f64, iterations: usize, passes: &mut Passes) {
        let start = tree.parameters();
        let control = self.judge.control;
        let minimum = minimise(start, 1e-7, iterations, |point, gradient| {
            if control.should_stop() {
                // No step is taken any more.
                return f64::INFINITY;
            }
            tree.set_parameters(point);
            passes.loss(tree, self.data, penalty, gradient)
        });
        tree.set_parameters(&minimum.point);
    }

    /// The best of each length stays.
    fn enter(&mut self, one: Judged) {
        let place = self.front.entry(one.expression.size());
        let place = place.or_insert_with(|| one.clone());
        if one.error < place.error {
            *place = one;
        }
    }

    fn snapshot(&mut self, round: usize, action: &str) {
        let front = self.front.values();
        let best = front.min_by(|a, b| a.score.total_cmp(&b.score));
        let (neuron, score, text) = match best {
            Some(best) => {
                let text = best.expression.to_string();
                (best.expression.neuron(), best.score, text)
            }
            None => (Default::default(), f64::MAX, String::new()),
        };
        let progress = (STAGE, round, self.settings.rounds);
        let found = (neuron, score);
        let action = format!("round {round}: {action}");
        (self.path).push(taken(self.judge.control, progress, action, found, &text));
    }
}
