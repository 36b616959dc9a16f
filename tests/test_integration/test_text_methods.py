"""Whole runs of methods whose step is not the ordinary one: two processes equal one."""

from __future__ import annotations

from pathlib import Path

import micro as world
import pytest
import torch
from micro_processes import run
from micro_runs import Finished

#: Method -> what differs from its published config on the small CLIP.
METHODS = {
    'prograd': (dict(num_tokens=6), "optim_wrapper = dict(type='ProjectedGradientOptimWrapper')"),
    'bpl': (dict(shift=dict(train_samples=2, test_samples=3, log_var_start=-6.0)), ''),
}


@pytest.mark.parametrize('method', METHODS)
def test_two_processes_equal_one(micro: world.Micro, tmp_path: Path, method: str) -> None:
    prompter, more = METHODS[method]
    config = tmp_path / f'{method}.py'
    config.write_text(
        world.CONFIG.format(bases=(world.ROOT / 'configs' / '_base_').as_posix(), root=micro.root.as_posix(),
                            method=f'{method}_vit-b16', prompter=prompter, epochs=world.EPOCHS) + more + '\n', encoding='utf-8')
    micro.train(tmp_path / 'one', config=config)
    done = run('tools/dist_train.sh', config, '2', '--work-dir', tmp_path / 'two', '--cfg-options',
               'train_dataloader.batch_size=2')
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = Finished.read(tmp_path / 'one'), Finished.read(tmp_path / 'two')
    assert two.result['processes'] == 2
    for key, value in one.checkpoint['state_dict'].items():
        # AdamW divides a gradient by its own size, so rounding of small gradients shows, as a share of the learning rate
        torch.testing.assert_close(two.checkpoint['state_dict'][key], value, rtol=0, atol=3e-6, msg=key)
    before = torch.load(tmp_path / 'one' / 'epoch_2.pth', weights_only=True)['state_dict']['prompter.context']
    assert float((one.checkpoint['state_dict']['prompter.context'] - before).abs().max()) > 3e-4
    assert set(one.metrics) == set(two.metrics)
