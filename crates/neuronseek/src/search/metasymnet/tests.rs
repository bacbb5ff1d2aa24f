use rand::RngExt;

use super::network::Passes;
use super::tree::Tree;
use super::*;
use crate::matrix::Matrix;
use crate::search::testing::{
    finds_formulas_exactly, is_the_same_at_any_threads, search, stops_after_one_step,
};

#[test]
fn formulas_are_found_exactly() {
    finds_formulas_exactly(&MetaSymNet::default());
}

#[test]
fn the_same_bits_at_one_and_three_threads() {
    let settings = MetaSymNetSettings {
        rounds: 4,
        networks: 5,
        ..MetaSymNetSettings::default()
    };
    let method = MetaSymNet { settings };
    is_the_same_at_any_threads(&method, "x1 / (1.5 + x2^2) + exp(x3)");
}

#[test]
fn a_set_stop_ends_after_one_round_with_a_result() {
    stops_after_one_step(&MetaSymNet::default());
}

#[test]
fn a_constant_target_is_its_mean() {
    let method = MetaSymNet::default();
    let report = search(&method, "3.5 + 0 * x1", &Control::silent());
    let x = Matrix::from_vec(1, 3, vec![1.0, 2.0, 3.0]);
    assert!((report.formula.values(&x).data()[0] - 3.5).abs() < 1e-9);
}

#[test]
fn settings_out_of_range_are_refused_together() {
    let settings = MetaSymNetSettings {
        rounds: 0,
        largest: 51,
        ..MetaSymNetSettings::default()
    };
    let Err(SearchError::Settings(problems)) = settings.check() else {
        panic!("accepted")
    };
    assert_eq!(problems.len(), 2);
}

/// Columns, targets and weights of a small table.
fn rows() -> ([Vec<f64>; 2], Vec<f64>, Vec<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut column = |low: f64| -> Vec<f64> {
        let numbers = (0..23).map(|_| random.random_range(low..2.0));
        numbers.collect()
    };
    ([column(-2.0), column(-2.0)], column(-2.0), column(0.0))
}

#[test]
fn slopes_are_those_of_the_loss() {
    let (x, y, weights) = rows();
    let columns = [x[0].as_slice(), x[1].as_slice()];
    let data = Data {
        columns: &columns,
        y: &y,
        weights: &weights,
    };
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut passes = Passes::default();
    let held: Tree = Tree::of(&"2 * sin(x1) / x2 + 1".parse().unwrap(), 2).unwrap();
    for case in 0..12 {
        let mut tree = if case % 2 == 0 {
            Tree::random(2, 9, &mut random)
        } else {
            held.changed(9, &mut random)
        };
        let point = tree.parameters();
        let mut gradient = vec![0.0; point.len()];
        let mut unused = gradient.clone();
        passes.loss(&tree, data, 0.3, &mut gradient);
        for place in 0..point.len() {
            let mut at = |h: f64| {
                let mut moved = point.clone();
                moved[place] += h;
                tree.set_parameters(&moved);
                passes.loss(&tree, data, 0.3, &mut unused)
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            let scale = 1.0 + slope.abs();
            let difference = (gradient[place] - slope).abs();
            assert!(
                difference < 1e-4 * scale,
                "case {case}, {place}: {slope} {}",
                gradient[place]
            );
        }
    }
}

#[test]
fn a_hardened_network_and_its_expression_agree() {
    let (x, y, weights) = rows();
    // Positive inputs, so that the smoothed operators are near the true ones.
    let x = x.map(|column| column.iter().map(|x| x.abs() + 1.0).collect::<Vec<f64>>());
    let columns = [x[0].as_slice(), x[1].as_slice()];
    let data = Data {
        columns: &columns,
        y: &y,
        weights: &weights,
    };
    let mut passes = Passes::default();
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut compared = 0;
    for _ in 0..60 {
        let mut tree = Tree::random(2, 9, &mut random);
        for node in &mut tree.nodes {
            (node.weight, node.bias) = (node.weight.abs(), node.bias.abs());
            // The operators that are not smoothed.
            if node.meta {
                for smoothed in [3, 6, 7, 8] {
                    node.logits[smoothed] = -9.0;
                }
            }
        }
        tree.harden();
        assert_eq!(tree.end(0), tree.nodes.len());
        let of_network = passes.values(&tree, data);
        let expression = tree.expression().unwrap();
        let again = Tree::of(&expression, 2).unwrap();
        let of_again = passes.values(&again, data);
        for row in 0..y.len() {
            let value = expression.value(&[x[0][row], x[1][row]]);
            assert!((value - of_network[row]).abs() < 1e-9, "{expression}");
            assert!((value - of_again[row]).abs() < 1e-9, "{expression}");
            compared += 1;
        }
    }
    assert_eq!(compared, 60 * y.len());
}

#[test]
fn no_two_constants_do_the_same() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for (formula, constants) in [
        ("2 * (3 * x1 + 4) + 5", 2),
        ("(2 * x1) * (3 * x2)", 1),
        ("exp(2 * x1 + 3)", 2),
        ("log(2 * x1) + 3", 1),
        ("2 * x1 + 3 * x1", 1),
    ] {
        let tree = Tree::of(&formula.parse().unwrap(), 2).unwrap();
        let expression = tree.expression().unwrap();
        let at = [random.random_range(1.0..2.0), 0.7];
        let truth: Expression = formula.parse().unwrap();
        assert!((expression.value(&at) - truth.value(&at)).abs() < 1e-12);
        assert_eq!(expression.constants().len(), constants, "{expression}");
    }
}
