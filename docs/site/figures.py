"""Pictures that are drawn from the code: where in the towers each method changes CLIP."""

from __future__ import annotations

from pathlib import Path

import torch
from matplotlib.figure import Figure

from vamp_mm.config.compose import compose
from vamp_mm.registry import MODELS
from vamp_mm.structures import EMBED, TowerPlan, Vocabulary

ROOT = Path(__file__).resolve().parents[2]
#: Methods in the order of the figure.
METHODS = (
    ('coop/coop_icons', 'CoOp'),
    ('cocoop/cocoop_icons', 'CoCoOp'),
    ('tcp/tcp_icons', 'TCP'),
    ('vpt/vpt_deep_icons', 'VPT'),
    ('ivlp/ivlp_icons', 'IVLP'),
    ('maple/maple_icons', 'MaPLe'),
    ('promptsrc/promptsrc_icons', 'PromptSRC'),
    ('mma/mma_icons', 'MMA'),
    ('skipt/skipt_icons', 'SkipT'),
    ('mmrl/mmrl_icons', 'MMRL'),
    ('vamp/vamp_mmrl_icons', 'VaMP'),
)
_COLORS = {'tokens': '#3b6fb6', 'adapter': '#2f9e69', 'weights': '#d08a2c'}
_BLOCKS = 6  # of the embedded CLIP, in each tower


def draw_plans(file: Path) -> None:
    """Draw the plan of every method on the embedded CLIP: layers that get tokens, adapters or other weights.

    Args:
        file: The SVG to write.
    """
    figure = Figure(figsize=(8.6, 4.4))
    for place, tower in enumerate(('text_tower', 'vision_tower')):
        axes = figure.add_subplot(1, 2, place + 1)
        for row, (config, _) in enumerate(METHODS):
            for layer, kind in _layers(getattr(_plan(config), tower)).items():
                axes.add_patch(_cell(layer, row, _COLORS[kind]))
        axes.set(xlim=(-1.5, _BLOCKS - 0.5), ylim=(len(METHODS) - 0.5, -0.5))
        axes.set_xticks(range(-1, _BLOCKS), ['embed', *map(str, range(_BLOCKS))], fontsize=8)
        names = [name for _, name in METHODS] if place == 0 else [''] * len(METHODS)
        axes.set_yticks(range(len(METHODS)), names, fontsize=9)
        axes.set_title(tower.replace('_', ' '), fontsize=10)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    handles = [_cell(0, 0, color) for color in _COLORS.values()]
    figure.legend(handles, list(_COLORS), loc='lower center', ncols=3, frameon=False, fontsize=9)
    figure.subplots_adjust(left=0.12, right=0.99, top=0.92, bottom=0.14, wspace=0.06)
    figure.savefig(file)


def _cell(layer: int, row: int, color: str):  # noqa: ANN202 -- a patch of matplotlib
    from matplotlib.patches import Rectangle

    return Rectangle((layer - 0.45, row - 0.36), 0.9, 0.72, color=color)


def _plan(config: str):  # noqa: ANN202 -- a PromptPlan
    cfg = compose(ROOT / 'configs' / f'{config}.py')
    model = MODELS.build({**cfg.model, '_scope_': 'vamp_mm'}).eval()
    model.set_vocabulary(Vocabulary(('cat', 'dog'), ('a drawing of a {}.',)))
    with torch.no_grad():
        return model.plan(torch.zeros(1, 3, 64, 64))


def _layers(plan: TowerPlan) -> dict[int, str]:
    found = {edit.layer: 'tokens' for edit in plan.edits}
    found |= dict.fromkeys(plan.residuals, 'adapter')
    if plan.tuned is not None:
        found |= dict.fromkeys(range(max(plan.tuned.first, EMBED), _BLOCKS), 'weights')
    return found
