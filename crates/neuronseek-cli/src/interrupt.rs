//! Ctrl-C: once ends the work with the best result so far, twice exits at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, INTERRUPTED};
use crate::output;

static STOP: AtomicBool = AtomicBool::new(false);

/// Starts to listen (SIGINT, SIGTERM and SIGHUP) and returns the flag that the first one sets.
pub fn listen() -> Result<&'static AtomicBool, Failure> {
    listen_saying("ending with the best so far")
}

/// As [`listen`], for work that has no best so far; `ending` says how it ends.
pub fn listen_saying(ending: &'static str) -> Result<&'static AtomicBool, Failure> {
    ctrlc::set_handler(move || {
        if STOP.swap(true, Ordering::Relaxed) {
            output::abandon();
            std::process::exit(i32::from(INTERRUPTED));
        }
        eprintln!("\n{ending} (press Ctrl-C again to exit at once)");
    })
    .map_err(|error| Failure::unusable(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(&STOP)
}

/// The flag that the first signal sets, once somebody listens.
pub fn flag() -> &'static AtomicBool {
    &STOP
}

/// Whether Ctrl-C has been pressed.
pub fn pressed() -> bool {
    STOP.load(Ordering::Relaxed)
}
