"""A start for the small CLIP's image tower from which a CPU gets somewhere.

An image tower drawn at random spends its first hundreds of steps learning to tell patches and positions
apart. This start hands it both: patches enter as cosine waves of their brightness, positions as one
dimension each, and each attention head of the class token begins by looking at one patch ("mimetic"
initialisation, Trockman and Kolter, 2023, in spirit). All of it is trained on like any other weight.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ['picture_table', 'start_image_tower']

_LUMA = (0.299, 0.587, 0.114)
_CODE = 1.4  # size of a position code; a patch's content has a standard deviation of about 0.35
_FOCUS = 1.33  # query and key gain; about nine tenths of a head's attention on its patch
_QUERY_KEY = 0.3  # share of open_clip's random query and key weights that is kept
_OUTPUT = 2.0  # what is gathered counts twice as much as open_clip would have it


def _cosine_filters(size: int, count: int) -> Tensor:
    """Patch filters (count, 3, size, size): random mixtures of low cosine waves of the brightness."""
    grid = (torch.arange(size) + 0.5) * math.pi / size
    waves = torch.stack([torch.cos(k * grid) for k in range(size)])  # (size, size)
    order = sorted((i * i + j * j, i, j) for i in range(size) for j in range(size))[:count]
    planes = torch.stack([torch.outer(waves[i], waves[j]) for _, i, j in order])
    planes = planes / planes.flatten(1).norm(dim=1)[:, None, None]
    # natural pictures have less energy in high waves; the lowest one is the patch's mean
    gain = torch.tensor([min(1.5, 0.25 * math.sqrt(1 + square)) for square, _, _ in order])
    gain[0] = 0.1
    mixing, _ = torch.linalg.qr(torch.randn(count, count))
    mixed = torch.einsum('ab,bij->aij', mixing, planes * gain[:, None, None])
    return 0.6 * mixed[:, None] * torch.tensor(_LUMA)[None, :, None, None]


@torch.no_grad()
def start_image_tower(visual: nn.Module) -> None:
    """Overwrite the start of an open_clip ``VisionTransformer`` in place.

    Args:
        visual: Tower of width W with P patches; W must exceed P + 1.

    Raises:
        ValueError: If the tower is too narrow to give each position a dimension of its own.
    """
    width, _, size, _ = visual.conv1.weight.shape
    patches = visual.positional_embedding.shape[0] - 1
    if width < 2 * (patches + 1):
        raise ValueError(
            f'A tower of width {width} has no room for {patches} position codes; '
            'use larger patches or a wider tower.'
        )
    flag = patches  # dimension that marks the class token
    visual.conv1.weight.zero_()
    visual.conv1.weight[flag + 1 :] = _cosine_filters(size, width - flag - 1)
    visual.positional_embedding.zero_()
    visual.positional_embedding[1:, :patches] = _CODE * torch.eye(patches)
    visual.class_embedding.normal_(0, 0.35)
    visual.class_embedding[: flag + 1] = 0
    visual.class_embedding[flag] = _CODE
    for layer, block in enumerate(visual.transformer.resblocks):
        weight, heads = block.attn.in_proj_weight, block.attn.num_heads  # (3 W, W)
        weight[: 2 * width] *= _QUERY_KEY
        block.attn.out_proj.weight *= _OUTPUT
        for head in range(heads):
            patch = (layer * heads + head) % patches
            query, key = head * width // heads, width + head * width // heads
            weight[query, : flag + 1] = 0
            weight[key, : flag + 1] = 0
            weight[query, flag] = _FOCUS
            weight[key, patch] = _FOCUS


def picture_table(inks: np.ndarray, names: np.ndarray, vocabulary: int, width: int) -> Tensor:
    """One unit vector per name, alike for names whose drawings look alike.

    The mean drawing of each name at a quarter of the resolution, reduced by principal components whose
    spread is halved on a log scale. Names without a picture get zeros.

    Args:
        inks: Drawings (N, H, W), uint8.
        names: What each shows (N,), in 0..vocabulary-1.
        vocabulary: Number of names C.
        width: Length D of a vector.

    Returns:
        Table (C, D).
    """
    small = F.avg_pool2d(torch.from_numpy(inks)[:, None].float() / 255, 4).flatten(1)
    small = small - small.mean(dim=1, keepdim=True)
    index = torch.from_numpy(names)
    counts = torch.bincount(index, minlength=vocabulary)
    mean = torch.zeros(vocabulary, small.shape[1]).index_add_(0, index, small)
    drawn = counts > 0
    mean = mean[drawn] / counts[drawn, None]
    left, spread, _ = torch.linalg.svd(mean - mean.mean(dim=0), full_matrices=False)
    table = torch.zeros(vocabulary, width)
    table[drawn] = F.normalize(left[:, :width] * spread[:width].sqrt(), dim=-1)
    return table
