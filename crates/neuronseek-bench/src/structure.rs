//! How structures compare: orders, ranks, twins, sets of terms.

use std::collections::BTreeSet;

use neuronseek::neuron::{Neuron, Term};

/// The structure without ranks.
pub fn without_ranks(neuron: &Neuron) -> Neuron {
    Neuron::new(neuron.terms().iter().map(|term| match *term {
        Term::Interaction { order, .. } => Term::Interaction { order, rank: None },
        other => other,
    }))
}

/// How many terms of `truth` were found as their twin instead: the pure order k in place of the
/// interaction of order k, or the reverse. A twin found beside the true term is not counted.
pub fn twins(found: &Neuron, truth: &Neuron) -> usize {
    let (found, truth) = (without_ranks(found), without_ranks(truth));
    let has = |neuron: &Neuron, term: Term| neuron.terms().contains(&term);
    let swapped = truth.terms().iter().filter(|&&term| {
        twin(term).is_some_and(|twin| !has(&found, term) && has(&found, twin) && !has(&truth, twin))
    });
    swapped.count()
}

fn twin(term: Term) -> Option<Term> {
    match term {
        Term::Pure { order } if order > 1 => Some(Term::Interaction { order, rank: None }),
        Term::Interaction { order, .. } => Some(Term::pure(order)),
        _ => None,
    }
}

/// The Jaccard index of two sets of terms, |A and B| / |A or B|; 1 when both are empty. Terms are
/// equal when order, stream and rank are.
pub fn jaccard(a: &Neuron, b: &Neuron) -> f64 {
    let of = |neuron: &Neuron| -> BTreeSet<Term> { neuron.terms().iter().copied().collect() };
    let (a, b) = (of(a), of(b));
    match a.union(&b).count() {
        0 => 1.0,
        all => a.intersection(&b).count() as f64 / all as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neuron(text: &str) -> Neuron {
        text.parse().unwrap()
    }

    #[test]
    fn a_twin_stands_in_place_of_its_term() {
        let count = |found: &str, truth: &str| twins(&neuron(found), &neuron(truth));
        assert_eq!(count("cp(2, r=3)", "x^2"), 1);
        assert_eq!(count("x^2 + x^3", "cp(2, r=1) + cp(3, r=1)"), 2);
        assert_eq!(count("x^2 + cp(2, r=1)", "x^2"), 0);
        assert_eq!(count("cp(2, r=1)", "x^2 + cp(2, r=1)"), 0);
        assert_eq!(count("x^2 + cp(2, r=3)", "x^2 + cp(2, r=1)"), 0);
        assert_eq!(count("x^3", "x^2"), 0);
    }

    #[test]
    fn jaccard_is_the_share_of_common_terms() {
        let index = |a: &str, b: &str| jaccard(&neuron(a), &neuron(b));
        assert_eq!(index("x + x^2", "x + x^2"), 1.0);
        assert_eq!(index("x + x^2", "x + x^3"), 1.0 / 3.0);
        assert_eq!(index("x", "x^2"), 0.0);
        assert_eq!(jaccard(&Neuron::default(), &Neuron::default()), 1.0);
        assert_eq!(index("cp(2, r=1)", "cp(2, r=2)"), 0.0);
        let (a, b) = (neuron("cp(2, r=1)"), neuron("cp(2, r=2)"));
        assert_eq!(jaccard(&without_ranks(&a), &without_ranks(&b)), 1.0);
    }
}
