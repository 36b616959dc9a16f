"""The lines of the speed benchmark: what is timed for each, and what is computed from the times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .launches import launches
from .recording import Product, bare, kept_for_backward, matrix_products, peak_memory
from .setting import Setting
from .shapes import STEP_IMAGES
from .timing import Times
from .whole_steps import MethodStep, encode_images
from .workloads import TextWork


def text_row(setting: Setting, work: TextWork, training: bool) -> dict[str, Any]:
    """Time the text tower with one kind of prompts.

    Args:
        setting: What the benchmark runs on.
        work: The sentences.
        training: Whether to time forward and backward, or the forward pass of a prediction.

    Returns:
        Times in seconds, memory in bytes and ratios, by name.
    """
    less = work.less(setting.textbook_sentences)
    factor = work.sentences / less.sentences
    engine, textbook = (
        (work.train(), less.train(True)) if training else (work.predict(), less.predict(True))
    )
    engine, textbook = setting.cast(engine), setting.cast(textbook)
    engine()  # what a vocabulary's first call computes once is not part of the work
    products = matrix_products(engine)
    times = setting.time(dict(engine=engine, floor=bare(products), textbook=textbook))
    row: dict[str, Any] = dict(
        method=work.shape,
        work='forward + backward' if training else 'forward',
        **sizes(work),
        engine_s=times['engine'].seconds,
        textbook_factor=factor,
        textbook_s=tuple(factor * value for value in times['textbook'].seconds),
        floor_s=times['floor'].seconds,
        speedup=times['textbook'].over(times['engine'], factor),
        over_floor=times['engine'].over(times['floor']),
        tflop=_tflop(products),
        engine_peak=peak_memory(engine, setting.device),
        textbook_peak=peak_memory(textbook, setting.device) * factor,
    )
    if training:
        kept = kept_for_backward(setting.cast(work.forward), setting.backbone)
        book = kept_for_backward(setting.cast(lambda: less.forward(True)), setting.backbone)
        row.update(engine_kept=kept, textbook_kept=book * factor)
    return row


def step_row(setting: Setting, names: tuple[str, ...]) -> dict[str, Any]:
    """Time a whole training step, and a prediction of the same model.

    Args:
        setting: What the benchmark runs on.
        names: Class names.

    Returns:
        Times in seconds, memory in bytes and ratios, by name.
    """
    step = _step(setting, 'vamp', names, setting.images)
    run = step.run()
    run()
    if setting.images * len(names) <= setting.textbook_sentences:
        times = _whole_textbook(setting, step, run)
    else:
        times = _scaled_textbook(setting, run, names)
    row = dict(
        method='step',
        work='whole training step',
        classes=len(names),
        images=setting.images,
        samples=1,
        **times,
        engine_peak=peak_memory(run, setting.device),
    )
    predict = step.predict()
    step.model.eval()
    predicted = setting.time(dict(predict=predict), min(setting.rounds, 3))['predict']
    return dict(
        row,
        predict_s=predicted.seconds,
        predict_samples=setting.samples,
        predict_images_per_s=setting.images / predicted.median,
    )


def method_row(setting: Setting, method: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Time a training step and a test batch of a method, by the engines and by the textbook paths of both towers.

    Args:
        setting: What the benchmark runs on.
        method: A key of :data:`STEPS`.
        names: Class names.

    Returns:
        Times in seconds, memory in bytes, kernel launches and ratios, by name.
    """
    images = STEP_IMAGES.get(method, setting.images)
    step = _step(setting, method, names, images)
    engine, textbook = step.run(), step.run(textbook=True)
    engine()
    products = matrix_products(engine)
    times = setting.time(dict(engine=engine, floor=bare(products), textbook=textbook))
    row = dict(
        method=method,
        work='whole training step',
        classes=len(names),
        images=images,
        samples=1,
        engine_s=times['engine'].seconds,
        textbook_s=times['textbook'].seconds,
        floor_s=times['floor'].seconds,
        speedup=times['textbook'].over(times['engine']),
        over_floor=times['engine'].over(times['floor']),
        tflop=_tflop(products),
        engine_launches=launches(engine).total(),
        textbook_launches=launches(textbook).total(),
        engine_peak=peak_memory(engine, setting.device),
        textbook_peak=peak_memory(textbook, setting.device),
    )
    step.model.eval()
    tests = dict(engine=step.predict(), textbook=step.predict(textbook=True))
    tested = setting.time(tests)
    return dict(
        row,
        test_s=tested['engine'].seconds,
        test_speedup=tested['textbook'].over(tested['engine']),
    )


def _step(setting: Setting, method: str, names: tuple[str, ...], images: int) -> MethodStep:
    return MethodStep(
        setting.backbone,
        method,
        setting.arch,
        names,
        images,
        setting.precision,
        setting.samples,
    )


def _whole_textbook(setting: Setting, step: MethodStep, run: Callable[[], None]) -> dict[str, Any]:
    times = setting.time(dict(engine=run, textbook=step.run(textbook=True)))
    return dict(
        textbook_s=times['textbook'].seconds,
        textbook_factor=1.0,
        speedup=times['textbook'].over(times['engine']),
        engine_s=times['engine'].seconds,
    )


def _scaled_textbook(
    setting: Setting, run: Callable[[], None], names: tuple[str, ...]
) -> dict[str, Any]:
    """The step with the textbook's text is the step with our text, less our text, plus the textbook's, scaled up."""
    prompts = setting.backbone.tokenize([f'a photo of a {name}.' for name in names])
    work = TextWork(setting.backbone, prompts, 'variational', 1, setting.images)
    less = work.less(setting.textbook_sentences)
    factor = work.sentences / less.sentences
    times = setting.time(
        dict(engine=run, text=setting.cast(work.train()), book=setting.cast(less.train(True)))
    )
    rounds = zip(*(times[name].seconds for name in ('engine', 'text', 'book')), strict=True)
    whole = Times(tuple(max(engine - text, 0.0) + factor * book for engine, text, book in rounds))
    return dict(
        textbook_s=whole.seconds,
        textbook_factor=factor,
        text_s=times['text'].seconds,
        speedup=whole.over(times['engine']),
        engine_s=times['engine'].seconds,
    )


def evaluation_row(setting: Setting, work: TextWork) -> dict[str, Any]:
    """Time the text of an evaluation, which is encoded once, in units of its images.

    Args:
        setting: What the benchmark runs on.
        work: The sentences.

    Returns:
        Times in seconds and the ratio, by name.
    """
    images = encode_images(setting.backbone, setting.images)
    times = setting.time(dict(text=setting.cast(work.predict()), images=setting.cast(images)))
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


def sizes(work: TextWork) -> dict[str, Any]:
    """Classes, images, samples and the mean number of tokens after the shared prefix."""
    suffix = (work.prompts.eot + 1 - work.prompts.prefix).double().mean()
    return dict(
        classes=len(work.prompts),
        images=work.images,
        samples=work.samples,
        suffix_tokens=round(float(suffix), 3),
    )


def _tflop(products: list[Product]) -> float:
    return sum(item.flops for item in products) / 1e12
