//! Runs a Python program of this folder, where a Python with torch is found.

use std::io::Write;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Feeds `input` as JSON to `program` and reads its JSON. `None`, with a printed word, where
/// `$NEURONSEEK_PYTHON` (else `python3`) has no torch; a program that fails is a failed test.
pub fn ask<I: Serialize, O: DeserializeOwned>(program: &str, input: &I) -> Option<O> {
    let python = std::env::var("NEURONSEEK_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_torch = Command::new(&python)
        .args(["-c", "import torch"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_torch {
        println!("skipped: {python} has no torch (set NEURONSEEK_PYTHON)");
        return None;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/");
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
