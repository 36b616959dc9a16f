"""Whole training steps and evaluations, image towers included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from vamp_mm.models import PromptedClassifier, PromptedCLIPBackbone
from vamp_mm.structures import Vocabulary


class TrainingStep:
    """A training step of VaMP (MMRL style): forward, losses, backward, AdamW.

    Args:
        backbone: The towers.
        names: Class names.
        images: Images per step N.
        samples: Monte-Carlo samples per image S.
        precision: Autocast dtype, or None for the weights' own.
    """

    def __init__(
        self,
        backbone: PromptedCLIPBackbone,
        names: tuple[str, ...],
        images: int,
        samples: int,
        precision: torch.dtype | None,
    ) -> None:
        self._backbone, self._precision = backbone, precision
        self.model = _vamp(backbone, samples).to(backbone.device)
        self.model.set_vocabulary(Vocabulary(names))
        self.model.prompter.set_prototypes(torch.randn(len(names), backbone.embed_dim))
        self.model.train()
        self._optimizer = torch.optim.AdamW(
            [value for value in self.model.parameters() if value.requires_grad],
            lr=1e-5,
            weight_decay=0.01,
        )
        self._inputs = torch.randn(images, 3, *backbone.image_size, device=backbone.device)
        self._samples = [DataSample().set_gt_label(index % len(names)) for index in range(images)]

    def run(self, textbook: bool = False) -> Callable[[], None]:
        """One step, its text encoded by the engine or by the textbook path."""

        def step() -> None:
            with (
                _textbook(self._backbone, textbook),
                torch.autocast(
                    self._inputs.device.type, self._precision, enabled=self._precision is not None
                ),
            ):
                losses = self.model(self._inputs, self._samples, mode='loss')
            total: Tensor = sum(value for name, value in losses.items() if 'loss' in name)
            self._optimizer.zero_grad()
            total.backward()
            self._optimizer.step()

        return step

    def predict(self) -> Callable[[], None]:
        """Logits of the same images, with the test-time samples."""

        @torch.no_grad()
        def run() -> None:
            with torch.autocast(
                self._inputs.device.type, self._precision, enabled=self._precision is not None
            ):
                self.model(self._inputs)

        return run


def encode_images(backbone: PromptedCLIPBackbone, images: int) -> Callable[[], None]:
    """The image tower on N images, without gradients."""
    inputs = torch.randn(images, 3, *backbone.image_size, device=backbone.device)

    @torch.no_grad()
    def run() -> None:
        backbone.encode_image(inputs)

    return run


@contextmanager
def _textbook(backbone: PromptedCLIPBackbone, on: bool) -> Iterator[None]:
    """Let everything that encodes text take the textbook path."""
    if not on:
        yield
        return
    backbone.encode_text = partial(backbone.encode_text, textbook=True)  # type: ignore[method-assign]
    try:
        yield
    finally:
        del backbone.encode_text  # the class's own again


def _vamp(backbone: PromptedCLIPBackbone, samples: int) -> PromptedClassifier:
    """VaMP as ``configs/_base_/models/vamp_mmrl_vit-b16.py`` has it, at the same share of any tower's blocks."""
    first = round(backbone.text.depth * 5 / 12)
    vision = round(backbone.vision.depth * 5 / 12)
    prompter = dict(
        type='VariationalPrompter',
        host=dict(type='RepresentationTokens', start=vision, depth=backbone.vision.depth - vision),
        start=first,
        depth=backbone.text.depth - first,
        train_samples=1,
        test_samples=samples,
    )
    head = dict(
        type='VaMPHead',
        kl=dict(type='VariationalLoss', reduction='mean'),
        readout=dict(type='TokenReadout'),
    )
    return PromptedClassifier(backbone, prompter, head)
