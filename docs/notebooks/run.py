"""Turns the sources of the notebooks into notebooks and runs them.

Examples
--------
All of them, with what they gave in a folder::

    python docs/notebooks/run.py -o executed

One, looking for errors alone::

    python docs/notebooks/run.py docs/notebooks/regression.py
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
COLOURS = re.compile("\x1b\\[[0-9;]*m")


def main() -> int:
    """Run the notebooks that the command line names; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="*", type=Path, help="default: all beside this file")
    parser.add_argument("-o", "--output", type=Path, help="a folder for .ipynb and .html")
    parser.add_argument("--timeout", type=int, default=300, help="seconds a cell (300)")
    arguments = parser.parse_args()
    sources = arguments.sources or sorted(set(HERE.glob("*.py")) - {HERE / "run.py"})
    failed = 0
    for source in sources:
        start = time.monotonic()
        notebook = parse(source)
        error = execute(notebook, arguments.timeout)
        print(f"{source.stem}: {error or 'ok'} ({time.monotonic() - start:.1f} s)", flush=True)
        failed += error is not None
        if arguments.output:
            write(notebook, arguments.output / source.stem)
    return 1 if failed else 0


def parse(source: Path) -> nbformat.NotebookNode:
    """Read a source in the percent format; what stands before the first cell is left out."""
    cells: list[tuple[bool, list[str]]] = []
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# %%"):
            if line not in ("# %%", "# %% [markdown]"):
                raise ValueError(f"{source}:{number}: a cell begins '# %%' or '# %% [markdown]'")
            cells.append((line != "# %%", []))
        elif cells:
            is_text, lines = cells[-1]
            if is_text and line and line != "#" and not line.startswith("# "):
                raise ValueError(f"{source}:{number}: a line of a markdown cell begins '# '")
            lines.append(line[2:] if is_text else line)
    notebook = new_notebook()
    for index, (is_text, lines) in enumerate(cells):
        made = (new_markdown_cell if is_text else new_code_cell)("\n".join(lines).strip("\n"))
        # Random by default, which would make every run differ.
        made.id = f"cell-{index}"
        notebook.cells.append(made)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return notebook


class ThisPython(KernelSpecManager):
    """Kernels of the Python that runs this file, whatever kernels are installed elsewhere."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Give the same for every name."""
        arguments = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        arguments.append("--log-level=ERROR")
        return KernelSpec(argv=arguments, language="python", display_name="Python 3")


def execute(notebook: nbformat.NotebookNode, timeout: int) -> str | None:
    """Run all cells at the root of the repository; the first error and its cell, or None."""
    manager = AsyncKernelManager(kernel_spec_manager=ThisPython())
    place = {"metadata": {"path": str(REPOSITORY)}}
    client = NotebookClient(notebook, km=manager, timeout=timeout, resources=place)
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        # A cell that failed has no later neighbour that was run.
        ran = [cell for cell in notebook.cells if cell.get("execution_count")]
        number = notebook.cells.index(ran[-1]) + 1 if ran else 1
        return f"cell {number} failed\n{COLOURS.sub('', str(error))}"
    return None


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write the notebook and, if nbconvert is installed, a page of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path.with_suffix(".ipynb"))
    try:
        from nbconvert import HTMLExporter
    except ImportError:
        print(f"{path.stem}: no .html, which needs nbconvert", file=sys.stderr)
        return
    page, _ = HTMLExporter().from_notebook_node(notebook)
    path.with_suffix(".html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
