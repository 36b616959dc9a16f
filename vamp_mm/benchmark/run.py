"""A benchmark from its lists to its results."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .display import Display
from .estimate import Estimator, clock, learned, on_slots
from .jobs import LOG, Job
from .plan import plan
from .queue import Entry, work_off
from .slots import environments
from .slurm import write_array
from .spec import Spec

_TITLES = {'finished': 'finished', 'interrupted': 'to resume', 'new': 'to do'}


def run_benchmark(
    spec: Spec, slots: int | None = None, dry_run: bool = False, slurm: str | Path | None = None
) -> int:
    """Do all runs that are not finished, as many at a time as there are slots.

    Each run has a folder, a process and a log of its own and leaves ``result.json``. Finished ones are recognised by
    the hash of their config; interrupted ones resume from their last checkpoint; the others still run if one fails. The
    same call continues after a kill.

    Args:
        spec: What is compared.
        slots: Runs at a time; by default one per GPU, or one on the CPU.
        dry_run: Show the plan and an estimate of time, and run nothing.
        slurm: Write the script of an array job here, and run nothing.

    Returns:
        Number of runs that are not finished though they should be: 0 if all went well, or nothing was to be run.
    """
    console = Console(file=sys.stdout)
    places = environments(slots)
    jobs = plan(spec)
    states = {job.work_dir: job.state() for job in jobs}
    todo = [job for job in jobs if states[job.work_dir] != 'finished']
    counts = ', '.join(
        f'{number} {_TITLES[state]}'
        for state in _TITLES
        if (number := list(states.values()).count(state))
    )
    _say(console, f'{len(jobs)} runs in {spec.work_dir}: {counts}')
    estimator = learned(jobs)
    if slurm is not None and not todo:
        _say(console, f'nothing is left to submit; {slurm} is not written')
        return 0
    if slurm is not None:
        write_array(slurm, todo, slots)
        _say(console, f'{slurm} has {len(todo)} tasks; submit it with: sbatch {slurm}')
        return 0
    if dry_run:
        _show_plan(jobs, states, estimator, len(places), console)
        return 0
    entries = [
        Entry(job, 'finished' if states[job.work_dir] == 'finished' else 'waiting') for job in jobs
    ]
    with Display(entries, estimator, len(places), console) as display:
        work_off(entries, places, display.update, lambda entry: _learn(estimator, entry))
    return _close(entries, spec, console)


def _learn(estimator: Estimator, entry: Entry) -> None:
    result = entry.job.result()
    if entry.state == 'finished' and result is not None:
        estimator.learn(entry.job.labels, result)


def _close(entries: Sequence[Entry], spec: Spec, console: Console) -> int:
    for entry in entries:
        # the other process is done by now
        if entry.state == 'busy' and entry.job.result() is not None:
            entry.state = 'finished'
    bad = [entry for entry in entries if entry.state != 'finished']
    for entry in bad:
        if entry.state == 'busy':
            _say(
                console,
                f'\nBUSY {entry.job.name}: another process is working on {entry.job.work_dir}',
            )
            continue
        status = entry.exit_status
        how = f'signal {-status}' if status is not None and status < 0 else f'status {status}'
        _say(
            console,
            f'\nFAILED {entry.job.name} ({how}); the end of {Path(entry.job.work_dir) / LOG}:',
        )
        _say(
            console,
            '\n'.join(f'  | {line}' for line in entry.log_tail().splitlines()) or '  | (empty)',
        )
    done = len(entries) - len(bad)
    _say(
        console,
        f'{done} of {len(entries)} runs are finished; tables: vamp_mm report {spec.work_dir}',
    )
    if bad:
        _say(console, f'{len(bad)} are not; the same command tries them again')
    return len(bad)


def _show_plan(
    jobs: Sequence[Job], states: dict[str, str], estimator: Estimator, slots: int, console: Console
) -> None:
    table = Table(title='Plan')
    for column in ('run', 'config', 'state', 'time'):
        table.add_column(column, justify='right' if column == 'time' else 'left', overflow='fold')
    times = []
    for job in jobs:
        state = states[job.work_dir]
        seconds = None if state == 'finished' else estimator.seconds(job.labels)
        if state != 'finished':
            times.append(seconds)
        shown = (
            ''
            if state == 'finished'
            else 'not known'
            if seconds is None
            else f'about {clock(seconds)}'
        )
        config = Path(job.options['config'])
        table.add_row(Text(job.name), '/'.join(config.parts[-2:]), _TITLES[state], shown)
    console.print(table)
    known = [seconds for seconds in times if seconds is not None]
    total = clock(on_slots(known, slots))
    if not times:
        _say(console, 'nothing is left to do')
    elif not known:
        _say(
            console,
            f'{len(times)} runs to do on {slots} slot(s); no run of these methods is finished yet, so their '
            'time is not known',
        )
    else:
        rest = len(times) - len(known)
        _say(
            console,
            f'about {total} on {slots} slot(s), estimated from finished runs'
            + (f'; and {rest} runs of methods of which none is finished yet' if rest else ''),
        )


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, markup=False, highlight=False)
