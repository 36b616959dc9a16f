"""Accuracy of base and of novel images when the model answers among all classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from mmengine.evaluator import BaseMetric

from vamp_mm.registry import METRICS

from .harmonic import harmonic_mean
from .samples import scores_and_label


@METRICS.register_module()
class OpenAccuracy(BaseMetric):
    """Base and novel accuracy in one open vocabulary, in percent.

    Standard base-to-novel testing answers about novel images among novel names only. Here every
    image is answered among all names, so a model that pulls everything towards the classes it was
    trained on loses novel images. Result names: ``base_accuracy``, ``novel_accuracy`` and their
    harmonic mean ``H``. The dataset must hold all classes, with ``base_classes`` (how many leading
    labels are base classes) in its ``metainfo``.

    Args:
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.

    Raises:
        ValueError: On evaluation, if the dataset does not hold base and novel images.
    """

    # MMEngine warns about metrics without a prefix; the names here need none.
    default_prefix = 'open'

    def __init__(self, collect_device: Literal['cpu', 'gpu'] = 'cpu') -> None:
        super().__init__(collect_device=collect_device)
        self.prefix = None

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep label and correctness of every sample.

        Args:
            data_batch: Not used.
            data_samples: Predicted samples as dicts.
        """
        for sample in data_samples:
            scores, label = scores_and_label(sample, type(self).__name__)  # (C,)
            self.results.append((label, float(scores.argmax() == label)))

    def compute_metrics(self, results: list[tuple[int, float]]) -> dict[str, float]:
        """Average over the base and over the novel images.

        Args:
            results: What :meth:`process` kept, of all ranks.

        Returns:
            The result names of the class.
        """
        border = (self.dataset_meta or {}).get('base_classes')
        base = [right for label, right in results if border and label < border]
        novel = [right for label, right in results if border and label >= border]
        if not base or not novel:
            raise ValueError(
                f'OpenAccuracy needs base and novel images in one split, got {len(base)} and '
                f"{len(novel)} (base_classes={border}); test a FewShotDataset with class_split='all'"
            )
        accuracy = 100 * sum(base) / len(base), 100 * sum(novel) / len(novel)
        return dict(
            base_accuracy=accuracy[0], novel_accuracy=accuracy[1], H=harmonic_mean(*accuracy)
        )
