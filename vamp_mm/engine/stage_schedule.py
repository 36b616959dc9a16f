"""A learning rate that falls once per training stage (2SFS)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from mmengine.optim.scheduler.param_scheduler import INF, OptimizerType, _ParamScheduler

from vamp_mm.arguments import NonNegative, NonNegativeInt, Positive, PositiveInt, Range
from vamp_mm.registry import PARAM_SCHEDULERS


@PARAM_SCHEDULERS.register_module()
class StagedCosineLR(_ParamScheduler):
    r"""Cosine from the base rate to ``eta_min`` in each stage, stepped every iteration.

    In a stage of :math:`T` iterations, :math:`i = 0, 1, ...` iterations after its start,

    .. math::
        \eta_i = \eta_{min} + \tfrac{1}{2} (\eta_{base} - \eta_{min}) (1 + \cos(\pi i / T))

    ``StageHook`` asks :attr:`starts` when to start the next stage.

    Args:
        optimizer: Optimizer or optim wrapper whose groups are scheduled.
        shares: Share of the iterations that each stage takes; all but the last are rounded down.
        eta_min: Rate at the end of each stage.
        begin: Iteration at which the schedule starts.
        end: Iteration at which it stops; a Runner sets it to its number of iterations.
        last_step: Last finished step, -1 for a new run.
        by_epoch: Must be False; here because a config has to say so for MMEngine to count iterations.
        verbose: Log every value.

    Raises:
        ValueError: If the shares are not positive or do not add up to 1, ``by_epoch`` is set, or the end is open.
    """

    def __init__(
        self,
        optimizer: OptimizerType,
        shares: Sequence[Positive] = (0.6, 0.4),
        eta_min: NonNegative = 1e-6,
        begin: NonNegativeInt = 0,
        end: PositiveInt = INF,
        last_step: Annotated[int, Range(-1)] = -1,
        by_epoch: bool = False,
        verbose: bool = False,
    ) -> None:
        if by_epoch:
            raise ValueError('StagedCosineLR counts iterations; set by_epoch=False')
        if end >= INF:
            raise ValueError('end is open; outside a Runner give the number of iterations')
        if not shares or min(shares) <= 0 or not math.isclose(sum(shares), 1):
            raise ValueError(f'shares={tuple(shares)} must be positive and add up to 1')
        count = end - begin
        lengths = [int(share * count) for share in shares[:-1]]
        lengths.append(count - sum(lengths))
        #: Iteration at which each stage starts, and the end.
        self.starts = [begin + sum(lengths[:index]) for index in range(len(lengths) + 1)]
        self.eta_min = eta_min
        super().__init__(optimizer, 'lr', begin, end, last_step, by_epoch, verbose)

    def stage(self, iteration: int) -> int:
        """Stage of an iteration, counted from 1."""
        return sum(iteration >= start for start in self.starts[:-1]) or 1

    def _get_value(self) -> list[float]:
        iteration = self.begin + self.last_step
        stage = self.stage(iteration)
        start, stop = self.starts[stage - 1], self.starts[stage]
        factor = 0.5 * (1 + math.cos(math.pi * (iteration - start) / max(stop - start, 1)))
        return [self.eta_min + (base - self.eta_min) * factor for base in self.base_values]
