//! What is said on standard error while work goes on: warnings, stages, progress bars.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use neuronseek::observe::{Event, Observer};

use crate::arguments::{Color, Speech};

/// Says on standard error what the library reports.
pub struct Console {
    quiet: bool,
    verbose: u8,
    /// Whether standard output may carry colour.
    pub styled: bool,
    bars: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bar: Option<ProgressBar>,
    stage: String,
    said: Vec<String>,
}

impl Console {
    /// A console that speaks as much as the flags want.
    pub fn new(speech: &Speech) -> Console {
        let styled = match speech.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                std::io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Console {
            quiet: speech.quiet,
            verbose: speech.verbose,
            styled,
            bars: !speech.quiet && speech.verbose == 0 && std::io::stderr().is_terminal(),
            state: Mutex::default(),
        }
    }

    /// Says something that the user should know; the same thing is said once.
    pub fn warn(&self, text: &str) {
        if self.quiet {
            return;
        }
        if let Ok(mut state) = self.state.lock() {
            if state.said.iter().any(|said| said == text) {
                return;
            }
            state.said.push(text.to_string());
            state.say(&format!("warning: {text}"));
        }
    }

    /// Says what was done, such as where a file lies.
    pub fn note(&self, text: &str) {
        if self.quiet {
            return;
        }
        if let Ok(state) = self.state.lock() {
            state.say(text);
        }
    }

    /// Takes the progress bar away: the result comes next.
    pub fn done(&self) {
        if let Ok(mut state) = self.state.lock()
            && let Some(bar) = state.bar.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl State {
    fn say(&self, text: &str) {
        let print = || {
            // A closed standard error must not end the work.
            let _ = writeln!(std::io::stderr(), "{text}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// The bar of this stage, a new one when the stage has changed.
    fn bar(&mut self, stage: &str) -> &ProgressBar {
        if self.stage != stage {
            if let Some(bar) = self.bar.take() {
                bar.finish_and_clear();
            }
            self.stage = stage.to_string();
        }
        self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            let template = "{spinner} {prefix:.bold} {bar:24} {pos}/{len} {wide_msg:.dim}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_prefix(stage.to_string());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        })
    }
}

impl Observer for Console {
    fn notice(&self, event: &Event<'_>) {
        match event {
            Event::Warning(text) => self.warn(text),
            Event::Stage { name } => {
                let Ok(mut state) = self.state.lock() else {
                    return;
                };
                if self.verbose > 0 {
                    state.say(name);
                } else if self.bars {
                    state.bar(name);
                }
            }
            Event::Progress {
                name,
                done,
                total,
                message,
            } => {
                let Ok(mut state) = self.state.lock() else {
                    return;
                };
                if self.verbose > 1 {
                    state.say(&format!("{name}: {done}/{total} {message}"));
                } else if self.bars {
                    let bar = state.bar(name);
                    bar.set_length(*total as u64);
                    bar.set_position(*done as u64);
                    bar.set_message((*message).to_string());
                }
            }
            _ => {}
        }
    }
}
