"""Weights of a CLIP from the layouts that people store them in, under open_clip's names."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from mmengine.logging import print_log
from torch import Tensor

from vamp_mm.messages import some
from vamp_mm.weight_files import CheckpointError, listed, without_wrappers

_ANCHOR = 'token_embedding.weight'
_HF_ANCHOR = 'text_model.embeddings.token_embedding.weight'
_HF_NAMES = ('text_model.', 'vision_model.', 'text_projection', 'visual_projection')
#: Names of transformers' CLIPModel -> open_clip's; blocks and projections are treated apart.
_HF = {
    'vision_model.embeddings.class_embedding': 'visual.class_embedding',
    'vision_model.embeddings.patch_embedding.weight': 'visual.conv1.weight',
    'vision_model.embeddings.position_embedding.weight': 'visual.positional_embedding',
    'text_model.embeddings.token_embedding.weight': 'token_embedding.weight',
    'text_model.embeddings.position_embedding.weight': 'positional_embedding',
    'logit_scale': 'logit_scale',
    **{f'{theirs}.{kind}': f'{ours}.{kind}' for kind in ('weight', 'bias') for theirs, ours in (
        ('vision_model.pre_layrnorm', 'visual.ln_pre'), ('vision_model.post_layernorm', 'visual.ln_post'),
        ('text_model.final_layer_norm', 'ln_final'))},
}  # fmt: skip
_HF_BLOCK = re.compile(r'(text|vision)_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)')
_HF_IN_BLOCK = {
    'self_attn.out_proj': 'attn.out_proj',
    'layer_norm1': 'ln_1',
    'layer_norm2': 'ln_2',
    'mlp.fc1': 'mlp.c_fc',
    'mlp.fc2': 'mlp.c_proj',
}


def is_transformers(tensors: Mapping[str, Tensor]) -> bool:
    """Whether names are those of Hugging Face's transformers."""
    return any('text_model.' in name or 'vision_model.' in name for name in tensors)


def clip_state(tensors: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The CLIP in what a file holds, under open_clip's names.

    Prefixes of wrappers and training programs (``module.``, ``_orig_mod.``, ``model.``) are removed, and the layout of
    transformers' ``CLIPModel`` is converted.

    Args:
        tensors: Name -> tensor, as in the file.
        path: The file, for messages.

    Returns:
        Name -> tensor.

    Raises:
        CheckpointError: If there are two values of one weight, several CLIPs, or an incomplete layout of transformers.
    """
    state = _without_prefix(without_wrappers(tensors, path), path)
    return _from_transformers(state, path) if is_transformers(state) else dict(state)


def _without_prefix(state: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    prefixes = sorted({prefix for name in state if (prefix := _prefix(name)) is not None})
    if len(prefixes) > 1:
        raise CheckpointError(
            f'{path} holds {len(prefixes)} CLIPs, under the prefixes '
            f'{some([*map(repr, prefixes)], most=5)}: '
            'store the one that is meant in a file of its own'
        )
    prefix = (
        prefixes[0]
        if prefixes
        else 'model.'
        if state and all(name.startswith('model.') for name in state)
        else ''
    )
    if not prefix:
        return state
    inside = {
        name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)
    }
    outside = [name for name in state if not name.startswith(prefix)]
    twice = [name for name in outside if name in inside]
    if twice:
        raise CheckpointError(
            f'{path} holds {listed(twice)} both with and without the prefix {prefix!r}: remove one of '
            'them'
        )
    if outside:
        print_log(
            f'{path}: the CLIP under {prefix!r} is used; not used are {len(outside)} other tensors: {listed(outside)}',
            'current',
            logging.WARNING,
        )
    return inside


def _prefix(name: str) -> str | None:
    if name.endswith(_HF_ANCHOR):
        return name.removesuffix(_HF_ANCHOR)
    own = name.removesuffix(_ANCHOR)
    if own == name or (own and not own.endswith('.')) or 'embeddings.' in own:
        return None
    return own[: -len('text.')] if own == 'text.' or own.endswith('.text.') else own


def _from_transformers(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    made: dict[str, Tensor] = {}
    parts: dict[str, dict[str, Tensor]] = {}
    unknown = []
    for name, value in state.items():
        block = _HF_BLOCK.fullmatch(name)
        if name.endswith('position_ids'):
            continue
        if name in _HF:
            made[_HF[name]] = value
        elif name in ('text_projection.weight', 'visual_projection.weight') and value.ndim == 2:
            made['text_projection' if name.startswith('text') else 'visual.proj'] = (
                value.T.contiguous()
            )
        elif block and block[3] in _HF_IN_BLOCK:
            made[f'{_trunk(block)}.{_HF_IN_BLOCK[block[3]]}.{block[4]}'] = value
        elif block and block[3] in ('self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'):
            parts.setdefault(f'{_trunk(block)}.attn.in_proj_{block[4]}', {})[block[3][10]] = value
        else:
            unknown.append(name)
    for name, three in parts.items():
        alike = len({(value.shape, value.dtype) for value in three.values()}) == 1
        if set(three) == set('qkv') and alike and three['q'].ndim:
            made[name] = torch.cat([three[key] for key in 'qkv'])
        else:
            unknown.append(name)
    if unknown or not made.keys() >= {
        'token_embedding.weight',
        'visual.conv1.weight',
        'visual.proj',
        'text_projection',
    }:
        told = f'it has {listed(unknown)}' if unknown else 'parts of a CLIP are missing'
        raise CheckpointError(
            f"{path} is in the layout of Hugging Face's transformers, but not a whole CLIPModel "
            f'({told}); of '
            'that layout only CLIPModel can be read: download the weights in open_clip layout '
            '(open_clip_model.safetensors)'
        )
    return made


def _trunk(block: re.Match[str]) -> str:
    return f'{"visual." if block[1] == "vision" else ""}transformer.resblocks.{block[2]}'
