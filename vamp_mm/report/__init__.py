"""Tables in the papers' layout from the result files of runs."""

import lazy_loader

# each name is imported when it is first used; the stub beside this file lists them
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
