use super::*;
use crate::search::testing::{
    finds_formulas_exactly, is_the_same_at_any_threads, stops_after_one_step,
};

fn small() -> Gp {
    Gp {
        settings: GpSettings {
            population: 600,
            generations: 40,
            ..GpSettings::default()
        },
    }
}

#[test]
fn formulas_are_found_exactly() {
    finds_formulas_exactly(&small());
}

#[test]
fn the_same_bits_at_one_and_three_threads() {
    let settings = GpSettings {
        population: 100,
        generations: 6,
        ..GpSettings::default()
    };
    is_the_same_at_any_threads(&Gp { settings }, "x1 / (1.5 + x2^2)");
}

#[test]
fn a_set_stop_ends_after_one_generation_with_a_result() {
    stops_after_one_step(&small());
}
