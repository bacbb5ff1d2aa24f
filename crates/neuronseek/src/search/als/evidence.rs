//! What each term of a fit is worth: the rest refitted without it.

use std::sync::Arc;

use rayon::prelude::*;

use super::basis::Basis;
use super::fit::{Fit, Scale};
use super::refine::{Effort, refine};
use super::sample::Sample;
use crate::neuron::Term;
use crate::search::Evidence;

/// Dropping a term matters by far more than the last digits of the refit.
const REFIT: Effort = Effort {
    rounds: 8,
    tolerance: 1e-3,
};

/// One entry per term of the fit's neuron, in its order.
pub(super) fn evidence(sample: &Sample, scale: &Scale, fit: &Fit) -> Vec<Evidence> {
    let terms: Vec<Term> = fit.neuron().terms().to_vec();
    let one = |term: Term| {
        let mut without = fit.clone();
        if let Term::Interaction { order, .. } = term {
            without.products.retain(|product| product.order != order);
        } else {
            let mut rest = fit.basis.terms.clone();
            rest.retain(|kept| *kept != term);
            without.basis = Arc::new(Basis::new(sample, &rest));
        }
        refine(sample, &mut without, REFIT, None);
        without.score(sample, scale);
        let outputs = fit.squares.len() as f64;
        let lost = without.squares.iter().zip(&fit.squares).zip(&scale.totals);
        let explained: f64 = lost
            .map(|((without, with), total)| {
                if *total > 0.0 {
                    (without - with) / total
                } else {
                    0.0
                }
            })
            .sum();
        Evidence {
            term,
            bic_gain: Some(without.bic - fit.bic),
            gate_probability: None,
            explained: (explained / outputs).clamp(0.0, 1.0),
        }
    };
    terms.into_par_iter().map(one).collect()
}
