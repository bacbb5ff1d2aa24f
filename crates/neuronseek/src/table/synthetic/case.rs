use std::fmt;
use std::str::FromStr;

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use crate::neuron::{Neuron, Term};

/// Which streams a synthetic case uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Sums of element-wise powers.
    Pure,
    /// Products of projections.
    Interaction,
    /// One of each.
    Hybrid,
}

impl Mode {
    /// All modes.
    pub const ALL: [Mode; 3] = [Mode::Pure, Mode::Interaction, Mode::Hybrid];

    /// The name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Pure => "pure",
            Mode::Interaction => "interaction",
            Mode::Hybrid => "hybrid",
        }
    }

    /// The fewest inputs at which the structure is unique: with one input a product of projections
    /// is a power, and with two a power plus a product may be one product.
    pub fn least_dim(self) -> usize {
        match self {
            Mode::Pure => 1,
            Mode::Interaction => 2,
            Mode::Hybrid => 3,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Mode, String> {
        let found = Mode::ALL.into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| format!("\"{text}\" is not a mode: pure, interaction or hybrid"))
    }
}

/// One of the fifteen synthetic cases.
///
/// With P_k = sum_i x_i^k, I_k = prod_(j<=k) <w_j, x>, w_j ~ N(0, 1)/sqrt(D), and c, c' of random
/// sign and of size U(1, 3), where c' of a second interaction has size U(0.5, 3):
///
/// | variant | pure | interaction | hybrid |
/// |---|---|---|---|
/// | 0 | c P_2 | c I_2 | c P_2 + c' I_2 |
/// | 1 | c P_3 | c I_2 + c' I_3 | c P_1 + c' I_2 |
/// | 2 | 10 P_1 + 0.5 P_2 | 8 I_2 + 0.5 I_3 | 5 P_3 + 0.5 I_2 |
/// | 3 | 5 P_2 + 0.5 P_4 | c I_2 + c' I_4 | 0.5 P_2 + 5 I_3 |
/// | 4 | c P_5 | c I_4 | c P_2 + c' I_3 |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The column of the table of cases.
    pub mode: Mode,
    /// The row of the table of cases, 0 to 4.
    pub variant: usize,
}

impl Case {
    /// The number of variants of each mode.
    pub const VARIANTS: usize = 5;

    /// All fifteen cases: pure, interaction, hybrid, variants ascending.
    pub fn all() -> impl Iterator<Item = Case> {
        Mode::ALL
            .into_iter()
            .flat_map(|mode| (0..Case::VARIANTS).map(move |variant| Case { mode, variant }))
    }

    /// A number of its own for each case, 0 to 14.
    pub(super) fn index(self) -> u64 {
        (self.mode as usize * Case::VARIANTS + self.variant) as u64
    }

    /// The summands of the case; nothing for a variant that does not exist.
    fn recipe(self) -> &'static [Summand] {
        use Size::{Fixed, Free, Second};
        use Summand::{Product as I, Pure as P};
        match (self.mode, self.variant) {
            (Mode::Pure, 0) => &[P(2, Free)],
            (Mode::Pure, 1) => &[P(3, Free)],
            (Mode::Pure, 2) => &[P(1, Fixed(10.0)), P(2, Fixed(0.5))],
            (Mode::Pure, 3) => &[P(2, Fixed(5.0)), P(4, Fixed(0.5))],
            (Mode::Pure, 4) => &[P(5, Free)],
            (Mode::Interaction, 0) => &[I(2, Free)],
            (Mode::Interaction, 1) => &[I(2, Free), I(3, Second)],
            (Mode::Interaction, 2) => &[I(2, Fixed(8.0)), I(3, Fixed(0.5))],
            (Mode::Interaction, 3) => &[I(2, Free), I(4, Second)],
            (Mode::Interaction, 4) => &[I(4, Free)],
            (Mode::Hybrid, 0) => &[P(2, Free), I(2, Free)],
            (Mode::Hybrid, 1) => &[P(1, Free), I(2, Free)],
            (Mode::Hybrid, 2) => &[P(3, Fixed(5.0)), I(2, Fixed(0.5))],
            (Mode::Hybrid, 3) => &[P(2, Fixed(0.5)), I(3, Fixed(5.0))],
            (Mode::Hybrid, 4) => &[P(2, Free), I(3, Free)],
            _ => &[],
        }
    }

    /// The structure, ranks included: every product has rank 1.
    pub fn neuron(self) -> Neuron {
        Neuron::new(self.recipe().iter().map(|summand| match *summand {
            Summand::Pure(order, _) => Term::pure(order),
            Summand::Product(order, _) => Term::interaction(order, 1),
        }))
    }

    /// Draws coefficients and projections for `dim` inputs.
    pub(super) fn draw(self, dim: usize, random: &mut impl Rng) -> Vec<TrueTerm> {
        let mut terms = Vec::new();
        for summand in self.recipe() {
            let (order, size) = match *summand {
                Summand::Pure(order, size) | Summand::Product(order, size) => (order, size),
            };
            let coefficient = size.draw(random);
            let factors = match summand {
                Summand::Pure(..) => Vec::new(),
                Summand::Product(..) => (0..order)
                    .map(|_| {
                        (0..dim)
                            .map(|_| random.sample::<f64, _>(StandardNormal) / (dim as f64).sqrt())
                            .collect()
                    })
                    .collect(),
            };
            terms.push(TrueTerm {
                order,
                coefficient,
                factors,
            });
        }
        terms
    }
}

impl std::str::FromStr for Case {
    type Err = String;

    /// Reads "pure 0" to "hybrid 4", with a hyphen in place of the space too.
    fn from_str(text: &str) -> Result<Case, String> {
        let words = text.trim().replace('-', " ");
        let found = Case::all().find(|case| case.to_string() == words);
        found.ok_or_else(|| {
            format!(
                "\"{text}\" is not a case: pure, interaction or hybrid with a variant from 0 to 4, \
                 such as hybrid-1"
            )
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mode, self.variant)
    }
}

/// A summand of a case as its formula gives it.
enum Summand {
    Pure(usize, Size),
    Product(usize, Size),
}

/// The coefficient of a summand.
#[derive(Clone, Copy)]
enum Size {
    /// The number itself.
    Fixed(f64),
    /// U(1, 3) with a random sign.
    Free,
    /// U(0.5, 3) with a random sign.
    Second,
}

impl Size {
    fn draw(self, random: &mut impl Rng) -> f64 {
        let lowest = match self {
            Size::Fixed(value) => return value,
            Size::Free => 1.0,
            Size::Second => 0.5,
        };
        let size: f64 = random.random_range(lowest..3.0);
        if random.random_bool(0.5) { size } else { -size }
    }
}

/// A summand with its numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrueTerm {
    /// The power, or how many projections are multiplied.
    pub order: usize,
    /// What the sum of powers, or the product of projections, is multiplied by.
    pub coefficient: f64,
    /// The projections of a product, `order x inputs`; empty for a pure term.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<Vec<f64>>,
}

impl TrueTerm {
    /// The value at one row of inputs.
    pub fn value(&self, x: &[f64]) -> f64 {
        let inner = if self.factors.is_empty() {
            x.iter().map(|x| x.powi(self.order as i32)).sum::<f64>()
        } else {
            self.factors
                .iter()
                .map(|factor| factor.iter().zip(x).map(|(w, x)| w * x).sum::<f64>())
                .product::<f64>()
        };
        self.coefficient * inner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structures_are_those_of_the_table() {
        let found: Vec<String> = Case::all().map(|case| case.neuron().to_string()).collect();
        let expected = [
            "x^2",
            "x^3",
            "x + x^2",
            "x^2 + x^4",
            "x^5",
            "cp(2, r=1)",
            "cp(2, r=1) + cp(3, r=1)",
            "cp(2, r=1) + cp(3, r=1)",
            "cp(2, r=1) + cp(4, r=1)",
            "cp(4, r=1)",
            "x^2 + cp(2, r=1)",
            "x + cp(2, r=1)",
            "x^3 + cp(2, r=1)",
            "x^2 + cp(3, r=1)",
            "x^2 + cp(3, r=1)",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_term_has_the_value_of_its_formula() {
        let pure = TrueTerm {
            order: 3,
            coefficient: -2.0,
            factors: vec![],
        };
        assert_eq!(pure.value(&[1.0, 2.0]), -18.0);
        let product = TrueTerm {
            order: 2,
            coefficient: 0.5,
            factors: vec![vec![1.0, 1.0], vec![1.0, -1.0]],
        };
        assert_eq!(product.value(&[3.0, 1.0]), 4.0);
    }
}
