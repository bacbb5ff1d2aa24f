"""The found neuron as PyTorch layers, for networks of your own.

`NeuronLinear` is a layer of NeuronSeek's networks for tables: the same formula, parameters of
the same names and meaning, the same initial distributions. The convolutions are those of its
image networks: an interaction multiplies convolutions of one pixel, and a convolution with the
window follows. (Products of whole windows would be `NeuronLinear` on unfolded patches, but take
as many windowed convolutions as there are factors.) What those networks put around a layer is
yours to choose: scaled inputs, norms, and for images the bound on what is raised to a power.

High orders amplify. Scale the inputs to a deviation of about one, put a norm between layers, and
under autocast prefer bfloat16 to float16, which x^3 leaves where x is 41.

Examples
--------
>>> import torch
>>> from neuronseek.experimental.torch import NeuronLinear
>>> layer = NeuronLinear(5, 16, neuron="x + x^3 + cp(2, r=1)")
>>> layer(torch.zeros(10, 5)).shape
torch.Size([10, 16])
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

try:
    import torch
    import torch.nn.functional as F
    from torch import Tensor, nn
except ImportError as error:
    raise ImportError("neuronseek.experimental.torch needs PyTorch: pip install torch") from error

__all__ = ["NeuronConv1d", "NeuronConv2d", "NeuronLinear"]

_MAX_ORDER = 9
_MAX_CONVOLUTION_ORDER = 5
_MAX_RANK = 1024
_FUNCTIONS = {"sin": torch.sin, "cos": torch.cos, "exp": torch.exp}
_KINDS = ["x", *_FUNCTIONS, "cp"]
_TERM = re.compile(
    r"x(?:\^\s*(?P<power>[0-9]+))?|(?P<function>sin|cos|exp)\(x\)"
    r"|cp\(\s*(?P<order>[0-9]+)\s*(?:,\s*r\s*=\s*(?P<rank>[0-9]+)\s*)?\)"
)


class _Fitted(Protocol):
    """An estimator that found a neuron, whose text form is its `str`."""

    @property
    def neuron_(self) -> object: ...


class _NeuronLayer(nn.Module):  # type: ignore[misc, unused-ignore]
    """What linear layers and convolutions share; they differ in their linear maps alone."""

    bias: nn.Parameter | None

    def __init__(
        self,
        shape: tuple[int, int, int],
        window: tuple[int, ...],
        terms: tuple[_Term, ...],
        bias: bool,
        device: torch.device | str | int | None,
        dtype: torch.dtype | None,
    ) -> None:
        super().__init__()
        self._terms = terms
        inputs, outputs, groups = shape
        self.weights = nn.ParameterDict()
        self.factors = nn.ParameterDict()

        def parameter(*sizes: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(sizes, device=device, dtype=dtype))

        for term in terms:
            features = inputs // groups
            if term.rank is not None:
                pixel = [1] * len(window)
                self.factors[term.label] = parameter(
                    term.order, groups * term.rank, features, *pixel
                )
                features = term.rank
            self.weights[term.label] = parameter(outputs, features, *window)
        self.register_parameter("bias", parameter(outputs) if bias else None)
        self.reset_parameters()

    @property
    def neuron(self) -> str:
        """The neuron in canonical form, each interaction with its rank."""
        return " + ".join(map(str, self._terms))

    def reset_parameters(self) -> None:
        """Draw all parameters anew."""
        # Higher orders start small: large ones explode at the edges of the data before training
        # has bent them. Without x there is nothing else to start from.
        small = 0.1 if self._terms[0].label == "x" else 1.0
        for term in self._terms:
            weight = self.weights[term.label]
            deviation = weight[0].numel() ** -0.5
            if term.label == "x":
                nn.init.uniform_(weight, -deviation, deviation)
                continue
            nn.init.normal_(weight, std=small * deviation)
            small = 0.1
        for factors in self.factors.values():
            nn.init.normal_(factors, std=factors[0, 0].numel() ** -0.5)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Add up the terms."""
        first, *others = self._terms
        y = self._map(self._features(x, first), self.weights[first.label], self.bias)
        for term in others:
            y = y + self._map(self._features(x, term), self.weights[term.label], None)
        return y

    def _features(self, x: Tensor, term: _Term) -> Tensor:
        """What the weights of a term map: `x`, a power, a function or a product."""
        if term.rank is not None:
            first, *others = self.factors[term.label]
            product = self._project(x, first)
            for factor in others:
                product = product * self._project(x, factor)
            return product
        if term.kind in _FUNCTIONS:
            return _FUNCTIONS[term.kind](x)
        return x if term.order == 1 else x.pow(term.order)

    def _map(self, features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        raise NotImplementedError

    def _project(self, x: Tensor, factor: Tensor) -> Tensor:
        raise NotImplementedError

    def __repr__(self) -> str:
        # Parameters inside a ParameterDict would take a line each.
        return f"{type(self).__name__}({self.extra_repr()})"


class NeuronLinear(_NeuronLayer):
    """A linear layer that aggregates by a neuron.

    ``y = b + sum_k W_k x^(k) + sum_g W_g g(x) + sum_k V_k (prod_{m<=k} U_{k,m} x)``

    The first sum is over the pure terms `x^k`, the second over the functions, the last over the
    interactions `cp(k, r=R)`; powers, functions and products are element-wise.

    Parameters
    ----------
    in_features, out_features : int
        Numbers in and out, 1 or more.
    neuron : str or fitted estimator, default "x + x^2 + cp(2, r=4)"
        Terms joined by `+`: `x`, `x^3`, `sin(x)`, `cos(x)`, `exp(x)`, `cp(2)`, `cp(3, r=4)`, of
        orders up to 9; or anything whose attribute `neuron_` reads so.
    bias : bool, default True
        Whether b is there.
    rank : int, default 8
        The rank R of interactions that name none, 1 to 1024.
    device, dtype
        Of the parameters, as for `torch.nn.Linear`.

    Attributes
    ----------
    weights : torch.nn.ParameterDict
        W and V by term: "x", "x^2", "sin" are out_features x in_features, "cp(2)" is
        out_features x R.
    factors : torch.nn.ParameterDict
        U by interaction: "cp(2)" is 2 x R x in_features.
    bias : torch.nn.Parameter or None
        b, out_features.

    Raises
    ------
    ValueError
        The text is no neuron, or a number is out of its range.
    TypeError
        `neuron` is neither a text nor has an attribute `neuron_`.

    Notes
    -----
    Inputs are `(..., in_features)`, outputs `(..., out_features)`. Initial values:

    ============================  ====================================
    weights of x                  uniform within 1 / sqrt(in_features)
    weights of powers, functions  normal, deviation 0.1 / sqrt(in_features)
    weights of interactions       normal, deviation 0.1 / sqrt(R)
    factors                       normal, deviation 1 / sqrt(in_features)
    bias                          0
    ============================  ====================================

    Without the term x, the weights of the first term start ten times as large, for training has
    nothing else to start from.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        neuron: str | _Fitted = "x + x^2 + cp(2, r=4)",
        bias: bool = True,
        rank: int = 8,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        _check({"in_features": in_features, "out_features": out_features})
        terms = _read(neuron, rank)
        shape = (in_features, out_features, 1)
        super().__init__(shape, (), terms, bias, device, dtype)
        self.in_features = in_features
        self.out_features = out_features

    def _map(self, features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return F.linear(features, weight, bias)

    def _project(self, x: Tensor, factor: Tensor) -> Tensor:
        return F.linear(x, factor)

    def extra_repr(self) -> str:
        """Sizes, neuron and bias."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"neuron='{self.neuron}', bias={self.bias is not None}"
        )


class _NeuronConv(_NeuronLayer):
    """A convolution over as many axes as its subclass says."""

    _axes: int
    _convolution: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        neuron: str | _Fitted = "x + x^2 + cp(2, r=4)",
        stride: int | tuple[int, ...] = 1,
        padding: str | int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
        rank: int = 16,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        channels = {"in_channels": in_channels, "out_channels": out_channels}
        _check({**channels, "groups": groups})
        for name, value in channels.items():
            if value % groups != 0:
                raise ValueError(f"{name} is {value}, not a multiple of groups {groups}")
        window = self._sizes("kernel_size", kernel_size, 1)
        strides = self._sizes("stride", stride, 1)
        dilations = self._sizes("dilation", dilation, 1)
        if not isinstance(padding, str):
            padding = self._sizes("padding", padding, 0)
        elif padding not in ("same", "valid"):
            raise ValueError(f'padding is "{padding}", allowed are "same" and "valid"')
        elif padding == "same" and max(strides) > 1:
            raise ValueError('padding "same" needs stride 1')
        terms = _read(neuron, rank)
        for term in terms:
            if term.kind in _FUNCTIONS:
                raise ValueError(f"{term} is no term of a convolution: use powers and interactions")
            if term.order > _MAX_CONVOLUTION_ORDER:
                raise ValueError(
                    f"{term} has order {term.order}: convolutions take orders "
                    f"1 to {_MAX_CONVOLUTION_ORDER}"
                )
        shape = (in_channels, out_channels, groups)
        super().__init__(shape, window, terms, bias, device, dtype)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = window
        self.stride = strides
        self.padding = padding
        self.dilation = dilations
        self.groups = groups

    def _map(self, features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return self._convolution(
            features,
            weight,
            bias,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
        )

    def _project(self, x: Tensor, factor: Tensor) -> Tensor:
        return self._convolution(x, factor, groups=self.groups)

    def _sizes(self, name: str, value: int | tuple[int, ...], low: int) -> tuple[int, ...]:
        sizes = (value,) * self._axes if isinstance(value, int) else tuple(value)
        if len(sizes) != self._axes:
            raise ValueError(f"{name} has {len(sizes)} numbers, expected {self._axes}")
        for size in sizes:
            _check({name: size}, low)
        return sizes

    def extra_repr(self) -> str:
        """Channels, window, neuron and what is not at its default."""
        text = f"{self.in_channels}, {self.out_channels}, "
        text += f"kernel_size={self.kernel_size}, neuron='{self.neuron}', "
        text += f"stride={self.stride}"
        if self.padding not in ("valid", (0,) * self._axes):
            text += f", padding={self.padding!r}"
        if max(self.dilation) > 1:
            text += f", dilation={self.dilation}"
        if self.groups > 1:
            text += f", groups={self.groups}"
        return text if self.bias is not None else text + ", bias=False"


class NeuronConv2d(_NeuronConv):
    """A convolution that aggregates by a neuron.

    ``y = b + sum_k Conv_k(x^(k)) + sum_k Conv'_k(prod_{m<=k} P_{k,m} x)``

    The first sum is over the pure terms `x^k`, the second over the interactions `cp(k, r=R)`.
    All Conv have the window, stride, padding and dilation given; the P are convolutions of one
    pixel to R channels. Powers and products are element-wise.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels in and out, 1 or more, multiples of `groups`.
    kernel_size : int or tuple of int
        The window.
    neuron : str or fitted estimator, default "x + x^2 + cp(2, r=4)"
        As for `NeuronLinear`, without functions, of orders up to 5.
    stride, dilation : int or tuple of int, default 1
        As for `torch.nn.Conv2d`.
    padding : int, tuple of int, "same" or "valid", default 0
        How many zeros stand around the image, and so around its powers and products.
    groups : int, default 1
        Groups of channels that do not see each other; each has interactions of its own.
    bias : bool, default True
        Whether b is there.
    rank : int, default 16
        The rank R of interactions that name none, 1 to 1024.
    device, dtype
        Of the parameters, as for `torch.nn.Conv2d`.

    Attributes
    ----------
    weights : torch.nn.ParameterDict
        Conv by term: "x", "x^2" are out_channels x in_channels / groups x window, "cp(2)" is
        out_channels x R x window.
    factors : torch.nn.ParameterDict
        P by interaction: "cp(2)" is 2 x groups R x in_channels / groups x 1 x 1.
    bias : torch.nn.Parameter or None
        b, out_channels.

    Raises
    ------
    ValueError
        The text is no neuron of a convolution, or a number is out of its range.
    TypeError
        `neuron` is neither a text nor has an attribute `neuron_`.

    Notes
    -----
    Shapes are those of `torch.nn.Conv2d`. Initial values are those of `NeuronLinear`, with the
    numbers that a weight or factor sees (channels of a group times the window) in place of
    in_features and R.
    """

    _axes = 2
    _convolution = staticmethod(F.conv2d)


class NeuronConv1d(_NeuronConv):
    """A convolution over one axis that aggregates by a neuron; else as `NeuronConv2d`."""

    _axes = 1
    _convolution = staticmethod(F.conv1d)


class _Term(NamedTuple):
    """A summand of a neuron; only an interaction, of kind "cp", has a rank."""

    kind: str
    order: int = 1
    rank: int | None = None

    @property
    def label(self) -> str:
        """The name of its parameters, without the rank, which their shapes tell."""
        if self.kind == "cp":
            return f"cp({self.order})"
        return self.kind if self.order == 1 else f"x^{self.order}"

    def __str__(self) -> str:
        if self.kind in _FUNCTIONS:
            return f"{self.kind}(x)"
        return self.label if self.rank is None else f"cp({self.order}, r={self.rank})"


def _read(neuron: str | _Fitted, rank: int) -> tuple[_Term, ...]:
    """The terms in canonical order: powers, functions, interactions, each by order."""
    _check({"rank": rank}, high=_MAX_RANK)
    found = neuron if isinstance(neuron, str) else getattr(neuron, "neuron_", None)
    if found is None:
        raise TypeError(
            f"neuron is of type {type(neuron).__name__} without neuron_: give a text such as "
            '"x + cp(2, r=1)" or a fitted estimator'
        )
    text = str(found)
    # A search that finds nothing says "0".
    if text.strip() in ("", "0"):
        raise ValueError('a neuron needs at least one term, such as "x + cp(2, r=1)"')
    if text.strip() == "linear":
        text = "x"
    terms: dict[str, _Term] = {}
    start = 1
    for part in text.split("+"):
        written = part.strip()
        term = _read_term(written, start + len(part) - len(part.lstrip()), rank)
        if term.label in terms:
            raise ValueError(f'the term "{written}" is given twice')
        terms[term.label] = term
        start += len(part) + 1
    return tuple(sorted(terms.values(), key=lambda term: (_KINDS.index(term.kind), term.order)))


def _read_term(text: str, position: int, rank: int) -> _Term:
    """A term that starts at a position of the whole text, counted from 1."""
    match = _TERM.fullmatch(text)
    if match is None:
        raise ValueError(
            f'"{text}" (at character {position}) is not a term: write x, x^3, cp(2), '
            "cp(3, r=4), sin(x), cos(x) or exp(x)"
        )

    def number(name: str, what: str, low: int, high: int) -> int:
        digits = match[name]
        # `int` refuses thousands of digits in words of its own.
        value = int(digits) if len(digits) < 20 else high + 1
        if not low <= value <= high:
            raise ValueError(f'{what} {digits} in "{text}" is out of range: {low} to {high}')
        return value

    if match["function"]:
        return _Term(match["function"])
    if match["order"]:
        if match["rank"]:
            rank = number("rank", "rank", 1, _MAX_RANK)
        return _Term("cp", number("order", "order", 2, _MAX_ORDER), rank)
    order = number("power", "order", 1, _MAX_ORDER) if match["power"] else 1
    return _Term("x", order)


def _check(numbers: dict[str, int], low: int = 1, high: int | None = None) -> None:
    """Refuse what is no whole number from low to high, all at once."""
    allowed = f"{low} or more" if high is None else f"{low} to {high}"
    problems = [
        f"{name} is {value!r}, allowed is {allowed}"
        for name, value in numbers.items()
        if not isinstance(value, int) or value < low or (high is not None and value > high)
    ]
    if problems:
        raise ValueError("; ".join(problems))
