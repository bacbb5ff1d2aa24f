use super::*;
use crate::network::{Cells, FixedNetwork};
use dashu_int::IBig;
use std::time::Instant;

const PAPER: &str = "0.8 * sin(2 * pi * x) * exp(-x) + 0.15 * cos(9 * pi * x)";

fn paper() -> Function {
    Function::formula(PAPER, 0.0, 1.0).unwrap()
}

#[test]
fn remainders_find_n_at_once() {
    let start = Instant::now();
    let found = by_remainders(&paper(), 257, 1e-4).unwrap();
    assert!(start.elapsed().as_millis() < 50, "{:?}", start.elapsed());
    let values = found.values();
    assert!(found.node_error(&values) <= 1e-4);
    for (ladder, angle) in values.iter().zip(found.values_by_angles()) {
        assert!((ladder - angle).abs() < 1e-12, "{ladder} {angle}");
    }
}

#[test]
fn lattices_find_a_short_n() {
    for (nodes, epsilon) in [(2, 1e-2), (5, 1e-3), (16, 1e-2), (32, 1e-2)] {
        let start = Instant::now();
        let found = by_lattice(&paper(), nodes, epsilon).unwrap();
        let took = start.elapsed();
        let values = found.values();
        let ratio = found.bits() as f64 / found.information(&values);
        println!(
            "K = {nodes}, eps = {epsilon}: {} bits, {ratio} of the bound, {took:?}",
            found.bits()
        );
        assert!(found.node_error(&values) <= epsilon);
        assert!(nodes < 32 || ratio < 1.15, "{ratio}");
        for (ladder, angle) in values.iter().zip(found.values_by_angles()) {
            assert!((ladder - angle).abs() < 1e-12, "{ladder} {angle}");
        }
    }
}

#[test]
fn the_cells_are_the_ladder() {
    let cells = Cells::trajectory();
    let cell = |name: &str| FixedNetwork::new(cells.get(name).unwrap()).unwrap();
    let (double, cross) = (cell("double"), cell("cross"));
    let places = 200;
    let c = fixed::cos_pi(&UBig::from(12_345u32), 16, places);
    let n = UBig::from(987_654_321u64);
    let (mut a, mut b) = (fixed::one(places), c.clone());
    for index in (0..n.bit_len()).rev() {
        let both = cross.forward(&[a.clone(), b.clone(), c.clone()], places);
        let square = |value: &IBig| double.forward(std::slice::from_ref(value), places);
        (a, b) = if n.bit(index) {
            (both[0].clone(), square(&b)[0].clone())
        } else {
            (square(&a)[0].clone(), both[0].clone())
        };
    }
    let expected = (987_654_321.0 * (12_345.0 / 65_536.0 % 2.0) % 2.0 * std::f64::consts::PI).cos();
    assert!((ladder(&n, &c, places) - expected).abs() < 1e-5);
    assert!(
        (fixed::to_f64(&a, places) - ladder(&n, &c, places)).abs() < 1e-30_f64.max(f64::EPSILON)
    );
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let two = Function::formula("x1 * x2", 0.0, 1.0).unwrap();
    assert!(by_remainders(&two, 4, 0.1).is_err());
    for (nodes, epsilon) in [(1, 0.1), (4, 0.0), (4, f64::NAN), (100_000, 0.1)] {
        assert!(by_remainders(&paper(), nodes, epsilon).is_err());
        assert!(by_lattice(&paper(), nodes, epsilon).is_err());
    }
    let large = Function::formula("3 * x", 0.0, 1.0).unwrap();
    assert!(by_lattice(&large, 4, 0.1).is_err());
}
