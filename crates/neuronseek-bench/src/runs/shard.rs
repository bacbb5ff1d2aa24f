use std::fmt;
use std::str::FromStr;

use super::RunsError;

/// One part of an experiment that several machines share: the runs `index`, `index + count`,
/// `index + 2 count` and so on. Written `0/2` and `1/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, 0 to `count` - 1.
    pub index: usize,
    /// How many parts there are, at least 1.
    pub count: usize,
}

impl Default for Shard {
    fn default() -> Shard {
        Shard { index: 0, count: 1 }
    }
}

impl Shard {
    pub(super) fn check(self) -> Result<(), RunsError> {
        if self.index < self.count {
            Ok(())
        } else {
            Err(RunsError::Shard(self.to_string()))
        }
    }

    /// Whether the run at `position` of the plan is of this part.
    pub(super) fn takes(self, position: usize) -> bool {
        position % self.count == self.index
    }

    /// What names the files of this part: nothing where it is the whole.
    pub(super) fn suffix(self) -> String {
        match self.count {
            1 => String::new(),
            count => format!(".{}-of-{count}", self.index),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = RunsError;

    fn from_str(text: &str) -> Result<Shard, RunsError> {
        let parts = text.split_once('/').and_then(|(index, count)| {
            Some(Shard {
                index: index.trim().parse().ok()?,
                count: count.trim().parse().ok()?,
            })
        });
        let shard = parts.ok_or_else(|| RunsError::Shard(text.to_string()))?;
        shard.check()?;
        Ok(shard)
    }
}
