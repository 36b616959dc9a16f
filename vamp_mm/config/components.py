"""Checks of one ``dict(type=...)`` of a config and all that is below it, without building anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from mmengine.registry import root
from mmengine.registry.registry import Registry

from vamp_mm.arguments import as_parameter, declared, problem_of
from vamp_mm.registry import SCOPE

from .errors import closest
from .registry_keys import INJECTED, REGISTRY_OF_KEY, REMOVED, REMOVED_BELOW
from .signatures import Signature, signature_of
from .type_lookup import find, find_anywhere, import_registry, known_names
from .usual_arguments import BY_REGISTRY, BY_TYPE


class TypedChecker:
    """Walks typed dicts and collects what is wrong with them.

    Args:
        scope: Default scope in which names without a prefix are looked up.
    """

    def __init__(self, scope: str) -> None:
        self.problems: list[str] = []
        self._scope = scope
        # inside a component of another library, which builds its parts by rules of its own
        self._foreign = False
        import_registry(scope)

    def visit(self, path: str, value: object, registry: str) -> None:
        """Check every typed dict in ``value``.

        Args:
            path: Where the value is in the config, for the messages.
            value: A dict, a list of such, or anything else (which is left alone).
            registry: Name of MMEngine's root registry that the dicts here are built from.
        """
        if isinstance(value, Mapping):
            if 'type' in value:
                self.bind(path, value, registry)
            else:
                for key, item in value.items():
                    self.visit(f'{path}.{key}', item, REGISTRY_OF_KEY.get(key, registry))
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                self.visit(f'{path}.{index}', item, registry)

    def bind(
        self,
        path: str,
        cfg: Mapping[str, Any],
        registry: str,
        also: frozenset[str] = frozenset(),
        skip: frozenset[str] = frozenset(),
    ) -> None:
        """Resolve the type of one dict, bind its keys and visit its values.

        Args:
            path: Where the dict is.
            cfg: The dict, with a ``type``.
            registry: Name of the root registry.
            also: Keys that are taken here besides the constructor's; their values are not visited.
            skip: Keys of the constructor whose values the caller checks.
        """
        outer, self._scope = (self._scope, self._foreign), cfg.get('_scope_', self._scope)
        target = None
        if self._foreign and path.split('.')[-1] not in REGISTRY_OF_KEY:
            registry, target = find_anywhere(cfg['type'], registry, self._scope)
        target = target or self.resolve(f'{path}.type', cfg['type'], registry)
        if target is not None:
            ours = target.__module__.split('.')[0] == SCOPE
            # Our models build their parts in our own scope, whatever that of the surrounding pipeline.
            self._scope = SCOPE if ours and registry == 'MODELS' else self._scope
            self._bind(path, cfg, registry, target, also, skip)
        self._scope, self._foreign = outer

    def _bind(
        self,
        path: str,
        cfg: Mapping[str, Any],
        registry: str,
        target: Callable[..., Any],
        also: frozenset[str],
        skip: frozenset[str],
    ) -> None:
        signature = signature_of(target)
        also = also.union(
            REMOVED.get(registry, ()),
            *(REMOVED_BELOW.get(part, ()) for part in path.split('.')[-2:]),
        )
        self.keys(path, cfg, signature, _name(target), also | {'type', '_scope_'})
        missing = signature.required - set(cfg) - INJECTED.get(registry, frozenset())
        if self._foreign and registry == 'MODELS':
            missing = frozenset()  # the part around it adds sizes, as to every norm_cfg
        for key in sorted(missing):
            self.problems.append(f'{path}: {_name(target)} needs the key {key!r}')
        ours = hasattr(getattr(target, '__init__', None), 'checks_arguments')
        self._foreign = target.__module__.split('.')[0] != SCOPE
        kinds = self._usual(signature, registry, str(cfg['type']).split('.')[-1])
        if ours:  # what MMEngine passes is a dict in the config
            kinds |= {
                key: kind
                for key, kind in declared(target).items()
                if key not in INJECTED.get(registry, ())
            }
        self.values(path, cfg, kinds)
        for key, item in cfg.items():
            if key not in ('type', '_scope_') and key not in also | skip:
                self._value(f'{path}.{key}', key, item, signature, registry)

    def keys(
        self,
        path: str,
        cfg: Mapping[str, Any],
        signature: Signature,
        name: str,
        also: frozenset[str] = frozenset(),
    ) -> None:
        """Report keys of ``cfg`` that neither ``signature`` nor ``also`` lists."""
        if signature.open:
            return
        for key in map(str, cfg):
            if key not in signature.keys and key not in also:
                self.problems.append(
                    f'{path}: unknown key {key!r} of {name}; {closest(key, signature.keys | also)}'
                )

    def values(
        self, path: str, cfg: Mapping[str, Any], kinds: Mapping[str, inspect.Parameter]
    ) -> None:
        """Report values of the wrong type or outside their range.

        Args:
            path: Where the dict is; empty for the top level.
            cfg: The dict.
            kinds: Key -> what it may be; other keys are not looked at.
        """
        for key, value in cfg.items():
            if key in kinds:
                problem = problem_of(f'{path}.{key}' if path else key, value, kinds[key])
                self.problems += [problem] if problem else []

    @staticmethod
    def _usual(signature: Signature, registry: str, name: str) -> dict[str, inspect.Parameter]:
        return {
            key: as_parameter(key, kind, signature.optional.get(key, inspect.Parameter.empty))
            for key, kind in {**BY_REGISTRY.get(registry, {}), **BY_TYPE.get(name, {})}.items()
            if key in signature.keys
        }

    def resolve(self, path: str, name: object, registry: str) -> Callable[..., Any] | None:
        """The class or function that a ``type`` names, or None with a problem noted."""
        if not isinstance(name, str):
            if callable(name):
                return name
            self.problems.append(f'{path}: {name!r} is neither a name nor a class')
            return None
        base: Registry = getattr(root, registry)
        try:
            target = find(name, base, self._scope)
        except (
            Exception
        ) as error:  # a broken module of the user's own must not hide the other problems
            self.problems.append(f'{path}: importing the package of {name!r} failed: {error}')
            return None
        if target is None:
            known = set(known_names(base, self._scope))
            self.problems.append(
                f'{path}: {name!r} is not a registered {base.name}; {closest(name, known)}'
            )
        return target

    def _value(
        self, path: str, key: str, value: object, signature: Signature, registry: str
    ) -> None:
        default = signature.optional.get(key)
        if (
            isinstance(value, Mapping)
            and 'type' not in value
            and isinstance(default, Mapping)
            and default
            and 'type' not in default
            and not self._foreign
        ):
            listed = Signature(frozenset(), default, False)
            self.keys(path, value, listed, f'the dict {key!r}')
        if key == 'vis_backends' and isinstance(value, (list, tuple)):
            self.problems += [
                f'{path}.{index}: {item!r} is not a dict; write dict(type={item!r})'
                for index, item in enumerate(value)
                if isinstance(item, str)
            ]
        self.visit(path, value, REGISTRY_OF_KEY.get(key, registry))


def _name(target: Callable[..., Any]) -> str:
    if inspect.isclass(target) or inspect.isfunction(target):
        return target.__name__
    inner = getattr(target, 'keywords', {}).get('transform', target)
    return getattr(inner, '__name__', repr(inner))
