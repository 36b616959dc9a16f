"""All commands, in the order of the help."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Command:
    """One command.

    Args:
        name: Its name after ``vamp_mm``.
        module: The module of this package with its ``add_arguments(parser)`` and ``run(args)``.
        tool: The script under ``tools/`` that runs the same.
        group: Heading in the help.
        next_step: What to do after an interruption.
        outlives_reader: Whether it works on when nobody reads its output any more, since it writes to files.
    """

    name: str
    module: str
    tool: str
    group: str
    next_step: str = ''
    outlives_reader: bool = False

    def load(self) -> ModuleType:
        """The module, which imports nothing heavy."""
        return importlib.import_module(f'.{self.module}', __package__)

    @property
    def summary(self) -> str:
        """The first sentence of the module's docstring."""
        return (self.load().__doc__ or '').partition('\n')[0]


_TRAIN, _USE, _DATA, _INSIDE, _CHECK = (
    'train and compare',
    'use a model',
    'data',
    'look inside',
    'configs and checks',
)

#: Name -> command.
COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command('quickstart', 'quickstart', 'quickstart.py', _TRAIN, outlives_reader=True),
        Command(
            'train',
            'train',
            'train.py',
            _TRAIN,
            next_step='--resume continues from the last checkpoint',
            outlives_reader=True,
        ),
        Command('test', 'test', 'test.py', _TRAIN, outlives_reader=True),
        Command(
            'benchmark',
            'benchmark',
            'benchmark.py',
            _TRAIN,
            next_step='the same command continues from here',
            outlives_reader=True,
        ),
        Command('report', 'report', 'report.py', _TRAIN),
        Command('predict', 'predict', 'predict.py', _USE),
        Command('demo', 'demo', 'demo.py', _USE),
        Command('import', 'import_original', 'model_converters/import_original.py', _USE),
        Command('export', 'export_prompts', 'model_converters/export_prompts.py', _USE),
        Command('prepare', 'prepare', 'dataset_tools/prepare.py', _DATA),
        Command('verify', 'verify', 'dataset_tools/verify.py', _DATA),
        Command('browse', 'browse', 'dataset_tools/browse_dataset.py', _DATA),
        Command('build-icons', 'build_icons', 'dataset_tools/build_icons.py', _DATA),
        Command('check-lists', 'check_lists', 'dataset_tools/check_lists.py', _DATA),
        Command(
            'uncertain-images', 'uncertain_images', 'analysis_tools/uncertain_images.py', _INSIDE
        ),
        Command(
            'posterior-spread', 'posterior_spread', 'analysis_tools/posterior_spread.py', _INSIDE
        ),
        Command('latent-map', 'latent_map', 'analysis_tools/latent_map.py', _INSIDE),
        Command('nearest-words', 'nearest_words', 'analysis_tools/nearest_words.py', _INSIDE),
        Command('ablation-table', 'ablation_table', 'analysis_tools/ablation_table.py', _INSIDE),
        Command('print-config', 'print_config', 'print_config.py', _CHECK),
        Command('check', 'check', 'check_configs.py', _CHECK),
        Command('check-parity', 'check_parity', 'dev/check_parity.py', _CHECK),
        Command('benchmark-speed', 'benchmark_speed', 'analysis_tools/benchmark_speed.py', _CHECK),
        Command(
            'benchmark-startup', 'benchmark_startup', 'analysis_tools/benchmark_startup.py', _CHECK
        ),
        Command(
            'benchmark-loader', 'benchmark_loader', 'analysis_tools/benchmark_loader.py', _CHECK
        ),
    )
}
