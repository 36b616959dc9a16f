"""What the frozen small CLIP is worth on the icon benchmark: zero-shot, and with a linear probe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from vamp_mm.models.clip import EMBEDDED, LoadedCLIP, load_clip

__all__ = ['score_on_icons']

_Entries = list[tuple[str, int, str]]
_DECAY = 1e-4
_SCALE = 10.0


@dataclass(frozen=True)
class _Half:
    """Base or novel: labels ``start`` <= label < ``stop``."""

    start: int
    stop: int

    def of(self, entries: _Entries) -> _Entries:
        return [entry for entry in entries if self.start <= entry[1] < self.stop]


@torch.no_grad()
def _image_features(clip: LoadedCLIP, folder: Path, entries: _Entries) -> tuple[Tensor, Tensor]:
    """Unit features (N, D) and labels (N,)."""
    pictures = np.stack([np.asarray(Image.open(folder / path)) for path, _, _ in entries])
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (clip.image_mean, clip.image_std))
    images = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255 - mean) / std
    features = [clip.model.encode_image(part) for part in images.split(100)]
    return F.normalize(torch.cat(features), dim=-1), torch.tensor(
        [label for _, label, _ in entries]
    )


@torch.no_grad()
def _text_features(clip: LoadedCLIP, names: list[str], template: str) -> Tensor:
    """Unit features (C, D)."""
    tokens = clip.tokenizer([template.format(name.replace('_', ' ')) for name in names])
    return F.normalize(clip.model.encode_text(tokens), dim=-1)


def _first_shots(entries: _Entries, shots: int) -> _Entries:
    """The first ``shots`` entries of each class."""
    taken: dict[int, int] = {}
    kept = []
    for entry in entries:
        taken[entry[1]] = taken.get(entry[1], 0) + 1
        if taken[entry[1]] <= shots:
            kept.append(entry)
    return kept


def _probe(features: Tensor, labels: Tensor, classes: int) -> nn.Linear:
    """Logistic regression on features (N, D), fitted to convergence."""
    layer = nn.Linear(features.shape[1], classes)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=200)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(layer(_SCALE * features), labels)
        loss = loss + _DECAY * layer.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return layer


def score_on_icons(
    benchmark: str | Path,
    arch: str = 'ViT-Ti-16-64-icons',
    weights: str = EMBEDDED,
    template: str = 'a drawing of a {}.',
    shots: int = 16,
) -> dict[str, dict[str, float]]:
    """Top-1 accuracy of a frozen CLIP on the test pictures, each half among its own classes.

    Args:
        benchmark: Folder made by ``build_benchmark``.
        arch: Architecture, as ``PromptedCLIPBackbone`` takes it.
        weights: Weights file, or ``'embedded'``.
        template: One template for all class names.
        shots: Training pictures of a class for the linear probe (the first ones of the split file).

    Returns:
        ``{'zero_shot': {'base': ..., 'novel': ...}, 'probe': {...}}``, in per cent.
    """
    root = Path(benchmark)
    split = json.loads((root / 'split_icons.json').read_text(encoding='utf-8'))
    names = [name for _, name in sorted({(label, name) for _, label, name in split['train']})]
    middle = (len(names) + 1) // 2
    clip = load_clip(arch, weights)
    clip.model.eval()
    scores: dict[str, dict[str, float]] = {'zero_shot': {}, 'probe': {}}
    for title, half in {'base': _Half(0, middle), 'novel': _Half(middle, len(names))}.items():
        images, labels = _image_features(clip, root / 'images', half.of(split['test']))
        labels = labels - half.start
        text = _text_features(clip, names[half.start : half.stop], template)
        few = _first_shots(half.of(split['train']), shots)
        probe = _probe(*_shifted(_image_features(clip, root / 'images', few), half), len(text))
        for key, logits in {'zero_shot': images @ text.T, 'probe': probe(_SCALE * images)}.items():
            scores[key][title] = 100 * (logits.argmax(dim=1) == labels).float().mean().item()
    return scores


def _shifted(data: tuple[Tensor, Tensor], half: _Half) -> tuple[Tensor, Tensor]:
    return data[0], data[1] - half.start
