use super::*;

/// A table with a column of every kind, gaps included.
pub(super) fn mixed(rows: usize) -> Table {
    let gap = |row: usize, every: usize| row % every == 3;
    let dates: Vec<Option<String>> = (0..rows)
        .map(|row| (!gap(row, 9)).then(|| format!("2024-{:02}-{:02}", row % 12 + 1, row % 28 + 1)))
        .collect();
    table(vec![
        numbers(
            "n",
            (0..rows).map(|row| {
                if gap(row, 7) {
                    f64::NAN
                } else {
                    (row * row) as f64
                }
            }),
        ),
        texts(
            "b",
            (0..rows).map(|row| {
                if gap(row, 8) {
                    ""
                } else {
                    ["on", "off"][row % 2]
                }
            }),
        ),
        texts(
            "c",
            (0..rows).map(|row| {
                if gap(row, 6) {
                    ""
                } else {
                    ["u", "v", "w"][row % 3]
                }
            }),
        ),
        Column::of_texts("d", dates),
        numbers("w", (0..rows).map(|row| row as f64)),
        texts("y", (0..rows).map(|row| ["p", "q", "r"][row * row % 3])),
    ])
}

fn fitted() -> Preparation {
    let options = PrepareOptions {
        weights: Some("w".to_string()),
        statistics: TargetStatistics::All,
        ..options()
    };
    fit(&mixed(80), &options).unwrap()
}

#[test]
fn a_preparation_comes_back_from_json_and_does_the_same() {
    let preparation = fitted();
    let json = serde_json::to_string(&preparation).unwrap();
    let back: Preparation = serde_json::from_str(&json).unwrap();
    assert_eq!(back, preparation);
    assert_eq!(back.input_names(), preparation.input_names());
    let later = mixed(33);
    assert_eq!(
        back.inputs(&later).unwrap(),
        preparation.inputs(&later).unwrap()
    );
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
}

#[test]
fn damaged_preparations_are_refused_when_read() {
    let json = serde_json::to_string(&fitted()).unwrap();
    let refuse = |from: &str, to: &str, expected: &str| {
        assert!(json.contains(from), "{from} is not in {json}");
        let error = serde_json::from_str::<Preparation>(&json.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    refuse(
        "\"labels\":[\"p\",\"q\"",
        "\"labels\":[\"p\",\"p\"",
        "a class occurs twice",
    );
    refuse(
        "\"labels\":[\"p\",\"q\"]",
        "\"labels\":[\"p\"]",
        "it has 1 classes",
    );
    refuse(
        "\"targets\":[\"y\"]",
        "\"targets\":[]",
        "classes of 0 targets",
    );
    refuse(
        "\"levels\":[\"u\",\"v\"",
        "\"levels\":[\"u\",\"u\"",
        "a level occurs twice",
    );
    refuse("[\"b\",{", "[\"n\",{", "column \"n\" occurs twice");
    refuse("[\"b\",{", "[\"y\",{", "column \"y\" occurs twice");
    refuse("\"share\":null", "\"share\":0.5", "cannot share an input");
    refuse(
        "\"value\":true,\"missing\":true",
        "\"value\":false,\"missing\":false",
        "no input",
    );
    refuse("\"prior\":", "\"prior\":-", "its prior is no weight");
    refuse("\"share(q)\"", "\"share(p)\"", "of another target");
    refuse("\"places\":[0]", "\"places\":[9]", "statistics are unsound");
    refuse("\"targets\"", "\"target\"", "unknown field");
}

/// Every byte of the text replaced or cut away: what is still read must be able to work.
#[test]
fn no_damage_makes_a_preparation_that_panics() {
    let json = serde_json::to_string(&fitted()).unwrap();
    let later = mixed(20);
    for place in (0..json.len()).step_by(3) {
        for byte in [b'9', b'-', b'"', b'n'] {
            let mut bytes = json.clone().into_bytes();
            bytes[place] = byte;
            if let Ok(preparation) = serde_json::from_slice::<Preparation>(&bytes) {
                assert_eq!(preparation.validate(), Ok(()));
                if let Ok(inputs) = preparation.inputs(&later) {
                    assert!(inputs.data().iter().all(|value| value.is_finite()));
                }
                let _ = preparation.target(&later, &[0, 1]);
                let _ = preparation.weights(&later, &[1, 2]);
                let _ = preparation.restore(&crate::matrix::Matrix::zeros(2, 3));
            }
        }
        assert!(serde_json::from_str::<Preparation>(&json[..place]).is_err());
    }
}
