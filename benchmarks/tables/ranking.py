"""Mean ranks of methods and the test of their differences. Standard library alone.

Where results are missing there are two ways, both given: ranks over the (table, split) pairs that
all compared methods have; and ranks over all pairs that any method has, the missing ones sharing the
last places. Ranks of a table are averaged over its splits before tables are averaged, so that every
table counts once.
"""

import math
from dataclasses import dataclass

# Quantiles of the studentised range for infinite degrees of freedom at 0.05, divided by sqrt(2), for
# 2, 3, ... methods (Demsar 2006, table 5a, goes to 10).
NEMENYI = (1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164, 3.219, 3.268)
NEMENYI += (3.313, 3.354, 3.391, 3.426, 3.458, 3.489, 3.517, 3.544)


def ranks(values):
    """Ranks from 1 for the smallest, ties averaged; None ranks behind all, such ones tied."""
    order = sorted(range(len(values)), key=lambda k: sort_key(values[k]))
    out, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end < len(order) and sort_key(values[order[end]]) == sort_key(values[order[start]]):
            end += 1
        for k in order[start:end]:
            out[k] = (start + 1 + end) / 2
        start = end
    return out


def sort_key(value):
    return (value is None, 0.0 if value is None else value)


def median(values):
    """The middle value, or the mean of the two middle ones."""
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def geometric_mean(values):
    """Values below 0.01 count as that: as processor seconds they say nothing."""
    return math.exp(math.fsum(math.log(max(value, 0.01)) for value in values) / len(values))


@dataclass
class Ranking:
    """Mean ranks over tables, by method, with what they are of."""

    methods: list
    mean: dict
    tables: list
    pairs: int


def complete_pairs(losses, methods):
    """The (table, split) pairs where every method has a loss. `losses`: {(table, split): {method}}."""
    return sorted(
        pair for pair, by in losses.items() if all(by.get(method) is not None for method in methods)
    )


def rank(losses, methods, pairs):
    """Mean ranks over these pairs: within each pair, then over a table's splits, then over tables."""
    by_table = {}
    for pair in pairs:
        values = [losses[pair].get(method) for method in methods]
        by_table.setdefault(pair[0], []).append(ranks(values))
    return mean_over_tables(methods, by_table, len(pairs))


def rank_medians(losses, methods, pairs):
    """Mean ranks of each table's median loss over these pairs' splits: one odd split counts less."""
    by_table = {}
    for table in sorted({table for table, _ in pairs}):
        own = [losses[pair] for pair in pairs if pair[0] == table]
        values = [median([by[method] for by in own]) for method in methods]
        by_table[table] = [ranks(values)]
    return mean_over_tables(methods, by_table, len(pairs))


def mean_over_tables(methods, by_table, pairs):
    """`by_table`: {table: a list of ranks a split}."""
    means = {}
    for k, method in enumerate(methods):
        tables = [sum(row[k] for row in rows) / len(rows) for rows in by_table.values()]
        means[method] = sum(tables) / len(tables) if tables else math.nan
    return Ranking(list(methods), means, sorted(by_table), pairs)


def critical_difference(methods, tables):
    """Nemenyi at 0.05: mean ranks over `tables` tables that differ by more differ beyond chance.

    q sqrt(k (k + 1) / (6 n)) for k methods and n tables; None for fewer than 2 or over 20 methods.
    """
    if not 2 <= methods <= len(NEMENYI) + 1 or tables < 1:
        return None
    return NEMENYI[methods - 2] * math.sqrt(methods * (methods + 1) / (6 * tables))


def groups(means, difference):
    """The largest sets of methods whose mean ranks lie within the difference, best first."""
    order = sorted(means, key=means.get)
    found, last = [], 0
    for start in range(len(order)):
        end = start
        while end < len(order) and means[order[end]] - means[order[start]] <= difference:
            end += 1
        if end > last and end - start > 1:
            found.append(order[start:end])
        last = max(last, end)
    return found


def friedman(ranking):
    """Friedman's statistic and the chance of one as large where all methods are alike."""
    k, n = len(ranking.methods), len(ranking.tables)
    spread = sum((mean - (k + 1) / 2) ** 2 for mean in ranking.mean.values())
    statistic = 12 * n / (k * (k + 1)) * spread
    return statistic, chi_square_tail(statistic, k - 1)


def chi_square_tail(x, degrees):
    """The chance that a chi-square variable with an integer number of degrees exceeds x."""
    half = x / 2
    a = 1.0 if degrees % 2 == 0 else 0.5
    tail = math.exp(-half) if a == 1.0 else math.erfc(math.sqrt(half))
    while a < degrees / 2:
        tail += half**a * math.exp(-half) / math.gamma(a + 1)
        a += 1
    return tail
