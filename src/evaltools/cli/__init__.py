"""The command line: thin. Parse, call, print, exit with the status of the error's class."""

from __future__ import annotations

import os
import sys

import typer

from evaltools.cli import claims, data, indicators, report, rules, sample
from evaltools.errors import EvaltoolsError

app = typer.Typer(
    name="evaltools", no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False,
    help=(
        "Third-party evaluation of poverty alleviation: check data, measure it against dated and cited rules, "
        "say with what certainty, write the report.\n\n"
        "A first run:  `evaltools report --city 梅州`  writes reports/meizhou/report.html (.docx .pdf .xlsx .json) "
        "from the demo data.\n\n"
        "Exit status 0 is success; each kind of error has its own, listed in the README."
    ),
)  # fmt: skip
for module in (report, rules, indicators, claims, data, sample):
    module.register(app)


def main(words: list[str] | None = None) -> None:
    """Run the command; errors meant for the user are printed without a traceback."""
    try:
        app(args=report.fold_pairs(sys.argv[1:] if words is None else words))
    except EvaltoolsError as err:
        print(str(err), file=sys.stderr)  # noqa: T201
        raise SystemExit(err.exit_status) from None
    except BrokenPipeError:  # `evaltools rules | head`: the reader has gone, nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
