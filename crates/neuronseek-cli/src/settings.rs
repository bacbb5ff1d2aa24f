//! Settings from three places: flags beat the environment, which beats a configuration file.
//!
//! A flag `--max-order 4` may also stand in the environment as `NEURONSEEK_MAX_ORDER=4` and in a
//! TOML file as `max-order = 4`, for all commands or in a table named after one:
//!
//! ```toml
//! seed = 3
//! [fit]
//! hidden = [64, 32]
//! ```
//!
//! What comes from outside is turned into flags and parsed with the rest, so that each value has
//! one parser and one set of rules. One struct per command with optional fields, merged by hand,
//! was rejected: every flag would be written three times.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};
use toml::{Table, Value};

use crate::arguments::Arguments;
use crate::failure::Failure;

const PREFIX: &str = "NEURONSEEK_";
/// Flags that belong to the command line alone.
const COMMAND_LINE_ONLY: [&str; 3] = ["config", "help", "version"];

/// Reads the command line, the environment and the configuration file.
pub fn read(line: impl IntoIterator<Item = OsString>) -> Result<Arguments, Failure> {
    merge(line.into_iter().collect(), |name| std::env::var(name).ok())
}

fn merge(
    line: Vec<OsString>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Arguments, Failure> {
    let parser = Arguments::command();
    // What is required may yet come from outside.
    let lenient = without_requirements(parser.clone());
    let given = match lenient.try_get_matches_from(&line) {
        Ok(given) => given,
        // Help and errors show what is required.
        Err(_) => return parse(parser, line),
    };
    let (path, leaf) = leaf(&given);
    let mut command = parser.clone();
    command.build();
    let command = path.iter().try_fold(&command, |command, name| {
        command.find_subcommand(name).ok_or(())
    });
    let Ok(command) = command else {
        return parse(parser, line);
    };
    let file = match leaf.get_one::<PathBuf>("config") {
        Some(file) => File::read(file, &path)?,
        None => File::default(),
    };
    let mut added = Vec::new();
    for flag in flags(command) {
        if stands_on_line(command, leaf, flag) {
            continue;
        }
        let Some(name) = flag.get_long() else {
            continue;
        };
        let variable = format!("{PREFIX}{}", name.replace('-', "_").to_uppercase());
        if let Some(value) = environment(&variable).filter(|value| !value.is_empty()) {
            added.extend(as_flags(flag, &Value::String(value), &variable)?);
        } else if let Some((value, origin)) = file.get(name) {
            added.extend(as_flags(flag, value, &origin)?);
        }
    }
    if added.is_empty() {
        return parse(parser, line);
    }
    let origins: Vec<String> = added.iter().map(|flag| flag.origin.clone()).collect();
    let line = insert(line, added.into_iter().map(|flag| flag.text));
    parse(parser, line).map_err(|failure| match failure {
        Failure::Parser(error) if error.use_stderr() => Failure::Usage(format!(
            "{}\n(flags from outside the command line: {})",
            error.to_string().trim_start_matches("error: ").trim_end(),
            origins.join(", ")
        )),
        other => other,
    })
}

fn parse(parser: Command, line: Vec<OsString>) -> Result<Arguments, Failure> {
    let matches = parser.try_get_matches_from(line).map_err(refused)?;
    Arguments::from_arg_matches(&matches).map_err(refused)
}

fn refused(error: clap::Error) -> Failure {
    Failure::Parser(Box::new(error))
}

fn without_requirements(command: Command) -> Command {
    command
        .mut_args(|argument| argument.required(false))
        .mut_subcommands(without_requirements)
}

/// The names of the subcommands given and the innermost one's matches.
fn leaf(matches: &ArgMatches) -> (Vec<String>, &ArgMatches) {
    let (mut path, mut innermost) = (Vec::new(), matches);
    while let Some((name, inner)) = innermost.subcommand() {
        path.push(name.to_string());
        innermost = inner;
    }
    (path, innermost)
}

fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| {
        argument
            .get_long()
            .is_some_and(|name| !COMMAND_LINE_ONLY.contains(&name))
    })
}

/// Whether the command line has this flag, or one that excludes it.
fn stands_on_line(command: &Command, given: &ArgMatches, flag: &Arg) -> bool {
    let on_line = |flag: &Arg| {
        let id = flag.get_id().as_str();
        given.value_source(id) == Some(ValueSource::CommandLine)
    };
    on_line(flag)
        || flags(command).any(|other| {
            on_line(other)
                && (command.get_arg_conflicts_with(other).contains(&flag)
                    || command.get_arg_conflicts_with(flag).contains(&other))
        })
}

/// A flag with its value, and where it came from.
struct Added {
    text: OsString,
    origin: String,
}

fn as_flags(flag: &Arg, value: &Value, origin: &str) -> Result<Vec<Added>, Failure> {
    let name = flag.get_long().unwrap_or_default();
    let wrong =
        |needed: &str| Failure::Usage(format!("{origin} is {value}, but --{name} needs {needed}"));
    let added = |text: String| Added {
        text: text.into(),
        origin: format!("--{name} from {origin}"),
    };
    if !flag.get_action().takes_values() {
        let on = match value {
            Value::Boolean(on) => *on,
            Value::String(text) => match text.to_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => true,
                "false" | "0" | "no" | "off" => false,
                _ => return Err(wrong("true or false")),
            },
            _ => return Err(wrong("true or false")),
        };
        return Ok(on.then(|| added(format!("--{name}"))).into_iter().collect());
    }
    let scalar = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        _ => Err(wrong("a text or a number")),
    };
    match value {
        Value::Array(values) if matches!(flag.get_action(), ArgAction::Append) => values
            .iter()
            .map(|value| Ok(added(format!("--{name}={}", scalar(value)?))))
            .collect(),
        value => Ok(vec![added(format!("--{name}={}", scalar(value)?))]),
    }
}

/// Puts flags at the end of the command line, before a `--` that ends its flags.
fn insert(line: Vec<OsString>, flags: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let end = line
        .iter()
        .position(|word| word == "--")
        .unwrap_or(line.len());
    let mut result = line[..end].to_vec();
    result.extend(flags);
    result.extend_from_slice(&line[end..]);
    result
}

/// A configuration file: what it says to every command, and to this one.
#[derive(Default)]
struct File {
    name: String,
    command: String,
    general: Table,
    special: Table,
}

impl File {
    fn read(path: &Path, command: &[String]) -> Result<File, Failure> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::unusable(format!("cannot read {name}: {error}")))?;
        let mut general: Table = text.parse().map_err(|error: toml::de::Error| {
            Failure::Usage(format!("{name} is not TOML: {}", error.message()))
        })?;
        check_names(&name, &general)?;
        let command = command.join(" ");
        let special = match general.remove(&command) {
            Some(Value::Table(table)) => table,
            _ => Table::new(),
        };
        Ok(File {
            name,
            command,
            general,
            special,
        })
    }

    fn get(&self, key: &str) -> Option<(&Value, String)> {
        let special = self
            .special
            .get(key)
            .map(|value| (value, format!("[{}] {key} in {}", self.command, self.name)));
        special.or_else(|| {
            let value = self.general.get(key)?;
            Some((value, format!("{key} in {}", self.name)))
        })
    }
}

/// Every key must be a flag of its command, or at the top of any command.
fn check_names(file: &str, content: &Table) -> Result<(), Failure> {
    let mut parser = Arguments::command();
    parser.build();
    let commands = leaves(&parser, "");
    let known_to = |command: &Command| -> Vec<String> {
        flags(command)
            .filter_map(|flag| flag.get_long().map(str::to_string))
            .collect()
    };
    let mut anywhere: Vec<String> = commands.iter().flat_map(|(_, one)| known_to(one)).collect();
    anywhere.sort();
    anywhere.dedup();
    for (key, value) in content {
        let table = value.as_table();
        let command = commands.iter().find(|(name, _)| name == key);
        match (table, command) {
            (Some(table), Some((name, command))) => {
                let known = known_to(command);
                for key in table.keys() {
                    expect_known(file, &format!("[{name}] {key}"), key, &known)?;
                }
            }
            (Some(_), None) => {
                let names: Vec<String> = commands.iter().map(|(name, _)| name.clone()).collect();
                expect_known(file, &format!("[{key}]"), key, &names)?;
            }
            (None, _) => expect_known(file, key, key, &anywhere)?,
        }
    }
    Ok(())
}

fn expect_known(file: &str, shown: &str, key: &str, known: &[String]) -> Result<(), Failure> {
    if known.iter().any(|name| name == key) {
        return Ok(());
    }
    let nearest = known
        .iter()
        .max_by(|a, b| {
            let (a, b) = (strsim::jaro_winkler(a, key), strsim::jaro_winkler(b, key));
            a.total_cmp(&b)
        })
        .map_or(String::new(), |name| format!("; the nearest is {name}"));
    Err(Failure::Usage(format!(
        "{file}: {shown} is not a setting{nearest}"
    )))
}

/// The commands that do something, with their full names.
fn leaves<'a>(command: &'a Command, prefix: &str) -> Vec<(String, &'a Command)> {
    command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help")
        .flat_map(|inner| {
            let name = format!("{prefix}{}", inner.get_name());
            if inner.has_subcommands() {
                leaves(inner, &format!("{name} "))
            } else {
                vec![(name, inner)]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Color;
    use crate::command::Command as Chosen;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn config(text: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        let shown = path.display().to_string();
        (folder, shown)
    }

    /// The rows that `generate synthetic` would make.
    fn rows(line: &str, environment: &[(&str, &str)]) -> Result<usize, Failure> {
        let line = format!("neuronseek generate synthetic --mode pure --variant 0 {line}");
        let line = line.trim_end().to_string();
        let arguments = merge(words(&line), |name| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.to_string())
        })?;
        match arguments.command {
            Chosen::Generate(crate::command::generate::Kind::Synthetic(arguments)) => {
                Ok(arguments.rows)
            }
            other => panic!("parsed as {other:?}"),
        }
    }

    fn complaint(result: Result<usize, Failure>) -> String {
        match result {
            Err(Failure::Usage(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_beat_environment_beats_file() {
        let (_folder, file) = config("rows = 7\n");
        let environment = [("NEURONSEEK_ROWS", "8")];
        assert_eq!(rows("", &[]).unwrap(), 2500);
        assert_eq!(rows(&format!("--config {file}"), &[]).unwrap(), 7);
        assert_eq!(rows(&format!("--config {file}"), &environment).unwrap(), 8);
        let line = format!("--rows 9 --config {file}");
        assert_eq!(rows(&line, &environment).unwrap(), 9);
    }

    #[test]
    fn a_commands_own_table_beats_the_top_of_the_file() {
        let (_folder, file) = config("rows = 7\n[\"generate synthetic\"]\nrows = 6\n");
        assert_eq!(rows(&format!("--config {file}"), &[]).unwrap(), 6);
    }

    #[test]
    fn what_is_required_may_come_from_the_file() {
        let (_folder, file) = config("mode = \"hybrid\"\nvariant = 2\ncolor = \"never\"\n");
        let line = format!("neuronseek generate synthetic --config {file}");
        let arguments = merge(words(&line), |_| None).unwrap();
        assert_eq!(arguments.speech.color, Color::Never);
        let line = "neuronseek generate synthetic".to_string();
        assert!(matches!(
            merge(words(&line), |_| None),
            Err(Failure::Parser(_))
        ));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let (_folder, file) = config("rowzs = 7\n");
        let text = complaint(rows(&format!("--config {file}"), &[]));
        assert!(text.contains("rowzs is not a setting"), "{text}");
        assert!(text.contains("nearest is rows"), "{text}");
        let (_folder, file) = config("[\"generate synthetic\"]\nrowzs = 7\n");
        let text = complaint(rows(&format!("--config {file}"), &[]));
        assert!(text.contains("nearest is rows"), "{text}");
        let (_folder, file) = config("[genrate]\nrows = 7\n");
        let text = complaint(rows(&format!("--config {file}"), &[]));
        assert!(text.contains("[genrate] is not a setting"), "{text}");
    }

    #[test]
    fn a_wrong_value_says_where_it_stands() {
        let (_folder, file) = config("rows = \"many\"\n");
        let text = complaint(rows(&format!("--config {file}"), &[]));
        assert!(text.contains("many"), "{text}");
        assert!(text.contains(&format!("rows in {file}")), "{text}");
        let (_folder, file) = config("rows = true\n");
        let text = complaint(rows(&format!("--config {file}"), &[]));
        assert!(text.contains("needs a text or a number"), "{text}");
        let text = complaint(rows("", &[("NEURONSEEK_ROWS", "-1")]));
        assert!(text.contains("--rows from NEURONSEEK_ROWS"), "{text}");
    }

    #[test]
    fn a_flag_on_the_line_shuts_out_those_it_excludes() {
        let (_folder, file) = config("verbose = 1\n");
        let line = format!("--quiet --config {file}");
        assert!(rows(&line, &[]).is_ok());
    }
}
