//! Models as SELECT statements, run by SQLite, DuckDB and PostgreSQL where these are found.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use neuronseek::export::{Dialect, sql};
use neuronseek::matrix::Matrix;
use neuronseek::model::Pipeline;
use neuronseek::prepare::{RawKind, Restoring};
use neuronseek::table::Table;
use serde_json::{Value, json};

use crate::asking::ask;
use crate::fixtures::{Cells, cells, close};
use crate::samples::Sample;

const TABLE: &str = "main table";
const PROGRAM: &str = "export/sql.py";

/// What one of the systems says.
struct Answer {
    /// rows x columns
    rows: Vec<Vec<Value>>,
}

/// A server in a temporary folder; dropped, it stops.
struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
}

impl Server {
    /// None, with a printed word, where there is no PostgreSQL.
    fn start() -> Option<Server> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
        let versions = versions.into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = versions.map(|v| v.path().join("bin")).collect();
        found.retain(|programs| programs.join("initdb").exists());
        found.sort();
        let Some(programs) = found.pop() else {
            println!("skipped: no PostgreSQL under /usr/lib/postgresql");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            let mut owning = Command::new("chown");
            let owning = owning.arg("postgres").arg(folder.path()).status();
            if !owning.is_ok_and(|status| status.success()) {
                println!("skipped: root has no user postgres to run PostgreSQL as");
                return None;
            }
        }
        let server = Server { folder, programs };
        let place = server.folder.path().display().to_string();
        server.run(
            "initdb",
            &[
                "-D",
                &format!("{place}/data"),
                "-A",
                "trust",
                "-U",
                "test",
                "-N",
            ],
        );
        let options = format!("-k {place} -c listen_addresses='' -c fsync=off");
        let (data, log) = (format!("{place}/data"), format!("{place}/log"));
        server.run(
            "pg_ctl",
            &["-D", &data, "-w", "-o", &options, "-l", &log, "start"],
        );
        Some(server)
    }

    /// Runs a program of the server, as its user where we are root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(&program);
                command
            }
            false => Command::new(&program),
        };
        let command = command.args(arguments).current_dir(self.folder.path());
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.unwrap().success(), "{} failed", program.display());
    }

    /// Runs a file of statements; the last one gives JSON.
    fn ask(&self, statements: &[String], query: &str) -> Answer {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!("{};\nSET jit = off;\n{query};\n", statements.join(";\n"));
        std::fs::write(file.path(), text).unwrap();
        let output = Command::new(self.programs.join("psql"))
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "test",
                "-d",
                "postgres",
            ])
            .arg("-h")
            .arg(self.folder.path())
            .arg("-f")
            .arg(file.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:.2000}", errors);
        let text = String::from_utf8(output.stdout).unwrap();
        Answer {
            rows: serde_json::from_str(&text).unwrap(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.path().join("data").display().to_string();
        let stop = || self.run("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(stop)).is_err() {
            println!("the server in {data} did not stop");
        }
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

/// Statements that make the table.
fn statements(pipeline: &Pipeline, table: &Table, dialect: Dialect) -> Vec<String> {
    let columns = &pipeline.recipe.columns;
    let kind = |kind: RawKind| match (kind, dialect) {
        (RawKind::Text, _) => "TEXT",
        (RawKind::Truth, Dialect::Sqlite) => "INTEGER",
        (RawKind::Truth, _) => "BOOLEAN",
        _ => "DOUBLE PRECISION",
    };
    let list: Vec<String> = columns
        .iter()
        .map(|c| format!(", \"{}\" {}", c.name.replace('"', "\"\""), kind(c.kind)))
        .collect();
    let own: Vec<Cells> = columns.iter().map(|column| cells(table, column)).collect();
    let cell = |column: usize, row: usize| match &own[column] {
        Cells::Numbers(numbers) if numbers[row].is_nan() => "NULL".to_string(),
        Cells::Numbers(numbers) if kind(columns[column].kind) == "BOOLEAN" => {
            (numbers[row] != 0.0).to_string()
        }
        Cells::Numbers(numbers) => format!("{:?}", numbers[row]),
        Cells::Texts(texts) => match &texts[row] {
            None => "NULL".to_string(),
            Some(text) => format!("'{}'", text.replace('\'', "''")),
        },
    };
    let row = |row: usize| {
        let cells: Vec<String> = (0..own.len())
            .map(|c| format!(", {}", cell(c, row)))
            .collect();
        format!("({row}{})", cells.concat())
    };
    let rows: Vec<String> = (0..table.rows()).map(row).collect();
    vec![
        format!("DROP TABLE IF EXISTS \"{TABLE}\""),
        format!("CREATE TABLE \"{TABLE}\" (id INTEGER{})", list.concat()),
        format!("INSERT INTO \"{TABLE}\" VALUES {}", rows.join(", ")),
    ]
}

/// The names of what a model predicts.
fn names(pipeline: &Pipeline) -> Vec<String> {
    match &pipeline.outcome {
        Restoring::Values(values) if values.len() == 1 => vec!["prediction".to_string()],
        Restoring::Values(_) => {
            let targets = pipeline.targets.iter();
            targets.map(|name| format!("prediction_{name}")).collect()
        }
        Restoring::Classes { classes, .. } => {
            let classes = classes.iter().map(|class| format!("p_{class}"));
            classes.chain(["prediction".to_string()]).collect()
        }
    }
}

fn answer(
    pipeline: &Pipeline,
    table: &Table,
    dialect: Dialect,
    server: Option<&Server>,
) -> Option<Answer> {
    let select = sql(pipeline, dialect, TABLE).unwrap();
    let select = select.trim_end().trim_end_matches(';');
    let statements = statements(pipeline, table, dialect);
    let names: Vec<String> = names(pipeline)
        .iter()
        .map(|name| format!("q.\"{}\"", name.replace('"', "\"\"")))
        .collect();
    let names = names.join(", ");
    let system = match dialect {
        Dialect::Postgres => {
            let array = format!("json_agg(json_build_array({names}) ORDER BY q.id)");
            let query = format!("SELECT {array} FROM (\n{select}\n) AS q");
            return server.map(|server| server.ask(&statements, &query));
        }
        Dialect::Sqlite => ("sqlite", "sqlite3"),
        Dialect::Duckdb => ("duckdb", "duckdb"),
    };
    let query = format!("SELECT {names} FROM (\n{select}\n) AS q ORDER BY q.id");
    let input = json!({"system": system.0, "statements": statements, "query": query});
    let rows = ask(PROGRAM, system.1, &input)?;
    Some(Answer { rows })
}

fn numbers(answer: &Answer, columns: usize) -> Matrix<f64> {
    let number = |value: &Value| value.as_f64().unwrap();
    let rows = answer
        .rows
        .iter()
        .flat_map(|row| row[..columns].iter().map(number));
    Matrix::from_vec(answer.rows.len(), columns, rows.collect())
}

#[test]
fn statements_are_the_model() {
    let server = Server::start();
    for sample in Sample::all() {
        let expected = &sample.expected;
        for dialect in Dialect::ALL {
            let name = format!("{}, {}", sample.name, dialect.name());
            let text = sql(&sample.pipeline, dialect, TABLE).unwrap();
            assert_eq!(text, sql(&sample.pipeline, dialect, TABLE).unwrap());
            let answer = answer(&sample.pipeline, &sample.table, dialect, server.as_ref());
            let Some(answer) = answer else {
                continue;
            };
            let found = numbers(&answer, expected.columns());
            close(&name, expected, &found, sample.tolerance);
            for (row, label) in answer.rows.iter().zip(&sample.labels) {
                assert_eq!(row[expected.columns()], json!(label), "{name}");
            }
        }
    }
}

/// Where SQLite scanned what it should look up, a network would take the square of its rows.
#[test]
fn sqlite_makes_indices() {
    for sample in Sample::all() {
        if sample.target.is_null() {
            // Few rows of weights may be scanned.
            continue;
        }
        let select = sql(&sample.pipeline, Dialect::Sqlite, TABLE).unwrap();
        let statements = statements(&sample.pipeline, &sample.table, Dialect::Sqlite);
        let query = format!("EXPLAIN QUERY PLAN {select}");
        let input = json!({"system": "sqlite", "statements": statements, "query": query});
        let plan: Option<Vec<Vec<Value>>> = ask(PROGRAM, "sqlite3", &input);
        let Some(plan) = plan else { return };
        let steps: Vec<&str> = plan.iter().filter_map(|row| row[3].as_str()).collect();
        assert!(!steps.is_empty());
        // The parts that hold weights, by their names in the statement.
        for part in ["b", "m", "n", "e"] {
            let scanned = [format!("SCAN {part}"), format!("SCAN TABLE {part}")];
            let scanned = steps.iter().find(|step| scanned.iter().any(|s| s == *step));
            assert_eq!(scanned, None, "{}", sample.name);
        }
    }
}
