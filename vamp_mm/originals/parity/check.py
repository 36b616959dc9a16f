"""Run one recorded case through our code and compare everything that was recorded.

Tolerances are those at which two correct float32 programs with another order of operations differ: a few 1e-6 on losses and
features, 2e-5 on logits of scale 20, 5e-5 of a tensor's largest gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from vamp_mm.registry import MODELS, OPTIM_WRAPPERS

from .. import Link, Original, original_of
from ..convert import import_original
from .case import Case
from .deviation import Report

_GRADIENT = 5e-5  # of the tensor's largest entry
_ROUNDING = 2.0**-22  # of the largest parameter: one step is rounded to float32 twice
# Adam's first step is lr * sign(gradient): noise where the gradient is at rounding level
_OWN_STEP = 1e-4
_INPUTS = ('images', 'labels', 'token_ids', 'init_classifier')


def check_case(case: Case, backbone: nn.Module | dict[str, Any]) -> Report:
    """Compare evaluation logits, features, losses, gradients and the parameters after one step.

    Args:
        case: The recording.
        backbone: The tiny CLIP, built or as a config.

    Returns:
        What was found. An array of the file that nothing was compared with is a problem, not a success.
    """
    original = original_of(case)
    report = Report(case.path.stem, original.name)
    check = _Check(case, original, report, backbone)
    check.evaluation()
    check.training()
    case.used.update(_INPUTS, original.not_compared)
    report.problems += [f'{key} was not compared' for key in case.keys() if key not in case.used]
    return report


class _Check:
    def __init__(
        self, case: Case, original: Original, report: Report, backbone: nn.Module | dict[str, Any]
    ) -> None:
        self.case, self.original, self.report = case, original, report
        self.learn = original.learnables(case)
        self.links = list(original.links(self.learn)) if self.learn else []
        config = {'type': 'PromptedClassifier', 'backbone': backbone, **original.model(case)}
        self.model: Any = MODELS.build(dict(config, _scope_='vamp_mm'))
        self.model.set_vocabulary(original.vocabulary(case, case.names))
        load_learnables(self.model, self.links, self.learn)

    @torch.no_grad()
    def evaluation(self) -> None:
        """Logits and features in evaluation mode, also on the new class names."""
        case, original, model = self.case, self.original, self.model.eval()
        original.prepare(model, case, False)
        out = model.output(case['images'])
        self._compare('eval_logits', original.logits(model, case['images']))
        self._compare('text_features', out.text)
        self._compare('image_features', out.image)
        for key, value in original.extras(model, case).items():
            self._compare(key, value)
        if 'eval_logits_newnames' in case:
            self._checkpoint()
            model.set_vocabulary(original.new_vocabulary(case))
            original.prepare(model, case, False)
            self._compare('eval_logits_newnames', original.logits(model, case['images']))
            model.set_vocabulary(original.vocabulary(case, case.names))

    def _checkpoint(self) -> None:
        """Take the weights from the original's checkpoint, where it lies beside the recording."""
        stored = self.case.meta.get('checkpoint')
        file = self.case.path.parent / str(stored['path']) if isinstance(stored, Mapping) else None
        if file is None or not file.is_file():
            return
        state = import_original(self.original.name, file).state
        same = all(torch.equal(state[link.own], link.gather(self.learn)) for link in self.links)
        if not same:
            self.report.problems.append(
                f'{file.name} read by import_original gives other values than learn/'
            )
        self.model.load_state_dict(dict(state), strict=True)

    def training(self) -> None:
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
                self._compare(key, value)

    def _steps(self, key: str, settings: Any, count: int) -> None:
        wrapper = _wrapper(self.model, self.original, self.case, settings)
        if not isinstance(settings, Mapping):
            self.report.problems.append(
                f'{key}: meta tells no settings of its optimiser, only {settings!r}'
            )
            return
        totals = []
        for _ in range(count):
            total = self._losses(compare=False)
            totals.append(self.logged.detach())
            wrapper.optimizer.zero_grad()
            wrapper.backward(total)
            gradients = self._own_gradients()
            wrapper.step()
        if key == 'step3' and 'train_loss_3steps' in self.case:
            self._compare('train_loss_3steps', torch.stack(totals))
        self._parameters(key, settings, gradients)

    def _losses(self, compare: bool) -> Tensor:
        case, original, model = self.case, self.original, self.model.train()
        if compare:
            original.prepare(model, case, True)
            for key, value in original.train_extras(model, case).items():
                self._compare(key, value)
        original.prepare(model, case, True)
        losses = model(case['images'], case.samples(), mode='loss')
        total, logged = model.parse_losses(losses)
        self.logged: Tensor = logged['loss']
        if compare:
            self._compare('train_loss', self.logged)
            for group, weighted in ((original.terms, False), (original.weighted_terms, True)):
                for term, name in group.items():
                    if f'loss/{term}' in case:
                        self._compare(f'loss/{term}', _term(model, losses, name, weighted))
        return total

    def _gradients(self) -> None:
        recorded = self.case.group('grad')
        # of large matrices
        rows, norms = self.case.group('grad_rows'), self.case.group('grad_norm')
        floor = 1e-7 * max((float(value.abs().max()) for value in recorded.values()), default=0.0)
        for name, ours in self._theirs(self._own_gradients()).items():
            if name in rows:
                first, norm = rows.pop(name), norms.pop(name)
                tolerance = _GRADIENT * float(first.abs().max())
                self.report.add(
                    f'grad_rows/{name}', 'gradients', ours[: len(first)], first, tolerance
                )
                self.report.add(
                    f'grad_norm/{name}', 'gradients', ours.norm(), norm, _GRADIENT * float(norm)
                )
                continue
            if name not in recorded:
                if float(ours.abs().max()) and not self.case.meta.get('excerpt'):
                    self.report.problems.append(
                        f'{name} got a gradient from us, and none was recorded'
                    )
                continue
            # a gradient that is zero but for rounding is compared on the scale of the others
            tolerance = max(_GRADIENT * float(recorded[name].abs().max()), floor)
            self.report.add(
                f'grad/{name}', 'gradients', ours, recorded.pop(name), tolerance or 1e-12
            )
        self.report.problems += [
            f'grad/{name} was not compared' for name in (*recorded, *rows, *norms)
        ]

    def _parameters(
        self, key: str, settings: Mapping[str, Any], gradients: Mapping[str, Tensor]
    ) -> None:
        recorded = self.case.group(key) | self.case.group(f'{key}_rows')
        ours = self._theirs(
            {name: value.detach() for name, value in self.model.state_dict().items()}
        )
        pulls = self._theirs(gradients)
        for name, expected in recorded.items():
            if name not in ours:
                self.report.problems.append(f'{key}/{name} was not compared')
                continue
            tolerance: Tensor | float = _ROUNDING * float(expected.abs().max()) + _GRADIENT * _rate(
                settings
            ) * _largest(pulls.get(name))
            value = ours[name] if ours[name].ndim != expected.ndim else ours[name][: len(expected)]
            value = value.reshape(expected.shape)
            if key == 'step1_own':
                value, expected, tolerance = _where_adam_is_sure(
                    value, expected, self.learn[name], pulls[name], settings, tolerance
                )
            self.report.add(
                f'{key}/{name}', 'step', value, expected, tolerance * (3 if key == 'step3' else 1)
            )

    def _own_gradients(self) -> dict[str, Tensor]:
        return {
            name: torch.zeros_like(value) if value.grad is None else value.grad.clone()
            for name, value in self.model.named_parameters()
            if value.requires_grad
        }

    def _theirs(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        shapes = {name: value.shape for name, value in self.learn.items()}
        out: dict[str, Tensor] = {}
        for link in self.links:
            if link.own in tensors:
                out |= link.scatter(tensors[link.own], shapes)
        return out

    def _compare(self, key: str, ours: Tensor) -> None:
        if key not in self.case:
            return
        recorded, original = self.case[key], self.original
        if 'loss' in key:
            self.report.add(
                key, 'losses', ours, recorded, original.loss_atol + 1e-5 * recorded.abs()
            )
        elif 'logits' in key:
            self.report.add(
                key, 'logits', ours, recorded, original.logit_atol + 1e-5 * recorded.abs()
            )
        elif key.startswith(
            'gpa'
        ):  # those of the first epochs are about 1e-38: an absolute tolerance would pass anything
            self.report.add(
                key, 'features', ours, recorded, max(1e-5 * float(recorded.abs().max()), 1e-43)
            )
        elif key.startswith('grad'):
            self.report.add(
                key, 'gradients', ours, recorded, _GRADIENT * float(recorded.abs().max())
            )
        else:
            self.report.add(
                key, 'features', ours, recorded, original.feature_atol + 1e-5 * recorded.abs()
            )


def load_learnables(
    model: nn.Module, links: list[Link] | tuple[Link, ...], learn: Mapping[str, Tensor]
) -> None:
    """Give a model the values of an original's learnables.

    Args:
        model: Ours.
        links: From the original's tensors to ours.
        learn: The original's name -> value.

    Raises:
        ValueError: If a trainable tensor of ours stays without a value, or a learnable of the original without a place.
    """
    state = model.state_dict()
    state.update({link.own: link.gather(learn) for link in links})
    trained = {name for name, value in model.named_parameters() if value.requires_grad}
    empty = trained - {link.own for link in links}
    left = set(learn) - {name for link in links for name in link.names}
    if empty or left:
        raise ValueError(
            f'the mapping is incomplete: {sorted(empty)} of ours get no value, {sorted(left)} of the original '
            'have no place'
        )
    model.load_state_dict(state, strict=True)


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
    size = gradient.abs().max() * _GRADIENT
    sure = (pull.abs() > _OWN_STEP * pull.abs().max()) & (pull.abs() > 4 * size)
    # the step is lr * g / (|g| + eps): what an error of g leaves of it
    eps = settings.get('eps', 1e-8)
    slack = settings['lr'] * size * eps / (pull.abs() - size).clamp_min(1e-30).square()
    return ours[sure], recorded[sure], tolerance + slack[sure] + 1e-5 * settings['lr']


def _rate(settings: Mapping[str, Any]) -> float:
    return max(float(value) for key, value in settings.items() if key.startswith('lr'))


def _largest(value: Tensor | None) -> float:
    return 0.0 if value is None else float(value.abs().max())
