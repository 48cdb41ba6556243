"""What the command line takes: commands, options, and their help."""

import argparse
from pathlib import Path

from handouts import __version__
from handouts.cli.options import a_day, takes_language, takes_readers, takes_work
from handouts.cli.tending_parser import add_tending
from handouts.collection.parameters import Parameters


def make_parser(parameters: Parameters) -> argparse.ArgumentParser:
    """Return the parser, with an option for each of `parameters`."""
    parser = argparse.ArgumentParser(
        prog="handouts",
        description="Make patient handouts from notebooks: tailored to the reader, executed, exported as accessible pages.",
        epilog="Run it anywhere inside the folder that holds notebooks/ and data/. To begin such a folder: handouts init FOLDER",
    )
    parser.add_argument("--version", action="version", version=f"handouts {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    build = commands.add_parser(
        "build",
        help="write every page, or those asked for",
        description="Write the pages of all topics, or of those named, for every reader or for those asked for. "
        "A page that did not change since last time is not made again.",
    )
    build.add_argument(
        "topics", nargs="*", metavar="TOPIC", help="a topic, as `handouts list` shows it; all where none is named"
    )
    takes_readers(build, parameters)
    build.add_argument("--out", type=Path, metavar="DIR", help="the folder to write to (default: exports/)")
    build.add_argument("--force", action="store_true", help="make every page again")
    build.add_argument("--pdf", action="store_true", help="make a PDF beside each page, to print or to send")
    build.add_argument(
        "--release", action="store_true", help="for patients: make no page of what somebody has yet to sign"
    )
    takes_language(build, "make its pages only (default: those of all languages)")
    takes_work(build, "how many pages to make at a time")
    build.set_defaults(run="build")

    batch = commands.add_parser(
        "batch",
        help="make a handout for every row of a roster",
        description="Make a handout for every row of a roster: its page, with the person's details filled in. "
        "Rows that are wrong are listed in rejected.csv, with the reason; the others are made.",
        epilog="Example: handouts batch data/example-roster.csv. What was made before is found and kept: "
        "run the same command again after a stop, and it goes on.",
    )
    batch.add_argument(
        "roster",
        metavar="ROSTER",
        help="a file that ends in .csv, .xlsx or .parquet, or the SQLAlchemy URL of a database",
    )
    batch.add_argument(
        "--from",
        dest="source",
        metavar="NAME",
        help="how the file is to be read: a row of data/rosters.csv (default: the one whose files it fits)",
    )
    batch.add_argument("--sql", metavar="SELECT", help="the query, where ROSTER is a database")
    batch.add_argument(
        "--out",
        metavar="TARGET",
        help="a folder, or a URL such as s3://bucket/folder (default: personal/NAME of the roster)",
    )
    batch.add_argument(
        "--shared",
        action="store_true",
        help="let others on this machine read the handouts too (default: only who runs this)",
    )
    takes_work(batch, "how many processes write at a time")
    batch.add_argument("--pdf", action="store_true", help="make a PDF beside each handout, about one a second and core")
    batch.add_argument(
        "--print", dest="print_files", action="store_true", help="PDFs, and print.001.pdf and on: all of them in the roster's order, each on sheets of its own",
    )  # fmt: skip
    batch.add_argument("--dask", metavar="ADDRESS", help="work on the Dask cluster of this scheduler, tcp://host:8786")
    batch.add_argument(
        "--dry-run", action="store_true", help="check every row, tell what would be made, and write nothing"
    )
    takes_language(batch, "make the handouts in it")
    batch.set_defaults(run="batch")

    refresh = commands.add_parser(
        "refresh",
        help="run the notebooks and store their outputs",
        description="Run the notebooks in place and store their outputs, so that nbval can compare and diffs stay small.",
    )
    refresh.add_argument("topics", nargs="*", metavar="TOPIC", help="a topic; all where none is named")
    refresh.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 where stored outputs are out of date"
    )
    refresh.set_defaults(run="refresh")

    check = commands.add_parser(
        "check",
        help="find what a page must not say, or could say better",
        description="Check what the pages say: numbers, sources, the safety text, the article's sentences, required parts, "
        "reviews, reading grade, balance. Exit code 1 where there is an error, 0 where there are warnings only.",
    )
    check.add_argument(
        "what", nargs="*", metavar="TOPIC|FILE",
        help="a topic, or a file of text to check as if it were a page; all topics where nothing is named",
    )  # fmt: skip
    check.add_argument(
        "--format", choices=["text", "json", "html"], default="text", help="how to print findings (default: text)"
    )
    check.add_argument(
        "--sheets", action="store_true",
        help="look at each page on paper too: size of type, empty sheets, what is torn; tells how many sheets it has",
    )  # fmt: skip
    check.add_argument("--trace", action="store_true", help="print where each sentence comes from instead")
    check.add_argument(
        "--on", type=a_day, default=None, metavar="DATE", help="the day to compare reviews with (default: today)"
    )
    takes_language(check, "check its pages")
    check.set_defaults(run="check")

    changes = commands.add_parser(
        "changed",
        help="list the pages whose words changed since a git revision",
        description="List the pages whose words changed since a git revision, line by line: before with -, after with +. "
        "For the person who reviews them.",
    )
    changes.add_argument("revision", metavar="REV", help="a commit or tag, such as HEAD or v1")
    changes.set_defaults(run="changed")

    desk = commands.add_parser(
        "desk",
        help="open JupyterLab on the notebooks, with their pages beside them",
        description="Start JupyterLab in this collection, with the panel of its topics at the left and pages beside notebooks. Ctrl-C ends it.",
        epilog="Example, for JupyterLab's own options: handouts desk -- --no-browser --port 8899",
    )
    desk.add_argument("arguments", nargs="*", metavar="-- OPTION", help="options of JupyterLab")
    desk.set_defaults(run="desk")

    preview = commands.add_parser(
        "preview",
        help="show a page in the browser, and renew it at each change",
        description="Show the page of a topic in the browser, for any reader, with what the checks find on it. It is made anew "
        "when the notebook or a table changes on disk. Ctrl-C ends it.",
    )
    preview.add_argument("topic", nargs="?", metavar="TOPIC", help="a topic; a list of them where none is named")
    preview.set_defaults(run="preview")

    add_tending(commands, parameters)

    listing = commands.add_parser(
        "list",
        help="show topics and readers",
        description="Show the topics, and the values a page can be asked for with.",
    )
    listing.set_defaults(run="list")
    return parser
