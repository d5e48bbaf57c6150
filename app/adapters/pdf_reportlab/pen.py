"""Drawing on a page whose top left corner is 0,0. Measures are points."""

from copy import copy

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfdoc import PDFImageXObject
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from app.adapters.pdf_reportlab.text import Style, TextLine

MIDDLE = 0.32
"""From the middle of a line to its baseline, as a part of the size of the text."""


class Pen:
    """A canvas measured from the top, with the few strokes a document needs."""

    def __init__(self, canvas: Canvas, page_height: float) -> None:
        self._canvas = canvas
        self._page_height = page_height
        self._colors: dict[str, Color] = {}
        self._words: PDFTextObject | None = None
        self._style: Style | None = None

    def text(self, x: float, top: float, line: TextLine) -> None:
        """Draw a line of text from its left end, in a box of its leading."""
        size = max(span.style.size for span in line.spans)
        baseline = self._page_height - top - line.leading / 2 - MIDDLE * size
        for span in line.spans:
            if span.text:
                words = self._in(span.style)
                words.setTextOrigin(x, baseline)
                words.textOut(span.text)
            x += span.width

    def text_to(self, right: float, top: float, line: TextLine) -> None:
        """Draw a line of text that ends at `right`."""
        self.text(right - line.width, top, line)

    def rule(self, left: float, right: float, y: float, *, weight: float, color: str) -> None:
        """Draw a horizontal line."""
        self.stroke(left, y, right, y, weight=weight, color=color)

    def stroke(
        self, x: float, y: float, to_x: float, to_y: float, *, weight: float, color: str
    ) -> None:
        """Draw a straight line."""
        self._end_words()
        self._canvas.setLineWidth(weight)
        self._canvas.setStrokeColor(self._color(color))
        self._canvas.line(x, self._page_height - y, to_x, self._page_height - to_y)

    def bar(self, left: float, right: float, top: float, height: float, color: str) -> None:
        """Fill a rectangle."""
        self._end_words()
        self._canvas.setFillColor(self._color(color))
        bottom = self._page_height - top - height
        self._canvas.rect(left, bottom, right - left, height, stroke=0, fill=1)

    def image(
        self, image: PDFImageXObject, x: float, top: float, width: float, height: float
    ) -> None:
        """Place a picture; what is transparent stays so."""
        self._end_words()
        canvas = self._canvas
        if not canvas.hasForm(image.name):
            self._add(copy(image))  # a file marks what it holds; this one serves many
        canvas.saveState()
        canvas.transform(width, 0, 0, height, x, self._page_height - top - height)
        canvas.doForm(image.name)
        canvas.restoreState()

    def _add(self, image: PDFImageXObject) -> None:
        """Put a picture and its mask of transparency into the file."""
        # `drawImage` would hash every pixel, every time.
        document = self._canvas._doc  # type: ignore[attr-defined]  # noqa: SLF001 - the stubs' gap
        mask = getattr(image, "_smask", None)
        if mask is not None:
            image.smask = document.Reference(copy(mask))  # type: ignore[attr-defined]  # the stubs' gap
        document.addForm(image.name, image)

    def turn(self) -> None:
        """End the page."""
        self._end_words()
        self._canvas.showPage()

    def _in(self, style: Style) -> PDFTextObject:
        """Give the words that are being written, in a style from here on."""
        if self._words is None:
            self._words = self._canvas.beginText()
            self._style = None
        if style != self._style:
            self._words.setFont(style.face, style.size)
            self._words.setFillColor(self._color(style.color))
            self._style = style
        return self._words

    def _end_words(self) -> None:
        if self._words is not None:
            self._canvas.drawText(self._words)
            self._words = None

    def _color(self, value: str) -> Color:
        if value not in self._colors:
            self._colors[value] = HexColor(value)
        return self._colors[value]
