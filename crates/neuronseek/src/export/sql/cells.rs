//! From the table's cells to inputs.

use super::dialect::{self, Dialect, number};
use super::stages::Stage;
use crate::model::{Core, Pipeline};
use crate::prepare::{BoundedInput, Coding, Grouping, Input, Key, Phase, RawKind, Recipe};

/// What a model reads.
pub(super) struct Cells<'a> {
    pub recipe: &'a Recipe,
    dialect: Dialect,
    /// Whether cells stand in inputs themselves: where each is read once.
    inline: bool,
    inputs: Vec<bool>,
    groupings: Vec<bool>,
    codings: Vec<bool>,
    columns: Vec<bool>,
}

impl<'a> Cells<'a> {
    /// Those that some inputs need.
    pub fn new(pipeline: &'a Pipeline, inputs: &[bool], dialect: Dialect) -> Cells<'a> {
        let recipe = &pipeline.recipe;
        let mut cells = Cells {
            recipe,
            dialect,
            inline: matches!(pipeline.core, Core::Formula { .. }) && read_once(recipe, inputs),
            inputs: inputs.to_vec(),
            groupings: vec![false; recipe.groupings.len()],
            codings: vec![false; recipe.codings.len()],
            columns: vec![false; recipe.columns.len()],
        };
        for (input, _) in recipe.inputs.iter().zip(inputs).filter(|(_, used)| **used) {
            match input {
                Input::Number { column, .. }
                | Input::Missing { column }
                | Input::Days { column, .. }
                | Input::Cycle { column, .. } => cells.columns[*column] = true,
                Input::Is { coding, .. } | Input::Place { coding, .. } => {
                    cells.codings[*coding] = true;
                }
                Input::Group { grouping, .. } => cells.groupings[*grouping] = true,
            }
        }
        for (grouping, _) in both(&recipe.groupings, &cells.groupings.clone()) {
            for coding in &recipe.groupings[grouping].codings {
                cells.codings[*coding] = true;
            }
        }
        for (coding, _) in both(&recipe.codings, &cells.codings.clone()) {
            cells.columns[recipe.codings[coding].column] = true;
        }
        cells
    }

    /// How many columns cells, their places and groups take.
    pub fn columns(&self) -> usize {
        let count = |used: &[bool]| used.iter().filter(|used| **used).count();
        count(&self.columns) + count(&self.codings) + count(&self.groupings)
    }

    /// How many inputs are read.
    pub fn used(&self) -> usize {
        self.inputs.iter().filter(|used| **used).count()
    }

    /// Whether an input is read.
    pub fn reads(&self, input: usize) -> bool {
        self.inputs.get(input).copied().unwrap_or(false)
    }

    /// The columns that are read.
    pub fn read(&self) -> impl Iterator<Item = (&'a str, RawKind)> + '_ {
        let columns = self.recipe.columns.iter().zip(&self.columns);
        let columns = columns.filter(|(_, used)| **used);
        columns.map(|(column, _)| (column.name.as_str(), column.kind))
    }

    /// Cells, places, groups.
    pub fn stages(&self) -> Vec<Stage> {
        if self.inline {
            return Vec::new();
        }
        let cells = both(&self.recipe.columns, &self.columns)
            .map(|(index, _)| (cell_name(index), self.table_cell(index)));
        let places = both(&self.recipe.codings, &self.codings)
            .map(|(index, coding)| (place_name(index), place(coding)));
        let groups = both(&self.recipe.groupings, &self.groupings)
            .map(|(index, grouping)| (group_name(index), group(grouping)));
        let mut stages = vec![Stage::new("ns_cells", cells.collect())];
        stages.push(Stage::new("ns_places", places.collect()));
        stages.push(Stage::new("ns_groups", groups.collect()));
        // The first one stays: it is where rows get their numbers.
        let mut first = true;
        stages.retain(|stage| std::mem::take(&mut first) || !stage.columns.is_empty());
        stages
    }

    fn table_cell(&self, index: usize) -> String {
        let column = &self.recipe.columns[index];
        let name = format!("t.{}", dialect::identifier(&column.name));
        match column.kind {
            RawKind::Number | RawKind::Date => self.dialect.number_cell(&name),
            RawKind::Truth => self.dialect.truth_cell(&name),
            RawKind::Text => self.dialect.text_cell(&name),
        }
    }

    fn cell(&self, index: usize) -> String {
        match self.inline {
            true => self.table_cell(index),
            false => cell_name(index),
        }
    }

    /// An input as an expression of double precision.
    pub fn input(&self, index: usize) -> String {
        let filled = |column: &usize, fill: &f64| {
            format!("coalesce({}, {})", self.cell(*column), number(*fill))
        };
        let days = |column: &usize, fill: &f64| format!("{} / 86400.0", filled(column, fill));
        match &self.recipe.inputs[index] {
            Input::Number { column, fill } => filled(column, fill),
            Input::Missing { column } => self.indicator(&format!("{} IS NULL", self.cell(*column))),
            Input::Days { column, fill } => format!("({})", days(column, fill)),
            Input::Cycle {
                column,
                fill,
                phase,
                cosine,
            } => cycle(&days(column, fill), *phase, *cosine),
            Input::Is { coding, place } => {
                self.indicator(&format!("{} = {place}", place_name(*coding)))
            }
            Input::Place { coding, otherwise } => self.real(&format!(
                "coalesce(CAST({} AS {}), {})",
                place_name(*coding),
                self.dialect.real(),
                number(*otherwise)
            )),
            Input::Group {
                grouping,
                values,
                otherwise,
            } => self.group_value(*grouping, values, *otherwise),
        }
    }

    /// Inputs as networks see them, rounded to single precision as theirs are: a step of an
    /// embedding may be steep.
    pub fn scaled(&self, scale: &[BoundedInput]) -> Vec<String> {
        let inputs = scale.iter().enumerate();
        inputs
            .map(|(index, scale)| {
                let input = self.input(index);
                if scale.bounded {
                    let (center, width) = (number(scale.center), number(3.0 * scale.scale));
                    // 3 sin(atan(z / 3)) is z / sqrt(1 + (z / 3)^2).
                    let bent = format!("3.0 * sin(atan(({input} - {center}) / {width}))");
                    return self.dialect.single(&bent);
                }
                match self.recipe.inputs[index] {
                    Input::Number { .. } | Input::Days { .. } | Input::Group { .. } => {
                        let clamped = self.dialect.clamp(&input, [-3.0, 3.0]);
                        self.dialect.single(&clamped)
                    }
                    _ => input,
                }
            })
            .collect()
    }

    fn real(&self, expression: &str) -> String {
        // Constants alone would be decimal numbers in two of the systems.
        match self.dialect {
            Dialect::Sqlite => expression.to_string(),
            Dialect::Duckdb | Dialect::Postgres => {
                format!("CAST({expression} AS {})", self.dialect.real())
            }
        }
    }

    fn indicator(&self, condition: &str) -> String {
        self.real(&format!("CASE WHEN {condition} THEN 1.0 ELSE 0.0 END"))
    }

    fn group_value(&self, grouping: usize, values: &[f64], otherwise: f64) -> String {
        let mut text = format!("CASE {}", group_name(grouping));
        for (group, value) in values.iter().enumerate() {
            text += &format!(" WHEN {group} THEN {}", number(*value));
        }
        self.real(&format!("{text} ELSE {} END", number(otherwise)))
    }
}

/// Whether the inputs are numbers of as many columns.
fn read_once(recipe: &Recipe, inputs: &[bool]) -> bool {
    let used = recipe.inputs.iter().zip(inputs);
    let used = used.filter(|(_, used)| **used).map(|(input, _)| input);
    let mut columns = Vec::new();
    for input in used {
        match input {
            Input::Number { column, .. } | Input::Days { column, .. } => columns.push(*column),
            _ => return false,
        }
    }
    let count = columns.len();
    columns.sort_unstable();
    columns.dedup();
    columns.len() == count
}

/// Those of the parts that are used, with their indices.
fn both<'b, T>(parts: &'b [T], used: &[bool]) -> impl Iterator<Item = (usize, &'b T)> {
    let used = used.to_vec();
    let parts = parts.iter().enumerate().zip(used);
    parts.filter(|(_, used)| *used).map(|(part, _)| part)
}

fn cell_name(index: usize) -> String {
    format!("cell_{}", index + 1)
}

fn place_name(index: usize) -> String {
    format!("place_{}", index + 1)
}

fn group_name(index: usize) -> String {
    format!("group_{}", index + 1)
}

fn place(coding: &Coding) -> String {
    let cell = cell_name(coding.column);
    let place = |place: Option<u32>| place.map_or("NULL".to_string(), |place| place.to_string());
    let mut text = "CASE".to_string();
    if coding.missing.is_some() || matches!(coding.key, Key::Bins(_)) {
        text += &format!(" WHEN {cell} IS NULL THEN {}", place(coding.missing));
    } else if coding.unseen.is_some() {
        text += &format!(" WHEN {cell} IS NULL THEN NULL");
    }
    let mut whens = |condition: String, index: usize| {
        text += &format!(" WHEN {cell} {condition} THEN {index}");
    };
    let mut otherwise = place(coding.unseen);
    match &coding.key {
        Key::Texts(keys) => {
            for (index, key) in keys.iter().enumerate() {
                whens(format!("= {}", dialect::text(key)), index);
            }
        }
        Key::Numbers(keys) => {
            for (index, key) in keys.iter().enumerate() {
                whens(format!("= {}", number(*key)), index);
            }
        }
        Key::Bins(edges) => {
            for (index, edge) in edges.iter().enumerate() {
                whens(format!("< {}", number(*edge)), index);
            }
            otherwise = edges.len().to_string();
        }
    }
    if text == "CASE" {
        return format!("CAST({otherwise} AS INTEGER)");
    }
    format!("{text} ELSE {otherwise} END")
}

fn group(grouping: &Grouping) -> String {
    let mut text = "CASE".to_string();
    for (index, places) in grouping.groups.iter().enumerate() {
        let places = grouping.codings.iter().zip(places);
        let same: Vec<String> = places
            .map(|(coding, place)| format!("{} = {place}", place_name(*coding)))
            .collect();
        text += &format!(" WHEN {} THEN {index}", same.join(" AND "));
    }
    match grouping.groups.is_empty() || grouping.codings.is_empty() {
        true => "CAST(NULL AS INTEGER)".to_string(),
        false => text + " END",
    }
}

fn cycle(days: &str, phase: Phase, cosine: bool) -> String {
    let fraction = |value: &str| format!("({value} - floor({value}))");
    let place = match phase {
        Phase::Year => fraction(&format!("{days} / 365.2425")),
        Phase::Day => fraction(days),
        // Whole numbers as long as can be: embedded inputs may tell apart what rounding moves.
        Phase::Week => {
            let monday = format!("(floor({days}) + 3.0)");
            format!("(({monday} - 7.0 * floor({monday} / 7.0)) / 7.0)")
        }
    };
    let function = if cosine { "cos" } else { "sin" };
    format!("{function}({} * {place})", number(std::f64::consts::TAU))
}
