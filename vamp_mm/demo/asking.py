"""From the fields of the page to answers."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageOps

from vamp_mm.datasets import DataError
from vamp_mm.datasets.image_files import open_image
from vamp_mm.datasets.transforms import rgb
from vamp_mm.prediction import Prediction
from vamp_mm.prediction.preprocessing import reason_of

from .models import Models
from .typed import class_names, templates

_WIDEST = 480  # pixels of the pictures that are shown


@dataclass(frozen=True)
class Answer:
    """What is shown about one file.

    Args:
        file: Its name.
        picture: A small copy as a ``data:`` address; empty if it cannot be read.
        prediction: The answer, None if there is none.
        problem: Why there is none.
    """

    file: str
    picture: str = ''
    prediction: Prediction | None = None
    problem: str = ''


@dataclass(frozen=True)
class Answers:
    """What is shown about one question.

    Args:
        model: What the page calls the model.
        note: What to know about it.
        classes: Number of classes C.
        samples: Number of samples S.
        given: One answer for each file.
    """

    model: str
    note: str
    classes: int
    samples: int
    given: tuple[Answer, ...]


def ask(
    models: Models, number: int, files: Sequence[str], names: str, sentences: str, top_k: int
) -> Answers:
    """Ask a model about files.

    Photographs are turned upright as their EXIF data require, which the benchmark's protocol does not do.

    Args:
        models: All models.
        number: Which of them.
        files: Paths.
        names: Class names as they were typed.
        sentences: Templates as they were typed.
        top_k: Number of classes to list.

    Returns:
        Answers in the order of the files; what cannot be read has a reason in place of an answer.

    Raises:
        DataError: If there is no file, or class names or templates are wrong.
        ConfigError: If the model cannot be built, or names are needed and there are none.
        CheckpointError: If its checkpoint cannot be read.
        FileNotFoundError: If a file of it is missing.
    """
    if not files:
        raise DataError(
            'there is no picture yet: drop one or more into the field for pictures, or take the drawn examples'
        )
    classes, lines = class_names(names), templates(sentences)
    offer = models.offer(number)
    with models.use(number) as predictor:
        if classes is None and predictor.classes is None:
            raise DataError(
                'no class names are given, and this model does not record those of its training: '
                'type two or more'
            )
        read: list[Answer] = []
        stream = predictor.stream(_upright(files, read), classes, lines, top_k, keep_samples=True)
        try:
            found = list(stream)
        except DataError:  # also raised where no file can be read, which each answer reports
            if any(not answer.problem for answer in read):
                raise
            found = []
    predictions = iter(found)
    given = tuple(
        answer if answer.problem else replace(answer, prediction=next(predictions))
        for answer in read
    )
    note, samples = predictor.note, found[0].samples if found else None
    count, drawn = (0, 0) if samples is None else (samples.shape[1], samples.shape[0])
    return Answers(offer.label, note, count, drawn, given)


def _upright(files: Sequence[str], read: list[Answer]) -> Iterator[Image.Image]:
    """The images that can be read, one in memory at a time; what is to be shown of each file goes into the list."""
    for file in files:
        answer, image = _read(Path(file))
        read.append(answer)
        if image is not None:
            yield image


def _read(file: Path) -> tuple[Answer, Image.Image | None]:
    try:
        with open_image(file) as opened:  # looks at kind and size before anything is decoded
            image = rgb(ImageOps.exif_transpose(opened))
    except MemoryError:  # has nothing to do with the file
        raise
    except Exception as error:  # decoders raise all kinds of errors on damaged files
        return Answer(file.name, problem=f'{file.name} cannot be read: {reason_of(error)}'), None
    return Answer(file.name, _address(image)), image


def _address(image: Image.Image) -> str:
    """A JPEG inside the page: no second request, no file left behind."""
    small = image.copy()
    small.thumbnail((_WIDEST, _WIDEST))
    data = io.BytesIO()
    small.save(data, 'JPEG', quality=88)
    return 'data:image/jpeg;base64,' + base64.b64encode(data.getvalue()).decode()
