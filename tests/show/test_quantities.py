"""How many, drawn: groups of a hundred people, or of other things."""

import pytest
from test_diagrams import SVG, pictures, width_of

from conftest import edit, now
from handouts.collection import Collection
from handouts.errors import DataError
from handouts.show.diagrams import draw_diagram
from handouts.show.quantities import _runs

FACTS = (
    'half,"{best} of {denominator} people were better with it.",48,48,48,100,people,were better,People,48%,clinic,One study.\n'
    'few,"{best} of {denominator} people were better without.",27,27,27,100,people,were better,People,27%,clinic,One study.\n'
    'other,"{best} of {denominator} visits had it.",19,19,19,100,visits,had it,People,19%,clinic,One study.\n'
)


@pytest.fixture
def grouped(copy: Collection) -> Collection:
    """A collection with three facts, of which two are counted alike, and a diagram of two."""
    with (copy.data / "facts.csv").open("a") as file:
        file.write(FACTS)
    with (copy.data / "captions.csv").open("a") as file:
        file.write("compared,Who was better?,A caption.,Groups of people.,groups,clinic\n")
    (copy.data / "compared.csv").write_text("fact,label\nhalf,With it\nfew,Without\n")
    return now(copy)


def test_groups_are_drawn_and_told_as_their_facts_say(grouped: Collection) -> None:
    """A group has a head, how many of how many, and its words say the sentence of the fact: all from one row."""
    drawn = draw_diagram(grouped, "compared", 14)
    for words in ("With it", "48 of 100", "Without", "27 of 100", "were better", "the rest"):
        assert words in drawn.svg
        assert words in drawn.narrow
    assert drawn.description == [
        "With it: 48 of 100 people were better with it.",
        "Without: 27 of 100 people were better without.",
    ]


@pytest.mark.parametrize(
    "what", ["had it", "had a small side effect", "had one that went on for a day or two, or for three"]
)
def test_the_key_stays_in_the_picture(grouped: Collection, what: str) -> None:
    """What dark and pale marks are lies inside the sheet, on paper and on a phone, however long its words, and covers nothing."""
    facts = grouped.data / "facts.csv"
    facts.write_text(facts.read_text().replace(",were better,", f',"{what}",'))
    drawn = draw_diagram(now(grouped), "compared", 13)
    for picture in pictures(drawn):
        _, _, width, height = map(float, picture.attrib["viewBox"].split())
        texts = list(picture.iter(f"{SVG}text"))
        assert " ".join(text.text or "" for text in texts).endswith(f"{what} the rest")
        lines = [(float(text.attrib["x"]), float(text.attrib["y"]), width_of(text, 13)) for text in texts]
        for x, y, wide in lines:
            assert x + wide <= width
            assert y <= height
        (x, y, _), (start, last, wide) = lines[-1], lines[-2]
        assert y > last or x > start + wide


@pytest.mark.parametrize(("start", "end"), [(0, 48), (48, 100), (0, 100), (99, 100), (0, 0)])
def test_there_are_as_many_marks_as_the_fact_counts(start: int, end: int) -> None:
    """No mark is lost or drawn twice where a row is full or a group begins in the middle of one."""
    placed = [line * 10 + column + at for line, column, many in _runs(start, end, 10) for at in range(many)]
    assert placed == list(range(start, end))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [("few,Without", "other,Visits", "not counted alike"), ("few,Without", "nobody,Without", "is no fact")],
)
def test_what_cannot_be_compared_is_not_drawn_side_by_side(
    grouped: Collection, before: str, after: str, told: str
) -> None:
    """Facts of different units or of different things are refused with what to do, and so is one that is not there."""
    edit(grouped.data / "compared.csv", before, after)
    with pytest.raises(DataError, match=told):
        draw_diagram(now(grouped), "compared", 14)
