//! The outermost layer: turns failures and panics into messages and exit codes.

use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use crate::failure::{self, Failure};

static WHERE: Mutex<Option<String>> = Mutex::new(None);

/// Runs `work`; prints why it failed, if it does, and returns the exit code.
pub fn run(work: impl FnOnce() -> Result<(), Failure>) -> u8 {
    outcome(work, &mut std::io::stderr())
}

fn outcome(work: impl FnOnce() -> Result<(), Failure>, errors: &mut dyn Write) -> u8 {
    // The default hook prints a trace that helps no user; the place is kept for the report.
    panic::set_hook(Box::new(|panic| {
        if neuronseek::table::panic_is_caught() {
            return;
        }
        let text = panic
            .payload()
            .downcast_ref::<&str>()
            .map(|text| text.to_string())
            .or_else(|| panic.payload().downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let place = panic.location().map(ToString::to_string);
        if let Ok(mut kept) = WHERE.lock() {
            kept.get_or_insert(format!("{text} at {}", place.unwrap_or_default()));
        }
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let code = match &result {
        Ok(Ok(())) => 0,
        Ok(Err(failure)) => failure.code(),
        Err(_) => failure::BUG,
    };
    // Nothing can be done when standard error itself is closed.
    let _ = match result {
        Ok(Ok(()) | Err(Failure::ClosedPipe)) => Ok(()),
        Ok(Err(Failure::Parser(error))) => error.print(),
        Ok(Err(Failure::Unusable(text) | Failure::Usage(text) | Failure::Interrupted(text))) => {
            writeln!(errors, "error: {text}")
        }
        Err(_) => apology(errors),
    };
    code
}

fn apology(errors: &mut dyn Write) -> std::io::Result<()> {
    let place = WHERE.lock().ok().and_then(|mut kept| kept.take());
    writeln!(
        errors,
        "error: sorry, this is a bug in neuronseek {version}, not in your data\n\
         please report it with the command line and this line:\n  {place}",
        version = env!("CARGO_PKG_VERSION"),
        place = place.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_apology_and_code_70() {
        let mut errors = Vec::new();
        let code = outcome(|| panic!("index 3 of 2"), &mut errors);
        let text = String::from_utf8(errors).unwrap();
        assert_eq!(code, 70);
        assert!(text.contains("bug in neuronseek"), "{text}");
        assert!(text.contains("index 3 of 2 at "), "{text}");
        assert!(!text.contains("RUST_BACKTRACE"), "{text}");
    }

    #[test]
    fn a_closed_pipe_is_success_without_a_word() {
        let mut errors = Vec::new();
        assert_eq!(outcome(|| Err(Failure::ClosedPipe), &mut errors), 0);
        assert!(errors.is_empty());
    }

    #[test]
    fn an_unusable_input_is_code_1_with_one_line() {
        let mut errors = Vec::new();
        let code = outcome(|| Err(Failure::unusable("a.csv is empty")), &mut errors);
        assert_eq!(code, 1);
        assert_eq!(errors, b"error: a.csv is empty\n");
    }
}
