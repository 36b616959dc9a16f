"""What ``tools/predict.py`` does."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Literal, TextIO

from vamp_mm.datasets import read_rgb

from ..errors import WorkDirError
from .output import writer
from .pictures import annotated, picture_path
from .predictor import Predictor


def predict_files(checkpoint: str | Path | None,
                  images: Sequence[str],
                  config: str | Path | None = None,
                  classes: Sequence[str] | None = None,
                  templates: Sequence[str] | None = None,
                  top_k: int = 5,
                  reject: str | None = None,
                  threshold: float | None = None,
                  kind: str = 'text',
                  out_dir: str | Path | None = None,
                  device: str | None = None,
                  batch_size: int | None = None,
                  unreadable: Literal['error', 'skip'] = 'error',
                  overrides: Mapping[str, Any] | None = None,
                  out: TextIO | None = None) -> tuple[int, int, int]:
    """Answer about files and folders, and print or write the answers as they come.

    Answers go to the standard output, all else (logs, the count at the end) to the standard error.

    Args:
        checkpoint: Checkpoint file, None or ``'none'`` with a config.
        images: Files and folders.
        config: Config file; None takes the one in the checkpoint.
        classes: Class names; None for those of the training.
        templates: Sentences with one ``{}``, or the name of one set.
        top_k: Number of classes to list.
        reject: Uncertainty by which answers are withheld.
        threshold: The largest that is still answered.
        kind: ``text``, ``jsonl`` or ``csv``.
        out_dir: Folder for annotated pictures, which must be new or empty.
        device: Where the model runs.
        batch_size: Images in one forward pass.
        unreadable: ``error`` or ``skip``.
        overrides: Dotted config key -> value.
        out: Where answers go in place of the standard output.

    Returns:
        Numbers of answered, rejected and unreadable images.

    Raises:
        WorkDirError: If the folder for pictures holds something.
    """
    target = out or sys.stdout
    if out is None and isinstance(target, io.TextIOWrapper):
        target.reconfigure(errors='surrogateescape')  # a file name goes out with the bytes that it has
    folder = None if out_dir is None else _new_folder(Path(out_dir))
    sets = templates[0] if templates is not None and len(templates) == 1 else templates
    counts = [0, 0]
    with redirect_stdout(sys.stderr):  # MMEngine logs to the standard output
        predictor = Predictor(checkpoint, config, device, overrides)
        if predictor.note:
            print(predictor.note, file=sys.stderr)
        predictions = predictor.stream(
            list(images), classes, sets, top_k, reject, threshold, batch_size, unreadable=unreadable)
        write = writer(kind, target, top_k, reject, threshold)
        for prediction in predictions:
            write(prediction)
            counts[prediction.rejected] += 1
            if folder is not None and prediction.path is not None:
                annotated(read_rgb(prediction.path), prediction).save(picture_path(folder, prediction))
    skipped = predictor.skipped
    for _, reason in skipped:
        print(reason, file=sys.stderr)
    print(f'{counts[0]} answered, {counts[1]} rejected, {len(skipped)} unreadable', file=sys.stderr)
    return counts[0], counts[1], len(skipped)


def _new_folder(folder: Path) -> Path:
    if folder.is_file():
        raise WorkDirError(f'--out-dir {str(folder)!r} is a file; give a folder')
    if folder.is_dir() and any(folder.iterdir()):
        raise WorkDirError(f'--out-dir {str(folder)!r} is not empty and nothing in it is replaced; give another folder')
    folder.mkdir(parents=True, exist_ok=True)
    return folder
