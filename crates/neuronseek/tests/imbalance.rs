//! Class weights, and the threshold of a decision.

// A panic here is a failed test.
#![allow(clippy::unwrap_used)]

use neuronseek::model::{
    ClassWeights, FitOptions, Fitted, Holdout, Model, NeuronChoice, Prediction, ThresholdChoice,
    fit,
};
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::table::{Column, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 6000;

/// The probability of "rare", about 0.06 on average.
fn probability(a: f64) -> f64 {
    1.0 / (1.0 + (3.4 - 1.5 * a).exp())
}

fn table() -> Table {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let (mut a, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..ROWS {
        let value = random.random_range(-2.0..2.0);
        let rare = random.random_range(0.0..1.0) < probability(value);
        a.push(value);
        labels.push(Some(if rare { "rare" } else { "often" }));
    }
    let columns = vec![Column::of_numbers("a", a), Column::of_texts("kind", labels)];
    Table::new("classes", columns).unwrap()
}

fn options(weights: ClassWeights, threshold: Option<ThresholdChoice>) -> FitOptions {
    let mut options = FitOptions {
        class_weights: weights,
        threshold,
        neuron: NeuronChoice::Given(Neuron::linear()),
        holdout: Holdout::Split(0),
        ..FitOptions::default()
    };
    options.prepare.targets = vec!["kind".to_string()];
    options.network.hidden = Some(vec![8]);
    options.train.epochs = Some(20);
    options
}

fn fitted(table: &Table, options: &FitOptions) -> Fitted {
    fit(table, None, options, &Control::silent()).unwrap()
}

/// Labels and probabilities of "rare".
fn predicted(model: &Model, table: &Table) -> (Vec<bool>, Vec<f64>) {
    let Prediction::Classes {
        classes,
        labels,
        probabilities,
    } = model.predict(table).unwrap()
    else {
        panic!("numbers");
    };
    assert_eq!(classes, ["often", "rare"]);
    let labels = labels.iter().map(|&label| label == 1).collect();
    (labels, probabilities.column(1))
}

#[test]
fn class_weights_change_decisions_but_not_what_probabilities_mean() {
    let table = table();
    let a = table.column("a").unwrap().numbers().unwrap();
    let mut taken = Vec::new();
    let by_hand = ClassWeights::Given(vec![("rare".to_string(), 10.0)]);
    for weights in [ClassWeights::None, ClassWeights::Balanced, by_hand] {
        let fitted = fitted(&table, &options(weights.clone(), None));
        let (labels, p) = predicted(&fitted.model, &table);
        let off = (0..ROWS)
            .map(|row| (p[row] - probability(a[row])).abs())
            .sum::<f64>();
        // Weights left in would put the probabilities of most rows above 0.3.
        assert!(
            off / (ROWS as f64) < 0.015,
            "{weights:?}: {}",
            off / ROWS as f64
        );
        taken.push(labels.iter().filter(|&&rare| rare).count());
        let report = &fitted.report;
        assert!(report.metrics["test"].loss() < report.mean["test"].loss());
        assert_eq!(
            report.class_weights.is_empty(),
            weights == ClassWeights::None
        );
        if let Some(decision) = &report.decision {
            assert_eq!(decision.class, "rare");
            let above = p.iter().map(|p| *p > decision.threshold);
            assert!(above.eq(labels.iter().copied()), "{decision:?}");
        }
    }
    assert!(taken[0] < ROWS / 20, "{taken:?}");
    assert!(taken[1] > ROWS / 4, "{taken:?}");
}

#[test]
fn balanced_weights_are_those_of_the_frequencies() {
    let table = table();
    let mut options = options(ClassWeights::Balanced, None);
    options.holdout = Holdout::None;
    let report = fitted(&table, &options).report;
    let kinds = table.column("kind").unwrap().texts();
    let rare = kinds
        .iter()
        .filter(|kind| kind.as_deref() == Some("rare"))
        .count() as f64;
    let rows = ROWS as f64;
    for ((class, weight), count) in report.class_weights.iter().zip([rows - rare, rare]) {
        assert!(
            (weight - rows / (2.0 * count)).abs() < 1e-9,
            "{class} {weight}"
        );
    }
}

#[test]
fn thresholds_are_stored_and_applied() {
    let table = table();
    let cost = ThresholdChoice::Cost {
        false_negative: 10.0,
        false_positive: 1.0,
    };
    for choice in [ThresholdChoice::Given(0.2), ThresholdChoice::F1, cost] {
        let fitted = fitted(&table, &options(ClassWeights::None, Some(choice)));
        let decision = fitted.report.decision.as_ref().unwrap();
        let read = Model::from_bytes(&fitted.model.to_bytes().unwrap(), "memory").unwrap();
        let (labels, p) = predicted(&read, &table);
        let above = p.iter().map(|p| *p > decision.threshold);
        assert!(above.eq(labels.iter().copied()), "{decision:?}");
        if choice == ThresholdChoice::Given(0.2) {
            assert_eq!(decision.threshold, 0.2);
        }
        // Of exact probabilities 1 / 11 is best.
        if choice == cost {
            assert!((0.04..0.2).contains(&decision.threshold), "{decision:?}");
        }
        // Of the other class the same rows are on the other side.
        let mut options = options(ClassWeights::None, Some(ThresholdChoice::Given(0.75)));
        options.positive = Some("often".to_string());
        let (labels, p) = predicted(&self::fitted(&table, &options).model, &table);
        let expected = p.iter().map(|p| 1.0 - p <= 0.75);
        assert!(expected.eq(labels), "positive class");
    }
}

#[test]
fn what_the_target_cannot_have_is_refused() {
    let table = table();
    let refused = |options: FitOptions, words: &[&str]| {
        let error = fit(&table, None, &options, &Control::silent())
            .unwrap_err()
            .to_string();
        for word in words {
            assert!(error.contains(word), "no {word:?} in {error}");
        }
    };
    let given = ClassWeights::Given(vec![("Rare".to_string(), 10.0)]);
    refused(options(given, None), &["\"Rare\"", "often, rare"]);
    let mut numbers = options(ClassWeights::Balanced, None);
    numbers.prepare.targets = vec!["a".to_string()];
    refused(
        numbers,
        &["class weights", "\"a\"", "--task classification"],
    );
    let mut positive = options(ClassWeights::None, Some(ThresholdChoice::F1));
    positive.positive = Some("none".to_string());
    refused(positive, &["no class \"none\""]);
}
