use super::*;

fn message<T: std::fmt::Debug>(result: Result<T, PrepareError>) -> String {
    result.unwrap_err().to_string()
}

fn a(rows: usize) -> Column {
    numbers("a", (0..rows).map(|row| row as f64))
}

#[test]
fn options_are_refused_all_at_once() {
    let table = table(vec![a(20), y(20)]);
    assert_eq!(
        message(fit(&table, &PrepareOptions::default())),
        "no target column is given; name one with --target"
    );
    let options = PrepareOptions {
        targets: vec!["y".to_string(), "y".to_string()],
        weights: Some("y".to_string()),
        ignore: vec!["y".to_string(), "b".to_string()],
        ..PrepareOptions::default()
    };
    let message = message(fit(&table, &options));
    for part in [
        "has no column \"b\"",
        "target column \"y\" is given twice",
        "target column \"y\" cannot be left out",
        "column \"y\" cannot be both target and weights",
        "the weights column \"y\" cannot be left out",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn an_unknown_target_suggests_the_nearest_name() {
    let table = table(vec![a(20), numbers("price", (0..20).map(f64::from))]);
    let options = PrepareOptions {
        targets: vec!["prise".to_string()],
        ..PrepareOptions::default()
    };
    let expected = "t.csv: has no column \"prise\"; did you mean \"price\"?";
    assert_eq!(message(fit(&table, &options)), expected);
}

#[test]
fn columns_without_a_value_are_all_named() {
    let empty = || [f64::NAN; 20];
    let late = (0..20).map(|row| if row < 15 { f64::NAN } else { f64::from(row) });
    let table = table(vec![
        numbers("b", empty()),
        a(20),
        texts("c", [""; 20]),
        numbers("late", late),
        y(20),
    ]);
    let rows: Vec<usize> = (0..15).collect();
    assert_eq!(
        message(Preparation::fit(&table, &options(), &rows)),
        "t.csv: columns \"b\", \"c\", \"late\" have no value in the training rows; leave them out \
         with --ignore"
    );
    let options = PrepareOptions {
        ignore: vec!["b".to_string(), "late".to_string()],
        ..options()
    };
    assert_eq!(
        message(Preparation::fit(&table, &options, &rows)),
        "t.csv: column \"c\" has no value in the training rows; leave it out with --ignore"
    );
}

#[test]
fn nothing_to_predict_from() {
    assert_eq!(
        message(fit(&table(vec![y(20)]), &options())),
        "t.csv: no column is left to predict from: there are no columns beside the target"
    );
    let useless = table(vec![numbers("b", [1.0; 20]), a(20), y(20)]);
    let options = PrepareOptions {
        ignore: vec!["a".to_string()],
        ..options()
    };
    assert_eq!(
        message(fit(&useless, &options)),
        "t.csv: no column is left to predict from: \"b\" never varies in the training rows and is \
         left out, \"a\" is left out as asked"
    );
}

#[test]
fn too_few_rows() {
    let mut cells: Vec<f64> = (0..12).map(|row| f64::from(row) + 0.5).collect();
    cells[..11].fill(f64::NAN);
    assert_eq!(
        message(fit(&table(vec![a(12), numbers("y", cells)]), &options())),
        "t.csv: 1 training rows with a target are too few: at least 2 are needed"
    );
}

#[test]
fn targets_that_cannot_be_predicted() {
    let of = |target: Column| {
        let rows = target.rows();
        message(fit(&table(vec![a(rows), target]), &options()))
    };
    assert_eq!(
        of(numbers("y", [f64::NAN; 20])),
        "t.csv: target column \"y\" has no value at all; choose another target"
    );
    assert_eq!(
        of(numbers("y", [0.1; 20])),
        "t.csv: target column \"y\" is 0.1 in every training row; there is nothing to predict"
    );
    assert_eq!(
        of(texts("y", ["yes"; 20])),
        "t.csv: target column \"y\" holds the class \"yes\" alone in the training rows; at least \
         two classes are needed"
    );
    assert_eq!(
        of(texts(
            "y",
            (0..20).map(|row| if row < 10 { "2024-01-01" } else { "2024-01-02" })
        )),
        "t.csv: target column \"y\" holds dates; turn it into a number first, such as days since \
         a date"
    );
    let ids: Vec<String> = (0..20).map(|row| format!("id {row}")).collect();
    assert_eq!(
        of(Column::of_texts("y", ids.iter().map(Some))),
        "t.csv: target column \"y\" holds a different value in every row; nothing can be learned \
         about values that never come again; choose another target"
    );
    assert_eq!(
        of(numbers("y", (0..20).map(|row| f64::from(row) * 1e300))),
        "t.csv: target column \"y\" holds numbers too large to work with (1.9e301); rescale it"
    );
}

#[test]
fn one_class_in_the_training_rows_though_the_table_has_two() {
    let cells = (0..30).map(|row| if row < 20 { "no" } else { "maybe" });
    let table = table(vec![a(30), texts("y", cells)]);
    let rows: Vec<usize> = (0..20).collect();
    assert_eq!(
        message(Preparation::fit(&table, &options(), &rows)),
        "t.csv: target column \"y\" holds the class \"no\" alone in the training rows; at least \
         two classes are needed"
    );
}

#[test]
fn a_task_that_does_not_suit_the_target() {
    let asked = |task, target: Column| {
        let rows = target.rows();
        let options = PrepareOptions { task, ..options() };
        message(fit(&table(vec![a(rows), target]), &options))
    };
    assert_eq!(
        asked(
            Task::Regression,
            texts("y", (0..20).map(|row| ["M", "F"][row % 2]))
        ),
        "t.csv: target column \"y\" holds texts, and a regression needs numbers; use --task \
         classification"
    );
    assert_eq!(
        asked(Task::Classification, numbers("y", (0..1001).map(f64::from))),
        "t.csv: target column \"y\" holds 1001 classes; at most 1000 can be told apart; use \
         --task regression"
    );
    let classes: Vec<String> = (0..2002).map(|row| format!("class {}", row / 2)).collect();
    assert_eq!(
        asked(Task::Auto, Column::of_texts("y", classes.iter().map(Some))),
        "t.csv: target column \"y\" holds 1001 classes; at most 1000 can be told apart"
    );
}

#[test]
fn several_targets_must_be_numbers() {
    let table = table(vec![
        a(20),
        y(20),
        texts("c", (0..20).map(|row| ["M", "F"][row % 2])),
    ]);
    let both = |task| PrepareOptions {
        targets: vec!["y".to_string(), "c".to_string()],
        task,
        ..PrepareOptions::default()
    };
    let expected = |name| {
        format!(
            "t.csv: target column \"{name}\" is one of several targets and holds classes; several \
             targets must all be numbers, with --task regression; fit one model per class column"
        )
    };
    assert_eq!(message(fit(&table, &both(Task::Auto))), expected("c"));
    assert_eq!(
        message(fit(&table, &both(Task::Classification))),
        expected("y")
    );
}

#[test]
fn weights_that_are_none() {
    let of = |weights: Vec<f64>| {
        let options = PrepareOptions {
            weights: Some("w".to_string()),
            ..options()
        };
        message(fit(
            &table(vec![a(20), numbers("w", weights), y(20)]),
            &options,
        ))
    };
    let mut weights = vec![1.0; 20];
    weights[4] = -0.5;
    assert_eq!(
        of(weights.clone()),
        "t.csv, data row 5, column \"w\": the weight is -0.5; weights must be numbers of at least 0"
    );
    weights[4] = f64::NAN;
    assert_eq!(
        of(weights),
        "t.csv, data row 5, column \"w\": the weight is missing; weights must be numbers of at \
         least 0"
    );
    assert_eq!(
        of(vec![0.0; 20]),
        "t.csv: the weights in column \"w\" are all 0; no row would count"
    );
}

#[test]
fn later_tables_that_lack_columns_or_kinds() {
    let fitted = table(vec![
        a(20),
        numbers("length", (0..20).map(f64::from)),
        y(20),
    ]);
    let preparation = fit(&fitted, &options()).unwrap();
    assert_eq!(
        message(preparation.inputs(&table(vec![numbers("lenght", [1.0]), y(1)]))),
        "t.csv: columns \"a\", \"length\" (is \"lenght\" meant?) are missing; predictions need \
         every input column of the training table"
    );
    let text = table(vec![
        texts("a", ["1", "two"]),
        numbers("length", [1.0, 2.0]),
    ]);
    let message_ = message(preparation.inputs(&text));
    assert!(
        message_.starts_with("t.csv, data row 2, column \"a\": \"two\" is not a number"),
        "{message_}"
    );
    assert_eq!(
        message(preparation.target(&table(vec![a(1)]), &[0])),
        "t.csv: has no column \"y\"; it has a"
    );
}

#[test]
fn rows_asked_for_that_have_no_target_or_another_class() {
    let cells = (0..20).map(|row| ["p", "q"][row % 2]);
    let fitted = table(vec![a(20), texts("y", cells)]);
    let preparation = fit(&fitted, &options()).unwrap();
    let later = table(vec![texts("y", ["p", "", "r"])]);
    assert_eq!(
        message(preparation.target(&later, &[0, 1])),
        "t.csv, data row 2, column \"y\": the target is missing"
    );
    assert_eq!(
        message(preparation.target(&later, &[2])),
        "t.csv, data row 3, column \"y\": class \"r\" does not occur in the training table, whose \
         classes are p, q"
    );
    let fitted = table(vec![a(20), y(20)]);
    let preparation = fit(&fitted, &options()).unwrap();
    assert_eq!(
        message(preparation.target(&table(vec![numbers("y", [f64::NAN])]), &[0])),
        "t.csv, data row 1, column \"y\": the target is missing"
    );
}

#[test]
fn kinds_are_read_from_text() {
    assert_eq!("date".parse(), Ok(ColumnKind::Date));
    assert_eq!(
        "text".parse::<ColumnKind>().unwrap_err(),
        "\"text\" is no kind of column: use category, numeric, date or ignore"
    );
}
