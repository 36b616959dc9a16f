"""For all tests. Its presence also puts ``tests/`` on the import path: ``import methods`` works from every folder."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import methods
import pytest
from runner_state import forget_runners

#: Folders and files whose tests take longest: whole runs, processes, every method. ``make test-fast`` leaves them out.
SLOW = (
    'test_analysis/test_inside_uncertain.py',
    'test_analysis/test_speed.py',
    'test_apis/test_quickstart.py',
    'test_apis/test_train_and_test.py',
    'test_benchmark/test_benchmark_run.py',
    'test_cli/test_messages.py',
    'test_config/test_identity.py',
    'test_config/test_misspelt.py',
    'test_config/test_own_data.py',
    'test_config/test_published_settings.py',
    'test_config/test_recorded_hashes.py',
    'test_config/test_settings_tables.py',
    'test_data_tools/test_browse.py',
    'test_datasets/test_few_shot.py',
    'test_datasets/test_few_shot_wrapper.py',
    'test_datasets/test_icons.py',
    'test_datasets/test_image_cache.py',
    'test_docs/test_adding_a_method.py',
    'test_docs/test_tutorials.py',
    'test_engine/test_averaged_shapes_hook.py',
    'test_engine/test_checkpoint_files.py',
    'test_engine/test_class_aware_prior_hook.py',
    'test_engine/test_resume_after_kill.py',
    'test_engine/test_safe_checkpoint_hook.py',
    'test_engine/test_small_hooks.py',
    'test_evaluation/test_loops.py',
    'test_integration',
    'test_mmpretrain.py',
    'test_models/test_frozen_features.py',
    'test_models/test_loading.py',
    'test_models/test_methods.py',
    'test_models/test_plain_clip.py',
    'test_models/test_process_pair.py',
    'test_models/test_second_architecture.py',
    'test_models/test_text_engine.py',
    'test_originals/test_convert.py',
    'test_originals/test_parity.py',
    'test_prediction/test_prediction_methods.py',
    'test_prediction/test_prediction_threads.py',
    'test_report/test_damaged_results.py',
    'test_report/test_damaged_values.py',
    'test_report/test_report_browser.py',
    'test_report/test_report_html.py',
    'test_runs/test_final_test.py',
    'test_packaging',
    'test_tools/test_commands.py',
    'test_tools/test_readers.py',
    'test_visualization/test_figures.py',
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests."""
    root = Path(__file__).parent
    slow = [root / name for name in SLOW]
    missing = [str(path) for path in slow if not path.exists()]
    if missing:
        raise pytest.UsageError(f'SLOW in tests/conftest.py names what is not there: {missing}')
    for item in items:
        if any(item.path.is_relative_to(path) for path in slow):
            item.add_marker(pytest.mark.slow)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rows FILE``: the promises of the method table for methods that live elsewhere (docs/adding_a_method.md)."""
    parser.addoption(
        '--rows',
        action='append',
        default=[],
        metavar='FILE',
        type=Path,
        help='Python file whose list ROWS is added to the method table; imports find what lies beside it',
    )


def pytest_configure(config: pytest.Config) -> None:
    """Before the tests are collected, which makes one of each row."""
    for file in config.getoption('--rows'):
        if not file.is_file():
            raise pytest.UsageError(f'--rows {file}: there is no such file')
        sys.path.insert(0, str(file.resolve().parent))
        rows = runpy.run_path(str(file)).get('ROWS')
        if not rows or not all(isinstance(row, methods.Method) for row in rows):
            raise pytest.UsageError(
                f'--rows {file}: needs a list ROWS of methods.Method, such as ROWS = [Method(...)]'
            )
        methods.add_rows(rows)


@pytest.fixture(autouse=True, scope='module')
def _own_runner_state() -> Iterator[None]:
    """No module of tests sees the Runners of an earlier one."""
    yield
    forget_runners()


@pytest.fixture
def toy_config(tmp_path: Path) -> Path:
    """The toy config of toy_apis.py as a file of its own."""
    import toy_apis  # registers its components

    return toy_apis.write_config(tmp_path)
