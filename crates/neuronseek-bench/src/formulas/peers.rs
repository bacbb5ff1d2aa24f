//! Programs of others on the rows of a formula: gplearn, PyOperon and PySR, each in a Python process
//! of its own (`benchmarks/*_formula.py`), so that one that crashes is an error in its record.
//!
//! Peers see the inputs in the units of the lists, since some of them do not refine constants and a
//! formula that has none should need none. What they find is judged on the scaled inputs of the
//! methods.

use std::str::FromStr;
use std::time::Instant;

use neuronseek::expression::Expression;
use neuronseek::neuron::Neuron;
use serde::Deserialize;
use serde_json::Value;

use super::{Found, Kind, Measured, Run, recovered, rows, sizes};
use crate::python;

/// A program of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Genetic programming in Python.
    Gplearn,
    /// Genetic programming in C++, called from Python.
    Pyoperon,
    /// Genetic programming in Julia, called from Python.
    Pysr,
}

/// There is no peer of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no peer: gplearn, pyoperon or pysr")]
pub struct UnknownPeer(String);

impl Peer {
    /// All peers.
    pub const ALL: [Peer; 3] = [Peer::Gplearn, Peer::Pyoperon, Peer::Pysr];

    /// The name in tables and of the Python package.
    pub fn name(self) -> &'static str {
        match self {
            Peer::Gplearn => "gplearn",
            Peer::Pyoperon => "pyoperon",
            Peer::Pysr => "pysr",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Peer::Gplearn => include_str!("../../../../benchmarks/gplearn_formula.py"),
            Peer::Pyoperon => include_str!("../../../../benchmarks/pyoperon_formula.py"),
            Peer::Pysr => include_str!("../../../../benchmarks/pysr_formula.py"),
        }
    }
}

impl FromStr for Peer {
    type Err = UnknownPeer;

    fn from_str(text: &str) -> Result<Peer, UnknownPeer> {
        let mut same = Peer::ALL.into_iter().filter(|peer| peer.name() == text);
        same.next().ok_or_else(|| UnknownPeer(text.to_string()))
    }
}

/// A peer that can run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The peer.
    pub peer: Peer,
    /// The version of its Python package, which is part of the ids of its runs.
    pub version: String,
}

/// Looks for a peer in the Python that `NEURONSEEK_PYTHON` names, else in `python3`.
///
/// # Errors
/// One line that says why the peer is left out: no Python, no package in it, or one that does not
/// start.
pub fn look_for(peer: Peer) -> Result<Package, String> {
    let document = python::run(peer.program(), &["--version".to_string()])
        .map_err(|reason| format!("{} is left out: {}", peer.name(), plain(&reason)))?;
    match document["version"].as_str() {
        Some(version) => Ok(Package {
            peer,
            version: version.to_string(),
        }),
        None => Err(format!(
            "{} is left out: its program names no version",
            peer.name()
        )),
    }
}

fn plain(reason: &str) -> &str {
    reason.strip_prefix("no comparison: ").unwrap_or(reason)
}

/// What a peer's program prints.
#[derive(Debug, Deserialize)]
struct Document {
    /// Of the search.
    seconds: f64,
    /// On the test rows, by the peer's own prediction.
    r2: Option<f64>,
    /// In the form of [`Expression`].
    formula: String,
}

/// One formula and one peer; whatever its program does, the experiment goes on.
pub(super) fn once(run: &Run) -> Result<(Found, Measured), String> {
    let peer: Peer = run.method.parse().map_err(|e: UnknownPeer| e.to_string())?;
    let (training, test) = rows(run, &vec![1.0; run.formula.ranges.len()])?;
    let unwritten = |error| format!("cannot write the table for {}: {error}", peer.name());
    let training = python::table(&training.inputs, &training.y).map_err(unwritten)?;
    let test = python::table(&test.inputs, &test.y).map_err(unwritten)?;
    let arguments = [
        training.path().display().to_string(),
        test.path().display().to_string(),
        format!("--budget={}", run.budget),
        format!("--seed={}", run.seed),
    ];
    let began = Instant::now();
    let printed = python::run(peer.program(), &arguments);
    // Of a search that broke off only the whole process has a time.
    let seconds = began.elapsed().as_secs_f64();
    Ok(printed
        .and_then(|document| found(run, document))
        .unwrap_or_else(|reason| {
            let failed = Found {
                neuron: Neuron::default(),
                formula: None,
                recovered: (run.formula.kind == Kind::Polynomial).then_some(false),
                r2: None,
                error: Some(plain(&reason).to_string()),
            };
            (failed, Measured { seconds })
        }))
}

/// The result in a document. A formula that cannot be read keeps its R^2 but counts as not found.
fn found(run: &Run, document: Value) -> Result<(Found, Measured), String> {
    let document: Document = serde_json::from_value(document)
        .map_err(|error| format!("the program's document: {error}"))?;
    let expression = document.formula.parse::<Expression>();
    let sizes = sizes(run);
    let monomials = expression.as_ref().ok().and_then(Expression::monomials);
    let found = Found {
        neuron: expression
            .as_ref()
            .map(Expression::neuron)
            .unwrap_or_default(),
        recovered: recovered(run, monomials.map(|found| found.rescaled(&sizes)), &sizes),
        r2: document.r2,
        error: expression.err().map(|error| error.to_string()),
        formula: Some(document.formula),
    };
    let seconds = document.seconds;
    Ok((found, Measured { seconds }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::formulas::Formula;

    fn run_of(peer: Peer) -> Run {
        Run {
            method: peer.name().to_string(),
            search: None,
            version: Some("1".to_string()),
            formula: Formula {
                name: "one".to_string(),
                list: "a list".to_string(),
                expression: "x1^2 + 4 * x1 * x2".parse().unwrap(),
                kind: Kind::Polynomial,
                ranges: vec![[-2.0, 2.0], [0.0, 10.0]],
            },
            rows: 50,
            budget: 1.0,
            seed: 0,
        }
    }

    #[test]
    fn documents_are_judged_in_the_units_of_the_lists() {
        let run = run_of(Peer::Pyoperon);
        let document = |formula: &str| {
            let document = json!({"version": "1", "seconds": 0.5, "r2": 0.75, "formula": formula});
            found(&run, document).unwrap()
        };
        let (exact, measured) = document("(x1 * ((2.0 * (x2 + x2)) + (-x1) / (-1.0)))");
        assert_eq!((exact.recovered, exact.error), (Some(true), None));
        assert_eq!((exact.r2, measured.seconds), (Some(0.75), 0.5));
        assert_eq!(exact.neuron.to_string(), "x^2 + cp(2)");
        let (other, _) = document("(x1 * x1 + 3.9 * x1 * x2)");
        assert_eq!((other.recovered, other.error), (Some(false), None));
        let (protected, _) = document("sqrt(abs(x1)) * exp(min(x2, 50)) * log(abs((-0.5)))");
        assert_eq!((protected.recovered, protected.error), (Some(false), None));
        let (unread, _) = document("x1 +* x2");
        assert_eq!((unread.recovered, unread.r2), (Some(false), Some(0.75)));
        assert!(unread.error.unwrap().contains("character 5"));
        let nothing = found(&run, json!({"seconds": 1.0})).unwrap_err();
        assert!(nothing.contains("formula"), "{nothing}");
    }

    #[test]
    fn peer_without_its_package_is_left_out_with_a_word() {
        for peer in Peer::ALL {
            assert_eq!(peer.name().parse(), Ok(peer));
            match look_for(peer) {
                // Where the package is there, its program must give a formula that is read.
                Ok(package) => {
                    assert!(package.version.contains('.'), "{}", package.version);
                    let (found, _) = once(&run_of(peer)).unwrap();
                    assert_eq!(found.error, None);
                    assert!(found.formula.is_some() && found.r2.is_some());
                }
                Err(reason) => {
                    let start = format!("{} is left out: ", peer.name());
                    assert!(reason.starts_with(&start), "{reason}");
                    assert_eq!(reason.lines().count(), 1, "{reason}");
                }
            }
        }
        assert!("gpl".parse::<Peer>().is_err());
    }
}
