"""One fit in a process of its own, with a limit of processor time."""

import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

# What a process may take in wall-clock time for each second of its limit: it may wait for a busy
# machine.
WALL = 10


@dataclass
class Ended:
    """How a process ended: its output, seconds, and whether it came to its limit."""

    output: str
    errors: str
    code: int
    cpu: float
    wall: float
    limited: bool


def run_limited(command, limit, environment=None):
    """Runs a command for at most `limit` seconds of processor time, its children included.

    The seconds are those of the operating system for the process and its ended children.
    """

    def limit_self():
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 5))

    start = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            preexec_fn=limit_self,
            start_new_session=True,
        )
        alarm = threading.Timer(WALL * limit + 60, kill_group, [child.pid])
        alarm.start()
        try:
            output = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            kill_group(child.pid)
            raise
        finally:
            overdue = not alarm.is_alive()
            alarm.cancel()
            child.stdout.close()
        errors.seek(0)
        messages = errors.read().decode("utf-8", "replace")
    cpu = usage.ru_utime + usage.ru_stime
    limited = child.returncode in (-signal.SIGXCPU, -signal.SIGKILL) and cpu >= limit - 1
    return Ended(
        output.decode("utf-8", "replace"),
        messages,
        child.returncode,
        cpu,
        time.monotonic() - start,
        limited or overdue,
    )


def kill_group(leader):
    """Ends a process and what it started."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass
