use super::*;
use crate::fixed;
use crate::network::Cells;
use proptest::prelude::*;

const PAPER: &str = "0.8 * sin(2 * pi * x) * exp(-x) + 0.15 * cos(9 * pi * x)";

fn formula(text: &str) -> Function {
    Function::formula(text, 0.0, 1.0).unwrap()
}

struct Run {
    grid: Grid,
    m: usize,
    seed: Seed,
    symbols: Vec<bool>,
    orbit: Orbit,
}

fn run(function: &Function, intervals: usize, m: usize) -> Run {
    let grid = Grid {
        inputs: function.inputs(),
        intervals,
    };
    let symbols = symbols(function, &grid, m).unwrap();
    let seed = gray(&symbols, Orbit::places(&symbols, m));
    let orbit = Orbit::follow(&seed, grid.nodes(), m);
    Run {
        grid,
        m,
        seed,
        symbols,
        orbit,
    }
}

#[test]
fn the_papers_function_is_met_as_the_reference_says() {
    let function = formula(PAPER);
    for (intervals, m, bits, most) in [
        (32, 12, 440, 1.7e-2),
        (128, 14, 1852, 1.2e-3),
        (512, 18, 9284, 7.3e-5),
    ] {
        let run = run(&function, intervals, m);
        assert_eq!(run.seed.bits, bits);
        let nodes = run.orbit.certify(&function, &run.grid).unwrap();
        assert!(nodes < std::f64::consts::PI * (-(m as f64)).exp2());
        let values = run.orbit.values();
        let sampled = sampled_error(&run.grid, &values, &function, 20_001);
        assert!(sampled <= most, "K = {intervals}: {sampled}");
        let proven =
            certified_error(&Joined::of_orbit(&run.orbit, run.grid), &function, 0.0).unwrap();
        assert!(
            proven.upper >= sampled && proven.upper < 1.03 * sampled,
            "{proven:?} {sampled}"
        );
    }
}

#[test]
fn both_seeds_are_one_number() {
    for (text, intervals, m) in [
        (PAPER, 32, 12),
        (PAPER, 100, 7),
        ("0.9", 5, 3),
        ("x1 * x2 - 0.9", 6, 9),
    ] {
        let run = run(&formula(text), intervals, m);
        assert_eq!(backward(&run.symbols, run.seed.bits), run.seed.w0, "{text}");
    }
}

#[test]
fn the_twin_has_the_symbols_exactly_and_the_orbits_values() {
    let run = run(&formula(PAPER), 64, 12);
    let tent = Tent::new(&run.seed);
    for (node, symbols) in run.symbols.chunks(run.m).enumerate() {
        let steps = node * run.m;
        assert_eq!(tent.symbols(steps, run.m), symbols);
        let node = run.orbit.nodes[node];
        let apart = (tent.value(steps) - node.value).abs();
        assert!(apart <= node.radius + (1 << 20), "{apart} {node:?}");
    }
    // The tent map itself, step by step, against the digits read at once.
    let mut angle = run.seed.angle.clone();
    for step in 0..200 {
        let top = u128::try_from(&angle >> (run.seed.digits - 60)).unwrap();
        let read = tent.digits(step, 60);
        assert_eq!(top, read, "step {step}");
        angle = Tent::step(&angle, run.seed.digits);
    }
}

#[test]
fn the_literal_network_is_the_joined_orbit() {
    for (text, intervals, m) in [
        (PAPER, 32, 12),
        ("0.4 * x1 - 0.5 * x1 * x2", 5, 10),
        ("x1 * x2 * x3 - 0.2", 3, 8),
    ] {
        let function = formula(text);
        let run = run(&function, intervals, m);
        let literal = Literal::new(&Cells::orbit(function.inputs())).unwrap();
        let points: Vec<Vec<f64>> = (0..24)
            .map(|i| {
                (0..function.inputs())
                    .map(|j| ((i * 5 + j * 11) as f64 * 0.618).fract())
                    .collect()
            })
            .collect();
        let values = run.orbit.values();
        let outputs = literal.outputs(&run.seed, &run.grid, m, &points);
        for (point, y) in points.iter().zip(&outputs) {
            let y = fixed::to_f64(y, Literal::places());
            assert!(
                (y - run.grid.join(&values, point)).abs() < 1e-9,
                "{text} {point:?}"
            );
        }
        // At nodes the hats are 0 and 1, and the output is the orbit's own value, to the last bit.
        let at_nodes: Vec<Vec<f64>> = (0..run.grid.nodes())
            .filter(|node| intervals.is_power_of_two() || [0, run.grid.nodes() - 1].contains(node))
            .map(|node| run.grid.place(node)[..function.inputs()].to_vec())
            .collect();
        let outputs = literal.outputs(&run.seed, &run.grid, m, &at_nodes);
        for (point, y) in at_nodes.iter().zip(outputs) {
            let mut coordinates = [0; 3];
            for (c, u) in coordinates.iter_mut().zip(point) {
                *c = (u * intervals as f64) as usize;
            }
            let node = run.orbit.nodes[run.grid.node(&coordinates)];
            let y = i128::try_from(y >> (Literal::places() - NODE_BITS)).unwrap();
            assert_eq!(y, node.value, "{text} {point:?}");
        }
    }
}

#[test]
fn one_network_two_functions() {
    let cells = Cells::orbit(1);
    let literal = Literal::new(&cells).unwrap();
    for text in [PAPER, "abs(x - 0.37) - 0.3"] {
        let function = formula(text);
        let run = run(&function, 16, 10);
        let y = &literal.outputs(&run.seed, &run.grid, 10, &[vec![0.5]])[0];
        let y = fixed::to_f64(y, Literal::places());
        assert!((y - function.value(&[0.5])).abs() < 4e-3, "{text} {y}");
    }
    assert_eq!(cells, Cells::orbit(1));
}

#[test]
fn a_wanted_error_is_met_and_proven() {
    let limits = Limits::default();
    for text in [
        PAPER,
        "1.6 * abs(x - 0.37) - 0.6",
        "0.9",
        "-0.9",
        "sqrt(x) - 0.5",
        "0.45 * sin(2 * pi * x1) * cos(pi * x2) + 0.4 * (x1 - x2) * x2",
        "0.5 * x1 * x2 + 0.3 * sin(3 * x3)",
    ] {
        let function = formula(text);
        let plan = Plan::for_error(&function, 0.01, &limits).unwrap();
        let run = run(&function, plan.grid.intervals, plan.m);
        run.orbit.certify(&function, &run.grid).unwrap();
        let joined = Joined::of_orbit(&run.orbit, run.grid);
        let proven = certified_error(&joined, &function, 0.01).unwrap();
        assert!(proven.upper <= 0.01, "{text}: {plan:?} {proven:?}");
    }
}

#[test]
fn what_would_not_fit_is_said_before() {
    let limits = Limits::default();
    let error = Plan::new(3, 2000, 12, &limits).unwrap_err().to_string();
    assert!(
        error.contains("GB of memory") && error.contains("--memory-limit"),
        "{error}"
    );
    let error = Plan::new(1, 1_000_000, 20, &limits)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("of work") && error.contains("--time-limit"),
        "{error}"
    );
    for eps in [0.0, -1.0, f64::NAN, 1e-30] {
        assert!(Plan::for_error(&formula("x"), eps, &limits).is_err());
    }
    assert!(Plan::new(1, 0, 4, &limits).is_err());
    assert!(Plan::new(1, 4, 0, &limits).is_err());
    assert!(Plan::new(1, 4, 41, &limits).is_err());
}

/// With one symbol per node a function above zero keeps the orbit near 1 over many nodes.
#[test]
fn a_long_run_of_symbols_does_not_break_the_orbit() {
    for text in ["0.4", "1", "x < 0.8: 0.5; 4.5 - 5 * x"] {
        let function = formula(text);
        let run = run(&function, 60, 1);
        assert!(run.orbit.certify(&function, &run.grid).is_ok(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Theorem A: `sup |y - f| <= omega(1/K) + pi 2^-m`, for Lipschitz functions by L / K.
    #[test]
    fn the_theorems_bound_holds(
        knots in prop::collection::vec(-0.9..0.9f64, 2..12),
        intervals in 1..=64usize,
        m in 1..=20usize,
    ) {
        let last = (knots.len() - 1) as f64;
        let points: Vec<(f64, f64)> = knots.iter().enumerate()
            .map(|(i, &y)| (i as f64 / last, y)).collect();
        let steepest = knots.windows(2).map(|w| (w[1] - w[0]).abs() * last).fold(0.0, f64::max);
        let function = Function::points(points).unwrap();
        let run = run(&function, intervals, m);
        let bound = std::f64::consts::PI * (-(m as f64)).exp2();
        let nodes = run.orbit.certify(&function, &run.grid).unwrap();
        prop_assert!(nodes <= bound);
        let joined = Joined::of_orbit(&run.orbit, run.grid);
        let proven = certified_error(&joined, &function, 1e-12).unwrap();
        prop_assert!(proven.lower <= steepest / intervals as f64 + bound);
        // Joined lines stay within the larger of the distances at nodes and between.
        prop_assert!(proven.upper <= 1.05 * (steepest / intervals as f64 + bound));
    }
}
