"""The ranges of requirements have two ends that are tested: what is installed newest, and ``requirements/oldest.txt``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
#: What users install; the tools of tests and documentation may be as new as they like.
USED = ('runtime', 'mminstall', 'icons', 'demo')


def _requirements(name: str) -> list[Requirement]:
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    return [Requirement(line) for line in (line.split('#')[0].strip() for line in lines) if line]


def _lower_end(requirement: Requirement) -> Version | None:
    ends = [item for item in requirement.specifier if item.operator in ('>=', '==', '~=')]
    return Version(ends[0].version) if len(ends) == 1 else None


@pytest.mark.parametrize('name', USED)
def test_every_requirement_has_a_lower_end(name: str) -> None:
    assert [str(item) for item in _requirements(name) if _lower_end(item) is None] == []


def test_the_oldest_packages_are_the_lower_ends_of_the_ranges() -> None:
    oldest = {item.name: _lower_end(item) for item in _requirements('oldest')}
    wanted = {item.name: _lower_end(item) for name in USED for item in _requirements(name)}
    assert oldest == wanted
    assert all(str(item.specifier).startswith('==') for item in _requirements('oldest'))


def test_the_package_accepts_the_oldest_packages(package: dict[str, Any]) -> None:
    ranges = {item.name: item.specifier for item in map(Requirement, package['install_requires'])}
    oldest = {item.name: str(_lower_end(item)) for item in _requirements('oldest')}
    assert {name for name, versions in ranges.items() if oldest[name] not in versions} == set()
