"""A training step of every method in each of two processes, and in one with all the images."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from pathlib import Path

import torch
from helpers_models import batch, build_method, stir
from methods import TRAINED, Method
from mmengine.model import BaseDataPreprocessor, MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from torch import Tensor
from torch import distributed as dist

from vamp_mm.engine.projected_gradient import ProjectedGradientOptimWrapper
from vamp_mm.models import PromptedCLIPBackbone

WORLD = 2
IMAGES = 4
STEPS = 2
LIMIT = 120  # seconds; only reached when something hangs

#: What a method is after its steps: the state, and each step's logged values.
Outcome = tuple[dict[str, Tensor], list[dict[str, float]]]


def train(clip: PromptedCLIPBackbone, row: Method, rank: int = 0, world: int = 1) -> Outcome:
    """Some steps on this process's share of the images, dealt out in turn as MMEngine's sampler does.

    Args:
        clip: The backbone, in float64.
        row: The method.
        rank: Number of this process.
        world: Number of processes; 1 trains without a distributed wrapper.

    Returns:
        The state, and what each step logged.
    """
    model = build_method(clip, row.prompter, row.head, **row.arguments)
    stir(model)
    if row.stage == 2:
        model.prompter.enter_stage(2, model.eval().text_features()[0, 0])
    model.data_preprocessor = BaseDataPreprocessor()  # the ordinary one makes images float32
    values = [value for value in model.parameters() if value.requires_grad]
    wrapper = ProjectedGradientOptimWrapper if row.title == 'prograd' else OptimWrapper
    optim_wrapper = wrapper(torch.optim.SGD(values, lr=0.05, momentum=0.9))
    trained = (
        model.train()
        if world == 1
        else MMDistributedDataParallel(model, find_unused_parameters=bool(row.resting)).train()
    )
    logged = []
    for step in range(STEPS):
        images, samples = batch(IMAGES, seed=step)
        data = dict(inputs=images[rank::world], data_samples=samples[rank::world])
        logged.append(
            {
                key: float(torch.as_tensor(value).detach())
                for key, value in trained.train_step(data, optim_wrapper).items()
            }
        )
    return {key: value.clone() for key, value in model.state_dict().items()}, logged


def train_in_pairs(files: dict[str, str], folder: Path) -> list[dict[str, Outcome]]:
    """Train all methods in two processes over gloo.

    Args:
        files: Architecture and weights of the CLIP.
        folder: Where the processes meet and leave their results.

    Returns:
        For each process: method -> what it is after its steps.
    """
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['vamp_mm.apis', 'mmpretrain.evaluation', 'open_clip'])
    processes = [
        context.Process(target=_process, args=(rank, files, folder)) for rank in range(WORLD)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(LIMIT)
        process.kill()
    assert [process.exitcode for process in processes] == [0] * WORLD
    return [torch.load(folder / f'{rank}.pt', weights_only=True) for rank in range(WORLD)]


def _process(rank: int, files: dict[str, str], folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        'gloo',
        init_method=f'file://{folder / "meeting"}',
        rank=rank,
        world_size=WORLD,
        timeout=timedelta(seconds=LIMIT),
    )
    clip = PromptedCLIPBackbone(**files).double()
    torch.save({row.title: train(clip, row, rank, WORLD) for row in TRAINED}, folder / f'{rank}.pt')
    dist.destroy_process_group()
