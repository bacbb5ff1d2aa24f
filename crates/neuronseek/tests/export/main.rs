//! Exported models against `predict`, on tables with every kind of column.

// A panic here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../parity/python.rs"]
mod asking;
mod c;
mod fixtures;
mod interpreter;
mod made;
mod onnx;
mod programs;
mod python;
mod reference;
mod rust;
mod samples;
mod sql;
mod sympy;
mod torch;

use fixtures::{cases, close};
use neuronseek::matrix::Matrix;
use neuronseek::network::{Activation, Interactions, Network, NetworkConfig, Norm, Placement};

/// The plain steps themselves say what the model predicts.
#[test]
fn pipelines_are_the_model() {
    for case in cases() {
        let pipeline = case.model.pipeline().unwrap();
        let found = reference::predict(&pipeline, &case.table);
        close(case.name, &case.expected(), &found, case.tolerance);
    }
}

/// Folding changes a network in double precision by the rounding of its weights alone.
#[test]
fn folded_networks_are_the_network() {
    for norm in [Norm::None, Norm::Batch, Norm::Layer] {
        for interactions in [Interactions::Shared, Interactions::Independent] {
            let config = NetworkConfig {
                inputs: 5,
                outputs: 2,
                hidden: vec![7, 4],
                neuron: "x + x^3 + cos(x) + cp(2, r=3) + cp(3, r=2)"
                    .parse()
                    .unwrap(),
                placement: Placement::First,
                interactions,
                rank: 2,
                activation: Activation::Gelu,
                norm,
                dropout: 0.1,
                skip: Some("x^2".parse().unwrap()),
                embedding: None,
            };
            let mut network = Network::<f64>::new(config, 3).unwrap();
            let value = |i: usize| ((i * 37 % 101) as f64 / 50.0 - 1.0) * 1.5;
            for (i, own) in network.statistics_mut().iter_mut().enumerate() {
                // A variance must be above 0; what a mean is does not matter.
                *own = 0.1 + 0.1 * value(i).abs();
            }
            let x = Matrix::from_vec(20, 5, (0..100).map(value).collect());
            let expected = network.predict(&x);
            let folded = network.folded();
            let rows = (0..20).flat_map(|row| reference::folded(&folded, x.row(row)));
            let found = Matrix::from_vec(20, 2, rows.collect());
            close(
                &format!("{norm:?}, {interactions:?}"),
                &expected,
                &found,
                1e-6,
            );
        }
    }
}
