"""Parameters, their values and defaults are what data/ declares."""

import pytest

from conftest import edit
from handouts.collection.folder import Collection
from handouts.collection.parameters import Parameters, choices, resolve
from handouts.errors import DataError, ParameterError


def test_what_is_not_asked_for_takes_its_default(parameters: Parameters) -> None:
    """Nothing asked for means everybody, the article's words, normal print."""
    assert resolve(parameters, {}, "x") == {"audience": "general", "level": "plain", "size": "normal"}
    assert resolve(parameters, {"size": None, "level": ""}, "x")["size"] == "normal"


def test_the_print_size_is_the_audiences_own_unless_asked_for(parameters: Parameters) -> None:
    """Older adults get large print, and giant print when they ask for it."""
    assert resolve(parameters, {"audience": "older-adult"}, "x")["size"] == "large"
    assert resolve(parameters, {"audience": "older-adult", "size": "giant"}, "x")["size"] == "giant"


def test_an_unknown_value_is_told_with_the_nearest_and_all(parameters: Parameters) -> None:
    """A typo is told with the value that was meant and all that are known."""
    with pytest.raises(ParameterError) as caught:
        resolve(parameters, {"audience": "atlete"}, "roster.csv row 7")
    assert str(caught.value) == (
        "roster.csv row 7: unknown audience 'atlete'. Did you mean 'athlete'? Known: general, athlete, older-adult."
    )


@pytest.mark.parametrize("value", [1, True, ["athlete"], {"athlete": 1}])
def test_a_value_that_is_no_text_is_refused(parameters: Parameters, value: object) -> None:
    """Only a declared name is a value."""
    with pytest.raises(ParameterError, match="unknown audience"):
        resolve(parameters, {"audience": value}, "x")


def test_an_unknown_parameter_is_told(parameters: Parameters) -> None:
    """A parameter that nobody declared is refused, not ignored."""
    with pytest.raises(ParameterError, match=r"unknown parameter 'audeince'\. Did you mean 'audience'\?"):
        resolve(parameters, {"audeince": "athlete"}, "x")


def test_every_value_of_each_parameter_makes_a_variant(parameters: Parameters) -> None:
    """Three audiences and two levels are six variants, each in its audience's print size."""
    assert [tuple(values.values()) for values in choices(parameters, {}, "x")] == [
        (audience, level, "large" if audience == "older-adult" else "normal")
        for audience in ("general", "athlete", "older-adult")
        for level in ("plain", "original")
    ]  # fmt: skip


def test_a_new_parameter_needs_no_code(copy: Collection) -> None:
    """Language, one more facet, is a row and a table in data/."""
    path = copy.data / "parameters.csv"
    path.write_text(path.read_text() + "language,Language,languages.csv,yes,en,\n")
    (copy.data / "languages.csv").write_text("language,label,on_page,note\nen,English,,\nes,Spanish,,\n")
    assert len(list(choices(copy.parameters, {}, "x"))) == 12


def test_a_default_must_be_a_value(copy: Collection) -> None:
    """A default that is no value is found when the table is read."""
    edit(copy.data / "parameters.csv", "yes,general", "yes,everybody")
    with pytest.raises(DataError, match=r"column default: 'everybody' is not in audiences\.csv"):
        copy.parameters


def test_an_audiences_print_size_must_be_a_size(copy: Collection) -> None:
    """A print size that does not exist is found when the audiences are read."""
    edit(copy.data / "audiences.csv", "large", "huge")
    with pytest.raises(DataError, match=r"audience 'older-adult' has 'huge' in its column size\. Known: normal, large"):
        copy.parameters


def test_a_value_must_be_safe_in_a_file_name(copy: Collection) -> None:
    """A value becomes a tag, a file name and a class: small letters, digits, hyphens."""
    edit(copy.data / "audiences.csv", "athlete,Athletes", "../athlete,Athletes")
    with pytest.raises(DataError, match=r"row 3, column audience: '\.\./athlete' is not allowed"):
        copy.parameters


@pytest.mark.parametrize("name", ["out", "reading-help", "class", "2nd"])
def test_a_parameter_must_be_a_name_for_code_and_command_line(copy: Collection, name: str) -> None:
    """A parameter that a notebook cannot set, or that the command line uses otherwise, is refused."""
    edit(copy.data / "parameters.csv", "level,How", f"{name},How")
    with pytest.raises(DataError, match="row 3, column parameter: .* use a Python name other than"):
        copy.parameters


def test_there_is_always_a_print_size(copy: Collection) -> None:
    """A collection without print sizes is told which row it lacks."""
    edit(copy.data / "parameters.csv", "size,Print size,sizes.csv,no,,audience\n", "")
    with pytest.raises(DataError, match="has no row 'size'"):
        copy.parameters
