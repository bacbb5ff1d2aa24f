//! The rounds of a fit over files, on this machine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::chosen::StreamedResult;
use super::client::{Goal, StreamedFit, Trained, rate};
use super::partial::Partial;
use super::plan::Plan;
use super::seen::Seen;
use super::task::{Task, Teaching, learnable, taught, weight_of};
use crate::model::data::{Subset, stacked};
use crate::model::fit::FitError;
use crate::model::options::FitOptions;
use crate::model::predict::{Member, Model, Predictor};
use crate::observe::{Control, Event};
use crate::prepare::Preparation;
use crate::table::{Files, Table};

/// The random stream of the order in which pieces are read.
const ORDER: u64 = 1 << 33;

/// Fits to the rows of files by a plan: [`Plan::in_memory`] must be false.
///
/// Rows are read, summed and forgotten batch by batch, on all threads of the present pool. The
/// result is the same for any batch size and any number of threads. Ctrl-C and time limits leave the
/// best so far: networks as they are, coefficients of the last whole pass, or what a sample has.
///
/// # Errors
/// See [`FitError`]; [`FitError::EndedEarly`] before a sample has chosen.
pub fn run(
    files: &Files,
    (goal, options): (Goal, &FitOptions),
    plan: &Plan,
    control: &Control<'_>,
) -> Result<StreamedResult, FitError> {
    let began = Instant::now();
    let columns = Plan::columns(files, options);
    // A name that is wrong is said before anything is read.
    let prepare = &options.prepare;
    let named = prepare.targets.iter().chain(&prepare.weights).cloned();
    files.read(0, 1, Some(&named.collect::<Vec<String>>()))?;
    let mut plan = plan.clone();
    let mut fit = StreamedFit::new(goal, options, columns.len(), files.rows())?;
    let mut reading = Reading {
        files,
        rows: plan.batch.max(1),
        starts: starts(files),
        total: files.rows().unwrap_or(0),
        columns,
        control,
    };
    while let Some(task) = fit.task() {
        if let Some((teaching, passes)) = fit.networks() {
            match reading.teach(teaching, passes, plan.shuffled) {
                Ok(taught) => fit.taught(taught, control),
                // The sample's networks are worth keeping.
                Err(FitError::Train(error)) => fit.end(&error.to_string(), control),
                Err(error) => return Err(error),
            }
            continue;
        }
        let name = match fit.rounds() {
            None => "reading a sample".to_string(),
            Some((round, _)) => format!("sums over all rows, pass {round}"),
        };
        control.observer.notice(&Event::Stage { name: &name });
        match reading.round(task, &name) {
            Ok(total) => fit.solve(total, control)?,
            Err(FitError::EndedEarly) if fit.rounds().is_some() => {
                fit.end("the fit was ended", control);
            }
            Err(error) => return Err(error),
        }
        reading.total = fit.total().unwrap_or(reading.total);
        if let (Some(preparation), Some(shape)) = (fit.preparation(), fit.shape()) {
            reading.columns = self::columns(preparation);
            plan.settle(shape)?;
            reading.rows = plan.batch.max(1);
        }
    }
    let mut result = fit.result().ok_or(FitError::EndedEarly)?;
    let seconds = began.elapsed().as_secs_f64();
    match &mut result {
        StreamedResult::Searched(found) => found.report.seconds = seconds,
        StreamedResult::Fitted(fitted) => fitted.report.seconds = seconds,
    }
    Ok(result)
}

/// The first row of each piece, where that is known before reading.
fn starts(files: &Files) -> Option<Vec<u64>> {
    let mut next = 0;
    let pieces = files.pieces().iter();
    let starts = pieces.map(|piece| {
        let start = next;
        next += piece.rows?;
        Some(start)
    });
    starts.collect()
}

/// The columns that a fit needs once it has a preparation.
fn columns(preparation: &Preparation) -> Vec<String> {
    let inputs = preparation.input_columns().map(str::to_string);
    let targets = preparation.targets().iter().cloned();
    let weights = preparation.weights_column().map(str::to_string);
    let mut names: Vec<String> = Vec::new();
    for name in inputs.chain(targets).chain(weights) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// How rows are read.
struct Reading<'a> {
    files: &'a Files,
    /// Rows of a batch.
    rows: usize,
    starts: Option<Vec<u64>>,
    /// All rows; 0 where that is not known yet.
    total: u64,
    columns: Vec<String>,
    control: &'a Control<'a>,
}

impl Reading<'_> {
    fn batches(
        &self,
        piece: usize,
    ) -> Result<impl Iterator<Item = Result<Table, FitError>> + '_, FitError> {
        let batches = self.files.read(piece, self.rows, Some(&self.columns))?;
        Ok(batches.map(|batch| match self.control.should_stop() {
            true => Err(FitError::EndedEarly),
            false => Ok(batch?),
        }))
    }

    /// The total of a round.
    fn round(&mut self, task: &Task, name: &str) -> Result<Partial, FitError> {
        let progress = Progress::new(self, name);
        let total = match &self.starts {
            Some(starts) => self.by_pieces(task, starts, &progress)?,
            None => {
                let (total, starts) = self.in_order(task, &progress)?;
                self.starts = Some(starts);
                total
            }
        };
        total.ok_or(FitError::TooFewRows {
            source_name: "the data".to_string(),
            rows: 0,
            needed: 2,
        })
    }

    /// Pieces side by side; totals of neighbours are joined as they come, so that few are held.
    fn by_pieces(
        &self,
        task: &Task,
        starts: &[u64],
        progress: &Progress<'_>,
    ) -> Result<Option<Partial>, FitError> {
        if self.files.pieces().len() < 2 * rayon::current_num_threads() {
            return Ok(self.in_order(task, progress)?.0);
        }
        let one = |(piece, start): (usize, &u64)| -> Result<Option<Partial>, FitError> {
            let (mut total, mut start) = (None, *start);
            for batch in self.batches(piece)? {
                let batch = batch?;
                total = joined(total, Some(task.partial(&batch, start)?))?;
                start += batch.rows() as u64;
                progress.add(batch.rows());
            }
            Ok(total)
        };
        let pieces = starts.par_iter().enumerate();
        pieces.map(one).try_reduce(|| None, joined)
    }

    /// One piece after the other, as many batches at a time as there are threads; also where pieces
    /// start.
    fn in_order(
        &self,
        task: &Task,
        progress: &Progress<'_>,
    ) -> Result<(Option<Partial>, Vec<u64>), FitError> {
        let (mut total, mut starts, mut start) = (None, Vec::new(), 0);
        for piece in 0..self.files.pieces().len() {
            starts.push(start);
            let mut batches = self.batches(piece)?;
            loop {
                let mut some: Vec<(u64, Table)> = Vec::new();
                for batch in batches.by_ref().take(rayon::current_num_threads()) {
                    let batch = batch?;
                    let rows = batch.rows() as u64;
                    some.push((start, batch));
                    start += rows;
                }
                if some.is_empty() {
                    break;
                }
                let rows: usize = some.iter().map(|(_, batch)| batch.rows()).sum();
                let one = |(start, batch): (u64, Table)| task.partial(&batch, start).map(Some);
                let of_some = some.into_par_iter().map(one);
                total = joined(total, of_some.try_reduce(|| None, joined)?)?;
                progress.add(rows);
            }
        }
        Ok((total, starts))
    }

    /// Trains networks on all rows: pieces in a random order, rows through a buffer that is shuffled
    /// whenever it is full; the next rows are read while those before train. An end from outside
    /// leaves the networks as they are then.
    fn teach(
        &self,
        teaching: &Teaching,
        passes: usize,
        buffer: usize,
    ) -> Result<Trained, FitError> {
        let starts = self.starts.as_deref().unwrap_or_default();
        let mut trained = Trained {
            model: teaching.model.clone(),
            seen: Seen::default(),
            passes,
            early: false,
        };
        let mut windows = 0;
        for pass in 0..passes {
            let name = format!("networks, pass {} of {passes}", pass + 1);
            self.control.observer.notice(&Event::Stage { name: &name });
            let progress = Progress::new(self, &name);
            let mut order: Vec<usize> = (0..starts.len()).collect();
            let mut random = ChaCha8Rng::seed_from_u64(teaching.options.seed);
            random.set_stream(ORDER + pass as u64);
            order.shuffle(&mut random);
            let mut rows = Rows {
                reading: self,
                teaching,
                pieces: order.into_iter(),
                current: None,
                left: None,
                seen: Seen::default(),
                progress: &progress,
            };
            let mut seen = 0;
            let mut next = unless_ended(rows.window(buffer))?;
            while let Some(window) = next {
                let mut options = teaching.options.clone();
                options.seed = (options.seed.wrapping_mul(31)).wrapping_add(windows);
                let total = progress.total.max(1) as f64;
                let done = (pass as f64 + (seen as f64 / total).min(1.0)) / passes as f64;
                options.learning_rate = rate(options.learning_rate, done).max(1e-9);
                let model = &trained.model;
                let learn = || match weight_of(&window) > 0.0 {
                    true => taught(model, &window, &options, self.control),
                    false => Ok(members(model)),
                };
                let (members, following) = rayon::join(learn, || unless_ended(rows.window(buffer)));
                trained.model.predictor = Predictor::Networks(members?);
                next = following?;
                seen += window.rows() as u64;
                windows += 1;
            }
            if pass == 0 {
                trained.seen = rows.seen;
            }
            if self.control.should_stop() {
                (trained.passes, trained.early) = (pass, true);
                break;
            }
        }
        Ok(trained)
    }
}

fn members(model: &Model) -> Vec<Member> {
    match &model.predictor {
        Predictor::Networks(members) => members.clone(),
        Predictor::Formula(_) => Vec::new(),
    }
}

/// No rows where reading was ended from outside.
fn unless_ended(rows: Result<Option<Subset>, FitError>) -> Result<Option<Subset>, FitError> {
    match rows {
        Err(FitError::EndedEarly) => Ok(None),
        rows => rows,
    }
}

fn joined(a: Option<Partial>, b: Option<Partial>) -> Result<Option<Partial>, FitError> {
    match (a, b) {
        (Some(a), Some(b)) => a.joined(b).map(Some),
        (a, b) => Ok(a.or(b)),
    }
}

/// The batches of a piece with the number of the next row.
type Batches<'a> = (
    Box<dyn Iterator<Item = Result<Table, FitError>> + Send + 'a>,
    u64,
);

/// Rows in the order in which they train.
struct Rows<'a> {
    reading: &'a Reading<'a>,
    teaching: &'a Teaching,
    pieces: std::vec::IntoIter<usize>,
    current: Option<Batches<'a>>,
    /// Rows that were read beyond the last window.
    left: Option<Subset>,
    /// What became of the rows so far.
    seen: Seen,
    progress: &'a Progress<'a>,
}

impl Rows<'_> {
    /// The next `most` rows, or fewer at the end; `None` behind it.
    fn window(&mut self, most: usize) -> Result<Option<Subset>, FitError> {
        let mut parts: Vec<Subset> = self.left.take().into_iter().collect();
        let mut count: usize = parts.iter().map(Subset::rows).sum();
        while count < most {
            let Some(part) = self.next_batch()? else {
                break;
            };
            count += part.rows();
            parts.push(part);
        }
        let all: Vec<&Subset> = parts.iter().collect();
        let Some(all) = stacked(&all) else {
            return Ok(None);
        };
        if count > most {
            let rest: Vec<usize> = (most..count).collect();
            self.left = Some(all.select(&rest));
            let first: Vec<usize> = (0..most).collect();
            return Ok(Some(all.select(&first)));
        }
        Ok((count > 0).then_some(all))
    }

    fn next_batch(&mut self) -> Result<Option<Subset>, FitError> {
        loop {
            if let Some((batches, start)) = &mut self.current
                && let Some(batch) = batches.next()
            {
                let batch = batch?;
                let teaching = self.teaching;
                let preparation = &teaching.model.preparation;
                let (_, subset, seen) = learnable(preparation, &batch, *start, teaching.apart)?;
                self.seen.add(&seen);
                *start += batch.rows() as u64;
                self.progress.add(batch.rows());
                return Ok(Some(subset));
            }
            let Some(piece) = self.pieces.next() else {
                return Ok(None);
            };
            let starts = self.reading.starts.as_deref().unwrap_or_default();
            let batches = self.reading.batches(piece)?;
            self.current = Some((Box::new(batches), starts[piece]));
        }
    }
}

/// How many rows of a pass are done.
struct Progress<'a> {
    name: &'a str,
    done: AtomicU64,
    total: u64,
    control: &'a Control<'a>,
}

impl<'a> Progress<'a> {
    fn new(reading: &Reading<'a>, name: &'a str) -> Progress<'a> {
        Progress {
            name,
            done: AtomicU64::new(0),
            total: reading.total,
            control: reading.control,
        }
    }

    fn add(&self, rows: usize) {
        let done = self.done.fetch_add(rows as u64, Ordering::Relaxed) + rows as u64;
        let message = format!("{:.1} million rows", done as f64 / 1e6);
        self.control.observer.notice(&Event::Progress {
            name: self.name,
            done: done as usize,
            total: self.total.max(done) as usize,
            message: &message,
        });
    }
}
