use super::*;

/// The reason and the classes of a target.
fn judged(target: Column) -> (String, Vec<String>) {
    let rows = target.rows();
    let table = table(vec![numbers("a", (0..rows).map(|row| row as f64)), target]);
    let preparation = fit(&table, &options()).unwrap();
    let reason = preparation.task_reason().unwrap().to_string();
    (reason, preparation.classes().to_vec())
}

fn count_to(last: usize, rows: usize) -> Column {
    numbers("y", (0..rows).map(|row| (row % (last + 1)) as f64))
}

#[test]
fn the_task_follows_from_the_target() {
    let (reason, classes) = judged(texts("y", (0..30).map(|row| ["b", "c", "a"][row % 3])));
    assert_eq!(reason, "the target holds texts: classes");
    assert_eq!(classes, ["a", "b", "c"]);

    let (reason, classes) = judged(texts("y", (0..30).map(|row| ["True", "False"][row % 2])));
    assert_eq!(reason, "the target is true or false: classes");
    assert_eq!(classes, ["False", "True"]);

    let (reason, classes) = judged(numbers("y", (0..30).map(|row| f64::from(row % 2) - 0.5)));
    assert_eq!(
        reason,
        "the target has two different values, -0.5 and 0.5: classes"
    );
    assert_eq!(classes, ["-0.5", "0.5"]);

    let (reason, classes) = judged(count_to(2, 30));
    assert_eq!(
        reason,
        "the target holds 3 different whole numbers, 0 to 2, each in at least 5 rows: classes"
    );
    assert_eq!(classes, ["0", "1", "2"]);
}

#[test]
fn numbers_that_are_no_codes_are_quantities() {
    let regression = |target: Column, expected: &str| {
        let (reason, classes) = judged(target);
        assert_eq!(reason, format!("{expected}: regression"));
        assert!(classes.is_empty());
    };
    regression(y(30), "the target holds numbers with a fraction");
    regression(
        count_to(20, 210),
        "the target holds 21 different whole numbers, 0 to 20",
    );
    regression(
        numbers("y", (0..70).map(|row| f64::from(row % 7 + 3))),
        "the target holds 7 different whole numbers, 3 to 9, which are not codes from 0 or 1 \
         without a gap",
    );
    regression(
        numbers("y", (0..60).map(|row| f64::from([0, 1, 5][row % 3]))),
        "the target holds 3 different whole numbers, 0 to 5, which are not codes from 0 or 1 \
         without a gap",
    );
    regression(
        numbers(
            "y",
            (0..60).map(|row| {
                if row == 7 {
                    3.0
                } else {
                    f64::from(row % 2 + 1)
                }
            }),
        ),
        "the target holds 3 different whole numbers, 1 to 3, but 3 in 1 row only",
    );
    // 8 of 1000 rows.
    regression(
        numbers(
            "y",
            (0..1000).map(|row| if row < 8 { 2.0 } else { f64::from(row % 2) }),
        ),
        "the target holds 3 different whole numbers, 0 to 2, but 2 in 8 rows only",
    );
}

#[test]
fn the_user_decides() {
    let rows = (0..30).map(f64::from);
    let table_ = table(vec![numbers("a", rows), count_to(2, 30)]);
    let asked = |task| PrepareOptions { task, ..options() };
    let regression = fit(&table_, &asked(Task::Regression)).unwrap();
    assert_eq!(
        (regression.task_name(), regression.task_reason()),
        ("regression", None)
    );
    let classes = fit(&table_, &asked(Task::Classification)).unwrap();
    assert_eq!(
        (classes.task_name(), classes.task_reason()),
        ("classification", None)
    );
    assert_eq!((classes.outputs(), regression.outputs()), (3, 1));

    let truth = texts("y", (0..30).map(|row| ["yes", "no"][row % 2]));
    let table_ = table(vec![numbers("a", (0..30).map(f64::from)), truth]);
    let preparation = fit(&table_, &asked(Task::Regression)).unwrap();
    let Target::Values(values) = preparation.target(&table_, &[0, 1]).unwrap() else {
        panic!("no values");
    };
    // As many of either: yes is a deviation above the mean, no as far below.
    assert!((values.row(0)[0] - 1.0).abs() < 1e-12 && (values.row(1)[0] + 1.0).abs() < 1e-12);
}

#[test]
fn values_are_scaled_on_training_rows_and_come_back() {
    let table_ = table(vec![
        numbers("a", (0..20).map(f64::from)),
        numbers("y", (0..20).map(|row| f64::from(row) * 10.0 + 0.5)),
        numbers("z", (0..20).map(|row| -f64::from(row * row))),
    ]);
    let options = PrepareOptions {
        targets: vec!["z".to_string(), "y".to_string()],
        ..PrepareOptions::default()
    };
    let rows: Vec<usize> = (0..11).collect();
    let preparation = Preparation::fit(&table_, &options, &rows).unwrap();
    assert_eq!(preparation.outputs(), 2);
    assert_eq!(preparation.input_names(), ["a"]);
    let Target::Values(values) = preparation.target(&table_, &rows).unwrap() else {
        panic!("no values");
    };
    for column in 0..2 {
        let values = values.column(column);
        let mean = values.iter().sum::<f64>() / 11.0;
        let square = values.iter().map(|value| value * value).sum::<f64>() / 11.0;
        assert!(mean.abs() < 1e-12 && (square - 1.0).abs() < 1e-12);
    }
    let restored = preparation.restore(&values);
    for row in 0..11 {
        assert!((restored.row(row)[0] + (row * row) as f64).abs() < 1e-9);
        assert!((restored.row(row)[1] - row as f64 * 10.0 - 0.5).abs() < 1e-9);
    }
}

#[test]
fn labels_stay_as_written_and_match_by_value() {
    let cells = (0..40).map(|row| ["1.0", "2", "1", "10"][row % 4]);
    let table_ = table(vec![
        numbers("a", (0..40).map(f64::from)),
        texts("y", cells),
    ]);
    let options = PrepareOptions {
        task: Task::Classification,
        ..options()
    };
    let preparation = fit(&table_, &options).unwrap();
    assert_eq!(preparation.classes(), ["1.0", "2", "10"]);
    let later = table(vec![numbers("y", [10.0, 1.0, 2.0])]);
    assert_eq!(
        preparation.target(&later, &[0, 1, 2]).unwrap(),
        Target::Classes {
            labels: vec![2, 0, 1],
            count: 3
        }
    );
    // Logits have no unit.
    let logits = crate::matrix::Matrix::from_vec(1, 3, vec![1.0, 2.0, 3.0]);
    assert_eq!(preparation.restore(&logits), logits);
}

#[test]
fn rows_without_a_target_are_left_out_and_counted() {
    let mut cells: Vec<f64> = (0..30).map(|row| f64::from(row) + 0.5).collect();
    (cells[0], cells[7]) = (f64::NAN, f64::NAN);
    let table_ = table(vec![
        numbers("a", (0..30).map(f64::from)),
        numbers("y", cells),
    ]);
    let preparation = fit(&table_, &options()).unwrap();
    assert_eq!(
        preparation.warnings(),
        ["2 rows are left out: the target is missing"]
    );
    let known = Preparation::rows_with_target(&table_, &options(), &[0, 1, 7, 8]).unwrap();
    assert_eq!(known, [1, 8]);
    assert_eq!(
        preparation.usable_rows(&table_, &[0, 1, 7, 8]).unwrap(),
        [1, 8]
    );
}

#[test]
fn classes_of_later_tables_that_were_never_seen_are_not_usable() {
    let cells = (0..30).map(|row| ["a", "b"][row % 2]);
    let table_ = table(vec![
        numbers("a", (0..30).map(f64::from)),
        texts("y", cells),
    ]);
    let preparation = fit(&table_, &options()).unwrap();
    let later = table(vec![texts("y", ["b", "c", "", "c", "a", "d"])]);
    assert_eq!(
        preparation.usable_rows(&later, &all(&later)).unwrap(),
        [0, 4]
    );
    let unseen = preparation.unseen_classes(&later).unwrap();
    assert_eq!(unseen, [("c".to_string(), 2), ("d".to_string(), 1)]);
}

#[test]
fn a_class_of_held_out_rows_alone_is_known_and_said() {
    let cells = (0..30).map(|row| if row == 29 { "c" } else { ["a", "b"][row % 2] });
    let table_ = table(vec![
        numbers("a", (0..30).map(f64::from)),
        texts("y", cells),
    ]);
    let rows: Vec<usize> = (0..25).collect();
    let preparation = Preparation::fit(&table_, &options(), &rows).unwrap();
    assert_eq!(preparation.classes(), ["a", "b", "c"]);
    assert_eq!(
        preparation.warnings(),
        ["fewer than 5 training rows hold the class \"c\" (0)"]
    );
}

#[test]
fn weights_have_mean_1_and_are_no_input() {
    let table_ = table(vec![
        numbers("a", (0..20).map(f64::from)),
        numbers("w", (0..20).map(|row| f64::from(row) * 1e308)),
        y(20),
    ]);
    let table_small = table(vec![
        numbers("a", (0..20).map(f64::from)),
        numbers("w", (0..20).map(f64::from)),
        y(20),
    ]);
    let options = PrepareOptions {
        weights: Some("w".to_string()),
        ..options()
    };
    let preparation = fit(&table_small, &options).unwrap();
    assert_eq!(preparation.input_names(), ["a"]);
    let weights = preparation
        .weights(&table_small, &[0, 1, 3])
        .unwrap()
        .unwrap();
    assert_eq!(weights, [0.0, 0.75, 2.25]);
    // Infinite cells are refused by the table; huge ones must not overflow.
    assert!(fit(&table_, &options).is_err());
    assert_eq!(
        fit(&table_small, &super::options())
            .unwrap()
            .weights(&table_, &[0])
            .unwrap(),
        None
    );
}

#[test]
fn probabilities_of_extreme_logits_are_finite_and_sum_to_1() {
    let logits = crate::matrix::Matrix::from_vec(4, 1, vec![0.0, 1e4, -1e4, 3f64.ln()]);
    let two = probabilities(&logits, 2);
    assert_eq!(two.row(0), [0.5, 0.5]);
    assert_eq!(two.row(1), [0.0, 1.0]);
    assert_eq!(two.row(2), [1.0, 0.0]);
    assert!((two.row(3)[1] - 0.75).abs() < 1e-15);
    let logits = crate::matrix::Matrix::from_vec(2, 3, vec![1e4, -1e4, 1e4, 0.0, 0.0, 2f64.ln()]);
    let three = probabilities(&logits, 3);
    assert_eq!(three.row(0), [0.5, 0.0, 0.5]);
    for (p, expected) in three.row(1).iter().zip([0.25, 0.25, 0.5]) {
        assert!((p - expected).abs() < 1e-15);
    }
}
