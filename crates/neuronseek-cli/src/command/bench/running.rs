//! What the experiments have in common: which methods, where results lie, who does which part.

use std::path::{Path, PathBuf};

use clap::Args;
use neuronseek::model::{SearchMethod, SearchOptions};
use neuronseek::observe::{Control, Event, Observer};
use neuronseek_bench::Method;
use neuronseek_bench::figures::Named;
use neuronseek_bench::page::Experiment;
use neuronseek_bench::runs::{self, Options, Progress, Results, Shard};
use serde::Serialize;

use crate::arguments::Form;
use crate::arguments::searching::MethodChoice;
use crate::console::Console;
use crate::display;
use crate::failure::Failure;
use crate::{interrupt, output};

/// How runs are carried out.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Runs")]
pub struct Running {
    /// Keep results in this folder: JSON lines, CSV, Markdown; the same command again goes on
    /// where it stopped
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Do every n-th run only, as 0/2 on one machine and 1/2 on another; with the files of all in
    /// one folder, the command without --shard gathers them
    #[arg(long, value_name = "I/N", default_value_t = Shard::default())]
    shard: Shard,
    /// Runs that go on at once, each on one thread; seconds are honest on idle cores alone
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: usize,
}

impl Running {
    /// The options of the engine.
    pub fn options(&self) -> Options {
        Options {
            out: self.out.clone(),
            shard: self.shard,
            jobs: self.jobs,
        }
    }

    /// Ends an experiment: writes its files and prints its table, or its records as JSON.
    pub fn end<R: Serialize, O: Serialize, M: Serialize>(
        &self,
        (console, form): (&Console, &Form),
        what: (&str, &str),
        results: &Results<R, O, M>,
        table: &str,
        figures: Vec<Named>,
    ) -> Result<(), Failure> {
        self.store(console, what, results, table, figures)?;
        if form.json {
            return output::print_json(&results.records);
        }
        output::print(table)
    }

    /// Writes beside the lines what a reader looks at: the CSV and Markdown tables, the plots and
    /// `experiment.json` for the report, and says what is left undone. Remarks that somebody has
    /// written there are kept. A shard has no plots: they are drawn from all.
    pub fn store<R: Serialize, O: Serialize, M: Serialize>(
        &self,
        console: &Console,
        (name, title): (&str, &str),
        results: &Results<R, O, M>,
        table: &str,
        figures: Vec<Named>,
    ) -> Result<(), Failure> {
        let options = self.options();
        options.write(name, "csv", runs::csv(&results.records)?.as_bytes())?;
        options.write(name, "md", table.as_bytes())?;
        if let Some(folder) = self.out.as_ref()
            && self.shard == Shard::default()
        {
            for (stem, picture) in figures {
                picture.write(folder, &stem)?;
            }
            let before = Experiment::read(folder).map_or(Vec::new(), |before| before.remarks);
            let experiment = Experiment {
                name: name.to_string(),
                title: title.to_string(),
                command: command_line(),
                machine: neuronseek_bench::machine::describe(),
                date: neuronseek_bench::machine::today(),
                remarks: before,
            };
            experiment.write(folder)?;
        }
        self.conclude(console, results.records.len(), results.missing);
        Ok(())
    }

    /// Says what an interrupted experiment has left undone, and where files lie.
    fn conclude(&self, console: &Console, done: usize, missing: usize) {
        console.done();
        if missing > 0 {
            let kept = match self.out {
                Some(_) => "; the same command goes on",
                None => "; with --out they would be kept",
            };
            let all = done + missing;
            console.warn(&format!("ended with {done} of {all} runs done{kept}"));
        }
        if let Some(folder) = &self.out {
            console.note(&format!("results in {}", folder.display()));
        }
    }
}

/// The folder of a group of data (`tabular`, `symbolic`): the one given, or that below it where the
/// whole collection is given.
pub fn group(data: &Path, name: &str) -> PathBuf {
    let below = data.join(name);
    if below.join("INDEX.json").is_file() {
        below
    } else {
        data.to_path_buf()
    }
}

/// The command as it was typed, with the program's bare name.
fn command_line() -> String {
    let words = std::env::args().skip(1);
    let words = words.map(|word| display::shell_word(&word));
    let all: Vec<String> = std::iter::once("neuronseek".to_string())
        .chain(words)
        .collect();
    all.join(" ")
}

/// Ends an experiment on Ctrl-C; its progress is shown by [`show`].
pub fn control(console: &Console) -> Result<Control<'_>, Failure> {
    Ok(Control {
        observer: console,
        stop: interrupt::listen()?,
        deadline: None,
    })
}

/// Shows how far an experiment is.
pub fn show(console: &Console, name: &str, progress: Progress, message: &str) {
    console.notice(&Event::Progress {
        name,
        done: progress.done,
        total: progress.total,
        message,
    });
}

/// The methods of `--methods`, or the one of `--method` where there are none; all with the bounds
/// of `choice`.
pub fn methods(several: &[SearchMethod], choice: MethodChoice) -> Result<Vec<Method>, Failure> {
    let one = choice.options()?;
    if several.is_empty() {
        return Ok(vec![Method::new(one.method.name(), one)]);
    }
    let options = several.iter().map(|&method| SearchOptions {
        method,
        ..one.clone()
    });
    Ok(options
        .map(|options| Method::new(options.method.name(), options))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_collection_or_the_group_may_be_given() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("tabular");
        std::fs::create_dir(&below).unwrap();
        assert_eq!(group(folder.path(), "tabular"), folder.path());
        std::fs::write(below.join("INDEX.json"), "{}").unwrap();
        assert_eq!(group(folder.path(), "tabular"), below);
        assert_eq!(group(&below, "tabular"), below);
    }
}
