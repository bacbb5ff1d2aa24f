//! `vision sets` and `vision fetch`, by a server on this machine.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;
#[path = "../../neuronseek-data/tests/openml/server.rs"]
mod server;

use program::{Folder, Run};
use server::{Reply, Server};

/// A file of this size without content, which takes no room on the disk.
fn sparse(folder: &Folder, name: &str, bytes: u64) {
    let path = folder.file(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(path).unwrap().set_len(bytes).unwrap();
}

fn fetch(folder: &Folder, server: &Server, more: &str) -> Run {
    let address = server.address();
    folder.run(&format!(
        "vision fetch --cache cache --mirror {address} --retries 0 {more}"
    ))
}

#[test]
fn the_list_says_what_is_where() {
    let folder = Folder::new();
    let list = folder.json("vision sets --cache cache --json");
    let sets = list["sets"].as_array().unwrap();
    let names: Vec<&str> = sets
        .iter()
        .map(|set| set["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cifar10", "cifar100", "stl10", "svhn"]);
    assert!(sets.iter().all(|set| set["here"] == false));
    assert_eq!(sets[0]["classes"], 10);
    assert_eq!(sets[0]["shape"], serde_json::json!([3, 32, 32]));
    assert_eq!(sets[0]["folder"], "cache/images/cifar10");
    assert_eq!(sets[3]["files"][2]["extra"], true);
    // Nothing is made by looking.
    assert_eq!(folder.names(), Vec::<String>::new());
    let train = &sets[3]["files"][0];
    let name = format!("cache/images/svhn/{}", train["name"].as_str().unwrap());
    sparse(&folder, &name, train["bytes"].as_u64().unwrap());
    let text = folder.must("vision sets --cache cache");
    let line = text.lines().find(|line| line.starts_with("svhn")).unwrap();
    for part in [
        "73,257",
        "26,032",
        "531,131 extra",
        "to fetch from ufldl.stanford.edu",
    ] {
        assert!(line.contains(part), "{line}");
    }
    let test = &sets[3]["files"][1];
    let name = format!("cache/images/svhn/{}", test["name"].as_str().unwrap());
    sparse(&folder, &name, test["bytes"].as_u64().unwrap());
    let list = folder.json("vision sets --cache cache --json");
    let svhn = &list["sets"][3];
    assert_eq!(
        (&svhn["here"], &svhn["files"][2]["here"]),
        (&true.into(), &false.into())
    );
    let text = folder.must("vision sets --cache cache");
    let line = text.lines().find(|line| line.starts_with("svhn")).unwrap();
    assert!(line.trim_end().ends_with("here"), "{line}");
}

#[test]
fn wrong_usage_and_wrong_names_are_told_before_any_work() {
    let folder = Folder::new();
    let server = Server::start(|_, _| Reply::new(404, ""));
    assert_eq!(folder.run("vision").code, Some(2));
    assert_eq!(folder.run("vision fetch").code, Some(2));
    assert_eq!(folder.run("vision fetch cifar10 --timeout 0").code, Some(2));
    let run = fetch(&folder, &server, "cifar10 cifar svnh");
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert_eq!(
        run.errors,
        "error: no image set is named \"cifar\"; did you mean cifar10 or cifar100?; \
         no image set is named \"svnh\"; did you mean svhn?\n"
    );
    let run = folder.run("vision fetch cifar10 --to data --mirror example.org");
    assert_eq!(run.code, Some(1));
    assert!(run.errors.contains("a mirror looks like"), "{}", run.errors);
    assert_eq!(server.requests("").len(), 0);
    assert_eq!(folder.names(), Vec::<String>::new());
}

#[test]
fn a_failed_fetch_is_code_1_and_says_what_can_be_done() {
    let folder = Folder::new();
    let server = Server::start(|request, _| match request.path.contains("cifar-100") {
        true => Reply::new(200, "<html>log in first</html>"),
        false => Reply::new(404, ""),
    });
    let run = fetch(&folder, &server, "CIFAR-10 --to data --json");
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    for part in [
        "/cifar-10-binary.tar.gz answers 404",
        "get https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, put it into \
         data/images/cifar10",
    ] {
        assert!(run.errors.contains(part), "{}", run.errors);
    }
    let run = fetch(&folder, &server, "cifar100 --extra");
    assert_eq!(run.code, Some(1));
    for part in [
        "warning: --extra changes nothing",
        "is 25, but 168513733 was promised",
    ] {
        assert!(run.errors.contains(part), "{}", run.errors);
    }
    let left = std::fs::read_dir(folder.file("cache/images/cifar100")).unwrap();
    let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, [".lock"]);
}

#[test]
fn a_damaged_file_is_told_and_asked_for() {
    let folder = Folder::new();
    let server = Server::start(|_, _| Reply::new(503, ""));
    sparse(&folder, "cache/images/cifar10/cifar-10-binary.tar.gz", 1000);
    let run = fetch(&folder, &server, "cifar10");
    assert_eq!(run.code, Some(1));
    for part in [
        "is damaged: its size in bytes is 1000, not 170052171",
        "the server answers 503 (1 try)",
    ] {
        assert!(run.errors.contains(part), "{}", run.errors);
    }
}
