"""The tiny CLIP that the originals were recorded on: weights under OpenAI's names, drawn again from a seed.

Vision: ViT, image 32x32, patch 8, width 192, 12 blocks, 3 heads; or a ModifiedResNet (width 8, blocks 1, 2, 1, 1).
Text: width 128, 12 blocks, 2 heads, context 77, CLIP's vocabulary. Joint width 32, QuickGELU. Widths and head counts
differ on purpose, so that a mix-up cannot go unnoticed.

Recipe: ``numpy.random.default_rng(seed)``; for each name in sorted order one array of standard normal numbers is drawn,
turned into the value of its kind (:func:`_value`) and rounded to float16, because loaders of published weights pass through
float16. The gains keep features of classes apart (mean cosine about 0.88) while rounding stays small.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

PATCH, IMAGE, VISION_WIDTH, TEXT_WIDTH, DEPTH, JOINT, CONTEXT, VOCABULARY = (
    8,
    32,
    192,
    128,
    12,
    32,
    77,
    49408,
)
RESNET_WIDTH, RESNET_BLOCKS = 8, (1, 2, 1, 1)

Shapes = dict[str, tuple[int, ...]]


def tensor_state_dict(seed: int, resnet: bool = False) -> dict[str, Tensor]:
    """All weights of the tiny CLIP.

    Args:
        seed: Seed of the recipe.
        resnet: Take the ResNet vision tower.

    Returns:
        OpenAI's name -> float32 tensor.
    """
    return {
        name: torch.from_numpy(value.copy())
        for name, value in openai_state_dict(seed, resnet).items()
    }


def openai_state_dict(seed: int, resnet: bool = False) -> dict[str, np.ndarray]:
    """The same as float32 arrays, sorted by name."""
    generator = np.random.default_rng(seed)
    shapes = _text_shapes() | (_resnet_shapes() if resnet else _vit_shapes())
    state = {}
    for name, shape in sorted(shapes.items()):
        noise = np.asarray(generator.standard_normal(shape), dtype=np.float32)
        state[name] = (
            np.asarray(_value(name, noise), dtype=np.float32).astype(np.float16).astype(np.float32)
        )
    return state


def digest(state: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, shapes and bytes, to see that a seed gave the right weights."""
    hashed = hashlib.sha256()
    for name in sorted(state):
        array = np.ascontiguousarray(state[name], dtype='<f4')
        hashed.update(f'{name}{tuple(array.shape)}'.encode() + array.tobytes())
    return hashed.hexdigest()


def _text_shapes() -> Shapes:
    shapes: Shapes = {
        'token_embedding.weight': (VOCABULARY, TEXT_WIDTH),
        'positional_embedding': (CONTEXT, TEXT_WIDTH),
        'text_projection': (TEXT_WIDTH, JOINT),
        'logit_scale': (),
    }
    return shapes | _norm('ln_final', TEXT_WIDTH) | _blocks('transformer', TEXT_WIDTH)


def _vit_shapes() -> Shapes:
    shapes: Shapes = {
        'visual.conv1.weight': (VISION_WIDTH, 3, PATCH, PATCH),
        'visual.class_embedding': (VISION_WIDTH,),
        'visual.positional_embedding': ((IMAGE // PATCH) ** 2 + 1, VISION_WIDTH),
        'visual.proj': (VISION_WIDTH, JOINT),
    }
    shapes |= _norm('visual.ln_pre', VISION_WIDTH) | _norm('visual.ln_post', VISION_WIDTH)
    return shapes | _blocks('visual.transformer', VISION_WIDTH)


def _norm(name: str, width: int) -> Shapes:
    return {f'{name}.weight': (width,), f'{name}.bias': (width,)}


def _blocks(prefix: str, width: int) -> Shapes:
    shapes: Shapes = {}
    for index in range(DEPTH):
        block = f'{prefix}.resblocks.{index}'
        shapes |= _norm(f'{block}.ln_1', width) | _norm(f'{block}.ln_2', width)
        shapes |= {
            f'{block}.attn.in_proj_weight': (3 * width, width),
            f'{block}.attn.in_proj_bias': (3 * width,),
        }
        for name, out, inner in (
            ('attn.out_proj', width, width),
            ('mlp.c_fc', 4 * width, width),
            ('mlp.c_proj', width, 4 * width),
        ):
            shapes |= {f'{block}.{name}.weight': (out, inner), f'{block}.{name}.bias': (out,)}
    return shapes


def _resnet_shapes() -> Shapes:
    half, channels = RESNET_WIDTH // 2, RESNET_WIDTH
    shapes: Shapes = {}
    for index, (inner, out) in enumerate(((3, half), (half, half), (half, RESNET_WIDTH)), 1):
        shapes |= {f'visual.conv{index}.weight': (out, inner, 3, 3)} | _batch_norm(
            f'visual.bn{index}', out
        )
    for layer, count in enumerate(RESNET_BLOCKS, 1):
        planes = RESNET_WIDTH * 2 ** (layer - 1)
        for index in range(count):
            shapes |= _bottleneck(
                f'visual.layer{layer}.{index}', channels, planes, first=index == 0
            )
            channels = 4 * planes
    shapes['visual.attnpool.positional_embedding'] = (2, channels)
    for kind in 'qkvc':
        out = JOINT if kind == 'c' else channels
        name = f'visual.attnpool.{kind}_proj'
        shapes |= {f'{name}.weight': (out, channels), f'{name}.bias': (out,)}
    return shapes


def _bottleneck(name: str, channels: int, planes: int, first: bool) -> Shapes:
    shapes: Shapes = {
        f'{name}.conv1.weight': (planes, channels, 1, 1),
        f'{name}.conv2.weight': (planes, planes, 3, 3),
        f'{name}.conv3.weight': (4 * planes, planes, 1, 1),
    }
    shapes |= _batch_norm(f'{name}.bn1', planes) | _batch_norm(f'{name}.bn2', planes)
    shapes |= _batch_norm(f'{name}.bn3', 4 * planes)
    if first:
        shapes[f'{name}.downsample.0.weight'] = (4 * planes, channels, 1, 1)
        shapes |= _batch_norm(f'{name}.downsample.1', 4 * planes)
    return shapes


def _batch_norm(name: str, channels: int) -> Shapes:
    return {
        f'{name}.{kind}': (channels,) for kind in ('weight', 'bias', 'running_mean', 'running_var')
    }


def _value(name: str, noise: np.ndarray) -> np.ndarray:
    """Turn normal numbers into a weight of the kind that its name shows."""
    if name.endswith('running_mean'):
        return 0.1 * noise
    if name.endswith('running_var'):
        return 1.0 + 0.2 * np.abs(noise)
    if name == 'logit_scale':
        return 3.0 + 0.1 * noise  # a scale of about 20, on purpose not 100
    if name in ('visual.proj', 'text_projection'):  # (in, out)
        return noise / math.sqrt(noise.shape[0])
    if name == 'visual.conv1.weight' and noise.shape[-1] == PATCH:
        return noise / math.sqrt(math.prod(noise.shape[1:]))
    if 'embedding' in name:
        return (0.5 if name == 'token_embedding.weight' else 0.1) * noise
    if name.endswith('bias'):
        return 0.05 * noise
    if noise.ndim == 1:  # the weight of a LayerNorm or BatchNorm
        return 1.0 + 0.1 * noise
    if noise.ndim == 4:
        return noise * math.sqrt(2.0 / math.prod(noise.shape[1:]))
    return _matrix(name, noise / math.sqrt(noise.shape[1]))


def _matrix(name: str, value: np.ndarray) -> np.ndarray:
    if name.endswith('in_proj_weight'):
        value[: 2 * value.shape[1]] *= 1.4  # queries and keys
    elif name.endswith('out_proj.weight'):
        value *= 2.0
    elif name.endswith('mlp.c_proj.weight'):
        value *= 0.5
    return value
