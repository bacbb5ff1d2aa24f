//! `neuronseek theory`: what it shows, and what it refuses.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use program::{Folder, Run, command};
use serde_json::Value;

const PAPER: &str = "0.8 * sin(2 * pi * x) * exp(-x) + 0.15 * cos(9 * pi * x)";

/// Formulas have spaces, so arguments come one by one.
fn theory(folder: &Folder, arguments: &[&str]) -> Run {
    let mut command = command(folder.path(), "theory");
    command.args(arguments).output().unwrap().into()
}

fn json(arguments: &[&str]) -> Value {
    let run = theory(&Folder::new(), &[arguments, &["--json"]].concat());
    assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.errors);
    serde_json::from_str(&run.out).unwrap()
}

fn refused(arguments: &[&str], words: &[&str]) {
    let folder = Folder::new();
    let run = theory(&folder, arguments);
    assert_eq!(run.code, Some(1), "{arguments:?}: {run:?}");
    assert_eq!(run.out, "");
    assert!(folder.names().is_empty());
    for word in words {
        assert!(run.errors.contains(word), "no {word:?} in: {}", run.errors);
    }
}

#[test]
fn every_form_of_the_orbit_agrees() {
    let found = json(&[
        "orbit",
        "--function",
        PAPER,
        "--nodes",
        "512",
        "--bits",
        "18",
        "--check",
    ]);
    assert_eq!(found["places"], 9284);
    let error = |name: &str| found["error"][name].as_f64().unwrap();
    assert!(error("sampled") <= 7.3e-5 && error("nodes") < error("nodes_bound"));
    assert!(error("certified") >= error("sampled") && error("certified") < error("theorem"));
    let check = &found["check"];
    for name in ["seeds_equal", "twin_symbols_equal", "literal_equal"] {
        assert_eq!(check[name], true, "{name}");
    }
    for name in ["twin_apart", "literal_apart"] {
        assert!(check[name].as_f64().unwrap() < 1e-9, "{name}");
    }
}

#[test]
fn a_wanted_error_is_met_by_one_network() {
    let weierstrass = "0.45 * (cos(pi * x) + 0.5 * cos(3 * pi * x) + 0.25 * cos(9 * pi * x) \
                       + 0.125 * cos(27 * pi * x) + 0.0625 * cos(81 * pi * x))";
    let functions = [
        PAPER,
        "1.6 * abs(x - 0.37) - 0.6",
        weierstrass,
        "0.9",
        "-0.9",
        "sqrt(x) - 0.5",
        "x < 0.3: 2 * x; x < 0.6: 0.6; 1.2 - x",
    ];
    let mut network = None;
    for function in functions {
        let found = json(&["orbit", "--eps", "0.01", "--function", function]);
        assert!(
            found["error"]["certified"].as_f64().unwrap() <= 0.01,
            "{function}"
        );
        // The same numbers for every function.
        let cells = network.get_or_insert_with(|| found["network"].clone());
        assert_eq!(*cells, found["network"], "{function}");
    }
    let finer = json(&["orbit", "--eps", "0.0001", "--function", PAPER]);
    assert_eq!(network.unwrap(), finer["network"]);
    for function in [
        "0.5 * sin(5 * x1) * cos(3 * x2)",
        "0.5 * x1 * x2 + 0.3 * sin(3 * x3)",
    ] {
        let found = json(&["orbit", "--eps", "0.01", "--function", function]);
        assert!(
            found["error"]["certified"].as_f64().unwrap() <= 0.01,
            "{function}"
        );
        assert_eq!(found["network"]["magnitude"], 2.0);
    }
}

#[test]
fn errors_are_in_the_functions_own_unit() {
    let found = json(&[
        "orbit",
        "--eps",
        "0.1",
        "--rescale",
        "--function",
        "50 * x^2",
        "--to",
        "2",
    ]);
    assert!(found["error"]["certified"].as_f64().unwrap() <= 0.1);
    assert!(found["error"]["sampled"].as_f64().unwrap() > 1e-3);
}

#[test]
fn bad_requests_are_refused_with_what_to_do() {
    let orbit = |function| {
        [
            "orbit",
            "--nodes",
            "8",
            "--bits",
            "8",
            "--function",
            function,
        ]
    };
    refused(
        &orbit("sin(2 * x"),
        &["a \")\" is missing\n  sin(2 * x\n           ^"],
    );
    refused(
        &orbit("2 * foo(x)"),
        &["neither an input nor a function", "\n      ^"],
    );
    refused(&orbit("1 / (x - 0.5)"), &["division by zero", "x = 0.5"]);
    refused(&orbit("3 * x"), &["--rescale", "[-1, 1]"]);
    refused(&orbit("x < 0.5: 0; 0.5"), &["not continuous", "x = 0.5"]);
    refused(
        &["orbit", "--eps", "0", "--function", "x"],
        &["--eps is 0", "above zero"],
    );
    let large = [
        "orbit",
        "--nodes",
        "100000",
        "--bits",
        "20",
        "--function",
        "x1 * x2 * x3",
    ];
    refused(&large, &["GB of memory", "--memory-limit"]);
    refused(
        &["bits", "--nodes", "8", "--function", "sqrt(x)"],
        &["--lipschitz is inf"],
    );
    refused(
        &["trajectory", "--nodes", "1", "--function", "x"],
        &["--nodes is 1"],
    );
    refused(&["waiting", "--nodes", "30", "--eps", "0.01"], &["steps"]);
    let folder = Folder::new();
    folder.write("f.csv", "x,y\n0,0\n1,0.5\n1,0.7\n");
    let run = theory(&folder, &["orbit", "--csv", "f.csv", "--eps", "0.1"]);
    assert!(
        run.code == Some(1) && run.errors.contains("not continuous"),
        "{run:?}"
    );
    folder.write("g.csv", "0,0\n1,a\n");
    let run = theory(&folder, &["orbit", "--csv", "g.csv", "--eps", "0.1"]);
    assert!(
        run.code == Some(1) && run.errors.contains("line 2"),
        "{run:?}"
    );
}

#[test]
fn the_other_constructions_keep_their_bounds() {
    let bits = json(&[
        "bits",
        "--function",
        PAPER,
        "--lipschitz",
        "9.5",
        "--nodes",
        "64,1024",
    ]);
    for row in bits["rows"].as_array().unwrap() {
        assert!(
            (0.95..=1.0).contains(&row["ratio"].as_f64().unwrap()),
            "{row}"
        );
        assert_eq!(row["orbit_equal"], true);
    }
    let lattice = ["--by", "lattice", "--nodes", "32", "--eps", "0.01"];
    let lattice = json(&[&["trajectory", "--function", PAPER], &lattice[..]].concat());
    assert!(lattice["node_error"].as_f64().unwrap() <= 0.01);
    assert!(lattice["ratio"].as_f64().unwrap() <= 1.15);
    let precision = json(&["precision", "--function", PAPER, "--places", "53,404"]);
    assert_eq!(precision["rows"][1]["first_wrong_node"], Value::Null);
    assert!(precision["rows"][0]["error"].as_f64().unwrap() > 0.5);
}

#[test]
fn pictures_and_the_page_are_written() {
    let folder = Folder::new();
    let base = [
        "orbit",
        "--function",
        PAPER,
        "--nodes",
        "16",
        "--bits",
        "8",
        "--plots",
        ".",
    ];
    let run = theory(&folder, &[&base[..], &["--page", "page.html"]].concat());
    assert_eq!(run.code, Some(0), "{}", run.errors);
    let names = folder.names();
    for name in ["orbit-function.svg", "orbit-steps.png", "page.html"] {
        assert!(names.iter().any(|found| found == name), "{names:?}");
    }
    let again = theory(&folder, &[&base[..], &["--page", "page.html"]].concat());
    assert!(
        again.code == Some(1) && again.errors.contains("--force"),
        "{again:?}"
    );
}

#[test]
fn a_models_predictions_are_a_function() {
    let folder = Folder::new();
    folder.hybrid("t.csv", 300);
    folder.must("fit t.csv --target y -o m.safetensors --neuron x --epochs 2 --hidden 4 -q");
    let run = theory(
        &folder,
        &[
            "orbit",
            "--model",
            "m.safetensors",
            "--data",
            "t.csv",
            "--along",
            "x2",
            "--rescale",
            "--nodes",
            "64",
            "--bits",
            "12",
            "--json",
        ],
    );
    assert_eq!(run.code, Some(0), "{}", run.errors);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert!(
        found["error"]["nodes"].as_f64().unwrap()
            <= found["error"]["nodes_bound"].as_f64().unwrap()
    );
}
