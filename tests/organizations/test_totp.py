"""One-time passwords by the vectors of RFC 6238, appendix B."""

from datetime import UTC, datetime, timedelta

import pytest

from app.organizations import totp

SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_the_standards(second: int, code: str) -> None:
    assert totp.code_at(SECRET, datetime.fromtimestamp(second, UTC)) == code


@pytest.mark.parametrize("off_s", [-30, 0, 30])
def test_a_clock_may_be_one_step_off(off_s: int) -> None:
    code = totp.code_at(SECRET, NOW + timedelta(seconds=off_s))
    assert totp.matching_step(SECRET, code, at=NOW, after=None) is not None


@pytest.mark.parametrize("off_s", [-60, 60])
def test_a_clock_may_not_be_further_off(off_s: int) -> None:
    code = totp.code_at(SECRET, NOW + timedelta(seconds=off_s))
    assert totp.matching_step(SECRET, code, at=NOW, after=None) is None


def test_no_step_counts_twice_nor_one_before_it() -> None:
    step = totp.matching_step(SECRET, totp.code_at(SECRET, NOW), at=NOW, after=None)
    assert step is not None
    for off_s in (0, -30):
        code = totp.code_at(SECRET, NOW + timedelta(seconds=off_s))
        assert totp.matching_step(SECRET, code, at=NOW, after=step) is None


def test_what_is_no_code_matches_nothing() -> None:
    for code in ("", "ñ" * 6, "28708", "2870822"):
        assert totp.matching_step(SECRET, code, at=NOW, after=None) is None


def test_recovery_codes_are_long_and_read_as_people_type_them() -> None:
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == totp.RECOVERY_CODES
    for code in codes:
        assert len(totp.plain(code)) == 16
        assert totp.plain(code.lower().replace("-", " ")) == totp.plain(code)


def test_an_authenticator_reads_the_address() -> None:
    address = totp.uri(SECRET, "marta@taller.example")
    assert address.startswith("otpauth://totp/Conforme:marta%40taller.example?")
    assert f"secret={totp.secret_text(SECRET)}" in address
    assert "issuer=Conforme" in address
