"""Whole runs of methods whose step is not the ordinary one, and of a checkpoint that an original wrote."""

from __future__ import annotations

import json
from pathlib import Path

import micro as world
import pytest
import torch
from micro_processes import run
from micro_runs import Finished

from vamp_mm.registry import build_part

#: Method -> what differs from its published config on the small CLIP.
METHODS = {
    'prograd': (dict(num_tokens=6), "optim_wrapper = dict(type='ProjectedGradientOptimWrapper')"),
}


def _write(micro: world.Micro, path: Path, method: str, prompter: dict, more: str = '') -> Path:
    text = world.CONFIG.format(
        bases=(world.ROOT / 'configs' / '_base_').as_posix(),
        root=micro.root.as_posix(),
        method=f'{method}_vit-b16',
        prompter=prompter,
        epochs=world.EPOCHS,
    )
    path.write_text(f'{text}{more}\n', encoding='utf-8')
    return path


@pytest.mark.parametrize('method', METHODS)
def test_two_processes_equal_one(micro: world.Micro, tmp_path: Path, method: str) -> None:
    prompter, more = METHODS[method]
    config = _write(micro, tmp_path / f'{method}.py', method, prompter, more)
    micro.train(tmp_path / 'one', config=config)
    done = run(
        'tools/dist_train.sh',
        config,
        '2',
        '--work-dir',
        tmp_path / 'two',
        '--cfg-options',
        'train_dataloader.batch_size=2',
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = Finished.read(tmp_path / 'one'), Finished.read(tmp_path / 'two')
    assert two.result['processes'] == 2
    for key, value in one.checkpoint['state_dict'].items():
        # AdamW divides a gradient by its own size, so rounding of small gradients shows, as a share of the learning rate
        torch.testing.assert_close(
            two.checkpoint['state_dict'][key], value, rtol=0, atol=3e-6, msg=key
        )
    before = torch.load(tmp_path / 'one' / 'epoch_2.pth', weights_only=True)['state_dict'][
        'prompter.context'
    ]
    assert float((one.checkpoint['state_dict']['prompter.context'] - before).abs().max()) > 3e-4
    assert set(one.metrics) == set(two.metrics)


def test_a_checkpoint_of_an_original_is_imported_and_tested_by_command(
    micro: world.Micro, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """The words of 'a photo of a' as the learned context: the result is zero-shot CLIP's."""
    clip = build_part(
        dict(
            type='PromptedCLIPBackbone',
            arch=str(micro.root / 'arch.json'),
            pretrained=str(micro.root / 'weights.safetensors'),
        )
    )
    words = clip.embed(clip.tokenize(['a photo of a']).ids)[0, 1:5]
    width = words.shape[1]
    state = {
        'ctx': words.half(),
        'token_prefix': torch.zeros(3, 1, width),
        'token_suffix': torch.zeros(3, 72, width),
    }
    torch.save(
        {'state_dict': state, 'epoch': 50, 'optimizer': None, 'scheduler': None},
        tmp_path / 'model.pth.tar-50',
    )
    imported = tmp_path / 'coop.pth'
    assert (
        world.command(
            'model_converters/import_original.py',
            'coop',
            tmp_path / 'model.pth.tar-50',
            '--out',
            imported,
        )
        == 0
    )
    out = capsys.readouterr().out
    assert "dropped, of the training's class names: token_prefix, token_suffix" in out
    assert 'model.prompter.num_tokens=4' in out
    config = _write(micro, tmp_path / 'coop.py', 'coop', dict(num_tokens=4))
    assert world.command('test.py', config, imported, '--work-dir', tmp_path / 'coop') == 0
    plain = _write(micro, tmp_path / 'clip.py', 'clip', {})
    assert world.command('test.py', plain, 'none', '--work-dir', tmp_path / 'clip') == 0
    one, two = (
        json.loads(next((tmp_path / name).glob('*/result.json')).read_text('utf-8'))['metrics']
        for name in ('coop', 'clip')
    )
    for key, value in two.items():
        assert one[key] == pytest.approx(value, abs=2e-3), key  # the context was rounded to float16
    assert one['base/nll'] != two['base/nll']
