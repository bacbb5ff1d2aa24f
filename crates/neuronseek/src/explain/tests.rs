//! Explanations of models whose truth is known.

use super::*;
use crate::expression::Monomials;
use crate::model::{FitOptions, Fitted, Holdout, fit};
use crate::neuron::Term;
use crate::table::synthetic::{Case, Mode, Settings, Synthetic, generate};
use crate::terms::{Piece, Polynomial, PureTerm};

/// Networks that hardly train: the formula predicts.
fn fitted(table: &Table, target: &str, holdout: Holdout) -> Fitted {
    fitted_by(table, target, |options| options.holdout = holdout)
}

fn fitted_by(table: &Table, target: &str, change: impl Fn(&mut FitOptions)) -> Fitted {
    let mut options = FitOptions::default();
    options.prepare.targets = vec![target.to_string()];
    options.profile = crate::model::Profile::Small;
    options.train.epochs = Some(1);
    change(&mut options);
    fit(table, None, &options, &Control::silent()).unwrap()
}

fn explained(model: &Model, table: &Table, bootstrap: usize) -> Explanation {
    let options = ExplainOptions {
        bootstrap,
        ..ExplainOptions::default()
    };
    explain(model, Some(table), &options, &Control::silent()).unwrap()
}

/// The polynomial that a case's target is, but for the noise.
fn truth(case: &Synthetic) -> Polynomial {
    let dim = case.settings.dim;
    let mut polynomial = Polynomial {
        inputs: dim,
        intercept: vec![-case.mean / case.deviation],
        pure: Vec::new(),
        functions: Vec::new(),
        pieces: Vec::new(),
    };
    for term in &case.terms {
        let coefficient = term.coefficient / case.deviation;
        if term.factors.is_empty() {
            polynomial.pure.push(PureTerm {
                order: term.order,
                weights: Matrix::from_vec(dim, 1, vec![coefficient; dim]),
            });
        } else {
            polynomial.pieces.push(Piece {
                factors: Matrix::from_vec(term.order, dim, term.factors.concat()),
                weights: vec![coefficient],
            });
        }
    }
    polynomial
}

type Product = Vec<(String, u32)>;

/// What the report should say, computed from the truth on all rows.
struct Expected {
    shares: Vec<(String, f64)>,
    /// Inputs with powers, coefficient, strength.
    monomials: Vec<(Product, f64, f64)>,
    pairs: Vec<(Vec<String>, f64)>,
}

impl Expected {
    fn new(case: &Synthetic) -> Expected {
        let polynomial = truth(case);
        let name = |input: &usize| format!("x{}", input + 1);
        let neuron = polynomial.neuron();
        let shares = terms::shares(&polynomial, &neuron, &case.inputs);
        let rows: Vec<Vec<f64>> = (0..case.inputs.rows())
            .map(|row| case.inputs.row(row).to_vec())
            .collect();
        let expansion = Monomials::of_polynomial(&polynomial, 0).unwrap();
        let output = crate::model::ExpandedOutput {
            name: "y".to_string(),
            monomials: expansion
                .iter()
                .map(|(powers, c)| (powers.to_vec(), c))
                .collect(),
        };
        let strength = |powers: &[(usize, u32)], coefficient: f64| {
            let values = rows
                .iter()
                .map(|row| coefficient * formula::product(powers, row));
            let values: Vec<f64> = values.collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values
                .iter()
                .map(|value| (value - mean).powi(2))
                .sum::<f64>()
        };
        let mut monomials: Vec<_> = expansion
            .iter()
            .filter(|(powers, _)| !powers.is_empty())
            .map(|(powers, c)| {
                let names = powers.iter().map(|(input, power)| (name(input), *power));
                (names.collect(), c, strength(powers, c))
            })
            .collect();
        monomials.sort_by(|(_, _, a), (_, _, b)| b.total_cmp(a));
        let together = formula::Together::new(&output, &rows, &[]);
        Expected {
            shares: (neuron.terms().iter())
                .zip(shares)
                .map(|(term, share)| (without_rank(*term), share.unwrap()))
                .collect(),
            pairs: (together.ranked(2).into_iter())
                .map(|(set, share)| (set.iter().map(name).collect(), share))
                .collect(),
            monomials,
        }
    }
}

fn without_rank(term: Term) -> String {
    let text = term.to_string();
    text.split(", r=").next().map_or(text.clone(), |kind| {
        if kind.len() < text.len() {
            format!("{kind})")
        } else {
            text.clone()
        }
    })
}

/// The terms of all cases have the shares of the truth, the strongest products and pairs are the
/// true ones with their coefficients.
#[test]
fn synthetic_cases_are_explained_by_their_truth() {
    for mode in Mode::ALL {
        for variant in 0..Case::VARIANTS {
            let case = Case { mode, variant };
            let settings = Settings {
                rows: 2000,
                ..Settings::default()
            };
            let case = generate(&case, &settings).unwrap();
            let table = case.table().unwrap();
            let model = fitted(&table, "y", Holdout::None).model;
            let options = ExplainOptions {
                bootstrap: 0,
                ..ExplainOptions::default()
            };
            let found = explain(&model, Some(&table), &options, &Control::silent()).unwrap();
            let expected = Expected::new(&case);
            let label = format!("{mode} {variant}: {}", case.truth);
            check_terms(&label, &found, &expected);
            check_formula(&label, &found, &expected);
        }
    }
}

fn check_terms(label: &str, found: &Explanation, expected: &Expected) {
    let search = found.neuron.search.as_ref().unwrap();
    assert_eq!(
        search.terms.len(),
        expected.shares.len(),
        "{label}: {}",
        search.found
    );
    for (term, share) in &expected.shares {
        let own = search.terms.iter().find(|own| {
            let parsed: crate::neuron::Neuron = own.term.parse().unwrap();
            without_rank(parsed.terms()[0]) == *term
        });
        let own = own
            .unwrap_or_else(|| panic!("{label}: no {term}"))
            .share
            .unwrap();
        println!("{label} | {term} {own:.4} {share:.4}");
        assert!((own - share).abs() < 0.02, "{label}: {term} {own} {share}");
    }
}

fn check_formula(label: &str, found: &Explanation, expected: &Expected) {
    let output = &found.polynomial.as_ref().unwrap().outputs[0];
    let largest = expected
        .monomials
        .iter()
        .map(|(_, c, _)| c.abs())
        .fold(0.0, f64::max);
    for (place, own) in output.monomials.iter().take(10).enumerate() {
        let Some((_, _, limit)) = expected.monomials.get(place) else {
            // Beyond the true ones there is noise alone.
            assert!(own.share.unwrap() < 1e-4, "{label}: {}", own.text);
            continue;
        };
        let (_, coefficient, strength) = (expected.monomials.iter())
            .find(|(inputs, _, _)| *inputs == own.inputs)
            .unwrap_or_else(|| panic!("{label}: {} is not of the truth", own.text));
        // As strong as the one that should stand here, but for noise.
        assert!(*strength > 0.95 * limit, "{label}: {} at {place}", own.text);
        let off = (own.coefficient - coefficient).abs() / largest;
        assert!(
            off < 0.01,
            "{label}: {} {} {coefficient}",
            own.text,
            own.coefficient
        );
    }
    for (place, own) in output.pairs.iter().take(5).enumerate() {
        let Some((_, limit)) = expected.pairs.get(place) else {
            assert!(own.share < 1e-4, "{label}: {:?} {}", own.inputs, own.share);
            continue;
        };
        let (_, share) = (expected.pairs.iter())
            .find(|(inputs, _)| *inputs == own.inputs)
            .unwrap_or_else(|| panic!("{label}: {:?} is no pair of the truth", own.inputs));
        assert!(
            *share > 0.95 * limit,
            "{label}: {:?} at {place}",
            own.inputs
        );
        assert!(
            (own.share - share).abs() < 0.01,
            "{label}: {:?} {} {share}",
            own.inputs,
            own.share
        );
    }
    assert_eq!(
        output.pairs.is_empty(),
        expected.pairs.is_empty(),
        "{label}"
    );
}

/// Nine of ten intervals of level .95 and more hold the true coefficient.
#[test]
fn intervals_hold_the_true_coefficients() {
    let (mut inside, mut all) = (0, 0);
    for (mode, variant) in [(Mode::Interaction, 0), (Mode::Hybrid, 0), (Mode::Hybrid, 1)] {
        for seed in 0..3 {
            let settings = Settings {
                rows: 1000,
                dim: 6,
                noise: 0.5,
                seed,
                ..Settings::default()
            };
            let case = generate(&Case { mode, variant }, &settings).unwrap();
            let table = case.table().unwrap();
            let model = fitted(&table, "y", Holdout::None).model;
            let options = ExplainOptions {
                bootstrap: 0,
                ..ExplainOptions::default()
            };
            let found = explain(&model, Some(&table), &options, &Control::silent()).unwrap();
            let expected = Expected::new(&case);
            for own in &found.polynomial.unwrap().outputs[0].monomials {
                let [low, high] = own.interval.unwrap();
                let truth = expected
                    .monomials
                    .iter()
                    .find(|(inputs, _, _)| *inputs == own.inputs);
                let truth = truth.map_or(0.0, |(_, coefficient, _)| *coefficient);
                all += 1;
                inside += usize::from((low..=high).contains(&truth));
            }
        }
    }
    println!("{inside} of {all}");
    assert!(all > 150 && inside * 10 >= all * 9, "{inside} of {all}");
}

/// x squared, a text that shifts, a column of noise.
fn mixed(rows: usize) -> Table {
    use crate::table::Column;
    let x = |i: usize| ((i * 37) % 101) as f64 / 50.0 - 1.0;
    let noise = |i: usize| ((i * 7919) % 1009) as f64 / 504.0 - 1.0;
    let shade = |i: usize| if i.is_multiple_of(3) { "dark" } else { "light" };
    let y =
        |i: usize| 3.0 * x(i) * x(i) + f64::from(u8::from(i.is_multiple_of(3))) + 0.1 * noise(i);
    let kind = |i: usize| Some(if y(i) > 1.3 { "high" } else { "low" });
    let columns = vec![
        Column::of_numbers("x", (0..rows).map(x).collect()),
        Column::of_texts("shade", (0..rows).map(|i| Some(shade(i)))),
        Column::of_numbers("noise", (0..rows).map(|i| noise(i * 3 + 1)).collect()),
        Column::of_numbers("y", (0..rows).map(y).collect()),
        Column::of_texts("kind", (0..rows).map(kind)),
    ];
    Table::new("mixed", columns).unwrap()
}

#[test]
fn tables_are_known_again_and_rows_add_up() {
    let table = mixed(600);
    let numbers = table.without(&["kind".to_string()]).unwrap();
    let model = fitted(&numbers, "y", Holdout::Fraction(0.25)).model;
    let options = ExplainOptions {
        row: Some(17),
        bootstrap: 2,
        ..ExplainOptions::default()
    };
    let found = explain(&model, Some(&numbers), &options, &Control::silent()).unwrap();
    let measured = found.quality.measured.as_ref().unwrap();
    assert_eq!((measured.rows, measured.seen), (150, Some(false)));
    let at_fit = &found.quality.at_fit[0];
    assert_eq!(at_fit.split, "test");
    for (own, fit) in measured.metrics.iter().zip(&at_fit.metrics) {
        assert!(
            (own.value.unwrap() - fit.model.unwrap()).abs() < 1e-9,
            "{}",
            own.name
        );
        // The linear model is that of the fit, but for the scale of the target in its penalty.
        let (own_linear, linear) = (own.linear.unwrap(), fit.linear.unwrap());
        assert!(
            (own_linear / linear - 1.0).abs() < 0.01,
            "{} {own_linear} {linear}",
            own.name
        );
        let [low, high] = own.interval.unwrap();
        assert!(
            low <= own.value.unwrap() && own.value.unwrap() <= high,
            "{}",
            own.name
        );
    }
    let row = found.row.as_ref().unwrap();
    let sum: f64 = row.contributions.iter().map(|own| own.value).sum();
    assert!((row.base + sum - row.prediction).abs() < 1e-6);
    assert_eq!(row.contributions.len(), 3);
    assert_eq!(found.inputs.last().unwrap().column, "noise");
    let x = found
        .inputs
        .iter()
        .find(|input| input.column == "x")
        .unwrap();
    let mean = &x.dependence[0].mean;
    let middle = mean[mean.len() / 2];
    assert!(
        mean[0] - middle > 2.0 && mean[mean.len() - 1] - middle > 2.0,
        "{mean:?}"
    );
    let search = found.neuron.search.as_ref().unwrap();
    assert_eq!(search.bootstrap.as_ref().unwrap().resamples, 2);
    // Other rows are new to the model; without a target nothing is measured.
    let other = mixed(500).without(&["kind".to_string()]).unwrap();
    let found = explain(&model, Some(&other), &options, &Control::silent()).unwrap();
    let measured = found.quality.measured.unwrap();
    assert_eq!((measured.rows, measured.seen), (500, Some(false)));
    assert!(measured.metrics[0].linear.is_none());
    assert!(found.polynomial.unwrap().intervals_missing.is_some());
    let unlabelled = other.without(&["y".to_string()]).unwrap();
    let found = explain(&model, Some(&unlabelled), &options, &Control::silent()).unwrap();
    assert!(found.quality.measured.is_none() && found.row.unwrap().actual.is_none());
    // Rows that are not there.
    let options = ExplainOptions {
        row: Some(601),
        ..options
    };
    let error = explain(&model, Some(&numbers), &options, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("601 is none of them"), "{error}");
    assert!(explain(&model, None, &options, &Control::silent()).is_err());
}

#[test]
fn partial_dependence_is_the_mean_of_predictions_of_changed_rows() {
    use crate::model::Prediction;
    use crate::table::Column;
    let table = mixed(250).without(&["kind".to_string()]).unwrap();
    let model = fitted(&table, "y", Holdout::None).model;
    let options = ExplainOptions {
        bootstrap: 0,
        ..ExplainOptions::default()
    };
    let found = explain(&model, Some(&table), &options, &Control::silent()).unwrap();
    let mean = |changed: Column| {
        let columns = table
            .columns()
            .iter()
            .map(|own| match own.name == changed.name {
                true => changed.clone(),
                false => own.clone(),
            });
        let changed = Table::new("changed", columns.collect()).unwrap();
        match model.predict(&changed).unwrap() {
            Prediction::Values { values, .. } => values.column(0).iter().sum::<f64>() / 250.0,
            classes => panic!("{classes:?}"),
        }
    };
    for input in &found.inputs {
        let means = &input.dependence[0].mean;
        let expected: Vec<f64> = match &input.grid {
            Grid::Numbers(grid) => (grid.iter())
                .map(|cell| mean(Column::of_numbers(&input.column, vec![*cell; 250])))
                .collect(),
            Grid::Texts(grid) => (grid.iter())
                .map(|cell| mean(Column::of_texts(&input.column, vec![Some(cell); 250])))
                .collect(),
        };
        assert_eq!(means.len(), expected.len());
        for (own, expected) in means.iter().zip(expected) {
            assert!(
                (own - expected).abs() < 1e-9,
                "{}: {own} {expected}",
                input.column
            );
        }
    }
    // The map of a pair has the means of both.
    let pair = &found.pairs[0];
    assert!(pair.values.iter().flatten().all(|value| value.is_finite()));
}

#[test]
fn classes_are_explained_with_curves_and_the_same_at_any_number_of_threads() {
    let table = mixed(600).without(&["y".to_string()]).unwrap();
    let model = fitted(&table, "kind", Holdout::None).model;
    let explained = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let options = ExplainOptions {
            bootstrap: 3,
            row: Some(1),
            ..ExplainOptions::default()
        };
        pool.install(|| explain(&model, Some(&table), &options, &Control::silent()).unwrap())
    };
    let found = explained(1);
    assert_eq!(found, explained(3));
    let measured = found.quality.measured.as_ref().unwrap();
    assert_eq!(measured.seen, Some(true));
    let classes = measured.classes.as_ref().unwrap();
    assert_eq!(classes.confusion.concat().iter().sum::<usize>(), 600);
    assert_eq!(classes.roc.len(), 1);
    let auc = measured
        .metrics
        .iter()
        .find(|metric| metric.name == "auc")
        .unwrap();
    assert!((classes.roc[0].auc - auc.value.unwrap()).abs() < 1e-9);
    assert_eq!(found.inputs[0].dependence[0].output, "probability of low");
    let page = page(&found).unwrap();
    assert!(page.contains("\"version\":1") && !page.contains("__NEURONSEEK"));
}

#[test]
fn a_text_of_the_table_cannot_leave_its_place_in_the_page() {
    let table = mixed(600).without(&["y".to_string()]).unwrap();
    let model = fitted(&table, "kind", Holdout::None).model;
    let options = ExplainOptions {
        name: "</script><script>alert(1)</script>".to_string(),
        ..ExplainOptions::default()
    };
    let found = explain(&model, None, &options, &Control::silent()).unwrap();
    assert!(found.quality.measured.is_none() && found.inputs.is_empty());
    let page = page(&found).unwrap();
    assert!(!page.contains("alert(1)</script>"), "the name is markup");
}

/// In the user's units and multiplied out the polynomial is what the search fitted.
#[test]
fn the_expanded_polynomial_is_the_formula() {
    let mixed = mixed(400);
    let air = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/data/airfoil_self_noise.csv"
    );
    let air = Table::read(std::path::Path::new(air), &Default::default()).unwrap();
    for (table, target) in [(&air, "sound_pressure"), (&mixed, "kind"), (&mixed, "y")] {
        let model = fitted(table, target, Holdout::None).model;
        let inputs = model.preparation().inputs(table).unwrap();
        let expanded = model.expanded().unwrap();
        let (formula, scale, _) = model.formula().unwrap();
        let values = formula.values(&scale.apply(&inputs));
        for (output, (_, [factor, constant])) in model.polynomial_outputs().iter().enumerate() {
            let expected = values.column(output);
            let largest = expected.iter().fold(0.0f64, |most, v| most.max(v.abs()));
            for (row, value) in expected.iter().enumerate().take(100) {
                let own = expanded.values(inputs.row(row))[output];
                let off = (own - (factor * value + constant)).abs();
                assert!(
                    off <= 1e-9 * factor * largest.max(1.0),
                    "{target} {row}: {own} {value}"
                );
            }
        }
    }
}

/// Inputs a and b between -1 and 1, noise of mean 0 and deviation about 1.
fn inputs(rows: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    use rand::RngExt;
    use rand_distr::{Distribution, StandardNormal};
    let mut random = crate::network::generator(5, crate::network::Purpose::Explanation, 77);
    let mut uniform = || (0..rows).map(|_| random.random_range(-1.0..1.0)).collect();
    let (a, b): (Vec<f64>, Vec<f64>) = (uniform(), uniform());
    let noise = (0..rows)
        .map(|_| StandardNormal.sample(&mut random))
        .collect();
    (a, b, noise)
}

/// The formula beside networks that fit the logarithm of a mean is of the logarithm of the target.
#[test]
fn the_formula_of_a_log_mean_is_of_the_logarithm() {
    use crate::table::Column;
    let (a, b, noise) = inputs(1500);
    let y = a.iter().zip(&b).zip(&noise);
    let y = y
        .map(|((a, b), e)| (2.0 + 1.5 * a - 0.5 * b + 0.2 * e).exp())
        .collect();
    let columns = vec![
        Column::of_numbers("a", a),
        Column::of_numbers("b", b),
        Column::of_numbers("y", y),
    ];
    let table = Table::new("amounts", columns).unwrap();
    let model = fitted_by(&table, "y", |options| {
        options.loss = Some(crate::network::Loss::Gamma)
    });
    let found = explained(&model.model, &table, 4);
    let output = &found.polynomial.as_ref().unwrap().outputs[0];
    assert_eq!(output.name, "log(y)");
    assert!((output.constant - 2.0).abs() < 0.05, "{}", output.text);
    for (name, truth) in [("a", 1.5), ("b", -0.5)] {
        let own = (output.monomials.iter())
            .find(|own| own.inputs == [(name.to_string(), 1)])
            .unwrap();
        let [low, high] = own.interval.unwrap();
        assert!((own.coefficient - truth).abs() < 0.05, "{}", output.text);
        assert!(
            high - low < 0.2 && low < truth + 0.05 && high > truth - 0.05,
            "{low} {high}"
        );
    }
    let search = found.neuron.search.as_ref().unwrap();
    assert!(search.left.unwrap() < 0.1, "{:?}", search.left);
    assert_eq!(search.terms[0].bootstrap, Some(1.0));
    let measured = found.quality.measured.unwrap();
    let deviance = &measured.metrics[0];
    assert_eq!((deviance.name, deviance.linear), ("deviance", None));
    assert!(measured.metrics[1].linear.is_some());
}

/// Where the formula predicts classes, its logits are those of the probabilities, calibrated and
/// without the weights of the classes.
#[test]
fn logits_are_those_of_the_probabilities() {
    use crate::model::Prediction;
    use crate::table::Column;
    let (a, b, noise) = inputs(1200);
    let all = a.iter().zip(&b).zip(&noise);
    let kind = all.map(|((a, b), e)| match 2.0 * a * b + a - 1.2 + 0.3 * e > 0.0 {
        true => Some("yes"),
        false => Some("no"),
    });
    let kind: Vec<Option<&str>> = kind.collect();
    let columns = vec![
        Column::of_numbers("a", a),
        Column::of_numbers("b", b),
        Column::of_texts("kind", kind),
    ];
    let table = Table::new("rare", columns).unwrap();
    let balanced = crate::model::ClassWeights::Balanced;
    let model = fitted_by(&table, "kind", |options| {
        options.class_weights = balanced.clone()
    })
    .model;
    let expanded = model.expanded().unwrap();
    assert!(expanded.predicts);
    let inputs = model.preparation().inputs(&table).unwrap();
    let Prediction::Classes { probabilities, .. } = model.predict(&table).unwrap() else {
        panic!("no classes")
    };
    for row in 0..100 {
        let p = probabilities.row(row)[1];
        let logit = (p / (1.0 - p)).ln();
        let own = expanded.values(inputs.row(row))[0];
        assert!(
            (own - logit).abs() < 1e-6 * (1.0 + logit.abs()),
            "{own} {logit}"
        );
    }
    // Samples are searched with the weights of the classes, as the table was.
    let search = explained(&model, &table, 5).neuron.search.unwrap();
    let strongest = search
        .terms
        .iter()
        .max_by(|a, b| a.dropped.total_cmp(&b.dropped))
        .unwrap();
    assert!(strongest.bootstrap.unwrap() >= 0.8, "{search:?}");
}

/// What is fitted again sees statistics of the target as the fit did, without a row's own.
#[test]
fn statistics_of_the_target_do_not_leak_into_what_is_fitted_again() {
    use crate::prepare::TargetStatistics;
    use crate::table::Column;
    let (a, _, noise) = inputs(900);
    let town: Vec<String> = (0..900)
        .map(|i| format!("town {}", (i * 7919) % 211))
        .collect();
    let y = a.iter().zip(&noise).map(|(a, e)| a + e).collect();
    let columns = vec![
        Column::of_numbers("a", a.clone()),
        Column::of_texts("town", town.iter().map(Some)),
        Column::of_numbers("y", y),
    ];
    let table = Table::new("towns", columns).unwrap();
    let model = fitted_by(&table, "y", |options| {
        options.prepare.statistics = TargetStatistics::All;
        options.holdout = Holdout::Fraction(0.3);
    });
    let found = explained(&model.model, &table, 0);
    let at_fit = &found.quality.at_fit[0].metrics[0];
    let measured = &found.quality.measured.as_ref().unwrap().metrics[0];
    assert_eq!((at_fit.name, measured.name), ("rmse", "rmse"));
    let (own, fit) = (measured.linear.unwrap(), at_fit.linear.unwrap());
    assert!((own / fit - 1.0).abs() < 0.005, "{own} {fit}");
}

/// A formula that does not vary on the rows has no shares.
#[test]
fn rounding_has_no_share() {
    let polynomial = Polynomial {
        inputs: 1,
        intercept: vec![1.0],
        pure: vec![PureTerm {
            order: 2,
            weights: Matrix::from_vec(1, 1, vec![3.0]),
        }],
        functions: vec![],
        pieces: vec![],
    };
    let constant = Matrix::from_vec(9, 1, vec![0.1; 9]);
    let shares = terms::shares(&polynomial, &polynomial.neuron(), &constant);
    assert_eq!(shares, [None]);
}
