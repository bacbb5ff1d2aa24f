"""Recomputes the metrics of a model from a table and the predictions for it.

Written from the definitions alone, with the standard library, so that it shares nothing with the
program that it checks. Prints one JSON object.

    python recompute_metrics.py TABLE.csv TARGET PREDICTIONS.csv regression|classification
"""

import csv
import json
import math
import sys


def read(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def regression(truth, predicted):
    n = len(truth)
    errors = [p - t for t, p in zip(truth, predicted)]
    mse = math.fsum(e * e for e in errors) / n
    mean = math.fsum(truth) / n
    variance = math.fsum((t - mean) ** 2 for t in truth) / n
    return {
        "mse": mse,
        "rmse": math.sqrt(mse),
        "mae": math.fsum(abs(e) for e in errors) / n,
        "r2": 1 - mse / variance,
        "nmse": mse / variance,
    }


def area_under_curve(positive, scores):
    """The share of (positive, negative) pairs that the scores order rightly; ties count half."""
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    ranks = [0.0] * len(scores)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and scores[order[end + 1]] == scores[order[start]]:
            end += 1
        for position in range(start, end + 1):
            ranks[order[position]] = (start + end) / 2 + 1
        start = end + 1
    p = sum(positive)
    n = len(positive) - p
    if p == 0 or n == 0:
        return None
    rank_sum = math.fsum(rank for rank, is_positive in zip(ranks, positive) if is_positive)
    return (rank_sum - p * (p + 1) / 2) / (p * n)


def classification(truth, rows):
    classes = [name[2:] for name in rows[0] if name.startswith("p_")]
    labels = [row["prediction"] for row in rows]
    probability = {c: [float(row["p_" + c]) for row in rows] for c in classes}
    clip = lambda p: min(max(p, 1e-15), 1 - 1e-15)
    losses = [-math.log(clip(probability[t][i])) for i, t in enumerate(truth)]
    f1 = []
    for c in classes:
        hits = sum(t == c and p == c for t, p in zip(truth, labels))
        said = sum(p == c for p in labels)
        real = sum(t == c for t in truth)
        if said + real:
            f1.append(2 * hits / (said + real))
    if len(classes) == 2:
        areas = [area_under_curve([t == classes[1] for t in truth], probability[classes[1]])]
    else:
        areas = [area_under_curve([t == c for t in truth], probability[c]) for c in classes]
    areas = [area for area in areas if area is not None]
    bins = {}
    for i, t in enumerate(truth):
        top = max(classes, key=lambda c: probability[c][i])
        p = probability[top][i]
        bins.setdefault(min(int(p * 15), 14), []).append((p, t == top))
    gaps = [abs(math.fsum(p for p, _ in b) - sum(hit for _, hit in b)) for b in bins.values()]
    return {
        "ece": math.fsum(gaps) / len(truth),
        "accuracy": sum(t == p for t, p in zip(truth, labels)) / len(truth),
        "log_loss": math.fsum(losses) / len(losses),
        "auc": math.fsum(areas) / len(areas) if areas else None,
        "f1_macro": math.fsum(f1) / len(f1),
    }


def main():
    table, target, predictions, task = sys.argv[1:]
    truth = [row[target] for row in read(table)]
    rows = read(predictions)
    if len(truth) != len(rows):
        sys.exit(f"{len(truth)} rows but {len(rows)} predictions")
    known = [i for i, t in enumerate(truth) if t not in ("", "NA", "N/A", "null", "NULL")]
    truth = [truth[i] for i in known]
    rows = [rows[i] for i in known]
    if task == "regression":
        metrics = regression([float(t) for t in truth], [float(r["prediction"]) for r in rows])
    else:
        metrics = classification(truth, rows)
    print(json.dumps(metrics))


main()
