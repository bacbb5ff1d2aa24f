use super::classes::Labels;
use super::options::{ColumnKind, PrepareOptions, Task};
use super::{PrepareError, scaled};
use crate::table::{Kind, Table, print_number};

/// Numbers are taken for classes when there are at most so many different ones.
const MOST_NUMBERS: usize = 20;

/// Every class among numbers has at least so many rows...
const FEWEST_ROWS: usize = 5;

/// ...and at least one row in so many.
const ONE_IN: usize = 100;

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
        let numbers = match labels {
            Labels::Numbers => options.task != Task::Classification,
            // no and yes are as good as 0 and 1 for somebody who asks for it.
            Labels::Truths => options.task == Task::Regression,
            Labels::Texts => false,
        };
        if !numbers {
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
        (Task::Regression, Labels::Numbers | Labels::Truths) => Ok((Decided::Regression, None)),
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

/// Those of the given rows that have every target.
pub(super) fn with_target(
    table: &Table,
    options: &PrepareOptions,
    decided: &Decided,
    rows: &[usize],
) -> Result<Vec<usize>, PrepareError> {
    let mut known = vec![true; table.rows()];
    for target in &options.targets {
        let column = table.column(target)?;
        let mut forget = |row: usize| known[row] = false;
        match decided {
            Decided::Classes(Labels::Texts) => {
                (0..column.rows())
                    .filter(|&row| column.is_missing(row))
                    .for_each(&mut forget);
            }
            _ => {
                let truths = column.kind().is_ok_and(|kind| kind == Kind::Boolean);
                let values = scaled::read(column, truths)?;
                for (row, value) in values.iter().enumerate() {
                    if value.is_nan() {
                        forget(row);
                    }
                }
            }
        }
    }
    Ok(rows.iter().copied().filter(|&row| known[row]).collect())
}
