use super::*;

/// Numbers from 0 to below 1 that look random.
fn noise(rows: usize, salt: u64) -> Vec<f64> {
    let mut state = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..100).for_each(|_| _ = next());
    (0..rows).map(|_| next()).collect()
}

fn levels(name: &str, places: &[usize]) -> Column {
    Column::of_texts(name, places.iter().map(|place| Some(format!("l{place}"))))
}

fn random_levels(rows: usize, count: usize, salt: u64) -> Vec<usize> {
    let noise = noise(rows, salt).into_iter();
    noise.map(|value| (value * count as f64) as usize).collect()
}

fn with(statistics: TargetStatistics) -> PrepareOptions {
    PrepareOptions {
        statistics,
        ..options()
    }
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (of_a, of_b) = (mean(a), mean(b));
    let pairs = a.iter().zip(b);
    let product: f64 = pairs.map(|(a, b)| (a - of_a) * (b - of_b)).sum();
    let square = |values: &[f64], mean: f64| values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    product / (square(a, of_a) * square(b, of_b)).sqrt()
}

/// Columns of the training inputs by name.
fn training(preparation: &Preparation, table: &Table, name: &str, seed: u64) -> Vec<f64> {
    let place = preparation.input_names().iter().position(|n| n == name);
    let inputs = preparation.training_inputs(table, &all(table), seed);
    inputs.unwrap().column(place.unwrap())
}

#[test]
fn chance_is_not_learned_from_a_rows_own_target() {
    let rows = 3000;
    let target = noise(rows, 1);
    let table = table(vec![
        levels("a", &random_levels(rows, 400, 2)),
        numbers("y", target.clone()),
    ]);
    let preparation = fit(&table, &with(TargetStatistics::All)).unwrap();
    // Seven rows a level: the mean of all of them gives much of a row's target away...
    let leaky = input(&preparation, &table, "a.mean(y)");
    assert!(correlation(&leaky, &target) > 0.3);
    // ...and the mean of earlier ones nothing, in any order.
    for seed in 0..5 {
        let honest = training(&preparation, &table, "a.mean(y)", seed);
        let found = correlation(&honest, &target);
        assert!(found.abs() < 3.0 / (rows as f64).sqrt(), "{found}");
    }
    // Where it is left to us, there is no such input.
    let auto = fit(&table, &with(TargetStatistics::Auto)).unwrap();
    assert!(auto.input_names().iter().all(|name| !name.contains("mean")));
}

#[test]
fn a_flipped_class_does_not_move_its_rows_own_input() {
    let rows = 600;
    let places = random_levels(rows, 12, 3);
    let classes = |flipped: Option<usize>| {
        let classes = noise(rows, 4).into_iter().enumerate();
        let yes = classes.map(|(row, value)| (value < 0.4) != (Some(row) == flipped));
        let cells: Vec<_> = yes
            .map(|yes| Some(if yes { "in" } else { "out" }))
            .collect();
        table(vec![levels("a", &places), Column::of_texts("y", cells)])
    };
    let shares = |table: &Table| {
        let preparation = fit(table, &with(TargetStatistics::All)).unwrap();
        training(&preparation, table, "a.share(out)", 0)
    };
    let before = shares(&classes(None));
    let mut moved = 0;
    for row in [7, 130, 555] {
        let after = shares(&classes(Some(row)));
        let differs = |other: &usize| (after[*other] - before[*other]).abs() > 2.0 / rows as f64;
        assert!(!differs(&row));
        let others: Vec<usize> = (0..rows).filter(differs).collect();
        assert!(others.iter().all(|&other| places[other] == places[row]));
        moved += others.len();
    }
    assert!(moved > 10);
}

#[test]
fn later_rows_see_all_training_rows_of_their_level() {
    let rows = 400;
    let places: Vec<usize> = (0..rows).map(|row| row % 10).collect();
    let target: Vec<f64> = (places.iter().zip(noise(rows, 5)))
        .map(|(&place, noise)| place as f64 + noise)
        .collect();
    let table_ = table(vec![levels("a", &places), numbers("y", target.clone())]);
    let known: Vec<usize> = (0..300).collect();
    let preparation = Preparation::fit(&table_, &options(), &known).unwrap();
    let names = preparation.input_names();
    assert_eq!(names[10..], ["a.mean(y)", "a.rank(y)"]);
    let later = table(vec![texts("a", ["l3", "never seen", ""])]);
    let means = input(&preparation, &later, "a.mean(y)");
    let mean = target[..300].iter().sum::<f64>() / 300.0;
    let own = (0..300).filter(|row| row % 10 == 3).map(|row| target[row]);
    // 30 rows, and 3 of the overall mean.
    let expected = (own.sum::<f64>() + 3.0 * mean) / 33.0;
    assert!((means[0] - expected).abs() < 1e-12, "{means:?}");
    assert!((means[1] - mean).abs() < 1e-12 && (means[2] - mean).abs() < 1e-12);
    // Rows that are held out are later rows.
    let inputs = preparation.training_inputs(&table_, &known, 1).unwrap();
    let plain = preparation.inputs(&table_).unwrap();
    assert_ne!(inputs, plain);
    let held_out: Vec<usize> = (300..400).collect();
    assert_eq!(inputs.select_rows(&held_out), plain.select_rows(&held_out));
}

#[test]
fn combinations_are_found_and_chance_is_not() {
    let rows = 4000;
    let (a, b) = (random_levels(rows, 6, 6), random_levels(rows, 7, 7));
    let other = random_levels(rows, 9, 8);
    let number = |places: &[usize]| places.iter().map(|&p| p as f64).collect::<Vec<_>>();
    let target: Vec<f64> = (0..rows)
        .zip(noise(rows, 9))
        .map(|(row, noise)| f64::from((a[row] * 3 + b[row] * 5) % 7 < 2) + noise)
        .collect();
    let table_ = table(vec![
        numbers("a", number(&a)),
        levels("b", &b),
        levels("other", &other),
        numbers("y", target),
    ]);
    let preparation = fit(&table_, &options()).unwrap();
    let statistics = preparation
        .input_names()
        .iter()
        .filter(|n| n.contains("(y)"));
    let statistics: Vec<&String> = statistics.collect();
    assert_eq!(statistics, ["a:b.mean(y)", "a:b.rank(y)"]);
    let off = fit(&table_, &with(TargetStatistics::Off)).unwrap();
    assert_eq!(off.input_names().len(), 1 + 7 + 9);
    let summary = preparation.column_summary();
    let combined = summary.iter().find(|column| column.name == "a:b").unwrap();
    assert_eq!((combined.role, combined.inputs), (Role::Input, 3));
}

#[test]
fn few_levels_have_statistics_where_asked_for() {
    let rows = 1000;
    let places = random_levels(rows, 5, 10);
    let target: Vec<f64> = (places.iter().zip(noise(rows, 11)))
        .map(|(&place, noise)| place as f64 + noise)
        .collect();
    let table = table(vec![levels("a", &places), numbers("y", target)]);
    let count = |which| fit(&table, &with(which)).unwrap().input_names().len();
    assert_eq!(count(TargetStatistics::Auto), 5);
    assert_eq!(count(TargetStatistics::Off), 5);
    assert_eq!(count(TargetStatistics::All), 8);
}

#[test]
fn levels_too_rare_for_an_input_each_are_of_use() {
    let rows = 6000;
    let places: Vec<usize> = (0..rows).map(|row| row % 1900).collect();
    let target: Vec<f64> = (places.iter().zip(noise(rows, 13)))
        .map(|(&place, noise)| (place % 3) as f64 + noise)
        .collect();
    let table_ = table(vec![levels("a", &places), numbers("y", target)]);
    let preparation = fit(&table_, &options()).unwrap();
    let expected = ["a.mean(y)", "a.rank(y)", "a.log(rows)"];
    assert_eq!(preparation.input_names(), expected);
    assert!(preparation.warnings().is_empty());
    let columns: Vec<&str> = preparation.input_columns().collect();
    assert_eq!(columns, ["a"]);
    assert_eq!(preparation.column_summary()[0].inputs, 3);
    let missing = preparation.inputs(&table(vec![numbers("b", [1.0])]));
    assert!(matches!(missing, Err(PrepareError::MissingColumns { .. })));
    let json = serde_json::to_string(&preparation).unwrap();
    let back: Preparation = serde_json::from_str(&json).unwrap();
    assert_eq!(
        back.inputs(&table_).unwrap(),
        preparation.inputs(&table_).unwrap()
    );
    assert!(fit(&table_, &with(TargetStatistics::Off)).is_err());
}

#[test]
fn one_seed_gives_one_order() {
    let rows = 500;
    let places = random_levels(rows, 20, 14);
    let target: Vec<f64> = places.iter().map(|&place| place as f64 + 0.5).collect();
    let table = table(vec![levels("a", &places), numbers("y", target)]);
    let preparation = fit(&table, &options()).unwrap();
    let inputs = |seed| training(&preparation, &table, "a.mean(y)", seed);
    assert_eq!(inputs(3), inputs(3));
    assert_ne!(inputs(3), inputs(4));
}

#[test]
fn numbers_in_bins_are_combined_where_asked_for() {
    let rows = 3000;
    let (a, b) = (noise(rows, 15), noise(rows, 16));
    let pairs = a.iter().zip(&b).zip(noise(rows, 17));
    let target = pairs.map(|((a, b), noise)| f64::from((a > &0.5) == (b > &0.5)) + 0.3 * noise);
    let table_ = table(vec![
        numbers("a", a.clone()),
        numbers("b", b.clone()),
        numbers("y", target),
    ]);
    let auto = fit(&table_, &options()).unwrap();
    assert_eq!(auto.input_names(), ["a", "b"]);
    let preparation = fit(&table_, &with(TargetStatistics::All)).unwrap();
    let names = preparation.input_names();
    assert_eq!(names[2..4], ["a[16]:b[16].mean(y)", "a[16]:b[16].rank(y)"]);
    let later = table(vec![
        numbers("a", [0.1, 0.1, 1e9, f64::NAN]),
        numbers("b", [0.1, 0.9, 0.9, 0.1]),
    ]);
    let means = input(&preparation, &later, "a[16]:b[16].mean(y)");
    assert!(
        means[0] > 0.8 && means[1] < 0.5 && means[2] > 0.8,
        "{means:?}"
    );
    assert!(means[3].is_finite());
    let json = serde_json::to_string(&preparation).unwrap();
    let back: Preparation = serde_json::from_str(&json).unwrap();
    assert_eq!(
        back.inputs(&later).unwrap(),
        preparation.inputs(&later).unwrap()
    );
}
