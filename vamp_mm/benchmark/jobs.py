"""One run of a benchmark, and in what state it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vamp_mm.cli.console import printable
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.identity import shots_in_words
from vamp_mm.engine.latest import find_latest_checkpoint
from vamp_mm.files import RecordError, read_record, write_json
from vamp_mm.runs.result_file import RESULT, read_result

JOB, LOG, PROGRESS, LOCK = 'job.json', 'run.log', 'progress.json', 'run.lock'
#: Exit status of a run that another process works on (EX_TEMPFAIL of sysexits).
BUSY = 75


@dataclass(frozen=True)
class Job:
    """A run that is planned.

    Args:
        options: Arguments of :func:`~vamp_mm.config.compose` but ``work_dir``.
        labels: ``method``, ``dataset``, ``protocol``, ``shots``, ``seed`` and ``overrides``, for tables.
        trains: False for a method of which nothing is trained.
        config_hash: Of the complete config.
        work_dir: Folder of this run only.
    """

    options: Mapping[str, Any]
    labels: Mapping[str, Any]
    trains: bool
    config_hash: str
    work_dir: str = field(default='')

    @property
    def name(self) -> str:
        """What tables and messages call the run."""
        shots, seed = self.labels['shots'], self.labels['seed']
        words = [self.labels['method'], self.labels['dataset'], self.labels['protocol']]
        words += [] if shots is None else [shots_in_words(shots)]
        words += [] if seed is None else [f'seed {seed}']
        # a folder may be called anything
        return printable(' '.join(str(word) for word in words if word))

    def result(self) -> dict[str, Any] | None:
        """What the finished run left; None if there is none of this config."""
        return read_result(Path(self.work_dir) / RESULT, self.config_hash)

    def state(self) -> str:
        """``'finished'``, ``'interrupted'`` (a checkpoint to resume from) or ``'new'``."""
        if self.result() is not None:
            return 'finished'
        path = Path(self.work_dir)
        return 'interrupted' if path.is_dir() and find_latest_checkpoint(path) else 'new'

    def write(self) -> None:
        """Write the job into its folder, where the process of the run finds it."""
        write_json(Path(self.work_dir) / JOB, asdict(self))


def read_job(work_dir: str | Path) -> Job:
    """The job of a folder.

    Args:
        work_dir: Folder of a run.

    Returns:
        The job; its folder is the one given, so that it may have moved.

    Raises:
        FileNotFoundError: If the folder holds no job.
        ConfigError: If its file is damaged.
    """
    path = Path(work_dir) / JOB
    if not path.is_file():
        raise FileNotFoundError(
            f'{str(path)!r} does not exist: {str(work_dir)!r} is not a run of a benchmark'
        )
    try:
        return Job(**{**read_record(path), 'work_dir': str(work_dir)})
    except (RecordError, TypeError) as error:
        raise ConfigError(
            [f'it does not describe a run ({error}); start the benchmark again, which writes it'],
            str(path),
        ) from error
