//! The engine of every experiment: a list of runs becomes a file of results, whatever happens in
//! between.
//!
//! A run is a value that says all that its result depends on (data, settings, seed); a function
//! turns it into a result and into what was measured (seconds, memory). The run's id is a hash of
//! the value, so a finished run is known again: an experiment that was killed goes on where it
//! stopped, several machines share it ([`Options::shard`]), and one with more seeds repeats none.
//! A database was rejected: one JSON line per run is read by every tool, and joining the shards
//! is copying their files into one folder.
//!
//! ```
//! use neuronseek::observe::Control;
//! use neuronseek_bench::runs::{Options, Plan, execute};
//!
//! let plan = Plan {
//!     experiment: "squares",
//!     version: 1,
//!     runs: vec![1, 2, 3],
//! };
//! let square = |run: &i32, _: &Control<'_>| Ok((run * run, 0.0));
//! let all = execute(&plan, &Options::default(), &Control::silent(), &square, &|_, _| {})?;
//! let squares: Vec<i32> = all.records.iter().map(|record| record.result).collect();
//! assert_eq!((squares, all.missing), (vec![1, 4, 9], 0));
//! # Ok::<(), neuronseek_bench::runs::RunsError>(())
//! ```

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use neuronseek::model::write_whole;
use neuronseek::observe::{Control, Silent};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

mod csv;
mod error;
mod id;
mod journal;
mod shard;
#[cfg(test)]
mod tests;

pub use csv::csv;
pub use error::RunsError;
pub use id::{digest, run_id};
pub use shard::Shard;

use journal::Journal;

/// The runs of an experiment.
#[derive(Debug, Clone)]
pub struct Plan<R> {
    /// The name, such as "recovery": part of every id, and the stem of the files.
    pub experiment: &'static str,
    /// Part of every id: raise it when the same run gives another result than before.
    pub version: u32,
    /// The runs in canonical order; of equal ones the first is kept.
    pub runs: Vec<R>,
}

/// How runs are carried out; the results do not depend on it.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the results, made if need be; `None` (the default) keeps them in memory.
    pub out: Option<PathBuf>,
    /// Which runs are this machine's; default all.
    pub shard: Shard,
    /// How many runs go on at once, each on one thread, at least 1; default 1. With more jobs
    /// than idle cores measured seconds mean little.
    pub jobs: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            out: None,
            shard: Shard::default(),
            jobs: 1,
        }
    }
}

impl Options {
    /// The file of this shard in the folder of the results: `recovery.md`, `recovery.0-of-2.md`;
    /// `None` without a folder.
    pub fn file(&self, experiment: &str, ending: &str) -> Option<PathBuf> {
        let folder = self.out.as_ref()?;
        Some(folder.join(format!("{experiment}{}.{ending}", self.shard.suffix())))
    }

    /// Writes a table or plot beside the lines, whole or not at all; does nothing without a
    /// folder.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, experiment: &str, ending: &str, bytes: &[u8]) -> Result<(), RunsError> {
        match self.file(experiment, ending) {
            Some(path) => Ok(write_whole(&path, bytes)?),
            None => Ok(()),
        }
    }
}

/// A finished run: one line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record<R, O, M> {
    /// See [`run_id`].
    pub id: String,
    /// The experiment's name.
    pub experiment: String,
    /// The plan's version.
    pub version: u32,
    /// What was run.
    pub run: R,
    /// What came out: the same at every repetition.
    pub result: O,
    /// What differs between repetitions: seconds, memory.
    pub measured: M,
}

/// What [`execute`] gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Results<R, O, M> {
    /// The finished runs of this shard in canonical order, those of earlier starts among them.
    pub records: Vec<Record<R, O, M>>,
    /// How many runs of this shard are left: above 0 only when `control` ended the experiment.
    pub missing: usize,
}

/// How far an experiment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Finished runs, those of earlier starts among them.
    pub done: usize,
    /// All runs of this shard.
    pub total: usize,
}

/// What carries out one run, a pure function of it but for what is measured. It runs inside a
/// thread pool of one thread. Its control reports nowhere and ends when the experiment is to end;
/// the result is thrown away then, for it may be half a result. An error ends the experiment;
/// what other runs must not suffer from (a search that fails) belongs into the result.
pub type Work<'a, R, O, M> = dyn Fn(&R, &Control<'_>) -> Result<(O, M), String> + Sync + 'a;

/// What hears of each run that has just finished, from any thread.
pub type Each<'a, R, O, M> = dyn Fn(&Record<R, O, M>, Progress) + Sync + 'a;

/// A run of the plan with its id.
struct Task<'a, R> {
    id: String,
    run: &'a R,
}

/// Carries out the runs that are not finished yet.
///
/// With [`Options::out`], each finished run is appended at once as a whole line to
/// `EXPERIMENT.jsonl` (`EXPERIMENT.0-of-2.jsonl` of a shard) there. Before the start, the ids in
/// all such files of the folder are read and their runs skipped; a torn last line, the trace of a
/// kill, is cut off. At the end, Ctrl-C included, the lines are rewritten in the plan's order,
/// lines of other plans after them by id.
///
/// # Errors
/// See [`RunsError`]. Finished runs stay in the file.
pub fn execute<R, O, M>(
    plan: &Plan<R>,
    options: &Options,
    control: &Control<'_>,
    work: &Work<'_, R, O, M>,
    each: &Each<'_, R, O, M>,
) -> Result<Results<R, O, M>, RunsError>
where
    R: Clone + Serialize + DeserializeOwned + Sync + Send,
    O: Serialize + DeserializeOwned + Send,
    M: Serialize + DeserializeOwned + Send,
{
    options.shard.check()?;
    if options.jobs == 0 {
        return Err(RunsError::Jobs);
    }
    let tasks = tasks(plan, options.shard)?;
    let mut journal = match &options.out {
        Some(folder) => Some(Journal::open(folder, plan.experiment, options.shard)?),
        None => None,
    };
    let mut finished = match &journal {
        Some(journal) => journal.finished(&tasks.iter().map(|t| t.id.as_str()).collect())?,
        None => HashMap::new(),
    };
    let open: Vec<&Task<'_, R>> = tasks
        .iter()
        .filter(|task| !finished.contains_key(&task.id))
        .collect();
    let desk = Desk {
        plan,
        control,
        work,
        each,
        journal: Mutex::new(journal.as_mut()),
        next: AtomicUsize::new(0),
        done: AtomicUsize::new(finished.len()),
        total: tasks.len(),
        failed: AtomicBool::new(false),
    };
    let (fresh, failure) = desk.carry_out(&open, options.jobs)?;
    finished.extend(fresh.into_iter().map(|record| (record.id.clone(), record)));
    let records: Vec<Record<R, O, M>> = tasks
        .iter()
        .filter_map(|task| finished.remove(&task.id))
        .collect();
    if let Some(journal) = journal {
        journal.finish(&records)?;
    }
    match failure {
        Some(failure) => Err(failure),
        None => Ok(Results {
            missing: tasks.len() - records.len(),
            records,
        }),
    }
}

fn tasks<R: Serialize>(plan: &Plan<R>, shard: Shard) -> Result<Vec<Task<'_, R>>, RunsError> {
    let mut known = HashSet::new();
    let mut tasks = Vec::new();
    for run in &plan.runs {
        let id = run_id(plan.experiment, plan.version, run)?;
        if known.insert(id.clone()) {
            tasks.push(Task { id, run });
        }
    }
    let mine = tasks.into_iter().enumerate();
    let mine = mine.filter(|(index, _)| shard.takes(*index));
    Ok(mine.map(|(_, task)| task).collect())
}

/// What the workers of one experiment share.
struct Desk<'a, R, O, M> {
    plan: &'a Plan<R>,
    control: &'a Control<'a>,
    work: &'a Work<'a, R, O, M>,
    each: &'a Each<'a, R, O, M>,
    journal: Mutex<Option<&'a mut Journal>>,
    next: AtomicUsize,
    done: AtomicUsize,
    total: usize,
    failed: AtomicBool,
}

/// What one worker has finished, and the position and reason of its failure.
type Part<R, O, M> = (Vec<Record<R, O, M>>, Option<(usize, RunsError)>);

/// Finished runs, and the first failure in the plan's order.
type Carried<R, O, M> = (Vec<Record<R, O, M>>, Option<RunsError>);

impl<R, O, M> Desk<'_, R, O, M>
where
    R: Clone + Serialize + DeserializeOwned + Sync + Send,
    O: Serialize + Send,
    M: Serialize + Send,
{
    fn carry_out(&self, open: &[&Task<'_, R>], jobs: usize) -> Result<Carried<R, O, M>, RunsError> {
        let pools = (0..jobs.min(open.len()))
            .map(|_| pool())
            .collect::<Result<Vec<_>, _>>()?;
        let mut parts = Vec::new();
        // Plain threads, each with a pool of one thread: a worker of an outer pool that waits for
        // an inner one would take up another run meanwhile, and its seconds would add up.
        std::thread::scope(|scope| {
            let threads: Vec<_> = pools
                .iter()
                .map(|pool| scope.spawn(|| self.worker(open, pool)))
                .collect();
            for thread in threads {
                match thread.join() {
                    Ok(part) => parts.push(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        let mut records = Vec::new();
        let mut failures = Vec::new();
        for (part, failure) in parts {
            records.extend(part);
            failures.extend(failure);
        }
        failures.sort_by_key(|(index, _)| *index);
        let failure = failures.into_iter().next().map(|(_, failure)| failure);
        Ok((records, failure))
    }

    /// Takes up one open run after the other; ends at the first that fails.
    fn worker(&self, open: &[&Task<'_, R>], pool: &ThreadPool) -> Part<R, O, M> {
        let mut records = Vec::new();
        while !self.failed.load(Ordering::Relaxed) && !self.control.should_stop() {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = open.get(index) else {
                break;
            };
            match self.run_once(task, pool) {
                Ok(record) => records.extend(record),
                Err(failure) => {
                    self.failed.store(true, Ordering::Relaxed);
                    return (records, Some((index, failure)));
                }
            }
        }
        (records, None)
    }

    fn run_once(
        &self,
        task: &Task<'_, R>,
        pool: &ThreadPool,
    ) -> Result<Option<Record<R, O, M>>, RunsError> {
        let control = Control {
            observer: &Silent,
            stop: self.control.stop,
            deadline: self.control.deadline,
        };
        let worked = pool.install(|| (self.work)(task.run, &control));
        if self.control.should_stop() {
            return Ok(None);
        }
        let (result, measured) = worked.map_err(|reason| RunsError::Run {
            id: task.id.clone(),
            reason,
        })?;
        let record = Record {
            id: task.id.clone(),
            experiment: self.plan.experiment.to_string(),
            version: self.plan.version,
            run: task.run.clone(),
            result,
            measured,
        };
        {
            // Another worker's panic leaves the journal as sound as a kill would.
            let mut journal = match self.journal.lock() {
                Ok(journal) => journal,
                Err(poisoned) => poisoned.into_inner(),
            };
            if let Some(journal) = journal.as_mut() {
                journal.append(&record)?;
            }
        }
        let progress = Progress {
            done: self.done.fetch_add(1, Ordering::Relaxed) + 1,
            total: self.total,
        };
        (self.each)(&record, progress);
        Ok(Some(record))
    }
}

fn pool() -> Result<ThreadPool, RunsError> {
    let built = ThreadPoolBuilder::new().num_threads(1).build();
    built.map_err(|reason| RunsError::Threads(reason.to_string()))
}
