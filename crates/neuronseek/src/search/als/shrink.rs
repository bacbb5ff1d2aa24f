//! Dropping what no longer pays, and the record of the steps.

use std::sync::Arc;

use rayon::prelude::*;

use super::basis::Basis;
use super::fit::{Fit, Product};
use super::grow::{Addition, Exploration, Growth, LEAST_GAIN, NEAR_EXACT};
use crate::neuron::{Neuron, Term};
use crate::observe::{Control, Event};
use crate::search::{Candidate, Step};

/// The best fit of a structure, without its values at the rows.
pub(super) struct Seen {
    pub candidate: Candidate,
    pub terms: Vec<Term>,
    pub products: Vec<Product>,
}

impl Seen {
    fn new(fit: &Fit) -> Seen {
        Seen {
            candidate: Candidate {
                neuron: fit.neuron(),
                criterion: fit.bic,
            },
            terms: fit.basis.terms.clone(),
            products: fit.products.clone(),
        }
    }
}

impl Growth<'_> {
    /// Drops terms and products while that lowers BIC.
    pub fn backward(&mut self, mut best: Fit, control: &Control<'_>) -> Fit {
        while best.basis.terms.len() + best.products.len() > 1 && !control.should_stop() {
            let this = &*self;
            let mut candidates: Vec<Fit> = this
                .without_one(&best)
                .into_par_iter()
                .map(|candidate| this.finish(candidate, Some(best.bic)))
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

    /// Seeks products afresh, from more starts; a fit of lower BIC, if there is one.
    ///
    /// A product that ended beside the true one makes the search add a second of its order that
    /// mends it, and neither can be dropped alone; or it leaves so much that no further term pays.
    /// So all products of an order are dropped, and one is sought in their place. Where nearly
    /// nothing is left, only orders with several products are in doubt.
    pub fn reconsider(&mut self, fit: &Fit, control: &Control<'_>) -> Option<Fit> {
        let least = if self.left(fit) > NEAR_EXACT { 1 } else { 2 };
        let thorough = Exploration {
            starts: 4 * self.settings.starts,
            all_rows: self.sample.x.rows() <= THOROUGH_ROWS,
        };
        let mut best: Option<Fit> = None;
        for (order, rank) in fit.neuron().interactions() {
            if rank.unwrap_or(0) < least || !self.goes_on(control) {
                continue;
            }
            let mut rest = fit.clone();
            rest.products.retain(|product| product.order != order);
            let rest = self.finish(rest, None);
            let found = self.try_all(&rest, &[Addition::Product(order)], thorough, control);
            for candidate in found {
                let candidate = self.finish(candidate, None);
                self.see(&candidate);
                if candidate.bic < best.as_ref().unwrap_or(fit).bic - LEAST_GAIN {
                    best = Some(candidate);
                }
            }
        }
        best
    }

    /// Remembers the best fit of a structure.
    pub fn see(&mut self, fit: &Fit) {
        let neuron = fit.neuron();
        let known = (self.seen.iter_mut()).find(|seen| seen.candidate.neuron == neuron);
        match known {
            Some(known) if known.candidate.criterion <= fit.bic => {}
            Some(known) => *known = Seen::new(fit),
            None => self.seen.push(Seen::new(fit)),
        }
    }

    /// Notes a step and reports it.
    pub fn record(&mut self, before: &Fit, after: &Fit, control: &Control<'_>) {
        let action = difference(&before.neuron(), &after.neuron());
        let message = format!("{}, BIC {:.1}", after.neuron(), after.bic);
        control.observer.notice(&Event::Progress {
            name: self.stage,
            done: self.path.len() + 1,
            total: self.path.len() + 2,
            message: &message,
        });
        let neuron = after.neuron();
        control.observer.notice(&Event::Snapshot {
            neuron: &neuron,
            criterion: after.bic,
        });
        self.path.push(Step {
            neuron,
            action,
            criterion: after.bic,
        });
    }
}

/// Up to so many rows products are sought afresh on all of them.
const THOROUGH_ROWS: usize = 4_000;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_named() {
        let name = |before: &str, after: &str| {
            difference(&before.parse().unwrap(), &after.parse().unwrap())
        };
        assert_eq!(name("x", "x + x^3"), "add x^3");
        assert_eq!(name("x + cp(2, r=1)", "x + cp(2, r=2)"), "add cp(2)");
        assert_eq!(name("x + cp(2, r=1)", "cp(2, r=1)"), "drop x");
        assert_eq!(name("x + cp(4, r=2)", "x + cp(4, r=1)"), "drop cp(4)");
    }
}
