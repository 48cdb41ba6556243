"""Options that several commands take."""

import argparse
from datetime import date

from handouts.collection.parameters import Parameters


def takes_readers(command: argparse.ArgumentParser, parameters: Parameters) -> None:
    """Add an option for each parameter."""
    for parameter in parameters.values():
        values = ", ".join(parameter.values)
        rest = f"the {parameter.default_from}'s own" if parameter.default_from else "all"
        command.add_argument(
            f"--{parameter.name}",
            metavar="VALUE",
            help=f"{parameter.label.lower()}: {values} (default: {rest})".replace("%", "%%"),
        )


def takes_language(command: argparse.ArgumentParser, what: str) -> None:
    """Add the option for another language."""
    command.add_argument("--language", metavar="TAG", help=f"a language of data/languages.csv: {what}")


def takes_work(command: argparse.ArgumentParser, what: str) -> None:
    """Add the options of commands that make pages."""
    command.add_argument(
        "--allow-expired", dest="today", action="store_const", const=None, default=date.today(), help="take topics whose review is overdue, too",
    )  # fmt: skip
    command.add_argument("--workers", type=_above_zero, metavar="N", help=f"{what} (default: one a core)")


def _above_zero(text: str) -> int:
    if not text.isdigit() or text == "0":
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above zero")
    return int(text)


def a_day(text: str) -> date:
    """Return the day that is asked for."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-24") from None
