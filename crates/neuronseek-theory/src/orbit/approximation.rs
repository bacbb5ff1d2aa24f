use std::f64::consts::PI;

use super::{
    Grid, Joined, Literal, Orbit, Plan, Seed, Tent, backward, certified_error, gray, symbols,
};
use crate::bound::Supremum;
use crate::error::TheoryError;
use crate::fixed;
use crate::function::Function;
use crate::network::Cells;

/// A function held in one number, and the orbit that unrolls it.
#[derive(Debug, Clone)]
pub struct Approximation {
    /// The integers.
    pub plan: Plan,
    /// The wanted symbols.
    pub symbols: Vec<bool>,
    /// The number.
    pub seed: Seed,
    /// The orbit.
    pub orbit: Orbit,
}

/// How far the forms of one network are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Whether walking back and Gray decoding give the same w0, to the last place.
    pub seeds_equal: bool,
    /// Whether the tent map's symbols are those of the function, all of them.
    pub twin_symbols_equal: bool,
    /// The largest distance of the twin's values at nodes from the orbit's.
    pub twin_apart: f64,
    /// Whether the literal network's outputs at nodes are the orbit's values, to the last place;
    /// places of nodes that are no binary fractions are not counted.
    pub literal_equal: bool,
    /// The largest distance of the literal network from the joined orbit, between nodes too.
    pub literal_apart: f64,
}

impl Approximation {
    /// Encodes and unrolls a function.
    ///
    /// # Errors
    /// Where the function has no value, or one outside [-1, 1].
    pub fn new(function: &Function, plan: Plan) -> Result<Approximation, TheoryError> {
        let symbols = symbols(function, &plan.grid, plan.m)?;
        let seed = gray(&symbols, Orbit::places(&symbols, plan.m));
        let orbit = Orbit::follow(&seed, plan.grid.nodes(), plan.m);
        Ok(Approximation {
            plan,
            symbols,
            seed,
            orbit,
        })
    }

    /// What the theorem allows a node: pi 2^-m.
    pub fn node_bound(&self) -> f64 {
        PI * (-(self.plan.m as f64)).exp2()
    }

    /// The proven sup error, as [`certified_error`].
    ///
    /// # Errors
    /// Where the function has no value, or is too rough to be bounded.
    pub fn certify(&self, function: &Function, enough: f64) -> Result<Supremum, TheoryError> {
        let joined = Joined::of_orbit(&self.orbit, self.plan.grid);
        certified_error(&joined, function, enough)
    }

    /// Runs all forms of the network against each other; the literal one at `points` points along
    /// a diagonal and at up to as many nodes.
    ///
    /// # Errors
    /// None that the cells of the orbit could cause.
    pub fn check(&self, points: usize) -> Result<Agreement, TheoryError> {
        let Plan { grid, m, .. } = self.plan;
        let tent = Tent::new(&self.seed);
        let unit = (-(super::NODE_BITS as f64)).exp2();
        let mut twin_apart = 0.0f64;
        for (node, value) in self.orbit.nodes.iter().enumerate() {
            let apart = (tent.value(node * m) - value.value).unsigned_abs();
            twin_apart = twin_apart.max(apart as f64 * unit);
        }
        let (literal_equal, literal_apart) = self.check_literal(&grid, points)?;
        Ok(Agreement {
            seeds_equal: backward(&self.symbols, self.seed.bits) == self.seed.w0,
            twin_symbols_equal: tent.symbols(0, self.symbols.len()) == self.symbols,
            twin_apart,
            literal_equal,
            literal_apart,
        })
    }

    fn check_literal(&self, grid: &Grid, points: usize) -> Result<(bool, f64), TheoryError> {
        let inputs = grid.inputs;
        let diagonal = |point: usize| -> Vec<f64> {
            let along = |input: usize| (point as f64 * 0.618 + input as f64 * 0.285).fract();
            (0..inputs).map(along).collect()
        };
        let mut places: Vec<Vec<f64>> = (0..points).map(diagonal).collect();
        // Nodes whose places are binary fractions, where the hats are exactly 0 and 1.
        let exact = |node: &usize| {
            let along = grid.coordinates(*node);
            let fraction =
                |c: &usize| (*c as f64 / grid.intervals as f64 * 2f64.powi(40)).fract() == 0.0;
            along.iter().all(fraction)
        };
        let nodes: Vec<usize> = (0..grid.nodes()).filter(exact).collect();
        let step = nodes.len().div_ceil(points.max(1)).max(1);
        let nodes: Vec<usize> = nodes.into_iter().step_by(step).collect();
        places.extend(
            nodes
                .iter()
                .map(|node| grid.place(*node)[..inputs].to_vec()),
        );
        let literal = Literal::new(&Cells::orbit(inputs))?;
        let outputs = literal.outputs(&self.seed, grid, self.plan.m, &places);
        let values = self.orbit.values();
        let mut apart = 0.0f64;
        for (place, output) in places.iter().zip(&outputs) {
            let output = fixed::to_f64(output, Literal::places());
            apart = apart.max((output - grid.join(&values, place)).abs());
        }
        let cut = Literal::places() - super::NODE_BITS;
        let equal = |(node, output): (&usize, &dashu_int::IBig)| {
            i128::try_from(output >> cut).is_ok_and(|y| y == self.orbit.nodes[*node].value)
        };
        Ok((nodes.iter().zip(&outputs[points..]).all(equal), apart))
    }
}
