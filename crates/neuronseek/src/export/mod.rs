//! Models in forms that other programs run.

pub mod onnx;
