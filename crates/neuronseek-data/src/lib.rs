//! Public tables and image sets by name, for people with a network.
//!
//! [`catalogue`] says which tables there are and where they come from. [`fetch::Fetcher`] hands one
//! out: from a local folder where it has it, else from the cache, else from its server: OpenML's
//! JSON description leads to an ARFF file with its MD5, or to a Parquet file. Downloads resume,
//! are checked, and are brought to the protocol's form ([`shape`]): its columns, the target last.
//! A folder of tables, the cache included, is an `INDEX.json` with the files beside it
//! ([`folder`]). [`images`] does the same for image sets, whose files are kept as they come.
//!
//! All network code of the workspace is in this crate, so that the library has none and whoever
//! builds on it need not carry TLS; a feature of the library was rejected, because features of one
//! dependant are turned on for all.

pub mod arff;
pub mod catalogue;
mod checksum;
mod error;
pub mod fetch;
pub mod folder;
pub mod images;
mod lock;
mod openml;
pub mod shape;
mod transfer;

pub use error::DataError;
