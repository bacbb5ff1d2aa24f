//! Servers and connections that misbehave.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use neuronseek::observe::{Control, Event, Observer};
use neuronseek_data::DataError;
use neuronseek_data::fetch::Fetcher;
use neuronseek_data::folder::Folder;

use crate::server::{Reply, Server};
use crate::{airfoil, fetch, folder, is_file, md5, parts, right, serve, set, settings};

#[test]
fn a_wrong_checksum_leaves_nothing() {
    let cache = folder();
    let mut set = set();
    set.md5 = md5(b"another file");
    let server = serve(set.clone(), |_, _, reply| reply);
    let error = fetch(&settings(&server, cache.path()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("some.arff: the file's md5 is"), "{error}");
    assert!(
        error.contains(&md5(&set.arff)) && error.contains(&set.md5),
        "{error}"
    );
    assert_eq!(parts(cache.path()), Vec::<String>::new());
    assert_eq!(server.requests(".arff").len(), 1);
    assert!(
        Folder::new(cache.path())
            .find("airfoil_self_noise")
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_cut_connection_goes_on_where_it_was_cut() {
    let cache = folder();
    let server = serve(set(), |request, before, reply| {
        match is_file(request) && before < 4 {
            true => reply.cut(3000),
            false => reply,
        }
    });
    right(
        &fetch(&settings(&server, cache.path())).unwrap(),
        cache.path(),
    );
    // Each try gained bytes, so that four cuts are no more than two retries allow.
    let ranges: Vec<Option<String>> = (server.requests(".arff").iter())
        .map(|request| request.header("range").map(str::to_string))
        .collect();
    let expected = [0, 3000, 6000, 9000, 12000].map(|start| match start {
        0 => None,
        start => Some(format!("bytes={start}-")),
    });
    assert_eq!(ranges, expected);
    assert_eq!(
        server.requests(".arff")[1].header("if-range"),
        Some("\"v1\"")
    );
}

#[test]
fn a_later_run_goes_on_where_an_earlier_one_gave_up() {
    let cache = folder();
    let server = serve(set(), |request, before, reply| {
        match (is_file(request), before) {
            (true, 0) => reply.cut(5000),
            (true, 1) => reply.cut(0),
            _ => reply,
        }
    });
    let mut settings = settings(&server, cache.path());
    settings.patience.retries = 0;
    let error = fetch(&settings).unwrap_err().to_string();
    assert!(error.contains("cannot be fetched (2 tries)"), "{error}");
    assert!(error.contains("goes on where this one stopped"), "{error}");
    assert_eq!(
        parts(cache.path()),
        ["openml-44957.arff.part", "openml-44957.arff.part.json"]
    );
    right(&fetch(&settings).unwrap(), cache.path());
    assert_eq!(
        server.requests(".arff")[2].header("range"),
        Some("bytes=5000-")
    );
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let cache = folder();
    let mut set = set();
    set.ranges = false;
    let server = serve(set, |request, before, reply| {
        match is_file(request) && before == 0 {
            true => reply.cut(9000),
            false => reply,
        }
    });
    right(
        &fetch(&settings(&server, cache.path())).unwrap(),
        cache.path(),
    );
    assert_eq!(server.requests(".arff").len(), 2);
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_whole() {
    // With a tag the server says so; without one the checksum does.
    for (tag, requests) in [("\"v1\"", 2), ("", 3)] {
        let cache = folder();
        let (mut old, mut new) = (set(), set());
        old.arff = old
            .arff
            .iter()
            .map(|&byte| if byte == b'1' { b'2' } else { byte })
            .collect();
        old.etag = tag.to_string();
        new.etag = tag.replace('1', "2");
        let server = Server::start(
            move |request, before| match is_file(request) && before == 0 {
                true => old.answer(request).cut(4000),
                false => new.answer(request),
            },
        );
        right(
            &fetch(&settings(&server, cache.path())).unwrap(),
            cache.path(),
        );
        assert_eq!(server.requests(".arff").len(), requests, "{tag}");
    }
}

#[test]
fn what_is_not_there_is_told_at_once() {
    for (reply, part) in [
        (
            Reply::new(404, "<html>"),
            "answers 404; the table is not there any more",
        ),
        (
            Reply::new(
                412,
                r#"{"error": {"code": "111", "message": "Unknown dataset"}}"#,
            ),
            "answers 412 (Unknown dataset); ",
        ),
        (Reply::new(403, ""), "answers 403; the server wants a login"),
        (Reply::new(200, "{\"data_set_"), "the answer is no JSON"),
        (Reply::new(200, "{\"data\": {}}"), "no data_set_description"),
    ] {
        let cache = folder();
        let server = Server::start(move |_, _| reply.clone());
        let error = fetch(&settings(&server, cache.path()))
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
        assert!(error.contains("/api/v1/json/data/44957"), "{error}");
        assert_eq!(server.requests("").len(), 1);
    }
}

#[test]
fn trouble_of_the_server_is_waited_out() {
    let cache = folder();
    let server = serve(set(), |_, before, reply| match before {
        0 => Reply::new(500, "oh"),
        1 => Reply::new(429, "").with("Retry-After", "0"),
        _ => reply,
    });
    right(
        &fetch(&settings(&server, cache.path())).unwrap(),
        cache.path(),
    );
    let cache = folder();
    let server = Server::start(|_, _| Reply::new(503, ""));
    let error = fetch(&settings(&server, cache.path()))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("(3 tries): the server answers 503"),
        "{error}"
    );
    assert_eq!(server.requests("").len(), 3);
}

#[test]
fn a_silent_server_is_left_after_the_timeout() {
    let cache = folder();
    let server = serve(set(), |request, before, mut reply| {
        match (is_file(request), before) {
            (false, 0) => reply.wait = Duration::from_secs(2),
            // Silence in the middle of the file.
            (true, 0) => reply.pace = Some((10_000, Duration::from_secs(2))),
            _ => {}
        }
        reply
    });
    let mut settings = settings(&server, cache.path());
    settings.patience.timeout = Duration::from_millis(300);
    let start = Instant::now();
    right(&fetch(&settings).unwrap(), cache.path());
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(
        server.requests(".arff")[1].header("range"),
        Some("bytes=10000-")
    );
    settings.cache = cache.path().join("other");
    let server = Server::start(|_, _| Reply {
        wait: Duration::from_secs(2),
        ..Reply::new(200, "")
    });
    settings.server = server.address();
    let error = fetch(&settings).unwrap_err().to_string();
    assert!(
        error.contains("3 tries") && error.contains("timeout"),
        "{error}"
    );
}

#[test]
fn nobody_at_the_address() {
    let cache = folder();
    let server = Server::start(|_, _| Reply::new(200, ""));
    let mut settings = settings(&server, cache.path());
    drop(server);
    let error = fetch(&settings).unwrap_err().to_string();
    assert!(
        error.contains("3 tries") && error.contains("see to the network"),
        "{error}"
    );
    for wrong in ["openml.org", "ftp://openml.org", "https://"] {
        settings.server = wrong.to_string();
        let error = fetch(&settings).unwrap_err().to_string();
        assert!(error.contains("is no address of a server"), "{error}");
    }
}

/// Ends the work when the first bytes have come.
struct Ends(AtomicBool);

impl Observer for Ends {
    fn notice(&self, event: &Event<'_>) {
        if matches!(event, Event::Progress { .. }) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_stopped_run_keeps_what_has_arrived() {
    let cache = folder();
    let server = serve(set(), |_, _, mut reply| {
        reply.pace = Some((5000, Duration::from_millis(50)));
        reply
    });
    let settings = settings(&server, cache.path());
    let ends = Ends(AtomicBool::new(false));
    let control = Control {
        observer: &ends,
        stop: &ends.0,
        deadline: None,
    };
    let fetcher = Fetcher::new(&settings).unwrap();
    let error = fetcher.fetch(airfoil(), &control).unwrap_err();
    assert!(matches!(error, DataError::Stopped));
    let part = cache.path().join("downloads/openml-44957.arff.part");
    let have = fs::metadata(part).unwrap().len();
    assert!(have > 0);
    right(&fetch(&settings).unwrap(), cache.path());
    let range = format!("bytes={have}-");
    assert_eq!(
        server.requests(".arff")[1].header("range"),
        Some(range.as_str())
    );
}

#[test]
fn another_table_under_the_number_is_refused() {
    let cache = folder();
    let mut short = set();
    short.arff.truncate(short.arff.len() - 30);
    let end = short.arff.iter().rposition(|&byte| byte == b'\n').unwrap();
    short.arff.truncate(end + 1);
    short.md5 = md5(&short.arff);
    let server = serve(short, |_, _, reply| reply);
    let error = fetch(&settings(&server, cache.path()))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("is not the protocol's table: it has 150"),
        "{error}"
    );
    let mut broken = set();
    broken.arff.extend(b"1,2,3\n");
    broken.md5 = md5(&broken.arff);
    let server = serve(broken, |_, _, reply| reply);
    let error = fetch(&settings(&server, cache.path()))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("some.arff, line 1513, column 6: 3 values for 6"),
        "{error}"
    );
    // Other values are said, and the table is given.
    let mut other = set();
    let text = String::from_utf8(other.arff)
        .unwrap()
        .replace("126.201", "126.202");
    other.arff = text.into_bytes();
    other.md5 = md5(&other.arff);
    let server = serve(other, |_, _, reply| reply);
    let fetched = fetch(&settings(&server, cache.path())).unwrap();
    assert_eq!(fetched.found.entry["same_values"], false);
}
