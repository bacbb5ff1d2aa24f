//! Long work beside the interpreter.
//!
//! The work runs on a thread of its own, within a pool of as many threads as were asked for. The
//! calling thread waits without the interpreter's lock; it takes the lock to hand events to the
//! listener and, twenty times a second, to ask for signals: on Ctrl-C the work is told to end, and
//! when it has, `KeyboardInterrupt` is raised. Work never calls Python, so it cannot wait for the
//! lock, whatever other threads do. (To take the lock in the observer was rejected for that.)

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use neuronseek::observe::{Control, Event, Observer};
use neuronseek::train::History;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error;

/// How long the calling thread waits before it asks for signals.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the command's main thread has, too.
const STACK: usize = 8 << 20;

/// Pools that no call uses, with the process that made them: threads do not survive a fork.
static IDLE: Mutex<Vec<(u32, ThreadPool)>> = Mutex::new(Vec::new());

/// A pool of so many threads that nobody else uses now.
struct Pool(Option<ThreadPool>);

impl Pool {
    fn of(threads: usize) -> PyResult<Pool> {
        // After a fork the lock may be held by a thread that is no more.
        if let Ok(mut idle) = IDLE.try_lock() {
            let own = std::process::id();
            let fits = |(process, pool): &(u32, ThreadPool)| {
                *process == own && pool.current_num_threads() == threads
            };
            if let Some(place) = idle.iter().position(fits) {
                return Ok(Pool(Some(idle.swap_remove(place).1)));
            }
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .stack_size(STACK)
            .thread_name(|index| format!("neuronseek-{index}"))
            .build();
        match pool {
            Ok(pool) => Ok(Pool(Some(pool))),
            Err(error) => Err(PyValueError::new_err(format!(
                "cannot start {threads} threads: {error}; give a lower n_jobs"
            ))),
        }
    }

    fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.0 {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let (Some(pool), Ok(mut idle)) = (self.0.take(), IDLE.try_lock()) {
            let own = std::process::id();
            // Those of the process that forked cannot be ended here, as their threads are not here.
            for (process, pool) in idle.extract_if(.., |(process, _)| *process != own) {
                debug_assert_ne!(process, own);
                std::mem::forget(pool);
            }
            idle.push((own, pool));
        }
    }
}

/// An event as it goes to the calling thread.
enum Told {
    Stage(String),
    Progress(String, usize, usize, String),
    Snapshot(String, f64),
    Trained(String, History),
    Warning(String),
}

impl Told {
    /// The kind and what belongs to it.
    fn object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let parts = match self {
            Told::Stage(name) => ("stage", name).into_bound_py_any(py)?,
            Told::Progress(name, done, total, message) => {
                ("progress", name, *done, *total, message).into_bound_py_any(py)?
            }
            Told::Snapshot(neuron, criterion) => {
                ("snapshot", neuron, *criterion).into_bound_py_any(py)?
            }
            Told::Trained(name, history) => {
                let columns = PyDict::new(py);
                let epochs = history.epochs.iter();
                let training: Vec<f64> = epochs.clone().map(|e| e.training_loss).collect();
                let validation: Vec<Option<f64>> =
                    epochs.clone().map(|e| e.validation_loss).collect();
                let rate: Vec<f64> = epochs.map(|e| e.learning_rate).collect();
                columns.set_item("training_loss", training)?;
                columns.set_item("validation_loss", validation)?;
                columns.set_item("learning_rate", rate)?;
                columns.set_item("best_epoch", history.best_epoch)?;
                ("trained", name, columns).into_bound_py_any(py)?
            }
            Told::Warning(text) => ("warning", text).into_bound_py_any(py)?,
        };
        Ok(parts.cast_into::<PyTuple>()?)
    }
}

/// Sends events to the calling thread.
struct Messenger(Sender<Told>);

impl Observer for Messenger {
    fn notice(&self, event: &Event<'_>) {
        let told = match event {
            Event::Stage { name } => Told::Stage(name.to_string()),
            Event::Progress {
                name,
                done,
                total,
                message,
            } => Told::Progress(name.to_string(), *done, *total, message.to_string()),
            Event::Snapshot { neuron, criterion } => Told::Snapshot(neuron.to_string(), *criterion),
            Event::Trained { name, history } => Told::Trained(name.to_string(), (*history).clone()),
            Event::Warning(text) => Told::Warning(text.to_string()),
            _ => return,
        };
        // Nobody listens any more once the calling thread has an exception to raise.
        let _ = self.0.send(told);
    }
}

/// Does `work` with so many threads; events go to `listener`.
///
/// # Errors
/// What the listener raised, and `KeyboardInterrupt`: the work has ended then. A panic is a
/// `RuntimeError`.
pub fn run<T: Send>(
    py: Python<'_>,
    threads: usize,
    listener: &Bound<'_, PyAny>,
    time_limit: Option<f64>,
    work: impl FnOnce(&Control<'_>) -> T + Send,
) -> PyResult<T> {
    let pool = Pool::of(threads)?;
    let stop = AtomicBool::new(false);
    let deadline = match time_limit.map(Duration::try_from_secs_f64) {
        None => None,
        Some(Ok(limit)) => Instant::now().checked_add(limit),
        Some(Err(_)) => {
            return Err(PyValueError::new_err(
                "time_limit is a number of seconds, not negative",
            ));
        }
    };
    let (sender, events) = mpsc::channel();
    let mut raised: Option<PyErr> = None;
    let done: Result<T, Box<dyn Any + Send>> = std::thread::scope(|scope| {
        let (pool, stop) = (&pool, &stop);
        let worker = scope.spawn(move || {
            let messenger = Messenger(sender);
            let control = Control {
                observer: &messenger,
                stop,
                deadline,
            };
            pool.install(|| catch_unwind(AssertUnwindSafe(|| work(&control))))
        });
        // The channel closes when the work is over.
        let events = Mutex::new(events);
        let mut asked = Instant::now();
        loop {
            let event = py.detach(|| {
                let events = events.lock();
                events.map_or(Err(RecvTimeoutError::Disconnected), |events| {
                    events.recv_timeout(PATIENCE)
                })
            });
            let heard = match event {
                Ok(_) if raised.is_some() => Ok(()),
                Ok(event) if !listener.is_none() => {
                    let told = event.object(py);
                    told.and_then(|told| listener.call1(told).map(|_| ()))
                }
                Ok(_) => Ok(()),
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let heard = heard.and_then(|()| match asked.elapsed() < PATIENCE {
                true => Ok(()),
                false => {
                    asked = Instant::now();
                    py.check_signals()
                }
            });
            if let Err(error) = heard {
                stop.store(true, Ordering::Relaxed);
                raised.get_or_insert(error);
            }
        }
        py.detach(|| match worker.join() {
            Ok(done) => done,
            Err(panic) => Err(panic),
        })
    });
    if let Some(error) = raised {
        return Err(error);
    }
    // A signal may have come in the last moments of the work.
    py.check_signals()?;
    done.map_err(|panic| error::of_panic(panic.as_ref()))
}

/// Does work of moments on the calling thread's behalf, without events; a panic is a
/// `RuntimeError`.
pub fn brief<T: Send>(
    py: Python<'_>,
    threads: usize,
    work: impl FnOnce() -> T + Send,
) -> PyResult<T> {
    let pool = Pool::of(threads)?;
    let done = py.detach(|| pool.install(|| catch_unwind(AssertUnwindSafe(work))));
    done.map_err(|panic| error::of_panic(panic.as_ref()))
}
