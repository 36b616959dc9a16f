"""The originals of the methods: their parameter names and settings, one small file each.

The parity check compares with recordings of them, the converters read and write their checkpoints.
"""

import lazy_loader

# each name is imported when it is first used; the stub beside this file lists them
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
