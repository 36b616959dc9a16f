"""The page: where everything is, and what happens at a click."""

from __future__ import annotations

import math
import traceback
from pathlib import Path
from typing import Any

from vamp_mm.cli import messages
from vamp_mm.datasets import DataError

from .asking import Answers, ask
from .cards import explained, message, show
from .examples import NAMES, draw_examples
from .measures import MEASURES, Measure, measure
from .models import Models
from .trained_on import described, first_names
from .typed import class_names

CSS = Path(__file__).with_name('page.css')
_ALWAYS = 'always'
_INTRO = (
    '<header class="vamp-head"><h1>What does this picture show, and how sure is that?</h1>'
    '<p>Any pictures, any class names. Nothing leaves this computer.</p></header>'
)
_EMPTY = message(
    'Drop pictures, type class names, press the button: the answers come here.', 'hint'
)


def build(gr: Any, models: Models, folder: Path) -> Any:
    """Lay out the page.

    Args:
        gr: The module gradio, which is imported only where a page is served.
        models: The models to choose from.
        folder: Where drawn examples may lie; Gradio reads them from there.

    Returns:
        The ``gradio.Blocks``.
    """
    with gr.Blocks(title='vamp_mm', analytics_enabled=False, delete_cache=(600, 3600)) as page:
        gr.HTML(_INTRO)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                fields = _Fields(gr, models)
            with gr.Column(scale=3, min_width=320):
                answers = gr.State(None)
                out = gr.HTML(_EMPTY, elem_id='answers')
        fields.connect(models, folder, answers, out)
    return page


class _Fields:
    """What people fill in.

    Args:
        gr: The module gradio.
        models: The models to choose from.
    """

    def __init__(self, gr: Any, models: Models) -> None:
        self._gr = gr
        offered = [(described(offer), number) for number, offer in enumerate(models.offers)]
        first, start = MEASURES[0], first_names(models.offers[0])
        self.files = gr.File(
            label='Pictures',
            file_count='multiple',
            file_types=['image'],
            type='filepath',
            height=150,
            elem_id='pictures',
        )
        self.examples = gr.Button('Take drawn examples', size='sm', elem_id='examples')
        self.names = gr.Textbox(
            start,
            label='Class names',
            lines=2,
            max_lines=12,
            elem_id='names',
            info='Any, separated by commas or line ends. Empty: those of the training.',
        )
        self.model = gr.Dropdown(offered, value=0, label='Model', interactive=True, elem_id='model')
        with gr.Accordion('Template and length of the list', open=False, elem_id='more'):
            self.sentences = gr.Textbox(
                '',
                label='Template',
                placeholder='a photo of a {}.',
                lines=1,
                max_lines=8,
                elem_id='template',
                info='One a line, {} for the class name, or openai-80. Empty: that of the training.',
            )
            self.top_k = gr.Slider(1, 20, value=5, step=1, label='Classes to list', elem_id='top-k')
        self.by = gr.Radio(
            [('never', _ALWAYS), *((item.title, item.key) for item in MEASURES)],
            value=first.key,
            elem_id='by',
            label='Say "not sure" by',
            info='Thresholds are a matter of the task: choose them on validation images.',
        )
        self.threshold = gr.Slider(
            label='above',
            elem_id='threshold',
            interactive=True,
            value=_start(first, _count(start)),
            **_range(first, _count(start)),
        )
        self.button = gr.Button('Ask', variant='primary', elem_id='ask')

    def connect(self, models: Models, folder: Path, answers: Any, out: Any) -> None:
        """Say what happens when something is pressed, typed or moved.

        Args:
            models: The models to choose from.
            folder: Where drawn examples may lie.
            answers: The state that keeps the answers.
            out: Where it is shown.
        """
        gr = self._gr

        def answer(
            files: list[str] | None,
            names: str,
            number: int,
            sentences: str,
            top_k: float,
            by: str,
            threshold: float,
        ) -> tuple[Answers | None, str]:
            return _answer(models, files, names, number, sentences, top_k, by, threshold)

        def rule(by: str, names: str) -> Any:
            chosen = measure(by)
            if chosen is None:
                return gr.update(visible=False)
            count = _count(names)
            return gr.update(visible=True, value=_start(chosen, count), **_range(chosen, count))

        def reach(by: str, names: str, threshold: float) -> Any:
            chosen = measure(by)
            if chosen is None:
                return gr.skip()
            bounds = _range(chosen, _count(names))
            return gr.update(value=min(threshold, bounds['maximum']), **bounds)

        defaults = [first_names(offer) for offer in models.offers]

        def fill(number: int, names: str) -> Any:
            """Put the classes of another model in the place of names that nobody has typed."""
            return defaults[number] if names.strip() in ('', *defaults) else gr.skip()

        hidden = dict(show_progress='hidden', trigger_mode='always_last')
        shown = dict(inputs=[answers, self.by, self.threshold], outputs=out, **hidden)
        self.examples.click(lambda: _examples(gr, folder), None, self.files, show_progress='hidden')
        self.button.click(
            answer,
            [
                self.files,
                self.names,
                self.model,
                self.sentences,
                self.top_k,
                self.by,
                self.threshold,
            ],
            [answers, out],
            concurrency_limit=1,
        )
        self.model.change(fill, [self.model, self.names], self.names, **hidden)
        self.by.change(rule, [self.by, self.names], self.threshold, **hidden).then(_again, **shown)
        self.threshold.change(_again, **shown)
        self.names.change(reach, [self.by, self.names, self.threshold], self.threshold, **hidden)


def _answer(
    models: Models,
    files: list[str] | None,
    names: str,
    number: int,
    sentences: str,
    top_k: float,
    by: str,
    threshold: float,
) -> tuple[Answers | None, str]:
    try:
        answers = ask(models, number, files or (), names, sentences, int(top_k))
    except Exception as error:  # the page stays, the terminal shows the rest
        if messages.explained(error):
            return None, message(explained(error))
        traceback.print_exc()
        return None, message(
            f'This should not happen: {type(error).__name__}: {error}. The terminal shows where.'
        )
    return answers, _again(answers, by, threshold)


def _again(answers: Answers | None, by: str, threshold: float) -> str:
    """The same answers, by another rule."""
    return _EMPTY if answers is None else show(answers, None if by == _ALWAYS else by, threshold)


def _examples(gr: Any, folder: Path) -> Any:
    try:
        return draw_examples(folder)
    except ModuleNotFoundError as error:
        raise gr.Error(str(error)) from error


def _count(names: str) -> int:
    """How many class names are in the field, as far as they can be read."""
    try:
        return len(class_names(names) or NAMES)
    except DataError:
        return len(NAMES)


def _range(chosen: Measure, classes: int) -> dict[str, float]:
    step = 0.001 if chosen.of_samples else 0.01
    return dict(
        minimum=0.0, maximum=math.ceil(chosen.limit(classes) / step - 1e-9) * step, step=step
    )


def _start(chosen: Measure, classes: int) -> float:
    return round(chosen.start * chosen.limit(classes), 2)
