use super::PrepareError;
use super::category::Category;
use super::date::Date;
use super::encoding::{Encoding, Fitted};
use super::numeric::{Numeric, Reading};
use super::options::{ColumnKind, PrepareOptions};
use super::statistics::Statistics;
use super::summary::{ColumnSummary, Role};
use crate::table::{Column, Kind, Table, TableError};

/// What became of all columns that may be inputs.
#[derive(Default)]
pub(super) struct Plan {
    /// The columns that give inputs, in the table's order.
    pub used: Vec<(String, Encoding)>,
    pub summaries: Vec<ColumnSummary>,
    pub warnings: Vec<String>,
    /// Columns without a value, quoted.
    empty: Vec<String>,
}

impl Plan {
    /// Looks at every column of `table` that is neither target nor weights. A category without a
    /// frequent level is still of use where there are `statistics` of it.
    pub fn fit(
        table: &Table,
        options: &PrepareOptions,
        rows: &[usize],
        statistics: &Statistics,
    ) -> Result<Plan, PrepareError> {
        let mut plan = Plan::default();
        for column in input_columns(table, options) {
            plan.add(column, options.kind(&column.name), rows)?;
        }
        plan.add_statistics(statistics);
        if !plan.empty.is_empty() {
            return Err(PrepareError::AllMissing {
                source_name: table.source.clone(),
                columns: plan.empty,
            });
        }
        if plan.used.is_empty() && statistics.is_empty() {
            let left: Vec<String> = plan
                .summaries
                .iter()
                .map(|summary| format!("\"{}\" {}", summary.name, summary.done))
                .collect();
            let reason = match left.is_empty() {
                true => "there are no columns beside the target".to_string(),
                false => left.join(", "),
            };
            return Err(PrepareError::NoInputs {
                source_name: table.source.clone(),
                reason,
            });
        }
        Ok(plan)
    }

    fn add(
        &mut self,
        column: &Column,
        given: Option<ColumnKind>,
        rows: &[usize],
    ) -> Result<(), PrepareError> {
        let rare = rare(rows.len());
        let kind = match kind(column, given) {
            Ok(None) => {
                self.leave_out(column, None, rows, "is left out as asked");
                return Ok(());
            }
            Err(TableError::AllMissing { .. }) => {
                self.empty.push(format!("\"{}\"", column.name));
                return Ok(());
            }
            Ok(Some(kind)) => kind,
            Err(error) => return Err(error.into()),
        };
        let fitted = match kind {
            Kind::Numeric => {
                Numeric::fit(column, Reading::Numbers, rows, rare)?.map(Encoding::Numeric)
            }
            Kind::Boolean => {
                Numeric::fit(column, Reading::Truths, rows, rare)?.map(Encoding::Numeric)
            }
            Kind::Category => Category::fit(column, rows, rare)?.map(Encoding::Category),
            Kind::Date => Date::fit(column, rows, rare)?.map(Encoding::Date),
            Kind::Identifier => {
                let why = "identifies the rows and is left out";
                self.leave_out(column, Some(kind), rows, why);
                self.warnings.push(format!(
                    "column \"{}\" {why}; to use it all the same, give it a kind with --kind",
                    column.name
                ));
                return Ok(());
            }
        };
        self.settle(column, kind, fitted, rows);
        Ok(())
    }

    fn settle(&mut self, column: &Column, kind: Kind, fitted: Fitted<Encoding>, rows: &[usize]) {
        match fitted {
            Fitted::AllMissing => self.empty.push(format!("\"{}\"", column.name)),
            Fitted::Constant => {
                let why = "never varies in the training rows and is left out";
                self.leave_out(column, Some(kind), rows, why);
                self.warnings
                    .push(format!("column \"{}\" {why}", column.name));
            }
            Fitted::Rare { distinct } => {
                let why = format!(
                    "has {distinct} levels, none of them frequent enough to learn from, and is \
                     left out"
                );
                self.leave_out(column, Some(kind), rows, &why);
                self.warnings
                    .push(format!("column \"{}\" {why}", column.name));
            }
            Fitted::Used {
                encoding,
                missing,
                done,
            } => {
                self.summaries.push(ColumnSummary {
                    name: column.name.clone(),
                    role: Role::Input,
                    kind: Some(kind),
                    done,
                    missing,
                    inputs: encoding.names("").len(),
                });
                self.used.push((column.name.clone(), encoding));
            }
        }
    }

    /// Says which statistics there are: of a single column with its other inputs, of several on
    /// their own.
    fn add_statistics(&mut self, statistics: &Statistics) {
        for (name, columns, inputs, done) in statistics.described() {
            let own = self
                .summaries
                .iter_mut()
                .find(|s| columns == 1 && s.name == name);
            let Some(summary) = own else {
                self.summaries.push(ColumnSummary {
                    name,
                    role: Role::Input,
                    kind: None,
                    done,
                    missing: 0,
                    inputs,
                });
                continue;
            };
            summary.inputs += inputs;
            if summary.role == Role::Input {
                summary.done += &format!("; {done}");
                continue;
            }
            (summary.role, summary.done) = (Role::Input, done);
            // What was said of its want of frequent levels.
            let said = format!("column \"{name}\" ");
            self.warnings.retain(|warning| !warning.starts_with(&said));
        }
    }

    fn leave_out(&mut self, column: &Column, kind: Option<Kind>, rows: &[usize], why: &str) {
        self.summaries.push(ColumnSummary {
            name: column.name.clone(),
            role: Role::Unused,
            kind,
            done: why.to_string(),
            missing: rows.iter().filter(|&&row| column.is_missing(row)).count(),
            inputs: 0,
        });
    }
}

/// The columns of a table that are neither target nor weights.
fn input_columns<'a>(
    table: &'a Table,
    options: &'a PrepareOptions,
) -> impl Iterator<Item = &'a Column> {
    table.columns().iter().filter(|column| {
        let is = |name: &String| *name == column.name;
        !options.targets.iter().any(is) && !options.weights.iter().any(is)
    })
}

/// What a column is taken for; `None` where the user leaves it out.
fn kind(column: &Column, given: Option<ColumnKind>) -> Result<Option<Kind>, TableError> {
    Ok(Some(match given {
        Some(ColumnKind::Ignore) => return Ok(None),
        Some(ColumnKind::Category) => Kind::Category,
        Some(ColumnKind::Numeric) => Kind::Numeric,
        Some(ColumnKind::Date) => Kind::Date,
        None => column.kind()?,
    }))
}

/// The columns that may have statistics of the target, with what they are taken for.
pub(super) fn candidates<'a>(
    table: &'a Table,
    options: &'a PrepareOptions,
) -> Result<Vec<(&'a Column, Kind)>, PrepareError> {
    let mut candidates = Vec::new();
    for column in input_columns(table, options) {
        match kind(column, options.kind(&column.name)) {
            Ok(Some(kind)) => candidates.push((column, kind)),
            // Columns without a value are refused by the plan, all of them at once.
            Ok(None) | Err(TableError::AllMissing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(candidates)
}

/// A level or a gap in fewer training rows than this gets no input of its own: 10 of many rows, a
/// fiftieth of few, and at least 2.
fn rare(rows: usize) -> usize {
    (rows / 50).clamp(2, 10)
}
