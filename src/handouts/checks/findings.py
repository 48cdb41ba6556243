"""Rules with the authority they come from, and what they find."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Rule:
    """A rule with the authority it comes from."""

    name: str
    says: str
    authority: str


RULES = {
    rule.name: rule
    for rule in (
        Rule("notebook", "A notebook has the shape and the tags that a page can be made from.", "papermill: parameters cell; Jupyter: cell tags"),
        Rule("number", "A number comes from a fact, or stands in a sentence with its source.", "DISCERN 4, CDC Index 15 and 16"),
        Rule("origin", "Each sentence cites a source, or is marked as the clinic's own.", "DISCERN 4; PIF TICK: evidence-based"),
        Rule("source", "A source, a fact and a word to teach are in data/, and a page names its sources.", "DISCERN 4, IPDAS certification: citations"),
        Rule("article", "At a level that has its words, no sentence of the article is lost, and none comes from nowhere.", "the clinic's article, data/article.txt"),
        Rule("safety", "Every page has the whole safety text, the same for every reader.", "DISCERN 11: risks; CDC Index 18"),
        Rule("part", "A page has the parts that its level requires.", "PEMAT-P 11, 20 and 23, CDC Index 1 to 3"),
        Rule("review", "The date of the next review has not passed.", "NHS standard: planned review cycle; PIF TICK"),
        Rule("denominator", "All numbers of a page that are compared are out of the same number.", "CDC Index 17, IPDAS quality"),
        Rule("grade", "A plain page, and each of its sections, reads at grade 6, and at grade 8 at most.", "AMA and NIH: 6th grade; NHS rule for bullets"),
        Rule("balance", "All options have about as many words, pictures and kind words where they are compared.", "IPDAS certification: equal detail; DISCERN 6"),
        Rule("never-say", "A page tells no homework of its author, and says nothing that nobody would say.", "PEMAT-P 3; data/never-say.csv"),
        Rule("question", "Each question that people ask is answered on the page.", "DISCERN 3: relevance; data/questions.csv"),
        Rule("sheets", "On paper no type is too small, nothing is torn, and no sheet is left empty.", "APH and RNIB: large print; CDC Index 8"),
        Rule("heading", "A heading says the point or asks a question.", "PEMAT-P 9"),
        Rule("off-purpose", "A page sells nothing and leads nowhere else.", "PEMAT-P 2"),
        Rule("page", "The page can be made.", "papermill and nbconvert, which make it"),
        Rule("size", "A page is small enough to send to a phone: 150 kB.", "W3C Mobile Web Best Practices 1.0: page size limit"),
        Rule("alternative", "Each picture has a text alternative and a caption.", "WCAG 2.2, 1.1.1; PEMAT-P 17"),
        Rule("table", "Each table has header cells with words, and four columns at most.", "WCAG 2.2, 1.3.1; PEMAT-P 19"),
        Rule("order", "The page begins with its title and main message, and no heading skips a level.", "WCAG 2.2, 1.3.1 and 1.3.2; CDC Index 2"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What a rule found: where, the sentence, what is wrong, and what to do."""

    rule: str
    severity: str
    file: str
    cell: str
    sentence: str
    told: str

    def __str__(self) -> str:
        at = ", ".join(filter(None, [self.file, self.cell]))
        quoted = f' "{self.sentence}"' if self.sentence else ""
        return f"{self.severity}: {at}:{quoted} {self.told} [{self.rule}: {RULES[self.rule].authority}]"

    def as_dict(self) -> dict[str, str]:
        """Return the finding with the authority of its rule."""
        return {**asdict(self), "authority": RULES[self.rule].authority}


Findings = Iterator[Finding]
