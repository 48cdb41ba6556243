"""The commands by which a collection is begun and looked after: its topics, and its safety text."""

import argparse
import sys
from datetime import date
from pathlib import Path

from handouts import files
from handouts.cli.progress import shown
from handouts.collection import Collection
from handouts.collection.csvfile import write_table
from handouts.errors import ParameterError, known

INIT = "init"


def init(options: argparse.Namespace) -> int:
    """Begin a collection."""
    from handouts.collection.begin import begin

    collection, told = begin(options.folder, options.article, date.today())
    print(
        f"Begun: {shown(collection.root)}, a collection with {len(collection.topics)} topics: {', '.join(collection.topics)}."
    )
    for line in told:
        print(f"  {line}")
    article = (
        "Each has the article's own words, and a skeleton of a page in plain words, to be written: open notebooks/ in JupyterLab.\n"
        if options.article else ""
    )  # fmt: skip
    print(
        f"{article}Next:\n  cd {options.folder}\n"
        "  handouts new TOPIC --kind medicine    a topic of your own; --help shows the kinds\n"
        "  handouts build                        makes the pages\n"
        "  handouts check                        tells what is still to be written\n"
        "Who you are is in data/clinic.csv. All its tables: docs/tables.md."
    )
    return 0


def new(collection: Collection, options: argparse.Namespace) -> int:
    """Begin a topic."""
    from handouts.collection.change_topics import new_topic

    title = options.title or options.topic.replace("-", " ").capitalize() + "?"
    new_topic(
        collection, options.topic, " ".join(title.split()), date.today(),
        kind=options.kind, safety=options.safety, why_no_safety=" ".join((options.no_safety or "").split()),
    )  # fmt: skip
    print(
        f"Begun: notebooks/{options.topic}.ipynb, and a row in data/topics.csv. See it: handouts preview {options.topic}"
    )
    return 0


def duplicate(collection: Collection, options: argparse.Namespace) -> int:
    """Copy a topic."""
    from handouts.collection.change_topics import duplicate_topic

    duplicate_topic(collection, options.topic, options.new, date.today())
    print(
        f"Copied: notebooks/{options.new}.ipynb, and its rows. It has no review yet. See it: handouts preview {options.new}"
    )
    return 0


def rename(collection: Collection, options: argparse.Namespace) -> int:
    """Give a topic another name."""
    from handouts.collection.change_topics import rename_topic

    rename_topic(collection, options.topic, options.new)
    print(
        f"Renamed: notebooks/{options.new}.ipynb. Build its pages: codes that were printed then lead to them. Links to their long addresses do not."
    )
    return 0


def remove(collection: Collection, options: argparse.Namespace) -> int:
    """Take a topic out, or put it back."""
    from handouts.collection.change_topics import remove_topic, restore_topic

    if options.undo:
        restore_topic(collection, options.topic)
        print(f"Put back: notebooks/{options.topic}.ipynb, and its rows.")
    else:
        kept = remove_topic(collection, options.topic)
        print(
            f"Removed: {options.topic}. It is kept in {shown(kept)}. To put it back: handouts remove --undo {options.topic}"
        )
    return 0


def readers_of(collection: Collection, options: argparse.Namespace) -> dict[str, str]:
    """Return the values of parameters that the command line asks for. Raises ParameterError."""
    parameters = collection.parameters
    asked = {name: getattr(options, name) for name in parameters if getattr(options, name) is not None}
    for name, value in asked.items():
        parameters[name].check(value, f"--{name}")
    return asked


def review(collection: Collection, options: argparse.Namespace) -> int:
    """Show what changed since pages were reviewed, or sign."""
    from handouts.build import review as reviews
    from handouts.page import list_variants

    variants = list_variants(collection, options.topics, readers_of(collection, options))
    compared = reviews.compare_reviews(collection, variants)
    today = date.today()
    if options.sign is not None:
        due = options.due or today.replace(year=today.year + 1, day=min(today.day, 28))
        signed = reviews.sign(
            collection, compared, options.seen or "", by=options.sign, role=options.role or "", on=today, due=due
        )
        print(
            f"Signed by {signed[0].who}: {len(signed)} page{'s' if len(signed) > 1 else ''}, next review due {due}. See data/reviews.csv"
        )
        return 0
    if options.role or options.seen or options.due:
        raise ParameterError("--role, --seen and --due go with --sign NAME.")
    if options.out:
        _write_review(collection, options.out, reviews.render(collection, compared))
    for one in compared:
        state = "reviewed" if one.page.reviewed_on else "changed since" if one.last else "never reviewed"
        of = f": {one.last.who}, {one.last.on}, due {one.last.due}" if one.last else ""
        print(f"{one.variant.topic} ({one.reader}): {state}{of}")
        for change in one.changes if one.last and not options.out else ():
            for mark, pieces, sources in (
                ("-", change.before, change.before_sources),
                ("+", change.now, change.now_sources),
            ):
                if pieces:
                    print(f"  {mark} {' '.join(text for _, text in pieces)}{f' [{sources}]' if sources else ''}")
    if options.topics:
        print(
            f"To sign what is {'in ' + shown(options.out) if options.out else 'on these pages'}: add --sign NAME --role ROLE --seen {reviews.code_of(compared)}"
        )
    return 0


def recall(collection: Collection, options: argparse.Namespace) -> int:
    """Print which handouts carry something, as a table."""
    from handouts.batch.records import recall

    found = recall(collection, options.what)
    rows = [
        {"id": one.id, "day": one.day, "page": one.page, "version": one.version, "place": one.place, "made": "yes" if one.made else "perhaps"}
        for one in found
    ]  # fmt: skip
    print(write_table(["id", "day", "page", "version", "place", "made"], rows), end="")
    print(f"Handouts that carry {options.what!r}: {len(found):,}.", file=sys.stderr)
    return 0


def cite(collection: Collection, options: argparse.Namespace) -> int:
    """Take over a source."""
    from handouts.collection import cite as sources

    if options.what == "-" or Path(options.what).is_file():
        content = sys.stdin.buffer.read() if options.what == "-" else Path(options.what).read_bytes()
        records = sources.read_records(content.decode("utf-8", "replace"))
    elif options.online:
        records = sources.fetch(options.what)
    else:
        kind, number = sources.name_of(options.what)
        raise ParameterError(
            f"{kind} {number}: the record is not on this machine. On the paper's page choose Cite, or Export citation, as RIS, nbib or BibTeX, "
            f"and give the file: handouts cite FILE. Or let it be fetched: handouts cite {options.what} --online"
        )
    for name, new in sources.add_sources(collection, records, options.id):
        print(
            f"[@{name}] {'is added to data/sources.json' if new else 'is in data/sources.json already'}. Write it after what rests on it."
        )
    return 0


def _write_review(collection: Collection, out: Path, html: str) -> None:
    kinds = (".html", ".pdf")
    if out.suffix not in kinds:
        raise ParameterError(f"{out}: ends in none of {', '.join(kinds)}. Name the file so.")
    if out.suffix == ".pdf":
        from handouts.page.pdf import make_pdf

        files.write(out, make_pdf(html, collection.clinic.paper))
    else:
        files.write(out, html.encode())


def safety(collection: Collection, options: argparse.Namespace) -> int:
    """Show, record or sign the safety text."""
    from handouts.collection.safety import SIGNED, find_changes, record

    sets = collection.safety
    for name in options.sets:
        if name not in sets:
            raise ParameterError(f"unknown set {name!r}. {known(name, sets)}")
    wanted = {name: one for name, one in sets.items() if name in (options.sets or sets)}
    signer = " ".join((options.sign or "").split())
    if options.sign is not None and not signer:
        raise ParameterError("--sign needs the name of the clinician who answers for the words.")
    if options.record or signer:
        count = record(collection.data, wanted, collection.safety_record, signer, date.today())
        state = f"signed by {signer}" if signer else "recorded as drafts, which nobody has signed"
        print(f"Safety text: {count} lines {state}. See data/safety-record.csv")
        return 0
    changed = False
    for name, one in wanted.items():
        lines = {digest for _, line, digest in one.lines() if line}
        rows = [row for row in collection.safety_record if row["set"] == name and row["digest"] in lines]
        signed = sum(row["state"] == SIGNED for row in rows)
        changes = list(find_changes(one, collection.safety_record))
        print(
            f"{name}: {len(lines)} lines: {signed} signed, {len(rows) - signed} drafts; {len(changes)} changes that are not recorded"
        )
        for told in changes:
            print(f"  {told}")
        changed = changed or bool(changes)
    if not wanted:
        print("This collection has no safety text.")
    return 1 if changed else 0


def translate(collection: Collection, options: argparse.Namespace) -> int:
    """Renew the files of translations, or tell which pages are not whole."""
    from handouts.collection.languages import find_language, read_languages
    from handouts.collection.translated import in_language
    from handouts.collection.translations import renew_translations
    from handouts.collection.words import Source
    from handouts.page import list_variants, make_pages

    known_ones = read_languages(collection)
    if not known_ones:
        raise ParameterError("data/languages.csv names no language. Give each a row: language,label,only,translated_by")
    incomplete = False
    for tag in options.languages or known_ones:
        language = find_language(collection, tag)
        if not options.check:
            done = renew_translations(Source(collection, language.only, language.topics), tag)
            print(
                f"{tag}: {done.translated} translated, {done.changed} to be looked at again, {done.new} to be translated. See po/{tag}/"
            )
            continue
        translated, translations = in_language(collection, tag)
        for (file, name, _), why in translations.missing.items():
            print(f"po/{tag}/{file}.po, {name}: {why}")
        variants = list_variants(translated)
        lost = [f"{variant}: {made.failure}" for variant, made in make_pages(translated, variants) if made.page is None]
        for line in lost:
            print(line)
        print(
            f"{tag}: {len(variants) - len(lost)} of {len(variants)} pages are whole; {len(translations.missing)} words are not translated."
        )
        incomplete |= bool(lost or translations.missing)
    return int(incomplete)
