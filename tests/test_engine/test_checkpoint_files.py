"""Writing and reading checkpoint files; what is refused, and that it is not executed."""

from __future__ import annotations

import errno
import itertools
import multiprocessing
import os
import pickle
import random
import re
import signal
import sys
import time
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from safetensors.torch import save_file
from torch import nn

from vamp_mm import __version__
from vamp_mm.engine import (
    CHECKPOINT_FORMAT,
    CheckpointError,
    find_latest_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from vamp_mm.files import WriteError, atomic_write, remove_leftovers


class Bomb:
    """Makes a folder when it is unpickled by an executing unpickler."""

    def __init__(self, mark) -> None:
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def test_round_trip_reads_with_bare_torch(tmp_path, model):
    path = tmp_path / 'new' / 'a.pth'
    save_checkpoint({'state_dict': model.state_dict(), 'meta': {'note': np.float32(0.5)}}, path)
    bare = torch.load(path, weights_only=True)
    assert bare['meta'] == {
        'note': 0.5,
        'format': CHECKPOINT_FORMAT,
        'vamp_mm_version': __version__,
    }
    loaded = load_checkpoint(path)
    assert loaded.pop('file') == str(path)
    assert type(loaded['state_dict']) is dict
    for name, value in model.state_dict().items():
        assert torch.equal(loaded['state_dict'][name], value)


def test_state_dict_written_by_torch_itself_is_read(tmp_path, model):
    torch.save(model.state_dict(), tmp_path / 'bare.pth')
    assert load_checkpoint(tmp_path / 'bare.pth').keys() == model.state_dict().keys()


@pytest.mark.parametrize('place', ['state_dict', 'meta', 'key'])
def test_hostile_pickle_is_refused_and_not_executed(tmp_path, place):
    mark = tmp_path / 'executed'
    state = {'state_dict': {'w': torch.zeros(2)}, 'meta': {}}
    state[place] = {'w': Bomb(mark)}
    torch.save(state, tmp_path / 'evil.pth')
    with pytest.raises(CheckpointError, match='mkdir.*Nothing of it was executed'):
        load_checkpoint(tmp_path / 'evil.pth')
    assert not mark.exists()
    torch.load(tmp_path / 'evil.pth', weights_only=False)  # the bomb is a real one
    assert mark.exists()


def test_hostile_names_are_refused_before_torch_sees_the_file(tmp_path, monkeypatch):
    """Even where somebody put the function on torch's list of safe globals."""
    mark = tmp_path / 'executed'
    torch.save({'meta': Bomb(mark)}, tmp_path / 'evil.pth')
    torch.serialization.add_safe_globals([os.mkdir])
    try:
        with pytest.raises(CheckpointError, match='refused'):
            load_checkpoint(tmp_path / 'evil.pth')
    finally:
        torch.serialization.clear_safe_globals()
    assert not mark.exists()


@pytest.mark.parametrize('protocol', [0, 2, 4])
def test_hostile_plain_pickle_file_is_refused(tmp_path, protocol):
    mark = tmp_path / 'executed'
    (tmp_path / 'evil.pth').write_bytes(pickle.dumps({'state_dict': Bomb(mark)}, protocol))
    with pytest.raises(CheckpointError, match=r'evil\.pth is a (bare Python pickle|text file)'):
        load_checkpoint(tmp_path / 'evil.pth')
    assert not mark.exists()


@pytest.mark.parametrize('protocol', [2, 3, 4])
def test_pickle_protocols_inside_the_archive(tmp_path, protocol):
    """Newer protocols name classes by other opcodes; those are refused too."""
    torch.save(
        {'meta': Bomb(tmp_path / 'executed')}, tmp_path / 'evil.pth', pickle_protocol=protocol
    )
    with pytest.raises(CheckpointError, match='refused'):
        load_checkpoint(tmp_path / 'evil.pth')
    assert not (tmp_path / 'executed').exists()


def test_mmengine_checkpoint_is_refused_with_the_class_named(tmp_path):
    state = {
        'state_dict': OrderedDict(),
        'message_hub': {'log_scalars': {'loss': HistoryBuffer([1.0], [1])}},
    }
    torch.save(state, tmp_path / 'old.pth')
    with pytest.raises(CheckpointError, match='HistoryBuffer.*save_checkpoint'):
        load_checkpoint(tmp_path / 'old.pth')


def test_torchscript_is_refused(tmp_path, model):
    torch.jit.save(torch.jit.trace(model.eval(), torch.zeros(1, 3)), tmp_path / 'script.pth')
    with pytest.raises(CheckpointError, match='TorchScript'):
        load_checkpoint(tmp_path / 'script.pth')


@pytest.mark.parametrize('share', [0.0, 0.3, 0.9, 0.999])
def test_truncated_file_is_refused(tmp_path, model, share):
    save_checkpoint({'state_dict': model.state_dict()}, tmp_path / 'a.pth')
    data = (tmp_path / 'a.pth').read_bytes()
    (tmp_path / 'cut.pth').write_bytes(data[: int(share * len(data))])
    with pytest.raises(CheckpointError, match='truncated'):
        load_checkpoint(tmp_path / 'cut.pth')


def test_changed_bytes_of_a_tensor_are_noticed(tmp_path, model):
    save_checkpoint({'state_dict': model.state_dict()}, tmp_path / 'a.pth')
    data = bytearray((tmp_path / 'a.pth').read_bytes())
    weights = next(iter(model.state_dict().values()))
    data[bytes(data).index(weights.numpy().tobytes()) + 2] ^= 0x40
    (tmp_path / 'rotten.pth').write_bytes(data)
    with pytest.raises(CheckpointError, match='other bytes than were written'):
        load_checkpoint(tmp_path / 'rotten.pth')


def test_damaged_table_of_contents_is_refused(tmp_path, model):
    with zipfile.ZipFile(tmp_path / 'other.pth', 'w') as archive:
        archive.writestr('readme.txt', 'no checkpoint')
    with pytest.raises(CheckpointError, match=r'0 data\.pkl'):
        load_checkpoint(tmp_path / 'other.pth')


def test_missing_file_names_what_is_there(tmp_path):
    save_checkpoint({'state_dict': {}}, tmp_path / 'epoch_3.pth')
    with pytest.raises(FileNotFoundError, match=r'epoch_4\.pth; that folder holds epoch_3\.pth'):
        load_checkpoint(tmp_path / 'epoch_4.pth')


def test_newer_format_is_refused(tmp_path):
    torch.save({'meta': {'format': CHECKPOINT_FORMAT + 1}, 'state_dict': {}}, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match='upgrade vamp_mm'):
        load_checkpoint(tmp_path / 'a.pth')


@pytest.mark.parametrize('state', [[1, 2], {'state_dict': [1]}, {'meta': 'x', 'state_dict': {}}])
def test_other_layouts_are_refused(tmp_path, state):
    torch.save(state, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / 'a.pth')


META = {
    'classes=5': ({'dataset_meta': {'classes': 5}}, r"\['classes'\] is 5 \(int\) and must be a list of class names"),
    'classes=abc': ({'dataset_meta': {'classes': 'abc'}}, r"\['classes'\] is 'abc' \(str\) and must be a list"),
    'class numbers': ({'dataset_meta': {'classes': [1, 2]}}, r"\['classes'\]\[0\] is 1 \(int\) and must be a text"),
    'class tensor': ({'dataset_meta': {'classes': torch.ones(3)}}, r"\['classes'\] is a Tensor and must be a list"),
    'homonyms': ({'dataset_meta': {'classes': ['a', 'b'], 'homonyms': 'a'}}, r"\['homonyms'\] is 'a'"),
    'templates': ({'dataset_meta': {'templates': 3}}, r"\['templates'\] is 3 \(int\) and must be a sentence or"),
    'dataset_meta': ({'dataset_meta': ['a']}, r"meta\['dataset_meta'\] is a list and must be a dict"),
    'config': ({'cfg_text': 5}, r"meta\['cfg_text'\] is 5 \(int\) and must be a text"),
    'epoch': ({'epoch': 2.5}, r"meta\['epoch'\] is 2.5 \(float\) and must be a whole number from 0"),
    'iter': ({'iter': -1}, r"meta\['iter'\] is -1 \(int\) and must be a whole number from 0"),
    'settings': ({'settings': {'a': 1}}, r"meta\['settings'\]\['a'\] is 1 \(int\) and must be a text"),
    'format': ({'format': 'new'}, "has format 'new'"),
}  # fmt: skip


@pytest.mark.parametrize('kind', META)
def test_metadata_of_the_wrong_kind_are_named(tmp_path, kind):
    meta, told = META[kind]
    torch.save({'meta': meta, 'state_dict': {}}, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match=rf'a\.pth .*{told}') as caught:
        load_checkpoint(tmp_path / 'a.pth')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('state', 'told'),
    [
        ({'meta': None}, 'its meta is a NoneType and must be a dict'),
        ({'state_dict': {'w': 1}}, r"state_dict\['w'\] is 1 \(int\) and must be a tensor"),
        ({'message_hub': 'x'}, "its message_hub is 'x'"),
    ],
)
def test_main_parts_of_the_wrong_kind_are_named(tmp_path, state, told):
    torch.save(state, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match=told):
        load_checkpoint(tmp_path / 'a.pth')


def test_names_of_wrapped_models_are_plain_and_never_two(tmp_path):
    state = {'module._orig_mod.w': torch.ones(1), '_orig_mod.b': torch.zeros(1)}
    torch.save({'state_dict': state}, tmp_path / 'a.pth')
    assert list(load_checkpoint(tmp_path / 'a.pth')['state_dict']) == ['w', 'b']
    torch.save(state, tmp_path / 'bare.pth')
    assert list(load_checkpoint(tmp_path / 'bare.pth')) == ['w', 'b']
    torch.save({'state_dict': {**state, 'w': torch.zeros(1)}}, tmp_path / 'b.pth')
    with pytest.raises(CheckpointError, match="'module._orig_mod.w' and 'w', two values of one"):
        load_checkpoint(tmp_path / 'b.pth')


def test_safetensors_are_weights_without_metadata(tmp_path, model):
    save_file(model.state_dict(), tmp_path / 'a.safetensors')
    loaded = load_checkpoint(tmp_path / 'a.safetensors')
    assert loaded.keys() == {'state_dict', 'file'}
    for name, value in model.state_dict().items():
        assert torch.equal(loaded['state_dict'][name], value)


def test_texts_that_mmengine_would_execute_are_dropped(tmp_path):
    hub = {'runtime_info': {'cfg': 'raise SystemExit', 'epoch': 2}}
    torch.save(
        {'meta': {'config': 'x=1', 'cfg': 'y=1', 'epoch': 1}, 'message_hub': hub},
        tmp_path / 'a.pth',
    )
    loaded = load_checkpoint(tmp_path / 'a.pth')
    assert loaded == {'meta': {'epoch': 1}, 'message_hub': {'runtime_info': {'epoch': 2}}}


def test_nothing_is_written_if_something_cannot_be_stored(tmp_path):
    save_checkpoint({'state_dict': {'w': torch.ones(1)}}, tmp_path / 'a.pth')
    with pytest.raises(TypeError, match='function'):
        save_checkpoint(
            {'state_dict': {'w': torch.zeros(1)}, 'hook': lambda: 0}, tmp_path / 'a.pth'
        )
    assert load_checkpoint(tmp_path / 'a.pth')['state_dict']['w'] == 1
    assert [path.name for path in tmp_path.iterdir()] == ['a.pth']


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    atomic_write(b'old', tmp_path / 'a.pth')

    def full_disk(handle):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full_disk)
    with pytest.raises(
        WriteError,
        match=r"a.pth' could not be written \(No space left on device, [\d,]+ MiB free\); no "
        'half-written file is left: make room and start again .a training with --resume.',
    ):
        atomic_write(b'new', tmp_path / 'a.pth')
    assert (tmp_path / 'a.pth').read_bytes() == b'old'
    assert [path.name for path in tmp_path.iterdir()] == ['a.pth']


def test_leftovers_of_a_killed_run_are_removed_and_nothing_else(tmp_path):
    gone = 2**22 + 1  # above the largest number of a process
    for name in ('epoch_2.pth', 'last_checkpoint', 'data_split.json', 'result.json'):
        (tmp_path / f'.{name}.{gone}-ab.tmp').touch()
        (tmp_path / f'.{name}.{os.getpid()}-cd.tmp').touch()  # a process of an earlier boot
    writing = tmp_path / f'.predictions.jsonl.{os.getppid()}-ab.tmp'  # of a process that lives
    writing.touch()
    for name in ('epoch_1.pth', 'notes.tmp', '.hidden'):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert writing.exists()
    writing.unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        '.hidden',
        'epoch_1.pth',
        'notes.tmp',
    ]


@pytest.mark.parametrize('number', [errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO])
def test_why_a_file_could_not_be_written(tmp_path, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, 'replace', refuse)
    with pytest.raises(WriteError, match=re.escape(os.strerror(number))) as caught:
        atomic_write(b'new', tmp_path / 'a.pth')
    assert caught.value.errno == number
    assert '\n' not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == 'win32', reason='forks')
@pytest.mark.parametrize('kind', [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ended_at_any_moment(tmp_path, kind):
    """What has its final name is whole, wherever the signal strikes."""
    chance = random.Random(int(kind))
    context = multiprocessing.get_context('fork')
    for _ in range(12):
        process = context.Process(target=write_for_ever, args=(tmp_path,))
        process.start()
        time.sleep(chance.uniform(0.02, 0.15))
        os.kill(process.pid, kind)
        process.join(60)
        assert process.exitcode not in (None, 0)
        for path in tmp_path.glob('epoch_*.pth'):
            step = int(path.stem.split('_')[1])
            assert load_checkpoint(path)['state_dict']['w'].tolist() == [float(step)] * 5000
        newest = max(
            (int(path.stem.split('_')[1]) for path in tmp_path.glob('*.pth')), default=None
        )
        found = find_latest_checkpoint(tmp_path)
        assert found == (None if newest is None else str(tmp_path / f'epoch_{newest}.pth'))
    assert newest is not None, 'nothing was ever written: the test is void'
    remove_leftovers(tmp_path)
    assert not list(tmp_path.glob('.*.tmp'))


def write_for_ever(folder):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # ignored where the tests run in the background of a shell
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stderr = open(os.devnull, 'w')  # noqa: SIM115 -- the traceback of KeyboardInterrupt
    for step in itertools.count():
        name = f'epoch_{step % 50}.pth'
        save_checkpoint({'state_dict': {'w': torch.full((5000,), float(step % 50))}}, folder / name)
        atomic_write(name.encode(), folder / 'last_checkpoint')
