//! How many parameters a network needs for a given accuracy.

use serde::Serialize;

use super::{Candidate, Paired, PeerLosses, Question, REFERENCE};

/// The accuracy that is to be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Goal {
    /// That of a method of the peers' file.
    Peer(String),
    /// That of the network of x at equal parameters with the neuron's of [`REFERENCE`].
    Plain,
}

/// The parameters that a neuron and x need on one table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Needed {
    /// The table.
    pub table: String,
    /// The hash split.
    pub split: u64,
    /// Which neuron.
    pub of: Candidate,
    /// The accuracy of what.
    pub goal: Goal,
    /// The loss to reach.
    pub loss: f64,
    /// The parameters of the smallest network of the neuron, and of x, whose mean test loss is at
    /// most that; `None` where no network of the ladder is.
    pub parameters: [Option<f64>; 2],
    /// The least mean test losses of the ladder.
    pub least: [f64; 2],
}

/// Parameters needed, of every table and neuron; tables on which the search found x are left out.
///
/// The networks of all shapes are taken, those without a hidden layer too.
pub fn needed(all: &[Paired], peers: Option<&PeerLosses>) -> Vec<Needed> {
    let mut needed = Vec::new();
    let mut ladders: Vec<(&str, u64, &Candidate)> = Vec::new();
    for one in all.iter().filter(|one| !one.neuron.is_linear()) {
        if let Question::Neuron { of, .. } = &one.question {
            let ladder = (one.table.as_str(), one.split, of);
            if !ladders.contains(&ladder) {
                ladders.push(ladder);
            }
        }
    }
    for (table, split, candidate) in ladders {
        let rungs: Vec<&Paired> = all
            .iter()
            .filter(|one| one.table == table && one.split == split)
            .filter(|one| matches!(&one.question, Question::Neuron { of, .. } if of == candidate))
            .collect();
        for (goal, loss) in goals(&rungs, peers) {
            let least = [0, 1].map(|side| {
                let losses = rungs.iter().map(|rung| rung.losses[side]);
                losses.fold(f64::INFINITY, f64::min)
            });
            let parameters = [0, 1].map(|side| {
                let reach = rungs.iter().filter(|rung| rung.losses[side] <= loss);
                let counts = reach.map(|rung| rung.parameters[side]);
                counts.min_by(f64::total_cmp)
            });
            needed.push(Needed {
                table: table.to_string(),
                split,
                of: candidate.clone(),
                goal,
                loss,
                parameters,
                least,
            });
        }
    }
    needed
}

fn goals(rungs: &[&Paired], peers: Option<&PeerLosses>) -> Vec<(Goal, f64)> {
    let mut goals = Vec::new();
    if let (Some(first), Some(peers)) = (rungs.first(), peers)
        && let Some(loss) = peers.loss(&first.table, first.split)
    {
        goals.push((Goal::Peer(peers.method.clone()), loss));
    }
    let is_reference = |one: &&&Paired| match &one.question {
        Question::Neuron { hidden, .. } => hidden == &REFERENCE,
        Question::Ingredient(_) => false,
    };
    let reference = rungs.iter().find(is_reference);
    goals.extend(reference.map(|one| (Goal::Plain, one.losses[1])));
    goals
}
