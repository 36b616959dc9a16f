"""A micro world for whole runs: six classes of drawn 32-pixel images, a random CLIP of three blocks, a user's config.

The config inherits the real bases, as a user's would; only sizes differ. Weights are drawn once and lie in a file, so every
process loads the same ones.
"""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helpers_models as helpers
import numpy as np
from mmengine.hooks import Hook
from PIL import Image
from safetensors.torch import save_file

from vamp_mm import apis

ROOT = Path(__file__).parents[2]
NAMES = ('red ball', 'pine tree', 'old house', 'airplane', 'golden retriever', 'tea cup')
#: Images of a class in each list; the training run takes 4 of the 6.
SIZES = dict(train=6, val=2, test=4)
EPOCHS = 3
#: 3 base classes x 4 shots in batches of 4.
STEPS = 3
CLIP = helpers.small_config(text=dict(context_length=32, layers=3))

CONFIG = """\
_base_ = ['{bases}/models/{method}.py', '{bases}/schedules/base_to_novel.py', '{bases}/default_runtime.py']
model = dict(backbone=dict(arch='{root}/arch.json', pretrained='{root}/weights.safetensors'), prompter={prompter})
data = dict(
    type='FewShotDataset', data_root='{root}/data', source=dict(
        type='SplitFile', file='split.json', image_folder='images', hint='Draw the images first'))
train_dataloader = dict(
    batch_size=4, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='ProtocolBatchSampler'),
    dataset=dict(split='train', shots=4, seed=1, class_split='base', **data, pipeline=[
        dict(type='LoadRGBImage'),
        dict(type='mmpretrain.torchvision/RandomResizedCrop', size=32, scale=(0.5, 1.0), interpolation='bicubic'),
        dict(type='mmpretrain.torchvision/RandomHorizontalFlip'),
        dict(type='mmpretrain.PackInputs')]))
test_dataloader = dict(
    batch_size=5, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='test', **data, pipeline=[
        dict(type='LoadRGBImage'),
        dict(type='mmpretrain.torchvision/Resize', size=32, interpolation='bicubic'),
        dict(type='mmpretrain.torchvision/CenterCrop', size=32),
        dict(type='mmpretrain.PackInputs')]))
del data
test_evaluator = [
    dict(type='mmpretrain.Accuracy', topk=(1, )), dict(type='CalibrationMetric'), dict(type='UncertaintyMetric')]
test_cfg = dict(type='SplitTestLoop', splits=dict(
    base=dict(seen=True, dataset=dict(class_split='base')), novel=dict(seen=False, dataset=dict(class_split='novel'))))
train_cfg = dict(max_epochs={epochs})
default_hooks = dict(logger=dict(interval=1))
log_processor = dict(window_size=1)
"""
_MMRL = dict(
    host=dict(start=1, depth=2, num_tokens=2, space_width=24),
    start=1,
    depth=2,
    hidden=8,
    test_samples=3,
)
_MAPLE = dict(host=dict(depth=2), depth=2, hidden=8, test_samples=3)


@dataclass(frozen=True)
class Micro:
    """A folder with data, weights and configs.

    Args:
        root: The folder.
    """

    root: Path

    @property
    def config(self) -> Path:
        """VaMP on the MMRL host."""
        return self.root / 'vamp.py'

    @property
    def maple(self) -> Path:
        """VaMP on the MaPLe host."""
        return self.root / 'maple.py'

    def train(
        self,
        work_dir: Path,
        overrides: Mapping[str, Any] | None = None,
        resume: bool = False,
        hooks: Sequence[Hook] = (),
        config: Path | None = None,
    ) -> dict[str, Any]:
        """Train and test in this process."""
        cfg = apis.compose(config or self.config, work_dir=str(work_dir), overrides=overrides)
        return apis.train(cfg, resume, hooks)

    def test(
        self,
        checkpoint: Path | None,
        work_dir: Path,
        overrides: Mapping[str, Any] | None = None,
        hooks: Sequence[Hook] = (),
    ) -> dict[str, Any]:
        """Test in this process."""
        return apis.test(
            apis.compose(self.config, work_dir=str(work_dir), overrides=overrides),
            checkpoint,
            hooks,
        )


def build(root: Path) -> Micro:
    """Write data, weights and configs into an empty folder."""
    draw_data(root / 'data')
    save_file(helpers.build_open_clip(CLIP).state_dict(), root / 'weights.safetensors')
    (root / 'arch.json').write_text(json.dumps(CLIP), encoding='utf-8')
    micro = Micro(root)
    for path, method, prompter in (
        (micro.config, 'vamp_mmrl_vit-b16', _MMRL),
        (micro.maple, 'vamp_maple_vit-b16', _MAPLE),
    ):
        path.write_text(
            CONFIG.format(
                bases=(ROOT / 'configs' / '_base_').as_posix(),
                root=root.as_posix(),
                method=method,
                prompter=prompter,
                epochs=EPOCHS,
            ),
            encoding='utf-8',
        )
    return micro


def draw_data(folder: Path, names: Sequence[str] = NAMES, sizes: Mapping[str, int] = SIZES) -> None:
    """A pattern per class under noise, so that there is something to learn."""
    rng = np.random.default_rng(0)
    lists: dict[str, list] = {part: [] for part in sizes}
    for label, name in enumerate(names):
        pattern = rng.integers(0, 256, (4, 5, 3)).repeat(9, axis=0).repeat(8, axis=1)  # (36, 40, 3)
        for part, count in sizes.items():
            for index in range(count):
                path = f'{label}/{part}_{index}.png'
                file = folder / 'images' / path
                file.parent.mkdir(parents=True, exist_ok=True)
                image = (
                    (pattern + rng.integers(-60, 60, pattern.shape)).clip(0, 255).astype(np.uint8)
                )
                Image.fromarray(image).save(file)
                lists[part].append([path, label, name])
    (folder / 'split.json').write_text(json.dumps(lists), encoding='utf-8')


def command(tool: str, *words: str | Path) -> int:
    """Run a tool as the command line would, in this process; return its exit code."""
    before = sys.argv
    sys.argv = [tool, *map(str, words)]
    try:
        runpy.run_path(str(ROOT / 'tools' / tool), run_name='__main__')
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


def scalars(work_dir: Path) -> list[dict[str, Any]]:
    """What a run logged, line by line, all starts after another."""
    files = sorted(work_dir.glob('*/vis_data/scalars.json'))
    return [
        json.loads(line) for file in files for line in file.read_text(encoding='utf-8').splitlines()
    ]
