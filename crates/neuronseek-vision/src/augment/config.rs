use serde::{Deserialize, Serialize};

use super::RandAugment;

/// How training images are changed at random. [`Default`] changes nothing.
///
/// | field | default | range | usual for 32 x 32 |
/// |---|---|---|---|
/// | `crop_padding` | 0: no crop | 0 to the shorter side | 4 |
/// | `flip` | no | | yes for photographs, no for digits |
/// | `cutout` | 0: none | 0 to twice the longer side | 16 (CIFAR-10), 8 (CIFAR-100) |
/// | `rand_augment` | none | see [`RandAugment`] | 2 operations of magnitude 9 |
/// | `mixup` | 0: none | 0, or 0.01 to 100 | 0.2 to 1 |
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// The width of the border, in pixels of the mean colour, before a window of the image's
    /// size is cut out: offsets are even over 0 to twice the border, in both directions.
    pub crop_padding: usize,
    /// Left and right exchanged with probability 1/2.
    pub flip: bool,
    /// The side of a square of the mean colour around a random pixel; it may reach beyond the
    /// image, as in DeVries and Taylor 2017, "Improved regularization of convolutional neural
    /// networks with cutout".
    pub cutout: usize,
    /// Random operations on colours and places.
    pub rand_augment: Option<RandAugment>,
    /// Mixup of Zhang et al. 2018, "mixup: beyond empirical risk minimization": an image becomes
    /// `s image + (1 - s) partner` with `s` from the beta distribution of parameters (alpha,
    /// alpha), drawn anew for each image; this is alpha.
    pub mixup: f32,
}

impl Augment {
    /// What is wrong with it for images of `height x width`.
    pub(super) fn problems(&self, height: usize, width: usize) -> Vec<String> {
        let mut problems = Vec::new();
        let mut bound = |name: &str, value: usize, most: usize| {
            if value > most {
                problems.push(format!(
                    "{name} is {value}, allowed is 0 to {most} for images of {height} x {width}"
                ));
            }
        };
        bound("the crop's padding", self.crop_padding, height.min(width));
        bound("the side of cutout", self.cutout, 2 * height.max(width));
        problems.extend(
            self.rand_augment
                .map(RandAugment::problems)
                .unwrap_or_default(),
        );
        if self.mixup != 0.0 && !(0.01..=100.0).contains(&self.mixup) {
            let value = self.mixup;
            problems.push(format!(
                "mixup is {value}, allowed is 0 (none) or 0.01 to 100"
            ));
        }
        problems
    }
}
