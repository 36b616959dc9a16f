"""How many optimiser steps a training makes, reported before the first one."""

from __future__ import annotations

import math

from mmengine.dist import get_world_size
from mmengine.runner import IterBasedTrainLoop, Runner

from vamp_mm.engine import StepTrainLoop

#: Fewer optimiser steps than this get a warning. CoOp's shortest published run has that many: one shot of EuroSAT is one
#: batch, for 50 epochs.
FEW_STEPS = 50


def say_steps(runner: Runner) -> int:
    """Log epochs x batches = steps at the start of a training, and warn where they are very few.

    Args:
        runner: With a training loop.

    Returns:
        Optimiser steps of the whole run.
    """
    loader, gather = runner.train_dataloader, _accumulated(runner)
    steps = math.ceil(runner.max_iters / gather)
    size = getattr(loader.batch_sampler, 'batch_size', None) or loader.batch_size
    facts = [f'{len(loader.dataset)} images', f'batch size {size}']
    facts += [f'{get_world_size()} processes'] if get_world_size() > 1 else []
    facts += [f'gradients of {gather} batches are added up'] if gather > 1 else []
    by_steps = isinstance(runner.train_loop, (StepTrainLoop, IterBasedTrainLoop))
    count = '' if by_steps else f'{runner.max_epochs} epochs x {len(loader)} batches = '
    runner.logger.info(f'training: {count}{steps} optimiser steps ({", ".join(facts)})')
    if steps < FEW_STEPS:
        key = 'train_cfg.max_iters' if by_steps else 'train_cfg.max_epochs'
        runner.logger.warning(
            f'{steps} optimiser steps are very few (under {FEW_STEPS}), so the method may learn almost nothing: raise {key}'
            + ('' if by_steps or size == 1 else f', or lower train_dataloader.batch_size={size}')
        )
    return steps


def _accumulated(runner: Runner) -> int:
    """Batches whose gradients are added up for one step."""
    wrapper = runner.optim_wrapper
    return int(getattr(wrapper, '_accumulative_counts', 1))
