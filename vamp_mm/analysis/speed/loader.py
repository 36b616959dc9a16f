"""Images per second of our loader and of torchvision's ImageFolder, with the same transforms, in one run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmengine.dataset import default_collate
from rich.console import Console
from rich.table import Table
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

from vamp_mm.datasets import FewShotDataset
from vamp_mm.files import write_json
from vamp_mm.progress_bar import progress

_OURS, _CACHED, _THEIRS = 'vamp_mm', 'vamp_mm, images in memory', 'torchvision ImageFolder'


class Rate(NamedTuple):
    """Images per second over the rounds.

    Args:
        median: Middle of the rounds.
        low: Slowest round.
        high: Fastest round.
    """

    median: float
    low: float
    high: float


def benchmark_loader(
    images: str,
    number: int = 800,
    size: int = 224,
    batch_size: int = 32,
    workers: int = 2,
    rounds: int = 5,
    train: bool = True,
    cache_mb: float = 512,
    console: Console | None = None,
) -> dict[str, Any]:
    """Load the same images in three ways, one after the other in every round, and print images per second.

    All give uint8 batches ``(N, 3, size, size)`` and read, crop and flip with the same torchvision transforms; ours draw
    the augmentation of every image from its own seed on top, and ImageFolder does not. One round that is not counted fills
    the page cache, starts the persistent workers, and fills our own cache.

    Args:
        images: A folder with one sub-folder of images per class.
        number: Images per round, spread over the folder.
        size: Side of the crops in pixels.
        batch_size: Images per batch.
        workers: Loading processes.
        rounds: Counted rounds.
        train: Random crops and flips; otherwise resize and centre crop.
        cache_mb: Bound of the cache in the third way.
        console: Where to print.

    Returns:
        The rates by name, the ratios to ImageFolder (median over rounds of the ratio in the round), and the setting.
    """
    console = console or Console(soft_wrap=True)
    folder = ImageFolder(images, transform=T.Compose([*_transforms(size, train), T.PILToTensor()]))
    stride = max(1, len(folder) // number)
    chosen = list(range(0, len(folder), stride))[:number]
    with tempfile.TemporaryDirectory() as work:
        makers: dict[str, Callable[[], Dataset]] = {
            _THEIRS: lambda: Subset(folder, chosen),
            _OURS: lambda: _ours(folder, chosen, images, size, train, 0, work),
            _CACHED: lambda: _ours(folder, chosen, images, size, train, cache_mb, work),
        }
        loaders = {
            name: _loader(make(), batch_size, workers, name != _THEIRS)
            for name, make in makers.items()
        }
        seconds = _seconds(loaders, rounds, console)
    rates = {name: _rate(taken, len(chosen)) for name, taken in seconds.items()}
    ratios = {name: _ratio(taken, seconds[_THEIRS]) for name, taken in seconds.items()}
    setting = dict(
        images=len(chosen),
        size=size,
        batch_size=batch_size,
        workers=workers,
        rounds=rounds,
        train=train,
    )
    _print(rates, ratios, setting, console)
    return dict(rates=rates, ratios=ratios, setting=setting)


def _transforms(size: int, train: bool) -> list[Callable]:
    bicubic = T.InterpolationMode.BICUBIC
    if train:
        return [T.RandomResizedCrop(size, interpolation=bicubic), T.RandomHorizontalFlip()]
    return [T.Resize(size, interpolation=bicubic), T.CenterCrop(size)]


def _ours(
    folder: ImageFolder,
    chosen: list[int],
    images: str,
    size: int,
    train: bool,
    cache_mb: float,
    work: str,
) -> FewShotDataset:
    items = [
        (str(Path(folder.samples[index][0]).relative_to(images)), folder.samples[index][1])
        for index in chosen
    ]
    labels = {label: place for place, label in enumerate(sorted({label for _, label in items}))}
    entries = [[path, labels[label], folder.classes[label]] for path, label in items]
    # train and test must not share an image: the list is train, one image per class under another name is test
    split = Path(work) / 'split.json'
    last = {label: f'not read/{label}.jpg' for label in labels.values()}
    names = {label: name for _, label, name in entries}
    test = [[path, label, names[label]] for label, path in last.items()]
    write_json(split, dict(train=entries, val=[], test=test), indent=None, durable=False)
    steps_ = (
        [
            dict(
                type='mmpretrain.torchvision/RandomResizedCrop', size=size, interpolation='bicubic'
            ),
            dict(type='mmpretrain.torchvision/RandomHorizontalFlip'),
        ]
        if train
        else [
            dict(type='mmpretrain.torchvision/Resize', size=size, interpolation='bicubic'),
            dict(type='mmpretrain.torchvision/CenterCrop', size=size),
        ]
    )
    return FewShotDataset(
        images,
        dict(type='SplitFile', file=str(split)),
        cache_mb=cache_mb,
        pipeline=[dict(type='LoadRGBImage'), *steps_, dict(type='mmpretrain.PackInputs')],
    )


def _loader(dataset: Dataset, batch_size: int, workers: int, ours: bool) -> DataLoader:
    return DataLoader(
        dataset,
        batch_size=batch_size,
        num_workers=workers,
        persistent_workers=workers > 0,
        shuffle=True,
        generator=torch.Generator().manual_seed(0),
        collate_fn=default_collate if ours else None,
    )  # as in configs/_base_/datasets


def _seconds(
    loaders: dict[str, DataLoader], rounds: int, console: Console
) -> dict[str, list[float]]:
    """Seconds of every counted round, by loader; the order is reversed from one round to the next."""
    plan = [
        (turn, name)
        for turn in range(rounds + 1)
        for name in (list(loaders) if turn % 2 else list(loaders)[::-1])
    ]
    seconds: dict[str, list[float]] = {name: [] for name in loaders}
    for turn, name in progress(plan, len(plan), 'loading', console):
        taken = _one_round(loaders[name])
        if turn:
            seconds[name].append(taken)
    return seconds


def _one_round(loader: DataLoader) -> float:
    start = time.perf_counter()
    for _ in loader:
        pass
    return time.perf_counter() - start


def _ratio(ours: list[float], theirs: list[float]) -> float:
    """How many times as fast: the median over rounds."""
    return statistics.median(other / own for other, own in zip(theirs, ours, strict=True))


def _rate(seconds: list[float], images: int) -> Rate:
    return Rate(
        *(images / value for value in (statistics.median(seconds), max(seconds), min(seconds)))
    )


def _print(
    rates: dict[str, Rate], ratios: dict[str, float], setting: dict[str, Any], console: Console
) -> None:
    what = 'random crops and flips' if setting['train'] else 'resize and centre crop'
    console.print(
        f'{setting["images"]} images, {what} to {setting["size"]} px, batches of {setting["batch_size"]}, '
        f'{setting["workers"]} workers, {setting["rounds"]} rounds in turn',
        highlight=False,
    )
    table = Table(
        'loader',
        'images/s (median)',
        'slowest',
        'fastest',
        'times ImageFolder',
        box=None,
        pad_edge=False,
    )
    for name, rate in rates.items():
        table.add_row(name, *(f'{value:.0f}' for value in rate), f'{ratios[name]:.2f}')
    console.print(table)
