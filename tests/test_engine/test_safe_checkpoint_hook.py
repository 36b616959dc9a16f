"""Checkpoints of a Runner: plain, strict, atomic in their order, and resumable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader
from toy_engine import VAL, Interrupted, toy_runner

from vamp_mm import __version__
from vamp_mm.engine import CheckpointError, load_checkpoint, save_checkpoint
from vamp_mm.engine.hooks import safe_checkpoint_hook
from vamp_mm.engine.plain import same_plain


def train(work_dir, **changes):
    runner = toy_runner(work_dir, **changes)
    runner.train()
    return runner


def edit(path, change):
    """Change a stored checkpoint by hand, as torch writes it."""
    state = torch.load(path, weights_only=True)
    change(state)
    torch.save(state, path)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('trained')
    torch.set_num_threads(1)
    train(work_dir)
    return work_dir


@pytest.fixture
def copied(trained, tmp_path):
    for path in trained.glob('*.pth'):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_file_is_plain_and_small(trained):
    state = torch.load(trained / 'epoch_4.pth', weights_only=True)
    assert state.keys() == {'meta', 'state_dict', 'message_hub', 'optimizer', 'param_schedulers'}
    assert state['meta']['vamp_mm_version'] == __version__
    assert state['meta']['format'] == 1
    assert state['meta']['dataset_meta']['classes'] == ('cat', 'dog', 'owl')
    assert not {'config', 'cfg'} & (
        state['meta'].keys() | state['message_hub']['runtime_info'].keys()
    )
    assert 'ToyModel' in state['meta']['cfg_text']
    assert 'frozen' not in state['state_dict']
    assert state['state_dict']['prototype_owner.prototypes'].shape == (3, 4)
    assert state['message_hub']['log_scalars']['train/loss']['log_history'].shape == (20,)


def test_pointer_names_the_last_one(trained):
    assert (trained / 'last_checkpoint').read_text() == 'epoch_4.pth'
    assert not list(trained.glob('.*.tmp'))


def test_resumed_state(trained, copied):
    runner = toy_runner(copied, resume=True)
    warnings = []
    runner.logger.warning = warnings.append
    runner.train()
    assert runner.epoch == 4
    assert runner.iter == 20
    buffer = runner.message_hub.get_scalar('train/loss')
    assert isinstance(buffer, HistoryBuffer)
    assert len(buffer.data[0]) == 20
    assert 'ToyModel' in runner.message_hub.get_info('cfg')
    assert warnings == []
    stored = load_checkpoint(trained / 'epoch_4.pth')['state_dict']
    for name, value in runner.model.state_dict().items():
        assert torch.equal(value, stored[name]), name


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'train_dataloader__dataset': {'metainfo': {'classes': ('cat', 'dog', 'rat')}}}, "'rat'"),
        ({'optim_wrapper__optimizer__lr': 0.5}, r'optimizer\.lr: [0-9.]+ -> 0\.5'),
        ({'randomness': {'seed': 77}}, r'randomness\.seed: \d+ -> 77'),
    ],
)
def test_a_run_is_not_continued_as_another_one(copied, changes, words):
    with pytest.raises(CheckpointError, match=words):
        toy_runner(copied, resume=True, **changes).train()


@pytest.mark.parametrize(
    'changes',
    [{}, {'train_dataloader__num_workers': 1}, {'randomness': {}}, VAL],
    ids=['plain', 'workers', 'no seed', 'validation'],
)
def test_resumed_training_equals_an_uninterrupted_one(tmp_path, changes):
    """Bit for bit: weights, optimizer, noise counter; interrupted in the third epoch of four."""
    cut = toy_runner(tmp_path / 'cut', stop=12, **changes)
    with pytest.raises(Interrupted):
        cut.train()
    # Without a configured seed MMEngine draws one, and the checkpoint has to bring it back.
    whole = train(tmp_path / 'whole', **{**changes, 'randomness': {'seed': cut.seed}})
    again = train(tmp_path / 'cut', resume=True, **changes)
    assert int(again.model.noise_step) == 20
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name]), name
    one, other = (load_checkpoint(tmp_path / name / 'epoch_4.pth') for name in ('whole', 'cut'))
    assert same_plain(one['optimizer'], other['optimizer'])
    assert same_plain(one['param_schedulers'], other['param_schedulers'])


def test_pointer_may_be_lost(copied):
    assert train(copied, resume=True, train_cfg__max_epochs=4).epoch == 4
    (copied / 'epoch_4.pth').write_bytes(b'cut')
    runner = toy_runner(copied, resume=True, stop=15)
    with pytest.raises(Interrupted):
        runner.train()
    assert runner.epoch == 3


def test_resume_in_an_empty_directory_starts_from_the_beginning(tmp_path):
    assert train(tmp_path, resume=True).iter == 20


def test_max_keep_ckpts(tmp_path, monkeypatch):
    order = []
    write = safe_checkpoint_hook.atomic_write

    def watch(data, path):
        write(data, path)
        order.append(
            (Path(data.decode()).name, sorted(file.name for file in tmp_path.glob('*.pth')))
        )

    monkeypatch.setattr(safe_checkpoint_hook, 'atomic_write', watch)
    train(tmp_path, default_hooks__checkpoint__max_keep_ckpts=1)
    # When the pointer moves, old and new both stand; the old one goes afterwards.
    assert order[1] == ('epoch_2.pth', ['epoch_1.pth', 'epoch_2.pth'])
    assert [path.name for path in tmp_path.glob('*.pth')] == ['epoch_4.pth']


def test_outdated_checkpoint_of_a_killed_run_is_deleted_by_the_next(tmp_path, monkeypatch):
    keep = {'default_hooks__checkpoint__max_keep_ckpts': 1}

    def killed(data, path):
        if b'epoch_3' in data:
            raise Interrupted

    monkeypatch.setattr(safe_checkpoint_hook, 'atomic_write', killed)
    with pytest.raises(Interrupted):
        train(tmp_path, **keep)
    assert sorted(path.name for path in tmp_path.glob('*.pth')) == ['epoch_2.pth', 'epoch_3.pth']
    monkeypatch.undo()
    train(tmp_path, resume=True, **keep)
    assert [path.name for path in tmp_path.glob('*.pth')] == ['epoch_4.pth']


def test_best_checkpoint(tmp_path):
    runner = train(tmp_path, default_hooks__checkpoint__save_best='acc', **VAL)
    assert [path.name for path in tmp_path.glob('best_*')] == ['best_acc_epoch_4.pth']
    assert runner.message_hub.get_info('best_score') == 4.0
    tested = toy_runner(tmp_path, load_from=str(tmp_path / 'best_acc_epoch_4.pth'))
    tested.test()
    with pytest.raises(CheckpointError, match='lacks optimizer'):
        train(tmp_path, resume=True, load_from=str(tmp_path / 'best_acc_epoch_4.pth'))


def test_stored_paths_and_numbers_delete_nothing_elsewhere(tmp_path):
    run, other = tmp_path / 'run', tmp_path / 'precious.pth'
    best = {
        'default_hooks__checkpoint__save_best': 'acc',
        'default_hooks__checkpoint__max_keep_ckpts': 1,
        **VAL,
    }
    with pytest.raises(Interrupted):
        toy_runner(run, stop=10, **best).train()
    other.touch()

    def aim(state):
        info = state['message_hub']['runtime_info']
        info['best_ckpt'] = str(other)
        info['keep_ckpt_ids'] = ['/../../precious', *info['keep_ckpt_ids']]

    edit(run / 'epoch_2.pth', aim)
    train(run, resume=True, **best)
    assert other.exists()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda state: state.pop('head.bias'), '1 missing: head.bias'),
        (lambda state: state.update(extra=torch.zeros(1)), '1 unexpected: extra'),
        (
            lambda state: state.update({'head.weight': torch.zeros(3, 9)}),
            r'head\.weight \(3, 9\) instead of \(3, 4\)',
        ),
    ],
)
@pytest.mark.parametrize('resume', [True, False])
def test_loading_is_strict(copied, change, message, resume):
    path = copied / 'epoch_4.pth'
    edit(path, lambda state: change(state['state_dict']))
    runner = toy_runner(copied, resume=resume, load_from=str(path))
    with pytest.raises(CheckpointError, match=message):
        runner.train() if resume else runner.test()


def test_another_number_of_schedulers_is_refused(copied):
    with pytest.raises(CheckpointError, match='1 parameter schedulers, this run has 2'):
        train(
            copied,
            resume=True,
            param_scheduler=[{'type': 'WarmupCosineLR'}, {'type': 'ConstantLR'}],
        )


def test_configuration_inside_a_checkpoint_is_never_executed(copied):
    mark = copied / 'executed'
    code = f'import os\nos.mkdir({str(mark)!r})'

    def arm(state):
        for holder in (state['meta'], state['message_hub']['runtime_info']):
            holder.update(config=code, cfg=code)

    edit(copied / 'epoch_4.pth', arm)
    train(copied, resume=True, load_from=str(copied / 'epoch_4.pth'))
    assert not mark.exists()


class Bomb:
    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize('resume', [True, False])
def test_hostile_file_is_refused_by_the_runner(copied, resume):
    mark, path = copied / 'executed', copied / 'epoch_4.pth'
    state = torch.load(path, weights_only=True)
    torch.save({**state, 'message_hub': Bomb(mark)}, path)
    runner = toy_runner(copied, resume=resume, load_from=str(path))
    with pytest.raises(CheckpointError, match='refused'):
        runner.train() if resume else runner.test()
    assert not mark.exists()


def test_remote_checkpoint_is_refused(tmp_path):
    runner = toy_runner(tmp_path, load_from='https://example.com/a.pth')
    with pytest.raises(CheckpointError, match='download the file'):
        runner.test()


def test_bare_weights_load_but_do_not_resume(trained, tmp_path):
    weights = load_checkpoint(trained / 'epoch_4.pth')['state_dict']
    torch.save(weights, tmp_path / 'w.pth')
    runner = toy_runner(tmp_path, load_from=str(tmp_path / 'w.pth'))
    runner.test()
    assert torch.equal(runner.model.head.weight, weights['head.weight'])
    with pytest.raises(CheckpointError, match='cannot be resumed from'):
        train(tmp_path, resume=True, load_from=str(tmp_path / 'w.pth'))


def test_published_copy_and_own_folder(tmp_path):
    hook = {
        'type': 'SafeCheckpointHook',
        'published_keys': ['meta', 'state_dict'],
        'out_dir': str(tmp_path / 'out'),
    }
    train(tmp_path / 'run', default_hooks__checkpoint=hook)
    published = list((tmp_path / 'out' / 'run').glob('epoch_4-*.pth'))
    assert len(published) == 1
    assert load_checkpoint(published[0]).keys() == {'meta', 'state_dict', 'file'}
    assert train(tmp_path / 'run', resume=True, default_hooks__checkpoint=hook).epoch == 4


def test_unknown_argument_is_an_error():
    with pytest.raises(TypeError, match='max_keep'):
        safe_checkpoint_hook.SafeCheckpointHook(max_keep=3)


def test_nothing_is_registered_before_a_run(trained, tmp_path):
    """The loader is taken over by a run, not by an import."""
    default = CheckpointLoader._schemes['']
    try:
        CheckpointLoader.register_scheme('', loader=os.stat, force=True)
        runner = toy_runner(tmp_path, load_from=str(trained / 'epoch_4.pth'))
        assert CheckpointLoader._schemes[''] is os.stat
        runner.test()
        assert CheckpointLoader._schemes[''] is safe_checkpoint_hook.load_from_safe_file
    finally:
        CheckpointLoader.register_scheme('', loader=default, force=True)


def test_hand_written_state_loads(trained, tmp_path):
    """What save_checkpoint wrote is what a Runner tests."""
    weights = load_checkpoint(trained / 'epoch_4.pth')['state_dict']
    save_checkpoint({'state_dict': weights}, tmp_path / 'mine.pth')
    toy_runner(tmp_path, load_from=str(tmp_path / 'mine.pth')).test()
