"""Training weights of CLIP itself, beside the frozen ones (2SFS, SkipT).

The frozen towers stay as they are, so the teacher is still zero-shot CLIP. A tuned tower is a second set of modules around
the same tensors, except for those that are trained, of which it has copies.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, cast

from torch import nn

from vamp_mm.arguments import Range
from vamp_mm.registry import MODELS
from vamp_mm.structures import EMBED, FrozenCLIP, Tower, TowerPlan, TunedTower, require_blocks

_BLOCK = re.compile(r'(?:^|\.)(?:res)?blocks\.(\d+)\.')
_NORM_BEFORE = ('ln_pre', 'norm_pre')
_INPUT = (
    'conv1',
    'class_embedding',
    'positional_embedding',
    'token_embedding',
    'patch_embed',
    'pos_embed',
    'cls_token',
    'reg_token',
    'rope',
)


def layer_of(name: str, depth: int) -> int | None:
    """The layer at which a weight of a tower acts.

    Args:
        name: Name of the parameter in the tower.
        depth: Number of blocks.

    Returns:
        Its block, ``EMBED`` for the LayerNorm before block 0, ``depth`` for what comes after the last block; None for the
        embedding of the input, which cannot be trained here.
    """
    block = _BLOCK.search(name)
    if block:
        return int(block.group(1))
    parts = name.split('.')
    if any(part in _NORM_BEFORE for part in parts):
        return EMBED
    return None if any(part in _INPUT for part in parts) else depth


@MODELS.register_module()
class TunedWeights(nn.Module):
    """Copies of chosen weights of both towers, to be trained.

    Args:
        clip: The backbone, whose own weights stay frozen.
        vision: Patterns of parameter names in the vision tower, with ``*`` for anything; empty leaves the tower alone.
        text: The same for the text tower.
        vision_start: The lowest vision block that is trained, counted from 0. What comes after the last block is above all
            blocks; -1 adds the LayerNorm before block 0.
        text_start: The same for the text tower.

    Raises:
        ValueError: If a pattern finds nothing to train, or there is none.
    """

    def __init__(
        self,
        clip: FrozenCLIP,
        vision: Sequence[str] = ('*',),
        text: Sequence[str] = ('*',),
        vision_start: Annotated[int, Range(-1, 999)] = 0,
        text_start: Annotated[int, Range(-1, 999)] = 0,
    ) -> None:
        super().__init__()
        if not (vision or text):
            raise ValueError(
                'vision=() and text=() leave nothing to train; give one of them patterns of parameter names'
            )
        self.vision, self.first_vision_layer = _tune(clip.vision, vision, vision_start, 'vision')
        self.text, self._first_text_layer = _tune(clip.text, text, text_start, 'text')
        self._register_state_dict_hook(_drop_frozen)
        self.register_load_state_dict_post_hook(_expect_no_frozen)

    def train(self, mode: bool = True) -> TunedWeights:
        """Stay in evaluation mode, as the frozen towers: dropout must not wake."""
        return super().train(False)

    def text_plan(self) -> TowerPlan:
        """The tuned text tower, if there is one."""
        return _plan(self.text, self._first_text_layer)

    def vision_plan(self) -> TowerPlan:
        """The tuned vision tower, if there is one."""
        return _plan(self.vision, self.first_vision_layer)


def _tune(
    source: Tower, patterns: Sequence[str], start: int, which: str
) -> tuple[nn.Module | None, int | None]:
    if not patterns:
        return None, None
    require_blocks(which, source.depth)
    tower, depth = cast(nn.Module, source), source.depth
    layers = {name: layer_of(name, depth) for name, _ in tower.named_parameters()}
    chosen: dict[str, int] = {}
    for pattern in patterns:
        found = {
            name: layer
            for name, layer in layers.items()
            if layer is not None and layer >= start and fnmatchcase(name, pattern)
        }
        if not found:
            raise ValueError(
                f'{which}={pattern!r} with {which}_start={start} finds no weight to train in the tower of '
                f'{depth} blocks; its weights are named like {sorted(layers)[:3]} and {sorted(layers)[-1]!r}'
            )
        chosen |= found
    shared: dict[int, Any] = {
        id(value): value for name, value in tower.named_parameters() if name not in chosen
    }
    shared |= {id(value): value for value in tower.buffers()}
    tuned = copy.deepcopy(tower, shared)  # what is in the memo is taken over, not copied
    for name, parameter in tuned.named_parameters():
        if name in chosen:
            parameter.requires_grad_(True)
    return tuned, min(chosen.values())


def _plan(tower: nn.Module | None, first: int | None) -> TowerPlan:
    return (
        TowerPlan() if tower is None or first is None else TowerPlan(tuned=TunedTower(tower, first))
    )


def _drop_frozen(module: nn.Module, state: dict, prefix: str, _metadata: object) -> None:
    for name in _frozen(module):
        state.pop(prefix + name, None)


def _expect_no_frozen(module: nn.Module, incompatible: object) -> None:
    """Take back the complaint that the frozen weights are missing from a checkpoint."""
    frozen = _frozen(module)
    missing: list[str] = incompatible.missing_keys  # type: ignore[attr-defined]
    missing[:] = [
        key
        for key in missing
        if not any(key == name or key.endswith('.' + name) for name in frozen)
    ]


def _frozen(module: nn.Module) -> set[str]:
    names = {
        name
        for name, value in module.named_parameters(remove_duplicate=False)
        if not value.requires_grad
    }
    return names | {name for name, _ in module.named_buffers(remove_duplicate=False)}
