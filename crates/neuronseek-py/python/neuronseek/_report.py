"""Reports and the picture of a neuron, for notebooks."""

from __future__ import annotations

import html
import os
from pathlib import Path
from typing import Any


class Report:
    """A report that shows itself in notebooks.

    Attributes
    ----------
    html : str
        The page, which needs nothing from outside.
    data : dict
        Its numbers.
    """

    def __init__(self, page: str, data: dict[str, Any]) -> None:
        self.html = page
        self.data = data

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the page.

        Parameters
        ----------
        path : path-like
            The file.
        overwrite : bool, default=False
            Whether an existing file is replaced.
        """
        from neuronseek._base import _write_whole

        file = Path(path)
        if file.exists() and not overwrite:
            raise FileExistsError(f"{file} exists already: allow it with overwrite=True")
        _write_whole(file, self.html.encode())

    def __repr__(self) -> str:
        return f"<Report of {len(self.html) // 1000} kB: save(path) writes the page>"

    def _repr_html_(self) -> str:
        page = html.escape(self.html, quote=True)
        return (
            f'<iframe srcdoc="{page}" title="Report" loading="lazy" '
            'style="width: 100%; height: 640px; border: 1px solid #8888"></iframe>'
        )


def card(estimator: Any) -> str:
    """The neuron of a fitted estimator, its terms with what they explain, its formula."""
    rows = []
    for term in estimator.terms_:
        share = term["explained"]
        bar = ""
        if share is not None:
            width = max(0.0, min(1.0, share)) * 100
            bar = (
                '<span style="display: inline-block; width: 12em; background: #8883">'
                f'<span style="display: block; width: {width:.1f}%; height: 0.8em; '
                'background: #4477aa"></span></span>'
            )
        shown = "" if share is None else f"{100 * share:.2f} %"
        rows.append(
            f'<tr><td style="text-align: left"><code>{html.escape(term["term"])}</code></td>'
            f'<td style="text-align: left">{bar}</td><td>{shown}</td></tr>'
        )
    table = ""
    if rows:
        table = (
            '<table><thead><tr><th style="text-align: left">term</th>'
            '<th style="text-align: left" colspan="2">explains (lost without it)</th></tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )
    formula = html.escape(estimator.formula_).replace("\n", "<br>")
    return (
        '<div class="neuronseek-card" style="margin: 0.5em 0; padding: 0.5em 0.8em; '
        'border: 1px solid #8888; max-width: 60em; overflow-x: auto">'
        f"<div>Neuron <code><b>{html.escape(estimator.neuron_)}</b></code></div>"
        f'{table}<div style="font-size: 90%"><code>{formula}</code></div></div>'
    )
