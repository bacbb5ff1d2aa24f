//! Runs exported Python, all models in one process: packages take seconds to load.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a program prints, or a file; a warning is an error.
pub fn run(python: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(python)
        .args(["-W", "error"])
        .args(arguments)
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?} failed");
    String::from_utf8(output.stdout).unwrap()
}
