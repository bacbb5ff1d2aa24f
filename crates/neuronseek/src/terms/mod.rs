//! The numeric heart: values and gradients of terms over a batch.
//!
//! All factors of all orders stand in one matrix, so that the values of a whole neuron over a
//! batch are one matrix product and one pass over its rows, and the gradients two of each.
//! Gradients are derived by hand. Automatic differentiation was rejected: it allocates a tape a
//! step and cannot fuse the passes, which costs more than the arithmetic at these sizes.

mod batch;
mod buffer;
mod element_wise;
mod lanes;
mod matmul;
mod path;
mod pieces;
mod polynomial;
mod tape;
mod values;

pub use batch::{Batch, RowStore};
pub use buffer::Buffer;
pub use lanes::{Lanes, PADDING, Real, padded};
pub(crate) use matmul::{Finish, affine};
pub use matmul::{Strided, Write, matmul};
pub use path::{CpuPath, Kernel};
pub use polynomial::{FunctionTerm, Piece, Polynomial, PureTerm};
pub(crate) use tape::Tape;
pub use values::{PieceGroup, TermShape, TermValues};
