//! From a row's cells to inputs.

use super::Parts;
use super::text::{double, literal};
use crate::export::native::lookup::{self, Run, Used};
use crate::export::native::wrapped;
use crate::prepare::{Coding, Grouping, Input, Key, Phase, RawKind, Recipe};

/// Writes levels and groups, and the function `encode`.
pub fn write(recipe: &Recipe, members: &[String], parts: &mut Parts) {
    let used = Used::of(recipe);
    let mut lines = Vec::new();
    for (index, coding) in lookup::codings(recipe, &used) {
        let name = literal(&recipe.columns[coding.column].name);
        parts.data.push_str(&format!("/// Column {name}.\n"));
        lines.push(place(index, coding, &members[coding.column], parts));
    }
    for (index, grouping) in lookup::groupings(recipe, &used) {
        lines.push(group(index, grouping, parts));
    }
    lines.push("let mut x = [0.0; INPUTS];".to_string());
    for run in lookup::runs(recipe) {
        lines.push(match run {
            Run::One(index, one) => {
                let name = recipe.names.get(index).map(|name| literal(name));
                let value = input(one, index, recipe, members, parts);
                let name = name.map_or(String::new(), |name| format!(" // {name}"));
                format!("x[{index}] = {value};{name}")
            }
            Run::OneHot {
                start,
                coding,
                place,
                count: 1,
            } => format!("x[{start}] = is(p{coding}, {place});"),
            Run::OneHot {
                start,
                coding,
                place,
                count,
            } => {
                let end = start + count;
                format!("one_hot(&mut x[{start}..{end}], p{coding}, {place});")
            }
        });
    }
    lines.push("x".to_string());
    let row = match lines.iter().any(|line| line.contains("row.")) {
        true => "row",
        false => "_row",
    };
    let texts = recipe
        .columns
        .iter()
        .any(|column| column.kind == RawKind::Text);
    let kind = if texts { "Row<'_>" } else { "Row" };
    parts.code.push_str(&format!(
        "/// The inputs of a row.\nfn encode({row}: &{kind}) -> [f64; INPUTS] {{\n"
    ));
    for line in lines {
        parts.code.push_str(&format!("    {line}\n"));
    }
    parts.code.push_str("}\n\n");
}

fn maybe(place: Option<u32>) -> String {
    format!("{place:?}")
}

/// A static array.
fn array(kind: &str, name: &str, elements: Vec<String>, a_line: usize) -> String {
    let count = elements.len();
    let elements = wrapped(elements.into_iter(), a_line);
    format!("static {name}: [{kind}; {count}] = [\n{elements}\n];\n\n")
}

/// The line that finds the place of a coding.
fn place(index: usize, coding: &Coding, member: &str, parts: &mut Parts) -> String {
    let (unseen, missing) = (maybe(coding.unseen), maybe(coding.missing));
    let name = format!("LEVELS{index}");
    let function = match &coding.key {
        Key::Texts(keys) => {
            let levels = lookup::texts(keys).into_iter();
            let levels = levels.map(|(text, place)| format!("({}, {place})", literal(text)));
            let table = array("(&str, u32)", &name, levels.collect(), 1);
            parts.data.push_str(&table);
            "text_place"
        }
        Key::Numbers(keys) => {
            let levels = lookup::numbers(keys).into_iter();
            let levels = levels.map(|(number, place)| format!("({}, {place})", double(number)));
            let table = array("(f64, u32)", &name, levels.collect(), 4);
            parts.data.push_str(&table);
            "number_place"
        }
        Key::Bins(edges) => {
            let name = format!("EDGES{index}");
            let numbers = edges.iter().map(|edge| double(*edge)).collect();
            parts.data.push_str(&array("f64", &name, numbers, 4));
            return format!("let p{index} = bin_place(row.{member}, &{name}, {missing});");
        }
    };
    format!("let p{index} = {function}(row.{member}, &{name}, {unseen}, {missing});")
}

/// The line that finds the group of a grouping.
fn group(index: usize, grouping: &Grouping, parts: &mut Parts) -> String {
    let order = lookup::ascending(grouping);
    let length = grouping.codings.len();
    let groups = order
        .iter()
        .map(|group| format!("{:?}", grouping.groups[*group]));
    let (kind, name) = (format!("[u32; {length}]"), format!("GROUPS{index}"));
    parts
        .data
        .push_str(&array(&kind, &name, groups.collect(), 4));
    let own: Vec<String> = grouping.codings.iter().map(|c| format!("p{c}")).collect();
    format!("let g{index} = group_of([{}], &{name});", own.join(", "))
}

/// The value of an input.
fn input(
    input: &Input,
    index: usize,
    recipe: &Recipe,
    members: &[String],
    parts: &mut Parts,
) -> String {
    let filled =
        |column: usize, fill: f64| format!("filled(row.{}, {})", members[column], double(fill));
    match input {
        Input::Number { column, fill } => filled(*column, *fill),
        Input::Missing { column } => {
            let missing = match recipe.columns[*column].kind {
                RawKind::Text => "is_none",
                _ => "is_nan",
            };
            format!(
                "if row.{}.{missing}() {{ 1.0 }} else {{ 0.0 }}",
                members[*column]
            )
        }
        Input::Days { column, fill } => format!("{} / 86400.0", filled(*column, *fill)),
        Input::Cycle {
            column,
            fill,
            phase,
            cosine,
        } => {
            let phase = match phase {
                Phase::Year => "phase_of_year",
                Phase::Week => "phase_of_week",
                Phase::Day => "phase_of_day",
            };
            let function = if *cosine { "cos" } else { "sin" };
            let filled = filled(*column, *fill);
            format!("{function}(core::f64::consts::TAU * {phase}({filled}))")
        }
        Input::Is { coding, place } => format!("is(p{coding}, {place})"),
        Input::Place { coding, otherwise } => {
            format!("place_or(p{coding}, {})", double(*otherwise))
        }
        Input::Group {
            grouping,
            values,
            otherwise,
        } => {
            let order = lookup::ascending(&recipe.groupings[*grouping]);
            let numbers = order.iter().map(|group| double(values[*group])).collect();
            let name = format!("VALUES{index}");
            parts.data.push_str(&array("f64", &name, numbers, 4));
            format!("group_value(g{grouping}, &{name}, {})", double(*otherwise))
        }
    }
}
