//! The recipe as Python: functions that read cells and encode them, and tables that say how.

use super::text::{list, number, numbers, or_none, part, quoted, texts};
use crate::prepare::{Coding, Grouping, Input, Key, Phase, RawKind, Recipe};

const CELLS: &str = include_str!("cells.py");
const ENCODING: &str = include_str!("encoding.py");

/// The modules that the functions need, beside NumPy.
pub fn imports(recipe: &Recipe) -> Vec<&'static str> {
    let mut imports = Vec::new();
    if reads(recipe, RawKind::Date) {
        imports.extend(["import datetime", "import re"]);
    }
    imports.push("from types import SimpleNamespace");
    imports
}

/// The functions that read cells, those that make inputs of them, and their tables.
pub fn blocks(recipe: &Recipe) -> Vec<String> {
    let cells = cell_parts(recipe).into_iter().map(|name| part(CELLS, name));
    let encoding = encoding_parts(recipe);
    let encoding = encoding.into_iter().map(|name| part(ENCODING, name));
    let mut blocks: Vec<String> = cells.chain(encoding).map(str::to_string).collect();
    blocks.push(tables(recipe));
    blocks.push(encoded(recipe));
    blocks.extend(["rows_of", "encode", "blocks"].map(|name| part(ENCODING, name).to_string()));
    blocks
}

fn reads(recipe: &Recipe, kind: RawKind) -> bool {
    recipe.columns.iter().any(|column| column.kind == kind)
}

fn cell_parts(recipe: &Recipe) -> Vec<&'static str> {
    let mut parts = vec!["read", "is_none"];
    let has_missing = |input: &Input| matches!(input, Input::Missing { .. });
    if !recipe.codings.is_empty() || recipe.inputs.iter().any(has_missing) {
        parts.push("is_missing");
    }
    let read = |kind| reads(recipe, kind);
    if read(RawKind::Number) || read(RawKind::Truth) || read(RawKind::Date) {
        parts.push("converted");
    }
    for (kind, own) in [
        (RawKind::Number, &["numbers"][..]),
        (RawKind::Truth, &["truths", "truth"]),
        (RawKind::Date, &["dates", "seconds", "DATE"]),
        (RawKind::Text, &["texts", "text"]),
    ] {
        if read(kind) {
            parts.extend(own);
        }
    }
    parts
}

fn encoding_parts(recipe: &Recipe) -> Vec<&'static str> {
    let mut found = Vec::new();
    for coding in &recipe.codings {
        found.push("coded");
        found.push(match coding.key {
            Key::Bins(_) => "bins",
            Key::Texts(_) | Key::Numbers(_) => "levels",
        });
    }
    if !recipe.groupings.is_empty() {
        found.extend(["numbered", "grouped"]);
    }
    for input in &recipe.inputs {
        found.push(function(input));
        match input {
            Input::Days { .. } => found.push("number"),
            Input::Cycle { .. } => found.extend(["number", "days"]),
            _ => {}
        }
    }
    let order = [
        "levels",
        "bins",
        "coded",
        "numbered",
        "grouped",
        "number",
        "missing",
        "days",
        "year",
        "week",
        "day",
        "has_place",
        "place_or",
        "of_group",
    ];
    let order = order.into_iter();
    order.filter(|name| found.contains(name)).collect()
}

/// The function that makes an input.
fn function(input: &Input) -> &'static str {
    match input {
        Input::Number { .. } => "number",
        Input::Missing { .. } => "missing",
        Input::Days { .. } => "days",
        Input::Cycle { phase, .. } => match phase {
            Phase::Year => "year",
            Phase::Week => "week",
            Phase::Day => "day",
        },
        Input::Is { .. } => "has_place",
        Input::Place { .. } => "place_or",
        Input::Group { .. } => "of_group",
    }
}

fn column(recipe: &Recipe, index: usize) -> String {
    let column = recipe.columns.get(index);
    quoted(column.map_or("", |column| &column.name))
}

fn tables(recipe: &Recipe) -> String {
    let mut to = String::from("# The columns that are read, and how.\nCOLUMNS = [\n");
    for column in &recipe.columns {
        let reader = match column.kind {
            RawKind::Number => "numbers",
            RawKind::Truth => "truths",
            RawKind::Text => "texts",
            RawKind::Date => "dates",
        };
        to += &format!("    ({}, {reader}),\n", quoted(&column.name));
    }
    to += "]\n";
    if !recipe.codings.is_empty() {
        to += "\n# Places of cells: the column, where its cells are looked up, the place of one that \
               is not there\n# and that of a missing one; -1 is no place.\nCODINGS = [\n";
        for coding in &recipe.codings {
            to += &coding_row(recipe, coding);
        }
        to += "]\n";
    }
    if !recipe.groupings.is_empty() {
        to += "\n# Combinations of places: the codings and the places that each group has in them.\n\
               GROUPINGS = [\n";
        for grouping in &recipe.groupings {
            to += &grouping_row(grouping);
        }
        to += "]\n";
    }
    to += "\n# The inputs in order: a name, the function that makes it and what that needs to know.\n\
           INPUTS = [\n";
    for (index, input) in recipe.inputs.iter().enumerate() {
        let name = recipe.names.get(index).map_or("", String::as_str);
        let function = function(input);
        let arguments = arguments(recipe, input);
        to += &format!("    ({}, {function}, {arguments}),\n", quoted(name));
    }
    to + "]"
}

fn coding_row(recipe: &Recipe, coding: &Coding) -> String {
    let (find, keys) = match &coding.key {
        Key::Texts(keys) => ("levels", texts(keys, 4)),
        Key::Numbers(keys) => ("levels", numbers(keys, 4)),
        Key::Bins(edges) => ("bins", numbers(edges, 4)),
    };
    let place = |place: Option<u32>| place.map_or("-1".to_string(), |place| place.to_string());
    let [unseen, missing] = [coding.unseen, coding.missing].map(place);
    let column = column(recipe, coding.column);
    format!("    ({column}, {find}, {keys}, {unseen}, {missing}),\n")
}

fn grouping_row(grouping: &Grouping) -> String {
    let tuple = |places: &Vec<u32>| {
        let places: Vec<String> = places.iter().map(u32::to_string).collect();
        match places.as_slice() {
            [one] => format!("({one},)"),
            _ => format!("({})", places.join(", ")),
        }
    };
    let codings: Vec<String> = grouping.codings.iter().map(usize::to_string).collect();
    let groups = list(grouping.groups.iter().map(tuple), 4);
    format!("    ([{}], numbered({groups})),\n", codings.join(", "))
}

fn arguments(recipe: &Recipe, input: &Input) -> String {
    let of_column = |index: &usize| column(recipe, *index);
    match input {
        Input::Number { column, fill } | Input::Days { column, fill } => {
            format!("{}, {}", of_column(column), number(*fill))
        }
        Input::Missing { column } => of_column(column),
        Input::Cycle {
            column,
            fill,
            cosine,
            ..
        } => {
            let wave = if *cosine { "np.cos" } else { "np.sin" };
            format!("{}, {}, {wave}", of_column(column), number(*fill))
        }
        Input::Is { coding, place } => format!("{coding}, {place}"),
        Input::Place { coding, otherwise } => format!("{coding}, {}", number(*otherwise)),
        Input::Group {
            grouping,
            values,
            otherwise,
        } => format!("{grouping}, {}, {}", numbers(values, 4), number(*otherwise)),
    }
}

/// The function that makes all inputs.
fn encoded(recipe: &Recipe) -> String {
    let mut to = String::from(
        "def encoded(cells):\n    \"\"\"The model's inputs, rows x inputs, from what `read` gives.\"\"\"\n",
    );
    to += "    block = SimpleNamespace(cells=cells)\n";
    if !recipe.codings.is_empty() {
        to += "    block.places = [coded(cells[column], *how) for column, *how in CODINGS]\n";
    }
    if !recipe.groupings.is_empty() {
        to += "    block.groups = [\n        \
               grouped([block.places[coding] for coding in codings], numbers)\n        \
               for codings, numbers in GROUPINGS\n    ]\n";
    }
    to += "    inputs = np.empty((rows_of(cells), len(INPUTS)))\n";
    to += "    for index, (_, function, *arguments) in enumerate(INPUTS):\n";
    to + "        inputs[:, index] = function(block, *arguments)\n    return inputs"
}

/// What the columns hold, one a line, for the head of a file.
pub fn columns_in_words(recipe: &Recipe) -> String {
    let lines = recipe.columns.iter().map(|column| {
        let kind = match column.kind {
            RawKind::Number => "numbers",
            RawKind::Truth => "truth values",
            RawKind::Text => "texts",
            RawKind::Date => "dates",
        };
        format!("    {}: {kind}\n", quoted(&column.name))
    });
    lines.collect()
}

/// The name of an input in a comment.
pub fn input_name(recipe: &Recipe, index: usize) -> String {
    or_none(recipe.names.get(index).map(|name| quoted(name)))
}
