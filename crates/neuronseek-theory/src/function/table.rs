use std::path::Path;

use crate::error::TheoryError;
use crate::interval::Interval;
use crate::jet::Jet;

/// Points joined by straight lines.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Rising.
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Table {
    pub(super) fn read(path: &Path) -> Result<Table, TheoryError> {
        let name = path.display().to_string();
        let wrong = |reason: String| TheoryError::Table {
            path: name.clone(),
            reason,
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_path(path)
            .map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let mut points = Vec::new();
        for (index, record) in reader.records().enumerate() {
            let record = record.map_err(|error| wrong(error.to_string()))?;
            let line = index + 1;
            if record.len() != 2 {
                return Err(wrong(format!(
                    "line {line} has {} columns: give two, x and f(x)",
                    record.len()
                )));
            }
            let numbers = [&record[0], &record[1]].map(|cell| cell.parse::<f64>().ok());
            match numbers {
                [Some(x), Some(y)] if x.is_finite() && y.is_finite() => points.push((x, y)),
                // The names of the columns.
                [None, None] if line == 1 => {}
                _ => {
                    return Err(wrong(format!(
                        "line {line} holds {:?}, {:?}: give two finite numbers",
                        &record[0], &record[1]
                    )));
                }
            }
        }
        Table::new(points, &name)
    }

    pub(super) fn new(mut points: Vec<(f64, f64)>, name: &str) -> Result<Table, TheoryError> {
        let wrong = |reason: String| TheoryError::Table {
            path: name.to_string(),
            reason,
        };
        if points
            .iter()
            .any(|(x, y)| !(x.is_finite() && y.is_finite()))
        {
            return Err(wrong("holds a number that is not finite".to_string()));
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in points.windows(2) {
            let ((place, left), (next, right)) = (pair[0], pair[1]);
            if place == next && left != right {
                return Err(TheoryError::Jump { place, left, right });
            }
        }
        points.dedup();
        if points.len() < 2 {
            return Err(wrong(
                "holds fewer than two different x: give at least two".to_string(),
            ));
        }
        let (x, y) = points.into_iter().unzip();
        Ok(Table { x, y })
    }

    pub(super) fn domain(&self) -> (f64, f64) {
        (self.x[0], self.x[self.x.len() - 1])
    }

    /// The line that holds `x`; the outermost ones go on.
    fn line(&self, x: f64) -> usize {
        let after = self.x.partition_point(|&knot| knot <= x);
        after.clamp(1, self.x.len() - 1) - 1
    }

    pub(super) fn value(&self, x: f64) -> f64 {
        let line = self.line(x);
        let share = (x - self.x[line]) / (self.x[line + 1] - self.x[line]);
        self.y[line] * (1.0 - share) + self.y[line + 1] * share
    }

    pub(super) fn enclose(&self, x: Jet) -> Jet {
        let (first, last) = (self.line(x.value.low), self.line(x.value.high));
        let mut all: Option<Jet> = None;
        for line in first..=last {
            let point = Interval::point;
            let run = point(self.x[line + 1]) - point(self.x[line]);
            let rise = point(self.y[line + 1]) - point(self.y[line]);
            let slope = rise.over(run).unwrap_or(Interval::WHOLE);
            let low = if line == first {
                x.value.low
            } else {
                self.x[line]
            };
            let high = if line == last {
                x.value.high
            } else {
                self.x[line + 1]
            };
            let from_here = Interval::new(low, high) - point(self.x[line]);
            let jet = Jet {
                value: point(self.y[line]) + slope * from_here,
                slope: x.slope.map(|inner| inner * slope),
            };
            all = Some(all.map_or(jet, |all| all.or(jet)));
        }
        all.unwrap_or(Jet::constant(Interval::WHOLE))
    }
}
