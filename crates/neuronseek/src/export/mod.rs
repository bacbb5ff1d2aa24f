//! Models in forms that other programs run.
//!
//! All start from [`crate::model::Pipeline`], the model as plain steps (or, for symbols, from
//! [`crate::model::Expanded`]), and are pure: the same model gives the same bytes. What a form
//! cannot express is refused with every reason.

mod c;
mod json;
mod native;
pub mod onnx;
mod python;
mod rust;
mod sql;
mod symbolic;
mod torch;

pub use c::{Precision, c};
pub use json::{JSON_VERSION, json};
pub use native::identifiers;
pub use python::python;
pub use rust::rust;
pub use sql::{Dialect, sql};
pub use symbolic::{latex, sympy};
pub use torch::{TorchExport, torch};
