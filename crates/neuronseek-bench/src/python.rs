//! Runs the Python programs of `benchmarks/`, where a Python with their packages is found.

use std::io::{self, BufWriter, Write};
use std::process::{Command, Stdio};

use neuronseek::matrix::Matrix;
use tempfile::NamedTempFile;

/// The Python in `$NEURONSEEK_PYTHON`, else `python3`.
fn python() -> std::ffi::OsString {
    std::env::var_os("NEURONSEEK_PYTHON").unwrap_or_else(|| "python3".into())
}

/// Runs `program` (the text of a Python program) with `arguments` and reads the JSON document
/// that it prints. The program goes through standard input, so it runs from any folder.
///
/// # Errors
/// A sentence that says what failed: no Python, no package in it, or the program's last message.
pub fn run(program: &str, arguments: &[String]) -> Result<serde_json::Value, String> {
    let python = python();
    let name = python.to_string_lossy().into_owned();
    let mut child = Command::new(&python)
        .arg("-")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("no comparison: {name} cannot be started: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that ends early closes the pipe; its exit status tells why.
        let _ = input.write_all(program.as_bytes());
    }
    let output = child
        .wait_with_output()
        .map_err(|error| format!("no comparison: {name} failed: {error}"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        let last = message.lines().last().unwrap_or("no message");
        return Err(format!("no comparison: {name} failed: {last}"));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("no comparison: {name} printed no JSON: {error}"))
}

/// A table as the programs read it: the inputs x1, x2, ... and, last, the target y, with a header.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn table(inputs: &Matrix<f64>, y: &[f64]) -> io::Result<NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".csv").tempfile()?;
    let mut writer = BufWriter::new(&file);
    for input in 1..=inputs.columns() {
        write!(writer, "x{input},")?;
    }
    writeln!(writer, "y")?;
    for (row, y) in y.iter().enumerate() {
        for x in inputs.row(row) {
            write!(writer, "{x},")?;
        }
        writeln!(writer, "{y}")?;
    }
    writer.flush()?;
    drop(writer);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_that_fails_says_its_last_line() {
        // Without any Python the first failure is told; both begin alike.
        let error = run("raise SystemExit('told so')", &[]).unwrap_err();
        assert!(error.starts_with("no comparison: "), "{error}");
    }
}
