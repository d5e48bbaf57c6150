"""Following a client up, as a salesperson does."""

from tests.commercial.acting import TOMORROW, an_action, complete, listed, told
from tests.factories import a_contact, an_issued_quote
from tests.offices import Office


async def test_21_an_action_wants_a_date_and_a_salesperson_and_leads_to_the_next(
    office: Office,
) -> None:
    contact = await a_contact(office)
    quote = await an_issued_quote(office, contact)
    path = f"/v1/contacts/{contact['id']}/commercial-actions"
    refused = await office.api.post(path, json={"kind": "call", "subject": "Llamar"})
    assert refused.status_code == 422
    assert {fault["pointer"] for fault in refused.json()["errors"]} == {"/due_on", "/assigned_to"}

    action = await an_action(office, contact, document_id=quote["id"])
    before = await told(office, contact["id"])
    following = {"subject": "Cerrar el precio", "due_on": "2026-11-27", "due_time": "12:00"}
    done = await complete(
        office, action, outcome="interested", note="Quiere un descuento", next_action=following
    )
    assert await told(office, contact["id"]) == [
        (
            "action.completed",
            (
                "Joan Muestra ha hecho «Llamar por el presupuesto»: tiene interés."
                " «Quiere un descuento»"
            ),
        ),
        (
            "action.created",
            "Joan Muestra ha planeado «Cerrar el precio» para Joan Muestra, el 27/11/2026 12:00.",
        ),
        *before,
    ]
    (pending,) = await listed(office, state="pending", contact_id=contact["id"])
    assert (pending["id"], pending["previous_action_id"]) == (done["next_action_id"], action["id"])
    assert (pending["kind"], pending["document_id"]) == ("call", quote["id"])
    assert action["due_on"] == TOMORROW
    assert done["suggestion"] is None
