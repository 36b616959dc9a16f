"""The public class: load a checkpoint with its CLIP, and predict the classes of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import local
from typing import Any, Literal

import torch
from mmengine.config import Config

from vamp_mm.config.image_check import say_if_images_differ

from .answering import Answering
from .inputs import ChannelOrder, check_channel_order, iterate_images
from .loading import load_model
from .question import Question
from .results import Rejection
from .stream import Predictions, PredictionStream, Unanswered

#: Images in one forward pass, where neither the call nor the config sets it.
_BATCH = 32


class Predictor:
    """Predicts the classes of files, folders, arrays and PIL images, with any class names.

    The config in the checkpoint is read as data; nothing in the file is executed. Images go through the test transforms of
    that config, so predictions are those of ``vamp_mm test``, whatever the batch size.

    Several threads may share one predictor: class names, options and counts belong to a call, and the model runs for one
    call at a time, so every thread gets the predictions that it would get on its own. Images are read and transformed in
    parallel. (With ``test_noise='fresh'`` all calls draw from torch's global generator in the order in which they run.) A
    call may be made inside another, for example in the generator of its images. Copies, pickles and forked processes are
    independent.

    Example::

        predictor = Predictor('work_dirs/vamp_mmrl_icons/epoch_10.pth')
        for answer in predictor('photos/', classes=['cat', 'dog'], reject='predictive_entropy', threshold=0.5):
            print(answer.path, answer.name or 'not sure', answer.score)

    Args:
        checkpoint: Checkpoint file; None or ``'none'`` for zero-shot CLIP, with a config.
        config: Config file, or a loaded config, of the run; None takes the one in the checkpoint. Needed for checkpoints
            that were imported from originals, and for models with parts that are not in vamp_mm.
        device: ``'cpu'``, ``'cuda'``, ``'cuda:1'`` ...; None for a GPU if there is one.
        overrides: Dotted config key -> value, such as ``{'model.backbone.pretrained': '/weights/ViT-B-16.pt'}``.

    Raises:
        ConfigError: If the model is not fully specified, or the config is faulty.
        CheckpointError: If the checkpoint cannot be read, does not fit, or holds no usable config.
        FileNotFoundError: If a file is missing.
    """

    def __init__(
        self,
        checkpoint: str | Path | None,
        config: str | Path | Config | None = None,
        device: str | torch.device | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        loaded = load_model(checkpoint, config, device, overrides)
        self.model = loaded.model
        self.config = loaded.config
        #: A warning about the CLIP in use; empty for one trained on photographs.
        self.note = loaded.note
        self._classes = loaded.classes
        self._answering = Answering(loaded.model, loaded.config)
        key = self._answering.transforms.loader
        say_if_images_differ({key: loaded.config[key]}, loaded.model)
        loader = loaded.config.get('test_dataloader') or {}
        self._batch_size = int(loader.get('batch_size') or _BATCH)
        self._last = local()

    @property
    def skipped(self) -> list[Unanswered]:
        """Images that the last call of this thread could not read (``unreadable='skip'``), with the reason."""
        return getattr(self._last, 'skipped', [])

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != '_last'}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _last=local())

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The class names of the training, which are the default; None if they are unknown."""
        return self._classes.names

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        device: torch.device = self.model.backbone.device
        return device

    def __call__(
        self,
        inputs: Any,
        classes: Sequence[str] | None = None,
        templates: str | Sequence[str] | None = None,
        top_k: int = 5,
        reject: str | None = None,
        threshold: float | None = None,
        batch_size: int | None = None,
        channel_order: ChannelOrder = 'rgb',
        unreadable: Literal['error', 'skip'] = 'error',
        keep_samples: bool = False,
    ) -> Predictions:
        """Predict the classes of images.

        Args:
            inputs: A file, a folder (with its subfolders, sorted), a uint8 array ``(H, W, 3)``, a PIL image, or a sequence
                or generator of these.
            classes: Class names, any; None for those of the training.
            templates: Sentence(s) with one ``{}``, or the name of a set (``'openai-80'``); None for those of the training.
                Methods that learn all words around the name do not read them.
            top_k: Number of classes to list, all if there are fewer.
            reject: Uncertainty by which predictions are withheld: ``predictive_entropy``, ``expected_entropy``,
                ``mutual_information``, ``pred_std``, or ``least_confidence`` (1 minus the score).
            threshold: The largest such uncertainty at which a class is still named.
            batch_size: Images in one forward pass; None for that of the config's tests. It changes no prediction.
            channel_order: Order of the channels of arrays: ``'rgb'``, or ``'bgr'`` for images read by OpenCV or mmcv. Unlike
                mmpretrain's inferencers, arrays are RGB by default.
            unreadable: ``'error'`` stops at an unreadable image, ``'skip'`` leaves it out and lists it in ``skipped``.
            keep_samples: Keep the probabilities of each sample.

        Returns:
            One prediction per image, in the order of the images: a list whose ``skipped`` lists the images that could not be
            read, and whose ``passed_over`` lists the files in folders that are not images, each with the reason.

        Raises:
            ImageError: If an image cannot be read.
            DataError: If an input is not an image, or class names or templates are wrong.
            ConfigError: If an argument is wrong.
        """
        stream = self.stream(
            inputs,
            classes,
            templates,
            top_k,
            reject,
            threshold,
            batch_size,
            channel_order,
            unreadable,
            keep_samples,
        )
        return Predictions(list(stream), stream.skipped, stream.passed_over)

    def stream(
        self,
        inputs: Any,
        classes: Sequence[str] | None = None,
        templates: str | Sequence[str] | None = None,
        top_k: int = 5,
        reject: str | None = None,
        threshold: float | None = None,
        batch_size: int | None = None,
        channel_order: ChannelOrder = 'rgb',
        unreadable: Literal['error', 'skip'] = 'error',
        keep_samples: bool = False,
    ) -> PredictionStream:
        """Predict batch by batch while images are read, for more images than fit in memory.

        Args:
            inputs: As in :meth:`__call__`, like all other arguments; a generator is read one batch at a time.
            classes: Class names.
            templates: Sentences.
            top_k: Number of classes to list.
            reject: Uncertainty by which predictions are withheld.
            threshold: The largest at which a class is still named.
            batch_size: Images in one forward pass.
            channel_order: Order of the channels of arrays.
            unreadable: What to do about unreadable images.
            keep_samples: Keep the probabilities of each sample.

        Returns:
            The predictions, one at a time; its ``skipped`` and ``passed_over`` grow as images are read.

        Raises:
            DataError: At once, if class names or templates are wrong; while reading, if an input is not an image.
            ConfigError: If an argument is wrong.
        """
        check_channel_order(channel_order)
        question = Question(
            self._classes.vocabulary(classes, templates),
            top_k,
            Rejection(reject, threshold),
            self._batch_size if batch_size is None else batch_size,
            unreadable,
            keep_samples,
        )
        self._answering.check(question)
        self._last.skipped = question.skipped
        closed = question.skipped if question.skips else None
        images = iterate_images(inputs, channel_order, question.passed_over, closed)
        return PredictionStream(
            self._answering.answers(images, question), question.skipped, question.passed_over
        )
