use super::*;

#[test]
fn numbers_are_filled_with_the_training_median_and_gaps_have_an_input() {
    let mut cells: Vec<f64> = (0..20).map(f64::from).collect();
    (cells[3], cells[4]) = (f64::NAN, f64::NAN);
    let table = table(vec![numbers("a", cells), y(20)]);
    let rows: Vec<usize> = (0..11).collect();
    let preparation = Preparation::fit(&table, &options(), &rows).unwrap();
    assert_eq!(preparation.input_names(), ["a", "a=(missing)"]);
    // 0 1 2 5 6 7 8 9 10
    assert_eq!(input(&preparation, &table, "a")[3..6], [6.0, 6.0, 5.0]);
    assert_eq!(
        input(&preparation, &table, "a=(missing)")[2..6],
        [0.0, 1.0, 1.0, 0.0]
    );
    assert_eq!(input(&preparation, &table, "a")[19], 19.0);
    let summary = &preparation.column_summary()[0];
    assert_eq!(
        (summary.missing, summary.inputs, summary.role),
        (2, 2, Role::Input)
    );
    assert_eq!(summary.done, "missing cells as 6, and an input for them");
}

#[test]
fn a_single_gap_is_filled_without_an_input() {
    let mut cells: Vec<f64> = (0..20).map(f64::from).collect();
    cells[0] = f64::NAN;
    let table = table(vec![numbers("a", cells), y(20)]);
    let preparation = fit(&table, &options()).unwrap();
    assert_eq!(preparation.input_names(), ["a"]);
    assert_eq!(input(&preparation, &table, "a")[0], 10.0);
    let encoded = preparation.encode(&table).unwrap();
    assert_eq!(encoded.warnings, ["a: 1 cell missing, taken for 10"]);
}

#[test]
fn a_column_with_one_value_and_gaps_gives_the_gaps_alone() {
    let cells = (0..20).map(|row| if row % 2 == 0 { 7.0 } else { f64::NAN });
    let table = table(vec![numbers("a", cells), y(20)]);
    let preparation = fit(&table, &options()).unwrap();
    assert_eq!(preparation.input_names(), ["a=(missing)"]);
    assert_eq!(
        preparation.inputs(&table).unwrap().column(0)[..3],
        [0.0, 1.0, 0.0]
    );
}

#[test]
fn truth_values_become_0_and_1() {
    let cells = (0..20).map(|row| if row % 3 == 0 { "no" } else { "Yes" });
    let table_ = table(vec![texts("a", cells), y(20)]);
    let preparation = fit(&table_, &options()).unwrap();
    assert_eq!(preparation.input_names(), ["a"]);
    assert_eq!(input(&preparation, &table_, "a")[..4], [0.0, 1.0, 1.0, 0.0]);
    let later = table(vec![texts("a", ["YES", "no", ""])]);
    assert_eq!(input(&preparation, &later, "a"), [1.0, 0.0, 1.0]);
}

#[test]
fn levels_have_an_input_each_and_others_share_one() {
    // 200 rows: a level needs 4 rows. "rare" and "seldom" have 3 each, missing cells 10.
    let cell = |row: usize| match row {
        0..3 => "rare",
        3..6 => "seldom",
        6..16 => "",
        row if row % 3 == 0 => "blue",
        row if row % 3 == 1 => "red",
        _ => "10",
    };
    let table_ = table(vec![texts("a", (0..200).map(cell)), y(200)]);
    let preparation = fit(&table_, &options()).unwrap();
    let expected = ["a=10", "a=blue", "a=red", "a=(other)", "a=(missing)"];
    assert_eq!(preparation.input_names(), expected);
    let later = table(vec![texts("a", ["red", "rare", "never seen", ""])]);
    let encoded = preparation.encode(&later).unwrap();
    assert_eq!(encoded.inputs.row(0), [0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(encoded.inputs.row(1), [0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(encoded.inputs.row(2), [0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(encoded.inputs.row(3), [0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(encoded.warnings, Vec::<String>::new());
}

#[test]
fn a_level_never_seen_is_none_of_them_where_there_is_no_other() {
    let cells = (0..30).map(|row| ["x", "y", "z"][row % 3]);
    let table_ = table(vec![texts("a", cells), y(30)]);
    let preparation = fit(&table_, &options()).unwrap();
    assert_eq!(preparation.input_names(), ["a=x", "a=y", "a=z"]);
    let later = table(vec![texts("a", ["y", "new", "newer", ""])]);
    let encoded = preparation.encode(&later).unwrap();
    assert_eq!(encoded.inputs.row(0), [0.0, 1.0, 0.0]);
    for row in 1..4 {
        assert_eq!(encoded.inputs.row(row), [0.0; 3]);
    }
    assert_eq!(
        encoded.warnings,
        [
            "a: 1 cell missing and 2 cells with a rare or unknown level such as \"new\", taken for \
          none of the levels"
        ]
    );
}

#[test]
fn two_levels_share_an_input_and_a_third_lies_between() {
    let cells = (0..40).map(|row| if row % 4 == 0 { "up" } else { "down" });
    let table_ = table(vec![texts("a", cells), y(40)]);
    let preparation = fit(&table_, &options()).unwrap();
    assert_eq!(preparation.input_names(), ["a=up"]);
    let later = table(vec![texts("a", ["up", "down", "sideways"])]);
    assert_eq!(preparation.inputs(&later).unwrap().data(), [1.0, 0.0, 0.25]);
    assert_eq!(preparation.column_summary()[0].done, "0 for down, 1 for up");
}

#[test]
fn one_level_and_gaps_share_an_input() {
    let cells = (0..40).map(|row| if row % 4 == 0 { "" } else { "there" });
    let table_ = table(vec![texts("a", cells), y(40)]);
    let preparation = fit(&table_, &options()).unwrap();
    assert_eq!(preparation.input_names(), ["a=(missing)"]);
    let later = table(vec![texts("a", ["", "there", "else"])]);
    assert_eq!(preparation.inputs(&later).unwrap().data(), [1.0, 0.0, 0.25]);
}

#[test]
fn at_most_255_levels_have_an_input_the_most_frequent_ones() {
    // Level k of 0..300 occurs in 10 + k % 2 rows.
    let levels = (0..300).flat_map(|k| vec![format!("l{k}"); 10 + k % 2]);
    let cells: Vec<String> = levels.collect();
    let rows = cells.len();
    let table = table(vec![Column::of_texts("a", cells.iter().map(Some)), y(rows)]);
    let options = PrepareOptions {
        statistics: TargetStatistics::Off,
        ..options()
    };
    let preparation = fit(&table, &options).unwrap();
    assert_eq!(preparation.input_names().len(), 256);
    let kept = |level: &str| preparation.input_names().contains(&format!("a={level}"));
    assert!(kept("l1") && kept("l299") && kept("(other)") && kept("l0"));
    // Of those with 10 rows, the last of the alphabet go.
    assert!(!kept("l98"));
}

#[test]
fn numbers_given_as_categories_are_compared_by_value() {
    let options = PrepareOptions {
        kinds: vec![("a".to_string(), ColumnKind::Category)],
        ..options()
    };
    let table_ = table(vec![
        texts("a", (0..30).map(|row| ["10", "2.0", "3"][row % 3])),
        y(30),
    ]);
    let preparation = fit(&table_, &options).unwrap();
    assert_eq!(preparation.input_names(), ["a=2", "a=3", "a=10"]);
    let later = table(vec![numbers("a", [2.0, 10.0])]);
    assert_eq!(
        preparation.inputs(&later).unwrap().data(),
        [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    );
}

#[test]
fn dates_become_days_and_places_in_cycles() {
    let cells: Vec<String> = (0..60)
        .map(|row| {
            format!(
                "2024-{:02}-{:02} {:02}:00",
                row % 12 + 1,
                row % 28 + 1,
                row % 24
            )
        })
        .collect();
    let table_ = table(vec![
        Column::of_texts("when", cells.iter().map(Some)),
        y(60),
    ]);
    let preparation = fit(&table_, &options()).unwrap();
    let expected = [
        "when",
        "when.sin(year)",
        "when.cos(year)",
        "when.sin(week)",
        "when.cos(week)",
        "when.sin(day)",
        "when.cos(day)",
    ];
    assert_eq!(preparation.input_names(), expected);
    let later = table(vec![texts("when", ["1970-01-05 06:00"])]);
    let row = preparation.inputs(&later).unwrap();
    // A Monday at six.
    assert_eq!(
        (row.row(0)[0], row.row(0)[3], row.row(0)[4]),
        (4.25, 0.0, 1.0)
    );
    assert!((row.row(0)[5] - 1.0).abs() < 1e-12);
}

#[test]
fn few_dates_are_days_alone() {
    let cells = (0..20).map(|row| {
        if row % 2 == 0 {
            "2024-05-01"
        } else {
            "2024-05-02"
        }
    });
    let table = table(vec![texts("when", cells), y(20)]);
    let preparation = fit(&table, &options()).unwrap();
    assert_eq!(preparation.input_names(), ["when"]);
}

#[test]
fn columns_of_no_use_are_left_out_and_said() {
    let names: Vec<String> = (0..40).map(|row| format!("name {row}")).collect();
    let pairs: Vec<String> = (0..40).map(|row| format!("pair {}", row / 2)).collect();
    let table = table(vec![
        Column::of_texts("id", names.iter().map(Some)),
        numbers("same", [3.0; 40]),
        texts("level", ["one"; 40]),
        Column::of_texts(
            "pairs",
            pairs.iter().take(39).map(Some).chain([None::<&String>]),
        ),
        numbers("a", (0..40).map(f64::from)),
        numbers("unwanted", (0..40).map(f64::from)),
        y(40),
    ]);
    let options = PrepareOptions {
        ignore: vec!["unwanted".to_string()],
        ..options()
    };
    let rows: Vec<usize> = (0..40).step_by(2).collect();
    let preparation = Preparation::fit(&table, &options, &rows).unwrap();
    assert_eq!(preparation.input_names(), ["a"]);
    assert_eq!(
        preparation.warnings(),
        [
            "column \"id\" identifies the rows and is left out; to use it all the same, give it a \
             kind with --kind",
            "column \"same\" never varies in the training rows and is left out",
            "column \"level\" never varies in the training rows and is left out",
            "column \"pairs\" has 20 levels, none of them frequent enough to learn from, and is \
             left out",
        ]
    );
    let unused = preparation
        .column_summary()
        .iter()
        .filter(|s| s.role == Role::Unused);
    assert_eq!(unused.count(), 5);
}

#[test]
fn names_of_inputs_differ_even_where_columns_conspire() {
    let level = |row: usize| ["x", "y", "z"][row % 3];
    let table = table(vec![
        texts("a", (0..30).map(level)),
        numbers("a=x", (0..30).map(f64::from)),
        numbers("a=x (2)", (0..30).map(f64::from)),
        y(30),
    ]);
    let preparation = fit(&table, &options()).unwrap();
    assert_eq!(
        preparation.input_names(),
        ["a=x", "a=y", "a=z", "a=x (2)", "a=x (2) (2)"]
    );
}
