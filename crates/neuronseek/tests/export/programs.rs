//! Compiles programs and reads what they print.

use std::path::Path;
use std::process::Command;

/// The first of these programs that there is; prints a word if there is none.
pub fn first_of(programs: &[&str]) -> Option<String> {
    let runs = |program: &&&str| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let found = programs.iter().find(runs);
    if found.is_none() {
        println!("skipped: none of {} is found", programs.join(", "));
    }
    found.map(|program| program.to_string())
}

/// Runs a program in a folder and gives what it prints; one that fails is a failed test.
pub fn run(folder: &Path, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors: String = errors.chars().take(4000).collect();
    assert!(output.status.success(), "{arguments:?}:\n{errors}");
    String::from_utf8(output.stdout).unwrap()
}
