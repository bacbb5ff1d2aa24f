//! Numbers of the library against independent programs in PyTorch.

// Helpers of tests are tests to clippy only where they carry the attribute.
#![allow(clippy::unwrap_used)]

mod network;
mod python;
