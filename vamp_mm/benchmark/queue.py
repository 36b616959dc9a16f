"""Working through the runs of a benchmark, one process per run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .jobs import BUSY, LOG, PROGRESS, Job

_TICK = 0.2


@dataclass
class Entry:
    """A run and its state.

    Args:
        job: The run.
        state: ``'finished'``, ``'waiting'``, ``'running'``, ``'failed'`` or ``'busy'`` (another process works on it).
        started: Time at which its process started, in seconds since the epoch.
        seconds: How long its process took.
        process: Its process while it runs.
        slot: Slot of that process.
        fresh: Whether this command ran it.
    """

    job: Job
    state: str = 'waiting'
    started: float = 0.0
    seconds: float = 0.0
    process: subprocess.Popen | None = None
    slot: int = 0
    exit_status: int | None = None
    fresh: bool = field(default=False)

    def log_tail(self, lines: int = 15) -> str:
        """The last lines that the process wrote, for a reader only."""
        path = Path(self.job.work_dir) / LOG
        text = path.read_text(encoding='utf-8', errors='replace') if path.is_file() else ''
        return '\n'.join(text.splitlines()[-lines:])


def work_off(
    entries: Sequence[Entry],
    environments: Sequence[dict[str, str]],
    update: Callable[[], None],
    ended: Callable[[Entry], None],
) -> None:
    """Run all entries that wait; a failed one does not stop the others.

    Ends all processes when it is interrupted. Should this process be killed instead, they end by themselves.

    Args:
        entries: The runs; changed in place.
        environments: One per slot.
        update: Called several times a second.
        ended: Called with each entry whose process has ended.
    """
    free = list(range(len(environments)))[::-1]
    waiting = [entry for entry in entries if entry.state == 'waiting'][::-1]
    running: list[Entry] = []
    try:
        while waiting or running:
            while waiting and free:
                entry = waiting.pop()
                entry.slot = free.pop()
                _start(entry, environments[entry.slot])
                running.append(entry)
            update()
            time.sleep(_TICK)
            for entry in [item for item in running if _has_ended(item)]:
                running.remove(entry)
                free.append(entry.slot)
                ended(entry)
        update()
    finally:
        for entry in running:
            if entry.process is not None:
                entry.process.terminate()
        for entry in running:
            _stop(entry)


def _start(entry: Entry, env: dict[str, str]) -> None:
    job = entry.job
    job.write()
    (Path(job.work_dir) / PROGRESS).unlink(missing_ok=True)
    words = [sys.executable, '-m', 'vamp_mm.benchmark.worker', job.work_dir, '--end-with-parent']
    with open(Path(job.work_dir) / LOG, 'ab') as log:
        # the pipe is never written to: it closes when this process ends, however it ends; an own session keeps
        # Ctrl-C from the run, which is then stopped in order
        entry.process = subprocess.Popen(
            words,
            env=env,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    entry.state, entry.started, entry.fresh = 'running', time.time(), True


def _has_ended(entry: Entry) -> bool:
    assert entry.process is not None
    status = entry.process.poll()
    if status is None:
        return False
    if entry.process.stdin is not None:
        entry.process.stdin.close()
    entry.seconds, entry.exit_status, entry.process = time.time() - entry.started, status, None
    if status == BUSY:
        entry.state = 'busy'
    else:  # what counts is the result, not the status
        entry.state = 'finished' if status == 0 and entry.job.result() is not None else 'failed'
    return True


def _stop(entry: Entry) -> None:
    """Wait for a process that was told to end."""
    if entry.process is None:
        return
    try:
        entry.process.wait(10)
    except subprocess.TimeoutExpired:
        entry.process.kill()
        entry.process.wait()
    entry.state = 'waiting'
