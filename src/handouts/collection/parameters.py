"""What a notebook can be run with, and the values allowed; all of it declared in data/.

`data/parameters.csv` names the parameters, and for each one the table that lists its values. A
parameter marked as a facet can be put on a cell as a tag, `audience:athlete`. No parameter but the
print size is known to the code by name: a new one is a row here and a table beside it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from handouts.collection import layouts
from handouts.collection.csvfile import Column, Row, Tables
from handouts.collection.rules import name, number
from handouts.errors import DataError, ParameterError, known

SIZE = "size"
CLINIC_OF_VALUES = {
    name: Column(f"Instead of the clinic's: {column.says}", lambda value, rule=column.rule: rule(value) if value else None, absent=True)  # type: ignore[misc]
    for name, column in layouts.CLINIC_FIELDS.items() if name not in ("name", "language")
}  # fmt: skip
"""Columns by which readers of some value, such as a site's patients, get another phone number or logo than the clinic's."""
OF_VALUES = layouts.VALUES | CLINIC_OF_VALUES
MAY_LACK = [name for name, column in OF_VALUES.items() if column.absent]


@dataclass(frozen=True)
class Parameter:
    """A parameter with its allowed values, each with the row that describes it.

    `default` is the value where nothing was asked for; where it is None, the value comes from the
    column of this parameter's name in the table of the parameter `default_from`. `values_in` is the file of the values.
    """

    name: str
    label: str
    facet: bool
    default: str | None
    default_from: str | None
    values_in: str
    values: Mapping[str, Row]

    def check(self, value: object, where: str) -> str:
        """Return `value` if it is allowed. Raises ParameterError, which begins with `where`."""
        if isinstance(value, str) and value in self.values:
            return value
        raise ParameterError(f"{where}: unknown {self.name} {value!r}. {known(str(value), self.values)}")


Parameters = Mapping[str, Parameter]
Values = Mapping[str, str]
"""One value of every parameter, by the parameter's name."""


def read_parameters(tables: Tables) -> dict[str, Parameter]:
    """Return the parameters by name, in their order. Raises DataError."""
    parameters: dict[str, Parameter] = {}
    for row in tables.rows(layouts.PARAMETERS):
        column, table = row["parameter"], row["values_in"]
        of_values = {column: name, **{one: of.rule for one, of in OF_VALUES.items()}}
        if column == SIZE:
            of_values["points"] = number
        found = tables.read(table, of_values, key=[column], more=True, may_lack=MAY_LACK)
        values = {value[column]: value for value in found}
        where = f"data/parameters.csv, parameter {column}"
        if bool(row["default"]) == bool(row["default_from"]):
            raise DataError(f"{where}: fill one of the columns default and default_from, and only one.")
        if row["default"] and row["default"] not in values:
            raise DataError(f"{where}, column default: {row['default']!r} is not in {table}. {known('', values)}")
        if row["default_from"]:
            _check_defaults(column, values, parameters.get(row["default_from"]), f"{where}, column default_from")
        parameters[column] = Parameter(
            name=column,
            label=row["label"],
            facet=row["facet"] == "yes",
            default=row["default"] or None,
            default_from=row["default_from"] or None,
            values_in=table,
            values=values,
        )
    if SIZE not in parameters:
        raise DataError(f"data/parameters.csv: has no row {SIZE!r}. Every page is printed in a size: put it back.")
    return parameters


def _check_defaults(column: str, values: Mapping[str, Row], source: Parameter | None, where: str) -> None:
    if source is None:
        raise DataError(f"{where}: is no parameter of a row above. Name one of those.")
    for value, row in source.values.items():
        if row.get(column) not in values:
            raise DataError(
                f"{where}: {source.name} {value!r} has {row.get(column)!r} in its column {column}. {known('', values)}"
            )


def offered(only: Sequence[str], values: Values) -> bool:
    """Tell whether a topic that has pages for `only` some values, such as level:plain, has one for these.

    >>> offered(["level:plain"], {"level": "plain"}), offered(["level:plain"], {"level": "other"}), offered([], {})
    (True, False, True)
    """
    allowed: dict[str, set[str]] = {}
    for one in only:
        facet, _, value = one.partition(":")
        allowed.setdefault(facet, set()).add(value)
    return all(values.get(facet) in some for facet, some in allowed.items())


def check_only(parameters: Parameters, only: Sequence[str], where: str) -> None:
    """Raise DataError, which begins with `where`, for a facet or value in `only` that data/ does not declare."""
    for one in only:
        facet, _, value = one.partition(":")
        if facet not in parameters or not parameters[facet].facet or value not in parameters[facet].values:
            known_ones = [f"{name}:{value}" for name, of in parameters.items() if of.facet for value in of.values]
            raise DataError(f"{where}, column only: {one!r} is no value of a facet. {known(one, known_ones)}")


def resolve(parameters: Parameters, asked: Mapping[str, object], where: str) -> dict[str, str]:
    """Return one value of every parameter: what was asked for, else the default.

    A value of None or "" counts as not asked for. Raises ParameterError, which begins with `where`.
    """
    for unknown in asked.keys() - parameters.keys():
        raise ParameterError(f"{where}: unknown parameter {unknown!r}. {known(unknown, parameters)}")
    values: dict[str, str] = {}
    for parameter in parameters.values():
        value = asked.get(parameter.name)
        if value not in (None, ""):
            values[parameter.name] = parameter.check(value, where)
        elif parameter.default_from:
            source = parameters[parameter.default_from]
            values[parameter.name] = source.values[values[source.name]][parameter.name]
        else:
            assert parameter.default is not None
            values[parameter.name] = parameter.default
    return values


def choices(parameters: Parameters, asked: Mapping[str, object], where: str) -> Iterator[dict[str, str]]:
    """Yield the values of every variant: each value of each parameter, or the one asked for.

    A parameter whose default comes from another is not multiplied: it takes that default.
    """
    several = [
        [asked[parameter.name]]
        if asked.get(parameter.name) is not None
        else [None]
        if parameter.default_from
        else list(parameter.values)
        for parameter in parameters.values()
    ]
    for combination in product(*several):
        yield resolve(parameters, dict(zip(parameters, combination, strict=True)), where)
