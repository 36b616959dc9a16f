"""Run one recorded case through our code and compare everything that was recorded.

Tolerances are those at which two correct float32 programs with another order of operations differ: a few 1e-6 on losses and
features, 2e-5 on logits of scale 20, 5e-5 of a tensor's largest gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from .. import original_of
from ..convert import import_original
from .case import Case
from .deviation import Report
from .rebuilt import Rebuilt
from .training import TrainingCheck

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
    rebuilt = Rebuilt(case, original, report, backbone)
    _evaluation(rebuilt)
    TrainingCheck(rebuilt).run()
    case.used.update(_INPUTS, original.not_compared)
    report.problems += [f'{key} was not compared' for key in case.keys() if key not in case.used]
    return report


@torch.no_grad()
def _evaluation(rebuilt: Rebuilt) -> None:
    """Logits and features in evaluation mode, also on the new class names."""
    case, original, model = rebuilt.case, rebuilt.original, rebuilt.model.eval()
    original.prepare(model, case, False)
    out = model.output(case['images'])
    rebuilt.compare('eval_logits', original.logits(model, case['images']))
    rebuilt.compare('text_features', out.text)
    rebuilt.compare('image_features', out.image)
    for key, value in original.extras(model, case).items():
        rebuilt.compare(key, value)
    if 'eval_logits_newnames' in case:
        _checkpoint(rebuilt)
        model.set_vocabulary(original.new_vocabulary(case))
        original.prepare(model, case, False)
        rebuilt.compare('eval_logits_newnames', original.logits(model, case['images']))
        model.set_vocabulary(original.vocabulary(case, case.names))


def _checkpoint(rebuilt: Rebuilt) -> None:
    """Take the weights from the original's checkpoint, where it is beside the recording."""
    stored = rebuilt.case.meta.get('checkpoint')
    file = rebuilt.case.path.parent / str(stored['path']) if isinstance(stored, Mapping) else None
    if file is None or not file.is_file():
        return
    state = import_original(rebuilt.original.name, file).state
    same = all(torch.equal(state[link.own], link.gather(rebuilt.learn)) for link in rebuilt.links)
    if not same:
        rebuilt.report.problems.append(
            f'{file.name} read by import_original gives other values than learn/'
        )
    rebuilt.model.load_state_dict(dict(state), strict=True)
