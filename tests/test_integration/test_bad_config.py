"""Keys that nothing reads, and a folder in use: refused before anything is built or written."""

from __future__ import annotations

from pathlib import Path

import micro as world
import pytest
from micro_runs import Finished, untouched

from vamp_mm.apis import ConfigError


@pytest.mark.parametrize(('line', 'words'), [
    ("optim_wraper = dict(type='OptimWrapper')", ('the config', "'optim_wraper'", "did you mean 'optim_wrapper'")),
    ('model = dict(prompter=dict(host=dict(num_token=3)))',
     ('model.prompter.host', "'num_token' of RepresentationTokens", "did you mean 'num_tokens'")),
    ('train_dataloader = dict(dataset=dict(shot=3))',
     ('train_dataloader.dataset', "'shot' of FewShotDataset", "did you mean 'shots'")),
    ('optim_wrapper = dict(optimizer=dict(weight_decai=0.1))',
     ('optim_wrapper.optimizer', "'weight_decai' of AdamW", "did you mean 'weight_decay'")),
    ("test_cfg = dict(splits=dict(novel=dict(dataset=dict(class_splt='novel'))))",
     ('test_cfg.splits.novel.dataset', "'class_splt'", "did you mean 'class_split'")),
    ("model = dict(head=dict(kl=dict(type='VariationalLos')))",
     ('model.head.kl.type', "'VariationalLos'", "did you mean 'VariationalLoss'")),
], ids=['top level', 'host', 'dataset', 'optimizer', 'split', 'type'])  # fmt: skip
def test_misspelt_key(
    micro: world.Micro,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    line: str,
    words: tuple[str, ...],
) -> None:
    config = tmp_path / 'mine.py'
    config.write_text(f"_base_ = '{micro.config.as_posix()}'\n{line}\n", encoding='utf-8')
    assert world.command('train.py', config, '--work-dir', tmp_path / 'run') == 1
    told = capsys.readouterr().err
    for word in words:
        assert word in told
    assert 'Traceback' not in told
    assert not (tmp_path / 'run').exists()


@pytest.mark.parametrize(('option', 'words'), [
    ('model.prompter.host.num_token=3', ('model.prompter.host', "did you mean 'num_tokens'")),
    ('optim_wrapper.optimiser.lr=0.1', ('optim_wrapper', "did you mean 'optimizer'")),
    ('max_epochs=3', ('the config', "'max_epochs'")),
    ('train_dataloader.batch_sise=3', ('train_dataloader', "did you mean 'batch_size'")),
    ('model.prompter.test_samples=2.5', ('model.prompter.test_samples=2.5 must be an integer from 0 to 10000', )),
    ('model.prompter.host.num_tokens=-3', ('model.prompter.host.num_tokens=-3 must be an integer from 1 to 4096', )),
    ('train_dataloader.batch_size=0', ('train_dataloader.batch_size=0 must be an integer of at least 1', )),
    ('optim_wrapper.optimizer.lr=-1', ('optim_wrapper.optimizer.lr=-1 must be a number of at least 0', )),
    ('model.prompter.start=2', ('model.prompter: text blocks start=2, depth=2 do not exist', 'start + depth <= 3')),
    ('test_dataloader.dataset.pipeline.2.size=64',
     ('takes images of 32 x 32 pixels, and the pipelines give', 'set test_dataloader.dataset.pipeline.2.size=32')),
])  # fmt: skip
def test_unknown_option(
    micro: world.Micro,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    option: str,
    words: tuple[str, ...],
) -> None:
    assert (
        world.command(
            'train.py', micro.config, '--work-dir', tmp_path / 'run', '--cfg-options', option
        )
        == 1
    )
    told = capsys.readouterr().err
    for word in words:
        assert word in told
    assert not (tmp_path / 'run').exists()


def test_folder_in_use(
    finished: Finished, micro: world.Micro, capsys: pytest.CaptureFixture
) -> None:
    with untouched(finished):
        assert world.command('train.py', micro.config, '--work-dir', finished.work_dir) == 1
    told = capsys.readouterr().err
    assert 'is not overwritten' in told
    assert '--resume' in told
    assert 'Traceback' not in told


def test_a_training_without_losses_is_refused(micro: world.Micro, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'model.head.losses=\[\] gives nothing to train by'):
        micro.train(tmp_path / 'run', {'model.head': dict(type='PromptClsHead', losses=[])})
