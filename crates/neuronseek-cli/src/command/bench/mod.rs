//! `neuronseek bench`: the paper's experiments and the library's own measurements.

use clap::Subcommand;

use crate::console::Console;
use crate::failure::Failure;

mod ablation;
mod convergence;
mod convolution;
mod formulas;
mod images;
mod published;
mod recovery;
mod report;
mod running;
mod scalability;
mod sr;
mod stability;
mod step;
mod tables;

/// What is measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    Ablation(ablation::Arguments),
    Convergence(convergence::Arguments),
    Formulas(formulas::Arguments),
    Published(published::Arguments),
    Images(images::Arguments),
    Convolution(convolution::Arguments),
    Recovery(recovery::Arguments),
    Scalability(scalability::Arguments),
    Report(report::Arguments),
    Sr(sr::Arguments),
    Stability(stability::Arguments),
    Step(step::Arguments),
    Tables(tables::Arguments),
}

/// Measures.
pub fn run(bench: &Bench, console: &Console) -> Result<(), Failure> {
    match bench {
        Bench::Ablation(arguments) => ablation::run(arguments, console),
        Bench::Convergence(arguments) => convergence::run(arguments, console),
        Bench::Formulas(arguments) => formulas::run(arguments, console),
        Bench::Published(arguments) => published::run(arguments, console),
        Bench::Images(arguments) => images::run(arguments, console),
        Bench::Convolution(arguments) => convolution::run(arguments, console),
        Bench::Recovery(arguments) => recovery::run(arguments, console),
        Bench::Scalability(arguments) => scalability::run(arguments, console),
        Bench::Report(arguments) => report::run(arguments, console),
        Bench::Sr(arguments) => sr::run(arguments, console),
        Bench::Stability(arguments) => stability::run(arguments, console),
        Bench::Step(arguments) => step::run(arguments, console),
        Bench::Tables(arguments) => tables::run(arguments, console),
    }
}
