"""What the name of a type means in the registries of a scope."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from mmengine.registry import root
from mmengine.registry.registry import Registry


def import_registry(scope: str) -> None:
    """Import the registries of a package; a scope of the user's own is registered by ``custom_imports``."""
    try:
        import_module(f'{scope}.registry')
    except ImportError:
        pass


def find(name: str, base: Registry, scope: str) -> Callable[..., Any] | None:
    """The class or function of a name.

    Args:
        name: With or without the scope in front.
        base: MMEngine's root registry.
        scope: Where names without a scope are looked up.

    Returns:
        The class or function, None if the registry does not know the name.
    """
    if '.' in name:
        import_registry(name.split('.')[0])
    found: Callable[..., Any] | None = base.children.get(scope, base).get(name)
    return found


def find_anywhere(name: object, registry: str, scope: str) -> tuple[str, Callable[..., Any] | None]:
    """What a name means in one registry, or else in the first of all that knows it: parts are built from any.

    Args:
        name: The name; anything else is not looked up.
        registry: Name of MMEngine's root registry to start with.
        scope: Where names without a scope are looked up.

    Returns:
        Name of the registry, and the class or function; None if no registry knows the name.
    """
    if not isinstance(name, str):
        return registry, None
    try:
        return _search(name, registry, scope)
    except Exception:  # a broken module: the registry itself names it
        return registry, None


def _search(name: str, registry: str, scope: str) -> tuple[str, Callable[..., Any] | None]:
    target = find(name, getattr(root, registry), scope)
    if target is not None:
        return registry, target
    places = (f'{scope}.registry', f'{name.split(".")[0]}.registry')
    for module in (root, *map(sys.modules.get, places)):
        for other, node in vars(module).items() if module else ():
            if isinstance(node, Registry) and (target := find(name, node, scope)) is not None:
                return other if hasattr(root, other) else registry, target
    return registry, None


def known_names(base: Registry, scope: str) -> Iterator[str]:
    """Names of a registry as a config of ``scope`` would write them."""
    yield from base.module_dict
    for child_scope, child in base.children.items():
        prefix = '' if child_scope == scope else f'{child_scope}.'
        for name in child.module_dict:
            yield prefix + name
