//! The polynomial that a search fitted, multiplied out in the user's units.

use serde::Serialize;

use super::predict::{Model, Predictor};
use crate::expression::Monomials;
use crate::prepare::{InputScale, Restoring, RestoringValue, SearchScale, TargetTransform};
use crate::search::Formula;

/// The polynomial part of a model: of the formula that predicts or, where networks predict, of the
/// search that their neuron comes from.
///
/// Shifts of inputs are not multiplied out. Where the data are far from zero (years, pressures), the
/// powers of an input are all alike, and coefficients of alternating signs would cancel each other
/// down to rounding errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expanded {
    /// The inputs that occur or not, those of the search.
    pub inputs: Vec<ExpandedInput>,
    /// One a target, or one a logit.
    pub outputs: Vec<ExpandedOutput>,
    /// Whether predictions come from it; else networks predict, and it is what the search fitted.
    pub predicts: bool,
}

/// An input of a polynomial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExpandedInput {
    /// Its name.
    pub name: String,
    /// What is taken from it first; 0 for most.
    pub shift: f64,
    /// The lowest and the highest number that is let through; none lets all through.
    pub limits: Option<[f64; 2]>,
}

/// One output of a polynomial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExpandedOutput {
    /// What it is: a target, a function of one such as `log(price)`, or `logit(class)`.
    pub name: String,
    /// Products of powers of inputs, (input, power) pairs, with their coefficients, by degree; the
    /// constant has no pair.
    pub monomials: Vec<(Vec<(usize, u32)>, f64)>,
}

impl Model {
    /// What the search fitted with the scale of its inputs, and whether predictions come from it;
    /// none where the neuron was given.
    pub(crate) fn formula(&self) -> Option<(&Formula, SearchScale, bool)> {
        let (formula, predicts) = match &self.predictor {
            Predictor::Formula(formula) => (formula, true),
            Predictor::Networks(_) => (&self.report.search.as_ref()?.formula, false),
        };
        // Models of older versions do not know what their search fitted.
        let of_mean = self.preparation.outcome().power().is_some();
        if of_mean && self.report.searched.is_none() {
            return None;
        }
        // A polynomial that was written in few monomials is of inputs that are not shifted.
        let scale = match !predicts && self.report.equation.is_some() {
            true => self.search_scale.plain(),
            false => self.search_scale.clone(),
        };
        Some((formula, scale, predicts))
    }

    /// The polynomial part; none where the neuron was given, for functions in the neuron, for
    /// formulas in symbols that are no polynomial, and for more than 50,000 monomials.
    pub fn expanded(&self) -> Option<Expanded> {
        let (formula, scale, predicts) = self.formula()?;
        let sizes: Vec<f64> = scale.inputs().iter().map(|i| 1.0 / i.scale).collect();
        let mut outputs = Vec::new();
        for (index, (name, line)) in self.polynomial_outputs().into_iter().enumerate() {
            let monomials = match formula {
                Formula::Polynomial(polynomial) => Monomials::of_polynomial(polynomial, index)?,
                Formula::Expression { outputs, .. } => outputs.get(index)?.monomials()?,
            };
            outputs.push(ExpandedOutput {
                name,
                monomials: moved(&monomials.rescaled(&sizes), line),
            });
        }
        let input = |(name, scale): (&String, &InputScale)| ExpandedInput {
            name: name.clone(),
            shift: scale.shift,
            limits: scale.limits,
        };
        let names = self.preparation.input_names().iter();
        Some(Expanded {
            inputs: names.zip(scale.inputs()).map(input).collect(),
            outputs,
            predicts,
        })
    }

    /// The name of each output of [`Model::formula`], with what it is multiplied with and what is
    /// added to it.
    pub(crate) fn polynomial_outputs(&self) -> Vec<(String, [f64; 2])> {
        match self.preparation.outcome().restoring() {
            Restoring::Classes {
                classes,
                scale,
                shifts,
                ..
            } => {
                let classes = match classes.as_slice() {
                    [_, second] => std::slice::from_ref(second),
                    all => all,
                };
                // Calibration is of what predicts.
                let predicts = matches!(self.predictor, Predictor::Formula(_));
                let line = |output: usize| match (predicts, shifts.get(output)) {
                    (true, shift) => [scale, shift.copied().unwrap_or(0.0)],
                    (false, _) => [1.0, 0.0],
                };
                let named = classes.iter().enumerate();
                named
                    .map(|(output, class)| (format!("logit({class})"), line(output)))
                    .collect()
            }
            Restoring::Values(values) => {
                let named = values.iter().zip(&self.report.targets);
                let of = |(value, target): (&RestoringValue, &String)| match value {
                    RestoringValue::Line {
                        mean,
                        deviation,
                        transform,
                        ..
                    } => {
                        let of = transform.as_ref().map(|inverse| inverse.of);
                        let of = of.unwrap_or(TargetTransform::None);
                        (of.text(target), [*deviation, *mean])
                    }
                    RestoringValue::LogMean { .. } => match self.report.searched {
                        Some(own) => (own.transform.text(target), [own.deviation, own.mean]),
                        None => (format!("log({target})"), [1.0, 0.0]),
                    },
                };
                named.map(of).collect()
            }
        }
    }
}

/// The monomials times a factor, with something added to their constant.
fn moved(monomials: &Monomials, [factor, constant]: [f64; 2]) -> Vec<(Vec<(usize, u32)>, f64)> {
    let of =
        |(powers, coefficient): (&[(usize, u32)], f64)| (powers.to_vec(), factor * coefficient);
    let mut all: Vec<_> = monomials.iter().map(of).collect();
    match all.iter_mut().find(|(powers, _)| powers.is_empty()) {
        Some((_, own)) => *own += constant,
        None => all.push((Vec::new(), constant)),
    }
    let degree = |powers: &[(usize, u32)]| powers.iter().map(|(_, power)| *power).sum::<u32>();
    all.sort_by(|(a, _), (b, _)| (degree(a), a).cmp(&(degree(b), b)));
    all
}

impl Expanded {
    /// A row of inputs within their limits, less their shifts.
    pub fn centred(&self, row: &[f64]) -> Vec<f64> {
        let both = row.iter().zip(&self.inputs);
        both.map(|(x, input)| {
            let [low, high] = input.limits.unwrap_or([-f64::MAX, f64::MAX]);
            x.clamp(low, high) - input.shift
        })
        .collect()
    }

    /// The values of all outputs for a row of inputs in the user's units.
    pub fn values(&self, row: &[f64]) -> Vec<f64> {
        let centred = self.centred(row);
        let product = |powers: &[(usize, u32)]| -> f64 {
            powers
                .iter()
                .map(|(input, power)| centred[*input].powi(*power as i32))
                .product()
        };
        self.outputs
            .iter()
            .map(|output| {
                output
                    .monomials
                    .iter()
                    .map(|(powers, c)| c * product(powers))
                    .sum()
            })
            .collect()
    }
}
