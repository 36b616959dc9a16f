"""Class names and templates of a dataset, as the text side needs them."""

from __future__ import annotations

from collections.abc import Sequence

from vamp_mm.structures import Vocabulary

from .errors import DataError
from .template_sets import TEMPLATE_SETS, resolve_templates


def dataset_vocabulary(
    names: Sequence[str], templates: str | Sequence[str], homonyms: Sequence[str] = ()
) -> Vocabulary:
    """Check that the text side can tell the classes apart.

    Args:
        names: Class names in label order.
        templates: One sentence with one ``{}``, several, or the name of a set
            (:data:`~vamp_mm.datasets.template_sets.TEMPLATE_SETS`).
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
