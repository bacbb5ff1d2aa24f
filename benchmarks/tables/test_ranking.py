import math
import unittest

import ranking

LOSSES = {
    ("a", 0): {"one": 0.1, "two": 0.2, "three": 0.3},
    ("a", 1): {"one": 0.3, "two": 0.2, "three": 0.1},
    ("b", 0): {"one": 0.5, "two": 0.6, "three": None},
    ("b", 1): {"one": 0.5, "two": 0.6, "three": 0.7},
}
METHODS = ["one", "two", "three"]


class Ranks(unittest.TestCase):
    def test_ties_are_averaged(self):
        self.assertEqual(ranking.ranks([0.3, 0.1, 0.3, 0.2]), [3.5, 1.0, 3.5, 2.0])
        self.assertEqual(ranking.ranks([1.0, 1.0, 1.0]), [2.0, 2.0, 2.0])

    def test_missing_ones_share_the_last_places(self):
        self.assertEqual(ranking.ranks([None, 0.1, None, 9.9]), [3.5, 1.0, 3.5, 2.0])

    def test_complete_pairs_only(self):
        pairs = ranking.complete_pairs(LOSSES, METHODS)
        self.assertEqual(pairs, [("a", 0), ("a", 1), ("b", 1)])
        ranks = ranking.rank(LOSSES, METHODS, pairs)
        # Each table counts once, whatever its splits: a gives 2, 2, 2 and b gives 1, 2, 3.
        self.assertEqual(ranks.mean, {"one": 1.5, "two": 2.0, "three": 2.5})
        self.assertEqual((ranks.tables, ranks.pairs), (["a", "b"], 3))

    def test_medians_rank_each_table_once(self):
        losses = {("a", s): {"one": v, "two": 0.5} for s, v in enumerate((0.1, 0.2, 9.0))}
        pairs = ranking.complete_pairs(losses, ["one", "two"])
        self.assertEqual(ranking.rank_medians(losses, ["one", "two"], pairs).mean["one"], 1.0)
        self.assertAlmostEqual(ranking.rank(losses, ["one", "two"], pairs).mean["one"], 4 / 3)

    def test_no_pair_gives_no_rank(self):
        self.assertTrue(math.isnan(ranking.rank({}, METHODS, []).mean["one"]))


class Differences(unittest.TestCase):
    def test_critical_difference_of_demsar_s_example(self):
        # Four methods on 14 data sets (Demsar 2006, section 3.2.2): 2.569 sqrt(4 * 5 / (6 * 14)).
        self.assertAlmostEqual(ranking.critical_difference(4, 14), 1.25, places=2)
        self.assertIsNone(ranking.critical_difference(1, 14))
        self.assertIsNone(ranking.critical_difference(21, 14))

    def test_friedman_of_demsar_s_example(self):
        means = {"c": 3.143, "m": 2.0, "cf": 2.893, "mcf": 1.964}
        tables = [str(k) for k in range(14)]
        statistic, chance = ranking.friedman(ranking.Ranking(list(means), means, tables, 14))
        self.assertAlmostEqual(statistic, 9.28, places=1)
        self.assertTrue(0.02 < chance < 0.03)

    def test_chi_square_tail_of_published_quantiles(self):
        for degrees, quantile in ((1, 3.841), (2, 5.991), (3, 7.815), (6, 12.592), (7, 14.067)):
            self.assertAlmostEqual(ranking.chi_square_tail(quantile, degrees), 0.05, places=4)

    def test_groups_are_the_largest(self):
        means = {"a": 1.0, "b": 1.8, "c": 2.5, "d": 4.0}
        self.assertEqual(ranking.groups(means, 1.0), [["a", "b"], ["b", "c"]])
        self.assertEqual(ranking.groups(means, 1.6), [["a", "b", "c"], ["c", "d"]])
        self.assertEqual(ranking.groups(means, 0.1), [])


if __name__ == "__main__":
    unittest.main()
