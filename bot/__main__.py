"""`python -m bot`."""

import sys

from bot.cli.start import main

if __name__ == "__main__":
    main(sys.argv[1:])
