"""What a diagram's table says, in words, and whether it is complete.

Picture and words come from the same rows: a table that they would tell differently is refused. What the picture is, its
text alternative says, which stands in data/captions.csv; the words here follow it.
"""

from collections.abc import Mapping, Sequence

from handouts.collection.csvfile import Row
from handouts.collection.phrases import Phrases
from handouts.collection.sentences import ended
from handouts.errors import DataError

Labels = Mapping[str, str]
"""The label of each option that a diagram shows, by its name, in order."""


def check_complete(rows: list[Row], labels: Labels, where: str) -> None:
    """Raise DataError where picture and words would not tell the same: a step or an answer is missing, or an aim of nobody."""
    if "step" in rows[0]:
        for option in dict.fromkeys(row.get("option", "") for row in rows):
            numbered = [row["step"] for row in rows if row.get("option", "") == option]
            if numbered != [str(count) for count in range(1, len(numbered) + 1)]:
                raise DataError(f"{where}: the steps {option} are {', '.join(numbered)}. Number them from 1, in order.")
    if "question" in rows[0]:
        answered = {(row["option"], row["question"]) for row in rows}
        for option in labels:
            for question in dict.fromkeys(row["question"] for row in rows):
                if (option, question) not in answered:
                    raise DataError(f"{where}: has no row for {option} and {question}. Add one: all are compared.")
    if "shared" in rows[0]:
        for row in rows:
            if all(row[option] == "no" for option in labels):
                raise DataError(f"{where}, {row['shared']}: is of no option. Write yes for one, or remove the row.")


def tell_paths(rows: list[Row], labels: Labels, say: Phrases) -> list[str]:
    """Tell the path of each option, a sentence an option."""
    told = []
    for option, label in labels.items():
        steps = [f"{row['step']}. {ended(row['text'])}" for row in rows if row["option"] == option]
        told.append(f"{label}: {' '.join(steps)}")
    return told


def group_shared(rows: list[Row], labels: Labels, say: Phrases) -> list[tuple[Sequence[str], str, list[str]]]:
    """Group what options share: the options, a heading, and what is of just these; from one option alone to all of them.

    Of two, the shared group stands between the others, as it does in the picture.
    """
    names = list(labels)
    wanted = [[name] for name in names]
    if len(names) == 2:
        wanted.insert(1, names)
    else:
        wanted += [[one, other] for at, one in enumerate(names) for other in names[at + 1 :]]
        wanted += [names] if len(names) > 2 else []
    groups: list[tuple[Sequence[str], str, list[str]]] = []
    for some in wanted:
        told = [row["shared"] for row in rows if [name for name in names if row[name] == "yes"] == some]
        heading = labels[some[0]] if len(some) == 1 else say("both") if len(names) == 2 else say("all") if some == names else say("and", first=labels[some[0]], second=labels[some[1]])  # fmt: skip
        groups.append((some, heading, told))
    return groups


def tell_overlap(rows: list[Row], labels: Labels, say: Phrases) -> list[str]:
    """Tell what is of each option and what they share, a sentence a group."""
    return [f"{heading}: {', '.join(told)}." for _, heading, told in group_shared(rows, labels, say) if told]


def tell_grid(rows: list[Row], labels: Labels, say: Phrases) -> list[str]:
    """Tell the answers for each option, one option after the other."""
    told = []
    for option, label in labels.items():
        answers = [f"{row['question']}: {ended(row['text'])}" for row in rows if row["option"] == option]
        told.append(f"{label}. {' '.join(answers)}")
    return told


def tell_steps(rows: list[Row], labels: Labels, say: Phrases) -> list[str]:
    """Tell the steps, a sentence a step."""
    return [say("step", step=row["step"], text=ended(row["text"])) for row in rows]


def tell_groups(rows: list[Row], labels: Labels, say: Phrases) -> list[str]:
    """Tell each group: its label, and the sentence of its fact."""
    return [f"{row['label']}: {row['told']}" for row in rows]


def tell_scale(rows: list[Row], labels: Labels, say: Phrases) -> list[str]:
    """Tell what each mark of a scale stands for."""
    return [f"{row['at']}: {ended(row['text'])}" for row in rows]


def tell_layers(rows: list[Row], labels: Labels, say: Phrases) -> list[str]:
    """Tell what lies where, from the top down, a sentence a layer."""
    return [ended(row["text"]) for row in rows]
