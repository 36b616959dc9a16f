"""Images -> answers, batch by batch: read, transform, run the model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.logging import print_log

from vamp_mm.config.errors import ConfigError
from vamp_mm.datasets import DataError
from vamp_mm.datasets.errors import ImageError

from .inputs import Given
from .preprocessing import TestTransforms, reason_of
from .question import Question
from .results import Prediction, predictions_of
from .stream import Unanswered
from .turns import Turns

#: An image, and what the test transforms made of it.
_Prepared = tuple[Given, dict[str, Any]]


class Answering:
    """Answers questions about images with one model, whose turns it keeps.

    Args:
        model: In evaluation mode.
        config: Its config, with the test transforms.

    Attributes:
        transforms: The test transforms.

    Raises:
        ConfigError: If the config has no test transforms.
    """

    def __init__(self, model: Any, config: Config) -> None:
        self.transforms = TestTransforms(config)
        self._model = model
        self._config = config
        self._turns = Turns(model)

    def check(self, question: Question) -> None:
        """Refuse a question about classes that the model cannot answer about.

        Args:
            question: The question.

        Raises:
            DataError: If a name is too long for the text tower, or the method is bound to its training classes.
        """
        self._turns.check(question.vocabulary)

    def answers(self, images: Iterator[Given], question: Question) -> Iterator[Prediction]:
        """Answer about images, one batch at a time.

        Args:
            images: Taken as batches need them.
            question: What to answer.

        Yields:
            Prediction: One for each image that can be read, in their order.

        Raises:
            DataError: If there is no image.
            ConfigError: If the images do not fit the model.
        """
        prepared = self._prepared(images, question)
        answered = False
        stopped: Exception | None = None
        while stopped is None:
            batch = []
            try:
                for image in islice(prepared, question.batch_size):
                    batch.append(image)
            except Exception as error:  # those before it are answered first
                stopped = error
            if not batch:
                break
            answered = True
            yield from self._answer(batch, question)
        if stopped is not None:
            raise stopped
        if question.skipped:
            print_log(f'left out {len(question.skipped)} unreadable image(s)', 'current', 30)
        if not answered:
            raise DataError(f'there is no image to answer about{question.why_no_image()}')

    def _prepared(self, images: Iterator[Given], question: Question) -> Iterator[_Prepared]:
        for given in images:
            try:
                data = self.transforms(given)
            except ImageError as error:
                if not question.skips:
                    raise ImageError(
                        f"{error}; replace it, or leave such images out and list them with unreadable='skip' "
                        '(--unreadable skip)'
                    ) from error
                question.skipped.append(
                    Unanswered(given.path or f'image {given.index}', reason_of(error))
                )
                continue
            # the pixels that came in are not needed any more
            yield Given(given.index, given.path), data

    def _answer(self, batch: list[_Prepared], question: Question) -> list[Prediction]:
        self._check_size(batch)
        # (S, N, C)
        logits = self._turns.logits(
            question.vocabulary, pseudo_collate([data for _, data in batch])
        )
        return predictions_of(
            logits,
            question.vocabulary.names,
            [(given.index, given.path) for given, _ in batch],
            question.top_k,
            question.rejection,
            question.keep_samples,
        )

    def _check_size(self, batch: list[_Prepared]) -> None:
        takes = getattr(self._model.backbone, 'image_size', None)
        takes = (takes, takes) if isinstance(takes, int) else takes
        for given, data in batch:
            size = tuple(data['inputs'].shape[-2:])
            if takes is not None and size != tuple(takes):
                raise ConfigError(
                    [
                        f'the test transforms make {given} {size[0]} x {size[1]} pixels large, and the backbone '
                        f'takes {takes[0]} x {takes[1]}; change the sizes in test_dataloader.dataset.pipeline '
                        '(Resize, CenterCrop), or take another backbone'
                    ],
                    self._config.filename,
                )
