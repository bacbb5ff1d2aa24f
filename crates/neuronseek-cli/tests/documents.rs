//! The JSON documents of search, fit, inspect, evaluate and explain against the schemas of the repository.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use program::Folder;
use serde_json::Value;

fn check(schema: &str, document: &Value) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/");
    let text = std::fs::read_to_string(format!("{path}{schema}.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}\n{document:#}", errors.join("\n"));
}

#[test]
fn documents_of_a_regression() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    let search = folder.json("search a.csv --target y --json");
    check("search", &search);
    assert_eq!(search["neuron"], "x + cp(2, r=1)");
    assert_eq!(search["structure"]["interaction"][0]["rank"], 1);
    assert_eq!(search["rows"], 300);
    let search = folder.json("search a.csv --target y --alternatives --json");
    check("search", &search);
    assert_eq!(search["neuron"], "x + cp(2, r=1)");
    let ties = search["alternatives"].as_array().unwrap();
    assert!(ties.iter().any(|tie| tie["neuron"] == search["neuron"]));
    let small = "--epochs 3 --hidden 8";
    let fit = folder.json(&format!(
        "fit a.csv --target y --split 0 -o m {small} --json"
    ));
    check("fit", &fit);
    assert_eq!(fit["model"], "m");
    assert!(fit["metrics"]["test"]["rmse"].is_f64());
    let evaluate = folder.json("evaluate m a.csv --json");
    check("evaluate", &evaluate);
    assert_eq!(evaluate["rows"], 300);
    let inspect = folder.json("inspect m --json");
    check("fit", &inspect);
    assert_eq!(inspect["metrics"], fit["metrics"]);
    let explain = folder.json("explain m a.csv --row 3 --bootstrap 1 --json");
    check("explain", &explain);
    check("explain", &folder.json("explain m --json"));
    let given = folder.json(&format!("fit a.csv --target y --neuron x^2 {small} --json"));
    check("fit", &given);
    assert_eq!(
        (&given["method"], &given["search"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn documents_of_a_loss_of_amounts() {
    let folder = Folder::new();
    folder.write("a.csv", square(200));
    let line = "fit a.csv --target y --neuron x --loss gamma -o m --epochs 3 --hidden 8 --json";
    let fit = folder.json(&format!("{line} --split 0 --intervals 0.8"));
    check("fit", &fit);
    assert_eq!(fit["intervals"]["test"][0]["level"], 0.8);
    assert_eq!(fit["loss"], "gamma");
    assert!(fit["metrics"]["validation"]["deviance"].is_f64());
    check("evaluate", &folder.json("evaluate m a.csv --json"));
    folder.must("fit a.csv --target y --loss gamma -o n --profile small --epochs 3");
    check(
        "explain",
        &folder.json("explain n a.csv --row 1 --bootstrap 2 --json"),
    );
}

/// The square of the target is 4 a b - 2 c d, and what is under the root is above 0.
fn square(rows: usize) -> String {
    let mut text = String::from("a,b,c,d,e,y\n");
    for row in 0..rows {
        let x = |k: usize| ((row * (13 + 6 * k) + 5 * k) % 211) as f64 / 70.0 + 1.0;
        let (a, b, c, d) = (x(1) + 3.0, x(2) + 2.0, x(3) - 2.0, x(4));
        let y = (4.0 * a * b - 2.0 * c * d).sqrt();
        text.push_str(&format!("{a},{b},{c},{d},{},{y}\n", x(5)));
    }
    text
}

#[test]
fn documents_of_a_transformed_target() {
    let folder = Folder::new();
    folder.write("a.csv", square(600));
    let search = folder.json("search a.csv --target y --json");
    check("search", &search);
    assert_eq!(search["target_transform"]["transform"], "square");
    assert_eq!(search["equation"]["target"], "y^2");
    let terms = search["equation"]["terms"].as_array().unwrap();
    assert_eq!(terms.len(), 2, "{terms:?}");
    assert_eq!(terms[0]["powers"], serde_json::json!({"a": 1, "b": 1}));
    assert!((terms[0]["coefficient"].as_f64().unwrap() - 4.0).abs() < 1e-6);
    let small = "--epochs 3 --hidden 8";
    let fit = folder.json(&format!(
        "fit a.csv --target y --split 0 -o m {small} --json"
    ));
    check("fit", &fit);
    assert_eq!(fit["target_transform"]["transform"], "square");
    assert!(fit["metrics"]["test"]["nmse"].as_f64().unwrap() < 1e-10);
    // The file brings predictions back in the target's unit.
    let evaluate = folder.json("evaluate m a.csv --json");
    assert!(evaluate["metrics"]["table"]["nmse"].as_f64().unwrap() < 1e-10);
    let text = folder.must("inspect m");
    assert!(text.contains("y^2 = 4 * a * b - 2 * c * d"), "{text}");
    let plain = folder.json("search a.csv --target y --target-transform none --json");
    check("search", &plain);
    assert_eq!(plain["target_transform"]["transform"], "none");
    for transform in ["sqrt", "log", "log1p", "cbrt", "reciprocal", "square"] {
        let line = format!(
            "fit a.csv --target y --target-transform {transform} --neuron x -o m --force {small} --json"
        );
        let fit = folder.json(&line);
        check("fit", &fit);
        assert_eq!(fit["candidates"][0]["transform"], transform);
        let evaluate = folder.json("evaluate m a.csv --json");
        let whole = evaluate["metrics"]["table"]["nmse"].as_f64().unwrap();
        assert!(whole < 0.9, "{transform} {whole}");
    }
}

#[test]
fn documents_of_a_classification() {
    let folder = Folder::new();
    folder.classes("a.csv", 300);
    check("search", &folder.json("search a.csv --target kind --json"));
    let fit = folder.json("fit a.csv --target kind -o m --test-fraction 0.2 --epochs 3 --json");
    check("fit", &fit);
    assert_eq!(fit["task"], "classification");
    check("evaluate", &folder.json("evaluate m a.csv --json"));
    check("explain", &folder.json("explain m a.csv --row 1 --json"));
}

#[test]
fn a_document_with_an_unknown_key_is_refused_by_the_schema() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    let mut search = folder.json("search a.csv --target y --json");
    search["extra"] = Value::from(1);
    let caught = std::panic::catch_unwind(|| check("search", &search));
    assert!(caught.is_err());
}

#[test]
fn standard_output_holds_the_document_alone() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    let run = folder.run("search a.csv --target y --json -v");
    assert!(
        serde_json::from_str::<Value>(&run.out).is_ok(),
        "{}",
        run.out
    );
    assert!(!run.errors.is_empty());
    let quiet = folder.run("search a.csv --target y --json -q");
    assert_eq!(quiet.errors, "");
}

#[test]
fn statistics_are_inputs_unless_turned_off() {
    let folder = Folder::new();
    let mut text = "town,size,price\n".to_string();
    for row in 0..1200usize {
        let town = row * row % 31;
        let (effect, size) = ((town * 7 % 13) as f64, (row * 37 % 101) as f64);
        text.push_str(&format!("t{town},{size},{}\n", effect + size / 50.0 + 0.25));
    }
    folder.write("a.csv", text);
    let small = "--target price --split 0 --neuron x --epochs 3 --hidden 8 --force --json";
    let inputs = |which: &str| {
        let fit = folder.json(&format!("fit a.csv {small} {which} -o m"));
        check("fit", &fit);
        fit["inputs"].as_u64().unwrap()
    };
    let off = inputs("--target-statistics off");
    assert_eq!(inputs(""), off + 3);
    let text = folder.must("inspect m");
    assert!(text.contains("mean(price)"), "{text}");
    assert_eq!(folder.must("predict m a.csv").lines().count(), 1201);
    let evaluate = folder.json("evaluate m a.csv --json");
    assert!(evaluate["metrics"]["table"]["nmse"].as_f64().unwrap() < 1.0);
}
