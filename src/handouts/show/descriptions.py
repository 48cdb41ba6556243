"""What a diagram's table says, in words, and whether it is complete.

Picture and words come from the same rows: a table that they would tell differently is refused.
"""

from collections.abc import Mapping

from handouts.collection.csvfile import Row
from handouts.errors import DataError

Labels = Mapping[str, str]
"""The label of each treatment, by its name, in order."""


def check_complete(rows: list[Row], labels: Labels, where: str) -> None:
    """Raise DataError where picture and words would not tell the same: a step or an answer is missing, or an aim of nobody."""
    if "step" in rows[0]:
        for treatment in dict.fromkeys(row.get("treatment", "") for row in rows):
            steps = [row["step"] for row in rows if row.get("treatment", "") == treatment]
            if steps != [str(count) for count in range(1, len(steps) + 1)]:
                raise DataError(f"{where}: the steps {treatment} are {', '.join(steps)}. Number them from 1, in order.")
    if "treatment" in rows[0] and "question" in rows[0]:
        answered = {(row["treatment"], row["question"]) for row in rows}
        for treatment in labels:
            for question in dict.fromkeys(row["question"] for row in rows):
                if (treatment, question) not in answered:
                    raise DataError(f"{where}: has no row for {treatment} and {question}. Add one: both are compared.")
    if "goal" in rows[0]:
        for row in rows:
            if all(row[treatment] == "no" for treatment in labels):
                raise DataError(
                    f"{where}, goal {row['goal']}: is of no treatment. Write yes for one, or remove the row."
                )


def approach(rows: list[Row], labels: Labels) -> list[str]:
    """Tell the path of each treatment: what the picture is, then a sentence a treatment."""
    told = ["Two paths, one for each treatment, each from a first look to the needle."]
    for treatment, label in labels.items():
        steps = [f"{row['step']}. {row['text']}." for row in rows if row["treatment"] == treatment]
        told.append(f"{label}: {' '.join(steps)}")
    return told


def shared(rows: list[Row], labels: Labels) -> list[tuple[str, list[str]]]:
    """Group the goals: of the first treatment only, of both, of the second only; with a heading each."""
    first, second = labels
    of = {
        labels[first]: [row["goal"] for row in rows if (row[first], row[second]) == ("yes", "no")],
        "Both": [row["goal"] for row in rows if (row[first], row[second]) == ("yes", "yes")],
        labels[second]: [row["goal"] for row in rows if (row[first], row[second]) == ("no", "yes")],
    }
    return list(of.items())


def goals(rows: list[Row], labels: Labels) -> list[str]:
    """Tell the aims of each treatment and of both: what the picture is, then a sentence a group."""
    told = ["Two frames overlap: one for each treatment, what both share is where they overlap."]
    return told + [f"{heading}: {', '.join(aims)}." for heading, aims in shared(rows, labels) if aims]


def _ended(text: str) -> str:
    """Return a row's text as a sentence."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def training(rows: list[Row], labels: Labels) -> list[str]:
    """Tell the answers for each treatment: what the picture is, then the answers of one after the other."""
    told = ["Two columns, one for each treatment, answer the same questions."]
    for treatment, label in labels.items():
        answers = [f"{row['question']}: {row['text']}." for row in rows if row["treatment"] == treatment]
        told.append(f"{label}. {' '.join(answers)}")
    return told


def steps(rows: list[Row], labels: Labels) -> list[str]:
    """Tell the steps: how many there are, then a sentence a step."""
    return [f"{len(rows)} numbered steps.", *(f"Step {row['step']}: {_ended(row['text'])}" for row in rows)]


def layers(rows: list[Row], labels: Labels) -> list[str]:
    """Tell what lies where, from the outside to the tip of the needle: what the picture is, then a sentence a layer."""
    return ["A needle, and what it goes through, from the top down.", *(_ended(row["text"]) for row in rows)]
