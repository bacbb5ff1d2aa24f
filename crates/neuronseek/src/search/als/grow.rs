//! Growing forward and dropping backward, by BIC.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::AlsSettings;
use super::alternate::{Trial, View, sweep};
use super::basis::Basis;
use super::fit::{Fit, State, penalty};
use super::folds::{Judgement, judge};
use super::refine::{Effort, Goal, refine};
use super::rows::Rows;
use super::sample::Sample;
use super::shrink::Seen;
use super::starts::Moments;
use crate::neuron::Term;
use crate::observe::Control;
use crate::search::Step;

/// A step must lower BIC by more than this.
pub(super) const LEAST_GAIN: f64 = 2.0;

/// How many of the candidates of a forward step are brought to their optimum.
const POLISHED: usize = 3;

const POLISH: Effort = Effort {
    rounds: 20,
    tolerance: 1e-6,
};

/// A coefficient that stands for nothing gains 1 on average, a factor chosen from many starts
/// more; a step that gains this much for each is no chance.
const BEYOND_CHANCE: f64 = 3.0;

/// No step begins after so many multiplications, some seconds of one core: a limit that, unlike
/// the clock, is met at the same place every time.
const MOST_WORK: u64 = 20_000_000_000;

/// After so many steps held-out rows decide whether growing goes on: a polynomial of few terms is
/// complete by then, and data that is none can be followed for ever.
const UNJUDGED_STEPS: usize = 3;

/// Growing ends when held-out rows have not liked this many steps in a row.
const PATIENCE: usize = 3;

/// A fit that leaves less than this share of the variance needs no second opinion.
pub(super) const NEAR_EXACT: f64 = 1e-3;

/// The state of a search on one sample.
pub(super) struct Growth<'a> {
    pub rows: &'a Rows,
    pub(super) sample: &'a Sample,
    pub(super) settings: &'a AlsSettings,
    seed: u64,
    /// The stage that progress events name.
    pub(super) stage: &'static str,
    /// Every structure that was fitted.
    pub seen: Vec<Seen>,
    /// The steps taken.
    pub path: Vec<Step>,
    /// The fit after each round, judged if need be.
    pub fits: Vec<(Fit, Option<Judgement>)>,
    /// How many forward steps there were, for the random streams.
    streams: u64,
}

/// What a forward step may add.
#[derive(Debug, Clone, Copy)]
pub(super) enum Addition {
    Elementwise(Term),
    Product(usize),
}

/// How thoroughly a new product is sought.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exploration {
    pub starts: usize,
    /// Whether starts are compared on all rows instead of some.
    pub all_rows: bool,
}

/// What a forward step looks at.
struct Prospect<'a> {
    /// All rows.
    view: View<'a>,
    /// The rows on which starts are tried.
    screen: View<'a>,
    /// Whether those are fewer than all.
    screened: bool,
    moments: Moments,
    starts: usize,
    stream: u64,
}

impl<'a> Growth<'a> {
    /// Nothing has grown yet.
    pub fn new(
        rows: &'a Rows,
        settings: &'a AlsSettings,
        seed: u64,
        stage: &'static str,
    ) -> Growth<'a> {
        Growth {
            rows,
            sample: &rows.sample,
            settings,
            seed,
            stage,
            seen: Vec::new(),
            path: Vec::new(),
            fits: Vec::new(),
            streams: 0,
        }
    }

    /// Grows from the intercept until nothing lowers BIC; the fit with the lowest.
    pub fn run(&mut self, control: &Control<'_>) -> Fit {
        let mut best = self.finish(self.empty(), None);
        self.fits.push((best.clone(), None));
        loop {
            best = self.grow(best, control);
            let Some(other) = self.reconsider(&best, control) else {
                return best;
            };
            self.record(&best, &other, control);
            best = self.backward(other, control);
            self.keep(&best);
        }
    }

    /// Forward and backward steps until none lowers BIC.
    fn grow(&mut self, mut best: Fit, control: &Control<'_>) -> Fit {
        while self.goes_on(control) {
            let Some(next) = self.forward(&best, control) else {
                break;
            };
            let next = if next.bic < best.bic - LEAST_GAIN {
                self.record(&best, &next, control);
                next
            } else if let Some(pair) = self.second_step(&best, &next, control) {
                pair
            } else {
                break;
            };
            best = self.backward(next, control);
            self.keep(&best);
        }
        best
    }

    /// The intercept alone.
    pub fn empty(&self) -> Fit {
        Fit {
            basis: Arc::new(Basis::intercept(self.sample)),
            products: Vec::new(),
            squares: Vec::new(),
            bic: 0.0,
        }
    }

    /// The share of the variance that a fit leaves.
    pub fn left(&self, fit: &Fit) -> f64 {
        let total: f64 = self.rows.scale.totals.iter().sum();
        fit.squares.iter().sum::<f64>() / total.max(f64::MIN_POSITIVE)
    }

    pub fn goes_on(&self, control: &Control<'_>) -> bool {
        let errors: Vec<f64> = self
            .fits
            .iter()
            .filter_map(|(_, judgement)| judgement.as_ref().map(|judgement| judgement.error))
            .collect();
        let mut lowest = f64::INFINITY;
        let mut since = 0;
        for error in errors {
            if error < 0.998 * lowest {
                (lowest, since) = (error, 0);
            } else {
                since += 1;
            }
        }
        since < PATIENCE && self.sample.work() < MOST_WORK && !control.should_stop()
    }

    /// Keeps the fit after a round, judged if growing has gone on for some rounds.
    pub fn keep(&mut self, fit: &Fit) {
        let judged = self.fits.len() >= UNJUDGED_STEPS && self.left(fit) > NEAR_EXACT;
        let judgement = judged.then(|| {
            let fits = std::slice::from_ref(fit);
            judge(self.sample, fits, &self.rows.scale.totals).swap_remove(0)
        });
        self.fits.push((fit.clone(), judgement));
    }

    /// The best of all additions.
    fn forward(&mut self, fit: &Fit, control: &Control<'_>) -> Option<Fit> {
        let additions = self.additions(fit);
        let search = Exploration {
            starts: self.settings.starts,
            all_rows: false,
        };
        let mut candidates = self.try_all(fit, &additions, search, control);
        candidates.sort_by(|a, b| a.bic.total_cmp(&b.bic));
        let rest = candidates.split_off(candidates.len().min(POLISHED));
        let mut candidates = candidates.into_iter();
        let first = self.finish(candidates.next()?, None);
        let this = &*self;
        let others: Vec<Fit> = candidates
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|candidate| this.finish(candidate, Some(first.bic)))
            .collect();
        let mut best = first;
        for candidate in others {
            self.see(&candidate);
            if candidate.bic < best.bic {
                self.see(&best);
                best = candidate;
            }
        }
        self.see(&best);
        for candidate in &rest {
            self.see(candidate);
        }
        Some(best)
    }

    /// Two terms may lower BIC only together: where one alone leaves much of the variance, its
    /// gain does not pay for its many coefficients. So a step that fails BIC, but gains far more
    /// than chance, is followed by another before it is given up.
    fn second_step(&mut self, fit: &Fit, first: &Fit, control: &Control<'_>) -> Option<Fit> {
        let inputs = self.rows.scale.inputs;
        let before = fit.parameters(self.sample, inputs);
        let after = first.parameters(self.sample, inputs);
        let likelihood = |fit: &Fit, parameters| fit.bic - penalty(self.sample, parameters);
        let gain = likelihood(fit, before) - likelihood(first, after);
        let chance = after.saturating_sub(before) as f64;
        if gain <= BEYOND_CHANCE * chance || !self.goes_on(control) {
            return None;
        }
        let second = self.forward(first, control)?;
        if second.bic >= fit.bic - LEAST_GAIN {
            return None;
        }
        self.record(fit, first, control);
        self.record(first, &second, control);
        Some(second)
    }

    fn additions(&self, fit: &Fit) -> Vec<Addition> {
        let elementwise = self.sample.features.iter().map(|(term, _)| *term);
        let elementwise = elementwise
            .filter(|term| !fit.basis.terms.contains(term) && self.settings.allows(*term))
            .map(Addition::Elementwise);
        let rank = |order: usize| fit.products.iter().filter(|p| p.order == order).count();
        let products = (2..=self.settings.max_order)
            .filter(|&order| rank(order) < self.settings.rank_allowed(order))
            .map(Addition::Product);
        elementwise.chain(products).collect()
    }

    /// The fit with each addition, coefficients only roughly right.
    pub fn try_all(
        &mut self,
        fit: &Fit,
        additions: &[Addition],
        exploration: Exploration,
        control: &Control<'_>,
    ) -> Vec<Fit> {
        self.streams += 1;
        let full = State::new(self.sample, &fit.basis, &mut fit.products.clone());
        let full = View {
            sample: self.sample,
            x: &self.sample.x,
            q: &fit.basis.q,
            residuals: &full.residuals,
        };
        let screened = self.rows.screen.as_ref();
        let small = screened.filter(|_| !exploration.all_rows).map(|sample| {
            let basis = Basis::new(sample, &fit.basis.terms);
            let state = State::new(sample, &basis, &mut fit.products.clone());
            (sample, basis, state)
        });
        let screen = match &small {
            None => full,
            Some((sample, basis, state)) => View {
                sample,
                x: &sample.x,
                q: &basis.q,
                residuals: &state.residuals,
            },
        };
        let prospect = Prospect {
            view: full,
            screen,
            screened: small.is_some(),
            moments: Moments::new(&screen),
            starts: exploration.starts,
            stream: self.streams,
        };
        let this = &*self;
        additions
            .par_iter()
            .filter(|_| !control.should_stop())
            .filter_map(|&addition| this.add(fit, addition, &prospect))
            .collect()
    }

    fn add(&self, fit: &Fit, addition: Addition, prospect: &Prospect<'_>) -> Option<Fit> {
        let mut next = fit.clone();
        match addition {
            Addition::Elementwise(term) => {
                next.basis = Arc::new(fit.basis.with(self.sample, term));
                if next.basis.rank() == fit.basis.rank() {
                    return None;
                }
            }
            Addition::Product(order) => {
                let mut random = ChaCha8Rng::seed_from_u64(self.seed);
                random.set_stream(prospect.stream * 16 + order as u64);
                let (view, starts) = (&prospect.screen, prospect.starts);
                let mut trial = prospect.moments.explore(view, order, starts, &mut random)?;
                if prospect.screened {
                    trial = Trial::new(trial.product);
                    sweep(&prospect.view, &mut trial);
                }
                next.products.push(trial.product);
            }
        }
        let state = State::new(self.sample, &next.basis, &mut next.products);
        next.squares = state.squares;
        next.score(self.sample, &self.rows.scale);
        next.bic.is_finite().then_some(next)
    }

    /// Brings a fit to its optimum and scores it; one that has no prospect of getting below `bic`
    /// is given up on the way.
    pub fn finish(&self, mut fit: Fit, bic: Option<f64>) -> Fit {
        let scale = &self.rows.scale;
        let goal = bic.map(|bic| Goal { scale, bic });
        refine(self.sample, &mut fit, POLISH, goal);
        fit.score(self.sample, scale);
        fit
    }
}
