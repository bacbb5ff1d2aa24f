use super::*;

fn chart(scale: Scale, points: Vec<Point>) -> Chart {
    Chart {
        title: "Error over time".to_string(),
        x: Axis::linear("seconds"),
        y: Axis {
            label: "error".to_string(),
            scale,
        },
        series: vec![
            Series::line("als", [(1.0, 0.5), (2.0, 0.25)]),
            Series::line("gp & <eql> costs $5, not $6", points),
        ],
    }
}

fn bars(values: Vec<f64>) -> Bars {
    Bars {
        title: "Structures".to_string(),
        x: "method".to_string(),
        y: "searches".to_string(),
        parts: ["exact", "more", "missing"].map(String::from).to_vec(),
        groups: vec![Group {
            name: "als".to_string(),
            values,
        }],
    }
}

#[test]
fn each_series_has_its_name_and_a_line_of_its_own_look() {
    let svg = chart(
        Scale::Log,
        vec![(1.0, 0.5, 0.1, 0.9).into(), (2.0, 0.1).into()],
    )
    .draw()
    .unwrap()
    .svg();
    for text in [
        "als",
        "gp &amp; &lt;eql&gt; costs $5, not $6",
        "Error over time",
        "seconds",
    ] {
        assert!(svg.contains(&format!(">{text}<")), "no {text} in {svg}");
    }
    assert!(svg.contains("#0072B2") || svg.contains("#0072b2"), "{svg}");
    assert!(svg.contains("stroke-dasharray"), "{svg}");
    assert!(svg.starts_with("<svg viewBox=\"0 0 "), "{svg}");
}

#[test]
fn each_bar_has_its_value() {
    let svg = bars(vec![75.0, 3.0, 0.5]).draw().unwrap().svg();
    for text in ["exact", "more", "missing", "als", "75", "0.5"] {
        assert!(svg.contains(&format!(">{text}<")), "no {text} in {svg}");
    }
}

#[test]
fn values_without_a_place_are_refused_by_name() {
    let zero = chart(Scale::Log, vec![(1.0, 1.0).into(), (1.0, 0.0).into()]);
    let error = zero.draw().err().unwrap().to_string();
    assert!(
        error.contains("value 2: 0 has no place on a logarithmic axis"),
        "{error}"
    );
    let below = chart(Scale::Log, vec![(1.0, 1.0, -0.5, 2.0).into()]);
    assert!(below.draw().is_err());
    assert!(
        chart(Scale::Linear, vec![(f64::NAN, 1.0).into()])
            .draw()
            .is_err()
    );
    assert!(
        chart(Scale::Linear, vec![(1.0, -1.0).into()])
            .draw()
            .is_ok()
    );
    assert!(bars(vec![1.0, 2.0]).draw().is_err());
    assert!(bars(vec![1.0, 2.0, -1.0]).draw().is_err());
    let empty = Chart {
        series: Vec::new(),
        ..chart(Scale::Linear, Vec::new())
    };
    assert!(matches!(empty.draw(), Err(PlotError::Empty { .. })));
}

#[test]
fn both_files_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let points = (1..60)
        .map(f64::from)
        .map(|x| (x, 1.0 / x, 0.5 / x, 2.0 / x));
    let chart = chart(Scale::Log, points.map(Point::from).collect());
    let [svg, png] = chart.draw().unwrap().write(folder.path(), "error").unwrap();
    assert!(std::fs::read_to_string(svg).unwrap().ends_with("</svg>"));
    let png = std::fs::read(png).unwrap();
    assert_eq!(&png[1..4], b"PNG");
    // A blank picture of this size is far smaller.
    assert!(png.len() > 10_000, "{}", png.len());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
