use std::fs;

use neuronseek::neuron::Neuron;

use super::*;

const AIRFOIL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/data/airfoil_self_noise.csv"
);

/// A folder with the table of the repository and one of classes under a name of the paper.
fn tables() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(AIRFOIL, folder.path().join("airfoil.csv")).unwrap();
    let mut classes = String::from("a,b,class\n");
    for row in 0..400 {
        let (a, b) = (f64::from(row % 17) - 8.3, f64::from(row * row % 23) - 11.1);
        let class = if a * b > 0.0 { "good" } else { "bad" };
        classes += &format!("{a},{b},{class}\n");
    }
    fs::write(folder.path().join("classes.csv"), classes).unwrap();
    let index = r#"{"datasets": [
        {"name": "airfoil_self_noise", "file": "airfoil.csv", "target": "sound_pressure"},
        {"name": "credit_g", "file": "classes.csv", "target": "class"},
        {"name": "unknown", "file": "nowhere.csv", "target": "y"}]}"#;
    fs::write(folder.path().join("INDEX.json"), index).unwrap();
    folder
}

fn quick(folder: &tempfile::TempDir) -> PublishedSettings {
    PublishedSettings {
        folder: folder.path().to_path_buf(),
        seeds: 2,
        trials: 2,
        epochs: Some(3),
        ..PublishedSettings::default()
    }
}

fn quietly(settings: &PublishedSettings, options: &Options) -> Results<Run, Answer, Measured> {
    run(settings, options, &Control::silent(), &|_, _| {}).unwrap()
}

#[test]
fn each_protocol_divides_and_trains_as_it_says_and_resumes() {
    let (folder, out) = (tables(), tempfile::tempdir().unwrap());
    let settings = quick(&folder);
    let options = Options {
        out: Some(out.path().to_path_buf()),
        ..Options::default()
    };
    let results = quietly(&settings, &options);
    // Two seeds of version 1 and two trials of Table III on the airfoil, two trials on the classes.
    assert_eq!(results.records.len(), 6);
    for record in &results.records {
        let Answer::Networks {
            neuron,
            rows,
            inputs,
            found,
            linear,
        } = &record.result
        else {
            panic!("{record:?}");
        };
        let expected = match (record.run.protocol, record.run.table.as_str()) {
            (Protocol::First, _) => ([1353, 0, 150], 5),
            (_, "credit_g") => ([280, 40, 80], 2),
            _ => ([1052, 150, 301], 5),
        };
        assert_eq!((*rows, *inputs), expected, "{record:?}");
        if record.run.protocol == Protocol::First {
            assert_eq!(linear.parameters, 5 * 8 + 8 + 8 + 1);
        }
        assert_eq!(found == linear, neuron.is_linear(), "{record:?}");
    }
    let scores: Vec<Option<f64>> = (results.records.iter())
        .map(|record| match &record.result {
            Answer::Networks { linear, .. } => linear.scores.get(Measure::Unit),
            _ => None,
        })
        .collect();
    assert_ne!(scores[0], scores[1], "the seeds have the same test rows");
    // The seconds are the proof that nothing was trained again.
    assert_eq!(quietly(&settings, &options), results);
    let text = markdown(&settings, &results.records);
    for part in [
        "| airfoil_self_noise | 1503 | 5 | 8 | 2 | MSE in [-1, 1] |",
        "TD 0.0303 (0.0033) (n)",
        "| credit_g | 400 | 2 | 6-3 | 2 | accuracy |",
        "* credit_g: 400 rows of 1000",
        "Not run: california_housing, house_sales,",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[test]
fn scores_are_those_of_the_scaled_target_for_the_default_fit_too() {
    let folder = tables();
    // Some of the rows: the default fit is the slow part.
    let whole = fs::read_to_string(AIRFOIL).unwrap();
    let some: Vec<&str> = whole.lines().step_by(20).collect();
    fs::write(folder.path().join("airfoil.csv"), some.join("\n")).unwrap();
    let target = some[1..]
        .iter()
        .map(|line| line.rsplit(',').next().unwrap());
    let target: Vec<f64> = target.map(|cell| cell.parse().unwrap()).collect();
    let settings = PublishedSettings {
        only: vec!["airfoil".to_string()],
        protocols: vec![Protocol::First],
        seeds: 1,
        with_default: true,
        ..quick(&folder)
    };
    let records = quietly(&settings, &Options::default()).records;
    // The ends may be among the few test rows.
    let variance = crate::statistics::deviation(&target).unwrap().powi(2);
    let ends = [f64::min, f64::max].map(|end| target.iter().copied().reduce(end).unwrap());
    let expected = variance * (2.0 / (ends[1] - ends[0])).powi(2);
    let mut scored = Vec::new();
    for record in &records {
        match &record.result {
            Answer::Networks { found, linear, .. } => scored.extend([found, linear]),
            Answer::Default(one) => scored.push(one),
            Answer::Failed(reason) => panic!("{reason}"),
        }
    }
    let [_, _, default] = &scored[..] else {
        panic!("{records:?}");
    };
    for one in &scored {
        let of = |measure| one.scores.get(measure).unwrap();
        let ratio = of(Measure::Unit) / of(Measure::Standard) / expected;
        assert!(ratio > 0.7 && ratio < 1.4, "{ratio}: {one:?}");
    }
    let left = default.scores.get(Measure::Standard).unwrap();
    assert!(left > 1e-4 && left < 1.0, "{default:?}");
}

fn line(seed: u64, scores: [f64; 2]) -> Line {
    let [found, linear] = scores.map(|accuracy| Scored {
        scores: Scores::Classes { accuracy, f1: 0.5 },
        parameters: 20,
    });
    let protocol = Protocol::TableThree;
    Record {
        id: String::new(),
        experiment: NAME.to_string(),
        version: 1,
        run: Run {
            protocol,
            table: "vehicle".to_string(),
            digest: String::new(),
            what: What::Networks {
                hidden: vec![6, 3],
                recipe: protocol.recipe(Placement::First, None),
            },
            seed,
        },
        result: Answer::Networks {
            neuron: "x^2".parse::<Neuron>().unwrap(),
            rows: [592, 85, 169],
            inputs: 18,
            found,
            linear,
        },
        measured: Measured {
            seconds: 0.0,
            cpu_seconds: 0.0,
        },
    }
}

#[test]
fn a_higher_accuracy_is_better_and_less_than_the_published_one_worse() {
    let records = [
        line(0, [0.70, 0.60]),
        line(1, [0.71, 0.62]),
        line(2, [0.72, 0.61]),
    ];
    let [one] = summarise(&records).try_into().unwrap();
    assert_eq!(one.pays, Some(crate::ablation::Verdict::Pays));
    let against = one.against.unwrap();
    assert_eq!(against.verdict, Verdict::Worse);
    assert!((against.change - (0.71 / 0.8176 - 1.0)).abs() < 1e-12);
    assert!((one.found.mean - 0.71).abs() < 1e-12);
    let text = markdown(&PublishedSettings::default(), &records);
    assert!(
        text.contains("71.00 % (1.00 %) | 61.00 % (1.00 %) | pays"),
        "{text}"
    );
    assert!(
        text.contains("NS 81.76 % (l) | NS -13.2 %: worse"),
        "{text}"
    );
}

#[test]
fn every_case_has_widths_and_numbers_in_their_range() {
    for case in CASES {
        assert!(!case.hidden.is_empty() && !case.measures().is_empty());
        for number in case.published {
            assert!(number.value > 0.0 && number.value < 1.0, "{case:?}");
            assert!(
                number.measure.is_none_or(|m| case.measures().contains(&m)),
                "{case:?}"
            );
        }
        let same = |other: &&Case| (other.protocol, other.table) == (case.protocol, case.table);
        assert_eq!(CASES.iter().filter(same).count(), 1, "{case:?}");
    }
}

#[test]
fn bad_settings_are_refused_together_and_foreign_tables_named() {
    let folder = tables();
    let refused = |settings: PublishedSettings| {
        let options = Options::default();
        let error = run(&settings, &options, &Control::silent(), &|_, _| {}).unwrap_err();
        error.to_string()
    };
    let text = refused(PublishedSettings {
        protocols: Vec::new(),
        seeds: 0,
        epochs: Some(0),
        ..quick(&folder)
    });
    for part in ["no protocol", "seeds 0", "epochs 0"] {
        assert!(text.contains(part), "{text}");
    }
    let text = refused(PublishedSettings {
        only: vec!["unknown".to_string()],
        ..quick(&folder)
    });
    assert!(
        text.contains("tables of theirs: california_housing"),
        "{text}"
    );
}
