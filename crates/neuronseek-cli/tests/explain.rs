//! `explain`, and what `inspect` draws.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use program::Folder;

const SMALL: &str = "--profile small --epochs 3 -q";

fn fitted(split: &str) -> Folder {
    let folder = Folder::new();
    folder.hybrid("a.csv", 500);
    folder.must(&format!(
        "fit a.csv --target y {split} -o m.safetensors {SMALL}"
    ));
    folder
}

#[test]
fn a_report_holds_what_json_prints() {
    let folder = fitted("--test-fraction 0.2");
    let line = "explain m.safetensors a.csv -o r.html --row 17 --bootstrap 2 --json";
    let printed = folder.json(line);
    let page = std::fs::read_to_string(folder.path().join("r.html")).unwrap();
    let start = page.find("id=\"explanation\">").unwrap() + "id=\"explanation\">".len();
    let within = &page[start..start + page[start..].find("</script>").unwrap()];
    let within: serde_json::Value = serde_json::from_str(within).unwrap();
    assert_eq!(within, printed);
    assert_eq!(printed["model"], "m.safetensors");
    assert_eq!(printed["quality"]["measured"]["rows"], 100);
    assert_eq!(printed["quality"]["measured"]["seen"], false);
    assert_eq!(printed["row"]["row"], 17);
    assert_eq!(printed["neuron"]["search"]["bootstrap"]["resamples"], 2);
    // An existing report stays unless asked otherwise.
    let run = folder.run("explain m.safetensors -o r.html");
    assert_eq!(run.code, Some(1));
    assert!(run.errors.contains("--force"), "{}", run.errors);
    assert_eq!(
        std::fs::read_to_string(folder.path().join("r.html")).unwrap(),
        page
    );
}

#[test]
fn the_terminal_has_the_essence() {
    let folder = fitted("");
    let text = folder.must("explain m.safetensors a.csv --row 2 --bootstrap 0");
    for wanted in [
        "95 % interval",
        "the fit saw these rows",
        "lost without it",
        "y = ",
        "strongest pairs: ",
        "nmse rises by",
        "row 2",
        "mean prediction",
        "the table says",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    let text = folder.must("explain m.safetensors");
    assert!(
        text.contains("lost without it") && text.contains("at the fit"),
        "{text}"
    );
    let text = folder.must("inspect m.safetensors");
    assert!(
        text.contains("inputs x ─") && text.contains("predicts"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_explained_is_said() {
    let folder = fitted("");
    folder.write("other.csv", "x1,y\n1,2\n3,4\n");
    folder.write("empty.csv", "");
    for (arguments, code, wanted) in [
        (
            "explain m.safetensors a.csv --row 501",
            1,
            "501 is none of them",
        ),
        (
            "explain m.safetensors a.csv --row 0",
            1,
            "rows are counted from 1",
        ),
        ("explain m.safetensors --row 3", 2, "DATA"),
        ("explain m.safetensors other.csv", 1, "x2"),
        ("explain m.safetensors empty.csv", 1, "empty.csv"),
        ("explain a.csv", 1, "a.csv"),
        ("explain m.safetensors a.csv -o no/where.html", 1, "no"),
        (
            "explain m.safetensors a.csv -o a.csv --force",
            2,
            "name another file",
        ),
        (
            "explain m.safetensors -o m.safetensors --force",
            2,
            "name another file",
        ),
        ("explain m.safetensors a.csv -o -", 2, "name another file"),
        (
            "explain m.safetensors a.csv --bootstrap 18446744073709551615",
            2,
            "bootstrap",
        ),
    ] {
        let run = folder.run(arguments);
        assert_eq!(run.code, Some(code), "{arguments}: {}", run.errors);
        assert!(run.errors.contains(wanted), "{arguments}: {}", run.errors);
        assert!(run.out.is_empty(), "{arguments}: {}", run.out);
    }
    assert!(!folder.path().join("no").exists());
}
