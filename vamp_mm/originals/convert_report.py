"""Print what became of an original's checkpoint."""

from __future__ import annotations

from rich.console import Console

from vamp_mm.messages import some

from .convert import Imported


def print_import(result: Imported, method: str, out: str) -> None:
    """Print what was used, dropped and left, and which settings the config needs.

    Args:
        result: What the import gave.
        method: Name of the original.
        out: Where our checkpoint went.
    """
    console = Console(soft_wrap=True, highlight=False, markup=False)
    count = sum(value.numel() for value in result.state.values() if value.is_floating_point())
    epoch = '' if result.epoch is None else f', epoch {result.epoch}'
    console.print(
        f'{method}{epoch}: {len(result.used)} tensors used, {count:,} values, written to {out}'
    )
    for what, names in (
        ('used', result.used),
        ("dropped, of the training's class names", result.class_bound),
        ('left, frozen or never used by the original', result.left),
    ):
        console.print(f'{what}: {some(names, most=12) or "none"}')
    if result.settings:
        options = ' '.join(f'{key}={value}' for key, value in result.settings.items())
        console.print(f'a config that fits has: {options}')
