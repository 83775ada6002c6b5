"""`python -m foundry_exp`."""

import atexit
import os
import sys

from foundry_exp.exit_codes import INTERRUPTED

_FAILED = (1, 2)
_SAID = "foundry_exp: interrupted.\n"


def main() -> None:
    """Run the command line and exit with its code; Ctrl-C while it is still being imported is one line too."""
    heard: list[int] = []
    code = INTERRUPTED

    def leave() -> None:
        if heard:  # else the interpreter would, now and then, send itself the signal once more and lose the exit code
            sys.stdout.flush()
            os._exit(code)

    atexit.register(leave)  # before any other, so it runs last
    try:
        _listen(heard)
        code = _run()
    except BaseException as error:
        if not heard and not isinstance(error, KeyboardInterrupt):
            raise
        sys.stderr.write(_SAID)
    if heard and code in _FAILED:  # a library that is being imported may make an error of Ctrl-C
        code = INTERRUPTED
    sys.exit(code)


def _listen(heard: list[int]) -> None:
    import signal

    def interrupt(number: int, _: object) -> None:
        heard.append(number)
        if not hasattr(sys.modules.get("foundry_exp.cli.main"), "main"):
            os.write(sys.stderr.fileno(), _SAID.encode())  # nothing is under way, and libraries complain at length
            os._exit(INTERRUPTED)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where whoever started this ignores it
        signal.signal(signal.SIGINT, interrupt)


def _run() -> int:
    from foundry_exp.cli import main

    try:
        code = main.main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's own flush complains
        return 1
    return code


if __name__ == "__main__":
    main()
