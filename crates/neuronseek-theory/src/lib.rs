//! The theory of task-driven networks, running: one fixed network reaches any continuous function.
//!
//! With a fixed architecture, continuous units and parameters in a compact set, the functions
//! that a network reaches form a compact set, so they cannot be dense: something must stay free.
//! Here number and size of the parameters are fixed, and one integer is free: how often cells are
//! applied. The constructions are exact (integers, [`fixed`] point) and their bounds are proven
//! ([`interval`], [`bound`]), not sampled.
//!
//! | module | what it holds |
//! |---|---|
//! | [`function`] | the functions to approximate |
//! | [`orbit`] | A: one number w0, the orbit of a neuron of order 2 |
//! | [`bits`] | S: one bit per node |
//! | [`trajectory`] | B: one integer n, the dense trajectory T_n(c_k) |
//! | [`waiting`] | how long a trajectory takes when n is sought by trying |
//! | [`precision`] | where an orbit breaks that has too few binary places |
//! | [`practice`] | experiments: gradient training, and errors at a finite size |
//! | [`page`] | a page that shows the orbit at work |
//! | [`network`] | the cells, as networks of the library, and the same in fixed point |

pub mod bits;
pub mod bound;
mod error;
pub mod fixed;
pub mod function;
pub mod interval;
pub mod jet;
pub mod network;
pub mod orbit;
pub mod page;
pub mod practice;
pub mod precision;
pub mod trajectory;
pub mod waiting;

pub use error::TheoryError;
pub use function::Function;
