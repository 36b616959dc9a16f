"""Learning-rate schedules of the CoOp family."""

from __future__ import annotations

import logging
import math
from typing import Annotated

from mmengine.logging import print_log
from mmengine.optim.scheduler.param_scheduler import INF, OptimizerType, _ParamScheduler

from vamp_mm.arguments import NonNegative, NonNegativeInt, Positive, PositiveInt, Range
from vamp_mm.registry import PARAM_SCHEDULERS

from .checkpoint import CheckpointError


@PARAM_SCHEDULERS.register_module()
class WarmupCosineLR(_ParamScheduler):
    r"""Constant warm-up, then a cosine, stepped once per epoch.

    With :math:`T` epochs in all, :math:`W` warm-up epochs and the 0-based epoch :math:`e`

    .. math::
        \eta_e = \begin{cases} \eta_{warm} & e < W \\
        \eta_{base}\,\bigl(\tfrac{1}{2} + \tfrac{1}{2}\cos(\pi (e - W) / T)\bigr)^p & e \ge W \end{cases}

    ``T`` is *not* reduced by ``W`` (the scheduler of Dassl, used by CoOp and its successors, MMRL
    and VaMP), so the rate does not reach 0.

    Args:
        optimizer: Optimizer or optim wrapper whose groups are scheduled.
        max_epochs: ``T``; None takes ``end - begin``, and a Runner sets ``end`` to its number of
            epochs.
        warmup_epochs: ``W``.
        warmup_lr: Rate of the warm-up, the same for all parameter groups.
        power: ``p``; 2 is KgCoOp as its authors ran it, with two schedulers on one optimizer.
        begin: Epoch at which the schedule starts.
        end: Epoch at which it stops.
        last_step: Last finished step, -1 for a new run.
        by_epoch: Step per epoch; False counts all of the above in iterations.
        verbose: Log every value.

    Raises:
        ValueError: If ``T`` is neither given nor follows from ``end``, or a number is out of range.
    """

    def __init__(
        self,
        optimizer: OptimizerType,
        max_epochs: PositiveInt | None = None,
        warmup_epochs: NonNegativeInt = 1,
        warmup_lr: NonNegative = 1e-5,
        power: Positive = 1.0,
        begin: NonNegativeInt = 0,
        end: PositiveInt = INF,
        last_step: Annotated[int, Range(-1)] = -1,
        by_epoch: bool = True,
        verbose: bool = False,
    ) -> None:
        if max_epochs is None:
            if end >= INF:
                raise ValueError(
                    'max_epochs is not given and end is open; outside a Runner give max_epochs'
                )
            max_epochs = end - begin
        if max_epochs < 1:
            raise ValueError(
                f'begin={begin} and end={end} leave no epoch for the schedule; set end above begin'
            )
        if warmup_epochs >= max_epochs:
            print_log(
                f'warmup_epochs={warmup_epochs} covers all max_epochs={max_epochs}: the learning rate stays at '
                f'{warmup_lr}, and next to nothing is learned; set param_scheduler.warmup_epochs=0 in short runs',
                'current',
                logging.WARNING,
            )
        self.max_epochs = max_epochs
        self.warmup_epochs = warmup_epochs
        self.warmup_lr = warmup_lr
        self.power = power
        super().__init__(optimizer, 'lr', begin, end, last_step, by_epoch, verbose)

    def load_state_dict(self, state_dict: dict) -> None:
        """Take the state of the same kind of schedule.

        Args:
            state_dict: What ``state_dict()`` gave.

        Raises:
            CheckpointError: If the state belongs to another scheduler, or to a run of other length,
                warm-up or learning rate.
        """
        for key in ('max_epochs', 'warmup_epochs', 'warmup_lr', 'last_step', 'base_values'):
            if key not in state_dict:
                raise CheckpointError(
                    f'the stored scheduler state has no {key!r}: it is not of WarmupCosineLR; '
                    'resume with the same param_scheduler'
                )
        state_dict = {'power': 1.0, **state_dict}  # not stored by the first versions
        for key in ('max_epochs', 'warmup_epochs', 'warmup_lr', 'power'):
            if state_dict[key] != getattr(self, key):
                raise CheckpointError(
                    f'the stored schedule has {key}={state_dict[key]}, this run '
                    f'{getattr(self, key)}; resume with the same value, or start a new run'
                )
        if list(state_dict['base_values']) != list(self.base_values):
            raise CheckpointError(
                f'the stored schedule has the learning rates {state_dict["base_values"]} (one per '
                f'parameter group), this run {self.base_values}; resume with the same, or start a '
                "new run, which can begin with the old weights: load_from='<checkpoint>'"
            )
        # A resumed run may be longer: where the schedule ends is its own affair.
        super().load_state_dict({key: value for key, value in state_dict.items() if key != 'end'})

    def _get_value(self) -> list[float]:
        epoch = self.last_step
        if epoch < self.warmup_epochs:
            return [self.warmup_lr] * len(self.base_values)
        cosine = math.cos(math.pi * (epoch - self.warmup_epochs) / self.max_epochs)
        factor = (0.5 * (1 + cosine)) ** self.power
        return [base * factor for base in self.base_values]
