"""Drawing on a page whose top left corner is 0,0. Measures are points."""

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from app.adapters.pdf_reportlab.text import TextLine

MIDDLE = 0.32
"""From the middle of a line to its baseline, as a part of the size of the text."""


class Pen:
    """A canvas measured from the top, with the few strokes a document needs."""

    def __init__(self, canvas: Canvas, page_height: float) -> None:
        self._canvas = canvas
        self._page_height = page_height
        self._colors: dict[str, Color] = {}

    def text(self, x: float, top: float, line: TextLine) -> None:
        """Draw a line of text from its left end, in a box of its leading."""
        size = max(span.style.size for span in line.spans)
        baseline = self._page_height - top - line.leading / 2 - MIDDLE * size
        for span in line.spans:
            if span.text:
                self._canvas.setFont(span.style.face, span.style.size)
                self._canvas.setFillColor(self._color(span.style.color))
                self._canvas.drawString(x, baseline, span.text)
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
        self._canvas.setLineWidth(weight)
        self._canvas.setStrokeColor(self._color(color))
        self._canvas.line(x, self._page_height - y, to_x, self._page_height - to_y)

    def bar(self, left: float, right: float, top: float, height: float, color: str) -> None:
        """Fill a rectangle."""
        self._canvas.setFillColor(self._color(color))
        bottom = self._page_height - top - height
        self._canvas.rect(left, bottom, right - left, height, stroke=0, fill=1)

    def image(self, image: ImageReader, x: float, top: float, width: float, height: float) -> None:
        """Place a picture; what is transparent stays so."""
        bottom = self._page_height - top - height
        self._canvas.drawImage(image, x, bottom, width, height, mask="auto")

    def _color(self, value: str) -> Color:
        if value not in self._colors:
            self._colors[value] = HexColor(value)
        return self._colors[value]
