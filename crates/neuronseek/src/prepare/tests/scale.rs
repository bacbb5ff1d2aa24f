use super::*;
use crate::matrix::Matrix;

fn column(values: Vec<f64>) -> Matrix<f64> {
    Matrix::from_vec(values.len(), 1, values)
}

fn scaled(values: Vec<f64>, origin: Origin) -> (InputScale, Vec<f64>) {
    let matrix = column(values);
    let scale = SearchScale::fit(&matrix, origin);
    assert_eq!(scale.validate(1), Ok(()));
    (scale.inputs()[0].clone(), scale.apply(&matrix).column(0))
}

#[test]
fn the_synthetic_cases_are_scaled_but_never_shifted_nor_bent() {
    use crate::table::synthetic::{Case, Law, Settings, generate};
    for law in Law::ALL {
        for case in Case::all() {
            let settings = Settings {
                law,
                ..Settings::default()
            };
            let synthetic = generate(&case, &settings).unwrap();
            let scale = SearchScale::fit(&synthetic.inputs, Origin::Auto);
            for input in scale.inputs() {
                assert!(input.keeps_zero());
                assert_eq!(input.winsorised, 0, "{law:?}");
                // All laws have deviation 1.
                assert!((input.scale - 1.0).abs() < 0.1, "{law:?} {input:?}");
            }
        }
    }
}

#[test]
fn zero_is_kept_inside_the_data_and_left_outside() {
    let inside: Vec<f64> = (0..100).map(|i| f64::from(i) - 10.0).collect();
    let (input, values) = scaled(inside.clone(), Origin::Auto);
    assert!(input.keeps_zero());
    assert_eq!(values[10], 0.0);
    let square = values.iter().map(|v| v * v).sum::<f64>() / 100.0;
    assert!((square - 1.0).abs() < 1e-12);

    let years: Vec<f64> = (0..101).map(|i| f64::from(i) + 1900.0).collect();
    let (input, values) = scaled(years.clone(), Origin::Auto);
    assert_eq!((input.shift, values[50]), (1950.0, 0.0));
    assert!(scaled(years, Origin::Keep).0.keeps_zero());
    assert_eq!(scaled(inside, Origin::Center).0.shift, 39.5);
    // Counts with zeros in more than a twentieth of the rows keep their zero.
    let counts: Vec<f64> = (0..100).map(|i| f64::from(i % 10)).collect();
    assert!(scaled(counts, Origin::Auto).0.keeps_zero());
}

#[test]
fn a_cell_far_out_is_winsorised_counted_and_said() {
    let mut values: Vec<f64> = (0..200).map(|i| f64::from(i % 21) - 10.0).collect();
    values[7] = 1e6;
    let scale = SearchScale::fit(&column(values.clone()), Origin::Auto);
    let input = &scale.inputs()[0];
    let [low, high] = input.limits.unwrap();
    assert_eq!(input.winsorised, 1);
    assert!(
        low < -100.0 && (100.0..200.0).contains(&high),
        "{low} {high}"
    );
    let applied = scale.apply(&column(values));
    assert_eq!(applied.row(7)[0], high / input.scale);
    assert_eq!(applied.row(8)[0], (8.0 - 10.0) / input.scale);
    let warnings = scale.warnings(&["size".to_string()]);
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with("size: 1 cell lies beyond 25 robust deviations; the search takes"),
        "{warnings:?}"
    );
    // Later rows are held to the same limits.
    assert_eq!(
        scale.apply(&column(vec![-1e300])).row(0)[0],
        low / input.scale
    );
}

#[test]
fn a_mostly_constant_column_has_limits_too() {
    let mut values = vec![0.0; 3000];
    for (i, value) in values.iter_mut().enumerate().take(60) {
        *value = f64::from(i as u32 % 5);
    }
    let (input, _) = scaled(values.clone(), Origin::Auto);
    assert_eq!(input.winsorised, 0);
    values[100] = 1e9;
    let (_, applied) = scaled(values, Origin::Auto);
    assert!(applied.iter().all(|value| value.is_finite()));
}

#[test]
fn indicators_are_left_alone_by_both() {
    let values: Vec<f64> = (0..50).map(|i| f64::from(u8::from(i % 7 == 0))).collect();
    for origin in [Origin::Auto, Origin::Keep, Origin::Center] {
        assert_eq!(scaled(values.clone(), origin).1, values);
    }
    let matrix = column(values.clone());
    assert_eq!(NetworkScale::fit(&matrix).apply(&matrix).column(0), values);
}

#[test]
fn the_networks_inputs_are_below_3_and_in_order() {
    let values: Vec<f64> = (0..101).map(f64::from).collect();
    let scale = NetworkScale::fit(&column(values));
    assert_eq!(scale.validate(1), Ok(()));
    let deviation = 50.0 / 1.349;
    let later = [-1e308, -50.0, 50.0, 50.0 + deviation, 1e3, 1e9, f64::MAX];
    let out = scale.apply(&column(later.to_vec())).column(0);
    assert_eq!(out[2], 0.0);
    assert!((out[3] - 1.0 / (1.0f64 + 1.0 / 9.0).sqrt()).abs() < 1e-12);
    assert!(out.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(out.iter().all(|value| value.abs() < 3.0), "{out:?}");
    assert!(out[6] > 2.999_999);
}

#[test]
fn a_mostly_constant_column_is_scaled_by_its_deviation() {
    let mut values = vec![5.0; 100];
    values[..10].fill(15.0);
    let out = NetworkScale::fit(&column(values.clone()))
        .apply(&column(values))
        .column(0);
    // sqrt(0.1 * 100)
    let z = 10.0 / 10f64.sqrt();
    assert!((out[0] - z / (1.0 + z * z / 9.0).sqrt()).abs() < 1e-12);
    assert_eq!(out[50], 0.0);
}

#[test]
fn constants_and_extremes_scale_to_finite_numbers() {
    let extremes = [
        vec![7.0; 20],
        vec![0.0; 20],
        [vec![f64::MAX; 10], vec![-f64::MAX; 10]].concat(),
        vec![f64::MIN_POSITIVE, 5e-324, 0.0, 1.0],
        (0..40).map(|i| 1e300 + f64::from(i) * 1e290).collect(),
        vec![1.0],
        vec![],
    ];
    for values in extremes {
        let matrix = column(values.clone());
        for origin in [Origin::Auto, Origin::Keep, Origin::Center] {
            let scale = SearchScale::fit(&matrix, origin);
            assert_eq!(scale.validate(1), Ok(()), "{values:?}");
            let out = scale.apply(&matrix);
            assert!(
                out.data().iter().all(|v| v.is_finite()),
                "{values:?} {scale:?}"
            );
        }
        let scale = NetworkScale::fit(&matrix);
        assert_eq!(scale.validate(1), Ok(()), "{values:?}");
        let out = scale.apply(&matrix);
        assert!(
            out.data().iter().all(|v| v.abs() < 3.0),
            "{values:?} {scale:?}"
        );
    }
}

#[test]
fn scalings_of_another_width_or_without_sense_are_refused() {
    let matrix = column((0..20).map(f64::from).collect());
    let search = SearchScale::fit(&matrix, Origin::Auto);
    let network = NetworkScale::fit(&matrix);
    assert_eq!(
        search.validate(2).unwrap_err(),
        "the search's scaling is of 1 inputs, not of 2"
    );
    assert_eq!(
        network.validate(0).unwrap_err(),
        "the network's scaling is of 1 inputs, not of 0"
    );
    let spoiled = |json: &str| {
        let scale: SearchScale = serde_json::from_str(json).unwrap();
        scale.validate(1)
    };
    let ok = r#"[{"shift":0.0,"scale":1.0,"limits":[-1.0,1.0],"winsorised":0}]"#;
    assert_eq!(spoiled(ok), Ok(()));
    for (from, to) in [
        ("scale\":1.0", "scale\":0.0"),
        ("-1.0", "2.0"),
        ("1.0,\"l", "-1.0,\"l"),
    ] {
        assert_ne!(ok, ok.replace(from, to));
        assert!(spoiled(&ok.replace(from, to)).is_err());
    }
    let json = serde_json::to_string(&network)
        .unwrap()
        .replace("scale\":", "scale\":-");
    let network: NetworkScale = serde_json::from_str(&json).unwrap();
    assert!(network.validate(1).is_err());
}
