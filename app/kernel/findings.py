"""Everything wrong with a body is told at once, not one fault per attempt (pure)."""

from collections.abc import Callable
from typing import TypeVar

from app.kernel.errors import Fault, Invalid

Value = TypeVar("Value")
Result = TypeVar("Result")


class Refused(ValueError):
    """A value breaks a rule.

    Attributes:
        code: Machine word, such as `tax_id.checksum`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Findings:
    """What has been found wrong so far."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, pointer: str, code: str) -> None:
        """Note one fault.

        Args:
            pointer: JSON pointer into the body, such as `/emails/1/address`.
            code: Machine word whose text is in the catalogue.
        """
        self.faults.append(Fault(pointer, code))

    def take(self, pointer: str, rule: Callable[[Value], Result], value: Value) -> Result | None:
        """Give what a rule makes of a value; note the fault and give None if it refuses."""
        try:
            return rule(value)
        except Refused as refused:
            self.add(pointer, refused.code)
            return None

    def require_none(self) -> None:
        """Refuse the body if anything is wrong with it.

        Raises:
            Invalid: Something is; the reason says so when it is a tax id's control character.
        """
        if not self.faults:
            return
        is_checksum = any(fault.code == "tax_id.checksum" for fault in self.faults)
        raise Invalid(reason="tax_id_checksum" if is_checksum else None, faults=self.faults)
