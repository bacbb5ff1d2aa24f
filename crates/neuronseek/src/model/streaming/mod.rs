//! Fits to more rows than memory holds, and to rows on several machines.
//!
//! A sample of the rows, drawn by row number, tells everything that is a choice: how columns become
//! inputs, which neuron, which kind of model. All rows then fit what was chosen: a polynomial's
//! coefficients by sums over rows (Gauss-Newton steps, see [`crate::search::als::streamed`]), networks
//! by passes over the rows. To grow a structure on all rows too was rejected: each of hundreds of
//! trial products would be a pass over the data, and what a sample of 40,000 rows cannot tell from
//! noise is of no use to a model.
//!
//! The work is cut into rounds of a map and a reduction, so that any engine can drive it. A
//! [`StreamedFit`] gives a [`Task`]; [`Task::partial`] takes in some rows, wherever they lie;
//! [`Partial::joined`] adds up, in row order; [`StreamedFit::solve`] goes on with the total. The
//! result depends on the rows and their order alone, not on how they were cut or who read them;
//! networks that are averaged over partitions ([`Task`]) depend on the partitions, too.
//!
//! | file | what it does |
//! |---|---|
//! | `draw` | which rows are the sample and which are held out |
//! | `sketch` | the rows of the sample |
//! | `task`, `partial` | one round: what is made of rows, and how that is added up |
//! | `seen` | what became of rows |
//! | `client` | what is done with the total of a round |
//! | `chosen` | what the sample chose, and what all rows make of it |
//! | `plan` | how much memory and time a fit takes |
//! | `run` | the rounds over files, on this machine |

mod chosen;
mod client;
mod draw;
mod partial;
mod plan;
mod run;
mod seen;
mod sketch;
mod task;

pub use chosen::StreamedResult;
pub use client::{Goal, StreamedFit};
pub use partial::Partial;
pub use plan::Plan;
pub use run::run;
pub use task::Task;

#[cfg(test)]
mod tests;
