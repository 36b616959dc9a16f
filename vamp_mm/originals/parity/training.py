"""Training of a recorded case by our code: losses, gradients and first steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from vamp_mm.registry import OPTIM_WRAPPERS

from .. import Original
from .case import Case
from .rebuilt import GRADIENT, Rebuilt

_ROUNDING = 2.0**-22  # of the largest parameter: one step is rounded to float32 twice
# Adam's first step is lr * sign(gradient): noise where the gradient is at rounding level
_OWN_STEP = 1e-4


class TrainingCheck:
    """Compares what a recording has of training.

    Args:
        rebuilt: The model of the recorded case.
    """

    def __init__(self, rebuilt: Rebuilt) -> None:
        self.rebuilt = rebuilt
        self.case, self.original, self.model = rebuilt.case, rebuilt.original, rebuilt.model
        self.report = rebuilt.report

    def run(self) -> None:
        """Losses, gradients and the first steps in training mode."""
        if 'train_loss' not in self.case:
            return
        start = {name: value.clone() for name, value in self.model.state_dict().items()}
        self._teacher()
        original, case = self.original, self.case
        settings = original.optimiser(case, own=False) or original.optimiser(case, own=True)
        wrapper = _wrapper(self.model, original, case, settings)
        wrapper.backward(self._losses(compare=True))
        if self._has('grad') or self._has('grad_rows'):
            self._gradients()
        for key, count, own in (('step1', 1, False), ('step3', 3, False), ('step1_own', 1, True)):
            settings = original.optimiser(case, own=own)
            if self._has(key):
                self.model.load_state_dict(start)
                self._steps(key, settings, count)

    def _has(self, prefix: str) -> bool:
        return any(key.startswith(f'{prefix}/') for key in self.case.keys())

    @torch.no_grad()
    def _teacher(self) -> None:
        case, model = self.case, self.model.train()
        self.original.prepare(model, case, True)
        frozen = model.teach(case['images'])
        for key, value in (
            ('teacher_text_features', frozen.text),
            ('teacher_image_features', frozen.image),
            ('teacher_logits', frozen.logits),
        ):
            if key in case:
                self.rebuilt.compare(key, value)

    def _steps(self, key: str, settings: Any, count: int) -> None:
        wrapper = _wrapper(self.model, self.original, self.case, settings)
        if not isinstance(settings, Mapping):
            self.report.problems.append(
                f'{key}: meta has no settings of its optimiser, only {settings!r}'
            )
            return
        totals = []
        for _ in range(count):
            total = self._losses(compare=False)
            totals.append(self.logged.detach())
            wrapper.optimizer.zero_grad()
            wrapper.backward(total)
            gradients = self.rebuilt.own_gradients()
            wrapper.step()
        if key == 'step3' and 'train_loss_3steps' in self.case:
            self.rebuilt.compare('train_loss_3steps', torch.stack(totals))
        self._parameters(key, settings, gradients)

    def _losses(self, compare: bool) -> Tensor:
        case, original, model = self.case, self.original, self.model.train()
        if compare:
            original.prepare(model, case, True)
            for key, value in original.train_extras(model, case).items():
                self.rebuilt.compare(key, value)
        original.prepare(model, case, True)
        losses = model(case['images'], case.samples(), mode='loss')
        total, logged = model.parse_losses(losses)
        self.logged: Tensor = logged['loss']
        if compare:
            self.rebuilt.compare('train_loss', self.logged)
            for group, weighted in ((original.terms, False), (original.weighted_terms, True)):
                for term, name in group.items():
                    if f'loss/{term}' in case:
                        self.rebuilt.compare(f'loss/{term}', _term(model, losses, name, weighted))
        return total

    def _gradients(self) -> None:
        recorded = self.case.group('grad')
        # of large matrices
        rows, norms = self.case.group('grad_rows'), self.case.group('grad_norm')
        floor = 1e-7 * max((float(value.abs().max()) for value in recorded.values()), default=0.0)
        for name, ours in self.rebuilt.theirs(self.rebuilt.own_gradients()).items():
            if name in rows:
                self._gradient_rows(name, ours, rows.pop(name), norms.pop(name))
            elif name in recorded:
                # a gradient that is zero but for rounding is compared on the scale of the others
                tolerance = max(GRADIENT * float(recorded[name].abs().max()), floor)
                self.report.add(
                    f'grad/{name}', 'gradients', ours, recorded.pop(name), tolerance or 1e-12
                )
            elif float(ours.abs().max()) and not self.case.meta.get('excerpt'):
                self.report.problems.append(f'{name} got a gradient from us, and none was recorded')
        self.report.problems += [
            f'grad/{name} was not compared' for name in (*recorded, *rows, *norms)
        ]

    def _gradient_rows(self, name: str, ours: Tensor, first: Tensor, norm: Tensor) -> None:
        """Compare the first rows of a gradient, and the norm of all of it."""
        tolerance = GRADIENT * float(first.abs().max())
        self.report.add(f'grad_rows/{name}', 'gradients', ours[: len(first)], first, tolerance)
        self.report.add(f'grad_norm/{name}', 'gradients', ours.norm(), norm, GRADIENT * float(norm))

    def _parameters(
        self, key: str, settings: Mapping[str, Any], gradients: Mapping[str, Tensor]
    ) -> None:
        recorded = self.case.group(key) | self.case.group(f'{key}_rows')
        ours = self.rebuilt.theirs(
            {name: value.detach() for name, value in self.model.state_dict().items()}
        )
        pulls = self.rebuilt.theirs(gradients)
        for name, expected in recorded.items():
            if name not in ours:
                self.report.problems.append(f'{key}/{name} was not compared')
                continue
            tolerance: Tensor | float = _ROUNDING * float(expected.abs().max()) + GRADIENT * _rate(
                settings
            ) * _largest(pulls.get(name))
            value = ours[name] if ours[name].ndim != expected.ndim else ours[name][: len(expected)]
            value = value.reshape(expected.shape)
            if key == 'step1_own':
                value, expected, tolerance = _where_adam_is_sure(
                    value, expected, self.rebuilt.learn[name], pulls[name], settings, tolerance
                )
            self.report.add(
                f'{key}/{name}', 'step', value, expected, tolerance * (3 if key == 'step3' else 1)
            )


def _wrapper(model: nn.Module, original: Original, case: Case, settings: Any) -> OptimWrapper:
    settings = dict(settings) if isinstance(settings, Mapping) else {'type': 'SGD', 'lr': 0.0}
    kind = getattr(torch.optim, settings.pop('type', 'SGD'))
    optimizer = kind(original.groups(model, settings), **settings)
    return OPTIM_WRAPPERS.build(
        dict(original.wrapper(case), optimizer=optimizer, _scope_='vamp_mm')
    )


def _term(model: Any, losses: Mapping[str, Tensor], name: str, weighted: bool) -> Tensor:
    """One loss term, as it enters the sum or before its weight."""
    term = next((term for term in model.head.losses if term.name == name), None)
    key = next((key for key in losses if key.split('_', 1)[-1] == name), None)
    if term is None or key is None:
        raise ValueError(
            f'the head has no loss term {name!r}; it has {[term.name for term in model.head.losses]}'
        )
    return losses[key] if weighted else losses[key] / term.weight


def _where_adam_is_sure(
    ours: Tensor,
    recorded: Tensor,
    before: Tensor,
    gradient: Tensor,
    settings: Mapping[str, Any],
    tolerance: Tensor | float,
) -> tuple[Tensor, Tensor, Tensor | float]:
    """Only entries whose gradient is clearly not zero: elsewhere the sign of Adam's first step is noise."""
    decay = settings.get('weight_decay', 0.0) if settings.get('type') == 'Adam' else 0.0
    # Adam couples the decay with the gradient, AdamW does not
    pull = gradient.reshape(before.shape) + decay * before
    size = gradient.abs().max() * GRADIENT
    sure = (pull.abs() > _OWN_STEP * pull.abs().max()) & (pull.abs() > 4 * size)
    # the step is lr * g / (|g| + eps): what an error of g leaves of it
    eps = settings.get('eps', 1e-8)
    slack = settings['lr'] * size * eps / (pull.abs() - size).clamp_min(1e-30).square()
    return ours[sure], recorded[sure], tolerance + slack[sure] + 1e-5 * settings['lr']


def _rate(settings: Mapping[str, Any]) -> float:
    return max(float(value) for key, value in settings.items() if key.startswith('lr'))


def _largest(value: Tensor | None) -> float:
    return 0.0 if value is None else float(value.abs().max())
