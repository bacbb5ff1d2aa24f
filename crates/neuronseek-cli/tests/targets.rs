//! What is promised of the kinds of targets: counts, amounts, classes of unequal frequency.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use program::{Folder, Run};

const FIT: &str = "fit a.csv --target y -o m --epochs 5 --hidden 8 --neuron x";

/// Counts that grow with a, from 0.
fn counts(rows: usize, edit: impl Fn(usize, f64) -> f64) -> String {
    let mut text = String::from("a,b,y\n");
    for row in 1..=rows {
        let (a, b) = (
            (row * 37 % 101) as f64 / 50.0 - 1.0,
            (row * 53 % 97) as f64 / 48.0 - 1.0,
        );
        let y = ((1.2 * a).exp() * (1 + row * 7 % 3) as f64).floor();
        text.push_str(&format!("{a},{b},{}\n", edit(row, y)));
    }
    text
}

fn numbers(csv: &str, column: &str) -> Vec<f64> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let index = names.iter().position(|name| *name == column).unwrap();
    let cell = |line: &str| line.split(',').nth(index).unwrap().parse().unwrap();
    lines.map(cell).collect()
}

fn expect(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, Some(code), "{run:?}");
    for word in words {
        assert!(run.errors.contains(word), "no {word:?} in {}", run.errors);
    }
}

#[test]
fn counts_are_predicted_and_judged_by_their_deviance() {
    let folder = Folder::new();
    let table = counts(300, |_, y| y);
    folder.write("a.csv", &table);
    let fit = folder.json(&format!("{FIT} --loss poisson --json"));
    assert_eq!(fit["loss"], "poisson");
    assert_eq!(fit["task"], "regression");
    let predicted = numbers(&folder.must("predict m a.csv"), "prediction");
    let truth = numbers(&table, "y");
    let terms = truth.iter().zip(&predicted).map(|(&y, &mu)| {
        assert!(mu > 0.0);
        let log = if y > 0.0 { y * (y / mu).ln() } else { 0.0 };
        2.0 * (log - y + mu)
    });
    let by_hand = terms.sum::<f64>() / 300.0;
    let evaluated = folder.json("evaluate m a.csv --json");
    let deviance = evaluated["metrics"]["table"]["deviance"].as_f64().unwrap();
    assert!((deviance - by_hand).abs() < 1e-9, "{deviance} {by_hand}");
    let constant = &fit["baselines"]["mean"]["validation"]["deviance"];
    let own = &fit["metrics"]["validation"]["deviance"];
    assert!(own.as_f64().unwrap() < constant.as_f64().unwrap());
    let text = folder.must("inspect m");
    assert!(
        text.contains("Poisson loss, log of the mean of y"),
        "{text}"
    );
    assert!(text.contains("deviance"), "{text}");
}

#[test]
fn a_target_that_the_loss_does_not_admit_is_named_with_its_row() {
    let folder = Folder::new();
    folder.write(
        "a.csv",
        counts(200, |row, y| if row == 70 { -3.0 } else { y }),
    );
    for loss in ["poisson", "tweedie"] {
        let run = folder.run(&format!("{FIT} --loss {loss}"));
        expect(&run, 1, &["a.csv", "row 70", "y", "-3", "at least 0"]);
    }
    folder.write(
        "a.csv",
        counts(200, |row, y| if row == 90 { 0.0 } else { y + 1.0 }),
    );
    let run = folder.run(&format!("{FIT} --loss gamma"));
    expect(&run, 1, &["a.csv", "row 90", "is 0", "above 0"]);
    assert_eq!(folder.names(), ["a.csv"]);
    // Of a model of counts, a table of other numbers cannot be judged.
    folder.write("a.csv", counts(200, |_, y| y));
    folder.must(&format!("{FIT} --loss poisson"));
    folder.write(
        "b.csv",
        counts(200, |row, y| if row == 5 { -1.0 } else { y }),
    );
    expect(
        &folder.run("evaluate m b.csv"),
        1,
        &["b.csv", "row 5", "-1"],
    );
}

#[test]
fn losses_that_cannot_be_are_refused_before_the_work() {
    let folder = Folder::new();
    folder.write("a.csv", counts(200, |_, y| y));
    let refused = |flags: &str, words: &[&str]| {
        expect(&folder.run(&format!("{FIT} {flags}")), 1, words);
        assert_eq!(folder.names(), ["a.csv"]);
    };
    refused("--loss tweedie:2.5", &["2.5", "above 1 and below 2"]);
    refused("--loss quantile:1.5", &["1.5", "above 0 and below 1"]);
    refused(
        "--loss poisson --target-transform sqrt",
        &["Poisson", "target transform"],
    );
    refused(
        "--loss gamma --task classification",
        &["Gamma", "classification"],
    );
    let run = folder.run(&format!("{FIT} --loss poisson:2"));
    expect(&run, 2, &["tweedie:POWER"]);
}

/// A rare class that large a make likelier.
fn rare(rows: usize) -> String {
    let mut text = String::from("a,b,kind\n");
    for row in 1..=rows {
        let (a, b) = (
            (row * 37 % 101) as f64 / 50.0 - 1.0,
            (row * 53 % 97) as f64 / 48.0 - 1.0,
        );
        let noise = (row * 7919 % 1009) as f64 / 500.0;
        let kind = if a + noise > 2.3 { "yes" } else { "no" };
        text.push_str(&format!("{a},{b},{kind}\n"));
    }
    text
}

fn labels(csv: &str) -> Vec<String> {
    let label = |line: &str| line.split(',').next().unwrap().to_string();
    csv.lines().skip(1).map(label).collect()
}

const CLASSES: &str =
    "fit a.csv --target kind -o m --force --epochs 10 --hidden 8 --neuron x --json";

#[test]
fn thresholds_decide_what_is_predicted_and_evaluated() {
    let folder = Folder::new();
    folder.write("a.csv", rare(600));
    let mut accuracy = Vec::new();
    for flags in [
        "",
        "--threshold 0.1",
        "--threshold f1",
        "--threshold cost:FN=20,FP=1",
    ] {
        let fit = folder.json(&format!("{CLASSES} {flags}"));
        let csv = folder.must("predict m a.csv --proba");
        let p = numbers(&csv, "p_yes");
        let threshold = match flags {
            "" => {
                assert!(fit["decision"].is_null());
                0.5
            }
            _ => {
                assert_eq!(fit["decision"]["class"], "yes");
                fit["decision"]["threshold"].as_f64().unwrap()
            }
        };
        for (label, p) in labels(&csv).iter().zip(&p) {
            assert_eq!(label == "yes", *p > threshold, "{flags}: {p} {threshold}");
        }
        let evaluated = folder.json("evaluate m a.csv --json");
        let right = labels(&csv)
            .iter()
            .zip(rare(600).lines().skip(1))
            .filter(|(label, line)| line.ends_with(&format!(",{label}")))
            .count() as f64
            / 600.0;
        let found = evaluated["metrics"]["table"]["accuracy"].as_f64().unwrap();
        assert!((found - right).abs() < 1e-12, "{flags}: {found} {right}");
        accuracy.push(found);
    }
    assert!(accuracy[1] < accuracy[0], "{accuracy:?}");
    let text = folder.must("inspect m");
    assert!(
        text.contains("yes above") && text.contains("least cost"),
        "{text}"
    );
}

#[test]
fn class_weights_are_said_and_leave_the_mean_probability() {
    let folder = Folder::new();
    folder.write("a.csv", rare(600));
    let share = rare(600)
        .lines()
        .filter(|line| line.ends_with("yes"))
        .count() as f64
        / 600.0;
    for flags in ["--class-weight balanced", "--class-weight yes=8"] {
        let fit = folder.json(&format!("{CLASSES} {flags}"));
        let weights = &fit["class_weights"];
        assert!(weights["yes"].as_f64().unwrap() > 2.0 * weights["no"].as_f64().unwrap());
        let p = numbers(&folder.must("predict m a.csv --proba"), "p_yes");
        let mean = p.iter().sum::<f64>() / 600.0;
        assert!((mean - share).abs() < 0.05, "{flags}: {mean} {share}");
        assert!(
            folder
                .must("inspect m")
                .contains("taken out of the probabilities")
        );
    }
}

#[test]
fn wrong_weights_and_thresholds_are_refused() {
    let folder = Folder::new();
    folder.write("a.csv", rare(300));
    for (code, flags, words) in [
        (2, "--threshold 1.5", &["above 0 and below 1"][..]),
        (2, "--threshold cost:FN=0,FP=1", &["above 0"]),
        (2, "--class-weight yes=-1", &["above 0"]),
        (2, "--class-weight even", &["balanced"]),
        (2, "--positive yes", &["--threshold"]),
        (1, "--class-weight maybe=2", &["\"maybe\"", "no, yes"]),
    ] {
        expect(&folder.run(&format!("{CLASSES} {flags}")), code, words);
    }
    folder.classes("a.csv", 300);
    let run = folder.run(&format!("{CLASSES} --threshold f1"));
    expect(&run, 1, &["two classes", "has 3"]);
    folder.write("a.csv", counts(200, |_, y| y + 0.5));
    let run = folder.run(&format!("{FIT} --task regression --class-weight balanced"));
    expect(&run, 1, &["numbers", "--task classification"]);
    assert_eq!(folder.names(), ["a.csv"]);
}

/// y grows with a, and its noise with b.
fn noisy(rows: usize) -> String {
    let mut text = String::from("a,b,y,z\n");
    for row in 1..=rows {
        let (a, b) = (
            (row * 37 % 101) as f64 / 50.0 - 1.0,
            (row * 53 % 97) as f64 / 48.0 - 1.0,
        );
        let noise = (row * 7919 % 1009) as f64 / 504.5 - 1.0;
        let y = 10.0 + 3.0 * a + (1.5 * b).exp() * noise;
        text.push_str(&format!("{a},{b},{y},{}\n", y * a));
    }
    text
}

const NOISY: &str = "fit a.csv --target y -o m --force --epochs 10 --hidden 8 --neuron x --json";

#[test]
fn intervals_are_stored_written_and_judged() {
    let folder = Folder::new();
    folder.write("a.csv", noisy(3000));
    let fit = folder.json(&format!("{NOISY} --intervals 0.9,0.5 --split 0 --ignore z"));
    assert_eq!(fit["intervals"]["levels"], serde_json::json!([0.9, 0.5]));
    for (index, level) in [0.9, 0.5].into_iter().enumerate() {
        let test = &fit["intervals"]["test"][index];
        let coverage = test["coverage"].as_f64().unwrap();
        assert!((coverage - level).abs() < 0.06, "{test}");
    }
    let csv = folder.must("predict m a.csv");
    assert!(
        csv.starts_with("prediction,lower_90,upper_90,lower_50,upper_50\n"),
        "{csv}"
    );
    let truth = numbers(&noisy(3000), "y");
    let evaluated = folder.json("evaluate m a.csv --json");
    for (index, level) in ["90", "50"].into_iter().enumerate() {
        let lower = numbers(&csv, &format!("lower_{level}"));
        let upper = numbers(&csv, &format!("upper_{level}"));
        let rows = lower.iter().zip(&upper).zip(&truth);
        let inside = rows
            .filter(|((low, high), y)| low <= y && y <= high)
            .count();
        let width = upper.iter().sum::<f64>() - lower.iter().sum::<f64>();
        let found = &evaluated["intervals"][index];
        assert_eq!(found["coverage"].as_f64().unwrap(), inside as f64 / 3000.0);
        assert!((found["width"].as_f64().unwrap() - width / 3000.0).abs() < 1e-9);
    }
    for (low, high) in numbers(&csv, "lower_90")
        .iter()
        .zip(numbers(&csv, "lower_50"))
    {
        assert!(*low <= high);
    }
    let some = folder.must("predict m a.csv --intervals 0.5");
    assert!(some.starts_with("prediction,lower_50,upper_50\n"));
    assert!(folder.must("inspect m").contains("intervals of 90, 50 %"));
    assert!(
        folder
            .must("evaluate m a.csv")
            .contains("in intervals of 90 %")
    );
    let run = folder.run("predict m a.csv --intervals 0.8");
    expect(&run, 1, &["intervals of level 0.9, 0.5", "--intervals 0.8"]);
}

#[test]
fn several_targets_have_intervals_each() {
    let folder = Folder::new();
    folder.write("a.csv", noisy(600));
    folder.must("fit a.csv --target y,z -o m --epochs 3 --hidden 8 --neuron x --intervals 0.8");
    let csv = folder.must("predict m a.csv");
    let header = "prediction_y,lower_80_y,upper_80_y,prediction_z,lower_80_z,upper_80_z\n";
    assert!(csv.starts_with(header), "{csv}");
}

#[test]
fn intervals_that_cannot_be_are_refused() {
    let folder = Folder::new();
    folder.write("a.csv", noisy(300));
    for (flags, words) in [
        ("--intervals 1.5", &["1.5", "above 0 and below 1"][..]),
        ("--intervals -0.5", &["-0.5"]),
        ("--intervals 0.9,0.9", &["twice"]),
        (
            "--intervals 0.999",
            &["0.999", "at least 1999", "held-out rows"],
        ),
    ] {
        expect(&folder.run(&format!("{NOISY} {flags}")), 1, words);
        assert_eq!(folder.names(), ["a.csv"], "{flags}");
    }
    folder.must(NOISY);
    assert!(folder.must("predict m a.csv").starts_with("prediction\n"));
    let run = folder.run("predict m a.csv --intervals 0.9");
    expect(&run, 1, &["m has no intervals", "--intervals 0.9"]);
    folder.write("a.csv", rare(300));
    let run = folder.run(&format!("{CLASSES} --intervals 0.9"));
    expect(&run, 1, &["\"kind\"", "classes"]);
}
