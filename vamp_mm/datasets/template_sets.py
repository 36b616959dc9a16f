"""Prompt ensembles by name."""

from __future__ import annotations

from collections.abc import Sequence

#: Name -> list of open_clip: the 80 templates of CLIP's ImageNet evaluation, and CLIP's selection of 7.
TEMPLATE_SETS = {
    'openai-80': 'OPENAI_IMAGENET_TEMPLATES',
    'openai-7': 'SIMPLE_IMAGENET_TEMPLATES',
}


def resolve_templates(templates: str | Sequence[str]) -> tuple[str, ...]:
    """Sentences, from sentences or the name of a set.

    Args:
        templates: One sentence, several, or one of :data:`TEMPLATE_SETS`.

    Returns:
        The sentences; whether they hold one ``{}`` each is not checked.
    """
    if not isinstance(templates, str):
        return tuple(templates)
    if templates not in TEMPLATE_SETS:
        return (templates,)
    import open_clip

    return tuple(make('{}') for make in getattr(open_clip, TEMPLATE_SETS[templates]))
