use std::fs;

use super::*;

/// A folder with the table of a product and one of classes.
fn tables() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (mut product, mut classes) = (String::from("a,b,y\n"), String::from("a,b,y\n"));
    for row in 0..200 {
        let (a, b) = (f64::from(row % 17) - 8.3, f64::from(row * row % 23) - 11.1);
        let chance = f64::from(row * 7919 % 101) - 50.0;
        product += &format!("{a},{b},{}\n", a * b + 0.05 * chance);
        let yes = a + 0.3 * b + 0.1 * chance > 0.0;
        classes += &format!("{a},{b},{}\n", if yes { "yes" } else { "no" });
    }
    fs::write(folder.path().join("product.csv"), product).unwrap();
    fs::write(folder.path().join("classes.csv"), classes).unwrap();
    let index = r#"{"datasets": [
        {"name": "product", "file": "product.csv", "target": "y"},
        {"name": "classes", "file": "classes.csv", "target": "y"}]}"#;
    fs::write(folder.path().join("INDEX.json"), index).unwrap();
    folder
}

fn small(folder: &tempfile::TempDir) -> AblationSettings {
    AblationSettings {
        folder: folder.path().to_path_buf(),
        depths: vec![0, 1],
        widths: vec![4],
        seeds: 3,
        ladder_seeds: 2,
        ingredients: Vec::new(),
        ..AblationSettings::default()
    }
}

fn quietly(settings: &AblationSettings, options: &Options) -> Results<Run, Answer, Measured> {
    run(settings, options, &Control::silent(), &|_, _| {}).unwrap()
}

#[test]
fn a_product_pays_without_a_hidden_layer_and_the_runs_resume() {
    let (folder, out) = (tables(), tempfile::tempdir().unwrap());
    let settings = AblationSettings {
        only: vec!["product".to_string()],
        ..small(&folder)
    };
    let options = Options {
        out: Some(out.path().to_path_buf()),
        ..Options::default()
    };
    let results = quietly(&settings, &options);
    // Two neurons, three seeds of two depths, two of one rung.
    assert_eq!(results.records.len(), 2 * (2 * 3 + 2));
    let pairs = paired(&results.records);
    assert_eq!(pairs.len(), 6);
    for one in &pairs {
        let Question::Neuron { hidden, .. } = &one.question else {
            panic!("{one:?}");
        };
        assert_eq!(one.failed, 0);
        let [with, without] = one.parameters;
        if hidden.is_empty() {
            // Without widths there is nothing to level: x is the linear model.
            assert!(with > without, "{one:?}");
            assert_eq!(one.verdict(), Some(Verdict::Pays), "{one:?}");
            assert!(one.losses[0] < 0.5 * one.losses[1], "{one:?}");
        } else {
            assert!((with / without - 1.0).abs() < 0.2, "{one:?}");
        }
    }
    let text = markdown(&settings, &pairs, None);
    assert!(
        text.contains("| found | no hidden layer | 1 | 1 | 0 | 0 | 0 |"),
        "{text}"
    );
    // The seconds are the proof that nothing was fitted again.
    assert_eq!(quietly(&settings, &options), results);
}

#[test]
fn each_ingredient_is_compared_on_numbers_and_classes() {
    let folder = tables();
    let settings = AblationSettings {
        neurons: Vec::new(),
        ingredients: Ingredient::ALL.to_vec(),
        seeds: 2,
        ..small(&folder)
    };
    let results = quietly(&settings, &Options::default());
    assert_eq!(results.records.len(), 2 * 5 * 2);
    for record in &results.records {
        let Answer::Compared { with, without, .. } = &record.result else {
            panic!("{record:?}");
        };
        let Question::Ingredient(one) = record.run.question else {
            panic!("{record:?}");
        };
        // There are no categories to make statistics of.
        let same = one == Ingredient::Statistics;
        assert_eq!(with == without, same, "{record:?}");
        let more = matches!(one, Ingredient::Embedding | Ingredient::Folds);
        assert_eq!(
            with.parameters > without.parameters,
            more || one == Ingredient::Blend
        );
    }
    let text = markdown(&settings, &paired(&results.records), None);
    assert!(
        text.contains("| statistics | target statistics auto against off | 2 | 0 | 0 | 2 | 0 |"),
        "{text}"
    );
    assert!(!text.contains("against x"), "{text}");
}

fn record(hidden: &[usize], neuron: &str, seed: u64, sides: [(f64, usize); 2]) -> Line {
    let [with, without] = sides.map(|(test, parameters)| Side { test, parameters });
    Record {
        id: String::new(),
        experiment: NAME.to_string(),
        version: 1,
        run: Run {
            table: "t".to_string(),
            digest: String::new(),
            split: 0,
            question: Question::Neuron {
                of: Candidate::Found,
                hidden: hidden.to_vec(),
            },
            seed,
        },
        result: Answer::Compared {
            loss: "nmse".to_string(),
            neuron: neuron.parse().unwrap(),
            with,
            without,
            linear: 0.9,
        },
        measured: Measured { seconds: 1.0 },
    }
}

#[test]
fn differences_are_paired_and_failures_counted() {
    let mut records = vec![
        record(&[], "cp(2, r=1)", 0, [(0.3, 5), (0.4, 3)]),
        record(&[], "cp(2, r=1)", 1, [(0.5, 5), (0.62, 3)]),
        record(&[], "cp(2, r=1)", 2, [(0.7, 5), (0.8, 3)]),
    ];
    records[2].result = Answer::Failed("a test".to_string());
    let [one] = paired(&records).try_into().unwrap();
    assert_eq!((one.pairs, one.failed, one.parameters), (2, 1, [5.0, 3.0]));
    assert!((one.difference + 0.11).abs() < 1e-12);
    // The t of one degree is 12.7062, the deviation of the differences 0.02 / sqrt 2.
    let (low, high) = one.interval.unwrap();
    assert!((high - low - 2.0 * 12.7062 * 0.01).abs() < 1e-5);
    assert_eq!(one.verdict(), Some(Verdict::Neither));
    let same = paired(&[record(&[], "x", 0, [(0.3, 3), (0.3, 3)])]);
    assert_eq!(same[0].verdict(), Some(Verdict::Same));
    assert!(paired(&records[2..]).is_empty());
}

#[test]
fn the_smallest_network_that_reaches_a_peer_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peers.csv");
    let text = "table,split,method,n_test,nmse,log_loss\nt,0,other,9,0.1,\nt,0,peer,9,0.45,\n\
                u,0,peer,9,,0.3\n";
    fs::write(&path, text).unwrap();
    let peers = PeerLosses::read(&path, "peer").unwrap();
    assert_eq!((peers.loss("t", 0), peers.loss("t", 1)), (Some(0.45), None));
    assert_eq!(peers.loss("u", 0), Some(0.3));
    let error = PeerLosses::read(&path, "nobody").unwrap_err().to_string();
    assert!(error.contains("no row of the method nobody"), "{error}");
    let records = [
        record(&[4, 2], "x^2", 0, [(0.5, 30), (0.6, 31)]),
        record(&REFERENCE, "x^2", 0, [(0.4, 900), (0.5, 905)]),
    ];
    let pairs = paired(&records);
    let [peer, plain] = needed(&pairs, Some(&peers)).try_into().unwrap();
    assert_eq!(peer.goal, Goal::Peer("peer".to_string()));
    assert_eq!(peer.parameters, [Some(900.0), None]);
    assert_eq!(
        (plain.loss, plain.parameters),
        (0.5, [Some(30.0), Some(905.0)])
    );
    let text = markdown(&AblationSettings::default(), &pairs, Some(&peers));
    assert!(
        text.contains("| t | 0 | found | peer | 0.4500 | 900 | - (0.5000) |"),
        "{text}"
    );
    assert!(
        text.contains("| found | network of x | 1 | 1 | 0 | 0 | 0 | 0.03 |"),
        "{text}"
    );
}

#[test]
fn bad_settings_are_refused_together() {
    let settings = AblationSettings {
        splits: Vec::new(),
        depths: vec![3],
        widths: vec![1],
        seeds: 1,
        ..AblationSettings::default()
    };
    let options = Options::default();
    let error = run(&settings, &options, &Control::silent(), &|_, _| {}).unwrap_err();
    let text = error.to_string();
    for part in ["no split", "depth 3", "width 1", "seeds 1"] {
        assert!(text.contains(part), "{text}");
    }
}
