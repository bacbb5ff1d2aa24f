//! Fits that are ended from outside at a chosen moment.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use neuronseek::model::{FitError, FitOptions, Fitted, fit};
use neuronseek::observe::{Control, Event, Observer};
use neuronseek::table::Table;

/// Sets the flag when so much progress of a stage (of any, without one) was reported.
struct StopAfter<'a> {
    stage: Option<&'a str>,
    limit: usize,
    events: AtomicUsize,
    stop: &'a AtomicBool,
}

impl Observer for StopAfter<'_> {
    fn notice(&self, event: &Event<'_>) {
        let Event::Progress { name, .. } = event else {
            return;
        };
        let counts = self.stage.is_none_or(|stage| stage == *name);
        if counts && self.events.fetch_add(1, Ordering::Relaxed) + 1 == self.limit {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// The fit, ended after `limit` reports of progress.
pub fn fit_ended_after(
    table: &Table,
    options: &FitOptions,
    stage: Option<&str>,
    limit: usize,
) -> Result<Fitted, FitError> {
    let stop = AtomicBool::new(false);
    let observer = StopAfter {
        stage,
        limit,
        events: AtomicUsize::new(0),
        stop: &stop,
    };
    let control = Control {
        observer: &observer,
        stop: &stop,
        deadline: None,
    };
    fit(table, None, options, &control)
}
