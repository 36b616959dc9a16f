"""A whole run with and without reused features of the frozen tower."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import micro as world
import pytest
import torch
from torch import Tensor, nn

from vamp_mm.models.prompters.base import BasePrompter
from vamp_mm.registry import MODELS
from vamp_mm.structures import EMBED, FrozenCLIP, PromptContext, PromptPlan, TokenEdit, TowerPlan

_PLAIN = [
    dict(type='LoadRGBImage'),
    dict(type='mmpretrain.torchvision/Resize', size=32, interpolation='bicubic'),
    dict(type='mmpretrain.torchvision/CenterCrop', size=32),
    dict(type='mmpretrain.PackInputs'),
]


@MODELS.register_module()
class LearnedWords(BasePrompter):
    """Two learned embeddings in place of the first two words, and nothing on the image side."""

    def __init__(self, clip: FrozenCLIP) -> None:
        super().__init__()
        self.words = nn.Parameter(0.02 * torch.randn(2, clip.text.width))

    def forward(self, context: PromptContext) -> PromptPlan:
        edit = TokenEdit(EMBED, 1, 'overwrite', self.words[None, None, None])
        return PromptPlan(
            text=self.prompts, templates=self._templates, text_tower=TowerPlan(edits=(edit,))
        )


def config(micro: world.Micro, folder: Path, hook: bool, text_only: bool = True) -> Path:
    """The micro config with a method that learns words only."""
    lines = [f'_base_ = [{micro.config.as_posix()!r}]']
    if text_only:
        lines.append(
            "model = dict(prompter=dict(_delete_=True, type='LearnedWords'), head=dict(_delete_=True, "
            "type='PromptClsHead', losses=[dict(type='BranchCrossEntropy')]))"
        )
    if hook:
        lines.append(
            "custom_hooks = [*_base_.custom_hooks, dict(type='FrozenFeatureHook', budget_mb=8)]"
        )
    folder.mkdir()
    (folder / 'config.py').write_text('\n'.join(lines), encoding='utf-8')
    return folder / 'config.py'


def train(
    micro: world.Micro, folder: Path, hook: bool, augmented: bool = False, **change: Any
) -> tuple[dict, Tensor, str]:
    """Metrics, learned words and log of a run."""
    overrides = {} if augmented else {'train_dataloader.dataset.pipeline': _PLAIN}
    metrics = micro.train(folder / 'run', overrides, config=config(micro, folder, hook, **change))
    state = torch.load(folder / 'run' / f'epoch_{world.EPOCHS}.pth', weights_only=True)[
        'state_dict'
    ]
    log = ''.join(path.read_text(encoding='utf-8') for path in folder.glob('run/*/*.log'))
    return metrics, state.get('prompter.words'), log


def test_a_run_gives_the_same_result(micro: world.Micro, tmp_path: Path) -> None:
    plain, words, _ = train(micro, tmp_path / 'plain', hook=False)
    reused, again, log = train(micro, tmp_path / 'reused', hook=True)
    # float32 features from batches of another composition, nine steps of training
    torch.testing.assert_close(again, words, rtol=1e-4, atol=1e-5)
    assert reused == pytest.approx(plain, rel=1e-3, abs=1e-4)
    assert 'training: frozen image features are reused' in log
    # 12 images in 3 epochs of 3 batches of 4; then 24 test images, once each, by a new model
    assert '12 kept' in log
    assert '24 reused, 12 computed' in log
    assert '24 kept' in log


def test_augmented_training_computes_everything(micro: world.Micro, tmp_path: Path) -> None:
    plain, words, _ = train(micro, tmp_path / 'plain', hook=False, augmented=True)
    hooked, again, log = train(micro, tmp_path / 'hooked', hook=True, augmented=True)
    assert torch.equal(again, words)
    assert hooked == plain
    assert 'training: frozen image features are not reused, TorchVisionRandomResizedCrop' in log
    assert 'test: frozen image features are reused' in log


def test_a_method_that_edits_the_tower_says_so(micro: world.Micro, tmp_path: Path) -> None:
    _, _, log = train(micro, tmp_path / 'vamp', hook=True, text_only=False)
    assert (
        'training: frozen image features are not reused, the method changes the image tower' in log
    )
