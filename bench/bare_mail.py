"""The twin of the worker: builds messages of the same parts and hands them over, alone.

No database, no history, no outcome: aiosmtplib and the standard library's e-mail package
over one kept connection.
"""

import asyncio
import sys
from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib

from bench.client import HOST
from bench.stage import draw_logo

_TEXT_LENGTH = 900
_HTML_LENGTH = 9_000


def _build(pdf: bytes, logo: bytes) -> bytes:
    message = EmailMessage(SMTP)
    message["From"] = "Taller <documentos@conforme.example>"
    message["To"] = "cliente@velero.example"
    message["Subject"] = "Presupuesto"
    message.set_content("texto " * (_TEXT_LENGTH // 6), cte="quoted-printable")
    html = "<p>" + "texto " * (_HTML_LENGTH // 6) + "</p>"
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    list(message.iter_parts())[1].add_related(logo, "image", "jpeg", cid="<logo>")
    message.add_attachment(pdf, "application", "pdf", filename="presupuesto.pdf")
    return bytes(message)


async def main(port: int, count: int, pdf_bytes: int) -> None:
    """Send so many messages with a PDF of so many bytes."""
    logo, pdf = draw_logo(), bytes(range(256)) * (pdf_bytes // 256)
    async with aiosmtplib.SMTP(hostname=HOST, port=port, start_tls=False) as client:
        for _ in range(count):
            await client.sendmail(
                "documentos@conforme.example", "cliente@velero.example", _build(pdf, logo)
            )


if __name__ == "__main__":
    asyncio.run(main(*(int(argument) for argument in sys.argv[1:])))
