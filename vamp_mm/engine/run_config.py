"""A config whose formatted text is made once, not for every log and checkpoint."""

from __future__ import annotations

from mmengine.config import Config


class RunConfig(Config):
    """A ``Config`` that keeps its formatted text as long as its values stay the same.

    MMEngine has the whole config formatted at each checkpoint, which takes longer than writing the
    file, and an interruption in the meantime (Ctrl-C) becomes a ``SyntaxError`` that prints the
    config. Here the interruption stays what it was. Values that no formatter can read are shown as
    they are.
    """

    @classmethod
    def of(cls, cfg: Config) -> RunConfig:
        """The same config, sharing its values, with this class; itself if it has it already."""
        if isinstance(cfg, cls):
            return cfg
        new = cls.__new__(cls)
        new.__dict__.update(cfg.__dict__)
        return new

    @property
    def pretty_text(self) -> str:
        """The config as Python code."""
        state = repr(self.to_dict())
        known = self.__dict__.get('_formatted')
        if known is None or known[0] != state:
            known = (state, self._format())
            self.__dict__['_formatted'] = known
        return known[1]

    def _format(self) -> str:
        try:
            return super().pretty_text
        except SyntaxError as error:
            if (interruption := _interruption(error)) is not None:
                raise interruption from None
        plain = Config.__new__(Config)
        plain.__dict__.update(self.__dict__, _format_python_code=False)
        return plain.pretty_text


def _interruption(error: BaseException | None) -> BaseException | None:
    """What ended the formatting, if it was no ordinary error (KeyboardInterrupt, SystemExit)."""
    while error is not None:
        if not isinstance(error, Exception):
            return error
        error = error.__context__
    return None
