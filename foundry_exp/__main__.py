"""`python -m foundry_exp`."""

import os
import sys

from foundry_exp import cli


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        code = cli.main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's own flush complains
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
