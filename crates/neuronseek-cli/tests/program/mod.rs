//! Runs the command as a user would, in a folder of its own.

// Each test program compiles this file and uses its own part of it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assert_cmd::cargo::CommandCargoExt;
use tempfile::TempDir;

/// A folder for the files of one test.
pub struct Folder(TempDir);

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub errors: String,
}

/// The command with arguments divided by spaces, run in `folder`.
pub fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::cargo_bin("neuronseek").unwrap();
    command.current_dir(folder).args(line.split_whitespace());
    command.env_remove("NO_COLOR");
    command.env_remove("NEURONSEEK_DATA");
    command
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap()
    }

    /// The names of all files, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Runs the command with arguments divided by spaces.
    pub fn run(&self, line: &str) -> Run {
        command(self.path(), line).output().unwrap().into()
    }

    /// Runs the command, which must succeed; gives what it printed.
    pub fn must(&self, line: &str) -> String {
        let run = self.run(line);
        assert_eq!(run.code, Some(0), "{line}: {}", run.errors);
        run.out
    }

    /// Runs the command, which must succeed with one JSON document.
    pub fn json(&self, line: &str) -> serde_json::Value {
        let text = self.must(line);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// A table whose neuron is x + cp(2, r=1), in `name`.
    pub fn hybrid(&self, name: &str, rows: usize) {
        self.must(&format!(
            "generate synthetic --mode hybrid --variant 1 --dim 4 --rows {rows} -o {name} -q"
        ));
    }

    /// A table of three classes, two inputs and a text column, in `name`.
    pub fn classes(&self, name: &str, rows: usize) {
        let mut text = String::from("size,colour,weight,kind\n");
        for row in 0..rows {
            let size = (row * 37 % 101) as f64 / 10.0;
            let weight = (row * 53 % 97) as f64 / 10.0;
            let colour = ["red", "green", "blue, dark"][row % 3];
            let kind = match size + weight {
                sum if sum < 7.0 => "small",
                sum if sum < 12.0 => "middling",
                _ => "large",
            };
            text.push_str(&format!("{size},\"{colour}\",{weight},{kind}\n"));
        }
        self.write(name, text);
    }
}
