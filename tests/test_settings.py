"""Every value that cannot work is refused at start, by name, without being repeated."""

from io import StringIO

import pytest

from app.cli import main
from app.settings import Settings

GOOD = {
    "DATABASE_URL": "postgresql://127.0.0.1/conforme",
    "SECRET_KEY": "a secret of the tests, long enough",
    "ENCRYPTION_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
}


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DATABASE_URL", "mysql://ana:hidden@db/conforme", "postgresql://user"),
        ("DATABASE_URL", "postgresql://ana:hidden@db", "postgresql://user"),
        ("DATABASE_URL", "postgresql://ana:hidden@db:high/conforme", "not an address"),
        ("DATABASE_WORKER_URL", "hidden", "postgresql://user"),
        ("DATABASE_OWNER_URL", "hidden", "postgresql://user"),
        ("DATABASE_BACKUP_URL", "hidden", "postgresql://user"),
        ("DATABASE_POOL_SIZE", "0", "greater than or equal to 1"),
        ("DATABASE_POOL_SIZE", "many", "valid integer"),
        ("SECRET_KEY", "hidden", "at least 32"),
        ("ENCRYPTION_KEY", "hidden", "32 bytes"),
        ("ENCRYPTION_KEY", "hidden-in-a-single-odd-characte-r", "32 bytes"),
        ("PUBLIC_URL", "docs.example", "https://host"),
        ("PUBLIC_URL", "https://docs.example/", "without a slash"),
        ("PUBLIC_URL", "https://docs.example?x=1", "without a slash"),
        ("ALLOWED_HOSTS", "https://api.example", "host name alone"),
        ("ALLOWED_HOSTS", "*", "host name alone"),
        ("CORS_ORIGINS", "*", "https://host"),
        ("CORS_ORIGINS", "https://app.example/path", "https://host"),
        ("TRUSTED_PROXIES", "9", "less than or equal to 5"),
        ("LEMONWAY_API_KEY", "sealed:aGlkZGVu", "another ENCRYPTION_KEY"),
        ("SMTP_PORT", "70000", "less than or equal to 65535"),
        ("SMTP_SECURITY", "ssl", "'tls', 'starttls' or 'none'"),
        ("MAIL_FROM", "Conforme <a@b.example>", "address alone"),
        ("METRICS_TOKEN", "hidden", "at least 16"),
        ("LOG_LEVEL", "loud", "'debug', 'info'"),
        ("RATE_LIMIT_FACTOR", "0", "greater than or equal to 1"),
    ],
)
def test_a_bad_value_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    hint: str,
) -> None:
    for one, good in {**GOOD, name: value}.items():
        monkeypatch.setenv(one, good)
    assert main(["serve"]) == 2
    told = capsys.readouterr().err
    assert f"  {name}: " in told
    assert hint in told
    assert "hidden" not in told


@pytest.mark.parametrize(
    "changes",
    [
        {"SMTP_SECURITY": "none", "SMTP_HOST": "relay.example"},
        {"SMTP_USERNAME": "ana"},
        {"SMTP_PASSWORD": "hidden"},
    ],
)
def test_settings_that_do_not_go_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changes: dict[str, str]
) -> None:
    for name, value in {**GOOD, **changes}.items():
        monkeypatch.setenv(name, value)
    assert main(["work"]) == 2
    told = capsys.readouterr().err
    assert "SMTP_" in told
    assert "hidden" not in told


def test_everything_missing_is_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work"]) == 2
    told = capsys.readouterr().err
    assert all(f"  {name}: " in told for name in GOOD)


def test_a_credential_may_be_sealed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", StringIO("the key of a contract\n"))
    assert main(["seal"]) == 0
    sealed = capsys.readouterr().out.strip()
    assert "contract" not in sealed
    monkeypatch.setenv("LEMONWAY_API_KEY", sealed)
    key = Settings().lemonway_api_key
    assert key is not None
    assert key.get_secret_value() == "the key of a contract"
