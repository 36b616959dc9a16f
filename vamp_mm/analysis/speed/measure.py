"""The benchmark behind ``tools/analysis_tools/benchmark_speed.py``."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vamp_mm.models import PromptedCLIPBackbone

from .errors import rounding_errors
from .recording import Product, bare, kept_for_backward, matrix_products, peak_memory
from .report import show
from .timing import CLOCKS, Times, alternate
from .whole_steps import TrainingStep, encode_images
from .workloads import TEXT_SHAPES, TextWork, imagenet_names

#: Text plans, the two whole loops, and rounding errors of the text plans.
METHODS = (*TEXT_SHAPES, 'step', 'evaluation', 'errors')
_PRECISIONS = {'float32': None, 'bfloat16': torch.bfloat16, 'float16': torch.float16}


@dataclass(frozen=True)
class Setting:
    """What the benchmark runs on.

    Args:
        backbone: A CLIP with random weights.
        images: Images N.
        samples: Monte-Carlo samples S of a prediction.
        rounds: Timed rounds.
        precision: Autocast dtype, None for float32.
        textbook_sentences: Most sentences that the textbook path is timed on; its time is scaled up to the rest.
        clock: What time is measured, ``'wall'`` or ``'cpu'``.
    """

    backbone: PromptedCLIPBackbone
    images: int
    samples: int
    rounds: int
    precision: torch.dtype | None
    textbook_sentences: int
    clock: str

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.backbone.device

    def time(self, rounds: int | None = None, **contestants: Callable[[], Any]) -> dict[str, Times]:
        """Time contestants in turn."""
        return alternate(contestants, rounds or self.rounds, self.device, self.clock)

    def cast(self, work: Callable[[], Any]) -> Callable[[], Any]:
        """The work under autocast, if asked for."""

        def run() -> Any:
            with torch.autocast(
                self.device.type, self.precision, enabled=self.precision is not None
            ):
                return work()

        return run


def benchmark_speed(
    arch: str = 'ViT-B-16',
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
        images: Images N.
        samples: Monte-Carlo samples S of a prediction; training draws one.
        rounds: Timed rounds; all contestants run once in each.
        precision: ``'float32'``, or ``'bfloat16'`` / ``'float16'`` for autocast.
        textbook_sentences: The textbook path, every sentence of which costs the same, is timed on this many at most and
            its times and memory are scaled up.
        max_tokens: The engine's budget, None for its default.
        clock: ``'wall'``, or ``'cpu'`` for the processor time of this process alone, where others use the machine too.
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
        backbone, images, samples, rounds, _PRECISIONS[precision], textbook_sentences, clock
    )
    head = dict(_environment(arch, device, precision, rounds), clock=clock)
    show(head)
    rows = []
    for row in _rows(setting, methods, classes):
        show(row)
        rows.append({**head, **row})
        if out is not None:  # after every line: a long run that is stopped leaves what it has
            Path(out).write_text(json.dumps(rows, indent=1), encoding='utf-8')
    return rows


def _rows(
    setting: Setting, methods: Sequence[str], classes: Sequence[int]
) -> Iterator[dict[str, Any]]:
    for count in classes:
        names = imagenet_names(count)
        prompts = setting.backbone.tokenize([f'a photo of a {name}.' for name in names])
        for method in methods:
            if method == 'step':
                yield _step_row(setting, names)
            elif method == 'errors':
                for shape in TEXT_SHAPES:
                    work = TextWork(setting.backbone, prompts, shape, 1, setting.images).less(
                        setting.textbook_sentences
                    )
                    yield dict(method='errors', work=shape, **_sizes(work), **rounding_errors(work))
            elif method == 'evaluation':
                yield _evaluation_row(setting, TextWork(setting.backbone, prompts, 'deep', 1, 1))
            else:
                drawn = setting.samples if method.startswith('variational') else 1
                yield _text_row(
                    setting,
                    TextWork(setting.backbone, prompts, method, drawn, setting.images),
                    False,
                )
                yield _text_row(
                    setting, TextWork(setting.backbone, prompts, method, 1, setting.images), True
                )


def _text_row(setting: Setting, work: TextWork, training: bool) -> dict[str, Any]:
    less = work.less(setting.textbook_sentences)
    factor = work.sentences / less.sentences
    engine, textbook = (
        (work.train(), less.train(True)) if training else (work.predict(), less.predict(True))
    )
    engine, textbook = setting.cast(engine), setting.cast(textbook)
    engine()  # what a vocabulary's first call computes once is not part of the work
    products = matrix_products(engine)
    times = setting.time(engine=engine, floor=bare(products), textbook=textbook)
    row: dict[str, Any] = dict(
        method=work.shape,
        work='forward + backward' if training else 'forward',
        **_sizes(work),
        engine_s=times['engine'].seconds,
        textbook_factor=factor,
        textbook_s=tuple(factor * value for value in times['textbook'].seconds),
        floor_s=times['floor'].seconds,
        speedup=times['textbook'].over(times['engine'], factor),
        over_floor=times['engine'].over(times['floor']),
        tflop=_tflop(products),
    )
    row.update(
        engine_peak=peak_memory(engine, setting.device),
        textbook_peak=peak_memory(textbook, setting.device) * factor,
    )
    if training:
        kept = kept_for_backward(setting.cast(work.forward), setting.backbone)
        book = kept_for_backward(setting.cast(lambda: less.forward(True)), setting.backbone)
        row.update(engine_kept=kept, textbook_kept=book * factor)
    return row


def _step_row(setting: Setting, names: tuple[str, ...]) -> dict[str, Any]:
    step = TrainingStep(setting.backbone, names, setting.images, setting.samples, setting.precision)
    row: dict[str, Any] = dict(
        method='step',
        work='whole training step',
        classes=len(names),
        images=setting.images,
        samples=1,
    )
    run, sentences = step.run(), setting.images * len(names)
    run()
    contestants = dict(engine=run)
    if sentences <= setting.textbook_sentences:
        contestants['textbook'] = step.run(textbook=True)
        times = setting.time(**contestants)
        row.update(
            textbook_s=times['textbook'].seconds,
            textbook_factor=1.0,
            speedup=times['textbook'].over(times['engine']),
        )
    else:  # the step with the textbook's text is the step with ours, less our text, plus the textbook's
        prompts = setting.backbone.tokenize([f'a photo of a {name}.' for name in names])
        work = TextWork(setting.backbone, prompts, 'variational', 1, setting.images)
        less = work.less(setting.textbook_sentences)
        factor = work.sentences / less.sentences
        contestants.update(text=setting.cast(work.train()), book=setting.cast(less.train(True)))
        times = setting.time(**contestants)
        whole = Times(
            tuple(
                max(e - t, 0.0) + factor * b
                for e, t, b in zip(
                    times['engine'].seconds,
                    times['text'].seconds,
                    times['book'].seconds,
                    strict=True,
                )
            )
        )
        row.update(
            textbook_s=whole.seconds,
            textbook_factor=factor,
            text_s=times['text'].seconds,
            speedup=whole.over(times['engine']),
        )
    row.update(engine_s=times['engine'].seconds, engine_peak=peak_memory(run, setting.device))
    predict = step.predict()
    step.model.eval()
    predicted = setting.time(min(setting.rounds, 3), predict=predict)['predict']
    row.update(
        predict_s=predicted.seconds,
        predict_samples=setting.samples,
        predict_images_per_s=setting.images / predicted.median,
    )
    return row


def _evaluation_row(setting: Setting, work: TextWork) -> dict[str, Any]:
    images = encode_images(setting.backbone, setting.images)
    times = setting.time(text=setting.cast(work.predict()), images=setting.cast(images))
    share = times['text'].over(times['images'], setting.images)  # in units of one image
    return dict(
        method='evaluation',
        work='fixed text, once per epoch',
        classes=len(work.prompts),
        images=setting.images,
        samples=1,
        text_s=times['text'].seconds,
        images_s=times['images'].seconds,
        text_in_images=share,
    )


def _sizes(work: TextWork) -> dict[str, Any]:
    suffix = (work.prompts.eot + 1 - work.prompts.prefix).double().mean()
    return dict(
        classes=len(work.prompts),
        images=work.images,
        samples=work.samples,
        suffix_tokens=round(float(suffix), 3),
    )


def _tflop(products: list[Product]) -> float:
    return sum(item.flops for item in products) / 1e12


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
