"""Map of the latents: where the posterior places the images of each class, and where the model is unsure."""

from __future__ import annotations

from pathlib import Path

import torch
from mmengine.config import Config

from vamp_mm.config.errors import ConfigError
from vamp_mm.report.show import say, write_csv

from .map_picture import map_picture
from .opened import Opened, open_split
from .predictions import predict
from .projection import LatentMap, class_share, project
from .spread import layer_names

_HAVE = (
    "VaMP (VariationalPrompter with tokens='variational' or 'deterministic') and conditional Bayesian Prompt Learning "
    '(GaussianShift with conditional=True)'
)
#: Columns of the CSV beside the coordinates.
_FIELDS = (
    'img_path',
    'gt_class',
    'pred_class',
    'confidence',
    'predictive_entropy',
    'mutual_information',
    'pred_std',
)


def latent_map(
    cfg: Config,
    checkpoint: str | Path,
    split: str | None = None,
    out: str | Path = 'work_dirs/inside',
    method: str = 'pca',
    block: str | None = None,
    max_images: int = 2000,
    seed: int = 0,
) -> LatentMap:
    """Draw the posterior means of the test images in the plane, coloured by class and by predictive entropy.

    Args:
        cfg: Complete config of a method whose prompts are functions of the image.
        checkpoint: Its checkpoint.
        split: Name in ``test_cfg.splits``; None for the first.
        out: Folder for ``latent_map_<split>_<method>.csv`` and ``.png``.
        method: ``'pca'``, or ``'tsne'`` with scikit-learn.
        block: Number of one prompted block, or ``'words'``; None for all of them together.
        max_images: Most images; of more, as many are taken at even distances in the list.
        seed: Of t-SNE.

    Returns:
        The map.

    Raises:
        ConfigError: If the method has no latents or the same for all images, or an argument is wrong.
    """
    if max_images < 3:
        raise ConfigError([f'--max-images {max_images} must be 3 or more'], 'the call')
    opened = open_split(cfg, checkpoint, split)
    layers = _layers(opened, cfg.filename)
    chosen = range(len(layers)) if block is None else [_index(block, layers)]
    total = len(opened.dataset)
    indices = _evenly(total, max_images)
    records, means = predict(opened, indices, latents=True)
    assert means is not None
    values = means[:, list(chosen)].flatten(1)  # (N, H * K * W)
    labels = torch.tensor([record['gt_label'] for record in records])
    found = LatentMap(
        project(values, method, seed),
        records,
        class_share(values, labels),
        'all blocks' if block is None else layers[chosen[0]],
    )
    stem = Path(out) / _file_stem(opened.split, method, None if block is None else found.block)
    _write_csv(found, stem.with_suffix('.csv'))
    map_picture(found, opened.split, stem.with_suffix('.png'))
    _say(found, total, stem)
    return found


def _evenly(total: int, most: int) -> list[int] | None:
    """At most ``most`` places at even distances in a list; None for all of them."""
    return None if total <= most else [total * place // most for place in range(most)]


def _file_stem(split: str, method: str, block: str | None) -> str:
    words = ['latent_map', split.replace('/', '_'), method]
    return '_'.join([*words, *([] if block is None else [block.replace(' ', '')])])


def _write_csv(found: LatentMap, path: Path) -> None:
    rows = [
        (*map(float, point), *(record.get(key) for key in _FIELDS))
        for point, record in zip(found.projection.points, found.records, strict=True)
    ]
    write_csv(path, ('x', 'y', *_FIELDS), rows)


def _layers(opened: Opened, source: str | None) -> tuple[str, ...]:
    """Names of the blocks that have latents of each image's own."""
    first = next(opened.batches('', [0]))
    plan = opened.model.plan(first['inputs'])
    if plan.latent is None or 'image' not in opened.model.prompter.requires:
        why = (
            'draws no prompts for an image'
            if plan.latent is None
            else 'has one posterior for all images'
        )
        raise ConfigError(
            [
                f'{type(opened.model.prompter).__name__} of this config {why}, so there is no map; '
                f'methods that have latents for each image: {_HAVE}'
            ],
            source,
        )
    return layer_names(plan)


def _index(block: str, layers: tuple[str, ...]) -> int:
    name = f'block {block}' if block.isdigit() else block
    if name not in layers:
        raise ConfigError(
            [
                f'--block {block!r} has no latents; allowed: '
                f'{", ".join(layer.removeprefix("block ") for layer in layers)}'
            ],
            'the call',
        )
    return layers.index(name)


def _say(found: LatentMap, total: int, stem: Path) -> None:
    number = len(found.records)
    some = '' if number == total else f' of {total}'
    say(
        f'{number}{some} images, {found.block}: {100 * found.between:.1f} % of the variance of the latents lies '
        'between classes'
    )
    if found.projection.explained is not None:
        first, second = found.projection.explained
        say(
            f'principal components: {100 * first:.1f} % and {100 * second:.1f} % of the variance are in the figure'
        )
    say(f'Written to {stem}.csv and .png')
