//! What is to be made of rows in one round.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::draw::Draw;
use super::partial::{Kind, Part, Partial, RowSums, Taught};
use super::seen::Seen;
use super::sketch::Sketch;
use crate::matrix::Matrix;
use crate::model::data::Subset;
use crate::model::fit::FitError;
use crate::model::predict::{Member, Model, Predictor};
use crate::model::update::{Lesson, UpdateOptions};
use crate::observe::Control;
use crate::prepare::{Preparation, SearchScale, Target};
use crate::search::als::streamed::{Loss, Rows, Sums};
use crate::table::Table;
use crate::terms::Polynomial;

/// Rows whose numbers are in memory at a time.
const BLOCK: usize = 2048;

/// One round: what is to be made of the rows, wherever they lie.
///
/// | task | of a range of rows | joined |
/// |---|---|---|
/// | sketch | the rows that belong to the sample | the sample |
/// | sums | sums for a step of the polynomial, rows that are held out left out | the sums of all rows |
/// | networks | the networks, trained on these rows in one pass from where they stand | their average by rows (local SGD with model averaging) |
#[derive(Debug, Clone)]
pub struct Task {
    pub(super) work: Work,
    /// So that what was made for another task is known.
    pub(super) id: u64,
}

#[derive(Debug, Clone)]
pub(super) enum Work {
    Sketch { draw: Draw, below: u64, most: usize },
    Sums(Box<Summing>),
    Networks(Box<Teaching>),
}

/// Rows that have no part in the fit: those of a hash up to this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Apart {
    pub draw: Draw,
    pub up_to: u64,
}

/// A pass for a polynomial.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Summing {
    pub preparation: Preparation,
    pub scale: SearchScale,
    pub polynomial: Polynomial,
    pub logistic: bool,
    /// One a class; empty where all count alike.
    pub class_weights: Vec<f64>,
    pub apart: Apart,
}

/// A pass for networks.
#[derive(Debug, Clone)]
pub(super) struct Teaching {
    pub model: Model,
    pub apart: Apart,
    pub options: UpdateOptions,
}

#[derive(Serialize, Deserialize)]
enum Header {
    Sketch {
        draw: Draw,
        below: u64,
        most: usize,
    },
    Sums(Box<Summing>),
    Networks {
        apart: Apart,
        options: UpdateOptions,
    },
}

impl Task {
    /// The task of some work.
    pub(super) fn new(work: Work) -> Result<Task, FitError> {
        let id = id(&written(&work)?);
        Ok(Task { work, id })
    }

    /// What the task makes of the rows of `table`, the first of which has the number `start` among
    /// all rows of the fit.
    ///
    /// # Errors
    /// When a column is missing, or a cell cannot be read; see [`FitError`].
    pub fn partial(&self, table: &Table, start: u64) -> Result<Partial, FitError> {
        if start >= 1 << 60 {
            let text = format!("there is no row {start}: rows are counted from 0 over all parts");
            return Err(FitError::Settings(vec![text]));
        }
        let kind = match &self.work {
            Work::Sketch { draw, below, most } => {
                Kind::Sketch(Sketch::new(table, start, (*draw, *below), *most))
            }
            Work::Sums(summing) => Kind::Sums(summing.partial(table, start)?),
            Work::Networks(teaching) => Kind::Networks(teaching.partial(table, start)?),
        };
        Ok(Partial {
            task: self.id,
            kind,
        })
    }

    /// What the task is called: "sketch", "sums" or "networks".
    pub fn name(&self) -> &'static str {
        match &self.work {
            Work::Sketch { .. } => "sketch",
            Work::Sums(_) => "sums",
            Work::Networks(_) => "networks",
        }
    }

    /// As bytes, to send to another process.
    ///
    /// # Errors
    /// When the model cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FitError> {
        written(&self.work)
    }

    /// From the bytes of [`Task::to_bytes`].
    ///
    /// # Errors
    /// When they are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Task, FitError> {
        let refused = || FitError::Settings(vec!["these bytes are no task of a fit".to_string()]);
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (header, model) = bytes.split_at(end.ok_or_else(refused)?);
        let header: Header = serde_json::from_slice(header).map_err(|_| refused())?;
        let work = match header {
            Header::Sketch { draw, below, most } => Work::Sketch { draw, below, most },
            Header::Sums(summing) => Work::Sums(summing),
            Header::Networks { apart, options } => Work::Networks(Box::new(Teaching {
                model: Model::from_bytes(&model[1..], "the task")?,
                apart,
                options,
            })),
        };
        Ok(Task {
            work,
            id: id(bytes),
        })
    }
}

/// A task as bytes.
fn written(work: &Work) -> Result<Vec<u8>, FitError> {
    let (header, model) = match work {
        Work::Sketch { draw, below, most } => {
            let (draw, below, most) = (*draw, *below, *most);
            (Header::Sketch { draw, below, most }, Vec::new())
        }
        Work::Sums(summing) => (Header::Sums(summing.clone()), Vec::new()),
        Work::Networks(teaching) => (
            Header::Networks {
                apart: teaching.apart,
                options: teaching.options.clone(),
            },
            teaching.model.to_bytes()?,
        ),
    };
    let refused = |error: serde_json::Error| FitError::Settings(vec![error.to_string()]);
    let mut bytes = serde_json::to_vec(&header).map_err(refused)?;
    bytes.push(b'\n');
    bytes.extend(model);
    Ok(bytes)
}

/// Tells tasks apart: the front of their SHA-256.
fn id(bytes: &[u8]) -> u64 {
    let hash = Sha256::digest(bytes);
    hash.iter()
        .take(8)
        .fold(0, |id, byte| id << 8 | u64::from(*byte))
}

/// The rows of a table that count, encoded, as a fit would have them, and what became of the others
/// that are not held out.
pub(super) fn learnable(
    preparation: &Preparation,
    table: &Table,
    start: u64,
    apart: Apart,
) -> Result<(Vec<usize>, Subset, Seen), FitError> {
    let free = |row: &usize| apart.draw.hash(start + *row as u64) > apart.up_to;
    let all: Vec<usize> = (0..table.rows()).filter(free).collect();
    let mut rows = preparation.usable_rows(table, &all)?;
    let mut seen = Seen::default();
    let lacking = (all.len() - rows.len()) as u64;
    if lacking > 0 && !preparation.classes().is_empty() {
        let named = preparation.targets().first().map(|name| table.column(name));
        let missing = match named {
            Some(column) => {
                let column = column?;
                all.iter().filter(|row| column.is_missing(**row)).count() as u64
            }
            None => lacking,
        };
        (seen.without_target, seen.of_unseen_class) = (missing, lacking - missing);
    } else {
        seen.without_target = lacking;
    }
    let mut truth = preparation.truth(table, &rows)?;
    let outcome = preparation.outcome();
    let places = 0..rows.len();
    let inside: Vec<usize> = places
        .filter(|&place| outcome.admits(truth.row(place)))
        .collect();
    if inside.len() < rows.len() {
        seen.outside_domain = (rows.len() - inside.len()) as u64;
        truth = truth.select_rows(&inside);
        rows = inside.iter().map(|&place| rows[place]).collect();
    }
    seen.used = rows.len() as u64;
    for target in 0..truth.columns() {
        let values = truth.column(target);
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        seen.extents.push([low, high]);
    }
    let encoded = preparation.inputs(table)?;
    let subset = Subset {
        encoded: encoded.select_rows(&rows),
        target: preparation.target(table, &rows)?,
        weights: preparation.plain_weights(table, &rows)?,
        truth,
    };
    Ok((rows, subset, seen))
}

impl Summing {
    fn partial(&self, table: &Table, start: u64) -> Result<RowSums, FitError> {
        let (rows, subset, seen) = learnable(&self.preparation, table, start, self.apart)?;
        let inputs = self.scale.apply(&subset.encoded);
        let target = match &subset.target {
            Target::Values(_) => self.preparation.outcome().scaled(&subset.truth),
            Target::Classes { labels, .. } => {
                let ones = labels.iter().map(|label| f64::from(u8::from(*label == 1)));
                Matrix::from_vec(labels.len(), 1, ones.collect())
            }
        };
        let weight = |place: usize| {
            let own = (subset.weights.as_ref()).map_or(1.0, |weights| weights[place]);
            match &subset.target {
                Target::Classes { labels, .. } => {
                    let of_class = self.class_weights.get(labels[place]);
                    own * of_class.copied().unwrap_or(1.0)
                }
                Target::Values(_) => own,
            }
        };
        let loss = match self.logistic {
            true => Loss::Logistic,
            false => Loss::Squares,
        };
        let numbers = Rows::new(&self.polynomial, loss);
        let mut sums = Sums::new(numbers.width(), start);
        // Rows that do not count are rows of zeros, so that the others keep their numbers.
        let mut places = rows.iter().copied().enumerate().peekable();
        let total = table.rows();
        for first in (0..total).step_by(BLOCK) {
            let count = BLOCK.min(total - first);
            let mut x = Matrix::zeros(count, inputs.columns());
            let mut y = Matrix::zeros(count, target.columns());
            let mut weights = vec![0.0; count];
            while let Some((place, row)) = places.next_if(|(_, row)| *row < first + count) {
                x.row_mut(row - first).copy_from_slice(inputs.row(place));
                y.row_mut(row - first).copy_from_slice(target.row(place));
                weights[row - first] = weight(place);
            }
            sums.push(&numbers.numbers(&x, &y, &weights));
        }
        Ok(RowSums { sums, seen })
    }
}

impl Teaching {
    fn partial(&self, table: &Table, start: u64) -> Result<Taught, FitError> {
        let model = &self.model;
        let (rows, subset, seen) = learnable(&model.preparation, table, start, self.apart)?;
        let weight = weight_of(&subset);
        let mut numbers = Vec::new();
        if weight > 0.0 {
            for member in &taught(model, &subset, &self.options, &Control::silent())? {
                numbers.extend_from_slice(member.network.parameters());
                numbers.extend_from_slice(member.network.statistics());
            }
        }
        debug_assert_eq!(rows.len() as u64, seen.used);
        let part = Part {
            rows: [start, start + table.rows() as u64],
            weight,
            numbers,
        };
        Ok(Taught {
            parts: vec![part],
            seen,
        })
    }
}

/// How much rows count together.
pub(super) fn weight_of(rows: &Subset) -> f64 {
    match &rows.weights {
        Some(weights) => weights.iter().sum(),
        None => rows.rows() as f64,
    }
}

/// The networks of a model after a pass over some rows.
pub(super) fn taught(
    model: &Model,
    rows: &Subset,
    options: &UpdateOptions,
    control: &Control<'_>,
) -> Result<Vec<Member>, FitError> {
    let Predictor::Networks(members) = &model.predictor else {
        return Ok(Vec::new());
    };
    let target = rows.scaled(model.preparation.outcome());
    let lesson = Lesson {
        encoded: &rows.encoded,
        weights: model.weighted(&target, rows.weights.clone()),
        target: &target,
    };
    model.taught(members, &lesson, options, control)
}
