"""The Python environment of the peers, made from pinned requirements."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# The methods that need more than requirements.txt.
NETWORKS = ("realmlp", "tabm")


def requirements(methods):
    """The file that lists what the methods need."""
    networks = any(method in NETWORKS for method in methods)
    return HERE / ("requirements-networks.txt" if networks else "requirements.txt")


def make_environment(folder, methods):
    """The interpreter of an environment with what the methods need; made where it lacks that.

    A mark beside the environment tells which requirements were installed last, by their content.
    """
    folder = Path(folder).resolve()
    python = folder / "bin" / "python"
    wanted = requirements(methods)
    mark = folder / f"{wanted.stem}.sha256"
    digest = hashlib.sha256(
        wanted.read_bytes() + (HERE / "requirements.txt").read_bytes()
    ).hexdigest()
    if mark.exists() and mark.read_text() == digest:
        return str(python)
    if not python.exists():
        print(f"making the environment {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    print(f"installing {wanted.name}", file=sys.stderr)
    command = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(wanted)]
    subprocess.run(command, check=True)
    mark.write_text(digest)
    return str(python)


def one_thread():
    """The environment variables of a fit: one thread in every library."""
    names = ("OMP", "OPENBLAS", "MKL")
    return {**os.environ, **{f"{name}_NUM_THREADS": "1" for name in names}}
