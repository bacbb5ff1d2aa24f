use dashu_int::IBig;

use super::walk::Walker;
use super::{Grid, Seed};
use crate::error::TheoryError;
use crate::fixed;
use crate::network::{Cells, FixedNetwork};

/// Binary places of v and y.
const PLACES: usize = 160;

/// The orbit network itself, run neuron by neuron: `cells` are the network, w0 is the function.
///
/// Between nodes the loop of the orbit is unrolled m times, at each node the hats are read out and
/// the place of one input moves by 1. Nothing else happens, and only w0 comes from f.
#[derive(Debug, Clone)]
pub struct Literal {
    double: FixedNetwork,
    hat: FixedNetwork,
    read: FixedNetwork,
    forward: FixedNetwork,
    back: Option<FixedNetwork>,
}

impl Literal {
    /// Takes the cells as the library has them.
    ///
    /// # Errors
    /// When they are no orbit network.
    pub fn new(cells: &Cells) -> Result<Literal, TheoryError> {
        let cell = |name: &'static str| {
            let network = cells.get(name).ok_or_else(|| {
                TheoryError::parameter("the network", format!("one without {name}"), "orbit cells")
            })?;
            FixedNetwork::new(network)
        };
        Ok(Literal {
            double: cell("double")?,
            hat: cell("hat")?,
            read: cell("read")?,
            forward: cell("forward")?,
            back: cells.get("back").map(FixedNetwork::new).transpose()?,
        })
    }

    /// The outputs at points of the unit cube, each with [`Literal::places`] places.
    pub fn outputs(&self, seed: &Seed, grid: &Grid, m: usize, points: &[Vec<f64>]) -> Vec<IBig> {
        let nodes = grid.nodes();
        let mut walker = Walker::new(seed, nodes.saturating_sub(1) * m);
        let start = |u: &f64| fixed::from_f64(*u, PLACES) * IBig::from(grid.intervals);
        let mut places: Vec<Vec<IBig>> = (points.iter())
            .map(|point| point.iter().map(start).collect())
            .collect();
        let mut outputs = vec![IBig::ZERO; points.len()];
        for node in 0..nodes {
            let (w, w_places) = walker.state();
            let w = if w_places >= PLACES {
                w >> (w_places - PLACES)
            } else {
                w << (PLACES - w_places)
            };
            for (places, y) in places.iter().zip(&mut outputs) {
                let mut state = vec![w.clone()];
                for v in places {
                    state.extend(self.hat.forward(std::slice::from_ref(v), PLACES));
                }
                state.push(y.clone());
                *y = one(self.read.forward(&state, PLACES));
            }
            if node + 1 < nodes {
                let (here, next) = (grid.coordinates(node), grid.coordinates(node + 1));
                for index in 0..grid.inputs {
                    let mover = match next[index].cmp(&here[index]) {
                        std::cmp::Ordering::Equal => continue,
                        std::cmp::Ordering::Greater => &self.forward,
                        std::cmp::Ordering::Less => self.back.as_ref().unwrap_or(&self.forward),
                    };
                    for places in &mut places {
                        places[index] = one(mover.forward(&places[index..=index], PLACES));
                    }
                }
            }
            let cell = |w: &IBig, places: usize, _: &IBig| {
                one(self.double.forward(std::slice::from_ref(w), places))
            };
            walker.advance(nodes - 1 - node, m, cell);
        }
        outputs
    }

    /// Binary places of the outputs.
    pub fn places() -> usize {
        PLACES
    }
}

/// The output of a cell that has one.
fn one(outputs: Vec<IBig>) -> IBig {
    outputs.into_iter().next().unwrap_or(IBig::ZERO)
}
