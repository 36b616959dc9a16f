"""Our model with the values of a recording, and comparing with what was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vamp_mm.registry import MODELS

from .. import Link, Original
from .case import Case
from .deviation import Report

#: Largest deviation of a gradient, as a share of the tensor's largest entry.
GRADIENT = 5e-5


class Rebuilt:
    """The model of a recorded case, built by us.

    Args:
        case: The recording.
        original: The implementation that was recorded.
        report: Where deviations and problems go.
        backbone: The tiny CLIP, built or as a config.
    """

    def __init__(
        self, case: Case, original: Original, report: Report, backbone: nn.Module | dict[str, Any]
    ) -> None:
        self.case, self.original, self.report = case, original, report
        self.learn = original.learnables(case)
        self.links = list(original.links(self.learn)) if self.learn else []
        config = {'type': 'PromptedClassifier', 'backbone': backbone, **original.model(case)}
        self.model: Any = MODELS.build(dict(config, _scope_='vamp_mm'))
        self.model.set_vocabulary(original.vocabulary(case, case.names))
        _load(self.model, self.links, self.learn)

    def own_gradients(self) -> dict[str, Tensor]:
        """Our gradients by the names of our tensors."""
        return {
            name: torch.zeros_like(value) if value.grad is None else value.grad.clone()
            for name, value in self.model.named_parameters()
            if value.requires_grad
        }

    def theirs(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Our tensors in the shapes of the original, by its names."""
        shapes = {name: value.shape for name, value in self.learn.items()}
        out: dict[str, Tensor] = {}
        for link in self.links:
            if link.own in tensors:
                out |= link.scatter(tensors[link.own], shapes)
        return out

    def compare(self, key: str, ours: Tensor) -> None:
        """Compare a tensor with the recorded one, if that was recorded.

        Args:
            key: Its name in the recording, by which the tolerance is chosen.
            ours: What our code computes.
        """
        if key in self.case:
            kind, tolerance = self._tolerance(key, self.case[key])
            self.report.add(key, kind, ours, self.case[key], tolerance)

    def _tolerance(self, key: str, recorded: Tensor) -> tuple[str, Tensor | float]:
        """The kind of a tensor in the report, and how far ours may be from it."""
        original = self.original
        if 'loss' in key:
            return 'losses', original.loss_atol + 1e-5 * recorded.abs()
        if 'logits' in key:
            return 'logits', original.logit_atol + 1e-5 * recorded.abs()
        if key.startswith('gpa'):
            # those of the first epochs are about 1e-38: an absolute tolerance would pass anything
            return 'features', max(1e-5 * float(recorded.abs().max()), 1e-43)
        if key.startswith('grad'):
            return 'gradients', GRADIENT * float(recorded.abs().max())
        return 'features', original.feature_atol + 1e-5 * recorded.abs()


def _load(model: nn.Module, links: Sequence[Link], learn: Mapping[str, Tensor]) -> None:
    """Give a model the values of an original's learnables; one without a value or a place is an error."""
    state = model.state_dict()
    state.update({link.own: link.gather(learn) for link in links})
    trained = {name for name, value in model.named_parameters() if value.requires_grad}
    empty = trained - {link.own for link in links}
    left = set(learn) - {name for link in links for name in link.names}
    if empty or left:
        raise ValueError(
            f'the mapping is incomplete: our {sorted(empty)} get no value, {sorted(left)} of the original '
            'have no place'
        )
    model.load_state_dict(state, strict=True)
