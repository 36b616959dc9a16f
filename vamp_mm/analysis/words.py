"""Nearest words of the vocabulary to learned contexts (CoOp, Zhou et al., IJCV 2022, section 4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.config import Config
from torch import Tensor

from vamp_mm.config.errors import ConfigError
from vamp_mm.config.vocabulary import config_vocabulary
from vamp_mm.models import PromptedClassifier
from vamp_mm.report.show import say, show, write_csv
from vamp_mm.report.table import Table

from .opened import open_model

_HAVE = (
    'CoOp, CoCoOp, KgCoOp, ProGrad, TCP and Bayesian Prompt Learning (ContextPrompter), ProDA (PromptCollection), '
    'IVLP, PromptSRC and language prompting (DeepPrompter with text_depth >= 1), MaPLe and VaMP on MaPLe '
    '(CoupledTokens)'
)
_COLUMNS = ('context', 'token', 'rank', 'word', 'id', 'distance')
#: Rows of the distance matrix that are computed at once.
_ROWS = 64


@dataclass(frozen=True)
class Word:
    """A token near a learned one.

    Args:
        id: Its id.
        text: The token as text; ``-`` after a piece that does not end its word.
        distance: Euclidean distance of the embeddings.
    """

    id: int
    text: str
    distance: float


def nearest_words(
    cfg: Config, checkpoint: str | Path, top_k: int = 5, out: str | Path | None = None
) -> dict[str, list[list[Word]]]:
    """Print the nearest tokens of the vocabulary to each learned token, and write them as CSV.

    Args:
        cfg: Complete config of the method.
        checkpoint: Its checkpoint.
        top_k: Number of tokens to list.
        out: Folder for ``nearest_words.csv``; None writes none.

    Returns:
        Name of a context -> for each of its M tokens the nearest words, nearest first.

    Raises:
        ConfigError: If the method has no learned tokens among the word embeddings, or ``top_k`` is below 1.
    """
    if top_k < 1:
        raise ConfigError([f'--top-k {top_k} must be 1 or more'], 'the call')
    model, names = open_model(cfg, checkpoint)
    contexts = _contexts(model)
    if names is not None and contexts and getattr(model.prompter, 'num_classes', None):
        # contexts of single classes are called by their names
        model.set_vocabulary(config_vocabulary(cfg, names))
        contexts = _contexts(model)
    if not contexts:
        raise ConfigError(
            [
                f'{_name(model.prompter)} learns no tokens among the word embeddings, so there are no nearest '
                f'words; methods that do: {_HAVE}'
            ],
            cfg.filename,
        )
    embeddings = model.backbone.text.token_embedding.weight.detach()
    found = {}
    for name, tokens in contexts.items():
        ids, distances = nearest(tokens, embeddings, top_k)
        found[name] = [
            [
                Word(*item)
                for item in zip(row, model.backbone.readable_tokens(row), far, strict=True)
            ]
            for row, far in zip(ids.tolist(), distances.tolist(), strict=True)
        ]
    _show(found, contexts, embeddings)
    if out is not None:
        _write(found, Path(out) / 'nearest_words.csv')
    return found


@torch.no_grad()
def nearest(tokens: Tensor, embeddings: Tensor, top_k: int) -> tuple[Tensor, Tensor]:
    """The nearest rows of an embedding table.

    Args:
        tokens: ``(M, W)`` learned tokens.
        embeddings: ``(V, W)`` the table.
        top_k: Number of rows, at most V.

    Returns:
        ``(M, top_k)`` ids and Euclidean distances, nearest first; of equal ones the lower id is first.
    """
    ids, distances = [], []
    for part in tokens.split(_ROWS):
        # differences, not dot products: a token that is an embedding has distance 0
        far = torch.cdist(
            part.float(), embeddings.float(), compute_mode='donot_use_mm_for_euclid_dist'
        )
        order = far.sort(dim=-1, stable=True)
        ids.append(order.indices[:, :top_k])
        distances.append(order.values[:, :top_k])
    return torch.cat(ids), torch.cat(distances)


def _contexts(model: PromptedClassifier) -> dict[str, Tensor]:
    return {name: tokens.detach() for name, tokens in model.prompter.word_tokens().items()}


def _show(
    found: dict[str, list[list[Word]]], contexts: dict[str, Tensor], embeddings: Tensor
) -> None:
    count = max(len(words) for tokens in found.values() for words in tokens)
    table = Table(
        'nearest_words',
        'Nearest words to the learned tokens (Euclidean distance)',
        ['context', 'token', 'length', *(f'word {rank + 1}' for rank in range(count))],
        labels=2,
    )
    for name, tokens in found.items():
        table.section()
        for place, words in enumerate(tokens):
            length = float(contexts[name][place].float().norm())
            table.rows.append(
                [
                    name,
                    str(place + 1),
                    f'{length:.3f}',
                    *(f'{_shown(word.text)} {word.distance:.4f}' for word in words),
                ]
            )
    typical = embeddings.float().norm(dim=-1).median()
    table.notes.append(
        f'length: of the learned vector; the median of the word embeddings is {float(typical):.3f}. Where all '
        'distances are about equal, no word describes what was learned.'
    )
    table.notes.append('A - at the end marks a piece that does not end its word.')
    show(table)


def _write(found: dict[str, list[list[Word]]], path: Path) -> None:
    rows = [
        (name, place + 1, rank + 1, word.text, word.id, word.distance)
        for name, tokens in found.items()
        for place, words in enumerate(tokens)
        for rank, word in enumerate(words)
    ]
    say(f'Written to {write_csv(path, _COLUMNS, rows)}')


def _shown(text: str) -> str:
    """A token without control characters and line breaks."""
    return re.sub(r'[\x00-\x1f\x7f\x80-\x9f]', lambda found: f'<0x{ord(found.group()):02X}>', text)


def _name(prompter: object) -> str:
    host = getattr(prompter, 'host', None)
    return type(prompter).__name__ + (f' on {type(host).__name__}' if host is not None else '')
