"""Pages that are made from the code: methods, datasets, protocols, and the API."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from vamp_mm.datasets import CATALOG
from vamp_mm.evaluation.protocol_table import PROTOCOLS

#: Page -> title and modules that users call.
API: Mapping[str, tuple[str, tuple[str, ...]]] = {
    'api_apis': ('Training, testing, configs', ('vamp_mm.apis.train', 'vamp_mm.apis.test', 'vamp_mm.config.compose')),
    'api_prediction': ('Prediction', ('vamp_mm.prediction.predictor', 'vamp_mm.prediction.results')),
    'api_models': (
        'Classifier, backbone, heads',
        (
            'vamp_mm.models.classifiers.prompted',
            'vamp_mm.models.backbones.prompted_clip',
            'vamp_mm.models.heads.prompt_cls',
            'vamp_mm.models.heads.vamp',
            'vamp_mm.models.losses.variational',
        ),
    ),
    'api_prompters': (
        'Prompters',
        ('vamp_mm.models.prompters.base', 'vamp_mm.models.prompters.variational', 'vamp_mm.models.prompters.deep'),
    ),
    'api_structures': (
        'Plans and outputs',
        ('vamp_mm.structures.plan', 'vamp_mm.structures.outputs', 'vamp_mm.structures.vocabulary'),
    ),
    'api_hooks': ('Hooks', ('vamp_mm.engine.hooks.class_aware_prior_hook', 'vamp_mm.engine.hooks.vocabulary_hook')),
}  # fmt: skip


ROOT = Path(__file__).resolve().parents[2]


def methods_page() -> str:
    """Every method with its paper and its configs, from the ``metafile.yml`` files, which are written from the configs."""
    lines = [
        '# Methods and configs',
        '',
        'All configs of every method. `vamp_mm train CONFIG` runs one; `--dataset` and `--protocol` replace its data, and',
        "the method's [published settings](../docs/benchmark.md#published-settings) follow. The page of a method has its",
        'equation-to-code table, its settings and what differs from the original. [Measured results](../docs/results.md).',
    ]
    for file in sorted((ROOT / 'configs').glob('*/metafile.yml')):
        index = yaml.safe_load(file.read_text(encoding='utf-8'))
        (collection,) = index['Collections']
        paper = collection['Paper']
        lines += [
            '',
            f'## {collection["Name"]}',
            '',
            f'[*{paper["Title"]}*]({paper["URL"]}) · [page of the method](../{collection["README"]})',
            '',
            '| config | protocol | trained on | CLIP | shots | batch size | epochs |',
            '|---|---|---|---|---|---|---|',
        ]
        lines += [_config_row(model) for model in index['Models']]
    return '\n'.join(lines) + '\n'


def _config_row(model: Mapping[str, Any]) -> str:
    data = model['Metadata']
    cells = (
        f'`{model["Config"]}`',
        data.get('Protocol'),
        ', '.join(data.get('Training Data', ())) or None,
        f'{", ".join(data["Architecture"])}, {data.get("Pretrained Weights")}',
        data.get('Shots'),
        data.get('Batch Size'),
        data.get('Epochs'),
    )
    return f'| {" | ".join("–" if cell is None else str(cell) for cell in cells)} |'


def datasets_page() -> str:
    """The fifteen datasets of the benchmark and the icons, from the catalog."""
    lines = [
        '# Datasets',
        '',
        'Names for `--dataset`, from the catalog in the code. Lists of images equal the published ones;',
        '[where they come from](../data/README.md), [how to unpack and check them](../docs/data_tools.md),',
        '[your own](../docs/tutorials/README.md).',
        '',
        '| name | dataset | folder below `data` | classes | train | val | test | template |',
        '|---|---|---|---|---|---|---|---|',
    ]
    for name, row in CATALOG.items():
        counts = row.counts
        cells = (
            f'`{name}`', row.title, f'`{row.folder}`', counts.classes, counts.train, counts.val, counts.test,
            f'`{row.template}`')  # fmt: skip
        lines.append(f'| {" | ".join("–" if cell is None else str(cell) for cell in cells)} |')
    return '\n'.join(lines) + '\n'


def protocols_page() -> str:
    """The protocols, from their table."""
    lines = [
        '# Protocols',
        '',
        'Names for `--protocol`, from the table in the code.',
        '[Published settings](../docs/benchmark.md#published-settings) follow dataset and protocol.',
        '',
        '| name | reported | number of a run | tests other datasets |',
        '|---|---|---|---|',
    ]
    for name, protocol in PROTOCOLS.items():
        metrics = ', '.join(f'`{metric}`' for metric in protocol.metrics)
        reported = 'harmonic mean of the two' if protocol.halves else 'accuracy'
        targets = 'yes' if protocol.has_targets else 'no'
        lines.append(f'| `{name}` | {metrics} | {reported} | {targets} |')
    return '\n'.join(lines) + '\n'


def api_pages(pages: Mapping[str, tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    """Pages of the API, whose text is that of the docstrings.

    Args:
        pages: As :data:`API`.

    Returns:
        Name of the page -> its Markdown.
    """
    made = {}
    for name, (title, modules) in pages.items():
        blocks = [f'# {title}']
        for module in modules:
            blocks += [f'## {module}', f'```{{eval-rst}}\n.. automodule:: {module}\n```']
        made[name] = '\n\n'.join(blocks) + '\n'
    return made
