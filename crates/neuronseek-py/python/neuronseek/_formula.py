"""Neurons and polynomials in words and symbols."""

from __future__ import annotations

import json
from typing import Any

from neuronseek._core import Model

_SHOWN = 12


def structure(model: Model) -> dict[str, list[Any]]:
    """The orders of pure terms, interactions with ranks, and functions."""
    terms = json.loads(model.structure)
    result: dict[str, list[Any]] = {"pure": [], "interaction": [], "functions": []}
    for term in terms:
        if term["kind"] == "pure":
            result["pure"].append(term["order"])
        elif term["kind"] == "interaction":
            result["interaction"].append({"order": term["order"], "rank": term["rank"]})
        else:
            result["functions"].append(term["function"])
    return result


def evidence(model: Model, report: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry a term: its text, what it explains, by how much BIC rises without it."""
    terms = json.loads(model.structure)
    search = report.get("search")
    known = search["evidence"] if search else []
    result = []
    for index, term in enumerate(terms):
        own = known[index] if index < len(known) else {}
        result.append(
            {
                "term": term["text"],
                "order": term["order"],
                "rank": term["rank"],
                "explained": own.get("explained"),
                "bic_gain": own.get("bic_gain"),
            }
        )
    return result


def text(model: Model) -> str:
    """The formula: in full where it is short, else its largest products and how many there are.

    A model without a polynomial has its neuron for a formula.
    """
    if model.equation is not None:
        return model.equation
    expanded = model.expanded
    if expanded is None:
        return model.neuron
    document = json.loads(expanded)
    inputs = document["inputs"]
    lines = []
    for output in document["outputs"]:
        monomials = output["monomials"]
        shown = monomials[:_SHOWN]
        parts = [_product(inputs, powers, value) for powers, value in shown]
        line = f"{output['name']} = " + " + ".join(parts).replace("+ -", "- ")
        if len(monomials) > len(shown):
            line += f" + ... ({len(monomials)} products; to_sympy() has all)"
        lines.append(line)
    return "\n".join(lines)


def _product(inputs: list[dict[str, Any]], powers: list[Any], value: float) -> str:
    parts = [f"{value:.6g}"]
    for index, power in powers:
        shift = inputs[index]["shift"]
        name = inputs[index]["name"]
        if shift:
            name = f"({name} - {shift:.6g})" if shift > 0 else f"({name} + {-shift:.6g})"
        parts.append(name if power == 1 else f"{name}^{power}")
    return " ".join(parts)


def to_sympy(model: Model) -> Any:
    """The polynomial as an expression, or as a dict of them where there are several outputs."""
    try:
        import sympy
    except ImportError as error:
        raise ImportError("to_sympy needs SymPy: pip install sympy") from error
    if model.expanded is None:
        raise ValueError(
            "the model has no polynomial: its neuron was given, or has functions in it, or it is "
            "too large to be multiplied out (50,000 products of inputs)"
        )
    document = json.loads(model.expanded)
    symbols = [
        sympy.Symbol(one["name"], real=True) - sympy.Float(one["shift"])
        if one["shift"]
        else sympy.Symbol(one["name"], real=True)
        for one in document["inputs"]
    ]
    result = {}
    for output in document["outputs"]:
        products = [
            sympy.Mul(sympy.Float(value), *(symbols[index] ** power for index, power in powers))
            for powers, value in output["monomials"]
        ]
        result[output["name"]] = sympy.Add(*products)
    return next(iter(result.values())) if len(result) == 1 else result
