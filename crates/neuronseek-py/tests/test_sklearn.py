"""The estimators in scikit-learn: its own checks, its tools, its conventions."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import StackingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from neuronseek import (
    NeuronSearch,
    NeuronSeekClassifier,
    NeuronSeekRegressor,
    PolynomialNeuronClassifier,
    PolynomialNeuronRegressor,
)

NETWORKS = (NeuronSeekRegressor, NeuronSeekClassifier)
POLYNOMIALS = (PolynomialNeuronRegressor, PolynomialNeuronClassifier)
REGRESSORS = (NeuronSeekRegressor, PolynomialNeuronRegressor)
CLASSIFIERS = (NeuronSeekClassifier, PolynomialNeuronClassifier)
EVERY = (*NETWORKS, *POLYNOMIALS, NeuronSearch)

pytestmark = pytest.mark.filterwarnings("ignore::neuronseek.NeuronSeekWarning")


def made(cls, **parameters):
    """An estimator that fits in moments."""
    if cls in NETWORKS:
        parameters.setdefault("profile", "small")
    parameters.setdefault("random_state", 0)
    return cls(**parameters)


def numbers(rows=150, seed=0, noise=0.1):
    """Inputs of which the first two interact, and the target."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1] + noise * rng.normal(size=rows)
    return X, y


def classes(rows=200, seed=0):
    """Inputs and a class that the sign of a product decides, mostly."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    same = X[:, 0] * X[:, 1] + 0.3 * rng.normal(size=rows) > 0
    return X, np.where(same, "same", "other")


def targets_of(cls, rows=150, seed=0):
    return classes(rows, seed) if cls in CLASSIFIERS else numbers(rows, seed)


def answers(model, X):
    """What a fitted estimator says of rows, as numbers."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    return model.predict(X) if hasattr(model, "predict") else model.transform(X)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


# scikit-learn's own checks -----------------------------------------------------------------


@parametrize_with_checks([made(cls) for cls in EVERY])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# Parameters --------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", EVERY)
def test_parameters_are_kept_as_they_are(cls):
    functions = ("sin",)
    model = cls(max_order=3, functions=functions)
    assert model.get_params()["functions"] is functions
    model.set_params(max_order=2, n_jobs=2)
    assert (model.max_order, model.n_jobs) == (2, 2)
    with pytest.raises(ValueError, match="no_such"):
        model.set_params(no_such=1)


@pytest.mark.parametrize("cls", EVERY)
def test_a_clone_is_not_fitted_and_fits_to_the_same(cls):
    X, y = targets_of(cls)
    model = made(cls, max_order=3).fit(X, y)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        answers(copy, X)
    assert answers(copy.fit(X, y), X).tobytes() == answers(model, X).tobytes()


@pytest.mark.parametrize("cls", EVERY)
def test_attributes(cls):
    X, y = targets_of(cls)
    model = made(cls).fit(X, y)
    assert "cp(2" in model.neuron_
    assert model.n_features_in_ == 3
    assert not hasattr(model, "feature_names_in_")
    assert model.feature_importances_.shape == (3,)
    assert model.feature_importances_.sum() == pytest.approx(1)
    assert model.structure_["interaction"][0]["order"] == 2
    assert [term["term"] for term in model.terms_] == model.neuron_.split(" + ")
    assert model.n_iter_ >= 1
    if cls in CLASSIFIERS:
        assert model.classes_.tolist() == ["other", "same"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"max_order": 0}, "order"),
        ({"max_rank": 65}, "rank"),
        ({"method": "guess"}, "method"),
        ({"functions": ("tan",)}, "tan"),
        ({"origin": "middle"}, "middle"),
        ({"target_transform": "cube"}, "target_transform"),
        ({"random_state": -1}, "random_state"),
        ({"profile": "huge"}, "huge"),
        ({"neuron": "x + y"}, "neuron"),
        ({"activation": "step"}, "step"),
        ({"embedding": "some"}, "embedding"),
        ({"validation_fraction": 1.5}, "validation"),
        ({"loss": "absolute"}, "loss"),
        ({"time_limit": -1.0}, "time_limit"),
        ({"categorical_features": ["no"]}, "no"),
        ({"categorical_features": [7]}, "7"),
        ({"categorical_features": [True]}, "mask of 1 columns"),
    ],
)
def test_wrong_parameters_are_named(parameters, words):
    X, y = numbers(60)
    with pytest.raises(ValueError, match=words):
        made(NeuronSeekRegressor, **parameters).fit(X, y)


# Meta-estimators ---------------------------------------------------------------------------


def test_pipeline_and_column_transformer():
    X, y = numbers()
    chosen = ColumnTransformer(
        [("neuron", made(NeuronSearch), [0, 1]), ("rest", StandardScaler(), [2])]
    )
    model = make_pipeline(chosen, LinearRegression()).fit(X, y)
    assert model.score(X, y) > 0.98
    names = model[:-1].get_feature_names_out().tolist()
    assert names[-1] == "rest__x2"
    assert names[0].startswith("neuron__") and "neuron__cp(2)[0]" in names
    # A line alone cannot.
    assert LinearRegression().fit(X, y).score(X, y) < 0.9


@pytest.mark.parametrize("cls", REGRESSORS)
def test_pipeline_ends_in_an_estimator(cls):
    X, y = numbers()
    model = make_pipeline(StandardScaler(), made(cls)).fit(X, y)
    assert model.score(X, y) > 0.95
    inner = made(cls).fit(StandardScaler().fit_transform(X), y)
    assert np.array_equal(model.predict(X), inner.predict(StandardScaler().fit_transform(X)))


def test_grid_search_in_two_processes():
    X, y = numbers()
    grid = {"max_order": [1, 2]}
    search = GridSearchCV(made(PolynomialNeuronRegressor), grid, cv=3, n_jobs=2).fit(X, y)
    assert search.best_params_ == {"max_order": 2}
    best = made(PolynomialNeuronRegressor, max_order=2).fit(X, y)
    assert search.predict(X).tobytes() == best.predict(X).tobytes()
    alone = GridSearchCV(made(PolynomialNeuronRegressor), grid, cv=3).fit(X, y)
    for key in ("split0_test_score", "mean_test_score"):
        assert np.array_equal(search.cv_results_[key], alone.cv_results_[key])


@pytest.mark.parametrize("cls", (*REGRESSORS, *CLASSIFIERS))
def test_cross_validate(cls):
    X, y = targets_of(cls)
    found = cross_validate(made(cls), X, y, cv=3, return_estimator=True)
    assert found["test_score"].min() > 0.7
    assert len({id(model._model) for model in found["estimator"]}) == 3


@pytest.mark.parametrize("cls", CLASSIFIERS)
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(cls, method):
    X, y = classes()
    model = CalibratedClassifierCV(made(cls), method=method, cv=3).fit(X, y)
    probabilities = model.predict_proba(X)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(X)))
    assert model.score(X, y) > 0.8


def test_stacking():
    X, y = numbers()
    members = [
        ("networks", made(NeuronSeekRegressor)),
        ("polynomial", made(PolynomialNeuronRegressor)),
    ]
    model = StackingRegressor(members, LinearRegression(), cv=3).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.transform(X).shape == (len(X), 2)


def test_permutation_importance():
    X, y = numbers()
    X[:, 2] = np.random.default_rng(5).normal(size=len(X))
    model = made(PolynomialNeuronRegressor).fit(X, y)
    found = permutation_importance(model, X, y, n_repeats=3, random_state=0)
    assert found.importances_mean[:2].min() > 10 * abs(found.importances_mean[2])
    assert found.importances_mean.argmin() == model.feature_importances_.argmin() == 2


def test_target_transformer():
    X, y = numbers(noise=0)
    model = TransformedTargetRegressor(
        made(PolynomialNeuronRegressor),
        func=lambda one: 3 * one - 1,
        inverse_func=lambda one: (one + 1) / 3,
    )
    assert model.fit(X, y).predict(X) == pytest.approx(y, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_set_output(library):
    frames = pytest.importorskip(library)
    X, y = numbers()
    search = made(NeuronSearch).fit(X, y)
    plain = search.transform(X)
    frame = search.set_output(transform=library).transform(X)
    assert isinstance(frame, frames.DataFrame)
    assert list(frame.columns) == search.get_feature_names_out().tolist()
    assert np.array_equal(frame.to_numpy(), plain)
    whole = make_pipeline(StandardScaler(), made(NeuronSearch)).set_output(transform=library)
    assert list(whole.fit(X, y).transform(X).columns) == list(frame.columns)


def test_names_of_features():
    X, y = numbers()
    search = made(NeuronSearch).fit(X, y)
    assert search.get_feature_names_out().tolist() == ["x", "cp(2)[0]"]
    assert search.get_feature_names_out(["a", "b", "c"]).tolist() == ["x", "cp(2)[0]"]
    with pytest.raises(ValueError, match="should have length equal"):
        search.get_feature_names_out(["a"])
    pd = pytest.importorskip("pandas")
    search = made(NeuronSearch).fit(pd.DataFrame(X, columns=["a", "b", "c"]), y)
    with pytest.raises(ValueError, match="not equal to feature_names_in_"):
        search.get_feature_names_out(["a", "c", "b"])


def test_features_are_terms_of_the_polynomial():
    X, y = numbers(noise=0)
    features = made(NeuronSearch).fit_transform(X, y)
    assert LinearRegression().fit(features, y).score(features, y) > 1 - 1e-9


# Weights -----------------------------------------------------------------------------------


def weighted(rows):
    """Weights under which a part of the rows hardly counts."""
    return np.where(np.arange(rows) % 3 == 0, 5.0, 0.1)


def tilted(cls):
    """Rows of which a third, those of high weight, obey another rule."""
    X, y = targets_of(cls)
    third = np.arange(len(X)) % 3 == 0
    if cls in CLASSIFIERS:
        return X, np.where(third, np.where(X[:, 2] > 0, "same", "other"), y)
    return X, np.where(third, 3 * X[:, 2], y)


@pytest.mark.parametrize("cls", (*REGRESSORS, *CLASSIFIERS))
def test_weights_are_routed_through_a_pipeline(cls, routing):
    X, y = tilted(cls)
    weights = weighted(len(X))
    asked = make_pipeline(FunctionTransformer(), made(cls).set_fit_request(sample_weight=True))
    routed = answers(asked.fit(X, y, sample_weight=weights), X)
    direct = answers(made(cls).fit(X, y, sample_weight=weights), X)
    without = answers(made(cls).fit(X, y), X)
    assert routed.tobytes() == direct.tobytes()
    assert np.abs(direct - without).max() > 0.01


@pytest.mark.parametrize("cls", (*REGRESSORS, *CLASSIFIERS))
def test_weights_are_routed_through_cross_validate(cls, routing):
    X, y = tilted(cls)
    weights = weighted(len(X))
    asked = made(cls).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
    split = KFold(3)
    found = cross_validate(
        asked, X, y, cv=split, params={"sample_weight": weights}, return_estimator=True
    )
    for model, (rows, _) in zip(found["estimator"], split.split(X), strict=True):
        direct = made(cls).fit(X[rows], y[rows], sample_weight=weights[rows])
        without = made(cls).fit(X[rows], y[rows])
        assert answers(model, X).tobytes() == answers(direct, X).tobytes()
        assert answers(model, X).tobytes() != answers(without, X).tobytes()


def test_weights_that_nobody_asked_for_are_refused(routing):
    X, y = numbers()
    model = make_pipeline(StandardScaler(), made(PolynomialNeuronRegressor))
    with pytest.raises(Exception, match=r"sample_weight.* not explicitly set"):
        model.fit(X, y, sample_weight=np.ones(len(X)))


def test_weights_are_routed_to_the_transformer(routing):
    X, y = tilted(NeuronSearch)
    weights = weighted(len(X))
    model = make_pipeline(
        made(NeuronSearch).set_fit_request(sample_weight=True),
        LinearRegression().set_fit_request(sample_weight=False),
    ).fit(X, y, sample_weight=weights)
    direct = made(NeuronSearch).fit(X, y, sample_weight=weights)
    without = made(NeuronSearch).fit(X, y)
    assert model[0].transform(X).tobytes() == direct.transform(X).tobytes()
    assert direct.neuron_ != without.neuron_


@pytest.mark.parametrize("cls", EVERY)
def test_whole_weights_are_repetitions(cls):
    X, y = targets_of(cls, rows=90)
    weights = np.random.default_rng(1).integers(0, 4, len(X))
    counted = made(cls).fit(X, y, sample_weight=weights)
    repeated = made(cls).fit(X.repeat(weights, axis=0), np.repeat(y, weights))
    assert answers(counted, X) == pytest.approx(answers(repeated, X), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("weights", [np.zeros(60), -np.ones(60), np.full(60, np.nan), np.ones(59)])
def test_wrong_weights(weights):
    X, y = numbers(60)
    with pytest.raises(ValueError, match="weight"):
        made(PolynomialNeuronRegressor).fit(X, y, sample_weight=weights)


# Classes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", CLASSIFIERS)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (0, 1),
        (-1, 1),
        (10, 9),
        (0.0, 1.0),
        (False, True),
        ("b", "a"),
        ("é", " "),
        ("1", "1.0"),
        ("NA", "null"),
        ("10", "9"),
        ("b", "B"),
    ],
)
def test_classes_of_every_kind(cls, first, second):
    X, y = classes()
    y = np.asarray([first if one == "same" else second for one in y])
    model = made(cls).fit(X, y)
    assert model.classes_.tolist() == sorted([first, second])
    assert model.classes_.dtype == y.dtype
    found = model.predict(X)
    assert (found == y).mean() > 0.8
    best = model.classes_[model.predict_proba(X).argmax(axis=1)]
    assert np.array_equal(found, best)
    assert model.predict_log_proba(X) == pytest.approx(np.log(model.predict_proba(X)))


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_many_classes(cls):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(240, 2))
    y = np.where(X[:, 0] > 0, 2, 0) + (X[:, 1] > 0) + 7
    model = made(cls).fit(X, y)
    assert model.classes_.tolist() == [7, 8, 9, 10]
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (240, 4)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(240))
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_class_weights(cls):
    X, y = classes(300)
    X, y = X[40:], y[40:]
    rare = np.where((y == "same") & (np.arange(len(y)) % 4 > 0), "other", y)
    plain = made(cls).fit(X, rare)
    heavy = made(cls, class_weight={"same": 20.0, "other": 1.0}).fit(X, rare)
    balanced = made(cls, class_weight="balanced").fit(X, rare)
    count = {
        name: int((m.predict(X) == "same").sum())
        for name, m in (("plain", plain), ("heavy", heavy), ("balanced", balanced))
    }
    assert count["plain"] < count["balanced"] < count["heavy"]
    # Probabilities are those of the data, whatever a mistake costs.
    share = (rare == "same").mean()
    assert heavy.predict_proba(X)[:, 1].mean() == pytest.approx(share, abs=0.1)
    with pytest.raises(ValueError, match="nobody"):
        made(cls, class_weight={"nobody": 2.0}).fit(X, y)


def test_threshold():
    X, y = classes()
    low = made(NeuronSeekClassifier, threshold=0.1).fit(X, y)
    second = low.predict_proba(X)[:, 1] > 0.1
    assert np.array_equal(low.predict(X) == "same", second)
    assert second.sum() > (made(NeuronSeekClassifier).fit(X, y).predict(X) == "same").sum()


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_one_class_is_none(cls):
    X, _ = classes(60)
    with pytest.raises(ValueError, match="only one class"):
        made(cls).fit(X, ["a"] * 60)


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_quantities_are_no_classes(cls):
    X, y = numbers(60)
    with pytest.raises(ValueError, match="continuous"):
        made(cls).fit(X, y)


# Training further, held-out rows, several outputs --------------------------------------------


@pytest.mark.parametrize("cls", NETWORKS)
def test_warm_start_goes_on(cls):
    X, y = targets_of(cls)
    model = made(cls, neuron="x + cp(2)", warm_start=True, max_iter=3).fit(X, y)
    assert model._trainable, "the polynomial won, and it cannot be trained"
    first = answers(model, X)
    again = answers(model.fit(X, y), X)
    assert first.tobytes() != again.tobytes()
    cold = made(cls, neuron="x + cp(2)", max_iter=3).fit(X, y)
    assert answers(cold, X).tobytes() == first.tobytes()
    assert answers(cold.fit(X, y), X).tobytes() == first.tobytes()


@pytest.mark.parametrize("cls", NETWORKS)
def test_partial_fit_learns(cls):
    X, y = targets_of(cls, rows=300)
    model = made(cls, max_iter=2, learning_rate=0.01)
    scores = []
    for _ in range(25):
        model.partial_fit(X, y)
        scores.append(model.score(X, y))
    assert scores[-1] > scores[0]
    assert scores[-1] > 0.8
    model = made(cls)
    more = {"classes": ["other", "same"]} if cls in CLASSIFIERS else {}
    assert model.partial_fit(X, y, **more) is model
    if cls in CLASSIFIERS:
        assert model.classes_.tolist() == ["other", "same"]
        with pytest.raises(ValueError, match="third"):
            made(cls).partial_fit(X, y, classes=["other", "same", "third"])
        with pytest.raises(ValueError, match="third"):
            model.partial_fit(X, np.where(np.arange(len(y)) == 3, "third", y))


@pytest.mark.parametrize("cls", NETWORKS)
def test_partial_fit_takes_weights(cls):
    X, y = tilted(cls)
    start = made(cls, max_iter=2)
    one = clone(start).partial_fit(X, y).partial_fit(X, y, sample_weight=weighted(len(X)))
    two = clone(start).partial_fit(X, y).partial_fit(X, y)
    assert answers(one, X).tobytes() != answers(two, X).tobytes()


@pytest.mark.parametrize("cls", NETWORKS)
def test_eval_set(cls):
    X, y = targets_of(cls, rows=200)
    model = made(cls, neuron="x + cp(2)")
    inside = clone(model).fit(X[:150], y[:150], eval_set=(X[150:], y[150:]))
    other = clone(model).fit(X[:150], y[:150], eval_set=(X[100:150], y[100:150]))
    assert inside.report_["rows"]["validation"] == 50, inside.report_["rows"]
    assert answers(inside, X).tobytes() != answers(other, X).tobytes()
    if cls is NeuronSeekRegressor:
        weighted_fit = clone(model).fit(
            X[:150], y[:150], sample_weight=weighted(150), eval_set=(X[150:], y[150:])
        )
        assert answers(weighted_fit, X).tobytes() != answers(inside, X).tobytes()
    with pytest.raises(ValueError):
        clone(model).fit(X, y, eval_set=(X[:, :2], y))
    with pytest.raises(ValueError):
        clone(model).fit(X, y, eval_set=(X[:10], y[:9]))


@pytest.mark.parametrize("cls", NETWORKS)
def test_validation_fraction(cls):
    X, y = targets_of(cls, rows=200)
    tenth = made(cls, validation_fraction=0.1).fit(X, y)
    half = made(cls, validation_fraction=0.5).fit(X, y)
    assert tenth.report_["rows"]["validation"] == pytest.approx(20, abs=3)
    assert half.report_["rows"]["validation"] == pytest.approx(100, abs=3)


@pytest.mark.parametrize("cls", REGRESSORS)
def test_several_outputs(cls):
    X, y = numbers()
    both = np.column_stack([y, X[:, 0] ** 2 - X[:, 1]])
    model = made(cls).fit(X, both)
    found = model.predict(X)
    assert found.shape == both.shape
    assert model.score(X, both) > 0.9
    for column in range(2):
        assert np.corrcoef(found[:, column], both[:, column])[0, 1] > 0.95
    pd = pytest.importorskip("pandas")
    named = made(cls).fit(X, pd.DataFrame(both, columns=["first", "second"]))
    assert np.array_equal(named.predict(X), found)
    assert named.report_["targets"] == ["first", "second"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert made(cls).fit(X, both[:, :1]).predict(X).shape == (len(X),)


def test_search_of_several_outputs():
    X, y = numbers()
    both = np.column_stack([y, X[:, 0] ** 2 - X[:, 1]])
    search = made(NeuronSearch).fit(X, both)
    features = search.transform(X)
    assert features.shape == (len(X), len(search.get_feature_names_out()))
    assert LinearRegression().fit(features, both).score(features, both) > 0.9


def test_intervals():
    X, y = numbers(400, noise=0.5)
    model = made(NeuronSeekRegressor, intervals=(0.5, 0.9)).fit(X[:300], y[:300])
    half, most = (model.predict_interval(X[300:], level) for level in (0.5, 0.9))
    assert half.shape == (100, 2)
    inside = [((e[:, 0] <= y[300:]) & (y[300:] <= e[:, 1])).mean() for e in (half, most)]
    assert 0.3 < inside[0] < 0.75 < inside[1]
    assert (most[:, 1] - most[:, 0] >= half[:, 1] - half[:, 0]).all()
    with pytest.raises(ValueError, match=r"0\.5, 0\.9"):
        model.predict_interval(X, 0.8)
    with pytest.raises(ValueError, match="none"):
        made(NeuronSeekRegressor).fit(X, y).predict_interval(X)


@pytest.mark.parametrize("cls", EVERY)
def test_shown_in_a_notebook(cls):
    X, y = targets_of(cls)
    model = made(cls)
    assert "neuronseek-card" not in model._repr_html_()
    page = model.fit(X, y)._repr_html_()
    assert page.count("neuronseek-card") == 1
    assert model.neuron_ in page


def test_plots():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    X, y = numbers()
    model = made(NeuronSeekRegressor, neuron="auto").fit(X, y)
    assert len(model.plot_terms().patches) == len(model.terms_)
    assert len(model.plot_importances().patches) == 3
    assert len(model.plot_history().lines) == len(model.history_)
    with pytest.raises(ValueError, match="no network"):
        made(PolynomialNeuronRegressor).fit(X, y).plot_history()
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("cls", (*REGRESSORS, *CLASSIFIERS))
def test_report(cls, tmp_path):
    X, y = targets_of(cls)
    model = made(cls).fit(X, y)
    report = model.report(X, y, row=3, name="mine")
    assert "mine" in report.html and "<iframe" in report._repr_html_()
    report.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == report.html
    with pytest.raises(FileExistsError):
        report.save(tmp_path / "page.html")
    assert model.report().data != report.data
