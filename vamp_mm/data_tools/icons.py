"""Build the embedded icon benchmark."""

from __future__ import annotations

from pathlib import Path

from vamp_mm.datasets.icons import BenchmarkSpec, build_benchmark

__all__ = ['build_icon_benchmark']


def build_icon_benchmark(
    out: str | Path,
    classes: int = 50,
    train: int = 24,
    val: int = 8,
    test: int = 30,
    size: int = 64,
    seed: int = 0,
    overwrite: bool = False,
) -> Path:
    """Build the icon benchmark in ``<out>/icons``; keep it if it is already there.

    Args:
        out: Data folder.
        classes: Number of classes; the first half by label is *base*.
        train: Training pictures of a class.
        val: Validation pictures of a class.
        test: Test pictures of a class.
        size: Side of a picture in pixels.
        seed: Seed of all that is random.
        overwrite: Replace a benchmark that was built with other settings.

    Returns:
        The folder with ``images/`` and ``split_icons.json``.

    Raises:
        FileExistsError: If another benchmark lies there and ``overwrite`` is false.
        ModuleNotFoundError: If ``qtawesome``, which carries the fonts, is not installed.
        ValueError: If a number is out of range.
    """
    spec = BenchmarkSpec(classes, train, val, test, size, seed)
    return build_benchmark(Path(out), spec, overwrite)
