"""The layers of `neuronseek.experimental.torch` against NumPy, torch.nn and closed forms."""

from __future__ import annotations

import copy
import importlib
import io
import pickle
import sys
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")

from neuronseek.experimental.torch import (
    NeuronConv1d,
    NeuronConv2d,
    NeuronLinear,
)

EVERY = "x + x^3 + sin(x) + cos(x) + exp(x) + cp(2, r=3) + cp(3)"
POLYNOMIAL = "x + x^2 + cp(2, r=3) + cp(3)"


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def inputs(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def filled(layer):
    """The layer with parameters of a size that no term can hide behind another."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_()
    return layer


def arrays(parameters):
    return {name: value.detach().numpy() for name, value in parameters.items()}


def test_a_missing_torch_is_named_with_its_remedy(monkeypatch):
    monkeypatch.delitem(sys.modules, "neuronseek.experimental.torch")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="pip install torch"):
        importlib.import_module("neuronseek.experimental.torch")


# The text form.


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("x", "x"),
        (" linear ", "x"),
        ("x^1", "x"),
        (" cp(3 , r = 4)+x^3 +x", "x + x^3 + cp(3, r=4)"),
        ("cp(3)+cp( 2 )", "cp(2, r=5) + cp(3, r=5)"),
        ("exp(x) + cos(x)+sin(x) + x^ 2", "x^2 + sin(x) + cos(x) + exp(x)"),
    ],
)
def test_texts_are_brought_to_canonical_form(text, canonical):
    layer = NeuronLinear(2, 1, text, rank=5)
    assert layer.neuron == canonical
    assert NeuronLinear(2, 1, layer.neuron, rank=9).neuron == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  ", "at least one term"),
        ("0", "at least one term"),
        ("x + y", r'"y" \(at character 5\) is not a term'),
        ("x +", r'"" \(at character 4\) is not a term'),
        ("x + + x^2", r"at character 5"),
        ("x^-2", "is not a term"),
        ("x^2.0", "is not a term"),
        ("x^²", "is not a term"),
        ("2 * x", "is not a term"),
        ("tan(x)", "is not a term"),
        ("sin(x", "is not a term"),
        ("sin( x )", "is not a term"),
        ("cp(2, 4)", "is not a term"),
        ("cp(2, r=4, r=5)", "is not a term"),
        ("cp(2, q=4)", "is not a term"),
        ("__import__('os')", "is not a term"),
        ("x^12", r'order 12 in "x\^12" is out of range: 1 to 9'),
        ("x^0", "out of range: 1 to 9"),
        ("x^" + "9" * 5000, "out of range: 1 to 9"),
        ("cp(1)", "out of range: 2 to 9"),
        ("cp(2, r=0)", "rank 0 .* out of range: 1 to 1024"),
        ("cp(2, r=1025)", "rank 1025 .* out of range: 1 to 1024"),
        ("x + x", 'the term "x" is given twice'),
        ("x + x^1", r'the term "x\^1" is given twice'),
        ("cp(2) + cp(2, r=3)", r'"cp\(2, r=3\)" is given twice'),
    ],
)
def test_what_is_no_neuron_is_refused_by_place(text, message):
    with pytest.raises(ValueError, match=message):
        NeuronLinear(2, 1, text)


def test_a_fitted_estimator_gives_its_neuron():
    fitted = SimpleNamespace(neuron_="cp(2, r=1) + x")
    assert NeuronLinear(2, 1, fitted).neuron == "x + cp(2, r=1)"
    with pytest.raises(TypeError, match="SimpleNamespace without neuron_"):
        NeuronLinear(2, 1, SimpleNamespace())


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="in_features is 0.*; out_features is -1"):
        NeuronLinear(0, -1)
    with pytest.raises(ValueError, match="rank is 0, allowed is 1 to 1024"):
        NeuronLinear(2, 1, rank=0)
    with pytest.raises(ValueError, match="rank is 1025, allowed is 1 to 1024"):
        NeuronLinear(2, 1, rank=1025)
    with pytest.raises(ValueError, match="in_features is 2.5"):
        NeuronLinear(2.5, 1)
    with pytest.raises(ValueError, match="in_channels is 3, not a multiple of groups"):
        NeuronConv2d(3, 4, 1, groups=2)
    with pytest.raises(ValueError, match="stride has 3 numbers, expected 2"):
        NeuronConv2d(3, 4, 3, stride=(1, 1, 1))
    with pytest.raises(ValueError, match="padding is -1, allowed is 0 or more"):
        NeuronConv2d(3, 4, 3, padding=-1)
    with pytest.raises(ValueError, match='padding is "some"'):
        NeuronConv2d(3, 4, 3, padding="some")
    with pytest.raises(ValueError, match='"same" needs stride 1'):
        NeuronConv2d(3, 4, 3, padding="same", stride=2)


def test_convolutions_take_powers_and_interactions_up_to_order_5():
    with pytest.raises(ValueError, match=r"exp\(x\) is no term of a convolution"):
        NeuronConv2d(3, 4, 3, "x + exp(x)")
    with pytest.raises(ValueError, match=r"cp\(6, r=16\) has order 6"):
        NeuronConv2d(3, 4, 3, "x + cp(6)")


# The formula.


def test_linear_equals_loops_in_numpy():
    layer = filled(NeuronLinear(4, 3, EVERY, rank=2, dtype=torch.float64))
    x = inputs(5, 4)
    weights, factors = arrays(layer.weights), arrays(layer.factors)
    expected = np.zeros((5, 3))
    functions = {
        "x": lambda v: v,
        "x^3": lambda v: v**3,
        "sin": np.sin,
        "cos": np.cos,
        "exp": np.exp,
    }
    for row, h in enumerate(x.numpy()):
        for unit in range(3):
            y = layer.bias[unit].item()
            for name, function in functions.items():
                y += sum(weights[name][unit, i] * function(h[i]) for i in range(4))
            for name, order, rank in [("cp(2)", 2, 3), ("cp(3)", 3, 2)]:
                for r in range(rank):
                    product = weights[name][unit, r]
                    for m in range(order):
                        product *= sum(factors[name][m, r, i] * h[i] for i in range(4))
                    y += product
            expected[row, unit] = y
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)


def convolved(x, weight, stride, padding, dilation, groups):
    """A convolution by loops; x is channels x rows x columns."""
    x = np.pad(x, ((0, 0), *((p, p) for p in padding)))
    outputs, channels, *window = weight.shape
    rows, columns = (
        (length - d * (k - 1) - 1) // s + 1
        for length, k, s, d in zip(x.shape[1:], window, stride, dilation)
    )
    y = np.zeros((outputs, rows, columns))
    for o, i, j in np.ndindex(*y.shape):
        first = o // (outputs // groups) * channels
        for c, a, b in np.ndindex(*weight.shape[1:]):
            pixel = i * stride[0] + a * dilation[0], j * stride[1] + b * dilation[1]
            y[o, i, j] += weight[o, c, a, b] * x[(first + c, *pixel)]
    return y


@pytest.mark.parametrize("groups", [1, 2])
def test_convolution_equals_loops_in_numpy(groups):
    given = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": groups}
    layer = NeuronConv2d(4, 2, (3, 2), "x + x^3 + cp(3)", rank=2, **given, dtype=torch.float64)
    weights, factors = arrays(filled(layer).weights), arrays(layer.factors)
    x = inputs(4, 6, 5)
    pixel = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": groups}
    product = np.prod([convolved(x.numpy(), u, **pixel) for u in factors["cp(3)"]], 0)
    expected = layer.bias.detach().numpy()[:, None, None] + sum(
        convolved(features, weights[name], **given)
        for name, features in [
            ("x", x.numpy()),
            ("x^3", x.numpy() ** 3),
            ("cp(3)", product),
        ]
    )
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10)
    assert torch.allclose(layer(x[None])[0], layer(x))


@pytest.mark.parametrize(
    ("plain", "neuron"),
    [
        (torch.nn.Linear(3, 2), NeuronLinear(3, 2, "x")),
        (torch.nn.Conv1d(3, 2, 3, 2, 1), NeuronConv1d(3, 2, 3, "x", 2, 1)),
        (
            torch.nn.Conv2d(3, 2, 3, padding="same", dilation=2),
            NeuronConv2d(3, 2, 3, "x", padding="same", dilation=2),
        ),
    ],
)
def test_the_neuron_x_is_the_plain_layer(plain, neuron):
    neuron.load_state_dict({"weights.x": plain.weight, "bias": plain.bias})
    x = torch.randn(4, 3, *[7] * (plain.weight.dim() - 2))
    assert torch.equal(neuron(x), plain(x))


@pytest.mark.parametrize("bias", [True, False])
def test_a_window_of_one_pixel_is_the_linear_layer_at_each_pixel(bias):
    linear = NeuronLinear(3, 4, POLYNOMIAL, bias, rank=2, dtype=torch.float64)
    layer = NeuronConv2d(3, 4, 1, POLYNOMIAL, bias=bias, rank=2, dtype=torch.float64, stride=2)
    state = {
        name: value if name == "bias" else value[..., None, None]
        for name, value in filled(linear).state_dict().items()
    }
    layer.load_state_dict(state)
    x = inputs(2, 3, 5, 6)
    patches = torch.nn.functional.unfold(x, 1, stride=2).transpose(1, 2)
    expected = linear(patches).transpose(1, 2).reshape(2, 4, 3, 3)
    assert torch.allclose(layer(x), expected)


def test_groups_are_layers_side_by_side():
    layer = NeuronConv1d(4, 6, 3, "x + cp(2, r=3)", groups=2, dtype=torch.float64)
    filled(layer)
    x = inputs(2, 4, 7)
    parts = []
    for group in range(2):
        part = NeuronConv1d(2, 3, 3, "x + cp(2, r=3)", dtype=torch.float64)
        units = slice(3 * group, 3 * group + 3)
        state = {
            name: value[:, units] if name.startswith("factors") else value[units]
            for name, value in layer.state_dict().items()
        }
        part.load_state_dict(state)
        parts.append(part(x[:, 2 * group : 2 * group + 2]))
    assert torch.allclose(layer(x), torch.cat(parts, 1))


# Parameters.


def test_initial_values_have_the_documented_size():
    layer = NeuronLinear(400, 300, "x + x^2 + sin(x) + cp(2)", rank=100)
    weights = layer.weights
    assert weights["x"].abs().max() <= 0.05
    assert weights["x"].std().item() == pytest.approx(0.05 / 3**0.5, rel=0.05)
    assert weights["x^2"].std().item() == pytest.approx(0.005, rel=0.05)
    assert weights["sin"].std().item() == pytest.approx(0.005, rel=0.05)
    assert weights["cp(2)"].std().item() == pytest.approx(0.01, rel=0.05)
    assert layer.factors["cp(2)"].std().item() == pytest.approx(0.05, rel=0.05)
    assert not layer.bias.any()


def test_without_x_the_first_term_starts_ten_times_as_large():
    weights = NeuronLinear(400, 300, "x^3 + cp(2, r=100)").weights
    assert weights["x^3"].std().item() == pytest.approx(0.05, rel=0.05)
    assert weights["cp(2)"].std().item() == pytest.approx(0.01, rel=0.05)


def test_initial_values_of_a_convolution_count_the_window():
    layer = NeuronConv2d(64, 64, 5, "x + x^2 + cp(2, r=4)")
    assert layer.weights["x"].abs().max() <= 1 / 40
    assert layer.weights["x^2"].std().item() == pytest.approx(0.1 / 40, rel=0.05)
    assert layer.weights["cp(2)"].std().item() == pytest.approx(0.1 / 10, rel=0.05)
    assert layer.factors["cp(2)"].std().item() == pytest.approx(1 / 8, rel=0.15)


def test_reset_parameters_draws_anew():
    layer = NeuronLinear(3, 2, EVERY)
    before = copy.deepcopy(layer.state_dict())
    layer.reset_parameters()
    for name, value in layer.state_dict().items():
        assert name == "bias" or not torch.equal(value, before[name])


@pytest.mark.parametrize(
    "layer",
    [NeuronLinear(3, 2, EVERY, bias=False), NeuronConv2d(3, 2, 3, POLYNOMIAL)],
)
def test_layers_survive_files_copies_and_pickles(layer):
    x = torch.randn(3, 3, 3)
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    loaded = copy.deepcopy(layer)
    loaded.reset_parameters()
    loaded.load_state_dict(torch.load(file, weights_only=True))
    pickled = pickle.loads(pickle.dumps(layer))
    for twin in (loaded, copy.deepcopy(layer), pickled):
        assert torch.equal(twin(x), layer(x))
        assert twin.neuron == layer.neuron


def test_layers_print_in_one_line():
    assert repr(NeuronLinear(3, 2, "cp(2) + x", rank=4)) == (
        "NeuronLinear(in_features=3, out_features=2, neuron='x + cp(2, r=4)', bias=True)"
    )
    layer = NeuronConv2d(4, 2, 3, "x", padding=1, groups=2, bias=False)
    assert repr(layer) == (
        "NeuronConv2d(4, 2, kernel_size=(3, 3), neuron='x', stride=(1, 1), "
        "padding=(1, 1), groups=2, bias=False)"
    )


def test_parameters_lie_where_they_are_asked_for():
    layer = NeuronConv2d(3, 2, 3, device="meta", dtype=torch.bfloat16)
    assert {(p.device.type, p.dtype) for p in layer.parameters()} == {("meta", torch.bfloat16)}


# Training.


def test_gradients_are_those_of_finite_differences():
    linear = filled(NeuronLinear(3, 2, EVERY, rank=2, dtype=torch.float64))
    convolution = filled(NeuronConv2d(2, 2, 2, POLYNOMIAL, rank=2, padding=1, dtype=torch.float64))
    for layer, x in [(linear, inputs(2, 3)), (convolution, inputs(1, 2, 3, 3))]:
        names = dict(layer.named_parameters())

        def called(x, *parameters, layer=layer, names=names):
            state = dict(zip(names, parameters))
            return torch.func.functional_call(layer, state, (x,))

        given = (x.requires_grad_(), *names.values())
        assert torch.autograd.gradcheck(called, given)


def test_gradients_at_zero_are_finite():
    layer = NeuronLinear(3, 2, "x + x^2 + x^3 + cp(3)")
    x = torch.zeros(2, 3, requires_grad=True)
    layer(x).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_autocast_computes_in_bfloat16():
    for layer in (NeuronLinear(4, 3, EVERY), NeuronConv2d(4, 3, 3, POLYNOMIAL)):
        x = torch.randn(4, 4, 4)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = layer(x)
        assert y.dtype == torch.bfloat16
        y.float().sum().backward()
        assert torch.allclose(y.float(), layer(x), atol=0.05, rtol=0.05)
        assert all(p.grad.dtype == torch.float32 for p in layer.parameters())


@pytest.mark.parametrize(
    "layer",
    [NeuronLinear(4, 3, EVERY), NeuronConv2d(4, 3, 3, POLYNOMIAL, padding=1)],
)
def test_a_layer_compiles_as_one_graph(layer):
    # The front end alone: its graph is run as it is, without a C++ compiler.
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    x = torch.randn(4, 4, 4)
    assert torch.allclose(compiled(x), layer(x))


def test_a_product_is_learnt():
    layer = NeuronLinear(2, 1, "x + cp(2, r=1)")
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.03)
    x = torch.randn(256, 2)
    y = x.prod(1, keepdim=True)
    for _ in range(500):
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(layer(x), y)
        loss.backward()
        optimiser.step()
    assert loss.item() < 1e-4
    far = torch.tensor([[3.0, -2.0]])
    assert layer(far).item() == pytest.approx(-6.0, abs=0.1)
