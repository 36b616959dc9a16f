"""The work directory of a run: of its own, and empty when it starts."""

from __future__ import annotations

import re
from pathlib import Path

from vamp_mm.config.errors import WorkDirError
from vamp_mm.files import is_leftover
from vamp_mm.messages import some

from .lock import TRAINING_LOCK

#: What a run writes about its data before the first epoch: the lists and a note.
DATA_RECORD = ('data_split.json', 'data_note.txt')
_LOG_FOLDER = re.compile(r'\d{8}_\d{6}')  # MMEngine's, one per start


#: What file managers and network file systems put into any folder.
_OF_SYSTEMS = re.compile(
    r'\.DS_Store|\._.*|Thumbs\.db|ehthumbs\.db|desktop\.ini|\.directory|\.nfs.*', re.IGNORECASE
)


def check_work_dir(work_dir: str | Path, resume: bool = False) -> None:
    """Refuse a work directory that holds something of an earlier run, or anything else.

    Files that a file manager or a network file system puts there, such as ``.DS_Store``, do not count.
    What starts left that failed before their first checkpoint does not count either: a new start writes its own log
    folder beside theirs, and its record of the data over theirs; temporary files of writes that were killed are
    removed when it trains.

    Args:
        work_dir: Where a run is about to write.
        resume: Whether the run continues the one that is there.

    Raises:
        WorkDirError: If the directory is in use and the run does not resume.
        NotADirectoryError: If the path is a file.
    """
    path = Path(work_dir)
    if not path.exists() or resume:
        return
    if not path.is_dir():
        raise NotADirectoryError(f'work_dir {str(path)!r} is a file; give a folder')
    found = sorted(
        item.name
        for item in path.iterdir()
        if not (item.is_dir() and _LOG_FOLDER.fullmatch(item.name))
        and item.suffix != '.py'
        and item.name not in (*DATA_RECORD, TRAINING_LOCK)
        and not is_leftover(item.name)
        and not _OF_SYSTEMS.fullmatch(item.name)
    )
    if found:
        raise WorkDirError(
            f'work_dir {str(path)!r} is not empty (it holds {some(found, most=5)}) and is not overwritten. '
            'Continue that run with --resume, choose another --work-dir, or remove the folder'
        )
