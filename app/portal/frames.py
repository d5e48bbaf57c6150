"""What surrounds every page, and the pages of a few words (pure)."""

from dataclasses import dataclass

from app.documents.printable import Party
from app.kernel.languages import language_after
from app.kernel.wording import wording
from app.portal.naming import naming_of
from app.portal.reading import Shared

_HOUSE_THEME = "0f5a78"


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things are behind one link.

    Attributes:
        language: Set when the reader chose another language than the document's; it
            then follows them everywhere.
    """

    token: str
    language: str | None = None

    def __call__(self, name: str = "", *, done: str = "") -> str:
        """Give the path of a part of the page; `done` names what was just done."""
        path = f"/d/{self.token}/{name}" if name else f"/d/{self.token}"
        query = [f"done={done}"] if done else []
        if self.language:
            query.append(f"lang={self.language}")
        return f"{path}?{'&'.join(query)}" if query else path

    def in_language(self, language: str, name: str = "") -> str:
        """Give the same page in a chosen language."""
        return Paths(self.token, language)(name)


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page.

    Attributes:
        brand: Who speaks: the issuer, or nobody on a page without a document.
        logo: Path of the issuer's logo, if there is one.
        theme: Six hexadecimal digits of the accent.
        other_path: The same page in the other language.
        issuer: Whose name and address stand at the foot.
        is_form: Forms are narrower than documents.
    """

    language: str
    title: str
    brand: str
    other_path: str
    logo: str | None = None
    theme: str = _HOUSE_THEME
    issuer: Party | None = None
    is_form: bool = False

    @property
    def other_language(self) -> str:
        """The language the link in the top bar leads to."""
        return language_after(self.language)

    @property
    def other_name(self) -> str:
        """That language's name in itself."""
        return wording("pages", self.other_language)("language.name")

    @property
    def privacy_path(self) -> str:
        """Where privacy is explained."""
        return f"/privacy?lang={self.language}"


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page of a few words: an error, an expired link, privacy.

    Attributes:
        target: Where its one button posts to, if it has one.
    """

    frame: Frame
    heading: str
    paragraphs: tuple[str, ...]
    button: str = ""
    target: str = ""
    hint: str = ""


def message_page(
    language: str, key: str, path: str, *, lines: int = 0, **values: object
) -> MessagePage:
    """Compose a page without a document: no issuer, no data.

    Args:
        language: Of the page.
        key: Of its texts: `<key>.heading`, and `<key>.body` or `<key>.1`, `<key>.2` ….
        path: Of the page itself, without a query; for the other language.
        lines: How many numbered paragraphs there are; 0 for one body.
        values: Placeholders of the body.
    """
    texts = wording("pages", language)
    keys = [f"{key}.{number}" for number in range(1, lines + 1)] or [f"{key}.body"]
    heading = texts(f"{key}.heading")
    return MessagePage(
        frame=_neutral(language, heading, path),
        heading=heading,
        paragraphs=tuple(texts(name, **values) for name in keys),
    )


def wait_page(language: str, path: str, minutes: int) -> MessagePage:
    """Compose the page of a reached limit."""
    texts = wording("pages", language)
    heading = texts("rate_limited.heading")
    one = texts("rate_limited.body.one")
    body = one if minutes <= 1 else texts("rate_limited.body", k=minutes)
    return MessagePage(_neutral(language, heading, path), heading, (body,))


def expired_page(language: str, paths: Paths) -> MessagePage:
    """Compose the page of an expired link, which says nothing of what was behind it."""
    texts = wording("pages", language)
    heading = texts("link_expired.heading")
    return MessagePage(
        frame=_neutral(language, heading, f"/d/{paths.token}"),
        heading=heading,
        paragraphs=(texts("link_expired.body"),),
        button=texts("link_expired.button"),
        target=paths("renewals"),
        hint=texts("link_expired.hint"),
    )


def framed(
    shared: Shared,
    paths: Paths,
    language: str,
    what: str,
    part: str,
    *,
    is_form: bool = False,
    is_wrong: bool = False,
) -> Frame:
    """Give the frame of a page that shows a document.

    Args:
        shared: What is behind the link.
        paths: Where its parts are.
        language: Of the page.
        what: Starts the title.
        part: The page's own name among the parts; empty for the document.
        is_form: Whether it is narrow.
        is_wrong: Whether it tells of an error, which its title then says first.
    """
    says = shared.says
    texts = wording("pages", language)
    org = naming_of(says, language).org
    title = texts("title", what=what, org=org)
    other = language_after(language)
    return Frame(
        language=language,
        title=texts("title.error", title=title) if is_wrong else title,
        brand=org,
        other_path=paths.in_language(other, part),
        logo=paths("logo") if says.logo_sha256 else None,
        theme=says.accent_color.removeprefix("#").lower(),
        issuer=says.issuer,
        is_form=is_form,
    )


def _neutral(language: str, heading: str, path: str) -> Frame:
    texts = wording("pages", language)
    other = language_after(language)
    brand = texts("private")
    return Frame(
        language=language,
        title=texts("title", what=heading, org=brand),
        brand=brand,
        other_path=f"{path}?lang={other}",
        is_form=True,
    )
