"""How the stand-in behaves where Lemonway may behave in more than one way."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Switches(BaseModel):
    """Set through `POST /_control/switches`; what is not named stays as it is.

    Attributes:
        errors: Where a functional error stands: in a 200 (as declared), as a bare 400, or a 500.
        returns: What happens on a return address: Lemonway's POST before the browser's GET
            (`post_first`), after it, twice, never, or the POST alone.
        refunds: Whether a refund is done at once, pending, or refused by the acquirer.
        three_ds: Whether a card asks the payer's bank on a page of its own.
        is_closed_at_night: Whether card refunds fail between 22:00 and 03:00 in Paris.
        chargebacks_name: Whether notifications of a chargeback name it, or the payment it takes
            back; the documentation does not say.
        token_s: How long a new token holds, in seconds.
        hook_url: Where notifications go; none leave without it.
        hook_style: As a form, as JSON, or in the query of a GET.
        hook_styles: The same, for single categories.
        hook_copies: How often each notification is sent; 0 loses them.
        hook_delay_s: How long each one waits, in seconds.
        is_holding: Notifications are kept until `POST /_control/release`.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    errors: Literal["in_200", "bare_400", "in_500"] = "in_200"
    returns: Literal["post_first", "post_after", "post_twice", "post_lost", "post_only"] = (
        "post_first"
    )
    refunds: Literal["done", "pending", "refused"] = "done"
    three_ds: Literal["none", "frictionless", "challenge"] = "none"
    is_closed_at_night: bool = True
    chargebacks_name: Literal["chargeback", "payment"] = "chargeback"
    token_s: int = Field(3600, ge=1)
    hook_url: str = ""
    hook_style: Literal["form", "json", "get"] = "form"
    hook_styles: dict[str, Literal["form", "json", "get"]] = {}
    hook_copies: int = Field(1, ge=0, le=20)
    hook_delay_s: float = Field(0, ge=0, le=3600)
    is_holding: bool = False

    def change(self, changes: dict[str, object]) -> None:
        """Set the switches named.

        Raises:
            ValueError: One does not exist or cannot be set so; none is changed then.
        """
        whole = Switches.model_validate({**self.model_dump(), **changes})
        for name in changes:
            setattr(self, name, getattr(whole, name))
