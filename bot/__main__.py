"""`python -m bot`."""

from bot.cli.app import app, check_one_root

if __name__ == "__main__":
    check_one_root()
    app()
