//! Prints every search that misses, then the table: `recovery DIM ROWS NOISE SEEDS [LAW] [JOBS]`.

use neuronseek::model::SearchOptions;
use neuronseek::observe::Control;
use neuronseek_bench::Method;
use neuronseek_bench::recovery::{RecoverySettings, Row, Verdict, rows, run, summarise};
use neuronseek_bench::runs::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut settings = RecoverySettings::default();
    let mut options = Options::default();
    if let Some(text) = arguments.first() {
        settings.dim = text.parse()?;
    }
    if let Some(text) = arguments.get(1) {
        settings.rows = text.parse()?;
    }
    if let Some(text) = arguments.get(2) {
        settings.noise = text.parse()?;
    }
    if let Some(text) = arguments.get(3) {
        settings.seeds = text.parse()?;
    }
    if let Some(text) = arguments.get(4) {
        settings.law = text.parse()?;
    }
    if let Some(text) = arguments.get(5) {
        options.jobs = text.parse()?;
    }
    let als = [Method::new("als", SearchOptions::default())];
    let sizes = [settings.clone()];
    let results = run(&sizes, &als, &options, &Control::silent(), &|record, _| {
        let row = Row::from(record);
        if row.verdict != Verdict::Perfect {
            println!(
                "{} seed {}: {} instead of {} {:.3} s {:?}",
                row.case, row.seed, row.found, row.truth, row.seconds, row.error
            );
        }
    })?;
    for summary in summarise(&rows(&settings, &results.records)) {
        println!(
            "{:16} {:4} of {:4} exact, {} noisy, {} missing, {} failed, median {:.4} s, highest {:.4} s",
            summary.case.as_deref().unwrap_or("all"),
            summary.perfect,
            summary.runs,
            summary.noisy,
            summary.missing,
            summary.failed,
            summary.median_seconds,
            summary.highest_seconds
        );
    }
    Ok(())
}
