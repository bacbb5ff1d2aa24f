//! What an experiment ran on, and when.

use std::time::{SystemTime, UNIX_EPOCH};

/// The processor's name, where the system tells it, and how many of its cores may be used.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let plural = if cores == 1 { "core" } else { "cores" };
    let name = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_string())
        });
    let name = name.unwrap_or_else(|| std::env::consts::ARCH.to_string());
    format!("{cores} {plural} of {name}")
}

/// Today's date in UTC, as 2026-01-31.
pub fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let days = since.map_or(0, |since| since.as_secs() / 86_400);
    let days = i64::try_from(days).unwrap_or(0);
    let first = jiff::civil::date(1970, 1, 1);
    let span = jiff::Span::new().try_days(days).unwrap_or_default();
    first.checked_add(span).unwrap_or(first).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_and_date_are_told() {
        assert!(describe().contains("core"));
        assert_eq!(today().split('-').count(), 3);
    }
}
