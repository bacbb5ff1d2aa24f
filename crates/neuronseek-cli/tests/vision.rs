//! `vision train`, `evaluate`, `predict`, `export` and `maps`: used, killed and resumed, refused.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use std::process::Stdio;
use std::time::{Duration, Instant};

use program::{Folder, command};

/// Pictures of two classes, red and blue, in `photos/train` and `photos/test`.
fn photos(folder: &Folder) {
    for (part, count) in [("train", 40), ("test", 10)] {
        for (class, channel) in [("blue", 2), ("red", 0)] {
            let of_class = folder.file(&format!("photos/{part}/{class}"));
            std::fs::create_dir_all(&of_class).unwrap();
            for number in 0..count {
                let picture = image::RgbImage::from_fn(12, 10, |x, y| {
                    let noise = ((x * 31 + y * 17 + number * 7) % 97) as u8;
                    let mut pixel = [noise; 3];
                    pixel[channel] += 90;
                    image::Rgb(pixel)
                });
                let path = of_class.join(format!("{number:02}.png"));
                picture.save(path).unwrap();
            }
        }
    }
}

const TRAIN: &str = "vision train photos --architecture small-cnn --width 0.2 --batch 16 \
                     --neuron x+x^2";

#[test]
fn a_model_is_trained_and_used() {
    let folder = Folder::new();
    photos(&folder);
    let trained = folder.json(&format!("{TRAIN} --epochs 4 -o m --log curves --json"));
    assert_eq!(trained["neuron"], "x + x^2");
    assert_eq!(trained["history"].as_array().unwrap().len(), 4);
    assert!(
        trained["test"]["accuracy"].as_f64().unwrap() > 0.9,
        "{trained:#}"
    );
    assert_eq!(std::fs::read_dir(folder.file("curves")).unwrap().count(), 1);
    assert!(!folder.file("m.checkpoint").exists());
    let measured = folder.json("vision evaluate m photos --json");
    assert_eq!(measured["metrics"]["accuracy"], trained["test"]["accuracy"]);
    assert_eq!(measured["classes"][1]["name"], "red");
    let text = folder.must("vision predict m photos/test/red --proba");
    let mut lines = text.lines();
    assert_eq!(lines.next().unwrap(), "file,prediction,p_blue,p_red");
    assert_eq!(lines.clone().count(), 10);
    assert!(
        lines.filter(|line| line.contains(",red,")).count() > 8,
        "{text}"
    );
    folder.must("vision export m --format onnx -o m.onnx");
    assert!(folder.read("m.onnx").len() > 1000);
    folder.must("vision maps m photos/test/blue/00.png --class blue -o maps");
    assert!(folder.file("maps/00.blue.png").exists());
    let grown = "vision train photos --batch 16 --epochs 1 --grow m --neuron x+x^2+cp(2) \
                 --learning-rate 0.0001 --json";
    let grown = folder.json(grown);
    assert!(
        grown["test"]["accuracy"].as_f64().unwrap() > 0.9,
        "{grown:#}"
    );
    assert!(grown["parameters"].as_u64() > trained["parameters"].as_u64());
}

#[test]
fn a_killed_run_resumes_to_the_same_curve_and_the_same_model() {
    let folder = Folder::new();
    photos(&folder);
    let whole = folder.json(&format!(
        "{TRAIN} --epochs 30 --average 0.9 -o whole --json"
    ));
    let mut child = command(
        folder.path(),
        &format!("{TRAIN} --epochs 30 --average 0.9 -o m"),
    )
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) && !folder.file("m.checkpoint").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    child.wait().unwrap();
    assert!(
        !folder.file("m").exists(),
        "the run was done before it was killed"
    );
    let resumed = folder.json(&format!(
        "{TRAIN} --epochs 30 --average 0.9 -o m --resume --json"
    ));
    let curve = |document: &serde_json::Value| -> Vec<(String, String)> {
        let epochs = document["history"].as_array().unwrap().iter();
        epochs
            .map(|epoch| (epoch["loss"].to_string(), epoch["validation"].to_string()))
            .collect()
    };
    assert_eq!(curve(&whole), curve(&resumed));
    assert!(folder.read("m") == folder.read("whole"), "another model");
    let timed = resumed["history"].as_array().unwrap().iter();
    let timed = timed.filter(|epoch| epoch.get("pace").is_some()).count();
    assert!(timed < 30, "nothing was resumed");
}

#[test]
fn a_neuron_is_searched_inside_a_network_and_on_rows() {
    let folder = Folder::new();
    photos(&folder);
    let found = folder.json(
        "vision search joint photos --candidates x+x^2 --epochs 4 --batch 16 -o start --json",
    );
    let gates = found["gates"].as_array().unwrap();
    assert_eq!(gates.len(), 2);
    assert!(gates.iter().any(|gate| gate["kept"] == true));
    let neuron = found["neuron"].as_str().unwrap();
    let grown = folder.json("vision train photos --grow start --epochs 1 --batch 16 --json");
    assert_eq!(grown["neuron"], neuron);
    for way in ["flat", "features --epochs 1", "patches"] {
        let found = folder.json(&format!("vision search {way} photos --json"));
        assert!(
            found["explained"].as_f64().unwrap() > 0.5,
            "{way}: {found:#}"
        );
    }
}

#[test]
fn the_model_does_not_depend_on_threads_and_workers() {
    let folder = Folder::new();
    photos(&folder);
    folder.must(&format!("{TRAIN} --epochs 2 -o one --threads 1"));
    folder.must(&format!(
        "{TRAIN} --epochs 2 -o three --threads 3 --workers 2"
    ));
    assert!(folder.read("one") == folder.read("three"));
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = Folder::new();
    photos(&folder);
    folder.must(&format!("{TRAIN} --epochs 1 -o m"));
    std::fs::write(folder.file("photos/train/red/99.png"), "no picture").unwrap();
    for (line, code, parts) in [
        (TRAIN, 1, &["photos/train/red/99.png"][..]),
        ("vision train nothing", 1, &["nothing", "vision sets"]),
        (
            "vision train photos --architecture resnet-19",
            2,
            &["resnet-20"],
        ),
        ("vision train photos --size 4", 2, &["8 to 1024"]),
        ("vision train photos --device cuda", 1, &["--features cuda"]),
        ("vision train photos -o m", 1, &["exists already"]),
        (
            "vision train photos --patience 3",
            2,
            &["--validation-fraction"],
        ),
        ("vision evaluate photos photos", 1, &["photos"]),
        ("vision predict m photos/test/red/00.txt", 1, &["00.txt"]),
        (
            "vision maps m photos/test/red/00.png --class pink -o maps",
            1,
            &["pink", "blue, red"],
        ),
        ("inspect m", 1, &["models of tables"]),
    ] {
        let run = folder.run(line);
        assert_eq!(run.code, Some(code), "{line}: {}", run.errors);
        for part in parts {
            assert!(run.errors.contains(part), "{line}: {}", run.errors);
        }
    }
    let run = folder.run(&format!("{TRAIN} --epochs 1 --skip-corrupt"));
    assert_eq!(run.code, Some(0), "{}", run.errors);
    assert!(run.errors.contains("99.png"), "{}", run.errors);
    std::fs::remove_file(folder.file("photos/train/red/99.png")).unwrap();
    std::fs::create_dir(folder.file("photos/train/green")).unwrap();
    let run = folder.run(TRAIN);
    assert!(
        run.code == Some(1) && run.errors.contains("green"),
        "{}",
        run.errors
    );
}
