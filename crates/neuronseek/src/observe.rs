//! How long work reports what it does and learns that it should end.
//!
//! The library never prints. It hands events to an [`Observer`] and asks [`Control::should_stop`]
//! between steps; the command draws progress bars from the one and sets the other on Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::neuron::Neuron;
use crate::train::History;

/// Something that happened during long work.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A stage begins, such as "search (als)" or "network x + cp(2)".
    Stage {
        /// What begins.
        name: &'a str,
    },
    /// A stage has come some way.
    Progress {
        /// The stage.
        name: &'a str,
        /// Steps done.
        done: usize,
        /// Steps in all, as far as known.
        total: usize,
        /// The present state in words, such as "x + cp(2), BIC -1234.5".
        message: &'a str,
    },
    /// A search would find this if it ended now.
    Snapshot {
        /// The structure.
        neuron: &'a Neuron,
        /// The search's criterion, lower is better.
        criterion: f64,
    },
    /// A network is trained.
    Trained {
        /// The stage, such as "network of x, fold 2".
        name: &'a str,
        /// Its losses by epoch.
        history: &'a History,
    },
    /// Something that the user should know.
    Warning(&'a str),
}

/// Receives events; called from any thread.
pub trait Observer: Sync {
    /// Takes note of an event.
    fn notice(&self, event: &Event<'_>);
}

/// Ignores every event.
pub struct Silent;

impl Observer for Silent {
    fn notice(&self, _: &Event<'_>) {}
}

/// What long work is given: where to report and when to end.
pub struct Control<'a> {
    /// Receives progress.
    pub observer: &'a dyn Observer,
    /// Set from outside to end the work with the best result so far.
    pub stop: &'a AtomicBool,
    /// When the work ends with the best result so far.
    pub deadline: Option<Instant>,
}

static NEVER: AtomicBool = AtomicBool::new(false);

impl Control<'static> {
    /// Reports nowhere and never ends early.
    pub fn silent() -> Control<'static> {
        Control {
            observer: &Silent,
            stop: &NEVER,
            deadline: None,
        }
    }
}

impl Control<'_> {
    /// Whether the work should end now with the best result so far.
    pub fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Reports a warning.
    pub fn warn(&self, text: &str) {
        self.observer.notice(&Event::Warning(text));
    }
}
