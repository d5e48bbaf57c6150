"""A face as files embed it: usual characters cut and packed once, others file by file."""

import zlib
from codecs import charmap_encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFObject,
    PDFStream,
)
from reportlab.pdfbase.ttfonts import FF_NONSYMBOLIC, FF_SYMBOLIC, TTFont, makeToUnicodeCMap
from typing_extensions import override

ACCENTED: Final = "ÀÁÇÈÉÍÏÑÒÓÚÜàáçèéíïñòóúü¡¿ªº·«»½²³€–—‘’“”…−□"
"""Embedded with ASCII, of every face that is used: it takes 2 kB more than ASCII alone."""

_NOT_DEFINED = 0
_SPACE, _NO_BREAK_SPACE = 0x20, 0xA0
_ASCII_END = 0x7F
_CODES = 256


@dataclass(frozen=True, slots=True)
class _Packed:
    """What a file holds of one subset, its streams compressed."""

    program: bytes
    program_length: int
    to_unicode: bytes
    widths: bytes


class EmbeddedFace(TTFont):
    """A TrueType font whose first subset is the same in every file.

    Whatever else a file needs goes into further subsets of its own.
    """

    def __init__(self, name: str, path: Path) -> None:
        """Read a face from its file."""
        super().__init__(name, path)
        # ASCII keeps its own codes, as reportlab has it.
        self.usual = [*[_NOT_DEFINED] * _SPACE, *range(_SPACE, _ASCII_END), *map(ord, ACCENTED)]
        self.codes = {character: code for code, character in enumerate(self.usual)}
        self.codes[_NO_BREAK_SPACE] = _SPACE

    @override
    def splitString(
        self, text: str, doc: PDFDocument, encoding: str = "utf-8"
    ) -> list[tuple[int, bytes]]:
        """Write text in codes of the subsets; see `TTFont.splitString`."""
        if doc not in self.state:
            self.state[doc] = _Assigned(self)
        try:
            return [(0, charmap_encode(text, "strict", self.codes)[0])]
        except UnicodeEncodeError:
            return super().splitString(text, doc, encoding)

    @override
    def addObjects(self, doc: PDFDocument) -> None:
        """Add to a file what it uses of the face; reportlab asks for it at the end."""
        for number, subset in enumerate(self.state[doc].subsets):
            packed = self._pack(subset) if number else self._usual_packed
            self._add(doc, number, len(subset), packed)
        del self.state[doc]

    @cached_property
    def _usual_packed(self) -> _Packed:
        return self._pack(self.usual)

    def _pack(self, subset: Sequence[int]) -> _Packed:
        program = self.face.makeSubset(subset)
        to_unicode = makeToUnicodeCMap(self.face.name.decode(), subset)
        widths = PDFArray(map(self.face.getCharWidth, subset))
        return _Packed(
            program=zlib.compress(program),
            program_length=len(program),
            to_unicode=zlib.compress(to_unicode.encode()),
            widths=widths.format(None),
        )

    def _add(self, doc: PDFDocument, number: int, length: int, packed: _Packed) -> None:
        name = self.getSubsetInternalName(number, doc).removeprefix("/")
        face = self.face
        prefix = "".join(chr(ord("A") + int(digit)) for digit in f"{number:06}")
        base = PDFName(f"{prefix}+{face.name.decode()}")
        descriptor = PDFDictionary({
            "Type": "/FontDescriptor",
            "FontName": base,
            "Flags": face.flags & ~FF_NONSYMBOLIC | FF_SYMBOLIC,
            "FontBBox": PDFArray(face.bbox),
            "ItalicAngle": face.italicAngle,
            "Ascent": face.ascent,
            "Descent": face.descent,
            "CapHeight": face.capHeight,
            "StemV": face.stemV,
            "MissingWidth": face.defaultWidth,
            "FontFile2": _stream(packed.program, Length1=packed.program_length),
        })  # fmt: skip
        font = PDFDictionary({
            "Type": "/Font",
            "Subtype": "/TrueType",
            "Name": PDFName(name),
            "BaseFont": base,
            "FirstChar": 0,
            "LastChar": length - 1,
            "Widths": packed.widths,
            "FontDescriptor": _indirect(doc, descriptor),
            "ToUnicode": _stream(packed.to_unicode),
        })  # fmt: skip
        fonts: PDFDictionary = doc.idToObject["BasicFonts"]  # type: ignore[assignment]  # as reportlab makes it
        fonts[name] = _indirect(doc, font, name)


def _indirect(doc: PDFDocument, part: PDFObject, name: str | None = None) -> PDFObject:
    """Put a part into the file and give a reference to it."""
    reference: PDFObject = doc.Reference(part, name)  # type: ignore[no-untyped-call]  # the stubs' gap
    return reference


class _Assigned(TTFont.State):
    """Which code each character has in one file."""

    def __init__(self, face: EmbeddedFace) -> None:
        super().__init__()
        self.assignments = dict(face.codes)
        self.subsets = [face.usual]
        self.nextCode = _CODES  # the first subset takes no more: its bytes are made


def _stream(content: bytes, **entries: int) -> PDFStream:
    """Make a stream of bytes that are compressed already."""
    return PDFStream(PDFDictionary({"Filter": "/FlateDecode", **entries}), content)
