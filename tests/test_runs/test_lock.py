"""One process at a time writes into a folder."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from toy_apis import write_config

from vamp_mm.apis import WorkDirError, compose, test, train
from vamp_mm.files import WriteError
from vamp_mm.runs import lock
from vamp_mm.runs.lock import TRAINING_LOCK, BusyError, held

# The name `test` is an api here, not a test.
test.__test__ = False  # type: ignore[attr-defined]

pytestmark = pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no such lock')
FORK = multiprocessing.get_context('fork')


def hold(folder: Path, ready, loader: bool = False) -> None:  # type: ignore[no-untyped-def]
    with held(folder):
        if loader and os.fork() == 0:  # as a DataLoader does; it outlives its killed parent
            ready.send(os.getppid())  # now that it runs: what happens at the fork is done
            time.sleep(30)
            os._exit(0)
        if not loader:
            ready.send(os.getpid())
        time.sleep(60)


@contextlib.contextmanager
def holder(folder: Path, loader: bool = False):  # type: ignore[no-untyped-def]
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=hold, args=(folder, theirs, loader))
    process.start()
    assert ours.poll(60)
    assert ours.recv() == process.pid
    try:
        yield process
    finally:
        process.kill()
        process.join()


def test_the_second_is_refused_while_the_first_lives(tmp_path: Path, toy_config: Path) -> None:
    folder = tmp_path / 'run'
    with holder(folder) as process:
        with (
            pytest.raises(
                BusyError,
                match=f'another process .pid {process.pid} on .*, since 20.* is writing into',
            ),
            held(folder),
        ):
            pass
        for resume in (False, True):
            with pytest.raises(
                WorkDirError, match=f'pid {process.pid} .*choose another --work-dir'
            ):
                train(compose(toy_config, work_dir=str(folder)), resume=resume)
        assert [path.name for path in folder.iterdir()] == [TRAINING_LOCK]
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert (folder / TRAINING_LOCK).exists()  # nobody tidied up
    train(compose(toy_config, work_dir=str(folder)))
    assert not (folder / TRAINING_LOCK).exists()


def test_loading_processes_do_not_keep_it(tmp_path: Path) -> None:
    with holder(tmp_path, loader=True) as process:
        process.kill()
        process.join()
        with held(tmp_path):
            pass


def race(folder: Path, start, results) -> None:  # type: ignore[no-untyped-def]
    start.wait()
    for _ in range(200):
        try:
            with held(folder):
                mark = folder / 'mark'
                mark.touch(exist_ok=False)  # fails if another one is inside
                mark.unlink()
                results.put('held')
        except BusyError:
            results.put('busy')


def test_two_are_never_inside_together(tmp_path: Path) -> None:
    """Also where the lock file is removed and made again all the time."""
    start, results = FORK.Event(), FORK.Queue()
    processes = [FORK.Process(target=race, args=(tmp_path, start, results)) for _ in range(3)]
    for process in processes:
        process.start()
    start.set()
    seen = [results.get(timeout=60) for _ in range(600)]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert seen.count('held') > 0
    assert not list(tmp_path.iterdir())


def test_the_same_process_is_no_exception(tmp_path: Path) -> None:
    with (
        held(tmp_path),
        pytest.raises(BusyError, match=r'^another run of this process is writing into'),
        held(tmp_path),
    ):
        pass
    with held(tmp_path), held(tmp_path, 'another.lock'):
        pass


def test_a_folder_that_was_made_for_nothing_goes(tmp_path: Path) -> None:
    with held(tmp_path / 'a' / 'b'):
        pass
    assert not (tmp_path / 'a' / 'b').exists()
    with held(tmp_path / 'c'):
        (tmp_path / 'c' / 'file').touch()
    assert [path.name for path in (tmp_path / 'c').iterdir()] == ['file']
    (tmp_path / 'file').touch()
    with (
        pytest.raises(NotADirectoryError, match='is a file; give a folder'),
        held(tmp_path / 'file'),
    ):
        pass


def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    said: list[str] = []
    monkeypatch.setattr(lock, 'print_log', lambda text, *_: said.append(text))

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, 'No locks available')

    monkeypatch.setattr(fcntl, 'flock', none)
    with held(tmp_path):
        pass
    assert said == [
        f'the file system of {tmp_path} has no locks (No locks available): start no second run in this folder '
        'while this one is running'
    ]


def test_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EROFS, 'Read-only file system')

    monkeypatch.setattr(lock.os, 'open', refuse)
    with (
        pytest.raises(
            WriteError, match=r'could not be written \(Read-only file system\).*--work-dir'
        ),
        held(tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    ('variable', 'launcher'), [('SLURM_STEP_NUM_TASKS', 'slurm'), ('OMPI_COMM_WORLD_SIZE', 'mpi')]
)
def test_tasks_that_should_have_been_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, launcher: str
) -> None:
    monkeypatch.setenv(variable, '4')
    with (
        held(tmp_path),
        pytest.raises(BusyError, match=f'4 processes were started here: --launcher {launcher}'),
        held(tmp_path),
    ):
        pass


SPELLINGS = [
    '../wd/rel',
    'a/../rel',
    './rel',
    'rel/',
    'rel//',
    './/rel/.',
    'missing/../rel',
    'link/rel',
    'linked',
]


@pytest.mark.parametrize('role', ['work_dir', 'out_dir', 'both'])
@pytest.mark.parametrize('spelling', SPELLINGS)
def test_a_run_does_not_lock_itself_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str, role: str
) -> None:
    """However its folder is written, as the work directory or as that of the checkpoints."""
    here = tmp_path / 'wd'
    for folder in ('a', 'rel'):
        (here / folder).mkdir(parents=True)
    (here / 'link').symlink_to('.')
    (here / 'linked').symlink_to('rel')
    monkeypatch.chdir(here)
    overrides: dict = {'train_cfg.max_epochs': 1}
    if role != 'work_dir':
        overrides['default_hooks.checkpoint.out_dir'] = (
            spelling if role == 'out_dir' else str(here / 'rel')
        )
    cfg = compose(
        write_config(tmp_path),
        work_dir='rel' if role == 'out_dir' else spelling,
        overrides=overrides,
    )
    train(cfg)
    assert (here / 'rel' / 'epoch_1.pth').is_file()
    assert (here / 'rel' / 'result.json').is_file()
    assert not (here / 'rel' / 'rel').exists()
    with pytest.raises(WorkDirError, match='is not empty'):
        train(cfg)


def test_checkpoints_outside_the_work_dir(tmp_path: Path) -> None:
    """Two runs of one name would write into one folder below ``out_dir``."""
    config = write_config(tmp_path)

    def run(parent: str, resume: bool = False) -> None:
        cfg = compose(
            config,
            work_dir=str(tmp_path / parent / 'run'),
            overrides={'default_hooks.checkpoint.out_dir': str(tmp_path / 'ckpts')},
        )
        train(cfg, resume=resume)

    run('a')
    assert sorted(path.name for path in (tmp_path / 'ckpts' / 'run').iterdir()) == [
        'epoch_1.pth',
        'epoch_2.pth',
    ]
    with pytest.raises(WorkDirError, match=r'ckpts/run. is not empty'):
        run('b')
    (tmp_path / 'ckpts' / 'run' / 'epoch_2.pth').unlink()
    run('a', resume=True)
    assert (tmp_path / 'ckpts' / 'run' / 'epoch_2.pth').is_file()
    with holder(tmp_path / 'ckpts' / 'run'), pytest.raises(BusyError, match='ckpts/run'):
        run('a', resume=True)


def test_two_tests_of_one_second(
    toy_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(compose(toy_config, work_dir=str(tmp_path / 'run')))
    monkeypatch.setattr('time.time', lambda: 1_700_000_000.0)
    cfg = compose(toy_config, work_dir=str(tmp_path / 'test'))
    test(cfg, tmp_path / 'run' / 'epoch_2.pth')
    folder = next((tmp_path / 'test').glob('*/result.json')).parent
    with held(folder, '.test.lock'), pytest.raises(BusyError, match=folder.name):
        test(cfg, tmp_path / 'run' / 'epoch_2.pth')
