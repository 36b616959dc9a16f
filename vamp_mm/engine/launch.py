"""Starting the processes' common environment before a Runner is built."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as torch_dist
from mmengine.config import Config
from mmengine.dist import broadcast_object_list, init_dist, is_distributed, is_main_process
from mmengine.logging import print_log
from mmengine.utils.dl_utils import set_multi_processing

LAUNCHERS = ('none', 'pytorch', 'slurm', 'mpi')
#: What torchrun sets for each process, besides WORLD_SIZE.
_TORCHRUN = ('RANK', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT')
#: Keys that only mean something with loading processes: torch refuses them without.
_OF_WORKERS = ('persistent_workers', 'prefetch_factor', 'timeout', 'multiprocessing_context')


def settle_launcher(cfg: Config) -> None:
    """Choose ``pytorch`` as launcher where torchrun started several processes and none is set, in place.

    Without it each of them would be a training of its own, all in one folder.

    Args:
        cfg: A complete config.
    """
    processes = os.environ.get('WORLD_SIZE', '')
    if (cfg.get('launcher') or 'none') != 'none' or not processes.isdecimal() or int(processes) < 2:
        return
    if all(os.environ.get(name) for name in _TORCHRUN):
        cfg.launcher = 'pytorch'
        if os.environ['RANK'] == '0':
            print_log(
                f'torchrun started {processes} processes: they are one run (launcher=pytorch)',
                'current',
            )


def settle_loaders(cfg: Config) -> None:
    """Leave out, in place, what torch refuses where ``num_workers`` is 0: loading in the process itself.

    Args:
        cfg: The config of a run; the dicts in it are not changed.
    """
    for key in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg.get(key)
        if loader and not loader.get('num_workers', 0):
            cfg[key] = {name: value for name, value in loader.items() if name not in _OF_WORKERS}


@contextmanager
def launched(cfg: Config) -> Iterator[None]:
    """Join the process group that ``cfg.launcher`` speaks of, and leave it at the end.

    MMEngine's own start asks for a GPU, and so does its wrapper of the model. Without one the processes of torchrun
    talk over gloo and the wrapper is told of no device.

    Args:
        cfg: Config with ``launcher`` and ``env_cfg``; without a GPU ``model_wrapper_cfg`` is set in place, and dataloaders
            lose what they may not have (:func:`settle_loaders`).

    Raises:
        ValueError: If the launcher is unknown.
        RuntimeError: If there is no GPU and the launcher cannot do without, or torchrun did not start us.
    """
    settle_loaders(cfg)
    launcher = cfg.get('launcher') or 'none'
    if launcher not in LAUNCHERS:
        raise ValueError(f'launcher={launcher!r} is unknown; allowed: {LAUNCHERS}')
    started = launcher != 'none' and not is_distributed()
    if started:
        _join(cfg, launcher)
    try:
        yield
    finally:
        if started and torch_dist.is_initialized():
            torch_dist.destroy_process_group()


def on_main(check: Callable[[], None]) -> None:
    """Run a check in the main process and raise its error in every process.

    Args:
        check: Raises if something is wrong.
    """
    errors: list[Exception | None] = [None]
    if is_main_process():
        try:
            check()
        except Exception as error:
            errors[0] = error
    if is_distributed():
        sent = [_portable(error) for error in errors]
        broadcast_object_list(sent)
        errors = errors if is_main_process() else sent
    if errors[0] is not None:
        raise errors[0]


def _portable(error: Exception | None) -> Exception | None:
    """An error as other processes can read it."""
    try:
        if str(pickle.loads(pickle.dumps(error))) == str(error):
            return error
    except Exception:  # whatever another's exception does when it is pickled
        pass
    return RuntimeError(f'{type(error).__name__}: {error}')


def _join(cfg: Config, launcher: str) -> None:
    env = cfg.get('env_cfg') or {}
    if launcher == 'pytorch' and 'RANK' not in os.environ:
        raise RuntimeError(
            "launcher='pytorch' needs torchrun, which sets RANK; start with "
            '`bash tools/dist_train.sh CONFIG GPUS` instead'
        )
    set_multi_processing(**env.get('mp_cfg', {}), distributed=True)
    options = {'backend': 'nccl', **env.get('dist_cfg', {})}
    if torch.cuda.is_available():
        init_dist(launcher, **options)
    elif launcher == 'pytorch':
        torch_dist.init_process_group(backend='gloo')
        if cfg.get('model_wrapper_cfg') is None:
            cfg.model_wrapper_cfg = {
                'type': 'MMDistributedDataParallel',
                'device_ids': None,
                'broadcast_buffers': False,
                'find_unused_parameters': cfg.get('find_unused_parameters', False),
            }
    else:
        raise RuntimeError(f'launcher={launcher!r} needs a GPU; on CPUs use tools/dist_train.sh')
