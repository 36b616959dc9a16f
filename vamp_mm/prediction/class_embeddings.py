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
from vamp_mm.config.validate import validate_config
from vamp_mm.config.vocabulary import config_vocabulary
from vamp_mm.datasets import DataError
from vamp_mm.engine import check_state_dict, load_checkpoint
from vamp_mm.registry import build_part
from vamp_mm.runs.new_file import require_new, write_new


def export_embeddings(
    cfg: Config, checkpoint: str | Path, out: str | Path, names: Sequence[str] | None = None
) -> tuple[int, ...]:
    """Write unit text features of all classes, with their names and the logit scale, as ``.npz``.

    ``logits = logit_scale * normalize(image_feature) @ features.T`` then are those of the method, where its vision side is
    plain CLIP.

    Args:
        cfg: Config that the checkpoint was trained with.
        checkpoint: One of ours.
        out: The file.
        names: Class names; None takes those of the training set, with its templates.

    Returns:
        ``(C, D)``.

    Raises:
        ConfigError: If the text features depend on the image, or no class names are known.
        DataError: If the model cannot answer about the classes.
        CheckpointError: If the checkpoint cannot be read or does not fit.
        WorkDirError: If the file is there already, or cannot be written.
    """
    path = require_new(out)
    validate_config(cfg)
    model = build_part(cfg.model)
    prompter: Any = model.prompter
    if 'image' in prompter.requires:
        raise ConfigError(
            [
                'the text features of this method are functions of the image: there are no class embeddings; '
                'export the prompts with --original'
            ],
            cfg.filename,
        )
    if 'latent' in prompter.provides and model.head.average != 'logits':
        raise ConfigError(
            [
                'this method averages probabilities over samples of its prompts: no single embedding a class '
                'gives its predictions; for those of the mean prompt set the number of test samples to 0 and the '
                'average to logits (--cfg-options model.head.average=logits)'
            ],
            cfg.filename,
        )
    vocabulary = config_vocabulary(cfg, names)
    try:
        model.set_vocabulary(vocabulary)
    except (
        ValueError
    ) as error:  # a name too long for the text tower, or a method bound to its training classes
        raise DataError(f'these classes cannot be exported: {error}') from error
    stored = load_checkpoint(checkpoint)
    state = stored.get('state_dict', stored)  # or bare weights
    check_state_dict(model, state, str(checkpoint))
    model.load_state_dict(state)
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
def class_embeddings(model: Any) -> torch.Tensor:
    """The text features that a model predicts with.

    Args:
        model: A ``PromptedClassifier`` with its vocabulary, whose text features do not depend on the image.

    Returns:
        ``(C, D)``; of unit length, except where logits of several prompts are averaged (ProDA).
    """
    model.eval()
    return model.text_features()[:, 0].mean(dim=0).float().cpu()
