//! The JSON documents of search, fit, inspect and evaluate against the schemas of the repository.

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
    let given = folder.json(&format!("fit a.csv --target y --neuron x^2 {small} --json"));
    check("fit", &given);
    assert_eq!(
        (&given["method"], &given["search"]),
        (&Value::Null, &Value::Null)
    );
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
