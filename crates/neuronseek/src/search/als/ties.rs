//! Structures that the data cannot tell apart, and the choice among them.
//!
//! On data that is a polynomial one structure stands out. On other data many are nearly as good,
//! and which of them has the lowest criterion is chance: another sample of the rows gives another.
//! So every structure whose held-out error is within one standard error of the least, and at most a
//! tenth above it, is tied with it (the one standard error rule of Breiman, Friedman, Olshen and
//! Stone, Classification and Regression Trees, 1984, here with the standard error of the paired
//! difference), and the one of the fewest coefficients is chosen. (Seeking still simpler ties, by
//! leaving out terms and by lowering orders, was tried: it costs as much as the search, and
//! bootstrap samples agreed less.)

use std::sync::Arc;

use rayon::prelude::*;

use super::basis::Basis;
use super::fit::Fit;
use super::folds::{Judgement, judge};
use super::grow::Growth;
use super::shrink::Seen;
use crate::neuron::{Neuron, Term};
use crate::search::Alternative;

/// A structure with its error on held-out rows.
pub(super) struct Judged {
    pub fit: Fit,
    pub judgement: Judgement,
    /// The number of its coefficients.
    parameters: usize,
}

/// The structures that a choice is made among.
pub(super) struct Ties(pub Vec<Judged>);

impl Ties {
    /// Judges the structure of lowest BIC, which comes first, the linear one and those on the path.
    pub fn of_path(growth: &Growth<'_>, best: Fit) -> Ties {
        let (mut known, mut unknown) = (Vec::new(), vec![best]);
        if growth.settings.allows(Term::pure(1)) {
            unknown.push(linear(growth));
        }
        unknown.retain(|fit| !fit.neuron().is_empty());
        let found = unknown.first().map(Fit::neuron);
        for (fit, judgement) in &growth.fits {
            if fit.neuron().is_empty() || found.as_ref() == Some(&fit.neuron()) {
                continue;
            }
            match judgement {
                Some(judgement) => known.push((fit.clone(), judgement.clone())),
                None => unknown.push(fit.clone()),
            }
        }
        let mut ties = Ties::of(growth, unknown);
        let judged = |(fit, judgement)| Judged::new(growth, fit, judgement);
        ties.0.extend(known.into_iter().map(judged));
        ties
    }

    /// Judges given fits.
    pub fn of(growth: &Growth<'_>, fits: Vec<Fit>) -> Ties {
        let mut ties = Ties(Vec::new());
        ties.add(growth, fits);
        ties
    }

    /// Judges up to `count` other structures that were fitted, those of lowest BIC.
    pub fn add_seen(&mut self, growth: &Growth<'_>, count: usize) {
        let known: Vec<_> = self.0.iter().map(|one| one.fit.neuron()).collect();
        let mut others: Vec<&Seen> = (growth.seen.iter())
            .filter(|seen| !known.contains(&seen.candidate.neuron))
            .filter(|seen| !seen.candidate.neuron.is_empty())
            .collect();
        others.sort_by(|a, b| a.candidate.criterion.total_cmp(&b.candidate.criterion));
        others.truncate(count);
        let fits = others.into_par_iter().map(|seen| {
            let fit = Fit {
                basis: Arc::new(Basis::new(growth.sample, &seen.terms)),
                products: seen.products.clone(),
                ..growth.empty()
            };
            growth.finish(fit, None)
        });
        self.add(growth, fits.collect());
    }

    fn add(&mut self, growth: &Growth<'_>, fits: Vec<Fit>) {
        let judgements = judge(growth.sample, &fits, &growth.rows.scale.totals);
        let pairs = fits.into_iter().zip(judgements);
        let judged = pairs.map(|(fit, judgement)| Judged::new(growth, fit, judgement));
        self.0.extend(judged);
    }

    /// The structure of the least held-out error, and the simplest that is tied with it.
    pub fn choose(&self) -> (usize, usize) {
        let best = self.best();
        let mut choice = best;
        for (index, one) in self.0.iter().enumerate() {
            let key = |one: &Judged| (one.parameters, one.judgement.error);
            if self.compared(index, best).tied() && key(one) < key(&self.0[choice]) {
                choice = index;
            }
        }
        (best, choice)
    }

    fn best(&self) -> usize {
        let mut best = 0;
        for (index, one) in self.0.iter().enumerate() {
            if one.judgement.error < self.0[best].judgement.error {
                best = index;
            }
        }
        best
    }

    /// The chosen structure and all ties with that of the least held-out error, that one first.
    pub fn alternatives(&self, chosen: &Neuron) -> Vec<Alternative> {
        let mut found = self.all();
        found.retain(|one| one.tied() || &one.neuron == chosen);
        found.sort_by(|a, b| a.error.total_cmp(&b.error));
        found
    }

    /// Every structure, beside that of the least held-out error.
    pub fn all(&self) -> Vec<Alternative> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let best = self.best();
        let compared = |index| self.compared(index, best);
        (0..self.0.len()).map(compared).collect()
    }

    fn compared(&self, index: usize, best: usize) -> Alternative {
        let one = &self.0[index];
        let (above, standard_error) = one.judgement.above(&self.0[best].judgement);
        Alternative {
            neuron: one.fit.neuron(),
            parameters: one.parameters,
            criterion: one.fit.bic,
            error: one.judgement.error,
            above,
            standard_error,
        }
    }
}

impl Judged {
    fn new(growth: &Growth<'_>, fit: Fit, judgement: Judgement) -> Judged {
        Judged {
            parameters: fit.parameters(growth.sample, growth.rows.scale.inputs),
            fit,
            judgement,
        }
    }
}

fn linear(growth: &Growth<'_>) -> Fit {
    let basis = Arc::new(Basis::new(growth.sample, &[Term::pure(1)]));
    let linear = Fit {
        basis,
        ..growth.empty()
    };
    growth.finish(linear, None)
}
