"""Print, write and draw how wide the posterior of a variational method is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from mmengine.config import Config

from vamp_mm.config.errors import ConfigError
from vamp_mm.report.show import say, show, write_csv
from vamp_mm.report.table import Cell, Stat, Table

from .opened import open_split
from .spread import Spread, measure_spread
from .spread_picture import spread_picture

#: Classes that the terminal shows; the files hold all.
_SHOWN = 40
VARIATIONAL = (
    "VaMP (VariationalPrompter with tokens='variational') and Bayesian Prompt Learning (ContextPrompter with "
    'shift=GaussianShift)'
)


def posterior_spread(
    cfg: Config,
    checkpoint: str | Path,
    split: str | None = None,
    out: str | Path = 'work_dirs/inside',
) -> Spread:
    """Print, write and draw the spread of the posterior over the test images.

    Args:
        cfg: Complete config of a variational method.
        checkpoint: Its checkpoint.
        split: Name in ``test_cfg.splits``; None for the first.
        out: Folder for ``posterior_spread_<split>.csv`` and ``.png``.

    Returns:
        The numbers.

    Raises:
        ConfigError: If the method has no posterior, or there is no such split.
    """
    opened = open_split(cfg, checkpoint, split)
    if 'latent' not in opened.model.prompter.provides:
        raise ConfigError(
            [
                f'{type(opened.model.prompter).__name__} of this config draws no prompts from a posterior, so '
                f'there is no spread to look at; methods that do: {VARIATIONAL}'
            ],
            cfg.filename,
        )
    spread = measure_spread(opened)
    _show(spread)
    stem = Path(out) / f'posterior_spread_{opened.split.replace("/", "_")}'
    write_csv(
        stem.with_suffix('.csv'),
        ('class', 'images', 'block', 'std', 'moved', 'kl'),
        [
            (
                name,
                int(spread.images[row]),
                layer,
                *(float(values[row, column]) for values in (spread.std, spread.moved, spread.kl)),
            )
            for row, name in enumerate(spread.classes)
            for column, layer in enumerate(spread.layers)
        ],
    )
    spread_picture(spread, stem.with_suffix('.png'))
    say(f'Written to {stem}.csv and .png')
    return spread


def _show(spread: Spread) -> None:
    stds = [f'std {layer}' for layer in spread.layers]
    table = Table(
        'posterior_spread',
        f'Spread of the posterior, split {spread.split!r}',
        ['class', 'images', *stds, 'std', 'moved', 'KL to prior'],
    )
    overall = [spread.overall(values)[None] for values in (spread.std, spread.moved, spread.kl)]
    table.rows.append(
        _row('all images', int(spread.images.sum()), *(values[0] for values in overall))
    )
    table.section()
    order = spread.order.tolist()
    short = len(order) > _SHOWN
    for index in order[: _SHOWN // 2] + order[-_SHOWN // 2 :] if short else order:
        table.rows.append(
            _row(
                spread.classes[index],
                int(spread.images[index]),
                spread.std[index],
                spread.moved[index],
                spread.kl[index],
            )
        )
    table.notes.append(
        'std: standard deviation of the posterior q(z|x), mean over images, tokens and dimensions. moved: '
        'standard deviation of its mean from image to image. KL(q || p) in nats, summed over blocks, tokens '
        'and dimensions. Classes from wide to narrow.'
    )
    if short:
        table.notes.append(
            f'The {_SHOWN // 2} widest and narrowest of {len(order)} classes; the CSV has all.'
        )
    if np.isnan(spread.kl[:, 0]).any():
        table.notes.append(
            'No KL where the model was not trained on a class: the class-aware prior has no prototype of it.'
        )
    show(table)


def _row(name: str, images: int, std: np.ndarray, moved: np.ndarray, kl: np.ndarray) -> list[Cell]:
    total = float(kl.sum())
    return [
        name,
        str(images),
        *(_small(float(value)) for value in std),
        _small(float(std.mean())),
        _small(float(np.sqrt(np.mean(np.square(moved))))),
        '' if np.isnan(total) else Stat(total, digits=2),
    ]


def _small(value: float) -> Cell:
    return f'{value:.4g}' if 0 < value < 0.001 else Stat(value, digits=5)
