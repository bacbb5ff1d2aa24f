//! Fetching image sets from a server, well and badly.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "openml/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use neuronseek::observe::{Control, Event, Observer};
use neuronseek_data::DataError;
use neuronseek_data::fetch::Patience;
use neuronseek_data::images::{self, Fetched, ImageEntry, ImageFile, Settings, fetch};
use server::{DataSet, Reply, Request, Server};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Bytes that no two places of the file share.
fn pixels(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file(name: &str, bytes: &[u8], extra: bool) -> ImageFile {
    ImageFile {
        name: name.to_string(),
        address: format!("http://digits.invalid/{name}"),
        bytes: bytes.len() as u64,
        sha256: sha256(bytes),
        md5: String::new(),
        extra,
    }
}

fn train() -> Vec<u8> {
    pixels(1, 300_000)
}

fn test() -> Vec<u8> {
    pixels(2, 90_000)
}

/// A set of two files and one of extra images.
fn digits() -> ImageEntry {
    ImageEntry {
        name: "digits".to_string(),
        title: String::new(),
        train: 97,
        test: 29,
        unlabelled: 0,
        extra: 3,
        shape: [3, 32, 32],
        classes: 10,
        page: String::new(),
        licence: String::new(),
        files: vec![
            file("train.mat", &train(), false),
            file("test.mat", &test(), false),
            file("extra.mat", &pixels(3, 10_000), true),
        ],
    }
}

/// What the publisher's server answers, changed by the test.
fn serve(change: impl Fn(&Request, usize, Reply) -> Reply + Send + Sync + 'static) -> Server {
    let set = DataSet {
        id: 0,
        arff: Vec::new(),
        parquet: Vec::new(),
        md5: String::new(),
        etag: "\"v1\"".to_string(),
        ranges: true,
    };
    Server::start(move |request, before| {
        let reply = match request.path.rsplit('/').next() {
            Some("train.mat") => set.file(&train(), request),
            Some("test.mat") => set.file(&test(), request),
            Some("extra.mat") => set.file(&pixels(3, 10_000), request),
            _ => Reply::new(404, "<html>"),
        };
        change(request, before, reply)
    })
}

fn root() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn settings(server: &Server, root: &Path) -> Settings {
    Settings {
        root: root.to_path_buf(),
        extra: false,
        mirror: Some(format!("{}/mirror/", server.address())),
        patience: Patience {
            timeout: Duration::from_secs(10),
            retries: 2,
            wait: Duration::from_millis(1),
        },
    }
}

fn bring(settings: &Settings) -> Result<Fetched, DataError> {
    fetch(&digits(), settings, &Control::silent())
}

/// The names in the set's folder, sorted.
fn names(root: &Path) -> Vec<String> {
    let files = fs::read_dir(root.join("images/digits")).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Keeps the warnings, and ends the work at the first bytes where it should.
#[derive(Default)]
struct Listener {
    warnings: Mutex<Vec<String>>,
    ends: bool,
    ended: AtomicBool,
}

impl Observer for Listener {
    fn notice(&self, event: &Event<'_>) {
        match event {
            Event::Warning(text) => self.warnings.lock().unwrap().push(text.to_string()),
            Event::Progress { .. } if self.ends => self.ended.store(true, Ordering::Relaxed),
            _ => {}
        }
    }
}

impl Listener {
    fn control(&self) -> Control<'_> {
        Control {
            observer: self,
            stop: &self.ended,
            deadline: None,
        }
    }
}

#[test]
fn a_set_is_fetched_once_as_it_is_and_extra_files_on_request() {
    let (root, server) = (root(), serve(|_, _, reply| reply));
    let mut settings = settings(&server, root.path());
    assert!(images::locate(&digits(), root.path(), false).is_none());
    let fetched = bring(&settings).unwrap();
    assert_eq!(fetched.folder, root.path().join("images/digits"));
    assert_eq!(names(root.path()), [".lock", "test.mat", "train.mat"]);
    assert_eq!(fs::read(&fetched.files[0].path).unwrap(), train());
    assert_eq!(fs::read(&fetched.files[1].path).unwrap(), test());
    assert!(fetched.files.iter().all(|file| file.from.is_some()));
    let first = &server.requests("train.mat")[0];
    assert_eq!(first.path, "/mirror/train.mat");
    assert_eq!(first.header("accept-encoding"), Some("identity"));
    let located = images::locate(&digits(), root.path(), false);
    assert_eq!(located, Some(fetched.folder));
    assert!(images::locate(&digits(), root.path(), true).is_none());
    let again = bring(&settings).unwrap();
    assert!(again.files.iter().all(|file| file.from.is_none()));
    assert_eq!(server.requests("").len(), 2);
    settings.extra = true;
    let more = bring(&settings).unwrap();
    let from: Vec<bool> = more.files.iter().map(|file| file.from.is_some()).collect();
    assert_eq!(from, [false, false, true]);
    assert_eq!(server.requests("").len(), 3);
}

#[test]
fn files_put_there_by_hand_need_no_server_and_no_right_to_write() {
    let (root, server) = (root(), serve(|_, _, reply| reply));
    let folder = root.path().join("images/digits");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("train.mat"), train()).unwrap();
    fs::write(folder.join("test.mat"), test()).unwrap();
    let settings = settings(&server, root.path());
    drop(server);
    bring(&settings).unwrap();
    // Not even a lock was made.
    assert_eq!(names(root.path()), ["test.mat", "train.mat"]);
}

#[test]
fn a_folder_in_the_place_of_a_file_is_told_before_a_download() {
    let (root, server) = (root(), serve(|_, _, reply| reply));
    fs::create_dir_all(root.path().join("images/digits/train.mat")).unwrap();
    let error = bring(&settings(&server, root.path())).unwrap_err();
    assert!(
        error.to_string().contains("train.mat: is a directory"),
        "{error}"
    );
    assert_eq!(server.requests("").len(), 0);
}

#[test]
fn a_damaged_file_is_told_and_stays_until_a_right_one_has_come() {
    let (root, server) = (
        root(),
        serve(|_, before, reply| match before {
            0 => Reply::new(404, ""),
            _ => reply,
        }),
    );
    let folder = root.path().join("images/digits");
    fs::create_dir_all(&folder).unwrap();
    let mut wrong = train();
    wrong[7] ^= 1;
    fs::write(folder.join("train.mat"), &wrong).unwrap();
    fs::write(folder.join("test.mat"), "short").unwrap();
    let settings = settings(&server, root.path());
    let listener = Listener::default();
    let error = fetch(&digits(), &settings, &listener.control()).unwrap_err();
    assert!(matches!(error, DataError::Away { .. }), "{error}");
    assert_eq!(fs::read(folder.join("train.mat")).unwrap(), wrong);
    fetch(&digits(), &settings, &listener.control()).unwrap_err();
    fetch(&digits(), &settings, &listener.control()).unwrap();
    let warnings = listener.warnings.lock().unwrap();
    assert!(warnings[0].contains("train.mat is damaged: its sha256 is"));
    assert!(warnings[0].contains(&sha256(&train())), "{warnings:?}");
    let last = warnings.last().unwrap();
    assert!(last.contains("its size in bytes is 5, not 90000"), "{last}");
    assert_eq!(fs::read(folder.join("train.mat")).unwrap(), train());
}

#[test]
fn a_file_with_another_checksum_or_size_leaves_nothing() {
    let other = pixels(9, 300_000);
    let page = b"<html>pay for the network</html>".to_vec();
    for (bytes, kind, found) in [
        (other.clone(), "sha256", sha256(&other)),
        (page.clone(), "size in bytes", page.len().to_string()),
    ] {
        let root = root();
        let server = Server::start(move |_, _| Reply::new(200, bytes.clone()));
        let error = bring(&settings(&server, root.path()))
            .unwrap_err()
            .to_string();
        let expected = match kind {
            "sha256" => sha256(&train()),
            _ => "300000".to_string(),
        };
        let part = format!("train.mat: the file's {kind} is {found}, but {expected} was promised");
        assert!(error.contains(&part), "{error}");
        assert!(error.contains("nothing of it is kept"), "{error}");
        assert_eq!(names(root.path()), [".lock"]);
        assert_eq!(server.requests("").len(), 1);
    }
}

#[test]
fn a_cut_download_goes_on_through_a_redirection() {
    // As the server of CIFAR does, which has moved.
    let root = root();
    let server = serve(
        |request, before, reply| match request.path.strip_prefix("/mirror/") {
            Some(name) => Reply::new(302, "").with("Location", &format!("/moved/{name}")),
            None if before == 0 => reply.cut(50_000),
            None => reply,
        },
    );
    let fetched = bring(&settings(&server, root.path())).unwrap();
    assert_eq!(fs::read(&fetched.files[0].path).unwrap(), train());
    assert_eq!(names(root.path()), [".lock", "test.mat", "train.mat"]);
    let second = &server.requests("/moved/train.mat")[1];
    assert_eq!(second.header("range"), Some("bytes=50000-"));
    assert_eq!(second.header("if-range"), Some("\"v1\""));
}

#[test]
fn a_stopped_fetch_goes_on_where_it_stopped() {
    let root = root();
    let server = serve(|_, _, mut reply| {
        reply.pace = Some((40_000, Duration::from_millis(30)));
        reply
    });
    let settings = settings(&server, root.path());
    let listener = Listener {
        ends: true,
        ..Listener::default()
    };
    let error = fetch(&digits(), &settings, &listener.control()).unwrap_err();
    assert!(matches!(error, DataError::Stopped), "{error}");
    assert_eq!(
        names(root.path()),
        [".lock", "train.mat.part", "train.mat.part.json"]
    );
    let have = fs::metadata(root.path().join("images/digits/train.mat.part"))
        .unwrap()
        .len();
    assert!(have > 0 && have < 300_000);
    bring(&settings).unwrap();
    let range = format!("bytes={have}-");
    let second = &server.requests("train.mat")[1];
    assert_eq!(second.header("range"), Some(range.as_str()));
}

#[test]
fn without_a_server_addresses_and_folder_are_named() {
    let root = root();
    let server = serve(|_, _, reply| reply);
    let mut settings = settings(&server, root.path());
    settings.extra = true;
    drop(server);
    let error = bring(&settings).unwrap_err().to_string();
    let folder = root.path().join("images/digits");
    for part in [
        "digits cannot be fetched: 127.0.0.1:",
        "(3 tries)",
        "get http://digits.invalid/train.mat, http://digits.invalid/test.mat and \
         http://digits.invalid/extra.mat, put them into",
        &folder.display().to_string(),
    ] {
        assert!(error.contains(part), "{error}");
    }
    let server = serve(
        |request, _, reply| match request.path.contains("test.mat") {
            true => Reply::new(404, "<html>"),
            false => reply,
        },
    );
    settings.mirror = Some(server.address());
    let error = bring(&settings).unwrap_err().to_string();
    assert!(error.contains("/test.mat answers 404"), "{error}");
    // The file that has come is not asked for.
    assert!(!error.contains("train.mat"), "{error}");
    assert_eq!(server.requests("test.mat").len(), 1);
    for wrong in ["example.org", "ftp://example.org", "https://"] {
        settings.mirror = Some(wrong.to_string());
        let error = bring(&settings).unwrap_err().to_string();
        assert!(error.contains("a mirror looks like"), "{error}");
    }
}

#[test]
fn two_runs_at_once_fetch_a_file_once() {
    let root = root();
    let server = serve(|_, _, mut reply| {
        reply.pace = Some((100_000, Duration::from_millis(40)));
        reply
    });
    let settings = settings(&server, root.path());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| bring(&settings).unwrap());
        }
    });
    assert_eq!(server.requests("").len(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_with_the_size_and_leaves_no_file() {
    let root = root();
    let server = serve(|_, _, reply| reply);
    let folder = root.path().join("images/digits");
    fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.join("train.mat.part")).unwrap();
    let error = bring(&settings(&server, root.path()))
        .unwrap_err()
        .to_string();
    for part in [
        "train.mat.part: no room is left",
        "300000 bytes",
        "another disk",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!folder.join("train.mat").exists());
    assert_eq!(server.requests("").len(), 1);
}
