use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::encoding::{Block, Fitted, Odd};
use super::quantile::Sorted;
use super::recipe::{Input, Phase, RawKind, Writing};
use crate::table::{Column, TableError};

const DAY: f64 = 86_400.0;

/// A column of dates or times: days since 1970, and the place in the year, the week and the day as
/// sine and cosine, each where enough different ones occur to matter.
///
/// The year is the mean Gregorian one, 365.2425 days, so that a place in it is at most a day and a
/// half off the calendar's, and no leap day makes a jump.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Date {
    /// Seconds that a missing cell is taken for: the median.
    fill: f64,
    /// Whether the value is an input: not where it never varies.
    value: bool,
    cycles: Vec<Cycle>,
    missing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Cycle {
    Year,
    Week,
    Day,
}

impl Cycle {
    const ALL: [Cycle; 3] = [Cycle::Year, Cycle::Week, Cycle::Day];

    fn name(self) -> &'static str {
        match self {
            Cycle::Year => "year",
            Cycle::Week => "week",
            Cycle::Day => "day",
        }
    }

    /// The place in the cycle, 0 to below 1.
    fn phase(self, seconds: f64) -> f64 {
        let days = seconds / DAY;
        match self {
            Cycle::Year => (days / 365.2425).rem_euclid(1.0),
            // 1970-01-01 was a Thursday; whole days, so that hours do not blur them.
            Cycle::Week => (days.floor() + 3.0).rem_euclid(7.0) / 7.0,
            Cycle::Day => days.rem_euclid(1.0),
        }
    }

    /// How many different places there must be: fewer are told apart by the days alone.
    fn enough(self) -> usize {
        match self {
            Cycle::Year => 30,
            Cycle::Week | Cycle::Day => 4,
        }
    }
}

impl Date {
    pub fn fit(column: &Column, rows: &[usize], rare: usize) -> Result<Fitted<Date>, TableError> {
        let seconds = column.dates()?;
        let sorted = Sorted::new(rows.iter().map(|&row| seconds[row]));
        let missing = rows.len() - sorted.values().len();
        if sorted.values().is_empty() {
            return Ok(Fitted::AllMissing);
        }
        let varies = |cycle: &Cycle| {
            let phases = sorted.values().iter().map(|&seconds| cycle.phase(seconds));
            Sorted::new(phases).distinct() >= cycle.enough()
        };
        let date = Date {
            fill: sorted.median(),
            value: sorted.distinct() > 1,
            cycles: Cycle::ALL.into_iter().filter(varies).collect(),
            missing: missing >= rare,
        };
        if !date.value && !date.missing {
            return Ok(Fitted::Constant);
        }
        let mut done = "days since 1970".to_string();
        for cycle in &date.cycles {
            done += &format!(", place in the {}", cycle.name());
        }
        if missing > 0 {
            done += ", missing cells as the median";
        }
        Ok(Fitted::Used {
            encoding: date,
            missing,
            done,
        })
    }

    pub fn names(&self, column: &str) -> Vec<String> {
        let mut names = Vec::new();
        if self.value {
            names.push(column.to_string());
        }
        for cycle in &self.cycles {
            for function in ["sin", "cos"] {
                names.push(format!("{column}.{function}({})", cycle.name()));
            }
        }
        if self.missing {
            names.push(format!("{column}=(missing)"));
        }
        names
    }

    pub fn write(&self, column: &Column, block: &mut Block<'_>) -> Result<Odd, TableError> {
        let mut odd = Odd::default();
        for (row, &seconds) in column.dates()?.iter().enumerate() {
            let absent = seconds.is_nan();
            let seconds = if absent { self.fill } else { seconds };
            let mut input = 0;
            if self.value {
                block.set(row, input, seconds / DAY);
                input += 1;
            }
            for cycle in &self.cycles {
                let (sin, cos) = (TAU * cycle.phase(seconds)).sin_cos();
                block.set(row, input, sin);
                block.set(row, input + 1, cos);
                input += 2;
            }
            if absent && self.missing {
                block.set(row, input, 1.0);
            }
            odd.missing += usize::from(absent && !self.missing);
        }
        odd.taken_for = "taken for the median date of the training rows".to_string();
        Ok(odd)
    }

    /// Its inputs as plain steps.
    pub fn recipe(&self, name: &str, writing: &mut Writing) {
        let column = writing.column(name, RawKind::Date);
        let fill = self.fill;
        let inputs = &mut writing.recipe.inputs;
        inputs.extend(self.value.then_some(Input::Days { column, fill }));
        for cycle in &self.cycles {
            let phase = match cycle {
                Cycle::Year => Phase::Year,
                Cycle::Week => Phase::Week,
                Cycle::Day => Phase::Day,
            };
            inputs.extend([false, true].map(|cosine| Input::Cycle {
                column,
                fill,
                phase,
                cosine,
            }));
        }
        inputs.extend(self.missing.then_some(Input::Missing { column }));
    }

    pub fn validate(&self) -> Result<(), String> {
        if !self.fill.is_finite() {
            return Err("the date for missing cells is not finite".to_string());
        }
        if self.names("").is_empty() {
            return Err("it gives no input".to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_begin_where_the_calendar_does() {
        // 1970-01-05 was a Monday.
        assert_eq!(Cycle::Week.phase(4.0 * DAY + 3600.0), 0.0);
        assert_eq!(Cycle::Week.phase(-1.0), 2.0 / 7.0);
        assert_eq!(Cycle::Day.phase(6.0 * 3600.0), 0.25);
        assert_eq!(Cycle::Year.phase(0.0), 0.0);
        // 2020-07-01 is 182 of 366 days into its year.
        let phase = Cycle::Year.phase(1_593_561_600.0);
        assert!((phase - 182.0 / 366.0).abs() < 1.5 / 365.0, "{phase}");
    }
}
