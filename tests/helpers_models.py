"""Small random CLIPs and batches for the model tests.

Weights are drawn at the scale of trained ones (open_clip's own start leaves features that hardly depend on the input, and
a test that compares them could not fail).
"""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import open_clip
import torch
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from vamp_mm.models import PromptedClassifier, PromptedCLIPBackbone
from vamp_mm.structures import PromptContext, PromptOutput, Vocabulary

NAMES = ('cat', 'golden retriever', 'airplane_x', 'zebra crossing sign', 'a')

#: Whether the installed open_clip finds the end of a sentence by a configured token.
HAS_EOS_ID = 'eos_id' in open_clip.CLIPTextCfg.__dataclass_fields__

#: Different widths, depths and head counts in the two towers, so that a mix-up cannot go unnoticed.
SMALL: dict[str, Any] = dict(
    embed_dim=40,
    vision_cfg=dict(image_size=32, patch_size=8, width=64, layers=3, head_width=32),
    text_cfg=dict(context_length=77, vocab_size=49408, width=48, heads=4, layers=4),
)


def small_config(
    vision: dict | None = None, text: dict | None = None, **top: Any
) -> dict[str, Any]:
    """``SMALL`` with some keys changed."""
    config = copy.deepcopy(SMALL)
    config['vision_cfg'].update(vision or {})
    config['text_cfg'].update(text or {})
    return {**config, **top}


@torch.no_grad()
def enliven(model: nn.Module, seed: int = 0) -> nn.Module:
    """Redraw all weights so that features differ clearly between inputs."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in sorted(model.named_parameters()):
        noise = torch.randn(value.shape, generator=generator)
        if name == 'logit_scale':
            value.fill_(3.0)
        elif 'embedding' in name or name.endswith(('pos_embed', 'cls_token')):
            value.copy_((0.5 if 'token_embedding' in name else 0.1) * noise)
        elif value.ndim <= 1:
            is_norm = name.endswith('weight')
            value.copy_(1 + 0.1 * noise if is_norm else 0.05 * noise)
        else:
            value.copy_(noise / math.sqrt(value[0].numel()))
    return model


def build_open_clip(config: dict[str, Any], seed: int = 0) -> nn.Module:
    """open_clip's own model of a config, with lively weights."""
    arguments = {
        key: value for key, value in config.items() if key not in ('preprocess_cfg', 'custom_text')
    }
    kind = open_clip.CustomTextCLIP if config.get('custom_text') else open_clip.CLIP
    return enliven(kind(**copy.deepcopy(arguments)), seed).eval()


def write_arch(folder: Path, config: dict[str, Any], name: str = 'arch') -> str:
    """Write an architecture JSON in open_clip's layout."""
    file = folder / f'{name}.json'
    file.write_text(json.dumps(config), encoding='utf-8')
    return str(file)


def write_clip(folder: Path, config: dict[str, Any] | None = None, seed: int = 0) -> dict[str, str]:
    """Write architecture and weights; the result completes a ``PromptedCLIPBackbone`` config."""
    config = SMALL if config is None else config
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(build_open_clip(config, seed).state_dict(), folder / 'weights.pt')
    return dict(arch=write_arch(folder, config), pretrained=str(folder / 'weights.pt'))


def build_method(
    backbone: PromptedCLIPBackbone, prompter: dict, head: dict, seed: int = 0, **arguments: Any
) -> PromptedClassifier:
    """A classifier with its vocabulary and, where it takes them, random prototypes, in the backbone's precision."""
    torch.manual_seed(seed)
    model = PromptedClassifier(backbone, copy.deepcopy(prompter), copy.deepcopy(head), **arguments)
    model = model.to(backbone.logit_scale.dtype)
    model.set_vocabulary(Vocabulary(names=NAMES))
    if getattr(model.prompter, 'needs_prototypes', False):
        shape = model.prompter.prototypes.shape[1:]
        model.prompter.set_prototypes(torch.randn(len(NAMES), *shape))
    return model


@torch.no_grad()
def stir(model: nn.Module, seed: int = 1, scale: float = 0.3) -> None:
    """Move the trainable tensors away from their start, where the text side hardly looks at the image."""
    generator = torch.Generator().manual_seed(seed)
    for _, value in sorted((n, p) for n, p in model.named_parameters() if p.requires_grad):
        value.add_(scale * torch.randn(value.shape, generator=generator).to(value))


def batch(
    count: int = 5, dtype: torch.dtype = torch.float64, seed: int = 3
) -> tuple[Tensor, list[DataSample]]:
    """Images ``(N, 3, 32, 32)`` and samples with labels 0, 1, ... in turn."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(count, 3, 32, 32, generator=generator).to(dtype)
    return images, [DataSample().set_gt_label(i % len(NAMES)) for i in range(count)]


def total_loss(
    model: PromptedClassifier, images: Tensor, samples: list[DataSample], step: int = 0
) -> Tensor:
    """The whole objective with the noise of a given training step."""
    rewind(model, step)
    losses = model(images, samples, mode='loss')
    return torch.stack([value for key, value in losses.items() if 'loss' in key]).sum()


def rewind(model: nn.Module, step: int = 0) -> None:
    """Set the noise counter."""
    for name, value in model.named_buffers():
        if name.endswith('noise_step'):
            value.fill_(step)


def run(model: PromptedClassifier, images: Tensor, target: Tensor | None = None) -> PromptOutput:
    """The forward pass of the classifier, before losses and predictions are made of it."""
    return model.output(images, target)


def plan_of(model: PromptedClassifier, images: Tensor, target: Tensor | None = None):  # noqa: ANN201
    """The plan that the prompter makes for a batch."""
    return model.prompter(PromptContext(image=model.extract_frozen(images), target=target))
