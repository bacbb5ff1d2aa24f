use proptest::prelude::*;

use super::*;
use crate::matrix::Matrix;

/// A cell as a file may spell it, by number.
fn cell(kind: u8, seed: u32) -> String {
    match kind {
        0 => format!("{}", f64::from(seed % 1000) / 7.0 - 50.0),
        1 => ["a", "b", "c", "d e", "\u{e9}"][seed as usize % 5].to_string(),
        2 => ["yes", "no"][seed as usize % 2].to_string(),
        3 => format!(
            "20{:02}-{:02}-{:02}",
            seed % 40,
            seed % 12 + 1,
            seed % 28 + 1
        ),
        _ => format!("{}e{}", i64::from(seed) - 500, seed % 290),
    }
}

prop_compose! {
    /// Kind per column, and per row and column a seed (`None` is a gap).
    fn content()(columns in prop::collection::vec(0u8..5, 1..6), rows in 30usize..60)(
        seeds in prop::collection::vec(
            prop::collection::vec(prop::option::weighted(0.85, 0u32..2000), rows), columns.len()),
        columns in Just(columns),
    ) -> Vec<(u8, Vec<Option<u32>>)> {
        columns.into_iter().zip(seeds).collect()
    }
}

fn columns(content: &[(u8, Vec<Option<u32>>)]) -> Vec<Column> {
    let named = content.iter().enumerate();
    named
        .map(|(place, (kind, seeds))| {
            let cells = seeds.iter().map(|seed| seed.map(|seed| cell(*kind, seed)));
            Column::of_texts(&format!("x{place}"), cells.collect::<Vec<_>>())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn encoded_inputs_are_finite_and_hang_on_names_alone(
        training in content(), other in content(), extra in 0u32..9,
    ) {
        let rows = training[0].1.len();
        let mut fitted = columns(&training);
        fitted.push(y(rows));
        let fitted = table(fitted);
        let preparation = fit(&fitted, &options()).unwrap();
        let inputs = preparation.inputs(&fitted).unwrap();
        prop_assert_eq!(inputs.columns(), preparation.input_names().len());
        prop_assert!(inputs.data().iter().all(|value| value.is_finite()));
        for column in 0..inputs.columns() {
            let cells = inputs.column(column);
            prop_assert!(cells.iter().any(|value| *value != cells[0]), "never varies");
        }

        let mut shuffled = columns(&training);
        shuffled.reverse();
        shuffled.insert(extra as usize % shuffled.len(), numbers("extra", vec![1.0; rows]));
        prop_assert_eq!(&preparation.inputs(&table(shuffled)).unwrap(), &inputs);

        // Rows never seen, with gaps in other places, of the same kinds.
        let later: Vec<(u8, Vec<Option<u32>>)> = training.iter().enumerate()
            .map(|(place, (kind, _))| (*kind, other[place % other.len()].1.clone()))
            .collect();
        let later = preparation.inputs(&table(columns(&later))).unwrap();
        let bounded = NetworkScale::fit(&inputs).apply(&later);
        for matrix in [&later, &bounded, &SearchScale::fit(&inputs, Origin::Auto).apply(&later)] {
            prop_assert!(matrix.data().iter().all(|value| value.is_finite()));
        }
        prop_assert!(bounded.data().iter().all(|value| value.abs() <= 3.0));
    }

    #[test]
    fn statistics_are_finite_and_of_their_seed(
        training in content(), other in content(), seed in 0u64..9,
    ) {
        let rows = training[0].1.len();
        let mut fitted = columns(&training);
        fitted.push(y(rows));
        let fitted = table(fitted);
        let options = PrepareOptions { statistics: TargetStatistics::All, ..options() };
        let preparation = fit(&fitted, &options).unwrap();
        prop_assert_eq!(&fit(&fitted, &options).unwrap(), &preparation);
        let inputs = preparation.training_inputs(&fitted, &all(&fitted), seed).unwrap();
        prop_assert_eq!(
            &preparation.training_inputs(&fitted, &all(&fitted), seed).unwrap(), &inputs);
        let later: Vec<(u8, Vec<Option<u32>>)> = training.iter().enumerate()
            .map(|(place, (kind, _))| (*kind, other[place % other.len()].1.clone()))
            .collect();
        let later = preparation.inputs(&table(columns(&later))).unwrap();
        for matrix in [&inputs, &later] {
            prop_assert!(matrix.data().iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn scaled_columns_have_root_mean_square_1_about_their_origin(
        values in prop::collection::vec(-1e6f64..1e6, 3..200), shift in -1e7f64..1e7,
    ) {
        let values: Vec<f64> = values.iter().map(|value| value + shift).collect();
        let matrix = Matrix::from_vec(values.len(), 1, values);
        let scale = SearchScale::fit(&matrix, Origin::Auto);
        let out = scale.apply(&matrix);
        let square = out.data().iter().map(|value| value * value).sum::<f64>();
        prop_assert!((square / out.rows() as f64 - 1.0).abs() < 1e-9);
    }
}
