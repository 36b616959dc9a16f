"""One line of JSON per test image: what was predicted and how sure the model was."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger

from vamp_mm.files import atomic_write
from vamp_mm.registry import METRICS

from .samples import scalar, scores_and_label
from .uncertainty_fields import UNCERTAINTY_FIELDS


@METRICS.register_module()
class PredictionDump(BaseMetric):
    """Write the predictions of a test run as JSON lines; reports no number.

    A line holds ``img_path``, ``split``, ``gt_label``, ``gt_class``, ``pred_label``,
    ``pred_class``, ``confidence`` (the winning probability), ``gt_confidence`` (that of the true
    class), the second most probable class as ``runner_up_label``, ``runner_up_class`` and
    ``runner_up_confidence``, and those uncertainty fields that the model wrote.
    Lines are in dataset order; with several processes the main one writes them all.

    In :class:`~vamp_mm.evaluation.SplitTestLoop` a relative file is in the work directory and
    gets the name of the split before its suffix (``predictions.jsonl`` ->
    ``predictions_base.jsonl``, with ``_`` for ``/``); in MMEngine's own test loop it is relative to the current
    directory. A file of an earlier run is replaced, and the log reports it.

    Args:
        out_file: The file, ending in ``.jsonl``.
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.

    Raises:
        ValueError: If the file does not end in ``.jsonl``.
    """

    default_prefix = 'predictions'

    def __init__(
        self, out_file: str = 'predictions.jsonl', collect_device: Literal['cpu', 'gpu'] = 'cpu'
    ) -> None:
        super().__init__(collect_device=collect_device)
        if not out_file.endswith('.jsonl'):
            raise ValueError(
                f"out_file={out_file!r} must end in '.jsonl': it is written as JSON lines"
            )
        self.path = Path(out_file)
        self._split: str | None = None

    def set_context(self, work_dir: str, split: str) -> None:
        """Called by the test loop before a split is tested.

        Args:
            work_dir: Relative files go there.
            split: Name of the split; becomes part of the file name.
        """
        self._split = split
        self.path = Path(
            work_dir,
            self.path.with_name(f'{self.path.stem}_{split.replace("/", "_")}{self.path.suffix}'),
        )

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep one record per sample.

        Args:
            data_batch: Not used.
            data_samples: Predicted samples as dicts.
        """
        name = type(self).__name__
        classes = (self.dataset_meta or {}).get('classes')
        for sample in data_samples:
            scores, label = scores_and_label(sample, name)  # (C,)
            if classes is None or len(classes) != len(scores):
                raise ValueError(
                    f'{name}: the model predicted {len(scores)} classes, the dataset names '
                    f'{None if classes is None else len(classes)}'
                )
            confidence, winner = scores.max(dim=0)
            record = dict(
                img_path=sample.get('img_path'),
                split=self._split,
                gt_label=label,
                gt_class=classes[label],
                pred_label=int(winner),
                pred_class=classes[int(winner)],
                confidence=float(confidence),
                gt_confidence=float(scores[label]),
            )
            if len(scores) > 1:
                others = scores.clone()
                others[winner] = -1
                second = int(others.argmax())
                record |= dict(
                    runner_up_label=second,
                    runner_up_class=classes[second],
                    runner_up_confidence=float(scores[second]),
                )
            record |= {
                key: scalar(sample, key, name) for key in UNCERTAINTY_FIELDS if key in sample
            }
            self.results.append(record)

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Write the file.

        Args:
            results: Records of all ranks, in dataset order.

        Returns:
            Nothing to report: an empty dict.
        """
        existed = self.path.exists()
        lines = (json.dumps(record, ensure_ascii=False) + '\n' for record in results)
        # bytes of a file name that are not UTF-8 become JSON escapes
        atomic_write(''.join(lines).encode('utf-8', 'backslashreplace'), self.path)
        MMLogger.get_current_instance().info(
            f'{len(results)} predictions written to {self.path}{" (replaced)" if existed else ""}'
        )
        return {}


def read_predictions(
    path: str | os.PathLike, damaged: list[str] | None = None
) -> list[dict[str, Any]]:
    """Read what :class:`PredictionDump` wrote.

    Args:
        path: A ``.jsonl`` file.
        damaged: Takes a sentence on each line that is not a record, which is left out then; None makes it an error.

    Returns:
        One record per image.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line is not a record.
    """
    records = []
    # not splitlines(), which also breaks at characters that a name may hold, such as U+2028
    text = Path(path).read_bytes().decode('utf-8', 'surrogateescape')
    for number, line in enumerate(text.removesuffix('\n').split('\n') if text else [], start=1):
        try:
            records.append(_record(line))
        except (ValueError, RecursionError) as error:
            fault = f'{path}, line {number} {error if str(error).startswith("is ") else f"is not JSON: {error}"}'
            if damaged is None:
                raise ValueError(fault) from error
            damaged.append(fault)
    return records


def _record(line: str) -> dict[str, Any]:
    try:
        line.encode('utf-8')
    except UnicodeEncodeError as error:
        raise ValueError('is not UTF-8') from error
    record = json.loads(line)
    if not isinstance(record, dict) or 'confidence' not in record:
        raise ValueError(f'is not a prediction record: {line[:80]!r}')
    return record
