//! `data list` and `data fetch`, by a server on this machine.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;
#[path = "../../neuronseek-data/tests/openml/server.rs"]
mod server;

use std::path::Path;
use std::time::{Duration, Instant};

use program::{Folder, Run, command};
use serde_json::Value;
use server::{DataSet, Reply, Server, arff};

const CSV: &str = include_str!("../../../examples/data/airfoil_self_noise.csv");
const NAME: &str = "airfoil_self_noise";

/// The airfoil table as OpenML serves it; the checksum by coreutils' md5sum.
fn set() -> DataSet {
    DataSet {
        id: 44957,
        arff: arff(CSV).into_bytes(),
        parquet: Vec::new(),
        md5: MD5.to_string(),
        etag: "\"v1\"".to_string(),
        ranges: true,
    }
}

const MD5: &str = "6861212277d37f94e45381e47ab213c4";

fn good() -> Server {
    let set = set();
    Server::start(move |request, _| set.answer(request))
}

/// Runs `data fetch` with a cache in the folder.
fn fetch(folder: &Folder, server: &Server, more: &str) -> Run {
    let address = server.address();
    folder.run(&format!(
        "data fetch --cache cache --openml {address} --retries 0 {more}"
    ))
}

#[test]
fn the_list_says_what_is_where() {
    let folder = Folder::new();
    let list = folder.json("data list --cache cache --json");
    let tables = list["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 16);
    let of = |list: &Value, name: &str| {
        let tables = list["tables"].as_array().unwrap();
        tables
            .iter()
            .find(|table| table["name"] == name)
            .unwrap()
            .clone()
    };
    let diamonds = of(&list, "diamonds");
    assert_eq!(diamonds["place"], "to fetch");
    assert_eq!(diamonds["source"], "OpenML 42225");
    assert_eq!(
        (&diamonds["rows"], &diamonds["target"]),
        (&53940.into(), &"price".into())
    );
    let stars = of(&list, "stellar_sdss17");
    assert_eq!(
        (&stars["place"], &stars["source"]),
        (&"local only".into(), &Value::Null)
    );
    assert!(stars["reason"].as_str().unwrap().contains("login"));
    let lost = folder.run("data list --data lost --cache cache");
    assert_eq!(lost.code, Some(0));
    assert_eq!(
        lost.errors,
        "warning: lost has no INDEX.json: no table is taken from there\n"
    );
    // Nothing is made by looking.
    assert_eq!(folder.names(), Vec::<String>::new());
    let server = good();
    assert_eq!(fetch(&folder, &server, NAME).code, Some(0));
    let list = folder.json("data list --cache cache --json");
    assert_eq!(of(&list, NAME)["place"], "cached");
    let list = folder.json("data list --data cache --cache none --json");
    assert_eq!(of(&list, NAME)["place"], "local");
    let text = folder.must("data list --data cache --cache none");
    let line = text.lines().find(|line| line.starts_with(NAME)).unwrap();
    for part in ["1,503", "regression", "sound_pressure", " local", " kB"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(text.contains("to fetch from OpenML 42225"), "{text}");
}

#[test]
fn a_fetched_table_is_fitted() {
    let folder = Folder::new();
    let server = good();
    let run = fetch(&folder, &server, &format!("{NAME} -o tables"));
    assert_eq!(run.code, Some(0), "{}", run.errors);
    let path = Path::new("tables").join(format!("{NAME}.csv.gz"));
    assert_eq!(run.out, format!("{}\n", path.display()));
    assert_eq!(
        run.errors,
        format!(
            "{NAME}: 1,503 rows, from OpenML 44957, md5 as promised; target sound_pressure (regression)\n"
        )
    );
    let index: Value = serde_json::from_slice(&folder.read("tables/INDEX.json")).unwrap();
    let entry = &index["datasets"][0];
    assert_eq!(entry["file"], format!("{NAME}.csv.gz"));
    assert_eq!(
        (&entry["openml_id"], &entry["same_values"]),
        (&44957.into(), &true.into())
    );
    let fit = folder.json(&format!(
        "fit {} --target sound_pressure --split 0 --neuron x --epochs 3 --hidden 8 --json",
        path.display()
    ));
    assert_eq!(
        fit["metrics"]["test"]
            .as_object()
            .map(|m| m.contains_key("nmse")),
        Some(true)
    );
    // The rows are those of the file that was served.
    folder.write("a.csv", CSV);
    let same = folder.json(
        "fit a.csv --target sound_pressure --split 0 --neuron x --epochs 3 --hidden 8 --json",
    );
    assert_eq!(fit["metrics"], same["metrics"]);
    let bench = folder.json("bench tables --data tables --json");
    assert_eq!(
        (&bench[0]["table"], &bench[1]),
        (&NAME.into(), &Value::Null)
    );
    assert!(bench[0]["model"].as_f64() < bench[0]["linear"].as_f64());
    let again = fetch(&folder, &server, &format!("{NAME} -o tables --json"));
    let again: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(again["tables"][0]["from"], "cached");
    assert_eq!(server.requests("").len(), 2);
}

#[test]
fn names_that_cannot_be_had_are_told_before_any_work() {
    let folder = Folder::new();
    let server = good();
    let run = fetch(&folder, &server, &format!("{NAME} diamnds stellar_sdss17"));
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(
        run.errors
            .contains("no table is named \"diamnds\"; did you mean diamonds?"),
        "{}",
        run.errors
    );
    assert!(
        run.errors
            .contains("stellar_sdss17 cannot be fetched: it is a fifth of"),
        "{}",
        run.errors
    );
    assert!(run.errors.contains("NEURONSEEK_DATA"), "{}", run.errors);
    assert_eq!(server.requests("").len(), 0);
    assert_eq!(folder.run("data fetch").code, Some(2));
}

#[test]
fn a_failed_fetch_is_code_1_and_leaves_no_table() {
    let folder = Folder::new();
    let mut wrong = set();
    wrong.md5 = "0".repeat(32);
    let server = Server::start(move |request, _| wrong.answer(request));
    let run = fetch(&folder, &server, &format!("{NAME} -o tables"));
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(
        run.errors.starts_with("error: ") && run.errors.contains("md5 is"),
        "{}",
        run.errors
    );
    assert_eq!(folder.names(), ["cache"]);
    let server = Server::start(|_, _| Reply::new(404, ""));
    let run = fetch(&folder, &server, NAME);
    assert_eq!(run.code, Some(1));
    assert!(run.errors.contains("answers 404"), "{}", run.errors);
}

#[test]
fn folder_and_server_may_stand_in_the_environment() {
    let folder = Folder::new();
    let server = good();
    let line = format!("data fetch {NAME} --cache cache -q");
    let mut remote = command(folder.path(), &line);
    let run: Run = remote
        .env("NEURONSEEK_OPENML", server.address())
        .output()
        .unwrap()
        .into();
    assert_eq!((run.code, run.errors.as_str()), (Some(0), ""));
    assert_eq!(server.requests("").len(), 2);
    let mut local = command(
        folder.path(),
        &format!("data fetch {NAME} --cache none --json"),
    );
    let run: Run = local
        .env("NEURONSEEK_DATA", "cache")
        .output()
        .unwrap()
        .into();
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(document["tables"][0]["from"], "local");
}

#[cfg(unix)]
#[test]
fn an_interrupted_fetch_goes_on_where_it_stopped() {
    let folder = Folder::new();
    let set = set();
    let server = Server::start(move |request, before| {
        let mut reply = set.answer(request);
        if request.path.ends_with(".arff") && before == 0 {
            reply.pace = Some((2000, Duration::from_millis(30)));
        }
        reply
    });
    let line = format!(
        "data fetch {NAME} --cache cache --openml {}",
        server.address()
    );
    let mut child = command(folder.path(), &line);
    let child = child.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let part = folder.file("cache/downloads/openml-44957.arff.part");
    let start = Instant::now();
    while std::fs::metadata(&part).map_or(0, |file| file.len()) == 0 {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let run: Run = child.wait_with_output().unwrap().into();
    assert_eq!(run.code, Some(130), "{}", run.errors);
    assert!(
        run.errors.contains("what has arrived is kept"),
        "{}",
        run.errors
    );
    let have = std::fs::metadata(&part).unwrap().len();
    assert_eq!(fetch(&folder, &server, NAME).code, Some(0));
    let requests = server.requests(".arff");
    let range = format!("bytes={have}-");
    assert_eq!(requests[1].header("range"), Some(range.as_str()));
    assert!(!part.exists());
}
