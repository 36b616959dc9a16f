"""Pre-train the small CLIP that ships with the project, from scratch, on captioned icons.

A contrastive loss between two untrained towers learns nothing for thousands of steps, which a CPU does
not have. So the towers meet through a table of one free vector per name, in three phases:

1. the image tower against the table, which starts from what the drawings look like: cross-entropy of
   the cosines to *all* common names (a contrastive loss whose negatives are a whole vocabulary);
2. the text tower against the trained table, captions only, no picture needed;
3. both towers together, without the table, with CLIP's symmetric contrastive loss (Radford et al.,
   2021, section 2.3) in which equal names share their target mass (UniCL, Yang et al., 2022, eq. 2-4).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from pretrain_init import picture_table, start_image_tower
from rich.console import Console
from safetensors.torch import save_file
from torch import Tensor, nn

from vamp_mm.datasets.icons.captions import (
    CAPTION_TEMPLATES,
    CaptionedIcons,
    render_captioned_icons,
)
from vamp_mm.progress_bar import progress_bar

__all__ = ['PretrainSpec', 'contrastive_loss', 'pretrain_tiny_clip']

_CONFIGS = Path(__file__).parents[2] / 'vamp_mm' / 'models' / 'clip' / 'configs'


@dataclass(frozen=True)
class PretrainSpec:
    """How the small CLIP is trained.

    Attributes:
        model: Name of an open_clip model config in ``vamp_mm/models/clip/configs``.
        image_steps: Steps of phase 1.
        text_steps: Steps of phase 2.
        joint_steps: Steps of phase 3.
        batch: Pictures in a step of phase 1.
        joint_batch: Captions in a step of phase 2, pairs in a step of phase 3.
        lr: Peak learning rate of AdamW in phases 1 and 2; warm-up, then cosine to a tenth.
        joint_lr: Peak learning rate of phase 3.
        warmup: Steps of the warm-up of each phase.
        weight_decay: For matrices only.
        scale: Fixed logit scale of phases 1 and 2; phase 3 learns it from there.
        common: Pictures of each concept that several designers drew.
        rare: Pictures of each other concept; they are seen in phase 3 only.
        threads: Threads of torch; the last digits of the weights depend on it.
        seed: Seed of all that is random.
    """

    model: str = 'ViT-Ti-16-64-icons'
    image_steps: int = 900
    text_steps: int = 300
    joint_steps: int = 150
    batch: int = 64
    joint_batch: int = 64
    lr: float = 6e-4
    joint_lr: float = 3e-4
    warmup: int = 50
    weight_decay: float = 0.05
    scale: float = 16.0
    common: int = 30
    rare: int = 1
    threads: int = 1
    seed: int = 0


def contrastive_loss(image: Tensor, text: Tensor, names: Tensor, scale: Tensor) -> Tensor:
    """Compute a symmetric contrastive loss in which equal names are all positives.

    Args:
        image: Features (N, D), any length.
        text: Features (N, D), any length.
        names: What each picture shows (N,).
        scale: Logit scale ().

    Returns:
        A scalar.
    """
    logits = scale * F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T  # (N, N)
    same = (names[:, None] == names[None, :]).float()
    target = same / same.sum(dim=1, keepdim=True)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def _encode_text(model: nn.Module, tokens: Tensor) -> Tensor:
    """open_clip's text encoder on tokens (N, L) cut after the longest caption; returns (N, D)."""
    end = tokens.argmax(dim=-1)
    length = int(end.max()) + 1
    x = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
    x = model.transformer(x, attn_mask=model.attn_mask[:length, :length])
    return model.ln_final(x)[torch.arange(len(x)), end] @ model.text_projection


class _Batches:
    """Draws pictures and captions; its generator is the only source of randomness."""

    def __init__(self, data: CaptionedIcons, model: str, seed: list[int]) -> None:
        self.data = data
        self.rng = np.random.default_rng(seed)
        self.tokenizer = open_clip.get_tokenizer(model)
        self.mean = torch.tensor(OPENAI_DATASET_MEAN).view(1, 3, 1, 1)
        self.std = torch.tensor(OPENAI_DATASET_STD).view(1, 3, 1, 1)

    def rows(self, count: int) -> np.ndarray:
        return self.rng.integers(len(self.data.images), size=count)

    def images(self, rows: np.ndarray) -> Tensor:
        """Pictures (N, 3, H, W), shifted, with scaled colour channels and normalised."""
        images = self.data.images[rows]
        for i, image in enumerate(images):
            images[i] = np.roll(image, self.rng.integers(-1, 2, size=2), axis=(0, 1))
        gain = torch.from_numpy(self.rng.uniform(0.8, 1.2, (len(rows), 3, 1, 1))).float()
        tensor = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255).mul_(gain)
        return tensor.sub_(self.mean).div_(self.std)

    def tokens(self, names: np.ndarray) -> Tensor:
        """Captions (N, L) of names (N,), each under a random template."""
        templates = self.rng.integers(len(CAPTION_TEMPLATES), size=len(names))
        return self.tokenizer([
            CAPTION_TEMPLATES[t].format(self.data.vocabulary[n])
            for t, n in zip(templates, names, strict=True)
        ])  # fmt: skip


def _run_phase(
    title: str, steps: int, parameters: Iterable[nn.Parameter], lr: float, spec: PretrainSpec,
    loss_of_step: Callable[[], Tensor],
) -> list[float]:  # fmt: skip
    """Minimise ``loss_of_step`` with AdamW; returns the loss of every step."""
    trained = list(parameters)
    groups = [
        {'params': [p for p in trained if p.ndim >= 2], 'weight_decay': spec.weight_decay},
        {'params': [p for p in trained if p.ndim < 2], 'weight_decay': 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98))
    losses: list[float] = []
    with progress_bar(Console()) as progress:
        bar = progress.add_task(title, total=steps)
        for step in range(steps):
            cosine = 0.55 + 0.45 * math.cos(math.pi * step / steps)
            for group in optimizer.param_groups:
                group['lr'] = lr * min(1.0, (step + 1) / spec.warmup) * cosine
            loss = loss_of_step()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            losses.append(loss.item())
            if (step + 1) % 100 == 0:
                progress.print(f'{title}, step {step + 1}: loss {sum(losses[-100:]) / 100:.3f}')
            progress.update(bar, advance=1)
    return losses


def _train_image_tower(
    model: nn.Module, table: nn.Parameter, batches: _Batches, spec: PretrainSpec
) -> list[float]:
    """Phase 1; ``table`` (C, D) has a row for each common name."""

    def loss_of_step() -> Tensor:
        rows = batches.rows(spec.batch)
        image = F.normalize(model.visual(batches.images(rows)), dim=-1)
        logits = spec.scale * image @ F.normalize(table, dim=-1).T  # (N, C)
        return F.cross_entropy(logits, torch.from_numpy(batches.data.names[rows]))

    trained = [*model.visual.parameters(), table]
    return _run_phase('Image tower', spec.image_steps, trained, spec.lr, spec, loss_of_step)


def _train_text_tower(
    model: nn.Module, table: Tensor, batches: _Batches, spec: PretrainSpec
) -> list[float]:
    """Phase 2; ``table`` (C, D) is fixed."""
    targets = F.normalize(table.detach(), dim=-1)

    def loss_of_step() -> Tensor:
        names = batches.data.names[batches.rows(spec.joint_batch)]
        text = F.normalize(_encode_text(model, batches.tokens(names)), dim=-1)
        return F.cross_entropy(spec.scale * text @ targets.T, torch.from_numpy(names))

    image_side = {id(p) for p in model.visual.parameters()} | {id(model.logit_scale)}
    trained = [p for p in model.parameters() if id(p) not in image_side]
    return _run_phase('Text tower', spec.text_steps, trained, spec.lr, spec, loss_of_step)


def _train_jointly(model: nn.Module, batches: _Batches, spec: PretrainSpec) -> list[float]:
    """Phase 3, on the pictures of all concepts."""

    def loss_of_step() -> Tensor:
        rows = batches.rows(spec.joint_batch)
        names = batches.data.names[rows]
        image = model.encode_image(batches.images(rows))
        text = _encode_text(model, batches.tokens(names))
        scale = model.logit_scale.clamp(0, math.log(100)).exp()
        return contrastive_loss(image, text, torch.from_numpy(names), scale)

    trained = model.parameters()
    return _run_phase('Both towers', spec.joint_steps, trained, spec.joint_lr, spec, loss_of_step)


def _common(data: CaptionedIcons, spec: PretrainSpec) -> CaptionedIcons:
    """The pictures of common concepts alone, with names counted anew."""
    kept = np.bincount(data.names)[data.names] == spec.common
    names, index = np.unique(data.names[kept], return_inverse=True)
    vocabulary = tuple(data.vocabulary[name] for name in names)
    return CaptionedIcons(data.images[kept], data.inks[kept], index, vocabulary)


def _save(model: nn.Module, path: Path) -> None:
    """Write half-precision weights under open_clip's names, atomically."""
    state = {k: v.detach().half().contiguous().clone() for k, v in model.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix('.part')
    save_file(state, str(part), metadata={'format': 'pt'})
    part.chmod(0o644)
    part.replace(path)


def pretrain_tiny_clip(out: str | Path, spec: PretrainSpec | None = None) -> dict[str, object]:
    """Render the pre-training pictures, train, and write the weights.

    Args:
        out: Weights file to write, ``<name>.safetensors``, half precision, open_clip's layout.
        spec: How to train; the default is how the shipped weights were made.

    Returns:
        Number of pictures and concepts, seconds and loss curve of each phase.
    """
    spec = spec or PretrainSpec()
    out = Path(out)
    torch.set_num_threads(spec.threads)
    torch.manual_seed(spec.seed)
    config = _CONFIGS / f'{spec.model}.json'
    open_clip.add_model_config(config)
    model = open_clip.create_model(spec.model, load_weights=False).train()
    started = time.monotonic()
    size = json.loads(config.read_text(encoding='utf-8'))['vision_cfg']['image_size']
    data = render_captioned_icons(size, spec.common, spec.rare, spec.seed)
    seconds = {'render': time.monotonic() - started}
    print(f'{len(data.images)} pictures, {len(data.vocabulary)} concepts', seconds, flush=True)
    common = _common(data, spec)
    start_image_tower(model.visual)
    width = model.text_projection.shape[1]
    table = nn.Parameter(picture_table(common.inks, common.names, len(common.vocabulary), width))
    first, last = (_Batches(d, spec.model, [spec.seed, i]) for i, d in ((2, common), (3, data)))
    losses: dict[str, list[float]] = {}
    phases: dict[str, Callable[[], list[float]]] = {
        'image': lambda: _train_image_tower(model, table, first, spec),
        'text': lambda: _train_text_tower(model, table, first, spec),
        'joint': lambda: _train_jointly(model, last, spec),
    }
    with torch.no_grad():
        model.logit_scale.fill_(math.log(spec.scale))
    for name, phase in phases.items():
        started = time.monotonic()
        losses[name] = phase()
        seconds[name] = time.monotonic() - started
        _save(model, out)
    print('seconds', {name: round(value) for name, value in seconds.items()})
    return {
        'pictures': len(data.images),
        'concepts': len(data.vocabulary),
        'seconds': seconds,
        'loss': losses,
    }
