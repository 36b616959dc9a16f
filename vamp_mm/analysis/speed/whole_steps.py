"""Whole training steps and predictions of a method, image tower and losses included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from vamp_mm.config.compose import compose
from vamp_mm.config.paths import find_config
from vamp_mm.models import PromptedClassifier, PromptedCLIPBackbone
from vamp_mm.structures import Vocabulary

from .shapes import STEPS


class MethodStep:
    """A training step of a method, as its config for Caltech101 has it: forward, losses, backward, optimiser.

    Args:
        backbone: The towers; where they have another depth than the config expects, blocks follow the rule of ``--arch``.
        method: A key of :data:`STEPS`.
        arch: Name of the towers' architecture.
        names: Class names.
        images: Images per step N.
        precision: Autocast dtype, or None for the weights' own.
        samples: Monte-Carlo samples of a prediction, where the method has any; None for those of the config.
    """

    def __init__(
        self,
        backbone: PromptedCLIPBackbone,
        method: str,
        arch: str,
        names: tuple[str, ...],
        images: int,
        precision: torch.dtype | None,
        samples: int | None = None,
    ) -> None:
        self._backbone, self._precision = backbone, precision
        cfg = compose(find_config(STEPS[method]), arch=arch, pretrained='weights of no file')
        parts = {key: value for key, value in cfg.model.items() if key not in ('type', 'backbone')}
        if samples is not None and 'test_samples' in parts['prompter']:
            parts['prompter']['test_samples'] = samples
        self.model = PromptedClassifier(backbone, **parts).to(backbone.device)
        self.model.set_vocabulary(Vocabulary(names))
        if getattr(self.model.prompter, 'needs_prototypes', False):
            self.model.prompter.set_prototypes(torch.randn(len(names), backbone.embed_dim))
        self.model.train()
        self._optimizer = torch.optim.AdamW(
            [value for value in self.model.parameters() if value.requires_grad], lr=1e-5
        )
        self._inputs = torch.randn(images, 3, *backbone.image_size, device=backbone.device)
        self._samples = [DataSample().set_gt_label(index % len(names)) for index in range(images)]

    def run(self, textbook: bool = False) -> Callable[[], None]:
        """One step, by the engines or by the textbook paths of both towers."""

        def step() -> None:
            with self._setting(textbook):
                losses = self.model(self._inputs, self._samples, mode='loss')
            total: Tensor = sum(value for name, value in losses.items() if 'loss' in name)
            self._optimizer.zero_grad()
            total.backward()
            self._optimizer.step()

        return step

    def predict(self, textbook: bool = False) -> Callable[[], None]:
        """Predictions of the same images; call ``model.eval()`` before."""

        @torch.no_grad()
        def run() -> None:
            with self._setting(textbook):
                self.model(self._inputs)

        return run

    @contextmanager
    def _setting(self, textbook: bool) -> Iterator[None]:
        device, precision = self._inputs.device.type, self._precision
        with (
            _textbook(self._backbone, textbook),
            torch.autocast(device, precision, enabled=precision is not None),
        ):
            yield


def encode_images(backbone: PromptedCLIPBackbone, images: int) -> Callable[[], None]:
    """The image tower on N images, without gradients."""
    inputs = torch.randn(images, 3, *backbone.image_size, device=backbone.device)

    @torch.no_grad()
    def run() -> None:
        backbone.encode_image(inputs)

    return run


@contextmanager
def _textbook(backbone: PromptedCLIPBackbone, on: bool) -> Iterator[None]:
    """Let everything that encodes images or text take the textbook paths."""
    names = ('encode_text', 'encode_image', 'image_stem') if on else ()
    for name in names:
        setattr(backbone, name, partial(getattr(backbone, name), textbook=True))
    try:
        yield
    finally:
        for name in names:
            delattr(backbone, name)  # the class's own again
