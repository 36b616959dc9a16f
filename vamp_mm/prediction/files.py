"""Answers about files and folders as text, JSON lines or CSV: the work of ``vamp_mm predict``."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Literal, TextIO

from vamp_mm.config.errors import WorkDirError
from vamp_mm.datasets import read_rgb
from vamp_mm.datasets.errors import ImageError
from vamp_mm.datasets.sources.base import DEFAULT_TEMPLATE

from .classes import Classes
from .folders import summary
from .options import chosen_names, new_folder, require_inputs
from .output import visible, writer
from .pictures import annotated, picture_path
from .predictor import Predictor
from .preprocessing import reason_of
from .question import check_options
from .results import Prediction, Rejection
from .stream import PredictionStream


def predict_files(
    checkpoint: str | Path | None,
    images: Sequence[str],
    config: str | Path | None = None,
    classes: Sequence[str] | None = None,
    classes_file: str | Path | None = None,
    templates: Sequence[str] | None = None,
    top_k: int = 5,
    reject: str | None = None,
    threshold: float | None = None,
    kind: str = 'text',
    out_dir: str | Path | None = None,
    device: str | None = None,
    batch_size: int | None = None,
    unreadable: Literal['error', 'skip'] = 'skip',
    overrides: Mapping[str, Any] | None = None,
    out: TextIO | None = None,
) -> tuple[int, int, int]:
    """Predict the classes of images in files and folders, and write each prediction as it is made.

    Predictions go to the standard output; logs, images without a prediction and the counts go to the standard error.

    Args:
        checkpoint: Checkpoint file, None or ``'none'`` with a config.
        images: Files and folders.
        config: Config file; None takes the one in the checkpoint.
        classes: Class names; None for those of the training.
        classes_file: A UTF-8 text file with one class name per line, in place of ``classes``.
        templates: Sentences with one ``{}``, or the name of one set.
        top_k: Number of classes to list.
        reject: Uncertainty by which answers are withheld.
        threshold: The largest uncertainty that is still answered.
        kind: ``text``, ``jsonl`` or ``csv``.
        out_dir: Folder for the annotated images; it must be new or empty.
        device: Where the model runs.
        batch_size: Images in one forward pass.
        unreadable: ``skip`` lists images that cannot be read and continues, ``error`` stops at the first one.
        overrides: Dotted config key -> value.
        out: Where answers go in place of the standard output.

    Returns:
        Numbers of answered, rejected and unreadable images.

    Raises:
        WorkDirError: If ``out_dir`` is not empty, is inside a folder of images, or cannot be written.
        ConfigError: If class names are given in two ways, or an option is wrong.
        DataError: If none of the files and folders exists, or class names or templates are wrong.
    """
    target = out or _standard_output()
    log = sys.stderr or io.StringIO()  # print(file=None) would write among the answers
    folder = None if out_dir is None else new_folder(Path(out_dir), images)
    names = chosen_names(classes, classes_file)
    sets = templates[0] if templates is not None and len(templates) == 1 else templates
    check_options(top_k, 1 if batch_size is None else batch_size, unreadable)
    Rejection(reject, threshold)
    Classes(('any', 'other'), DEFAULT_TEMPLATE).vocabulary(names, sets)
    require_inputs(images)
    with redirect_stdout(log):  # MMEngine logs to the standard output
        predictor = Predictor(checkpoint, config, device, overrides)
        if predictor.note:
            print(predictor.note, file=log)
        predictions = predictor.stream(
            list(images), names, sets, top_k, reject, threshold, batch_size, unreadable=unreadable
        )
        write = writer(kind, target, top_k, reject, threshold)
        counts = [0, 0]
        for prediction in predictions:
            write(prediction)
            counts[prediction.rejected] += 1
            if folder is not None:
                _draw(prediction, folder, log)
    answered, rejected = counts
    _report(answered, rejected, predictions, log)
    return answered, rejected, len(predictions.skipped)


def _standard_output() -> TextIO:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a file name goes out with the bytes that it has
        sys.stdout.reconfigure(errors='surrogateescape')
    return sys.stdout


def _report(answered: int, rejected: int, predictions: PredictionStream, log: TextIO) -> None:
    """Name what has no answer, and count."""
    for path, reason in predictions.skipped:
        print(f'not answered: {visible(path)}: {visible(reason)}', file=log)
    for line in summary(predictions.passed_over):
        print(f'passed over, {line}', file=log)
    other = len(predictions.passed_over)
    more = f', {other} passed over' if other else ''
    print(
        f'{answered} answered, {rejected} rejected, {len(predictions.skipped)} unreadable{more}',
        file=log,
    )


def _draw(prediction: Prediction, folder: Path, log: TextIO) -> None:
    if prediction.path is None:
        return
    try:
        image = read_rgb(prediction.path)
    except ImageError as error:  # the test transforms can read more kinds
        print(
            f'no annotated image of {visible(prediction.path)}: {visible(reason_of(error))}',
            file=log,
        )
        return
    path = picture_path(folder, prediction)
    try:
        annotated(image, prediction).save(path)
    except OSError as error:
        raise WorkDirError(
            f'--out-dir: {str(path)!r} cannot be written: {error.strerror or error}'
        ) from error
