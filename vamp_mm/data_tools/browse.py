"""A sheet of the images of a config, before and after its transforms."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import print_log
from PIL import Image

from vamp_mm.config.errors import ConfigError, closest
from vamp_mm.datasets import read_rgb
from vamp_mm.datasets.errors import ImageError
from vamp_mm.engine.pipelines import random_step
from vamp_mm.evaluation.split_configs import split_dataset
from vamp_mm.registry import DATASETS
from vamp_mm.visualization.contact_sheet import Shown, contact_sheet


def browse(
    cfg: Config,
    out: str,
    split: str = 'train',
    number: int = 16,
    views: int | None = None,
    seed: int = 0,
) -> Path:
    """Write a sheet of images with class names, before and after the transforms; images that cannot be read are left out.

    Args:
        cfg: A complete config.
        out: The PNG to write.
        split: ``train``, ``val``, ``test``, or the name of a target in ``test_cfg.splits``.
        number: Images, chosen at random; all if there are fewer.
        views: Draws of the augmentation per image; by default 2 where there is one, else 1.
        seed: Seed of the choice.

    Returns:
        The path.

    Raises:
        ConfigError: If the config has no such split, the number is below 1, or no image can be read.
    """
    if number < 1 or (views is not None and views < 1):
        raise ConfigError([f'number={number} and views={views} must be at least 1'])
    dataset = DATASETS.build(_dataset_config(cfg, split))
    if hasattr(dataset, 'image_cache'):
        dataset.image_cache = None  # nothing is read often enough here
    draws = views or (2 if random_step(dataset) else 1)
    chosen = sorted(random.Random(seed).sample(range(len(dataset)), min(number, len(dataset))))
    shown = [image for index in chosen if (image := _readable(dataset, index, draws)) is not None]
    if not shown:
        raise ConfigError(
            [
                f'none of the {len(chosen)} images that were chosen can be read; `vamp_mm verify` '
                'names all that cannot'
            ],
            cfg.filename,
        )
    meta = dataset.metainfo
    name = meta.get('dataset_name', type(dataset).__name__)
    title = f'{name}, {split}: {len(dataset):,} images of {len(meta["classes"])} classes'
    return contact_sheet(shown, out, title)


def _dataset_config(cfg: Config, split: str) -> dict[str, Any]:
    targets = cfg.get('test_cfg', {}).get('splits', {}) if cfg.get('test_cfg') else {}
    known = {
        which: cfg[f'{which}_dataloader']
        for which in ('train', 'val', 'test')
        if cfg.get(f'{which}_dataloader')
    }
    if split in known:
        return known[split]['dataset'].to_dict()
    if split in targets and 'test' in known:
        return split_dataset(known['test']['dataset'].to_dict(), targets[split].to_dict())
    raise ConfigError(
        [f'split={split!r} is not in this config, {closest(split, [*known, *targets])}'],
        cfg.filename,
    )


def _shown(dataset: Any, index: int, draws: int) -> Shown:
    info = dataset.get_data_info(index)
    before = read_rgb(info['img_path'])
    after = []
    for draw in range(draws):
        # the augmentation of this dataset is a function of the epoch
        if hasattr(dataset, 'set_epoch'):
            dataset.set_epoch(draw)
        after.append(_picture(dataset[index]['inputs']))
    name = dataset.metainfo['classes'][int(info['gt_label'])]
    detail = f'{Path(info["img_path"]).name}  {before.width} x {before.height}'
    return Shown(name, detail, before, after)


def _readable(dataset: Any, index: int, draws: int) -> Shown | None:
    """One image; None for one that cannot be read, which a warning names."""
    try:
        return _shown(dataset, index, draws)
    except ImageError as error:
        print_log(f'left out of the sheet: {error}', 'current', 30)
        return None


def _picture(inputs: torch.Tensor) -> Image.Image:
    """``(3, H, W)`` pixels as the pipeline packs them, uint8 or 0..1."""
    pixels = (
        inputs
        if inputs.dtype == torch.uint8
        else (255 * inputs).round().clamp(0, 255).to(torch.uint8)
    )
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())
