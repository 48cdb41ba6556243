"""What the commands take by which a collection is begun and looked after."""

from pathlib import Path
from typing import Any

from handouts.cli.options import a_day, takes_language, takes_readers
from handouts.collection.layouts import ANY_TOPIC, KINDS
from handouts.collection.parameters import Parameters


def add_tending(commands: Any, parameters: Parameters) -> None:
    """Add these commands to those of the parser."""
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
    takes_readers(review, parameters)
    review.add_argument(
        "--out", type=Path, metavar="FILE", help="write the comparison to FILE, which ends in .html or .pdf"
    )
    review.add_argument("--sign", metavar="NAME", help="record that NAME reviewed these pages today")
    review.add_argument("--role", metavar="ROLE", help="what NAME is, such as 'PT, DPT'")
    review.add_argument("--seen", metavar="CODE", help="the code that stands at the end of what NAME has read")
    review.add_argument("--due", type=a_day, metavar="DATE", help="the day of the next review (default: in a year)")
    takes_language(review, "review its pages")
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

    translate = commands.add_parser(
        "translate",
        help="renew the files that translators work on, or tell which pages are not whole",
        description="Write the files of a language in po/ anew for the words as they are now: new words are empty, words whose English was changed "
        "are marked to be looked at again and keep pages from being made, moved ones are kept. They open in Poedit, OmegaT and Weblate.",
        epilog="Example: handouts translate es-US. A language is a row of data/languages.csv.",
    )
    translate.add_argument(
        "languages", nargs="*", metavar="LANGUAGE", help="a language of data/languages.csv; all where none is named"
    )
    translate.add_argument(
        "--check",
        action="store_true",
        help="change nothing; list the pages that are not whole, and why. Exit code 1 where there are any",
    )
    translate.set_defaults(run="translate")
