use std::fmt;
use std::str::FromStr;

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal, StudentT};
use serde::{Deserialize, Serialize};

use crate::matrix::Matrix;

/// The law of the inputs. Each input has mean 0 and variance 1 under every law, so zero always
/// lies inside the data and the structure of a case is what its formula says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// x_j ~ N(0, 1), independent.
    #[default]
    Normal,
    /// x_j ~ U(-sqrt 3, sqrt 3), independent.
    Uniform,
    /// Gaussian with correlation 0.5^|i-j|: x_1 = z_1, x_j = x_(j-1)/2 + sqrt(3/4) z_j, where
    /// z ~ N(0, 1).
    Correlated,
    /// x_j = (exp(z_j/2) - m) / d, z_j ~ N(0, 1) independent, m = exp(1/8) the mean and
    /// d = m sqrt(exp(1/4) - 1) the deviation of exp(z/2): skewness 1.75.
    LogNormal,
    /// x_j = t_j / sqrt(5/3), t_j ~ Student's t with 5 degrees of freedom, independent: moments
    /// from the fifth on are infinite.
    T5,
}

impl Law {
    /// All laws, in the order of the documentation.
    pub const ALL: [Law; 5] = [
        Law::Normal,
        Law::Uniform,
        Law::Correlated,
        Law::LogNormal,
        Law::T5,
    ];

    /// The name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Law::Normal => "normal",
            Law::Uniform => "uniform",
            Law::Correlated => "correlated",
            Law::LogNormal => "log-normal",
            Law::T5 => "t5",
        }
    }

    /// Draws `rows x dim` inputs, row after row.
    pub(super) fn draw(self, rows: usize, dim: usize, random: &mut impl Rng) -> Matrix<f64> {
        let mut inputs = Matrix::zeros(rows, dim);
        let mut fill = |draw: &mut dyn FnMut(f64) -> f64| {
            for cell in inputs.data_mut() {
                *cell = draw(random.sample(StandardNormal));
            }
        };
        match self {
            Law::Normal => fill(&mut |z| z),
            Law::LogNormal => {
                let mean = libm::exp(0.125);
                let deviation = mean * (libm::exp(0.25) - 1.0).sqrt();
                fill(&mut |z| (libm::exp(0.5 * z) - mean) / deviation);
            }
            Law::Correlated => {
                fill(&mut |z| z);
                let fresh = 0.75f64.sqrt();
                for row in 0..rows {
                    let row = inputs.row_mut(row);
                    for column in 1..row.len() {
                        row[column] = 0.5 * row[column - 1] + fresh * row[column];
                    }
                }
            }
            Law::Uniform => {
                let half_width = 3f64.sqrt();
                for cell in inputs.data_mut() {
                    *cell = random.random_range(-half_width..half_width);
                }
            }
            Law::T5 => {
                let scale = (5.0f64 / 3.0).sqrt();
                // Five is a valid number of degrees of freedom, so this never falls through.
                if let Ok(student) = StudentT::new(5.0f64) {
                    for cell in inputs.data_mut() {
                        *cell = student.sample(random) / scale;
                    }
                }
            }
        }
        inputs
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Law {
    type Err = String;

    fn from_str(text: &str) -> Result<Law, String> {
        let found = Law::ALL.into_iter().find(|law| law.name() == text);
        found.ok_or_else(|| {
            format!(
                "\"{text}\" is not a law of the inputs: normal, uniform, correlated, log-normal or t5"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn moments(law: Law) -> (f64, f64, f64) {
        let x = law.draw(100_000, 2, &mut ChaCha8Rng::seed_from_u64(3));
        let n = 100_000.0;
        let mean = x.column(0).iter().sum::<f64>() / n;
        let variance = x.column(0).iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let product = (0..x.rows())
            .map(|r| x.row(r)[0] * x.row(r)[1])
            .sum::<f64>()
            / n;
        (mean, variance, product)
    }

    #[test]
    fn every_law_has_mean_zero_and_variance_one() {
        for law in Law::ALL {
            let (mean, variance, product) = moments(law);
            assert!(mean.abs() < 0.02, "{law}: mean {mean}");
            assert!((variance - 1.0).abs() < 0.05, "{law}: variance {variance}");
            let expected = if law == Law::Correlated { 0.5 } else { 0.0 };
            assert!((product - expected).abs() < 0.02, "{law}: {product}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for law in Law::ALL {
            assert_eq!(law.to_string().parse::<Law>(), Ok(law));
            assert_eq!(serde_json::to_string(&law).unwrap(), format!("\"{law}\""));
        }
        assert!("gauss".parse::<Law>().unwrap_err().contains("\"gauss\""));
    }
}
