"""Model files, the command beside the package, copies, exports, formulas."""

from __future__ import annotations

import copy
import json
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neuronseek
from neuronseek import (
    NeuronSearch,
    NeuronSeekClassifier,
    NeuronSeekRegressor,
    PolynomialNeuronClassifier,
    PolynomialNeuronRegressor,
)

pd = pytest.importorskip("pandas")
joblib = pytest.importorskip("joblib")

pytestmark = pytest.mark.filterwarnings("ignore::neuronseek.NeuronSeekWarning")

AIRFOIL = Path(__file__).parents[3] / "examples" / "data" / "airfoil_self_noise.csv"
TARGET = "sound_pressure"
EVERY = (
    NeuronSeekRegressor,
    NeuronSeekClassifier,
    PolynomialNeuronRegressor,
    PolynomialNeuronClassifier,
    NeuronSearch,
)
CLASSIFIERS = (NeuronSeekClassifier, PolynomialNeuronClassifier)


def command(*words, check=True):
    """What ``python -m neuronseek`` prints."""
    line = [sys.executable, "-m", "neuronseek", *map(str, words)]
    done = subprocess.run(line, capture_output=True, text=True, encoding="utf-8", timeout=120)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def made(cls, **parameters):
    if cls in (NeuronSeekRegressor, NeuronSeekClassifier):
        parameters.setdefault("profile", "small")
    return cls(random_state=3, **parameters)


def data_of(cls, rows=120):
    """A frame with numbers, texts and missing cells, and a target."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame(
        {
            "width": rng.normal(size=rows),
            "height": rng.normal(size=rows).round(3),
            "colour": rng.choice(["red", "green", "blue"], size=rows),
        }
    )
    y = X["width"] * (1 + 2 * X["height"]) + (X["colour"] == "red") + rng.normal(size=rows) / 20
    X.loc[::11, "height"] = np.nan
    if cls in CLASSIFIERS:
        return X, pd.Series(np.where(y > 0, "above", "below"), name="size")
    return X, y.rename("size")


def answers(model, X):
    if isinstance(model, NeuronSearch):
        return model.transform(X).tobytes()
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X).tobytes()
    return model.predict(X).tobytes()


def header(content):
    """What a model file says of itself, and its tensors."""
    (size,) = struct.unpack("<Q", content[:8])
    whole = json.loads(content[8 : 8 + size])
    described = json.loads(whole.pop("__metadata__")["neuronseek"])
    return described, whole, content[8 + size :]


def differences(one, two, path=""):
    """The paths at which two documents differ."""
    if isinstance(one, dict) and isinstance(two, dict):
        keys = sorted({*one, *two})
        return [p for k in keys for p in differences(one.get(k), two.get(k), f"{path}.{k}")]
    if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        pairs = enumerate(zip(one, two, strict=True))
        return [p for k, (a, b) in pairs for p in differences(a, b, f"{path}[{k}]")]
    return [] if one == two and type(one) is type(two) else [path]


@pytest.fixture(scope="module")
def airfoil():
    table = pd.read_csv(AIRFOIL)
    return table.drop(columns=TARGET), table[TARGET]


@pytest.fixture(scope="module")
def of_command(tmp_path_factory):
    """The command's model of the example."""
    file = tmp_path_factory.mktemp("command") / "airfoil.safetensors"
    command("fit", AIRFOIL, "--target", TARGET, "--profile", "small", "--seed", 3, "-o", file)
    return file


@pytest.fixture(scope="module")
def of_python(airfoil):
    """The package's model of the example."""
    return NeuronSeekRegressor(profile="small", random_state=3, n_jobs=2).fit(*airfoil)


# The command and the package -------------------------------------------------------------------


def test_the_command_and_load_predict_the_same(of_command, airfoil):
    X, _ = airfoil
    model = neuronseek.load(of_command)
    assert isinstance(model, NeuronSeekRegressor)
    assert model.feature_names_in_.tolist() == list(X.columns)
    printed = command("predict", of_command, AIRFOIL).stdout.split()
    assert printed[0] == "prediction"
    found = model.predict(X)
    assert printed[1:] == [repr(float(value)) for value in found]
    assert len(set(printed)) > 1000


def test_the_command_predicts_by_a_model_of_the_package(of_python, airfoil, tmp_path):
    X, _ = airfoil
    of_python.save(tmp_path / "own.safetensors")
    printed = command("predict", tmp_path / "own.safetensors", AIRFOIL).stdout.split()
    assert printed[1:] == [repr(float(value)) for value in of_python.predict(X)]


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_the_command_predicts_classes_by_a_model_of_the_package(cls, tmp_path):
    X, y = data_of(cls)
    model = made(cls).fit(X, y)
    model.save(tmp_path / "own.safetensors")
    X.to_csv(tmp_path / "rows.csv", index=False)
    printed = command(
        "predict", tmp_path / "own.safetensors", tmp_path / "rows.csv", "--proba"
    ).stdout.splitlines()
    rows = [line.split(",") for line in printed[1:]]
    assert [row[0] for row in rows] == model.predict(X).tolist()
    places = {name: place for place, name in enumerate(printed[0].split(","))}
    chances = model.predict_proba(X)
    for place, name in enumerate(model.classes_):
        column = [float(row[places[f"p_{name}"]]) for row in rows]
        assert column == chances[:, place].tolist()


def test_the_same_fit_gives_the_same_file(of_python, airfoil, tmp_path):
    """From Parquet, of which cells come as numbers to the command, too."""
    pytest.importorskip("pyarrow")
    X, y = airfoil
    X.assign(**{TARGET: y}).to_parquet(tmp_path / "airfoil.parquet")
    command(
        "fit", tmp_path / "airfoil.parquet", "--target", TARGET, "--task", "regression",
        "--profile", "small", "--seed", 3, "-o", tmp_path / "command.safetensors",
    )  # fmt: skip
    of_python.save(tmp_path / "python.safetensors")
    one = (tmp_path / "python.safetensors").read_bytes()
    assert one == (tmp_path / "command.safetensors").read_bytes()
    other = NeuronSeekRegressor(profile="small", random_state=4).fit(X, y)
    other.save(tmp_path / "python.safetensors", overwrite=True)
    assert (tmp_path / "python.safetensors").read_bytes() != one


def test_the_same_fit_from_csv_says_more_of_the_task_alone(of_command, of_python):
    """The command was not told the task, and says why it is a regression."""
    own, own_layout, own_tensors = header(of_python._model.to_bytes())
    other, other_layout, other_tensors = header(of_command.read_bytes())
    assert own_tensors == other_tensors
    assert own_layout == other_layout
    assert differences(own, other) == [
        ".model.preparation.task_reason",
        ".model.report.task_reason",
        ".sha256",
    ]


def test_a_loaded_model_says_what_the_fitted_one_says(of_python, airfoil, tmp_path):
    X, _ = airfoil
    of_python.save(tmp_path / "own.safetensors")
    for loaded in (
        neuronseek.load(tmp_path / "own.safetensors"),
        NeuronSeekRegressor.load(str(tmp_path / "own.safetensors")),
    ):
        for name in ("neuron_", "structure_", "terms_", "formula_", "report_", "n_features_in_"):
            assert getattr(loaded, name) == getattr(of_python, name)
        assert answers(loaded, X) == answers(of_python, X)
        assert loaded.to_sympy() == of_python.to_sympy()
        assert loaded._model.to_bytes() == of_python._model.to_bytes()


def test_load_takes_the_class_that_suits(tmp_path):
    for cls in EVERY:
        X, y = data_of(cls)
        model = made(cls).fit(X, y)
        file = tmp_path / f"{cls.__name__}.safetensors"
        model.save(file)
        same = cls.load(file)
        assert type(same) is cls
        assert answers(same, X) == answers(model, X)
        found = neuronseek.load(file)
        expected = NeuronSeekClassifier if cls in CLASSIFIERS else NeuronSeekRegressor
        assert type(found) is expected
        if cls is not NeuronSearch:
            assert answers(found, X) == answers(model, X)
        if cls in CLASSIFIERS:
            assert found.classes_.tolist() == model.classes_.tolist()
    for name, cls in (
        ("NeuronSeekRegressor", NeuronSeekClassifier),
        ("NeuronSeekClassifier", NeuronSeekRegressor),
        ("PolynomialNeuronClassifier", PolynomialNeuronRegressor),
    ):
        with pytest.raises(ValueError, match="which is not what"):
            cls.load(tmp_path / f"{name}.safetensors")


def test_classes_of_numbers_and_truth_values_come_back(tmp_path):
    X, y = data_of(NeuronSeekClassifier)
    for values in (np.where(y == "above", 12, 7), np.asarray(y == "above")):
        model = made(PolynomialNeuronClassifier).fit(X, values)
        model.save(tmp_path / "own.safetensors", overwrite=True)
        found = neuronseek.load(tmp_path / "own.safetensors")
        assert found.classes_.tolist() == model.classes_.tolist()
        assert found.classes_.dtype == model.classes_.dtype
        assert found.predict(X).tolist() == model.predict(X).tolist()


# Copies ------------------------------------------------------------------------------------


def through_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


COPIES = {
    **{
        f"pickle {level}": lambda model, _, level=level: pickle.loads(pickle.dumps(model, level))
        for level in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
    "joblib": through_joblib,
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "copy": lambda model, _: copy.copy(model),
    "file": lambda model, folder: (
        model.save(folder / "model", overwrite=True) or type(model).load(folder / "model")
    ),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("cls", EVERY)
def test_copies_predict_the_same(way, cls, tmp_path):
    X, y = data_of(cls)
    model = made(cls).fit(X, y)
    own = COPIES[way](model, tmp_path)
    assert answers(own, X) == answers(model, X)
    assert own.report_ == model.report_
    assert own.feature_names_in_.tolist() == model.feature_names_in_.tolist()
    if way != "file":
        assert own.get_params() == model.get_params()
        assert own.feature_importances_.tolist() == model.feature_importances_.tolist()
        assert answers(own.fit(X, y), X) == answers(model, X)


@pytest.mark.parametrize("cls", EVERY)
def test_unfitted_estimators_can_be_pickled(cls):
    model = pickle.loads(pickle.dumps(made(cls, max_order=2)))
    assert model.max_order == 2


def test_a_copy_can_be_trained_further():
    X, y = data_of(NeuronSeekRegressor)
    model = made(NeuronSeekRegressor, max_iter=2).partial_fit(X, y)
    own = pickle.loads(pickle.dumps(model))
    assert answers(own.partial_fit(X, y), X) == answers(model.partial_fit(X, y), X)


# Files that exist, are damaged, are none of ours ---------------------------------------------


def test_save_replaces_nothing_unasked(of_python, tmp_path):
    file = tmp_path / "own.safetensors"
    file.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"own\.safetensors exists already.*overwrite=True"):
        of_python.save(file)
    assert file.read_bytes() == b"mine"
    of_python.save(file, overwrite=True)
    assert file.read_bytes() == of_python._model.to_bytes()
    assert os.listdir(tmp_path) == ["own.safetensors"]
    with pytest.raises(OSError, match="nowhere"):
        of_python.save(tmp_path / "nowhere" / "own.safetensors")


def test_load_says_what_is_wrong_with_a_file(of_python, tmp_path):
    content = of_python._model.to_bytes()
    with pytest.raises(OSError, match="absent"):
        neuronseek.load(tmp_path / "absent")
    with pytest.raises(OSError):
        neuronseek.load(tmp_path)
    middle = len(content) - 1000
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    (size,) = struct.unpack("<Q", content[:8])
    renamed = json.loads(content[8 : 8 + size])
    renamed["__metadata__"] = {"somebody": "else"}
    foreign = json.dumps(renamed).encode()
    for name, damaged in {
        "empty": b"",
        "a text": b"frequency,angle\n1,2\n",
        "cut in the tensors": content[:-10],
        "cut in the header": content[:100],
        "longer": content + b"more",
        "a flipped bit in the tensors": flipped,
        "a changed header": content.replace(b'\\"seed\\":3', b'\\"seed\\":4', 1),
        "of somebody else": struct.pack("<Q", len(foreign)) + foreign + content[8 + size :],
        "a long header": struct.pack("<Q", 2**62) + content[8:],
    }.items():
        assert damaged != content, name
        file = tmp_path / name
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=name):
            neuronseek.load(file)
        with pytest.raises(ValueError):
            NeuronSeekRegressor.load(file)


def test_a_damaged_pickle_is_refused(of_python):
    from neuronseek._core import Model

    with pytest.raises(ValueError, match="the state"):
        Model.from_bytes(of_python._model.to_bytes()[:-1])


# Exports -----------------------------------------------------------------------------------

FORMATS = ("onnx", "c", "rust", "sql", "python", "json", "latex", "sympy")


@pytest.mark.parametrize("name", FORMATS)
def test_exports_are_written(name, of_python, tmp_path):
    file = tmp_path / f"model.{name}"
    content = of_python.export(name)
    assert len(content) > 200
    assert of_python.export(name, file) is None
    assert file.read_bytes() == content
    with pytest.raises(FileExistsError, match="overwrite=True"):
        of_python.export(name, file)
    file.write_bytes(b"")
    of_python.export(name, str(file), overwrite=True)
    assert file.read_bytes() == content
    assert os.listdir(tmp_path) == [file.name]


@pytest.mark.parametrize("cls", EVERY)
@pytest.mark.parametrize("name", FORMATS)
def test_exports_are_of_every_estimator(name, cls):
    X, y = data_of(cls)
    assert len(made(cls).fit(X, y).export(name)) > 100


def test_the_exports_of_the_command_are_the_same(of_command, tmp_path):
    model = neuronseek.load(of_command)
    for name, suffix in (("c", ".c"), ("sql", ".sql"), ("onnx", ".onnx"), ("json", ".json")):
        file = tmp_path / f"own{suffix}"
        command("export", of_command, "--format", name, "-o", file)
        assert file.read_bytes() == model.export(name)


def test_the_export_to_torch_is_two_files(of_python, tmp_path):
    with pytest.raises(ValueError, match="two files"):
        of_python.export("torch")
    of_python.export("torch", tmp_path / "own.py")
    assert sorted(os.listdir(tmp_path)) == ["own.py", "own.weights.safetensors"]
    with pytest.raises(FileExistsError):
        of_python.export("torch", tmp_path / "own.py")
    compile((tmp_path / "own.py").read_text(), "own.py", "exec")


def test_the_export_to_python_predicts(of_python, airfoil):
    X, _ = airfoil
    names = {"__name__": "exported"}
    exec(compile(of_python.export("python"), "exported", "exec"), names)
    assert names["predict"](X) == pytest.approx(of_python.predict(X), rel=1e-5)


def test_what_exports_refuse(of_python):
    for format, words in (
        ("c", {"dialect": "duckdb"}),
        ("sql", {"precision": "double"}),
        ("c", {"precision": "half"}),
        ("sql", {"dialect": "access"}),
        ("fortran", {}),
    ):
        with pytest.raises(ValueError):
            of_python.export(format, **words)
    assert of_python.export("c", precision="double") != of_python.export("c")
    assert of_python.export("sql", dialect="duckdb") != of_python.export("sql")
    assert b"FROM rows" in of_python.export("sql", table="rows").replace(b'"', b"")


# Formulas ----------------------------------------------------------------------------------


def evaluated(expression, X, names):
    import sympy

    symbols = [sympy.Symbol(name, real=True) for name in names]
    assert expression.free_symbols <= set(symbols)
    values = sympy.lambdify(symbols, expression)(*np.asarray(X, dtype=float).T)
    return np.broadcast_to(values, len(X))


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("origin", ["keep", "center"])
def test_the_formula_predicts(noise, origin):
    pytest.importorskip("sympy")
    rng = np.random.default_rng(8)
    X = rng.uniform(-2, 3, size=(200, 3)) * [1, 10, 100] + [0, 5, 1000]
    y = X[:, 0] ** 3 - 2 * X[:, 0] * X[:, 1] + X[:, 2] / 50 + noise * rng.normal(size=200)
    model = PolynomialNeuronRegressor(
        random_state=0, extrapolate=True, origin=origin, target_transform="none"
    ).fit(X, y)
    found = evaluated(model.to_sympy(), X, ["x0", "x1", "x2"])
    predicted = model.predict(X)
    assert found == pytest.approx(predicted, rel=1e-8, abs=1e-8 * np.abs(predicted).max())
    assert model.score(X, y) > 0.99


def test_the_formulas_of_several_outputs():
    pytest.importorskip("sympy")
    rng = np.random.default_rng(8)
    X = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"])
    y = pd.DataFrame({"sum": X.a + X.b, "product": X.a * X.b})
    model = PolynomialNeuronRegressor(random_state=0, extrapolate=True).fit(X, y)
    formulas = model.to_sympy()
    assert list(formulas) == ["sum", "product"]
    predicted = model.predict(X)
    for place, name in enumerate(formulas):
        assert evaluated(formulas[name], X, ["a", "b"]) == pytest.approx(
            predicted[:, place], abs=1e-9
        )
    assert "sum" in model.formula_ and "product" in model.formula_
    assert model.to_latex().count("align*") == 2


def test_what_has_no_formula():
    pytest.importorskip("sympy")
    X, y = data_of(NeuronSeekRegressor)
    with pytest.raises(ValueError, match="no polynomial"):
        made(NeuronSeekRegressor, neuron="x + cp(2)").fit(X, y).to_sympy()
    with pytest.raises(ValueError, match="no polynomial"):
        made(NeuronSeekRegressor, neuron="x + cp(2)").fit(X, y).to_latex()


# The command of the package ------------------------------------------------------------------


def test_the_command_has_the_version_of_the_package():
    assert command("--version").stdout.split()[-1] == neuronseek.__version__


def test_the_command_ends_with_codes():
    assert command("no-such-command", check=False).returncode == 2
    assert command("predict", "absent", "absent", check=False).returncode == 1
    assert "absent" in command("predict", "absent", "absent", check=False).stderr


def test_the_command_does_not_import_scikit_learn():
    code = (
        "import sys, neuronseek._command; "
        "sys.exit(any(name.split('.')[0] in ('sklearn', 'numpy') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_a_model_with_statistics_of_combinations_is_loaded(airfoil, tmp_path):
    """Its preparation has summaries of combinations, which are no columns of a frame."""
    X, y = airfoil
    model = NeuronSeekRegressor(n_folds=2, n_members=1, max_iter=2, random_state=0).fit(X, y)
    model.save(tmp_path / "own.safetensors")
    again = NeuronSeekRegressor.load(tmp_path / "own.safetensors")
    assert list(again.feature_names_in_) == list(X.columns)
    assert np.array_equal(again.predict(X), model.predict(X))
    assert not hasattr(again, "feature_importances_")
