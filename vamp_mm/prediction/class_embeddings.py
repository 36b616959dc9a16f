"""Class embeddings that any program around open_clip can use."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config

from vamp_mm.config.errors import ConfigError
from vamp_mm.models import PromptedClassifier
from vamp_mm.runs.new_file import require_new, write_new

from .classes import set_classes
from .loading import load_model


def export_embeddings(
    cfg: Config, checkpoint: str | Path | None, out: str | Path, names: Sequence[str] | None = None
) -> tuple[int, ...]:
    """Write unit text features of all classes, with their names and the logit scale, as ``.npz``.

    ``logits = logit_scale * normalize(image_feature) @ features.T`` then are those of the method, where its vision side is
    plain CLIP. The model is loaded as :class:`~vamp_mm.prediction.Predictor` loads it.

    Args:
        cfg: Config that the checkpoint was trained with.
        checkpoint: The checkpoint file; None or ``'none'`` for zero-shot CLIP.
        out: The file.
        names: Class names; None takes those of the training, with its templates.

    Returns:
        ``(C, D)``.

    Raises:
        ConfigError: If the text features depend on the image, or no class names are known.
        DataError: If the model cannot answer about the classes.
        CheckpointError: If the checkpoint cannot be read or does not fit.
        FileNotFoundError: If a file is missing.
        WorkDirError: If the file is there already, or cannot be written.
    """
    path = require_new(out)
    loaded = load_model(checkpoint, cfg, 'cpu')
    model = loaded.model
    _require_embeddings(model, loaded.config)
    set_classes(model, loaded.classes.vocabulary(names, least=1))
    features = class_embeddings(model)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        features=features.numpy(),
        names=np.array(model.vocabulary.names),
        logit_scale=np.float32(model.head.logit_scale),
    )
    write_new(buffer.getvalue(), path)
    return tuple(features.shape)


@torch.no_grad()
def class_embeddings(model: PromptedClassifier) -> torch.Tensor:
    """The text features that a model predicts with.

    Args:
        model: A model with its vocabulary, whose text features do not depend on the image.

    Returns:
        ``(C, D)``; of unit length, except where logits of several prompts are averaged (ProDA).
    """
    model.eval()
    return model.text_features()[:, 0].mean(dim=0).float().cpu()


def _require_embeddings(model: Any, cfg: Config) -> None:
    """Refuse a model whose predictions do not come from one embedding for each class."""
    if not isinstance(model, PromptedClassifier):
        raise ConfigError(
            [f'{type(model).__name__} has no prompts to export; this works for PromptedClassifier'],
            cfg.filename,
        )
    prompter: Any = model.prompter
    head: Any = model.head
    if 'image' in prompter.requires:
        raise ConfigError(
            [
                'the text features of this method are functions of the image: there are no class embeddings; '
                'export the prompts with --original'
            ],
            cfg.filename,
        )
    if 'latent' in prompter.provides and head.average != 'logits':
        raise ConfigError(
            [
                'this method averages probabilities over samples of its prompts: no single embedding a class '
                'gives its predictions; for those of the mean prompt set the number of test samples to 0 and the '
                'average to logits (--cfg-options model.head.average=logits)'
            ],
            cfg.filename,
        )
