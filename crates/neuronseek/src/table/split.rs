//! Which rows train and which are held out.
//!
//! [`by_hash`] is the tabular protocol's split, a function of the row number alone, so that every
//! program that follows the protocol holds out the same rows. [`draw`] holds out any share, drawn
//! by a seed, and keeps the shares of the classes.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Rows in two parts, each ascending; rows are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// The rows that are kept.
    pub train: Vec<usize>,
    /// The rows that are held out.
    pub test: Vec<usize>,
}

/// The tabular protocol's split number `split` of `rows` rows: row i is a test row where
/// `(splitmix64(i + 1000003 split) >> 33) mod 10 < 2`, about 20 % of the rows.
///
/// ```
/// let split = neuronseek::table::split::by_hash(1503, 0);
/// assert_eq!(split.test.len(), 310);
/// ```
pub fn by_hash(rows: usize, split: u64) -> Split {
    let offset = split.wrapping_mul(1_000_003);
    let (test, train) = (0..rows).partition(|&row| {
        let hash = splitmix64((row as u64).wrapping_add(offset));
        (hash >> 33) % 10 < 2
    });
    Split { train, test }
}

/// The finaliser of the SplitMix64 generator, as the protocol writes it down.
pub(crate) fn splitmix64(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What held-out rows are for: each purpose draws from a random stream of its own, so that
/// validation rows are drawn independently of test rows with one seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Rows for the test metrics.
    Test,
    /// Rows for early stopping and for choosing.
    Validation,
}

/// Why rows cannot be held out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SplitError {
    /// The share is no share.
    #[error(
        "a share of {fraction} of the rows cannot be held out: give a number above 0 and below 1"
    )]
    Fraction {
        /// The share asked for.
        fraction: f64,
    },
    /// The rows told for validation leave none for it, or none for training.
    #[error(
        "the last {last} row{} for validation leave no row with a known target for it or for training: {rows} {} known", if *.last == 1 { "" } else { "s" }, if *.rows == 1 { "is" } else { "are" }
    )]
    OneSided {
        /// Rows whose target is known.
        rows: usize,
        /// Rows of the end that were told.
        last: usize,
    },
    /// There are too few rows.
    #[error("{rows} row{} cannot be split into two parts: at least 2 are needed", if *.rows == 1 { "" } else { "s" })]
    Few {
        /// The rows there are.
        rows: usize,
    },
}

/// Holds out round(`fraction` n) of the n given rows, at least one and at most n - 1, drawn by
/// `seed`.
///
/// With `classes` (the class of each of `rows`, in the same order) every class is held out in
/// proportion, by largest remainders, and keeps at least one row in training.
///
/// # Errors
/// When `fraction` is not between 0 and 1, or there are fewer than two rows.
///
/// # Panics
/// When `classes` and `rows` differ in length.
pub fn draw(
    rows: &[usize],
    classes: Option<&[usize]>,
    fraction: f64,
    purpose: Purpose,
    seed: u64,
) -> Result<Split, SplitError> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(SplitError::Fraction { fraction });
    }
    if rows.len() < 2 {
        return Err(SplitError::Few { rows: rows.len() });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(purpose as u64);
    let groups = grouped(rows, classes);
    let wanted = (fraction * rows.len() as f64).round() as usize;
    let wanted = wanted.clamp(1, rows.len() - 1);
    let counts = apportion(&groups, fraction, wanted);
    let mut split = Split::default();
    for (mut group, count) in groups.into_iter().zip(counts) {
        group.shuffle(&mut random);
        split.test.extend_from_slice(&group[..count]);
        split.train.extend_from_slice(&group[count..]);
    }
    split.train.sort_unstable();
    split.test.sort_unstable();
    Ok(split)
}

/// The rows of each class; all rows as one class when there are none.
fn grouped(rows: &[usize], classes: Option<&[usize]>) -> Vec<Vec<usize>> {
    let Some(classes) = classes else {
        return vec![rows.to_vec()];
    };
    assert_eq!(classes.len(), rows.len(), "a class for every row");
    let count = classes.iter().max().map_or(0, |most| most + 1);
    let mut groups = vec![Vec::new(); count];
    for (&row, &class) in rows.iter().zip(classes) {
        groups[class].push(row);
    }
    groups
}

/// How many rows each group gives so that they sum to `wanted`, as far as every group keeps one.
fn apportion(groups: &[Vec<usize>], fraction: f64, wanted: usize) -> Vec<usize> {
    let quota = |group: usize| fraction * groups[group].len() as f64;
    let most = |group: usize| groups[group].len().saturating_sub(1);
    let mut counts: Vec<usize> = (0..groups.len())
        .map(|group| (quota(group).floor() as usize).min(most(group)))
        .collect();
    let mut by_remainder: Vec<usize> = (0..groups.len()).collect();
    let lack = |counts: &[usize], group: usize| quota(group) - counts[group] as f64;
    while counts.iter().sum::<usize>() < wanted {
        by_remainder.retain(|&group| counts[group] < most(group));
        // The largest remainder; of equal ones the first class.
        let mut next = None;
        for &group in &by_remainder {
            if next.is_none_or(|best| lack(&counts, group) > lack(&counts, best)) {
                next = Some(group);
            }
        }
        match next {
            Some(group) => counts[group] += 1,
            // Every class is down to one row.
            None => break,
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_protocol_s_published_counts() {
        for (rows, counts) in [
            (1503, [310, 298, 313]),
            (846, [165, 159, 168]),
            (20640, [4222, 4210, 4166]),
        ] {
            for (split, count) in counts.into_iter().enumerate() {
                let found = by_hash(rows, split as u64);
                assert_eq!(found.test.len(), count, "{rows} rows, split {split}");
                assert_eq!(found.train.len(), rows - count);
            }
        }
    }

    #[test]
    fn the_protocol_s_first_test_rows() {
        // Computed apart, in Python's integers.
        assert_eq!(by_hash(30, 0).test, [6, 7, 22, 23, 27, 28]);
        assert_eq!(by_hash(30, 2).test, [11, 13, 14, 15]);
    }

    #[test]
    fn purposes_and_seeds_draw_apart() {
        let rows: Vec<usize> = (0..100).collect();
        let test = draw(&rows, None, 0.2, Purpose::Test, 0).unwrap();
        assert_eq!(test, draw(&rows, None, 0.2, Purpose::Test, 0).unwrap());
        assert_ne!(
            test,
            draw(&rows, None, 0.2, Purpose::Validation, 0).unwrap()
        );
        assert_ne!(test, draw(&rows, None, 0.2, Purpose::Test, 1).unwrap());
    }

    #[test]
    fn classes_keep_their_shares() {
        // 90 rows of class 0, 9 of class 1, 1 of class 2.
        let classes: Vec<usize> = (0..100)
            .map(|row| usize::from(row >= 90) + usize::from(row == 99))
            .collect();
        let rows: Vec<usize> = (0..100).collect();
        let split = draw(&rows, Some(&classes), 0.2, Purpose::Test, 5).unwrap();
        let count = |class| {
            split
                .test
                .iter()
                .filter(|&&row| classes[row] == class)
                .count()
        };
        assert_eq!([count(0), count(1), count(2)], [18, 2, 0]);
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        for fraction in [0.0, 1.0, -0.1, f64::NAN, 2.0] {
            let error = draw(&[0, 1], None, fraction, Purpose::Test, 0).unwrap_err();
            assert!(matches!(error, SplitError::Fraction { .. }));
        }
        let error = draw(&[4], None, 0.5, Purpose::Test, 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1 row cannot be split into two parts: at least 2 are needed"
        );
    }

    proptest! {
        #[test]
        fn a_split_is_a_partition(
            classes in proptest::collection::vec(0usize..5, 2..60), fraction in 0.001f64..0.999,
            seed in any::<u64>(), by_class in any::<bool>(),
        ) {
            let rows: Vec<usize> = (0..classes.len()).map(|row| 3 * row).collect();
            let given = by_class.then_some(classes.as_slice());
            let split = draw(&rows, given, fraction, Purpose::Validation, seed).unwrap();
            let mut all = [split.train.clone(), split.test.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, rows.clone());
            prop_assert!(!split.train.is_empty());
            if by_class {
                for class in &classes {
                    let trains = split.train.iter().any(|row| classes[row / 3] == *class);
                    prop_assert!(trains, "class {class} has no training row");
                }
            } else {
                let wanted = (fraction * rows.len() as f64).round() as usize;
                prop_assert_eq!(split.test.len(), wanted.clamp(1, rows.len() - 1));
            }
        }

        #[test]
        fn a_hash_split_is_a_partition(rows in 0usize..500, split in any::<u64>()) {
            let found = by_hash(rows, split);
            let mut all = [found.train, found.test].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows).collect::<Vec<usize>>());
        }
    }
}
