//! Growing forward and dropping backward, by BIC.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::AlsSettings;
use super::alternate::View;
use super::basis::Basis;
use super::fit::{Fit, Scale, State};
use super::refine::{Effort, refine};
use super::rows::Rows;
use super::sample::Sample;
use super::starts::Moments;
use crate::neuron::{Neuron, Term};
use crate::observe::{Control, Event};
use crate::search::{Candidate, Step};

/// A step must lower BIC by more than this.
pub(super) const LEAST_GAIN: f64 = 2.0;

/// How many of the candidates of a forward step are brought to their optimum.
const POLISHED: usize = 3;

const POLISH: Effort = Effort {
    rounds: 30,
    tolerance: 1e-6,
};

/// The state of a search on one sample.
pub(super) struct Growth<'a> {
    pub sample: &'a Sample,
    scale: &'a Scale,
    settings: &'a AlsSettings,
    seed: u64,
    /// The stage that progress events name.
    stage: &'static str,
    /// Every structure that was fitted, with its best criterion.
    pub seen: Vec<Candidate>,
    /// The steps taken.
    pub path: Vec<Step>,
    /// The fit after each step.
    pub fits: Vec<Fit>,
}

/// What a forward step may add.
#[derive(Debug, Clone, Copy)]
enum Addition {
    Elementwise(Term),
    Product(usize),
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
            sample: &rows.sample,
            scale: &rows.scale,
            settings,
            seed,
            stage,
            seen: Vec::new(),
            path: Vec::new(),
            fits: Vec::new(),
        }
    }

    /// Grows from the intercept until nothing lowers BIC; the fit with the lowest.
    pub fn run(&mut self, control: &Control<'_>) -> Fit {
        let mut best = self.finish(Fit {
            basis: Arc::new(Basis::intercept(self.sample)),
            products: Vec::new(),
            squares: Vec::new(),
            bic: 0.0,
        });
        self.fits.push(best.clone());
        for round in 0..64 {
            if control.should_stop() {
                break;
            }
            let Some(next) = self.forward(&best, round, control) else {
                break;
            };
            if next.bic >= best.bic - LEAST_GAIN {
                break;
            }
            self.record(&best, &next, control);
            best = self.backward(next, control);
        }
        best
    }

    /// The best of all additions.
    fn forward(&mut self, fit: &Fit, round: usize, control: &Control<'_>) -> Option<Fit> {
        let mut products = fit.products.clone();
        let state = State::new(self.sample, &fit.basis, &mut products);
        let view = View {
            sample: self.sample,
            x: &self.sample.x,
            q: &fit.basis.q,
            residuals: &state.residuals,
        };
        let moments = Moments::new(&view);
        let this = &*self;
        let mut candidates: Vec<Fit> = this
            .additions(fit)
            .into_par_iter()
            .filter(|_| !control.should_stop())
            .filter_map(|addition| this.add(fit, addition, (&view, &moments), round))
            .collect();
        candidates.sort_by(|a, b| a.bic.total_cmp(&b.bic));
        let rest = candidates.split_off(candidates.len().min(POLISHED));
        let mut polished: Vec<Fit> = candidates
            .into_par_iter()
            .map(|candidate| this.finish(candidate))
            .collect();
        polished.sort_by(|a, b| a.bic.total_cmp(&b.bic));
        for candidate in polished.iter().chain(&rest) {
            self.see(candidate);
        }
        polished.into_iter().next()
    }

    fn additions(&self, fit: &Fit) -> Vec<Addition> {
        let elementwise = self.sample.features.iter().map(|(term, _)| *term);
        let elementwise = elementwise
            .filter(|term| !fit.basis.terms.contains(term))
            .map(Addition::Elementwise);
        let rank = |order: usize| fit.products.iter().filter(|p| p.order == order).count();
        let products = (2..=self.settings.max_order)
            .filter(|&order| rank(order) < self.settings.max_rank)
            .map(Addition::Product);
        elementwise.chain(products).collect()
    }

    /// The fit with an addition, coefficients only roughly right.
    fn add(
        &self,
        fit: &Fit,
        addition: Addition,
        (view, moments): (&View<'_>, &Moments),
        round: usize,
    ) -> Option<Fit> {
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
                random.set_stream((round * 16 + order) as u64);
                let trial = moments.explore(view, order, self.settings.starts, &mut random)?;
                next.products.push(trial.product);
            }
        }
        let state = State::new(self.sample, &next.basis, &mut next.products);
        next.squares = state.squares;
        next.score(self.sample, self.scale);
        next.bic.is_finite().then_some(next)
    }

    /// Drops what no longer pays.
    pub fn backward(&mut self, mut best: Fit, control: &Control<'_>) -> Fit {
        while best.basis.terms.len() + best.products.len() > 1 && !control.should_stop() {
            let this = &*self;
            let mut candidates: Vec<Fit> = this
                .without_one(&best)
                .into_par_iter()
                .map(|candidate| this.finish(candidate))
                .collect();
            candidates.sort_by(|a, b| a.bic.total_cmp(&b.bic));
            for candidate in &candidates {
                self.see(candidate);
            }
            match candidates.into_iter().next() {
                Some(next) if next.bic < best.bic => {
                    self.record(&best, &next, control);
                    best = next;
                }
                _ => break,
            }
        }
        self.fits.push(best.clone());
        best
    }

    fn without_one(&self, fit: &Fit) -> Vec<Fit> {
        let terms = (0..fit.basis.terms.len()).map(|index| {
            let mut terms = fit.basis.terms.clone();
            terms.remove(index);
            let mut next = fit.clone();
            next.basis = Arc::new(Basis::new(self.sample, &terms));
            next
        });
        let products = (0..fit.products.len()).map(|index| {
            let mut next = fit.clone();
            next.products.remove(index);
            next
        });
        terms.chain(products).collect()
    }

    /// Brings a fit to its optimum and scores it.
    pub fn finish(&self, mut fit: Fit) -> Fit {
        refine(self.sample, &mut fit, POLISH);
        fit.score(self.sample, self.scale);
        fit
    }

    pub fn see(&mut self, fit: &Fit) {
        let neuron = fit.neuron();
        match self
            .seen
            .iter_mut()
            .find(|candidate| candidate.neuron == neuron)
        {
            Some(known) => known.criterion = known.criterion.min(fit.bic),
            None => self.seen.push(Candidate {
                neuron,
                criterion: fit.bic,
            }),
        }
    }

    pub fn record(&mut self, before: &Fit, after: &Fit, control: &Control<'_>) {
        let action = difference(&before.neuron(), &after.neuron());
        let message = format!("{}, BIC {:.1}", after.neuron(), after.bic);
        control.observer.notice(&Event::Progress {
            name: self.stage,
            done: self.path.len() + 1,
            total: self.path.len() + 2,
            message: &message,
        });
        self.path.push(Step {
            neuron: after.neuron(),
            action,
            criterion: after.bic,
        });
    }
}

/// What was done, in words.
fn difference(before: &Neuron, after: &Neuron) -> String {
    let rank = |neuron: &Neuron, order: usize| {
        let found = neuron.interactions().into_iter().find(|(o, _)| *o == order);
        found.and_then(|(_, rank)| rank).unwrap_or(0)
    };
    let name = |term: &Term| match term {
        Term::Interaction { order, .. } => format!("cp({order})"),
        term => term.to_string(),
    };
    for (verb, from, to) in [("add", before, after), ("drop", after, before)] {
        for term in to.terms() {
            let more = match term {
                Term::Interaction { order, .. } => rank(to, *order) > rank(from, *order),
                term => !from.terms().contains(term),
            };
            if more {
                return format!("{verb} {}", name(term));
            }
        }
    }
    "refit".to_string()
}
