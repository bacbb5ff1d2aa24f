//! `td`: the paper's differentiable search with hard-concrete gates (NS-TD).

pub mod gate;
pub mod loss;
pub mod model;

mod adam;
mod norm;
