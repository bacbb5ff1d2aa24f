//! The cliff: an orbit needs about one binary place per step, and breaks at once without.

use std::f64::consts::PI;

use crate::fixed;
use crate::orbit::{Orbit, Seed};

/// How an orbit with a fixed number of places fares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cliff {
    /// Binary places of the arithmetic.
    pub places: usize,
    /// The largest distance of a node from its wanted value.
    pub error: f64,
    /// The first node that is further off than twice pi 2^-m.
    pub first_wrong: Option<usize>,
}

/// The orbit of `seed` computed with `places` binary places throughout, against the wanted values
/// at the nodes.
pub fn cliff(seed: &Seed, wanted: &[f64], m: usize, places: usize) -> Cliff {
    let found = Orbit::at_precision(seed, wanted.len(), m, places);
    judge(&found, wanted, m, places)
}

/// The same in doubles, whose 53 digits float.
pub fn in_doubles(seed: &Seed, wanted: &[f64], m: usize) -> Cliff {
    let mut w = fixed::to_f64(&seed.w0, seed.bits);
    let mut found = Vec::with_capacity(wanted.len());
    for _ in wanted {
        found.push(w);
        for _ in 0..m {
            w = 2.0 * w * w - 1.0;
        }
    }
    judge(&found, wanted, m, 53)
}

fn judge(found: &[f64], wanted: &[f64], m: usize, places: usize) -> Cliff {
    let bound = 2.0 * PI * (-(m as f64)).exp2();
    let errors = || {
        found
            .iter()
            .zip(wanted)
            .map(|(found, wanted)| (found - wanted).abs())
    };
    Cliff {
        places,
        error: errors().fold(0.0, f64::max),
        first_wrong: errors().position(|error| error > bound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Function;
    use crate::orbit::{Grid, gray, symbols};

    #[test]
    fn too_few_places_break_the_orbit_and_enough_do_not() {
        let text = "0.8 * sin(2 * pi * x) * exp(-x) + 0.15 * cos(9 * pi * x)";
        let function = Function::formula(text, 0.0, 1.0).unwrap();
        let (grid, m) = (
            Grid {
                inputs: 1,
                intervals: 32,
            },
            12,
        );
        let symbols = symbols(&function, &grid, m).unwrap();
        let seed = gray(&symbols, Orbit::places(&symbols, m));
        let wanted: Vec<f64> = (0..33)
            .map(|k| function.value(&[k as f64 / 32.0]))
            .collect();
        let bound = PI * 2f64.powi(-12);
        // K m + m = 396 bits are needed, as the reference has it.
        assert!(cliff(&seed, &wanted, m, 404).error <= bound);
        assert!(cliff(&seed, &wanted, m, 380).error > 10.0 * bound);
        let doubles = in_doubles(&seed, &wanted, m);
        assert!(matches!(doubles.first_wrong, Some(3..=6)), "{doubles:?}");
        assert!(doubles.error > 0.5);
        // More places push the first wrong node further.
        let first = |places| cliff(&seed, &wanted, m, places).first_wrong.unwrap_or(33);
        assert!(first(100) < first(200) && first(200) < first(300));
    }
}
