"""The keys that a config may have at its top level."""

from __future__ import annotations

from mmengine.runner import Runner

from .signatures import signature_of

#: Top-level keys that the Runner reads from its config although they are no arguments of its constructor.
_READ_FROM_CFG = frozenset(
    {
        'activation_checkpointing',
        'compile',
        'custom_imports',
        'efficient_conv_bn_eval',
        'find_unused_parameters',
        'model_wrapper_cfg',
        'sync_bn',
    }
)


def top_level_keys() -> frozenset[str]:
    """The keys that a config may have at its top level."""
    # protocol, run: of compose
    return (signature_of(Runner).keys | _READ_FROM_CFG | {'protocol', 'run'}) - {'cfg'}
