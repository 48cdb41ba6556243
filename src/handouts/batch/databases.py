"""Databases: a roster that a query selects. Reading writes nothing, and no message shows a password."""

import re
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from handouts.batch.values import texts
from handouts.errors import RosterError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

ROWS_AT_A_TIME = 2000
"""How many rows are asked of a database at a time."""
TELLS_READ_ONLY = ("postgresql", "mysql", "mariadb", "oracle")
"""Databases that write nothing in a transaction that began with SET TRANSACTION READ ONLY."""
SQLITE = ("sqlite", "sqlite+pysqlite")
SQLITE_READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
"""All that a statement may do in SQLite."""
READS = re.compile(r"[\s(]*(select|with|table|values)\b", re.I)
WRITES = re.compile(r"\b(alter|create|delete|drop|exec|execute|grant|insert|into|merge|revoke|truncate|update)\b", re.I)
"""Words of statements that write, also inside one that begins with SELECT or WITH."""
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*(?!!).*?\*/", re.S)


def is_database(source: str) -> bool:
    """Tell whether the source of a roster is the URL of a database, and no file."""
    return re.match(r"[a-z][a-z0-9+.-]*://", source, re.I) is not None


def shown(source: str) -> str:
    """Return a source as it may be shown: a file, or a URL without password and query."""
    if not is_database(source):  # a URL mistyped may hold a password all the same
        return re.sub(r"(?i)(\w*(?:pwd|pass|secret|token|key)\w*=)[^;&\s]*", r"\1…", re.sub(":.*@", ":…@", source))
    from sqlalchemy import URL, exc

    try:
        url = _url(source)
        # a password with an unescaped @ goes on in what looks like the host
        if not url.host or "@" not in f"{url.host}{url.database}":
            return URL.create(url.drivername, url.username, None, url.host, url.port, url.database).render_as_string()
    except (exc.ArgumentError, ValueError):
        pass
    return f"{source.partition('://')[0]}://…"


def read_query(source: str, sql: str) -> Generator[tuple[int, list[str] | str]]:
    """Yield the names of the columns as row 0, then the rows that `sql` selects. Raises RosterError."""
    from sqlalchemy import exc, text

    name = shown(source)
    bare = QUOTED.sub(" ", sql)
    if ";" in sql.rstrip("; \t\r\n") or not READS.match(bare) or WRITES.search(bare):
        raise RosterError(
            f"{name}: --sql takes one statement that reads, without a semicolon inside. Write a SELECT statement."
        )
    try:
        url = _url(source)
        engine = _engine(url)
    except ImportError as error:
        raise RosterError(f"{name}: needs the package {error.name}. Install it, then run this again.") from None
    except (exc.ArgumentError, ValueError):
        raise RosterError(f"{name}: is no database URL. Write it as postgresql+psycopg://host/database.") from None
    try:
        with engine.connect() as connection:  # and rolled back at its end
            if url.drivername in SQLITE:
                database = connection.connection.driver_connection
                assert isinstance(database, sqlite3.Connection)
                database.set_authorizer(_permit)
            elif url.get_backend_name() in TELLS_READ_ONLY:
                connection.execute(text("SET TRANSACTION READ ONLY"))
            connection.execution_options(stream_results=True, yield_per=ROWS_AT_A_TIME)
            found = connection.execute(text(sql.rstrip("; \t\r\n")))
            yield 0, list(found.keys())
            for number, row in enumerate(found, start=1):
                yield number, texts(row)
    except (exc.OperationalError, exc.ProgrammingError) as error:  # a wrong name, password or statement
        told = str(error.orig).strip().splitlines()[0]
        for secret in (url.password, *url.query.values()):
            told = told.replace(str(secret), "…") if secret else told
        raise RosterError(f"{name}: {told}. Check the URL and the statement of --sql.") from None
    except exc.SQLAlchemyError as error:
        raise RosterError(
            f"{name}: the query failed ({type(error).__name__}). It may write, or the values fit no type."
        ) from None
    finally:
        engine.dispose()


def _url(source: str) -> "URL":
    from sqlalchemy import make_url

    scheme, colons, rest = source.partition("://")
    return make_url(f"{scheme.lower()}{colons}{rest}")


def _engine(url: "URL") -> "Engine":
    from sqlalchemy import create_engine

    if url.drivername not in SQLITE:
        return create_engine(url, hide_parameters=True)
    path = Path(url.database or "")
    if not path.is_file():  # SQLite would make it
        raise RosterError(f"{shown(str(url))}: there is no such file. Check the name and the folder.")

    def connect() -> sqlite3.Connection:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        # what is not UTF-8 becomes a character that no value may hold: its row is rejected
        database.text_factory = lambda text: text.decode(errors="surrogateescape")
        return database

    return create_engine("sqlite://", creator=connect, hide_parameters=True)


def _permit(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in SQLITE_READS else sqlite3.SQLITE_DENY
