//! From columns to inputs, in double precision, rows x inputs.

use super::writer::Writer;
use crate::export::onnx::{Attribute, ElementType};
use crate::prepare::{Coding, Grouping, Input, Key, Phase, RawKind, Recipe};

const DAY: f64 = 86_400.0;

/// Places of no level.
const NONE: i64 = -1;

/// The name of the inputs.
pub(super) fn write(writer: &mut Writer, recipe: &Recipe) -> String {
    let codings = recipe.codings.iter();
    let codings: Vec<String> = codings.map(|one| places(writer, recipe, one)).collect();
    let mut parts = Vec::new();
    let mut inputs = recipe.inputs.iter().peekable();
    while let Some(input) = inputs.next() {
        let part = match input {
            Input::Number { column, fill } => {
                let name = &recipe.columns[*column].name;
                filled(writer, name, *fill)
            }
            Input::Missing { column } => {
                let name = &recipe.columns[*column].name;
                let missing = writer.of("IsNaN", &[name]);
                writer.cast(&missing, ElementType::Double)
            }
            Input::Days { column, fill } => days(writer, recipe, *column, *fill),
            Input::Cycle {
                column,
                fill,
                phase,
                cosine,
            } => {
                let days = days(writer, recipe, *column, *fill);
                cycle(writer, &days, *phase, *cosine)
            }
            Input::Is { coding, place } => {
                let mut own = vec![i64::from(*place)];
                while let Some(Input::Is {
                    coding: other,
                    place,
                }) = inputs.peek()
                    && other == coding
                {
                    own.push(i64::from(*place));
                    inputs.next();
                }
                let own = writer.constant(&[1, own.len()], own.as_slice());
                let equal = writer.of("Equal", &[&codings[*coding], &own]);
                writer.cast(&equal, ElementType::Double)
            }
            Input::Place { coding, otherwise } => {
                let place = writer.cast(&codings[*coding], ElementType::Double);
                let zero = writer.number(0.0);
                let none = writer.of("Less", &[&place, &zero]);
                let otherwise = writer.number(*otherwise);
                writer.of("Where", &[&none, &otherwise, &place])
            }
            Input::Group { grouping, .. } => {
                let mut all = vec![input];
                while let Some(
                    next @ Input::Group {
                        grouping: other, ..
                    },
                ) = inputs.peek()
                    && other == grouping
                {
                    all.push(next);
                    inputs.next();
                }
                let grouping = &recipe.groupings[*grouping];
                groups(writer, (recipe, grouping), &codings, &all)
            }
        };
        parts.push(part);
    }
    writer.beside(&parts)
}

/// A column with its missing cells filled.
fn filled(writer: &mut Writer, name: &str, fill: f64) -> String {
    let missing = writer.of("IsNaN", &[name]);
    let fill = writer.number(fill);
    writer.of("Where", &[&missing, &fill, name])
}

fn days(writer: &mut Writer, recipe: &Recipe, column: usize, fill: f64) -> String {
    let seconds = filled(writer, &recipe.columns[column].name, fill);
    let day = writer.number(DAY);
    writer.of("Div", &[&seconds, &day])
}

/// The sine or cosine of the place in a cycle.
fn cycle(writer: &mut Writer, days: &str, phase: Phase, cosine: bool) -> String {
    let turns = match phase {
        Phase::Day => days.to_string(),
        Phase::Year => {
            let year = writer.number(365.2425);
            writer.of("Div", &[days, &year])
        }
        Phase::Week => {
            let whole = writer.of("Floor", &[days]);
            let three = writer.number(3.0);
            let since_monday = writer.of("Add", &[&whole, &three]);
            let seven = writer.number(7.0);
            writer.of("Div", &[&since_monday, &seven])
        }
    };
    let whole = writer.of("Floor", &[&turns]);
    let part = writer.of("Sub", &[&turns, &whole]);
    let full = writer.number(std::f64::consts::TAU);
    let angle = writer.of("Mul", &[&part, &full]);
    writer.of(if cosine { "Cos" } else { "Sin" }, &[&angle])
}

/// The places of a column's cells, integers of rows x 1.
fn places(writer: &mut Writer, recipe: &Recipe, coding: &Coding) -> String {
    let column = &recipe.columns[coding.column];
    let or_none = |place: Option<u32>| place.map_or(NONE, i64::from);
    let (unseen, missing) = (or_none(coding.unseen), or_none(coding.missing));
    let found = match &coding.key {
        Key::Texts(texts) => {
            debug_assert_eq!(column.kind, RawKind::Text);
            let mut keys = texts.clone();
            let mut places: Vec<i64> = (0..texts.len() as i64).collect();
            // A missing text is an empty one.
            keys.push(String::new());
            places.push(missing);
            let attributes = [
                ("keys_strings", Attribute::Texts(&keys)),
                ("values_int64s", Attribute::Integers(&places)),
                ("default_int64", Attribute::Integer(unseen)),
            ];
            return writer.encoded(&column.name, &attributes);
        }
        Key::Numbers(numbers) => {
            let keys = writer.row(numbers);
            let equal = writer.of("Equal", &[&column.name, &keys]);
            let equal = writer.cast(&equal, ElementType::Float);
            let axis = [("axis", Attribute::Integer(1))];
            let place = writer.with("ArgMax", &[&equal], &axis);
            let axis = [("axes", Attribute::Integers(&[1]))];
            let any = writer.with("ReduceMax", &[&equal], &axis);
            let half = writer.constant(&[], &[0.5f32]);
            let any = writer.of("Greater", &[&any, &half]);
            let unseen = writer.constant(&[], &[unseen]);
            writer.of("Where", &[&any, &place, &unseen])
        }
        Key::Bins(edges) => {
            let edges = writer.row(edges);
            let below = writer.of("Less", &[&column.name, &edges]);
            let reached = writer.of("Not", &[&below]);
            let reached = writer.cast(&reached, ElementType::Int64);
            let axis = writer.constant(&[1], &[1i64]);
            writer.of("ReduceSum", &[&reached, &axis])
        }
    };
    let absent = writer.of("IsNaN", &[&column.name]);
    let missing = writer.constant(&[], &[missing]);
    writer.of("Where", &[&absent, &missing, &found])
}

/// The inputs that a combination of places gives.
fn groups(
    writer: &mut Writer,
    (recipe, grouping): (&Recipe, &Grouping),
    codings: &[String],
    inputs: &[&Input],
) -> String {
    // Places as the digits of one number.
    let own = grouping.codings.iter();
    let bases: Vec<i64> = own.map(|&coding| base(&recipe.codings[coding])).collect();
    let mut code: Option<String> = None;
    let mut unknown: Option<String> = None;
    let zero = writer.constant(&[], &[0i64]);
    for (&coding, &base) in grouping.codings.iter().zip(&bases) {
        let place = &codings[coding];
        let none = writer.of("Less", &[place, &zero]);
        code = Some(match code {
            None => place.clone(),
            Some(before) => {
                let base = writer.constant(&[], &[base]);
                let moved = writer.of("Mul", &[&before, &base]);
                writer.of("Add", &[&moved, place])
            }
        });
        unknown = Some(match unknown {
            None => none,
            Some(before) => writer.of("Or", &[&before, &none]),
        });
    }
    let none = writer.constant(&[], &[NONE]);
    let (code, unknown) = (code.unwrap_or_default(), unknown.unwrap_or_default());
    let code = writer.of("Where", &[&unknown, &none, &code]);
    let keys = grouping.groups.iter().map(|places| {
        let digits = places.iter().zip(&bases);
        digits.fold(0i64, |code, (&place, base)| code * base + i64::from(place))
    });
    let keys: Vec<i64> = keys.collect();
    let last = keys.len() as i64;
    let group = looked_up(writer, &code, &keys, last);
    let mut table = Vec::with_capacity((keys.len() + 1) * inputs.len());
    for group in 0..=keys.len() {
        table.extend(inputs.iter().map(|input| match input {
            Input::Group {
                values, otherwise, ..
            } => values.get(group).copied().unwrap_or(*otherwise),
            _ => 0.0,
        }));
    }
    let table = writer.constant(&[keys.len() + 1, inputs.len()], table.as_slice());
    let rows = writer.of("Gather", &[&table, &group]);
    let axis = writer.constant(&[1], &[1i64]);
    writer.of("Squeeze", &[&rows, &axis])
}

/// More than any place of a coding.
fn base(coding: &Coding) -> i64 {
    let keys = match &coding.key {
        Key::Texts(texts) => texts.len(),
        Key::Numbers(numbers) => numbers.len(),
        Key::Bins(edges) => edges.len() + 1,
    };
    keys as i64 + 2
}

/// The index of each number among the keys, else `otherwise`.
fn looked_up(writer: &mut Writer, code: &str, keys: &[i64], otherwise: i64) -> String {
    let places: Vec<i64> = (0..keys.len() as i64).collect();
    let attributes = [
        ("keys_int64s", Attribute::Integers(keys)),
        ("values_int64s", Attribute::Integers(&places)),
        ("default_int64", Attribute::Integer(otherwise)),
    ];
    writer.encoded(code, &attributes)
}
