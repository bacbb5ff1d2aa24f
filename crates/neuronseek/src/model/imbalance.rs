//! Classes of unequal frequency: weights in training, and the threshold of a decision.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::candidate::{Candidate, loss_text};
use super::data::Data;
use super::fit::FitError;
use super::options::FitOptions;
use crate::prepare::{Decision, Preparation, Target, probabilities};

/// How much the rows of each class count in training.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum ClassWeights {
    /// Alike.
    #[default]
    None,
    /// So that all classes count alike: rows / (classes * rows of the class).
    Balanced,
    /// By class, as the user wrote them, each above 0; other classes have 1.
    Given(Vec<(String, f64)>),
}

impl FromStr for ClassWeights {
    type Err = String;

    /// `none`, `balanced` or `A=2,B=1`.
    fn from_str(text: &str) -> Result<ClassWeights, String> {
        match text {
            "none" => return Ok(ClassWeights::None),
            "balanced" => return Ok(ClassWeights::Balanced),
            _ => {}
        }
        let mut given: Vec<(String, f64)> = Vec::new();
        for part in text.split(',') {
            let (class, weight) = part
                .rsplit_once('=')
                .ok_or("write none, balanced, or weights by class such as yes=5,no=1")?;
            let class = class.trim().to_string();
            if given.iter().any(|(other, _)| *other == class) {
                return Err(format!("class \"{class}\" has two weights"));
            }
            given.push((class, positive(weight, "a weight")?));
        }
        Ok(ClassWeights::Given(given))
    }
}

/// Which of two classes is predicted: the positive one where its probability is above a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum ThresholdChoice {
    /// This threshold, above 0 and below 1.
    Given(f64),
    /// The highest F1 of the positive class on held-out rows.
    F1,
    /// The highest accuracy on held-out rows.
    Accuracy,
    /// The least cost on held-out rows.
    Cost {
        /// What a positive row predicted negative costs, above 0.
        false_negative: f64,
        /// What a negative row predicted positive costs, above 0.
        false_positive: f64,
    },
}

impl FromStr for ThresholdChoice {
    type Err = String;

    /// A number, `f1`, `accuracy` or `cost:FN=5,FP=1`.
    fn from_str(text: &str) -> Result<ThresholdChoice, String> {
        let form = "write a number above 0 and below 1, f1, accuracy or cost:FN=5,FP=1";
        match text {
            "f1" => return Ok(ThresholdChoice::F1),
            "accuracy" => return Ok(ThresholdChoice::Accuracy),
            _ => {}
        }
        if let Some(costs) = text.strip_prefix("cost:") {
            let (mut false_negative, mut false_positive) = (None, None);
            for part in costs.split(',') {
                let (name, cost) = part.split_once('=').ok_or(form)?;
                let cost = Some(positive(cost, "a cost")?);
                match name.trim() {
                    "FN" if false_negative.is_none() => false_negative = cost,
                    "FP" if false_positive.is_none() => false_positive = cost,
                    _ => return Err(form.to_string()),
                }
            }
            return match (false_negative, false_positive) {
                (Some(false_negative), Some(false_positive)) => Ok(ThresholdChoice::Cost {
                    false_negative,
                    false_positive,
                }),
                _ => Err(form.to_string()),
            };
        }
        match text.parse::<f64>() {
            Ok(threshold) if threshold > 0.0 && threshold < 1.0 => {
                Ok(ThresholdChoice::Given(threshold))
            }
            _ => Err(form.to_string()),
        }
    }
}

fn positive(text: &str, what: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err(format!("{what} is \"{text}\", allowed is a number above 0")),
    }
}

/// How one of two classes is decided on, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionReport {
    /// The class that is predicted above the threshold.
    pub class: String,
    /// Of its probability.
    pub threshold: f64,
    /// Why, in words.
    pub reason: String,
}

/// The weight of each class, of mean 1 over the rows; empty where all are alike.
pub(super) fn weights(
    preparation: &Preparation,
    target: &Target,
    rows: Option<&[f64]>,
    options: &FitOptions,
) -> Result<Vec<f64>, FitError> {
    check(preparation, options)?;
    let (Target::Classes { labels, count }, false) =
        (target, options.class_weights == ClassWeights::None)
    else {
        return Ok(Vec::new());
    };
    let mut totals = vec![0.0; *count];
    for (row, &label) in labels.iter().enumerate() {
        totals[label] += rows.map_or(1.0, |rows| rows[row]);
    }
    let all: f64 = totals.iter().sum();
    let weights: Vec<f64> = match &options.class_weights {
        ClassWeights::Given(given) => (preparation.classes().iter())
            .map(|class| given.iter().find(|(name, _)| name == class))
            .map(|found| found.map_or(1.0, |(_, weight)| *weight))
            .collect(),
        // A class without rows has nothing to weigh.
        _ => (totals.iter())
            .map(|&total| if total > 0.0 { all / total } else { 1.0 })
            .collect(),
    };
    let mean = weights.iter().zip(&totals).map(|(w, t)| w * t).sum::<f64>() / all;
    Ok(weights.iter().map(|weight| weight / mean).collect())
}

/// Refuses what the target cannot have.
fn check(preparation: &Preparation, options: &FitOptions) -> Result<(), FitError> {
    let classes = preparation.classes();
    let target = preparation.targets().join(", ");
    let mut problems = Vec::new();
    let weighted = options.class_weights != ClassWeights::None;
    if classes.is_empty() && (weighted || options.threshold.is_some()) {
        let what = if weighted {
            "class weights"
        } else {
            "a threshold"
        };
        problems.push(format!(
            "{what} for target \"{target}\" of numbers: only classes have it, which \
             --task classification makes of them"
        ));
    } else {
        let mut named: Vec<&String> = options.positive.iter().collect();
        if let ClassWeights::Given(given) = &options.class_weights {
            named.extend(given.iter().map(|(class, _)| class));
        }
        for class in named.into_iter().filter(|class| !classes.contains(class)) {
            let known: Vec<&str> = classes.iter().take(10).map(String::as_str).collect();
            problems.push(format!(
                "target \"{target}\" has no class \"{class}\": its classes are {}{}",
                known.join(", "),
                if classes.len() > 10 { ", ..." } else { "" }
            ));
        }
        if options.threshold.is_some() && classes.len() != 2 {
            problems.push(format!(
                "a threshold decides between two classes, and target \"{target}\" has {}",
                classes.len()
            ));
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(FitError::Settings(problems)),
    }
}

/// Settles how the candidate decides on one of two classes, on held-out rows.
pub(super) fn decide(
    data: &Data,
    options: &FitOptions,
    candidate: &mut Candidate,
) -> Option<DecisionReport> {
    let classes = data.preparation.classes();
    let named = options.positive.as_ref();
    let named = named.and_then(|name| classes.iter().position(|class| class == name));
    let class = named.unwrap_or(1);
    if classes.len() != 2 {
        return None;
    }
    let report = |threshold, reason| {
        Some(DecisionReport {
            class: classes[class].clone(),
            threshold,
            reason,
        })
    };
    let Some(choice) = options.threshold else {
        let &[a, b] = data.class_weights.as_slice() else {
            return None;
        };
        let other = if class == 1 { a } else { b };
        return report(
            other / (a + b),
            "a mistake costs its class's weight".to_string(),
        );
    };
    // Of networks that did not see the rows.
    let (validation, outputs) = candidate.unseen(data);
    let logits = candidate.scale.restore(&outputs);
    let Target::Classes { labels, .. } = &validation.target else {
        return None;
    };
    let probabilities = probabilities(&logits, 2).column(class);
    let rows = probabilities
        .iter()
        .enumerate()
        .map(|(row, &probability)| Judged {
            probability,
            positive: labels[row] == class,
            weight: validation
                .weights
                .as_ref()
                .map_or(1.0, |weights| weights[row]),
        });
    let (threshold, reason) = choice.settle(rows.collect());
    let decision = Decision::Above { class, threshold };
    candidate.scale = candidate.scale.deciding(decision);
    report(threshold, reason)
}

/// A validation row.
struct Judged {
    probability: f64,
    positive: bool,
    weight: f64,
}

/// Rows by what they are and are taken for.
#[derive(Clone, Copy, Default)]
struct Counts {
    true_positive: f64,
    false_positive: f64,
    false_negative: f64,
    true_negative: f64,
}

impl ThresholdChoice {
    /// The threshold and why; of equally good ones the nearest to the one that is best where
    /// probabilities are exact.
    fn settle(self, mut rows: Vec<Judged>) -> (f64, String) {
        let plain = match self {
            ThresholdChoice::Given(threshold) => {
                return (threshold, "it was asked for".to_string());
            }
            ThresholdChoice::Cost {
                false_negative,
                false_positive,
            } => false_positive / (false_positive + false_negative),
            ThresholdChoice::F1 | ThresholdChoice::Accuracy => 0.5,
        };
        rows.sort_by(|a, b| a.probability.total_cmp(&b.probability));
        let score_at = |threshold: f64| {
            let mut counts = Counts::default();
            rows.iter()
                .for_each(|row| counts.add(row, row.probability > threshold));
            self.score(counts)
        };
        let mut best = (score_at(plain), plain);
        let mut counts = Counts::default();
        rows.iter().for_each(|row| counts.add(row, true));
        // Between which neighbours the threshold lies: below all rows first.
        let mut below = 0.0;
        for (position, row) in rows.iter().enumerate() {
            if row.probability > below {
                let threshold = 0.5 * (below + row.probability);
                let score = self.score(counts);
                let nearer = (threshold - plain).abs() < (best.1 - plain).abs();
                let inside = threshold > 0.0 && threshold < 1.0;
                if inside && (score > best.0 || (score == best.0 && nearer)) {
                    best = (score, threshold);
                }
            }
            below = row.probability;
            counts.reject(&rows[position]);
        }
        let threshold = 0.5 * (below + 1.0);
        if self.score(counts) > best.0 && threshold < 1.0 {
            best = (self.score(counts), threshold);
        }
        let [best_text, plain_text] = [best.0, score_at(plain)].map(|score| loss_text(score.abs()));
        let what = match self {
            ThresholdChoice::F1 => "highest F1",
            ThresholdChoice::Accuracy => "highest accuracy",
            _ => "least cost a row",
        };
        let at = loss_text(plain);
        let reason = format!("{what} on held-out rows: {best_text}, against {plain_text} at {at}");
        (best.1, reason)
    }

    /// Higher is better.
    fn score(self, counts: Counts) -> f64 {
        let Counts {
            true_positive,
            false_positive,
            false_negative,
            true_negative,
        } = counts;
        let wrong = false_positive + false_negative;
        let all = true_positive + true_negative + wrong;
        match self {
            ThresholdChoice::F1 => {
                2.0 * true_positive / (2.0 * true_positive + wrong).max(f64::MIN_POSITIVE)
            }
            ThresholdChoice::Cost {
                false_negative: missed,
                false_positive: alarm,
            } => -(missed * false_negative + alarm * false_positive) / all,
            ThresholdChoice::Accuracy | ThresholdChoice::Given(_) => 1.0 - wrong / all,
        }
    }
}

impl Counts {
    fn add(&mut self, row: &Judged, taken: bool) {
        *match (row.positive, taken) {
            (true, true) => &mut self.true_positive,
            (false, true) => &mut self.false_positive,
            (true, false) => &mut self.false_negative,
            (false, false) => &mut self.true_negative,
        } += row.weight;
    }

    /// Takes a row that was taken for positive for negative.
    fn reject(&mut self, row: &Judged) {
        let (from, to) = match row.positive {
            true => (&mut self.true_positive, &mut self.false_negative),
            false => (&mut self.false_positive, &mut self.true_negative),
        };
        *from -= row.weight;
        *to += row.weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(f64, bool)]) -> Vec<Judged> {
        let row = |&(probability, positive): &(f64, bool)| Judged {
            probability,
            positive,
            weight: 1.0,
        };
        rows.iter().map(row).collect()
    }

    const ROWS: [(f64, bool); 6] = [
        (0.1, false),
        (0.2, false),
        (0.3, true),
        (0.4, false),
        (0.45, true),
        (0.9, true),
    ];

    #[test]
    fn thresholds_by_hand() {
        let settled = |text: &str| {
            text.parse::<ThresholdChoice>()
                .unwrap()
                .settle(rows(&ROWS))
                .0
        };
        assert_eq!(settled("0.7"), 0.7);
        // Above 0.25: 3 right, 1 false alarm: 6 / 7. Above 0.425: 2 right, 1 missed: 4 / 5.
        assert_eq!(settled("f1"), 0.25);
        // One wrong above 0.25 as above 0.425, which is nearer to a half.
        assert_eq!(settled("accuracy"), 0.5 * (0.4 + 0.45));
        assert_eq!(settled("cost:FN=5,FP=1"), 0.25);
        assert_eq!(settled("cost:FN=1,FP=1"), 0.5 * (0.4 + 0.45));
    }

    #[test]
    fn a_plain_threshold_stays_where_none_is_better() {
        let good = rows(&[(0.2, false), (0.8, true)]);
        assert_eq!(ThresholdChoice::F1.settle(good).0, 0.5);
    }

    #[test]
    fn choices_are_read_and_bad_ones_refused() {
        assert_eq!("0.3".parse(), Ok(ThresholdChoice::Given(0.3)));
        for bad in [
            "0",
            "1",
            "1.5",
            "-1",
            "nan",
            "F1",
            "cost:FN=5",
            "cost:FN=0,FP=1",
            "cost:FN=1,FN=2",
        ] {
            assert!(bad.parse::<ThresholdChoice>().is_err(), "{bad}");
        }
        let given = ClassWeights::Given(vec![("a=b".to_string(), 2.0), ("c".to_string(), 0.5)]);
        assert_eq!("a=b=2,c=0.5".parse(), Ok(given));
        for bad in ["", "even", "a=0", "a=-1", "a=inf", "a=x", "a=1,a=2"] {
            assert!(bad.parse::<ClassWeights>().is_err(), "{bad}");
        }
    }
}
