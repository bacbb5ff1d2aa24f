use super::PrepareError;
use super::category::Category;
use super::date::Date;
use super::encoding::{Encoding, Fitted};
use super::numeric::{Numeric, Reading};
use super::options::{ColumnKind, PrepareOptions};
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
    /// Looks at every column of `table` that is neither target nor weights.
    pub fn fit(
        table: &Table,
        options: &PrepareOptions,
        rows: &[usize],
    ) -> Result<Plan, PrepareError> {
        let mut plan = Plan::default();
        for column in table.columns() {
            let is = |name: &String| *name == column.name;
            if !options.targets.iter().any(is) && !options.weights.iter().any(is) {
                plan.add(column, options.kind(&column.name), rows)?;
            }
        }
        if !plan.empty.is_empty() {
            return Err(PrepareError::AllMissing {
                source_name: table.source.clone(),
                columns: plan.empty,
            });
        }
        if plan.used.is_empty() {
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
        let kind = match given {
            Some(ColumnKind::Ignore) => {
                self.leave_out(column, None, rows, "is left out as asked");
                return Ok(());
            }
            Some(ColumnKind::Category) => Kind::Category,
            Some(ColumnKind::Numeric) => Kind::Numeric,
            Some(ColumnKind::Date) => Kind::Date,
            None => match column.kind() {
                Err(TableError::AllMissing { .. }) => {
                    self.empty.push(format!("\"{}\"", column.name));
                    return Ok(());
                }
                kind => kind?,
            },
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

/// A level or a gap in fewer training rows than this gets no input of its own: 10 of many rows, a
/// fiftieth of few, and at least 2.
fn rare(rows: usize) -> usize {
    (rows / 50).clamp(2, 10)
}
