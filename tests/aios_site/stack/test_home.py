"""One home: its key, its lock, and sockets that fit."""

import os
import stat
from pathlib import Path

import pytest

from aios_site.stack.environment import use_home
from aios_site.stack.errors import StackError
from aios_site.stack.home import Home, HomeLock, private_folder
from aios_site.stack.process import Account
from aios_site.stack.urls import embedded_urls

LONGEST_SOCKET_PATH = 107


def test_the_secret_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "new folder" / "home")

    key = home.secret_key()

    assert len(key) > 50
    assert home.secret_key() == key
    assert stat.S_IMODE((home.path / "secret-key").stat().st_mode) == 0o600
    assert [file.name for file in home.path.glob("secret-key*")] == ["secret-key"]


def test_a_home_has_one_supervisor_at_a_time(tmp_path: Path) -> None:
    home = Home.at(tmp_path)

    with HomeLock(home), pytest.raises(StackError, match="already running"):
        HomeLock(home).acquire()
    with HomeLock(home):
        pass


def test_sockets_fit_however_long_the_home_is(tmp_path: Path) -> None:
    home = Home.at(tmp_path / ("very long " * 20))

    assert len(str(home.runtime / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH
    assert home.runtime != Home.at(tmp_path).runtime


def test_a_runtime_folder_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    account = Account.current()

    with pytest.raises(StackError, match="somebody else"):
        private_folder(tmp_path / "link", account.uid, account.gid)


def test_what_the_environment_says_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOS_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://aios_app:x@db.example/aios")
    for name in ("DATABASE_OWNER_URL", "REDIS_URL", "AIOS_SECRET_KEY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    use_home("migrate")

    found = {name: os.environ.get(name) for name in ("DATABASE_OWNER_URL", "REDIS_URL", "AIOS_SECRET_KEY")}
    assert found == {
        "DATABASE_OWNER_URL": "postgresql://aios_app:x@db.example/aios",
        "REDIS_URL": embedded_urls(Home.at(tmp_path)).redis,
        "AIOS_SECRET_KEY": None,
    }
