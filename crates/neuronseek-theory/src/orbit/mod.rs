//! Construction A: one number holds a function, and one map unrolls it.
//!
//! T(w) = 2 w^2 - 1 is one neuron of pure order 2. Its orbit from w0 visits the values of f at
//! the nodes of a grid, one every m steps, if w0 is chosen well; hats of ReLU join them.
//!
//! *Theorem A.* For f on [0, 1]^d with |f| <= 1 and the modulus of continuity omega, and all
//! K, m >= 1, some w0 in [-1, 1] gives `sup |y - f| <= omega(1/K) + pi 2^-m`, omega measured in
//! the largest difference of an input. (The proof stands in the book's chapter on the theory.)
//!
//! | file | what it does |
//! |---|---|
//! | `grid` | nodes of the cube in serpentine order, joining their values |
//! | `itinerary` | the symbols of a value |
//! | `seed` | w0 from the symbols, in two ways |
//! | `walk` | the orbit in fixed point, with a proven radius |
//! | `twin` | the same orbit by the tent map, exact |
//! | `literal` | the network itself, neuron by neuron |
//! | `joined` | the joined nodes against f: sampled and proven |
//! | `approximation` | all of it together, and its forms against each other |
//! | `plan` | K and m for a wanted error; memory and work |

mod approximation;
mod grid;
mod itinerary;
mod joined;
mod literal;
mod plan;
mod seed;
mod twin;
mod walk;

pub use approximation::{Agreement, Approximation};
pub use grid::Grid;
pub use itinerary::{MOST_BITS, itinerary};
pub use joined::{Joined, ROUNDINGS, certified_error, interpolation_error, sampled_error};
pub use literal::Literal;
pub use plan::{Limits, Plan};
pub use seed::{Seed, backward, gray};
pub use twin::Tent;
pub use walk::{NODE_BITS, Node, Orbit};

use crate::error::TheoryError;
use crate::function::Function;

/// The symbols of the function's values at all nodes of the grid, `m` each.
///
/// # Errors
/// Where the function has no value, or one outside [-1, 1].
pub fn symbols(function: &Function, grid: &Grid, m: usize) -> Result<Vec<bool>, TheoryError> {
    let mut symbols = Vec::with_capacity(grid.nodes() * m);
    for node in 0..grid.nodes() {
        let place = grid.place(node);
        let value = function.value(&place[..function.inputs()]);
        if value.abs() > 1.0 || value.is_nan() {
            return Err(TheoryError::Undefined {
                place: function.describe(&place),
                reason: format!("the value there is {value}, outside [-1, 1]"),
            });
        }
        symbols.extend(itinerary(value, m));
    }
    Ok(symbols)
}

#[cfg(test)]
mod tests;
