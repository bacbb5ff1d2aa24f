use super::*;
use crate::matrix::Matrix;
use crate::neuron::Neuron;
use crate::prepare::{Target, probabilities};
use crate::search::Alternative;
use crate::table::synthetic::{Case, Mode, Settings, Synthetic, generate};

fn table(mode: Mode, variant: usize, settings: Settings) -> Synthetic {
    generate(&Case { mode, variant }, &settings).unwrap()
}

fn small(seed: u64) -> Settings {
    Settings {
        dim: 6,
        rows: 600,
        seed,
        ..Settings::default()
    }
}

fn search(inputs: &Matrix<f64>, target: &Target) -> Report {
    let problem = Problem {
        inputs,
        target,
        weights: None,
    };
    Als::default()
        .search(&problem, 0, &Control::silent())
        .unwrap()
}

fn column(y: &[f64]) -> Target {
    Target::Values(Matrix::from_vec(y.len(), 1, y.to_vec()))
}

/// The mean squared error over the variance of a target of mean 0 and variance 1.
fn error(formula: &Formula, inputs: &Matrix<f64>, y: &[f64]) -> f64 {
    let fitted = formula.values(inputs);
    let squares = fitted.data().iter().zip(y).map(|(f, y)| (f - y).powi(2));
    squares.sum::<f64>() / y.len() as f64
}

#[test]
fn every_case_is_found_with_its_ranks() {
    for case in Case::all() {
        let table = table(case.mode, case.variant, small(1));
        let report = search(&table.inputs, &column(&table.y));
        assert_eq!(report.neuron, table.truth, "{case}");
        assert!(error(&report.formula, &table.inputs, &table.y) < 1e-3);
        assert_eq!(report.formula.polynomial().unwrap().neuron(), report.neuron);
        assert_eq!(report.evidence.len(), report.neuron.terms().len());
        assert!(report.evidence.iter().all(|e| e.bic_gain.unwrap() > 0.0));
    }
}

#[test]
fn only_terms_of_a_given_structure_are_used() {
    let table = table(Mode::Hybrid, 1, small(1));
    let found = |only: &str| {
        let settings = AlsSettings {
            only: Some(only.parse().unwrap()),
            ..AlsSettings::default()
        };
        let target = column(&table.y);
        let problem = Problem {
            inputs: &table.inputs,
            target: &target,
            weights: None,
        };
        let report = Als { settings }.search(&problem, 0, &Control::silent());
        report.unwrap().neuron.to_string()
    };
    assert_eq!(found("x^3 + cp(2, r=1) + x"), "x + cp(2, r=1)");
    assert_eq!(found("x"), "x");
    assert_eq!(found("x^2 + cp(2)"), "cp(2, r=1)");
    assert_eq!(found("x^5"), "x^5");
}

#[test]
fn polynomials_without_noise_are_recovered_to_rounding() {
    for (mode, variant) in [(Mode::Pure, 2), (Mode::Interaction, 0), (Mode::Hybrid, 1)] {
        let settings = Settings {
            noise: 0.0,
            ..small(3)
        };
        let table = table(mode, variant, settings);
        let report = search(&table.inputs, &column(&table.y));
        assert_eq!(report.neuron, table.truth);
        assert!(error(&report.formula, &table.inputs, &table.y) < 1e-12);
    }
}

#[test]
fn the_same_bits_at_one_and_two_threads() {
    let table = table(Mode::Hybrid, 4, small(2));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let mut report = pool.install(|| search(&table.inputs, &column(&table.y)));
        report.seconds = 0.0;
        report
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn two_targets_share_their_factors() {
    let first = table(Mode::Interaction, 0, small(5));
    let product: Vec<f64> = first.y.clone();
    let mut both = Vec::new();
    for (row, y) in product.iter().enumerate() {
        both.push(*y);
        both.push(0.8 * first.inputs.row(row)[1] - 0.6 * y);
    }
    let target = Target::Values(Matrix::from_vec(product.len(), 2, both.clone()));
    let report = search(&first.inputs, &target);
    assert_eq!(report.neuron.to_string(), "x + cp(2, r=1)");
    assert_eq!(report.formula.outputs(), 2);
    assert!(2.0 * error(&report.formula, &first.inputs, &both) < 1e-2);
}

fn log_loss(report: &Report, inputs: &Matrix<f64>, labels: &[usize], count: usize) -> f64 {
    let p = probabilities(&report.formula.values(inputs), count);
    let terms = labels
        .iter()
        .enumerate()
        .map(|(row, &label)| -p.row(row)[label].ln());
    terms.sum::<f64>() / labels.len() as f64
}

#[test]
fn classes_cut_from_a_product_are_told_apart() {
    let table = table(
        Mode::Interaction,
        0,
        Settings {
            rows: 1500,
            ..small(7)
        },
    );
    let two: Vec<usize> = table.y.iter().map(|y| usize::from(*y > 0.0)).collect();
    let target = Target::Classes {
        labels: two.clone(),
        count: 2,
    };
    let report = search(&table.inputs, &target);
    assert!(
        report.neuron.to_string().contains("cp(2"),
        "{}",
        report.neuron
    );
    assert_eq!(report.formula.outputs(), 1);
    assert!(log_loss(&report, &table.inputs, &two, 2) < 0.2);

    let three: Vec<usize> = table
        .y
        .iter()
        .map(|y| usize::from(*y > -0.3) + usize::from(*y > 0.3))
        .collect();
    let target = Target::Classes {
        labels: three.clone(),
        count: 3,
    };
    let report = search(&table.inputs, &target);
    assert!(
        report.neuron.to_string().contains("cp(2"),
        "{}",
        report.neuron
    );
    assert_eq!(report.formula.outputs(), 3);
    assert!(log_loss(&report, &table.inputs, &three, 3) < 0.6);
}

#[test]
fn weights_count_rows_and_zero_leaves_them_out() {
    let clean = table(Mode::Hybrid, 1, small(4));
    let mut y = clean.y.clone();
    let mut weights = vec![1.0; y.len()];
    for row in (0..y.len()).step_by(7) {
        y[row] = 50.0;
        weights[row] = 0.0;
    }
    let target = column(&y);
    let problem = Problem {
        inputs: &clean.inputs,
        target: &target,
        weights: Some(&weights),
    };
    let report = Als::default()
        .search(&problem, 0, &Control::silent())
        .unwrap();
    assert_eq!(report.neuron, clean.truth);
    assert!(error(&report.formula, &clean.inputs, &clean.y) < 1e-3);
}

#[test]
fn two_valued_inputs_spend_nothing_on_powers() {
    // y is linear in a one-hot group and a number; every power of the group is the group itself.
    let rows = 400;
    let mut inputs = Matrix::zeros(rows, 5);
    let mut y = Vec::new();
    for row in 0..rows {
        let level = (row * 7 + row / 3) % 4;
        let number = ((row * 13) % 29) as f64 / 10.0 - 1.4;
        inputs.row_mut(row)[level] = 1.0;
        inputs.row_mut(row)[4] = number;
        let noise = ((row * 37 % 101) as f64 / 101.0 - 0.5) * 0.1;
        y.push(0.7 * level as f64 + number * number + noise - 1.5);
    }
    let report = search(&inputs, &column(&y));
    assert!(
        error(&report.formula, &inputs, &y) < 2e-3,
        "{}",
        report.neuron
    );
}

#[test]
fn degenerate_tables_give_a_small_structure_or_a_clear_error() {
    let value = |row: usize, column: usize| ((row * 31 + column * 17) as f64 * 0.61).sin();
    for (rows, columns) in [(8, 1), (8, 30), (20, 50), (40, 3)] {
        let mut inputs = Matrix::zeros(rows, columns);
        for row in 0..rows {
            for column in 0..columns {
                inputs.row_mut(row)[column] = if column == 0 { 2.0 } else { value(row, column) };
            }
        }
        let y: Vec<f64> = (0..rows).map(|row| value(row, 99)).collect();
        let report = search(&inputs, &column(&y));
        assert!(!report.neuron.is_empty());
        assert!(
            report
                .formula
                .values(&inputs)
                .data()
                .iter()
                .all(|v| v.is_finite())
        );
    }
    let constant = column(&vec![1.0; 40]);
    let report = search(&Matrix::from_vec(40, 2, vec![0.5; 80]), &constant);
    assert!(!report.neuron.is_empty());
    let few = Matrix::from_vec(3, 1, vec![1.0, 2.0, 3.0]);
    let target = column(&[1.0, 2.0, 3.0]);
    let problem = Problem {
        inputs: &few,
        target: &target,
        weights: None,
    };
    let error = Als::default()
        .search(&problem, 0, &Control::silent())
        .unwrap_err();
    assert!(matches!(error, SearchError::TooFewRows { rows: 3, .. }));
}

#[test]
fn not_finite_inputs_are_refused() {
    let mut inputs = Matrix::from_vec(10, 2, vec![1.0; 20]);
    inputs.row_mut(4)[1] = f64::NAN;
    let target = column(&[0.0; 10]);
    let problem = Problem {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let error = Als::default()
        .search(&problem, 0, &Control::silent())
        .unwrap_err();
    assert_eq!(error, SearchError::NotFinite("row 4, input 1".into()));
}

#[test]
fn a_stopped_search_gives_what_it_has() {
    let table = table(Mode::Hybrid, 4, small(2));
    let stop = std::sync::atomic::AtomicBool::new(true);
    let control = Control {
        stop: &stop,
        ..Control::silent()
    };
    let target = column(&table.y);
    let problem = Problem {
        inputs: &table.inputs,
        target: &target,
        weights: None,
    };
    let report = Als::default().search(&problem, 0, &control).unwrap();
    assert_eq!(report.neuron, Neuron::linear());
}

/// With so much noise on so few rows that the truth is one structure of several.
fn noisy() -> Synthetic {
    let settings = Settings {
        dim: 4,
        rows: 150,
        noise: 2.0,
        ..small(3)
    };
    table(Mode::Hybrid, 1, settings)
}

#[test]
fn alternatives_are_named_and_do_not_change_the_choice() {
    let with = |table: &Synthetic, alternatives: usize| {
        let target = column(&table.y);
        let problem = Problem {
            inputs: &table.inputs,
            target: &target,
            weights: None,
        };
        let settings = AlsSettings {
            alternatives,
            ..AlsSettings::default()
        };
        let als = Als { settings };
        als.search(&problem, 0, &Control::silent()).unwrap()
    };
    let noisy = noisy();
    let (few, many) = (with(&noisy, 0), with(&noisy, 20));
    assert_eq!((&few.neuron, &few.formula), (&many.neuron, &many.formula));
    assert!(many.alternatives.len() > few.alternatives.len().max(1));
    for report in [&few, &many] {
        let ties = &report.alternatives;
        assert!(
            ties.iter().any(|tie| tie.neuron == report.neuron),
            "{ties:?}"
        );
        assert!(ties.iter().all(Alternative::tied));
        assert!(ties.windows(2).all(|pair| pair[0].error <= pair[1].error));
    }
    // Of a polynomial of little noise all ties have its terms, and more that do no harm.
    let clear = with(&table(Mode::Hybrid, 1, small(1)), 20);
    let truth: Neuron = "x + cp(2, r=1)".parse().unwrap();
    assert_eq!(clear.neuron, truth);
    for tie in &clear.alternatives {
        let mut terms = truth.terms().iter();
        assert!(
            terms.all(|term| tie.neuron.terms().contains(term)),
            "{tie:?}"
        );
        assert_eq!(tie.parameters == 18, tie.neuron == truth, "{tie:?}");
    }
}

#[test]
fn given_structures_are_fitted_whole_and_compared() {
    let table = table(Mode::Hybrid, 1, small(1));
    let target = column(&table.y);
    let problem = Problem {
        inputs: &table.inputs,
        target: &target,
        weights: None,
    };
    let given = ["x", "x + cp(2, r=1)", "x + x^3 + cp(2, r=2)"];
    let structures: Vec<Neuron> = given.iter().map(|text| text.parse().unwrap()).collect();
    let control = Control::silent();
    let settings = AlsSettings::default();
    let compared = compare(&problem, &structures, &settings, 0, &control).unwrap();
    let found: Vec<String> = compared.iter().map(|one| one.neuron.to_string()).collect();
    assert_eq!(found, given);
    assert!(!compared[0].tied() && compared[1].tied(), "{compared:?}");
    assert!(compared[2].criterion > compared[1].criterion);
    assert!(compared[1].error < 1e-3 && compared[2].error < 1e-3);
}
