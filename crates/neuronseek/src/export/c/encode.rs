//! From a row's cells to inputs.

use super::Parts;
use super::text::{double, literal, quoted};
use crate::export::native::lookup::{self, Run, Used};
use crate::export::native::wrapped;
use crate::prepare::{Coding, Grouping, Input, Key, Phase, RawKind, Recipe};

/// Writes levels and groups, and the function `encode`.
pub fn write(recipe: &Recipe, members: &[String], parts: &mut Parts) {
    let used = Used::of(recipe);
    let mut lines = Vec::new();
    for (index, coding) in lookup::codings(recipe, &used) {
        let name = quoted(&recipe.columns[coding.column].name);
        parts.data.push_str(&format!("/* Column {name}. */\n"));
        lines.push(place(index, coding, &members[coding.column], parts));
    }
    for (index, grouping) in lookup::groupings(recipe, &used) {
        lines.extend(group(index, grouping, parts));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    for run in lookup::runs(recipe) {
        lines.push(match run {
            Run::One(index, one) => {
                let name = recipe.names.get(index).map(|name| quoted(name));
                let value = input(one, index, recipe, members, parts);
                let name = name.map_or(String::new(), |name| format!(" /* {name} */"));
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
            } => format!("one_hot(x + {start}, p{coding}, {place}, {count});"),
        });
    }
    let mut code = String::from(
        "/* The inputs x of a row. */\nstatic void encode(const neuronseek_row *row, double *x)\n{\n",
    );
    if !lines.iter().any(|line| line.contains("row->")) {
        code.push_str("    (void)row;\n");
    }
    for line in lines {
        match line.is_empty() {
            true => code.push('\n'),
            false => code.push_str(&format!("    {line}\n")),
        }
    }
    code.push_str("}\n\n");
    parts.code.push_str(&code);
}

fn maybe(place: Option<u32>) -> String {
    place.map_or("NO_PLACE".to_string(), |place| place.to_string())
}

/// A constant array with at least one element.
fn array(kind: &str, name: &str, elements: Vec<String>, a_line: usize) -> String {
    let count = elements.len().max(1);
    let zero = elements.is_empty().then(|| "0".to_string());
    let elements = wrapped(elements.into_iter().chain(zero), a_line);
    format!("static const {kind} {name}[{count}] = {{\n{elements}\n}};\n\n")
}

/// The line that finds the place of a coding.
fn place(index: usize, coding: &Coding, member: &str, parts: &mut Parts) -> String {
    let (unseen, missing) = (maybe(coding.unseen), maybe(coding.missing));
    let (function, name, count) = match &coding.key {
        Key::Texts(keys) => {
            let levels = lookup::texts(keys).into_iter();
            let levels: Vec<String> = levels
                .map(|(text, place)| format!("{{{}, {place}}}", literal(text)))
                .collect();
            let count = levels.len();
            let name = format!("levels{index}");
            parts.flags.insert("texts");
            // An empty list is one level that is never looked at.
            let levels = if count == 0 {
                vec!["{NULL, 0}".to_string()]
            } else {
                levels
            };
            parts.data.push_str(&array("text_level", &name, levels, 1));
            ("text_place", name, count)
        }
        Key::Numbers(keys) => {
            let levels = lookup::numbers(keys).into_iter();
            let levels: Vec<String> = levels
                .map(|(number, place)| format!("{{{}, {place}}}", double(number)))
                .collect();
            let count = levels.len();
            let name = format!("levels{index}");
            parts.flags.insert("numbers");
            let levels = if count == 0 {
                vec!["{0, 0}".to_string()]
            } else {
                levels
            };
            parts
                .data
                .push_str(&array("number_level", &name, levels, 4));
            ("number_place", name, count)
        }
        Key::Bins(edges) => {
            let name = format!("edges{index}");
            let numbers = edges.iter().map(|edge| double(*edge)).collect();
            parts.data.push_str(&array("double", &name, numbers, 4));
            let count = edges.len();
            return format!(
                "const int p{index} = bin_place(row->{member}, {name}, {count}, {missing});"
            );
        }
    };
    format!("const int p{index} = {function}(row->{member}, {name}, {count}, {unseen}, {missing});")
}

/// The lines that find the group of a grouping.
fn group(index: usize, grouping: &Grouping, parts: &mut Parts) -> [String; 2] {
    let order = lookup::ascending(grouping);
    let length = grouping.codings.len();
    let places = order.iter().flat_map(|group| &grouping.groups[*group]);
    let places: Vec<String> = places.map(u32::to_string).collect();
    let name = format!("groups{index}");
    let a_line = length * (12 / length.max(1)).max(1);
    parts.data.push_str(&array("int", &name, places, a_line));
    let own: Vec<String> = grouping.codings.iter().map(|c| format!("p{c}")).collect();
    let count = order.len();
    [
        format!(
            "const int places{index}[{length}] = {{{}}};",
            own.join(", ")
        ),
        format!("const long g{index} = group_of(places{index}, {name}, {count}, {length});"),
    ]
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
        |column: usize, fill: f64| format!("filled(row->{}, {})", members[column], double(fill));
    match input {
        Input::Number { column, fill } => filled(*column, *fill),
        Input::Missing { column } => match recipe.columns[*column].kind {
            RawKind::Text => format!("row->{} == NULL ? 1.0 : 0.0", members[*column]),
            _ => format!("isnan(row->{}) ? 1.0 : 0.0", members[*column]),
        },
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
            format!(
                "{function}({:?} * {phase}({filled}))",
                std::f64::consts::TAU
            )
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
            let name = format!("values{index}");
            parts.data.push_str(&array("double", &name, numbers, 4));
            format!("group_value(g{grouping}, {name}, {})", double(*otherwise))
        }
    }
}
