"""A grid search over estimators of NeuronSeek, on the cores of one machine or on a cluster.

    python examples/sweeps/grid_search.py                                # processes: loky
    python examples/sweeps/grid_search.py --backend dask --workers 4     # a Dask cluster here
    python examples/sweeps/grid_search.py --backend ray --workers 4      # a Ray cluster here
    python examples/sweeps/grid_search.py --backend dask --address tcp://HOST:8786

It needs the package neuronseek and pandas, and dask with distributed or ray for these backends. On
a cluster that runs already, every machine needs neuronseek, of the same version. The scores are the
same on each backend and at each number of workers: `random_state` decides alone.

Estimators keep `n_jobs=None`. One fit then takes one thread, and the backend fills the cores.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import backends
import pandas as pd
from sklearn.model_selection import GridSearchCV, KFold

from neuronseek import NeuronSeekRegressor, PolynomialNeuronRegressor

TABLE = Path(__file__).parents[1] / "data" / "airfoil_self_noise.csv"


def searches(folds: KFold) -> dict[str, GridSearchCV]:
    """What is tried: limits of a polynomial, then neurons and bins of a small network."""
    polynomial = PolynomialNeuronRegressor(random_state=0)
    network = NeuronSeekRegressor(profile="small", max_iter=20, random_state=0)
    score = "neg_root_mean_squared_error"
    return {
        "polynomial": GridSearchCV(
            polynomial, {"max_order": [1, 2, 3, 5], "max_rank": [1, 4]}, cv=folds, scoring=score
        ),
        "network": GridSearchCV(
            network, {"neuron": ["x", "x + cp(2, r=2)"]}, cv=folds, scoring=score
        ),
    }


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    backends.add_flags(parser)
    parser.add_argument("--rows", type=int, default=1503, help="of the table's 1503")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores there, too")
    return parser.parse_args()


def main() -> None:
    """Run both searches and print what came out."""
    options = arguments()
    # A line for each of some dozen fits; the workers have filters of their own.
    warnings.simplefilter("ignore")
    table = pd.read_csv(TABLE).sample(options.rows, random_state=0)
    X, y = table.drop(columns="sound_pressure"), table["sound_pressure"]
    scores = {}
    with backends.chosen(options):
        for name, search in searches(KFold(options.folds, shuffle=True, random_state=0)).items():
            start = time.monotonic()
            search.fit(X, y)
            print(f"{name}: {time.monotonic() - start:.1f} s, best {search.best_params_}")
            for tried, own in zip(
                search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
            ):
                print(f"  RMSE {-own:.4f}  {tried}")
            scores[name] = search.cv_results_["mean_test_score"].tolist()
    if options.json:
        options.json.write_text(json.dumps(scores))


if __name__ == "__main__":
    main()
