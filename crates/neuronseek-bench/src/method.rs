use std::time::{Duration, Instant};

use neuronseek::model::{SearchOptions, method};
use neuronseek::observe::Control;
use neuronseek::search::Search;

/// A search method as experiments compare them: a name, and the settings that, with the name,
/// identify it in the ids of runs.
pub struct Method {
    /// The name in tables and plots, such as "als" or "td-paper".
    pub name: String,
    /// Its settings.
    pub options: SearchOptions,
    /// What searches.
    pub search: Box<dyn Search>,
}

impl Method {
    /// The library's method with these options, under `name`.
    pub fn new(name: &str, options: SearchOptions) -> Method {
        Method {
            name: name.to_string(),
            search: method(&options),
            options,
        }
    }
}

/// A control that also ends a search `budget` seconds after `began`, if there is a budget.
pub(crate) fn limited<'a>(
    control: &Control<'a>,
    began: Instant,
    budget: Option<f64>,
) -> Control<'a> {
    let budget = budget.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Control {
        observer: control.observer,
        stop: control.stop,
        deadline: budget.map_or(control.deadline, |budget| began.checked_add(budget)),
    }
}

/// The method of that name and settings; an error in words when it is not there, which cannot be
/// for the runs of a plan made of `methods`.
pub(crate) fn find<'a>(
    methods: &'a [Method],
    name: &str,
    options: &SearchOptions,
) -> Result<&'a Method, String> {
    let mut same = methods.iter().filter(|method| method.name == name);
    same.find(|method| &method.options == options)
        .ok_or_else(|| format!("no method {name}"))
}
