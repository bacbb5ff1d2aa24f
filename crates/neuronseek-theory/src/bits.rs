//! Construction S: one bit per node.
//!
//! `y(x) = f(0) + L sum_k s_k clip(x - k/K, 0, 1/K)`, where s_k = +-1 is the sign of the orbit of T
//! at step k, chosen greedily (sigma-delta): up where f is above y at the node's end.
//!
//! *Theorem S.* If L is a Lipschitz constant of f, `sup |y - f| <= L / K` with K bits and two
//! numbers. No code of fewer than about L / error bits serves all such f (Kolmogorov, Tikhomirov).

use crate::bound::Supremum;
use crate::error::TheoryError;
use crate::function::Function;
use crate::orbit::{Grid, Joined, Orbit, Seed, Tent, certified_error, gray};

/// The most nodes.
pub const MOST_NODES: usize = 1 << 24;

/// A function in K bits.
#[derive(Debug, Clone)]
pub struct Bits {
    /// f(0).
    pub start: f64,
    /// L.
    pub lipschitz: f64,
    /// Whether y goes down, per node.
    pub symbols: Vec<bool>,
    /// The number whose orbit has these symbols.
    pub seed: Seed,
}

impl Bits {
    /// Encodes a function of one input in `nodes` bits, with the Lipschitz constant `lipschitz`
    /// with respect to the unit interval.
    ///
    /// # Errors
    /// Several inputs, a constant that is not above zero, too many nodes, or no value somewhere.
    pub fn encode(function: &Function, nodes: usize, lipschitz: f64) -> Result<Bits, TheoryError> {
        if function.inputs() != 1 {
            let allowed = "1: the bits follow one path";
            return Err(TheoryError::parameter(
                "the number of inputs",
                function.inputs(),
                allowed,
            ));
        }
        if !(1..=MOST_NODES).contains(&nodes) {
            return Err(TheoryError::parameter(
                "--nodes",
                nodes,
                format!("1 to {MOST_NODES}"),
            ));
        }
        if !(lipschitz > 0.0 && lipschitz.is_finite()) {
            let allowed =
                "a finite number above zero: the steepest slope of f, which must have one";
            return Err(TheoryError::parameter("--lipschitz", lipschitz, allowed));
        }
        let start = function.value(&[0.0]);
        let rise = lipschitz / nodes as f64;
        let mut symbols = Vec::with_capacity(nodes);
        // Whole rises, so that y has no rounding but one.
        let mut level = 0i64;
        for node in 1..=nodes {
            let place = [node as f64 / nodes as f64, 0.0, 0.0];
            let value = function.value(&place[..1]);
            if value.is_nan() {
                return Err(TheoryError::Undefined {
                    place: function.describe(&place),
                    reason: "the value is not a number".to_string(),
                });
            }
            let down = value < start + rise * level as f64;
            level += if down { -1 } else { 1 };
            symbols.push(down);
        }
        let seed = gray(&symbols, Orbit::places(&symbols, 1));
        Ok(Bits {
            start,
            lipschitz,
            symbols,
            seed,
        })
    }

    /// The values of y at the nodes, from the symbols of the exact orbit.
    pub fn values(&self) -> Vec<f64> {
        self.read(&Tent::new(&self.seed).symbols(0, self.symbols.len()))
    }

    /// The same from the orbit of T itself in fixed point: a square of a big number per node.
    pub fn values_by_orbit(&self) -> Vec<f64> {
        let orbit = Orbit::follow(&self.seed, self.symbols.len(), 1);
        let symbols: Vec<bool> = orbit.nodes.iter().map(|node| node.value < 0).collect();
        self.read(&symbols)
    }

    fn read(&self, symbols: &[bool]) -> Vec<f64> {
        let rise = self.lipschitz / symbols.len() as f64;
        let mut level = 0i64;
        let mut values = vec![self.start];
        for down in symbols {
            level += if *down { -1 } else { 1 };
            values.push(self.start + rise * level as f64);
        }
        values
    }

    /// The grid of the nodes.
    pub fn grid(&self) -> Grid {
        Grid {
            inputs: 1,
            intervals: self.symbols.len(),
        }
    }

    /// The proven sup error.
    ///
    /// # Errors
    /// Where the function has no value, or is too rough to be bounded.
    pub fn certify(&self, function: &Function) -> Result<Supremum, TheoryError> {
        certified_error(
            &Joined::of_values(&self.values(), self.grid()),
            function,
            0.0,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAPER: &str = "0.8 * sin(2 * pi * x) * exp(-x) + 0.15 * cos(9 * pi * x)";

    #[test]
    fn the_error_is_the_entropys() {
        let function = Function::formula(PAPER, 0.0, 1.0).unwrap();
        for nodes in [64, 256, 1024, 8192, 65_536] {
            let bits = Bits::encode(&function, nodes, 9.5).unwrap();
            let error = bits.certify(&function).unwrap();
            let ratio = error.lower * nodes as f64 / 9.5;
            assert!((0.95..=1.0).contains(&ratio), "{nodes}: {ratio}");
            assert!(error.upper <= 1.02 * 9.5 / nodes as f64);
            if nodes <= 1024 {
                assert_eq!(bits.values(), bits.values_by_orbit());
            }
        }
    }

    proptest! {
        #[test]
        fn theorem_s_holds(knots in prop::collection::vec(-5.0..5.0f64, 2..9), nodes in 1..300usize) {
            let last = (knots.len() - 1) as f64;
            let points = knots.iter().enumerate().map(|(i, &y)| (i as f64 / last, y)).collect();
            let steepest = knots.windows(2).map(|w| (w[1] - w[0]).abs() * last).fold(1e-6, f64::max);
            let function = Function::points(points).unwrap();
            let bits = Bits::encode(&function, nodes, steepest).unwrap();
            let error = bits.certify(&function).unwrap();
            prop_assert!(error.lower <= steepest / nodes as f64 * (1.0 + 1e-9));
            prop_assert_eq!(bits.values(), bits.values_by_orbit());
        }
    }
}
