"""What nobody has signed yet of a topic: a build for patients makes no page of it."""

import re

from handouts.collection import Collection
from handouts.collection.clinic import Topic
from handouts.collection.languages import main_of
from handouts.collection.safety import DRAFT


def find_unsigned(collection: Collection, topic: Topic) -> list[str]:
    """Return what of `topic` nobody has signed: its review, lines of its safety text, and rules of the clinic's own that it tells."""
    told = (
        []
        if any(one.topic == topic.name for one in collection.reviews)
        else [f"its review (handouts review {topic.name})"]
    )
    sets = topic.safety.split()
    main = main_of(collection)  # who signs a page in another language signs its safety text with it
    drafts = sum(row["set"] in sets and row["state"] == DRAFT for row in main.safety_record)
    if drafts:
        told.append(f"{drafts} lines of its safety text (handouts safety {sets[0]} --sign NAME)")
    text = collection.notebook(topic.name).read_text(encoding="utf-8")
    own = {name for name, fact in collection.facts.items() if fact.is_own and not fact.signed_by}
    rules = [name for name in dict.fromkeys(re.findall(r"\[=([\w-]+)\]", text)) if name in own]
    return told + ([f"the clinic's own {', '.join(rules)} (data/facts.csv, column signed_by)"] if rules else [])
