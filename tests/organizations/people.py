"""People who can sign in."""

import httpx
from sqlalchemy import update

from app.organizations.models import User
from tests.offices import Office

PASSWORD = "una frase larga y propia"


async def give_password(office: Office, password: str = PASSWORD) -> None:
    """Let the office's admin sign in."""
    hashed = await office.container.passwords.hash(password)
    async with office.container.database.transaction() as tx:
        await tx.execute(update(User).where(User.id == office.user_id).values(password_hash=hashed))


async def sign_in(api: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    """Try to sign in."""
    return await api.post("/v1/auth/login", json={"email": email, "password": password})
