//! The largest value of something over the unit cube, proved by branch and bound.
//!
//! Boxes are halved along their widest side until an upper bound over each is close to the
//! largest value met, or small enough for the purpose. Sampling was rejected: between samples
//! anything may happen.

use crate::error::TheoryError;
use crate::function::Function;
use crate::interval::Interval;
use crate::jet::{Jet, MOST_INPUTS, Region, Undefined, middle};

/// Boxes narrower than this in every direction are not halved.
const NARROWEST: f64 = 1e-9;

/// What is known of a quantity over a box.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// It is nowhere larger.
    pub upper: f64,
    /// It is at least this large in the box's middle.
    pub lower: f64,
}

/// A box of the unit cube, with the grid cell that it lies in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patch {
    pub region: Region,
    pub cell: usize,
}

/// The largest value, enclosed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Supremum {
    /// A value that is reached.
    pub lower: f64,
    /// A proven bound.
    pub upper: f64,
    /// Where the value is reached, in the unit cube.
    pub place: [f64; MOST_INPUTS],
}

/// How far a proof goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// The upper bound may exceed the value reached by this share.
    pub tolerance: f64,
    /// Bounds below this need not be closer.
    pub enough: f64,
    /// Stops once the value is known to exceed this.
    pub hopeless: f64,
    /// The most boxes.
    pub boxes: usize,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort {
            tolerance: 0.02,
            enough: 0.0,
            hopeless: f64::INFINITY,
            boxes: 20_000_000,
        }
    }
}

/// Why there is no bound.
pub(crate) enum NoBound {
    /// Undefined at a place.
    Undefined([f64; MOST_INPUTS], Undefined),
    /// More boxes than allowed; a value that is reached.
    Boxes(f64),
}

impl NoBound {
    /// In words, for the quantity `what`.
    pub(crate) fn error(self, what: &str, function: &Function) -> TheoryError {
        match self {
            NoBound::Undefined(place, Undefined(reason)) => TheoryError::Undefined {
                place: function.describe(&place),
                reason: reason.to_string(),
            },
            NoBound::Boxes(value) => TheoryError::Uncertified {
                what: what.to_string(),
                reason: format!(
                    "the function is too rough for the boxes allowed; at some places it is {value:.3e}"
                ),
            },
        }
    }
}

/// The largest value of what `bounds` bounds over all patches.
pub(crate) fn supremum(
    patches: Vec<Patch>,
    effort: &Effort,
    bounds: impl Fn(&Patch) -> Result<Bounds, Undefined>,
) -> Result<Supremum, NoBound> {
    let mut found = Supremum {
        lower: f64::NEG_INFINITY,
        upper: f64::NEG_INFINITY,
        place: [0.0; MOST_INPUTS],
    };
    // The values in all middles come first: a high one lets most boxes pass at once.
    for patch in &patches {
        note(&mut found, patch, bounds(patch).ok());
    }
    let mut open = patches;
    let mut boxes = 0;
    while let Some(patch) = open.pop() {
        if found.lower > effort.hopeless {
            found.upper = f64::INFINITY;
            return Ok(found);
        }
        boxes += 1;
        if boxes > effort.boxes {
            return Err(NoBound::Boxes(found.lower));
        }
        let bounds = bounds(&patch);
        note(&mut found, &patch, bounds.ok());
        let passes = if found.lower <= effort.enough {
            effort.enough
        } else {
            found.lower + effort.tolerance * found.lower.abs()
        };
        let upper = bounds.map_or(f64::INFINITY, |bounds| bounds.upper);
        if upper <= passes {
            found.upper = found.upper.max(upper);
            continue;
        }
        let side = widest(&patch.region);
        let range = patch.region[side];
        if range.width() < NARROWEST {
            match bounds {
                Ok(bounds) => found.upper = found.upper.max(bounds.upper),
                Err(undefined) => {
                    return Err(NoBound::Undefined(middle(&patch.region), undefined));
                }
            }
            continue;
        }
        for half in [
            Interval::new(range.low, range.middle()),
            Interval::new(range.middle(), range.high),
        ] {
            let mut patch = patch;
            patch.region[side] = half;
            open.push(patch);
        }
    }
    Ok(found)
}

fn note(found: &mut Supremum, patch: &Patch, bounds: Option<Bounds>) {
    if let Some(bounds) = bounds.filter(|bounds| bounds.lower > found.lower) {
        found.lower = bounds.lower;
        found.place = middle(&patch.region);
    }
}

fn widest(region: &Region) -> usize {
    let mut side = 0;
    for other in 1..MOST_INPUTS {
        if region[other].width() > region[side].width() {
            side = other;
        }
    }
    side
}

/// The value over a box by its value in the middle and its derivatives, which for small boxes is
/// much closer than the value by itself.
pub(crate) fn tightened(jet: &Jet, at_middle: &Jet, region: &Region) -> Interval {
    let center = middle(region);
    let mut value = at_middle.value;
    for ((slope, range), center) in jet.slope.iter().zip(region).zip(center) {
        value = value + *slope * (*range - Interval::point(center));
    }
    jet.value.meet(value)
}

/// A box around a point.
pub(crate) fn at_point(point: [f64; MOST_INPUTS]) -> Region {
    point.map(Interval::point)
}

/// The unit cube cut into `sides` parts along each of `inputs` directions.
pub(crate) fn cube(inputs: usize, sides: usize) -> Vec<Patch> {
    let count = sides.pow(inputs as u32);
    let part = |index: usize| {
        let end = |k: usize| k as f64 / sides as f64;
        Interval::new(end(index), end(index + 1))
    };
    (0..count)
        .map(|cell| {
            let mut region = at_point([0.0; MOST_INPUTS]);
            let mut rest = cell;
            for side in region.iter_mut().take(inputs) {
                *side = part(rest % sides);
                rest /= sides;
            }
            Patch { region, cell }
        })
        .collect()
}

/// The range of the function's values, enclosed to a thousandth of the larger end.
///
/// # Errors
/// Where the function has no value.
pub fn range(function: &Function) -> Result<(Supremum, Supremum), TheoryError> {
    let side = |sign: f64| {
        let effort = Effort {
            tolerance: 1e-3,
            // A value near 0 has no share to be close to.
            enough: -f64::INFINITY,
            ..Effort::default()
        };
        let bounds = |patch: &Patch| {
            let at_middle = function.enclose(&at_point(middle(&patch.region)))?;
            let jet = function.enclose(&patch.region)?;
            let value = tightened(&jet, &at_middle, &patch.region) * Interval::point(sign);
            // Lifted by 1, so that shares are of something that is not small.
            Ok(Bounds {
                upper: value.high + 1.0,
                lower: (at_middle.value * Interval::point(sign)).low + 1.0,
            })
        };
        let found = supremum(cube(function.inputs(), 16), &effort, bounds);
        found.map_err(|none| none.error("the range of the function", function))
    };
    let lowered = |found: Supremum| Supremum {
        lower: found.lower - 1.0,
        upper: found.upper - 1.0,
        ..found
    };
    let (low, high) = (lowered(side(-1.0)?), lowered(side(1.0)?));
    let low = Supremum {
        lower: -low.lower,
        upper: -low.upper,
        ..low
    };
    Ok((low, high))
}

/// The largest value that a rescaled function takes.
const LARGEST: f64 = 0.9;

/// The function, if its values lie within [-1, 1]; with `rescale`, moved and divided so that they
/// lie within [-0.9, 0.9].
///
/// # Errors
/// Values outside, without `rescale`; no value somewhere.
pub fn within_unit(function: Function, rescale: bool) -> Result<Function, TheoryError> {
    let (low, high) = range(&function)?;
    let shift = 0.5 * (low.upper + high.upper);
    // A constant has no width to divide by.
    let scale = (0.5 * (high.upper - low.upper) / LARGEST).max(1e-3 * (1.0 + shift.abs()));
    if rescale {
        return Ok(function.rescaled(shift, scale));
    }
    let far = if high.lower > -low.lower { high } else { low };
    if far.lower.abs() > 1.0 {
        let unit = |value: f64| format!("{value:.4}").parse().unwrap_or(value);
        return Err(TheoryError::TooLarge {
            value: unit(far.lower),
            place: function.describe(&far.place),
            shift: unit(shift),
            scale: unit(scale),
        });
    }
    Ok(function)
}

/// The least Lipschitz constant of the function on the unit cube in the sum norm of the inputs,
/// enclosed to 2 %; infinite where the slope is not bounded.
///
/// # Errors
/// Where the function has no value.
pub fn lipschitz(function: &Function) -> Result<Supremum, TheoryError> {
    let effort = Effort {
        enough: 1e-9,
        ..Effort::default()
    };
    let steepest = |jet: &Jet| jet.slope.iter().map(|s| s.abs().high).fold(0.0, f64::max);
    let flattest = |jet: &Jet| jet.slope.iter().map(|s| s.abs().low).fold(0.0, f64::max);
    let bounds = |patch: &Patch| {
        let jet = function.enclose(&patch.region)?;
        let at_middle = function.enclose(&at_point(middle(&patch.region)))?;
        Ok(Bounds {
            upper: steepest(&jet),
            lower: flattest(&at_middle),
        })
    };
    let found = supremum(cube(function.inputs(), 16), &effort, bounds);
    found.map_err(|none| none.error("the Lipschitz constant", function))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formula(text: &str) -> Function {
        Function::formula(text, 0.0, 1.0).unwrap()
    }

    #[test]
    fn ranges_are_enclosed() {
        let (low, high) = range(&formula("4 * x * (1 - x) - 0.25")).unwrap();
        assert!(low.upper <= -0.25 && -0.252 < low.upper, "{low:?}");
        assert!(high.upper >= 0.75 && high.upper < 0.752, "{high:?}");
        let (low, high) = range(&formula("x1 * x2 - 0.5 * x3")).unwrap();
        assert!(low.upper <= -0.5 && high.upper >= 1.0 && high.upper < 1.01);
    }

    #[test]
    fn the_place_without_a_value_is_found() {
        let error = range(&formula("1 / (x - 0.3)")).unwrap_err().to_string();
        assert!(
            error.contains("x = 0.300000") && error.contains("division by zero"),
            "{error}"
        );
        assert!(range(&formula("log(x)")).is_err());
        assert!(range(&formula("sqrt(x) - sqrt(x - x^2)")).is_ok());
        assert!(range(&formula("sqrt(x - 0.5)")).is_err());
    }

    #[test]
    fn large_functions_are_offered_rescaling() {
        let error = within_unit(formula("3 * x - 1"), false)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("--rescale") && error.contains("x = 0.99"),
            "{error}"
        );
        for text in ["3 * x - 1", "7", "0.1 * x"] {
            let function = within_unit(formula(text), true).unwrap();
            assert!(
                (0..=20).all(|i| function.value(&[i as f64 / 20.0]).abs() <= 0.9),
                "{text}"
            );
        }
        assert!(within_unit(formula("sin(20 * x)"), false).is_ok());
    }

    #[test]
    fn slopes_are_enclosed() {
        let found = lipschitz(&formula("sin(3 * x)")).unwrap();
        assert!(
            found.lower <= 3.0 && found.upper >= 3.0 && found.upper < 3.1,
            "{found:?}"
        );
        let corner = lipschitz(&formula("abs(x - 0.37)")).unwrap();
        assert!(corner.upper >= 1.0 && corner.upper < 1.01);
        assert_eq!(lipschitz(&formula("sqrt(x)")).unwrap().upper, f64::INFINITY);
    }
}
