#!/usr/bin/env python3
"""Draws a terminal's screen as SVG: what `tmux capture-pane -e -p` prints, on standard input.

    tmux capture-pane -e -p | docs/maintaining/screen.py [--light] >docs/slotcat.svg
"""

import html
import re
import sys
import unicodedata

CELL, LINE, MARGIN = 8.4, 18, 14  # of a monospaced font of 14 pixels
BACKGROUND, FOREGROUND = ("#ffffff", "#262626") if "--light" in sys.argv else ("#1c1c1c", "#d0d0d0")
BASIC = ["#000000", "#cd3131", "#4e9a06", "#c4a000", "#3465a4", "#a347ba", "#06989a", "#d3d7cf",
         "#767676", "#ef2929", "#8ae234", "#fce94f", "#729fcf", "#ad7fa8", "#34e2e2", "#eeeeec"]
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m|\x1b\][^\x1b\x07]*(?:\x1b\\|\x07)|[\x0e\x0f]")


def colour_of(number):
    if number < 16:
        return BASIC[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    steps = (0, 95, 135, 175, 215, 255)
    number -= 16
    return "#" + "".join(f"{steps[number // place % 6]:02x}" for place in (36, 6, 1))


class Style:
    def __init__(self):
        self.colour = self.background = None
        self.bold = self.dim = self.reverse = False

    def apply(self, numbers):
        numbers = [int(n or 0) for n in numbers.split(";")]
        while numbers:
            n = numbers.pop(0)
            if n == 0:
                self.__init__()
            elif n in (1, 2):
                self.bold, self.dim = n == 1, n == 2
            elif n == 22:
                self.bold = self.dim = False
            elif n in (7, 27):
                self.reverse = n == 7
            elif n in (38, 48):
                wide = numbers.pop(0) == 2
                value = "#" + "".join(f"{numbers.pop(0):02x}" for _ in range(3)) if wide else colour_of(numbers.pop(0))
                setattr(self, "colour" if n == 38 else "background", value)
            elif n in (39, 49):
                setattr(self, "colour" if n == 39 else "background", None)
            elif 30 <= n <= 37 or 90 <= n <= 97:
                self.colour = BASIC[n - 30 if n < 90 else n - 82]
            elif 40 <= n <= 47 or 100 <= n <= 107:
                self.background = BASIC[n - 40 if n < 100 else n - 92]

    def shown(self):
        front, back = self.colour or FOREGROUND, self.background
        if self.reverse:
            front, back = back or BACKGROUND, front
        return front, back, self.bold, self.dim


def cells(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pieces(line, style):
    """Texts of one style, and the cell at which each begins."""
    at = column = 0
    for found in list(SEQUENCE.finditer(line)) + [None]:
        text = line[at:found.start() if found else len(line)]
        if text:
            yield column, text, style.shown()
            column += cells(text)
        if found:
            at = found.end()
            if found.group(1) is not None:
                style.apply(found.group(1))


def draw(screen):
    lines = screen.rstrip("\n").split("\n")
    style = Style()
    rows = [list(pieces(line, style)) for line in lines]
    width = max([column + cells(text.rstrip()) for row in rows for column, text, _ in row] or [0])
    width, height = round(2 * MARGIN + width * CELL), 2 * MARGIN + LINE * len(rows)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14">',
           f'<rect width="{width}" height="{height}" rx="6" fill="{BACKGROUND}"/>']
    for number, row in enumerate(rows):
        y = MARGIN + LINE * number
        for column, text, (front, back, bold, dim) in row:
            if back:
                out.append(f'<rect x="{MARGIN + column * CELL:.1f}" y="{y}" width="{cells(text) * CELL:.1f}" height="{LINE}" fill="{back}"/>')
            extra = (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "")
            for word in re.finditer(r"\S+", text):  # each at its place, whatever font there is
                x, length = MARGIN + (column + cells(text[:word.start()])) * CELL, cells(word.group()) * CELL
                out.append(f'<text x="{x:.1f}" y="{y + 13}" textLength="{length:.1f}" fill="{front}"{extra}>'
                           f"{html.escape(word.group(), quote=False)}</text>")
    return "\n".join(out + ["</svg>", ""])


if __name__ == "__main__":
    sys.stdout.write(draw(sys.stdin.read()))
