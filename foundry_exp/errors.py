"""What a user can cause and put right: each message says where, what is wrong, what was got, the way out."""

from collections.abc import Iterable

from foundry_exp.redact import presentable


class FoundryExpError(Exception):
    """A failure with a sentence for the user; printed without a traceback, and fit to be shown."""

    def __init__(self, message: str = "") -> None:
        """Keep the sentence, without secrets and control characters."""
        super().__init__(presentable(message))


class ConfigError(FoundryExpError):
    """The config or the command line cannot be run; nothing was started (exit code 2)."""


class StoreError(FoundryExpError):
    """A run folder or the tracking store cannot be read or written."""


class UnreachableError(StoreError):
    """The tracking server does not answer, or not in time; what was to be published waits in its folder."""


class SkipCellError(FoundryExpError):
    """A rule says that this cell cannot run here, so its status is `skipped`."""


class BackendError(FoundryExpError):
    """A model could not be loaded or a request failed."""

    def __init__(
        self,
        error_class: str,
        message: str,
        *,
        http_status: int | None = None,
        retry_after_s: float | None = None,
        exit_code: int | None = None,
    ) -> None:
        """Keep the class of the error, a short word that tables can group by, and what a server said with it.

        `exit_code` is of a process that was started for the model and is gone.
        """
        super().__init__(message)
        self.error_class = error_class
        self.http_status = http_status
        self.retry_after_s = retry_after_s
        self.exit_code = exit_code


def meant(got: str, allowed: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing where nothing is close."""
    clause = near(got, allowed)
    return f"; {clause}" if clause.startswith("did you mean") else ""


def offer(got: str, allowed: Iterable[str]) -> str:
    """What `near` says, with the mark that ends a sentence."""
    clause = near(got, allowed)
    return clause if clause.endswith("?") else f"{clause}."


def near(got: str, allowed: Iterable[str]) -> str:
    """A clause that offers close matches of `got`, or lists what is allowed."""
    from difflib import get_close_matches  # 1.5 ms that only a mistake costs

    options = sorted({str(name) for name in allowed})
    by_small = {name.casefold(): name for name in options}
    close = [by_small[name] for name in get_close_matches(got.casefold(), by_small, n=3, cutoff=0.5)]
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"choose from {', '.join(options)}" if options else "there is nothing to choose from"
