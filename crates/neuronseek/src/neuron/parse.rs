use std::str::FromStr;

use thiserror::Error;

use super::{Function, MAX_ORDER, Neuron, Term};

/// Why a text is not a neuron.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NeuronError {
    /// There is no term.
    #[error("a neuron needs at least one term, such as \"x + cp(2, r=1)\"")]
    Empty,
    /// A term is not of a known form.
    #[error(
        "\"{text}\" (at character {position}) is not a term: write x, x^3, cp(2), cp(3, r=4), sin(x), cos(x) or exp(x)"
    )]
    UnknownTerm {
        /// The text of the term.
        text: String,
        /// Where it starts, counted from 1.
        position: usize,
    },
    /// An order or a rank is not allowed.
    #[error("{what} {value} in \"{text}\" is out of range: {low} to {high}")]
    OutOfRange {
        /// "order" or "rank".
        what: &'static str,
        /// The value given.
        value: String,
        /// The text of the term.
        text: String,
        /// The lowest value allowed.
        low: usize,
        /// The highest value allowed.
        high: usize,
    },
    /// A term is given twice.
    #[error("the term \"{text}\" is given twice")]
    Repeated {
        /// The text of the term.
        text: String,
    },
}

const MAX_RANK: usize = 1024;

impl FromStr for Neuron {
    type Err = NeuronError;

    fn from_str(text: &str) -> Result<Neuron, NeuronError> {
        if text.trim() == "linear" {
            return Ok(Neuron::linear());
        }
        if text.trim().is_empty() {
            return Err(NeuronError::Empty);
        }
        let mut terms: Vec<Term> = Vec::new();
        let mut position = 1;
        for part in text.split('+') {
            let indent = part.chars().count() - part.trim_start().chars().count();
            let term = parse_term(part.trim(), position + indent)?;
            let repeated = terms.iter().any(|kept| match (kept, &term) {
                (Term::Interaction { order: a, .. }, Term::Interaction { order: b, .. }) => a == b,
                (kept, term) => *kept == *term,
            });
            if repeated {
                return Err(NeuronError::Repeated {
                    text: part.trim().to_string(),
                });
            }
            terms.push(term);
            position += part.chars().count() + 1;
        }
        Ok(Neuron::new(terms))
    }
}

fn parse_term(text: &str, position: usize) -> Result<Term, NeuronError> {
    let unknown = || NeuronError::UnknownTerm {
        text: text.to_string(),
        position,
    };
    if text == "x" {
        return Ok(Term::pure(1));
    }
    if let Some(function) = Function::ALL
        .into_iter()
        .find(|function| text.strip_prefix(function.name()) == Some("(x)"))
    {
        return Ok(Term::Function(function));
    }
    if let Some(order) = text.strip_prefix("x^") {
        let order = number("order", order.trim(), text, 1, MAX_ORDER).ok_or_else(unknown)??;
        return Ok(Term::pure(order));
    }
    let inside = text
        .strip_prefix("cp(")
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or_else(unknown)?;
    let (order, rank) = match inside.split_once(',') {
        Some((order, rank)) => (order, Some(rank)),
        None => (inside, None),
    };
    let order = number("order", order.trim(), text, 2, MAX_ORDER).ok_or_else(unknown)??;
    let rank = match rank {
        None => None,
        Some(rank) => {
            let (name, value) = rank.split_once('=').ok_or_else(unknown)?;
            if name.trim() != "r" {
                return Err(unknown());
            }
            Some(number("rank", value.trim(), text, 1, MAX_RANK).ok_or_else(unknown)??)
        }
    };
    Ok(Term::Interaction { order, rank })
}

/// `None` when the text has a character that is no digit.
fn number(
    what: &'static str,
    value: &str,
    text: &str,
    low: usize,
    high: usize,
) -> Option<Result<usize, NeuronError>> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let out_of_range = || NeuronError::OutOfRange {
        what,
        value: value.to_string(),
        text: text.to_string(),
        low,
        high,
    };
    Some(match value.parse::<usize>() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(out_of_range()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_term() -> impl Strategy<Value = Term> {
        prop_oneof![
            (1..=MAX_ORDER).prop_map(Term::pure),
            (0..3usize).prop_map(|index| Term::Function(Function::ALL[index])),
            (2..=MAX_ORDER, proptest::option::of(1..=MAX_RANK))
                .prop_map(|(order, rank)| Term::Interaction { order, rank }),
        ]
    }

    proptest! {
        #[test]
        fn text_round_trips(terms in proptest::collection::vec(any_term(), 1..6)) {
            let neuron = Neuron::new(terms);
            if neuron.interactions().iter().all(|(_, rank)| rank.is_none_or(|rank| rank <= MAX_RANK)) {
                prop_assert_eq!(neuron.to_string().parse::<Neuron>().unwrap(), neuron);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = text.parse::<Neuron>();
        }
    }

    #[test]
    fn a_document_may_hold_the_empty_neuron_and_a_user_may_not_ask_for_it() {
        let text = serde_json::to_string(&Neuron::default()).unwrap();
        let neuron: Neuron = serde_json::from_str(&text).unwrap();
        assert!(neuron.is_empty());
        assert!("0".parse::<Neuron>().is_err());
    }

    #[test]
    fn spaces_and_order_do_not_matter() {
        let neuron: Neuron = " cp(3 , r = 4)+x^3 +x".parse().unwrap();
        assert_eq!(neuron.to_string(), "x + x^3 + cp(3, r=4)");
    }

    #[test]
    fn errors_name_the_place() {
        let error = "x + y".parse::<Neuron>().unwrap_err();
        assert_eq!(
            error,
            NeuronError::UnknownTerm {
                text: "y".into(),
                position: 5
            }
        );
        assert!(matches!(
            "x^12".parse::<Neuron>(),
            Err(NeuronError::OutOfRange { .. })
        ));
        assert!(matches!(
            "cp(1)".parse::<Neuron>(),
            Err(NeuronError::OutOfRange { .. })
        ));
        assert!(matches!(
            "x + x".parse::<Neuron>(),
            Err(NeuronError::Repeated { .. })
        ));
        assert_eq!("  ".parse::<Neuron>(), Err(NeuronError::Empty));
    }

    #[test]
    fn canonical_form_joins_twins() {
        let neuron = Neuron::new([
            Term::interaction(2, 1),
            Term::interaction(1, 3),
            Term::interaction(2, 2),
            Term::pure(1),
        ]);
        assert_eq!(neuron.to_string(), "x + cp(2, r=3)");
    }
}
