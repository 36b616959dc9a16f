"""Workflows and the container: they parse, run the supported versions, and name only files and commands that exist."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / '.github' / 'workflows'
CI, RELEASE = WORKFLOWS / 'ci.yml', WORKFLOWS / 'release.yml'


def _read(path: Path) -> Any:
    # YAML reads the key `on` as true
    return yaml.safe_load(path.read_text(encoding='utf-8'))


def _commands(path: Path) -> list[str]:
    steps = [step for job in _read(path)['jobs'].values() for step in job['steps']]
    return [line.strip() for step in steps for line in step.get('run', '').splitlines()]


def test_the_tests_run_on_every_supported_python_and_at_both_ends_of_the_ranges(
    package: dict[str, Any],
) -> None:
    matrix = _read(CI)['jobs']['tests']['strategy']['matrix']
    jobs = set(product(matrix['python'], matrix['packages']))
    jobs |= {(job['python'], job['packages']) for job in matrix['include']}
    supported = SpecifierSet(package['python_requires'])
    pythons = [f'3.{minor}' for minor in range(30) if f'3.{minor}' in supported]
    assert pythons[0] == '3.10'
    assert jobs == {(python, 'newest') for python in pythons} | {(pythons[0], 'oldest')}


def test_the_workflow_does_what_ci_run_does() -> None:
    script = (ROOT / '.ci' / 'run').read_text(encoding='utf-8')
    commands = _commands(CI)
    for target in re.findall(r'^make (\S+)', script, flags=re.MULTILINE):
        assert any(command.startswith(f'make {target}') for command in commands), target
    for files in re.findall(r'-r requirements/\S+\.txt', script):
        assert any(files in command for command in commands), files


@pytest.mark.parametrize('path', [CI, RELEASE], ids=lambda path: path.name)
def test_workflows_call_what_exists(path: Path) -> None:
    makefile = (ROOT / 'Makefile').read_text(encoding='utf-8')
    for command in _commands(path):
        target = re.match(r'make (\S+)', command)
        if target is not None and '/' not in target[1]:
            assert re.search(rf'^{target[1]}:', makefile, flags=re.MULTILINE), command
        for name in re.findall(r'(?:requirements|vamp_mm)/\w+\.(?:txt|py)', command):
            assert (ROOT / name).is_file(), command
    for job in _read(path)['jobs'].values():
        uses = [step['uses'] for step in job['steps'] if 'uses' in step]
        assert all(re.fullmatch(r'actions/[\w-]+@v\d+', name) for name in uses)
        assert job['timeout-minutes'] <= 90
    assert _read(path)['permissions'] == {'contents': 'read'}


def test_the_tag_of_a_release_is_compared_with_the_line_of_the_version() -> None:
    lines = (ROOT / 'vamp_mm' / 'version.py').read_text(encoding='utf-8').splitlines()
    assert [line for line in lines if re.fullmatch(r"__version__ = '[\w.]+'", line)]
    assert any("__version__ = '${GITHUB_REF_NAME#v}'" in command for command in _commands(RELEASE))


def test_the_container_holds_what_the_wheel_is_built_from() -> None:
    ignored = (ROOT / '.dockerignore').read_text(encoding='utf-8').splitlines()
    sent = {line.removeprefix('!') for line in ignored if line.startswith('!')}
    assert {name for name in sent if not (ROOT / name).exists()} == set()
    setup = (ROOT / 'setup.py').read_text(encoding='utf-8')
    carried = re.search(r'^CARRIED = \((.+)\)', setup, flags=re.MULTILINE)[1]
    read = {'setup.py', 'pyproject.toml', 'README.md', 'LICENSE', 'vamp_mm', 'requirements'}
    assert sent == read | set(re.findall(r"'([^']+)'", carried))


def test_the_container_is_built_in_known_steps_and_runs_as_another_user_than_root(
    package: dict[str, Any],
) -> None:
    text = (ROOT / 'Dockerfile').read_text(encoding='utf-8').replace('\\\n', ' ')
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and line[0] not in '# ']
    kinds = [kind for kind, _ in lines]
    assert set(kinds) <= {
        'ARG',
        'FROM',
        'COPY',
        'RUN',
        'ENV',
        'USER',
        'WORKDIR',
        'EXPOSE',
        'ENTRYPOINT',
        'CMD',
    }
    assert kinds.index('USER') > len(kinds) - 1 - kinds[::-1].index('RUN')  # the last RUN is root's
    assert dict(lines)['USER'] == 'vamp_mm'
    assert dict(lines)['ENTRYPOINT'] == '["vamp_mm"]'
    defaults = dict(rest.split('=', 1) for kind, rest in lines if kind == 'ARG')
    assert set(defaults['EXTRAS'].split(',')) <= set(package['extras_require'])
    assert defaults['PYTHON'] in SpecifierSet(package['python_requires'])
