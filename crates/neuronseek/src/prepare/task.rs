use super::category::sort_levels;
use super::options::{ColumnKind, PrepareOptions, Task};
use super::{MAXIMUM_CLASSES, PrepareError};
use crate::table::{Column, Kind, Table, print_number};

/// Numbers are taken for classes when there are at most so many different ones.
const MOST_NUMBERS: usize = 20;

/// Every class among numbers has at least so many rows...
const FEWEST_ROWS: usize = 5;

/// ...and at least one row in so many.
const ONE_IN: usize = 100;

/// How the cells of a class column are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Labels {
    /// As texts.
    Texts,
    /// As numbers: 1 and 1.0 are one class.
    Numbers,
    /// As truth values: yes and YES are one class.
    Truths,
}

/// What is to be predicted, before numbers are made of it.
pub(super) enum Decided {
    Regression,
    Classes(Labels),
}

/// Decides between regression and classes, with the reason where the user left it open.
pub(super) fn decide(
    table: &Table,
    options: &PrepareOptions,
) -> Result<(Decided, Option<String>), PrepareError> {
    if let [target] = options.targets.as_slice() {
        return decide_one(table, options, target);
    }
    for target in &options.targets {
        let labels = labels(table, options, target)?;
        if options.task == Task::Classification || labels != Labels::Numbers {
            return Err(PrepareError::TargetKind {
                source_name: table.source.clone(),
                target: target.clone(),
                what: "is one of several targets and holds classes".to_string(),
                advice: "several targets must all be numbers, with --task regression; fit one \
                         model per class column",
            });
        }
    }
    let reason = "several targets: regression".to_string();
    Ok((
        Decided::Regression,
        (options.task == Task::Auto).then_some(reason),
    ))
}

fn decide_one(
    table: &Table,
    options: &PrepareOptions,
    target: &str,
) -> Result<(Decided, Option<String>), PrepareError> {
    let labels = labels(table, options, target)?;
    match (options.task, labels) {
        (Task::Classification, labels) => Ok((Decided::Classes(labels), None)),
        (Task::Regression, Labels::Numbers) => Ok((Decided::Regression, None)),
        // no and yes are as good as 0 and 1 for somebody who asks for it.
        (Task::Regression, Labels::Truths) => Ok((Decided::Regression, None)),
        (Task::Regression, Labels::Texts) => Err(PrepareError::TargetKind {
            source_name: table.source.clone(),
            target: target.to_string(),
            what: "holds texts, and a regression needs numbers".to_string(),
            advice: "use --task classification",
        }),
        (Task::Auto, Labels::Texts) => {
            let reason = "the target holds texts: classes".to_string();
            Ok((Decided::Classes(labels), Some(reason)))
        }
        (Task::Auto, Labels::Truths) => {
            let reason = "the target is true or false: classes".to_string();
            Ok((Decided::Classes(labels), Some(reason)))
        }
        (Task::Auto, Labels::Numbers) => {
            let (classes, reason) = judge(&table.column(target)?.numbers()?);
            let decided = if classes {
                Decided::Classes(labels)
            } else {
                Decided::Regression
            };
            Ok((decided, Some(reason)))
        }
    }
}

/// How the cells of a target column are to be compared.
fn labels(table: &Table, options: &PrepareOptions, target: &str) -> Result<Labels, PrepareError> {
    let column = table.column(target)?;
    let refuse = |what: &str, advice| {
        Err(PrepareError::TargetKind {
            source_name: table.source.clone(),
            target: target.to_string(),
            what: what.to_string(),
            advice,
        })
    };
    if (0..column.rows()).all(|row| column.is_missing(row)) {
        return Err(PrepareError::NoTargetValue {
            source_name: table.source.clone(),
            target: target.to_string(),
        });
    }
    let dates = "turn it into a number first, such as days since a date";
    match options.kind(target) {
        Some(ColumnKind::Numeric) => return Ok(Labels::Numbers),
        Some(ColumnKind::Category) => return Ok(Labels::Texts),
        Some(ColumnKind::Date) => return refuse("is given as a date", dates),
        Some(ColumnKind::Ignore) | None => {}
    }
    match column.kind()? {
        Kind::Numeric => Ok(Labels::Numbers),
        Kind::Boolean => Ok(Labels::Truths),
        Kind::Category => Ok(Labels::Texts),
        Kind::Date => refuse("holds dates", dates),
        Kind::Identifier => refuse(
            "holds a different value in every row",
            "nothing can be learned about values that never come again; choose another target",
        ),
    }
}

/// Whether numbers are classes, and why: two different ones are, and so are codes, whole numbers
/// from 0 or 1 without a gap that all occur often. Ratings such as 3 to 9 and counts with a thin
/// tail are quantities.
fn judge(values: &[f64]) -> (bool, String) {
    let mut present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    present.sort_unstable_by(f64::total_cmp);
    let groups: Vec<(f64, usize)> = present
        .chunk_by(|a, b| a == b)
        .map(|group| (group[0], group.len()))
        .collect();
    let of = |groups: &[(f64, usize)]| groups.first().zip(groups.last()).map(|(a, b)| (a.0, b.0));
    let Some((first, last)) = of(&groups) else {
        return (false, "the target has no value: regression".to_string());
    };
    let distinct = groups.len();
    let (low, high) = (print_number(first), print_number(last));
    if distinct == 2 {
        return (
            true,
            format!("the target has two different values, {low} and {high}: classes"),
        );
    }
    if groups.iter().any(|(value, _)| value.fract() != 0.0) {
        return (
            false,
            "the target holds numbers with a fraction: regression".to_string(),
        );
    }
    let range = format!("the target holds {distinct} different whole numbers, {low} to {high}");
    if distinct > MOST_NUMBERS {
        return (false, format!("{range}: regression"));
    }
    let needed = FEWEST_ROWS.max(present.len() / ONE_IN);
    let gapless = last - first + 1.0 == distinct as f64;
    if !(gapless && (first == 0.0 || first == 1.0)) {
        return (
            false,
            format!("{range}, which are not codes from 0 or 1 without a gap: regression"),
        );
    }
    match groups.iter().find(|(_, count)| *count < needed) {
        Some((value, count)) => {
            let rows = if *count == 1 { "row" } else { "rows" };
            (
                false,
                format!("{range}, but {value} in {count} {rows} only: regression"),
            )
        }
        None => (
            distinct > 1,
            format!("{range}, each in at least {needed} rows: classes"),
        ),
    }
}

/// The classes of a target column: what the cells are compared by, and the labels as the user
/// first wrote them.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Classes {
    compared: Labels,
    labels: Vec<String>,
}

/// The class of each row of a column: `None` where it is missing.
pub(super) type Coded = Vec<Option<usize>>;

impl Classes {
    /// The classes of all rows of `column`, those included that are held out: a class is known
    /// though no training row has it.
    pub fn fit(column: &Column, compared: Labels) -> Result<Classes, PrepareError> {
        let keys = keys(column, compared)?;
        let mut first: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
        for (row, key) in keys.iter().enumerate() {
            if let Some(key) = key {
                first.entry(key).or_insert(row);
            }
        }
        let mut sorted: Vec<String> = first.keys().map(|key| key.to_string()).collect();
        sort_levels(&mut sorted);
        let written = |key: &String| {
            let row = first.get(key.as_str()).copied().unwrap_or_default();
            column
                .text(row)
                .map_or_else(|| key.clone(), |text| text.trim().to_string())
        };
        Ok(Classes {
            compared,
            labels: sorted.iter().map(written).collect(),
        })
    }

    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The class of each row of a later table, and for classes never seen the row and the text.
    pub fn code(&self, column: &Column) -> Result<(Coded, Vec<(usize, String)>), PrepareError> {
        let own: Vec<String> = self
            .labels
            .iter()
            .map(|label| key_of(label, self.compared))
            .collect();
        let places: std::collections::HashMap<&str, usize> = own
            .iter()
            .enumerate()
            .map(|(class, key)| (key.as_str(), class))
            .collect();
        let mut unseen = Vec::new();
        let mut coded = Vec::with_capacity(column.rows());
        for (row, key) in keys(column, self.compared)?.iter().enumerate() {
            let class = key
                .as_ref()
                .and_then(|key| places.get(key.as_ref()).copied());
            if let (Some(key), None) = (key, class) {
                unseen.push((row, key.to_string()));
            }
            coded.push(class);
        }
        Ok((coded, unseen))
    }

    pub fn validate(&self) -> Result<(), String> {
        if !(2..=MAXIMUM_CLASSES).contains(&self.labels.len()) {
            return Err(format!("it has {} classes", self.labels.len()));
        }
        let mut keys: Vec<String> = self
            .labels
            .iter()
            .map(|label| key_of(label, self.compared))
            .collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("a class occurs twice".to_string());
        }
        Ok(())
    }
}

/// What the cells of a column are compared by; `None` where a cell is missing.
fn keys(
    column: &Column,
    compared: Labels,
) -> Result<Vec<Option<std::borrow::Cow<'_, str>>>, PrepareError> {
    let known = |values: Vec<f64>| {
        let key = |value: f64| (!value.is_nan()).then(|| print_number(value + 0.0).into());
        values.into_iter().map(key).collect()
    };
    Ok(match compared {
        Labels::Texts => column.texts(),
        Labels::Numbers => known(column.numbers()?),
        Labels::Truths => known(column.booleans()?),
    })
}

/// The key of a label as [`keys`] makes it; the text itself for what is no such label.
fn key_of(label: &str, compared: Labels) -> String {
    let column = Column::of_texts("", [Some(label)]);
    let key = keys(&column, compared)
        .ok()
        .and_then(|mut keys| keys.pop().flatten());
    key.map_or_else(|| label.to_string(), |key| key.into_owned())
}
