//! Runs a Python program of a crate's tests, where a Python with its packages is found.

use std::io::Write;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// `$NEURONSEEK_PYTHON`, else `python3`; `None`, with a printed word, where it lacks one of the packages.
pub fn with(packages: &str) -> Option<String> {
    let python = std::env::var("NEURONSEEK_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_them = Command::new(&python)
        .args(["-c", &format!("import {packages}")])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_them {
        println!("skipped: {python} lacks one of {packages} (set NEURONSEEK_PYTHON)");
    }
    has_them.then_some(python)
}

/// Feeds `input` as JSON to `program` and reads its JSON. `None` as [`with`]; a program that fails is a
/// failed test.
pub fn ask<I: Serialize, O: DeserializeOwned>(
    program: &str,
    packages: &str,
    input: &I,
) -> Option<O> {
    let python = with(packages)?;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/");
    let mut child = Command::new(&python)
        .arg(format!("{folder}{program}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = serde_json::to_vec(input).unwrap();
    // Programs read all of their input before they print.
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
