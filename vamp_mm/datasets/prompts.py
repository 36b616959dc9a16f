"""Class names and templates of a dataset, as the text side needs them."""

from __future__ import annotations

from collections.abc import Sequence

from vamp_mm.structures import Vocabulary

from .errors import DataError

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


def dataset_vocabulary(
    names: Sequence[str], templates: str | Sequence[str], homonyms: Sequence[str] = ()
) -> Vocabulary:
    """Check that the text side can tell the classes apart.

    Args:
        names: Class names in label order.
        templates: One sentence with one ``{}``, several, or the name of a set
            (:data:`TEMPLATE_SETS`).
        homonyms: Names that are known to stand for several labels.

    Returns:
        The vocabulary.

    Raises:
        DataError: If names coincide in a prompt, or a template is wrong.
    """
    sentences = resolve_templates(templates)
    try:
        return Vocabulary(names=tuple(names), templates=sentences, homonyms=tuple(homonyms))
    except ValueError as error:
        named = isinstance(templates, str) and '{' not in templates
        sets = f', or the name of a set ({", ".join(TEMPLATE_SETS)})' if named else ''
        raise DataError(f'{error}{sets}') from error
