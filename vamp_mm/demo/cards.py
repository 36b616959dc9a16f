"""Answers as HTML: the picture, what it shows or "not sure", bars, and how sure that is."""

from __future__ import annotations

from vamp_mm.config.errors import ConfigError
from vamp_mm.prediction import Prediction
from vamp_mm.prediction.results import Rejection

from .asking import Answer, Answers
from .bars import bars, escape, spoken
from .measures import MEASURES, Measure, measure


def show(answers: Answers, by: str | None, threshold: float) -> str:
    """Everything below the button, for one rule of when an answer is withheld.

    Args:
        answers: Answers of the model.
        by: Uncertainty that is looked at, None to answer always.
        threshold: The largest that is still answered.

    Returns:
        HTML.
    """
    rule, above = Rejection(), message(answers.note, 'note') if answers.note else ''
    if by is not None:
        try:
            rule = Rejection(by, threshold)
            rule.check_samples(answers.samples)
        except ConfigError as error:
            rule, above = Rejection(), above + message(explained(error))
    cards = ''.join(_card(answer, answers, rule) for answer in answers.given)
    return f'<div class="vamp-answers">{_summary(answers)}{above}{cards}</div>'


def message(text: str, kind: str = 'problem') -> str:
    """One sentence in a box.

    Args:
        text: The message, not HTML.
        kind: ``problem``, ``note`` or ``hint``.

    Returns:
        HTML.
    """
    return f'<div class="vamp-{kind}" role="{"alert" if kind == "problem" else "note"}">{escape(text)}</div>'


def explained(error: Exception) -> str:
    """The message of an error, without the heading that lists of problems have in a terminal."""
    return '; '.join(error.problems) if isinstance(error, ConfigError) else str(error)


def _summary(answers: Answers) -> str:
    parts = [answers.model]
    if answers.classes:
        several = (
            f'{answers.samples} samples per image'
            if answers.samples > 1
            else 'one sample per image'
        )
        parts += [f'{answers.classes} classes', several]
    return f'<p class="vamp-summary">{escape(" · ".join(parts))}</p>'


def _card(answer: Answer, answers: Answers, rule: Rejection) -> str:
    if answer.prediction is None:
        return f'<article class="vamp-card unreadable">{message(answer.problem)}</article>'
    prediction = rule.judge(answer.prediction)
    kind = ' unsure' if prediction.rejected else ''
    return (
        f'<article class="vamp-card{kind}"><figure><img alt="{escape(answer.file)}" src="{answer.picture}">'
        f'<figcaption>{escape(answer.file)}</figcaption></figure><div class="vamp-said">{_verdict(prediction, rule)}'
        f'{bars(prediction)}{_legend(answers.samples)}{_numbers(prediction, answers, rule)}</div></article>'
    )


def _verdict(prediction: Prediction, rule: Rejection) -> str:
    winner = escape(spoken(prediction.top_k[0].name))
    if not prediction.rejected:
        return f'<h3 class="vamp-verdict">{winner}</h3>'
    found = measure(rule.by)
    assert found is not None
    assert rule.threshold is not None
    why = f'{found.title} {found.text(found.value(prediction))} is above {rule.threshold:g}'
    return f'<h3 class="vamp-verdict">not sure</h3><p class="vamp-why">{why}; perhaps {winner}</p>'


def _legend(samples: int) -> str:
    if samples < 2:
        return ''
    return (
        f'<p class="vamp-legend"><svg width="10" height="10" aria-hidden="true"><circle cx="5" cy="5" r="3"/></svg> '
        f'one of {samples} samples; the bar is their mean, ± their standard deviation in percentage points</p>'
    )


def _numbers(prediction: Prediction, answers: Answers, rule: Rejection) -> str:
    lines = ''.join(_number(item, prediction, answers, rule) for item in MEASURES)
    return f'<dl class="vamp-numbers">{lines}</dl>'


def _number(item: Measure, prediction: Prediction, answers: Answers, rule: Rejection) -> str:
    chosen = ' class="chosen"' if item.key == rule.by else ''
    head = (
        f'<div{chosen} data-measure="{item.key}"><dt>{item.title}<small>{item.means}</small></dt>'
    )
    if item.of_samples and answers.samples < 2:
        return f'{head}<dd class="none">needs several samples</dd></div>'
    value, limit = item.value(prediction), item.limit(answers.classes)
    mark = ''
    if item.key == rule.by and rule.threshold is not None:
        mark = f'<i class="mark" style="left:{_percent(rule.threshold / limit)}" title="threshold"></i>'
    return (
        f'{head}<dd><b>{value:.3f}</b> {item.unit} <small>of at most {limit:.2f}</small>'
        f'<span class="meter"><i style="width:{_percent(value / limit)}"></i>{mark}</span></dd></div>'
    )


def _percent(share: float) -> str:
    return f'{100 * min(1.0, max(0.0, share)):.1f}%'
