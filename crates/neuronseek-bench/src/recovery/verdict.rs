use neuronseek::neuron::Neuron;
use serde::{Deserialize, Serialize};

/// How a found structure compares with the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The same terms with the same ranks.
    Perfect,
    /// All true terms with at least their ranks, and more.
    Noisy,
    /// A true term, or a part of its rank, is missing.
    Missing,
    /// The search ended with an error.
    Failed,
}

/// Compares a structure with the truth, orders and ranks.
pub fn verdict(found: &Neuron, truth: &Neuron) -> Verdict {
    if found == truth {
        return Verdict::Perfect;
    }
    let rank = |neuron: &Neuron, order: usize| {
        let term = neuron.interactions().into_iter().find(|(o, _)| *o == order);
        term.map_or(0, |(_, rank)| rank.unwrap_or(usize::MAX))
    };
    let pure = truth
        .pure_orders()
        .iter()
        .all(|order| found.pure_orders().contains(order));
    let functions = truth
        .functions()
        .iter()
        .all(|function| found.functions().contains(function));
    let interactions = truth
        .interactions()
        .iter()
        .all(|&(order, _)| rank(found, order) >= rank(truth, order));
    if pure && functions && interactions {
        Verdict::Noisy
    } else {
        Verdict::Missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(found: &str, truth: &str) -> Verdict {
        verdict(&found.parse().unwrap(), &truth.parse().unwrap())
    }

    #[test]
    fn verdicts_look_at_both_streams_and_at_ranks() {
        let truth = "x^2 + cp(3, r=1)";
        assert_eq!(compare("cp(3, r=1) + x^2", truth), Verdict::Perfect);
        assert_eq!(compare("x^2 + cp(3, r=2)", truth), Verdict::Noisy);
        assert_eq!(compare("x + x^2 + cp(3, r=1)", truth), Verdict::Noisy);
        assert_eq!(compare("x^2", truth), Verdict::Missing);
        assert_eq!(compare("x + cp(3, r=1)", truth), Verdict::Missing);
        assert_eq!(compare("cp(2, r=1)", "cp(2, r=2)"), Verdict::Missing);
    }
}
