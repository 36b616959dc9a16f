"""The protocols of the benchmark: what each measures and is called, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from .harmonic import AVERAGE

#: Names of the protocols.
BASE_TO_NOVEL = 'base-to-novel'
FEW_SHOT = 'few-shot'
CROSS_DATASET = 'cross-dataset'
DOMAIN_GENERALIZATION = 'domain-generalization'
OPEN = 'open'
#: What a config without a protocol is looked up and compared as.
DEFAULT_PROTOCOL = BASE_TO_NOVEL
#: Metric of a test over other datasets: ``<dataset>/all/accuracy``.
TARGET_SUFFIX = '/all/accuracy'
#: Key of results whose metrics are those of no protocol.
OTHER = 'other'


@dataclass(frozen=True)
class Protocol:
    """One protocol.

    Args:
        name: As options and configs write it.
        title: In headings and sentences.
        halves: Metrics of base and novel classes, whose harmonic mean is reported; None if there are no halves.
        whole: Metric of all classes; None with halves.
        settings_of: Protocol whose published settings are used where a method publishes none for this one.
        unpublished: Whether no paper publishes it, so that its settings always are those of ``settings_of``.
        has_targets: Whether it trains on one dataset and tests on others, whose mean is reported.
    """

    name: str
    title: str
    halves: tuple[str, str] | None = None
    whole: str | None = None
    settings_of: str | None = None
    unpublished: bool = False
    has_targets: bool = False

    @property
    def metrics(self) -> tuple[str, ...]:
        """Accuracies that results of this protocol have."""
        if self.halves is not None:
            return self.halves
        assert self.whole is not None
        return (self.whole,)

    @property
    def summary(self) -> str:
        """What the one number of a run is called."""
        return 'accuracy' if self.halves is None else 'H'

    def measured_by(self, metrics: Mapping[str, float]) -> bool:
        """Whether a result has the metrics of this protocol."""
        if self.has_targets:
            return any(name.endswith(TARGET_SUFFIX) for name in metrics)
        return set(self.metrics) <= metrics.keys()


_ALL = (
    Protocol(BASE_TO_NOVEL, 'base to novel', halves=('base/accuracy', 'novel/accuracy')),
    Protocol(FEW_SHOT, 'few-shot', whole='all/accuracy', settings_of=BASE_TO_NOVEL),
    Protocol(
        CROSS_DATASET,
        'cross-dataset',
        whole=f'{AVERAGE}{TARGET_SUFFIX}',
        settings_of=BASE_TO_NOVEL,
        has_targets=True,
    ),
    Protocol(
        DOMAIN_GENERALIZATION,
        'domain generalisation',
        whole=f'{AVERAGE}{TARGET_SUFFIX}',
        settings_of=CROSS_DATASET,
        has_targets=True,
    ),
    Protocol(
        OPEN,
        'open',
        halves=('open/base_accuracy', 'open/novel_accuracy'),
        settings_of=BASE_TO_NOVEL,
        unpublished=True,
    ),
)
#: Name -> protocol, in the order of the papers.
PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({item.name: item for item in _ALL})
#: Trained on one dataset, tested on others.
TRANSFER = tuple(item.name for item in _ALL if item.has_targets)


def spelled(protocol: str | None) -> str | None:
    """The name in the spelling of the table, from a name or the path of a protocol file; it need not be in the table."""
    return Path(protocol).stem.replace('_', '-') if protocol else None
