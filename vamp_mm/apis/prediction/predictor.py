"""Predictor: one call loads a checkpoint with its CLIP and answers about images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.logging import print_log

from vamp_mm.datasets import DataError
from vamp_mm.datasets.errors import ImageError
from vamp_mm.structures import Vocabulary

from ..errors import ConfigError
from .inputs import ChannelOrder, Given, iterate_images
from .loading import load_model
from .preprocessing import TestTransforms
from .results import Prediction, Rejection, predictions_of

_BATCH = 32
#: An image, and what the test transforms made of it.
_Prepared = tuple[Given, dict[str, Any]]


@dataclass(frozen=True, eq=False)
class _Question:
    """What is asked about every image of a call."""

    vocabulary: Vocabulary
    top_k: int
    rejection: Rejection
    keep_samples: bool


class Predictor:
    """Answers about files, folders, arrays and PIL images, with any class names.

    The config stands in the checkpoint and is read as data; nothing from the file is executed. Images go through the test
    transforms of that config, so predictions are those of ``tools/test.py``, whatever the batch size.

    Example::

        predictor = Predictor('work_dirs/vamp_mmrl_icons/epoch_10.pth')
        for answer in predictor('photos/', classes=['cat', 'dog'], reject='predictive_entropy', threshold=0.5):
            print(answer.path, answer.name or 'not sure', answer.score)

    Args:
        checkpoint: Checkpoint file; None or ``'none'`` for zero-shot CLIP, with a config.
        config: Config file, or a loaded config, of the run; None takes the one in the checkpoint. Needed for checkpoints
            that were imported from originals, and for parts of models that are no part of vamp_mm.
        device: ``'cpu'``, ``'cuda'``, ``'cuda:1'`` ...; None for a GPU if there is one.
        overrides: Dotted config key -> value, such as ``{'model.backbone.pretrained': '/weights/ViT-B-16.pt'}``.

    Raises:
        ConfigError: If config and checkpoint leave something open, or the config is faulty.
        CheckpointError: If the checkpoint cannot be read, does not fit, or holds no usable config.
        FileNotFoundError: If a file is missing.
    """

    def __init__(self, checkpoint: str | Path | None, config: str | Path | Config | None = None,
                 device: str | torch.device | None = None, overrides: Mapping[str, Any] | None = None) -> None:
        loaded = load_model(checkpoint, config, device, overrides)
        self.model = loaded.model
        self.config = loaded.config
        #: What to know before trusting the answers; empty for a CLIP of photographs.
        self.note = loaded.note
        self._classes = loaded.classes
        self._transforms = TestTransforms(loaded.config)
        loader = loaded.config.get('test_dataloader') or {}
        self._batch_size = int(loader.get('batch_size') or _BATCH)
        #: Images that the last call could not read and left out (``unreadable='skip'``), with the reason.
        self.skipped: list[tuple[str, str]] = []

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The class names of the training, which are the default; None if unknown."""
        return self._classes.names

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.model.backbone.device

    def __call__(self, inputs: Any, classes: Sequence[str] | None = None, templates: str | Sequence[str] | None = None,
                 top_k: int = 5, reject: str | None = None, threshold: float | None = None, batch_size: int | None = None,
                 channel_order: ChannelOrder = 'rgb', unreadable: Literal['error', 'skip'] = 'error',
                 keep_samples: bool = False) -> list[Prediction]:
        """Answer about images.

        Args:
            inputs: A file, a folder (with all below it, sorted), a uint8 array ``(H, W, 3)``, a PIL image, or a sequence or
                generator of such.
            classes: Class names, any; None for those of the training.
            templates: Sentence(s) with one ``{}``, or the name of a set (``'openai-80'``); None for those of the training.
                Methods that learn all words around the name do not read them.
            top_k: Number of classes to list, all if there are fewer.
            reject: Uncertainty by which answers are withheld: ``predictive_entropy``, ``expected_entropy``,
                ``mutual_information``, ``pred_std``, or ``least_confidence`` (1 minus the score).
            threshold: The largest such uncertainty that is still answered.
            batch_size: Images in one forward pass; None for that of the config's tests. It changes no answer.
            channel_order: Order of the channels of arrays: ``'rgb'``, or ``'bgr'`` for what OpenCV and mmcv read. Unlike
                mmpretrain's inferencers, arrays are RGB by default.
            unreadable: ``'error'`` raises at an unreadable image, ``'skip'`` leaves it out and lists it in ``skipped``.
            keep_samples: Keep the probabilities of each sample.

        Returns:
            One prediction for each image, in their order.

        Raises:
            ImageError: If an image cannot be read.
            DataError: If an input is no image, or class names or templates are wrong.
            ConfigError: If an argument is wrong.
        """
        return list(self.stream(
            inputs, classes, templates, top_k, reject, threshold, batch_size, channel_order, unreadable, keep_samples))

    def stream(self, inputs: Any, classes: Sequence[str] | None = None, templates: str | Sequence[str] | None = None,
               top_k: int = 5, reject: str | None = None, threshold: float | None = None, batch_size: int | None = None,
               channel_order: ChannelOrder = 'rgb', unreadable: Literal['error', 'skip'] = 'error',
               keep_samples: bool = False) -> Iterator[Prediction]:
        """Answer batch by batch while images are read, for more of them than memory holds.

        Args:
            inputs: As in :meth:`__call__`, as all that follows; a generator is asked for one batch at a time.
            classes: Class names.
            templates: Sentences.
            top_k: Number of classes to list.
            reject: Uncertainty by which answers are withheld.
            threshold: The largest that is answered.
            batch_size: Images in one forward pass.
            channel_order: Order of the channels of arrays.
            unreadable: What to do about unreadable images.
            keep_samples: Keep the probabilities of each sample.

        Returns:
            The predictions, one at a time.

        Raises:
            DataError: At once, if class names or templates are wrong; later, if an image is none.
            ConfigError: If an argument is wrong.
        """
        size = self._batch_size if batch_size is None else batch_size
        for name, value in (('top_k', top_k), ('batch_size', size)):
            if type(value) is not int or value < 1:
                raise ConfigError([f'{name}={value!r} must be an integer from 1 on'], 'the call')
        if unreadable not in ('error', 'skip'):
            raise ConfigError([f"unreadable={unreadable!r} is unknown; allowed: ('error', 'skip')"], 'the call')
        question = _Question(self._classes.vocabulary(classes, templates), top_k, Rejection(reject, threshold), keep_samples)
        self._ask(question.vocabulary)
        self.skipped = []
        return self._stream(self._prepared(iterate_images(inputs, channel_order), unreadable), question, size)

    def _stream(self, images: Iterator[_Prepared], question: _Question, size: int) -> Iterator[Prediction]:
        answered = False
        while batch := list(islice(images, size)):
            answered = True
            yield from self._answer(batch, question)
        if self.skipped:
            print_log(f'left out {len(self.skipped)} unreadable image(s)', 'current', 30)
        if not answered:
            more = f': none of {len(self.skipped)} can be read, {self.skipped[0][1]}' if self.skipped else ''
            raise DataError(f'there is no image to answer about{more}')

    def _prepared(self, images: Iterator[Given], unreadable: str) -> Iterator[_Prepared]:
        for given in images:
            try:
                data = self._transforms(given)
            except ImageError as error:
                if unreadable == 'error':
                    raise
                self.skipped.append((given.path or f'image {given.index}', str(error)))
                continue
            # the pixels that came in are not needed any more
            yield Given(given.index, given.path), data

    @torch.no_grad()
    def _answer(self, batch: list[_Prepared], question: _Question) -> list[Prediction]:
        self._ask(question.vocabulary)  # another call may have asked about other classes in between
        data = self.model.data_preprocessor(pseudo_collate([data for _, data in batch]), False)
        logits = self.model(data['inputs'], mode='tensor')  # (S, N, C)
        where = [(given.index, given.path) for given, _ in batch]
        return predictions_of(
            logits, question.vocabulary.names, where, question.top_k, question.rejection, question.keep_samples)

    def _ask(self, vocabulary: Vocabulary) -> None:
        """Set the class names where they differ, so that text features are computed once for all batches and calls."""
        if self.model.vocabulary == vocabulary:
            return
        try:
            self.model.set_vocabulary(vocabulary)
        except ValueError as error:  # a name too long for the text tower, or a method bound to its training classes
            raise DataError(f'these classes cannot be asked about: {error}') from error
