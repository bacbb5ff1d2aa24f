use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[cfg(doc)]
use super::TargetStatistics;
use super::encoding::{Block, Encoding, Odd};
use super::outcome::Outcome;
use super::plan::{Plan, candidates};
use super::statistics::{Known, Statistics};
use super::summary::{ColumnSummary, Role};
use super::task::{decide, with_target};
use super::{MINIMUM_ROWS, PrepareError, PrepareOptions, Target, weights};
use crate::matrix::Matrix;
use crate::table::{Table, TableError};

/// Turns the rows of a table into numbers and predictions back into the user's terms.
///
/// Fitted on training rows, applied to any later table by column *name*: the order of columns does
/// not matter, extra columns are ignored, missing ones are an error that names them all. It is
/// checked when it is read from a file ([`Preparation::validate`]), so that a damaged file is an
/// error then and not a panic later.
///
/// | column | inputs |
/// |---|---|
/// | numbers | the number; missing cells as the median of the training rows |
/// | truth values | 0 or 1; missing cells as the more frequent one |
/// | categories | one 0/1 input per level, for at most 255 levels, "other" for the rest |
/// | dates | days since 1970; sine and cosine of the place in the year, week and day |
/// | categories of more than 8 levels, combinations of columns | the mean of the target over the rows of the level, its rank, and the logarithm of their number ([`TargetStatistics`]) |
/// | a different text in every row, or one value in all | none |
///
/// A 0/1 input `column=(missing)` says which cells were missing, if at least 10 (of few rows: a
/// fiftieth, at least 2) are missing in the training rows; a level in fewer rows than that counts
/// among the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Preparation {
    pub(super) targets: Vec<String>,
    weights: Option<String>,
    task_reason: Option<String>,
    pub(super) outcome: Outcome,
    /// Input columns with their encodings, in the training table's order.
    columns: Vec<(String, Encoding)>,
    #[serde(default, skip_serializing_if = "Statistics::is_empty")]
    statistics: Statistics,
    pub(super) summaries: Vec<ColumnSummary>,
    warnings: Vec<String>,
    /// Follows from `columns` and `statistics`.
    #[serde(skip)]
    input_names: Vec<String>,
}

/// The encoded inputs of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// rows x inputs, no NaN.
    pub inputs: Matrix<f64>,
    /// Cells unlike all that the training rows had, and what they were taken for: one sentence per
    /// column that has any.
    pub warnings: Vec<String>,
}

/// Cells of a table, read in batches, unlike all that the training rows had.
#[derive(Debug, Default)]
pub struct Oddities {
    columns: Vec<(String, Odd)>,
}

impl Oddities {
    /// What they were taken for: one sentence per column that has any.
    pub fn warnings(&self) -> Vec<String> {
        let columns = self.columns.iter();
        columns
            .filter_map(|(name, odd)| odd.warning(name))
            .collect()
    }
}

impl Preparation {
    /// Learns from the given rows of `table` how to turn rows into numbers. Rows whose target is
    /// missing are left out, counted and said in [`Preparation::warnings`]. Kinds of columns,
    /// and the classes, are judged by the whole table.
    ///
    /// # Errors
    /// [`PrepareError`]: options that name unknown columns or contradict each other, a target that
    /// cannot be predicted, input columns without a value, too few rows.
    ///
    /// # Panics
    /// When a row is not below the number of rows.
    pub fn fit(
        table: &Table,
        options: &PrepareOptions,
        rows: &[usize],
    ) -> Result<Preparation, PrepareError> {
        options.check(table)?;
        let (decided, task_reason) = decide(table, options)?;
        let known = with_target(table, options, &decided, rows)?;
        let mut warnings = Vec::new();
        if known.len() < rows.len() {
            let left_out = rows.len() - known.len();
            let noun = if left_out == 1 { "row is" } else { "rows are" };
            warnings.push(format!("{left_out} {noun} left out: the target is missing"));
        }
        if known.len() < MINIMUM_ROWS {
            return Err(PrepareError::TooFewRows {
                source_name: table.source.clone(),
                rows: known.len(),
            });
        }
        let outcome = Outcome::fit(table, &options.targets, decided, &known)?;
        let outcome = match options.extrapolate {
            true => outcome.extrapolating(),
            false => outcome,
        };
        // Weights that cannot be used are refused now, not when the fit asks for them.
        let weights = match &options.weights {
            None => None,
            Some(column) => Some(weights::read(table, column, &known)?),
        };
        let target = outcome.unscaled(table, &options.targets, &known)?;
        let statistics = Statistics::fit(
            &candidates(table, options)?,
            &Known {
                rows: &known,
                target: &target,
                weights: weights.as_deref(),
            },
            (options.statistics, options.statistics_apart),
            (&options.targets, outcome.classes()),
        )?;
        let plan = Plan::fit(table, options, &known, &statistics)?;
        warnings.extend(plan.warnings);
        let mut preparation = Preparation {
            targets: options.targets.clone(),
            weights: options.weights.clone(),
            task_reason,
            outcome,
            input_names: names(&plan.used, &statistics),
            columns: plan.used,
            statistics,
            summaries: plan.summaries,
            warnings,
        };
        preparation.notice_rare_classes(table, &known)?;
        preparation.summarise_others(table, &known)?;
        Ok(preparation)
    }

    /// Those of the given rows that have a target, for [`Preparation::fit`].
    ///
    /// # Errors
    /// As [`Preparation::fit`] for options and the target.
    pub fn rows_with_target(
        table: &Table,
        options: &PrepareOptions,
        rows: &[usize],
    ) -> Result<Vec<usize>, PrepareError> {
        options.check(table)?;
        let (decided, _) = decide(table, options)?;
        with_target(table, options, &decided, rows)
    }

    /// Those of the given rows that have every target, in classification one of
    /// [`Preparation::classes`].
    ///
    /// # Errors
    /// When a target column is missing, or a cell cannot be read.
    pub fn usable_rows(&self, table: &Table, rows: &[usize]) -> Result<Vec<usize>, PrepareError> {
        let usable = self.outcome.usable(table, &self.targets)?;
        Ok(rows.iter().copied().filter(|&row| usable[row]).collect())
    }

    /// Classes of `table` that are none of [`Preparation::classes`], each with its number of rows,
    /// in the order in which they occur; such rows are not usable.
    ///
    /// # Errors
    /// When a target column is missing, or a cell cannot be read.
    pub fn unseen_classes(&self, table: &Table) -> Result<Vec<(String, usize)>, PrepareError> {
        let (Outcome::Classes(classes), [target]) = (&self.outcome, self.targets.as_slice()) else {
            return Ok(Vec::new());
        };
        let mut counts: Vec<(String, usize)> = Vec::new();
        for (_, class) in classes.code(table.column(target)?)?.1 {
            match counts.iter_mut().find(|(name, _)| *name == class) {
                Some((_, count)) => *count += 1,
                None => counts.push((class, 1)),
            }
        }
        Ok(counts)
    }

    /// The encoded inputs of all rows of `table`, rows x [`Preparation::input_names`], no NaN.
    ///
    /// # Errors
    /// When columns are missing (all of them named), or a cell cannot be read as what the column
    /// held in training.
    pub fn inputs(&self, table: &Table) -> Result<Matrix<f64>, PrepareError> {
        Ok(self.encode(table)?.inputs)
    }

    /// The encoded inputs and what was odd about their cells.
    ///
    /// # Errors
    /// As [`Preparation::inputs`].
    pub fn encode(&self, table: &Table) -> Result<Encoded, PrepareError> {
        let mut oddities = Oddities::default();
        let inputs = self.encode_batch(table, &mut oddities)?;
        Ok(Encoded {
            inputs,
            warnings: oddities.warnings(),
        })
    }

    /// The encoded inputs of a batch of rows; what was odd about their cells is added to
    /// `oddities`, which is of this preparation.
    ///
    /// # Errors
    /// As [`Preparation::inputs`].
    pub fn encode_batch(
        &self,
        table: &Table,
        oddities: &mut Oddities,
    ) -> Result<Matrix<f64>, PrepareError> {
        self.check_columns(table)?;
        let mut inputs = Matrix::zeros(table.rows(), self.input_names.len());
        let mut first = 0;
        for (position, (name, encoding)) in self.columns.iter().enumerate() {
            let mut block = Block {
                matrix: &mut inputs,
                first,
            };
            let odd = encoding.write(table.column(name)?, &mut block)?;
            match oddities.columns.get_mut(position) {
                Some((_, before)) => before.add(odd),
                None => oddities.columns.push((name.clone(), odd)),
            }
            first += encoding.names("").len();
        }
        let mut block = Block {
            matrix: &mut inputs,
            first,
        };
        self.statistics.write(table, &mut block)?;
        Ok(inputs)
    }

    /// The encoded inputs of all rows of `table`, for training on the rows `known`: statistics of
    /// the target of such a row are made of those of these rows that come before it in the seed's
    /// order, never of its own target. The other rows are encoded as [`Preparation::inputs`] does.
    ///
    /// # Errors
    /// As [`Preparation::inputs`] and [`Preparation::target`] of the known rows.
    pub fn training_inputs(
        &self,
        table: &Table,
        known: &[usize],
        seed: u64,
    ) -> Result<Matrix<f64>, PrepareError> {
        let mut inputs = self.inputs(table)?;
        if self.statistics.is_empty() {
            return Ok(inputs);
        }
        let target = self.outcome.unscaled(table, &self.targets, known)?;
        let weights = self.weights(table, known)?;
        let known = Known {
            rows: known,
            target: &target,
            weights: weights.as_deref(),
        };
        let first = self.input_names.len() - self.statistics.names().len();
        let mut block = Block {
            matrix: &mut inputs,
            first,
        };
        self.statistics
            .write_ordered(table, &known, seed, &mut block)?;
        Ok(inputs)
    }

    /// How many inputs, the first ones, the search and its formula see; the others are of networks
    /// alone.
    pub fn search_inputs(&self) -> usize {
        let apart = self.statistics.inputs_apart();
        self.input_names.len().saturating_sub(apart)
    }

    /// The target of the given rows, scaled or as classes.
    ///
    /// # Errors
    /// When a row has no target, or a class that the training table did not have; see
    /// [`Preparation::usable_rows`].
    pub fn target(&self, table: &Table, rows: &[usize]) -> Result<Target, PrepareError> {
        self.outcome.target(table, &self.targets, rows)
    }

    /// The weights of the given rows, with mean 1; `None` when all rows count alike.
    ///
    /// # Errors
    /// When a weight is missing or negative, or all are 0.
    pub fn weights(&self, table: &Table, rows: &[usize]) -> Result<Option<Vec<f64>>, PrepareError> {
        match &self.weights {
            None => Ok(None),
            Some(column) => weights::read(table, column, rows).map(Some),
        }
    }

    /// The weights of the given rows as the table has them; `None` when all rows count alike.
    pub(crate) fn plain_weights(
        &self,
        table: &Table,
        rows: &[usize],
    ) -> Result<Option<Vec<f64>>, PrepareError> {
        match &self.weights {
            None => Ok(None),
            Some(column) => weights::plain(table, column, rows).map(Some),
        }
    }

    /// The same of a column of that name, whatever the fit had.
    pub(crate) fn weights_of(
        &self,
        table: &Table,
        column: &str,
        rows: &[usize],
    ) -> Result<Vec<f64>, PrepareError> {
        weights::read(table, column, rows)
    }

    /// From the target's scale back to the user's unit, `rows x targets`. Logits of classes are
    /// returned as they are.
    pub fn restore(&self, outputs: &Matrix<f64>) -> Matrix<f64> {
        self.outcome.restore(outputs)
    }

    /// The classes as the user wrote them, sorted (numbers by value); none for a regression.
    pub fn classes(&self) -> &[String] {
        self.outcome.classes()
    }

    /// How many outputs a predictor has, as [`Target::outputs`].
    pub fn outputs(&self) -> usize {
        match self.classes().len() {
            0 => self.targets.len(),
            2 => 1,
            count => count,
        }
    }

    /// "regression" or "classification".
    pub fn task_name(&self) -> &'static str {
        match self.outcome {
            Outcome::Values(_) => "regression",
            Outcome::Classes(_) => "classification",
        }
    }

    /// Why the task was taken for that; `None` where the user said it.
    pub fn task_reason(&self) -> Option<&str> {
        self.task_reason.as_deref()
    }

    /// The target columns.
    pub fn targets(&self) -> &[String] {
        &self.targets
    }

    /// The column of sample weights.
    pub fn weights_column(&self) -> Option<&str> {
        self.weights.as_deref()
    }

    /// Names of the encoded inputs, all different: the column's name, `column=level`,
    /// `column=(other)`, `column=(missing)`, `column.sin(year)`.
    pub fn input_names(&self) -> &[String] {
        &self.input_names
    }

    /// The input columns with their encodings.
    pub(super) fn encodings(&self) -> &[(String, Encoding)] {
        &self.columns
    }

    /// The statistics of the target, whose inputs are the last ones.
    pub(super) fn target_statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The columns that [`Preparation::inputs`] needs, each once.
    pub fn input_columns(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().map(|(name, _)| name.as_str());
        let mut seen = HashSet::new();
        columns
            .chain(self.statistics.columns())
            .filter(move |name| seen.insert(*name))
    }

    /// What became of every column of the training table, the inputs first.
    pub fn column_summary(&self) -> &[ColumnSummary] {
        &self.summaries
    }

    /// What the user should know: rows and columns left out, classes of very few rows.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether everything fits together; says what does not.
    pub fn validate(&self) -> Result<(), String> {
        let mut seen = HashSet::new();
        for name in &self.targets {
            if !seen.insert(name) {
                return Err(format!("target \"{name}\" occurs twice"));
            }
        }
        self.outcome
            .validate(self.targets.len())
            .map_err(|fault| format!("the target's preparation is unsound: {fault}"))?;
        if self.columns.is_empty() && self.statistics.is_empty() {
            return Err("there is no input column".to_string());
        }
        for (name, encoding) in &self.columns {
            if !seen.insert(name) {
                return Err(format!("column \"{name}\" occurs twice"));
            }
            encoding
                .validate()
                .map_err(|fault| format!("the preparation of \"{name}\" is unsound: {fault}"))?;
        }
        self.statistics
            .validate(&self.targets, self.classes())
            .map_err(|fault| format!("the target's statistics are unsound: {fault}"))
    }

    pub(super) fn check_columns(&self, table: &Table) -> Result<(), PrepareError> {
        let mut missing = Vec::new();
        for name in self.input_columns() {
            match table.column(name) {
                Ok(_) => {}
                Err(TableError::UnknownColumn {
                    nearest: Some(nearest),
                    ..
                }) => missing.push(format!("\"{name}\" (is \"{nearest}\" meant?)")),
                Err(_) => missing.push(format!("\"{name}\"")),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(PrepareError::MissingColumns {
            source_name: table.source.clone(),
            columns: missing,
        })
    }

    fn notice_rare_classes(&mut self, table: &Table, rows: &[usize]) -> Result<(), PrepareError> {
        if let Target::Classes { labels, count } = self.target(table, rows)? {
            let mut counts = vec![0usize; count];
            labels.iter().for_each(|&label| counts[label] += 1);
            let classes = self.outcome.classes().iter().zip(counts);
            let rare: Vec<String> = classes
                .filter(|(_, count)| *count < 5)
                .map(|(class, count)| format!("\"{class}\" ({count})"))
                .collect();
            if !rare.is_empty() {
                let some = if rare.len() > 10 { ", ..." } else { "" };
                self.warnings.push(format!(
                    "fewer than 5 training rows hold the class {}{some}",
                    rare[..rare.len().min(10)].join(", ")
                ));
            }
        }
        Ok(())
    }

    /// Adds target and weights to the summaries.
    fn summarise_others(&mut self, table: &Table, rows: &[usize]) -> Result<(), PrepareError> {
        let target_done = match &self.outcome {
            Outcome::Values(_) => "scaled to mean 0 and deviation 1".to_string(),
            Outcome::Classes(classes) => format!("{} classes", classes.labels().len()),
        };
        let targets = self
            .targets
            .iter()
            .map(|name| (name, Role::Target, target_done.as_str()));
        let weights = self
            .weights
            .iter()
            .map(|name| (name, Role::Weights, "scaled to mean 1"));
        for (name, role, done) in targets.chain(weights) {
            let column = table.column(name)?;
            self.summaries.push(ColumnSummary {
                name: name.clone(),
                role,
                kind: column.kind().ok(),
                done: done.to_string(),
                missing: rows.iter().filter(|&&row| column.is_missing(row)).count(),
                inputs: 0,
            });
        }
        Ok(())
    }
}

impl Serialize for Preparation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The derived function of the same name, which `remote` makes an inherent one.
        Preparation::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Preparation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Preparation, D::Error> {
        let mut preparation = Preparation::deserialize(deserializer)?;
        preparation.validate().map_err(de::Error::custom)?;
        preparation.input_names = names(&preparation.columns, &preparation.statistics);
        Ok(preparation)
    }
}

/// The names of all inputs; one that is taken already gets a number behind it.
fn names(columns: &[(String, Encoding)], statistics: &Statistics) -> Vec<String> {
    let mut seen = HashSet::new();
    let wanted = columns
        .iter()
        .flat_map(|(name, encoding)| encoding.names(name));
    wanted
        .chain(statistics.names())
        .map(|name| {
            let numbered = (2..).map(|number| format!("{name} ({number})"));
            let mut candidates = std::iter::once(name.clone()).chain(numbered);
            let free = candidates.find(|candidate| !seen.contains(candidate));
            let free = free.unwrap_or(name);
            seen.insert(free.clone());
            free
        })
        .collect()
}
