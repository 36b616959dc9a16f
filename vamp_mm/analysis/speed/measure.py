"""The speed benchmark of ``vamp_mm benchmark-speed``."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from vamp_mm.files import write_json
from vamp_mm.models import PromptedCLIPBackbone

from .errors import rounding_errors
from .report import show
from .rows import evaluation_row, method_row, sizes, step_row, text_row
from .setting import Setting
from .shapes import ARCH, METHODS, STEPS, TEXT_SHAPES
from .timing import CLOCKS
from .workloads import TextWork, imagenet_names

_PRECISIONS = {'float32': None, 'bfloat16': torch.bfloat16, 'float16': torch.float16}


def benchmark_speed(
    arch: str = ARCH,
    device: str = 'cpu',
    methods: Sequence[str] = METHODS,
    classes: Sequence[int] = (50,),
    images: int = 4,
    samples: int = 10,
    rounds: int = 5,
    precision: str = 'float32',
    textbook_sentences: int = 200,
    max_tokens: int | None = None,
    clock: str = 'wall',
    out: str | None = None,
) -> list[dict[str, Any]]:
    """Time the engine against the textbook path and against its own matrix products.

    Args:
        arch: An open_clip model name or a path to an architecture; weights are random.
        device: Such as ``'cpu'`` or ``'cuda'``.
        methods: Any of :data:`METHODS`.
        classes: Numbers of ImageNet class names C, one after the other.
        images: Images N; CoOp's and CoCoOp's own steps have 32 and 1.
        samples: Monte-Carlo samples S of a prediction; training draws one.
        rounds: Timed rounds; all contestants run once in each.
        precision: ``'float32'``, or ``'bfloat16'`` / ``'float16'`` for autocast.
        textbook_sentences: The textbook path, every sentence of which costs the same, is timed on this many at most and
            its times and memory are scaled up.
        max_tokens: The engine's budget, None for its default.
        clock: ``'wall'``, or ``'cpu'`` for the processor time of this process only, where others use the machine too.
        out: JSON file to write.

    Returns:
        One dict per line of the table; times in seconds, memory in bytes.

    Raises:
        ValueError: If a method, precision or clock is unknown, or the clock does not see the device.
    """
    unknown = [name for name in methods if name not in METHODS]
    if unknown:
        raise ValueError(f'methods={unknown} are unknown; allowed: {METHODS}')
    if precision not in _PRECISIONS:
        raise ValueError(f'precision={precision!r} is unknown; allowed: {tuple(_PRECISIONS)}')
    if clock not in CLOCKS or (clock == 'cpu' and not device.startswith('cpu')):
        raise ValueError(
            f'clock={clock!r} is unknown or does not see device={device!r}; allowed: {tuple(CLOCKS)}, on a GPU '
            "'wall'"
        )
    torch.manual_seed(0)
    backbone = PromptedCLIPBackbone(arch, max_tokens=max_tokens).to(device)
    setting = Setting(
        backbone, arch, images, samples, rounds, _PRECISIONS[precision], textbook_sentences, clock
    )
    head = dict(_environment(arch, device, precision, rounds), clock=clock)
    show(head)
    rows = []
    for row in _rows(setting, methods, classes):
        show(row)
        rows.append({**head, **row})
        if out is not None:  # after every line: a long run that is stopped leaves what it has
            write_json(out, rows, indent=1)
    return rows


def _rows(
    setting: Setting, methods: Sequence[str], classes: Sequence[int]
) -> Iterator[dict[str, Any]]:
    for count in classes:
        names = imagenet_names(count)
        prompts = setting.backbone.tokenize([f'a photo of a {name}.' for name in names])
        for method in methods:
            if method == 'step':
                yield step_row(setting, names)
            elif method in STEPS:
                yield method_row(setting, method, names)
            elif method == 'errors':
                for shape in TEXT_SHAPES:
                    work = TextWork(setting.backbone, prompts, shape, 1, setting.images).less(
                        setting.textbook_sentences
                    )
                    yield dict(method='errors', work=shape, **sizes(work), **rounding_errors(work))
            elif method == 'evaluation':
                yield evaluation_row(setting, TextWork(setting.backbone, prompts, 'deep', 1, 1))
            else:
                drawn = setting.samples if method.startswith('variational') else 1
                yield text_row(
                    setting,
                    TextWork(setting.backbone, prompts, method, drawn, setting.images),
                    False,
                )
                yield text_row(
                    setting, TextWork(setting.backbone, prompts, method, 1, setting.images), True
                )


def _environment(arch: str, device: str, precision: str, rounds: int) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device) if device.startswith('cuda') else platform.machine()
    return dict(
        arch=arch,
        device=device,
        device_name=name,
        precision=precision,
        rounds=rounds,
        threads=torch.get_num_threads(),
        torch=torch.__version__,
    )
