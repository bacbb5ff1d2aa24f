use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::operations::{Operation, Picture};
use super::stream::below;

/// The highest magnitude.
const MOST: u32 = 30;

/// RandAugment of Cubuk et al. 2020, "RandAugment: practical automated data augmentation with a
/// reduced search space": `count` operations one after another, each drawn evenly from 14, all of
/// one magnitude.
///
/// With `s = magnitude / 30`, and `±` a random sign:
///
/// | operation | what it does | at magnitude 30 |
/// |---|---|---|
/// | identity | nothing | |
/// | auto-contrast | spreads each channel over 0 to 255 | no magnitude |
/// | equalise | makes all values of a channel about as frequent | no magnitude |
/// | rotate | by `± 30 s` degrees | 30 degrees |
/// | solarise | inverts pixels from `256 (1 - s)` on | all |
/// | posterise | keeps `8 - round(4 s)` bits | 4 bits |
/// | colour | factor `1 ± 0.9 s` away from grey | 0.1 or 1.9 |
/// | contrast | factor `1 ± 0.9 s` away from the mean lightness | 0.1 or 1.9 |
/// | brightness | factor `1 ± 0.9 s` away from black | 0.1 or 1.9 |
/// | sharpness | factor `1 ± 0.9 s` away from the smoothed image | 0.1 or 1.9 |
/// | shear x, shear y | moves rows (columns) by `± 0.3 s` of their distance from the middle | 0.3 |
/// | translate x, y | by `± s 150 / 331` of the width (height), to whole pixels | 45 % |
///
/// The ranges are those of the authors' program at its highest level. Pixels from outside the
/// image have the mean colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandAugment {
    /// Operations an image, 1 to 14; usual is 2.
    pub count: usize,
    /// How strong they are, 0 to 30; usual is 5 to 14.
    pub magnitude: u32,
}

impl RandAugment {
    /// What is wrong with it.
    pub(super) fn problems(self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=Operation::ALL.len()).contains(&self.count) {
            let count = self.count;
            problems.push(format!(
                "RandAugment has {count} operations, allowed is 1 to 14"
            ));
        }
        if self.magnitude > MOST {
            let magnitude = self.magnitude;
            problems.push(format!(
                "RandAugment's magnitude is {magnitude}, allowed is 0 to 30"
            ));
        }
        problems
    }

    /// Changes a picture.
    pub(super) fn apply(self, picture: &mut Picture<'_>, random: &mut ChaCha8Rng) {
        let strength = self.magnitude as f32 / MOST as f32;
        for _ in 0..self.count {
            let drawn = below(Operation::ALL.len() as u32, random);
            // Drawn for every operation, so that later draws do not depend on which it was.
            let sign = if below(2, random) == 1 { 1.0 } else { -1.0 };
            Operation::ALL[drawn as usize].apply(picture, sign * strength);
        }
    }
}
