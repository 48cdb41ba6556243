"""What the command line takes: commands, options, and their help."""

import argparse
from datetime import date
from pathlib import Path

from handouts import __version__
from handouts.collection.layouts import ANY_TOPIC, KINDS
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
    _takes_readers(build, parameters)
    build.add_argument("--out", type=Path, metavar="DIR", help="the folder to write to (default: exports/)")
    build.add_argument("--force", action="store_true", help="make every page again")
    build.add_argument("--pdf", action="store_true", help="make a PDF beside each page, to print or to send")
    build.add_argument(
        "--release", action="store_true", help="for patients: make no page of what somebody has yet to sign"
    )
    _takes_work(build, "how many pages to make at a time")
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
    _takes_work(batch, "how many processes write at a time")
    batch.add_argument("--pdf", action="store_true", help="make a PDF beside each handout, about one a second and core")
    batch.add_argument(
        "--print", dest="print_files", action="store_true", help="PDFs, and print.001.pdf and on: all of them in the roster's order, each on sheets of its own",
    )  # fmt: skip
    batch.add_argument("--dask", metavar="ADDRESS", help="work on the Dask cluster of this scheduler, tcp://host:8786")
    batch.add_argument(
        "--dry-run", action="store_true", help="check every row, tell what would be made, and write nothing"
    )
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
        "--on", type=_day, default=None, metavar="DATE", help="the day to compare reviews with (default: today)"
    )
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

    begin = commands.add_parser(
        "init",
        help="begin a collection",
        description="Make a small, whole collection in a folder, with a first topic to look at. From an article, each of its sections "
        "becomes a topic, and no sentence of it is lost.",
        epilog="Example: handouts init leaflets --from article.docx",
    )
    begin.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, or an empty one")
    begin.add_argument(
        "--from", dest="article", type=Path, metavar="FILE", help="an article that ends in .txt, .md or .docx"
    )
    begin.set_defaults(run="init")

    new = commands.add_parser(
        "new",
        help="begin a new topic",
        description="Make a notebook for a new topic that can be built at once, with guidance that no page shows, and its row in "
        "data/topics.csv. To undo it: handouts remove TOPIC.",
    )
    new.add_argument("topic", metavar="TOPIC", help="its name, such as ice-or-heat: the name of its notebook")
    new.add_argument("--title", help="the question that it answers (default: made from the name)")
    new.add_argument("--kind", choices=KINDS, default=KINDS[0], help=f"what it is about (default: {KINDS[0]})")
    what = new.add_mutually_exclusive_group()
    what.add_argument(
        "--safety", metavar="SET", help=f"its set of safety text (default: {ANY_TOPIC}, where there is one)"
    )
    what.add_argument("--no-safety", metavar="WHY", help="why its readers need no safety text")
    new.set_defaults(run="new")

    copy = commands.add_parser(
        "duplicate", help="copy a topic", description="Copy a topic under a new name: its notebook and its rows."
    )
    rename = commands.add_parser(
        "rename", help="give a topic another name", description="Rename a topic's notebook, and its rows in all tables."
    )
    for command, run in ((copy, "duplicate"), (rename, "rename")):
        command.add_argument("topic", metavar="TOPIC", help="a topic, as `handouts list` shows it")
        command.add_argument("new", metavar="NEW", help="the new name")
        command.set_defaults(run=run)

    remove = commands.add_parser(
        "remove",
        help="take a topic out of the collection, or put it back",
        description="Take a topic out of the collection: its notebook and its rows are kept in .removed/, and --undo puts them back. "
        "Its pages go with the next whole build.",
    )
    remove.add_argument("topic", metavar="TOPIC", help="a topic, as `handouts list` shows it")
    remove.add_argument("--undo", action="store_true", help="put back the one of this name that was removed last")
    remove.set_defaults(run="remove")

    safety = commands.add_parser(
        "safety",
        help="show what changed in the safety text, and record or sign it",
        description="Show for each set of safety text which lines are signed, which are drafts, and what changed since. A page whose "
        "safety text is not as recorded is not ready for patients.",
    )
    safety.add_argument("sets", nargs="*", metavar="SET", help="a set of data/safety-sets.csv; all where none is named")
    how = safety.add_mutually_exclusive_group()
    how.add_argument("--record", action="store_true", help="record the words as they are now, as a draft")
    how.add_argument(
        "--sign", metavar="NAME", help="record them as signed today by NAME, the clinician who answers for them"
    )
    safety.set_defaults(run="safety")

    review = commands.add_parser(
        "review",
        help="show what changed since pages were reviewed, and sign a review",
        description="Show for each page who reviewed it and what changed since. A review counts for the words that were signed, and for no others.",
        epilog="Example: handouts review TOPIC --audience general --out review.pdf shows what there is to read, and a code. Who has read it signs: "
        "handouts review TOPIC --audience general --sign 'A. Name' --role 'PT, DPT' --seen CODE",
    )
    review.add_argument("topics", nargs="*", metavar="TOPIC", help="a topic, as `handouts list` shows it")
    _takes_readers(review, parameters)
    review.add_argument(
        "--out", type=Path, metavar="FILE", help="write the comparison to FILE, which ends in .html or .pdf"
    )
    review.add_argument("--sign", metavar="NAME", help="record that NAME reviewed these pages today")
    review.add_argument("--role", metavar="ROLE", help="what NAME is, such as 'PT, DPT'")
    review.add_argument("--seen", metavar="CODE", help="the code that stands at the end of what NAME has read")
    review.add_argument("--due", type=_day, metavar="DATE", help="the day of the next review (default: in a year)")
    review.set_defaults(run="review")

    recall = commands.add_parser(
        "recall",
        help="list the handouts that carry a number, a source or a sentence",
        description="List the handouts that were made with something that turned out wrong, by id, day and version, as CSV. WHAT is the name "
        "of a fact, a source, a word to teach, a table, a topic, a page or a version, or some words of a sentence as it was printed.",
        epilog="Example: handouts recall dn-sore > recall.csv. It reads personal/records.db, which every batch of this collection writes on this machine.",
    )
    recall.add_argument(
        "what", metavar="WHAT", help="what they carry, such as dn-mild, brady2014 or 'call us the same day'"
    )
    recall.set_defaults(run="recall")

    cite = commands.add_parser(
        "cite",
        help="take over a source",
        description="Add a paper or a book to data/sources.json from the record that its page, PubMed or a library exports: RIS, nbib, BibTeX "
        "or CSL JSON. A record without authors, year or title is refused, and so is one that was retracted; one that is there is found.",
        epilog="Example: handouts cite pubmed.nbib, or handouts cite 10.1179/2042618613Y.0000000044 --online",
    )
    cite.add_argument("what", metavar="WHAT", help="the file of a record, - for what is pasted, or a DOI, PMID or ISBN")
    cite.add_argument(
        "--online", action="store_true", help="fetch the record of a DOI or PMID from its registrar, or from PubMed"
    )
    cite.add_argument(
        "--id", metavar="NAME", help="what texts call it, such as brady2014 (default: made from author and year)"
    )
    cite.set_defaults(run="cite")

    listing = commands.add_parser(
        "list",
        help="show topics and readers",
        description="Show the topics, and the values a page can be asked for with.",
    )
    listing.set_defaults(run="list")
    return parser


def _takes_readers(command: argparse.ArgumentParser, parameters: Parameters) -> None:
    """Add an option for each parameter."""
    for parameter in parameters.values():
        values = ", ".join(parameter.values)
        rest = f"the {parameter.default_from}'s own" if parameter.default_from else "all"
        command.add_argument(
            f"--{parameter.name}",
            metavar="VALUE",
            help=f"{parameter.label.lower()}: {values} (default: {rest})".replace("%", "%%"),
        )


def _takes_work(command: argparse.ArgumentParser, what: str) -> None:
    """Add the options of commands that make pages."""
    command.add_argument(
        "--allow-expired", dest="today", action="store_const", const=None, default=date.today(), help="take topics whose review is overdue, too",
    )  # fmt: skip
    command.add_argument("--workers", type=_above_zero, metavar="N", help=f"{what} (default: one a core)")


def _above_zero(text: str) -> int:
    if not text.isdigit() or text == "0":
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above zero")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-24") from None
