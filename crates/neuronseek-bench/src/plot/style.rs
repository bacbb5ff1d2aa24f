//! Colours, markers, dashes and sizes that all plots share.

use kuva::plot::LineStyle;
use kuva::plot::scatter::MarkerShape;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;

/// Okabe and Ito's colours for lines, without their yellow, which is faint on white.
const LINES: [&str; 7] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
];

/// The same colours for areas, ordered so that neighbours differ in grey as well.
const AREAS: [&str; 7] = [
    "#0072B2", "#E69F00", "#000000", "#F0E442", "#D55E00", "#56B4E9", "#009E73",
];

const MARKERS: [MarkerShape; 8] = [
    MarkerShape::Circle,
    MarkerShape::Square,
    MarkerShape::Triangle,
    MarkerShape::Diamond,
    MarkerShape::TriangleDown,
    MarkerShape::Cross,
    MarkerShape::Plus,
    MarkerShape::Star,
];

/// The `index`-th series' colour. Colours repeat after 7 and markers after 8, so that the pair is
/// unique up to 56 series.
pub fn line_color(index: usize) -> &'static str {
    LINES[index % LINES.len()]
}

/// The `index`-th part's colour in a bar chart.
pub fn area_color(index: usize) -> &'static str {
    AREAS[index % AREAS.len()]
}

/// The `index`-th series' marker.
pub fn marker(index: usize) -> MarkerShape {
    MARKERS[index % MARKERS.len()]
}

/// The `index`-th series' dash.
pub fn dash(index: usize) -> LineStyle {
    match index % 5 {
        0 => LineStyle::Solid,
        1 => LineStyle::Dashed,
        2 => LineStyle::Dotted,
        3 => LineStyle::DashDot,
        _ => LineStyle::Custom("14 4".to_string()),
    }
}

/// Text that is drawn as it stands; the drawing crate reads what stands between dollars as
/// mathematics.
pub fn plain(text: &str) -> String {
    text.replace('$', "\\$")
}

/// A layout with sizes that stay legible on a narrow page.
pub fn layout(plots: &[Plot], title: &str, x: &str, y: &str) -> Layout {
    Layout::auto_from_plots(plots)
        .with_title(plain(title))
        .with_x_label(plain(x))
        .with_y_label(plain(y))
        .with_title_size(18)
        .with_label_size(16)
        .with_tick_size(14)
        .with_body_size(15)
        .with_title_wrap(56)
        .with_font_family("DejaVu Sans, Verdana, Arial, sans-serif")
        .with_width(620.0)
        .with_height(420.0)
}
