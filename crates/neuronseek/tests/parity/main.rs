//! Numbers of the library against independent programs in PyTorch.

mod network;
mod python;
