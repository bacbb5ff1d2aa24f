use std::fs;

use super::*;
use crate::plot::{Axis, Chart, Series};

fn experiment(name: &str) -> Experiment {
    Experiment {
        name: name.to_string(),
        title: format!("Found <b>by</b> {name} & others"),
        command: "neuronseek bench recovery --method als".to_string(),
        machine: "2 cores".to_string(),
        date: "2026-01-31".to_string(),
        remarks: vec!["It loses at D > 100.".to_string()],
    }
}

fn sample(folder: &Path, name: &str) -> PathBuf {
    let folder = folder.join(name);
    fs::create_dir(&folder).unwrap();
    experiment(name).write(&folder).unwrap();
    let table = "# Exact\n\n| method | exact |\n|---|---:|\n| als <script>alert(1)</script> | 75 |\n\n\
                 <img src=x onerror=alert(2)>\n\n[x](javascript:alert(3)) ![p](http://a/b.png)\n";
    fs::write(folder.join(format!("{name}.md")), table).unwrap();
    fs::write(
        folder.join(format!("{name}.jsonl")),
        "{\"seed\":1}\n{\"seed\":2}\n",
    )
    .unwrap();
    fs::write(
        folder.join(format!("{name}.csv")),
        "seed,text\n1,\"a\nb\"\n2,c\n3,d\n",
    )
    .unwrap();
    let chart = Chart {
        title: "Error".to_string(),
        x: Axis::linear("seconds"),
        y: Axis::log("error"),
        series: vec![Series::line("als of the plot", [(1.0, 0.5), (2.0, 0.1)])],
    };
    chart
        .draw()
        .unwrap()
        .write(&folder, "error over time")
        .unwrap();
    folder
}

#[test]
fn the_page_has_tables_plots_and_counts_and_obeys_no_text() {
    let home = tempfile::tempdir().unwrap();
    let folders = [sample(home.path(), "one run"), sample(home.path(), "two")];
    let page = page(&folders, &home.path().join("report.html")).unwrap();
    for part in [
        "<td style=\"text-align: right\">75</td>",
        "als of the plot",
        "Found &lt;b&gt;by&lt;/b&gt; one run &amp; others",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "It loses at D &gt; 100.",
        "<a href=\"one%20run/one%20run.jsonl\">one run.jsonl</a>: 2 runs",
        "<a href=\"one%20run/one%20run.csv\">one run.csv</a>: 3 rows",
        "one%20run/error%20over%20time.png",
        "<a href=\"#one-run-part-1\">Exact</a>",
        "<h3 id=\"one-run-part-1\">Exact</h3>",
        "<section id=\"two\">",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    for part in ["<script", "<img", "javascript:", "src="] {
        let found = page.replace("&lt;img src=x", "");
        assert!(!found.contains(part), "{part} in {page}");
    }
}

#[test]
fn ids_of_plots_do_not_meet() {
    let svg = "<?xml version=\"1.0\"?><!-- c --><svg width=\"10\" height=\"5px\"><defs>\
               <clipPath id=\"c\"/></defs><g clip-path=\"url(#c)\"><use href=\"#c\"/>\
               <text>a &lt; b</text></g></svg>\n";
    let one = picture::embed(svg, "p1-", "a \"plot\"").unwrap();
    for part in [
        "id=\"p1-c\"",
        "url(#p1-c)",
        "href=\"#p1-c\"",
        "viewBox=\"0 0 10 5\"",
        "a &lt; b",
        "a &quot;plot&quot;",
    ] {
        assert!(one.contains(part), "no {part} in {one}");
    }
    assert!(!one.contains("width=\"10\""), "{one}");
}

#[test]
fn what_would_leave_its_plot_is_refused() {
    let whole = |inner: &str| format!("<svg width=\"1\" height=\"1\">{inner}</svg>");
    for inner in [
        "<script/>",
        "<style>*{color:red}</style>",
        "<g onclick=\"x\"/>",
        "<use href=\"http://a/b\"/>",
        "<rect fill=\"url(http://a)\"/>",
        "<g>",
    ] {
        let refused = picture::embed(&whole(inner), "p", "");
        assert!(refused.is_err(), "{inner}: {refused:?}");
    }
    assert!(picture::embed("<p/>", "p", "").is_err());
    assert!(picture::embed("<svg/>", "p", "").is_err());
    assert!(picture::embed(&whole("<g/>"), "p", "").is_ok());
}

#[test]
fn missing_and_broken_parts_are_named() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("report.html");
    let folder = sample(home.path(), "one");
    let refusal = |folder: &Path| {
        let error = page(&[folder.to_path_buf()], &target).unwrap_err();
        error.to_string()
    };
    for (name, text, words) in [
        ("experiment.json", "{", "experiment.json is broken"),
        ("one.jsonl", "{}\n{\"a\":", "one.jsonl is broken: line 2"),
        ("one.csv", "a,b\n1\n", "one.csv is broken"),
        (
            "error over time.svg",
            "<svg",
            "error over time.svg is broken",
        ),
    ] {
        let path = folder.join(name);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, text).unwrap();
        let error = refusal(&folder);
        assert!(error.contains(words), "{name}: {error}");
        fs::write(&path, whole).unwrap();
    }
    assert!(page(std::slice::from_ref(&folder), &target).is_ok());
    for name in ["experiment.json", "one.md", "one.jsonl", "one.csv"] {
        let path = folder.join(name);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let error = refusal(&folder);
        assert!(error.contains(name), "{name}: {error}");
        fs::write(&path, whole).unwrap();
    }
    assert!(matches!(page(&[], &target), Err(PageError::NoFolder)));
}

#[test]
fn an_experiment_is_read_as_written() {
    let home = tempfile::tempdir().unwrap();
    experiment("a").write(home.path()).unwrap();
    assert_eq!(Experiment::read(home.path()).unwrap(), experiment("a"));
}

#[test]
fn links_lead_from_the_page() {
    let home = tempfile::tempdir().unwrap();
    let (a, b) = (home.path().join("a"), home.path().join("b c"));
    fs::create_dir(&a).unwrap();
    fs::create_dir(&b).unwrap();
    assert_eq!(html::link_between(&a.join("page.html"), &b), "../b%20c/");
    assert_eq!(html::link_between(&a.join("page.html"), &a), "");
    assert_eq!(html::link_between(&home.path().join("p.html"), &a), "a/");
}
