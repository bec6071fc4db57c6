"""Draws curves as SVG, by hand: a plot of three lines needs no plotting library."""

import math

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
COLOURS = ["#0b6fa4", "#c2410c", "#4d7c0f", "#7e22ce"]

TITLES = {
    "size": ("Records that arrive in a second, by their size", "bytes of text"),
    "threads": ("Records that arrive in a second, by threads that log through one sink", "threads"),
    "senders": ("Records that arrive in a second, from all senders together", "sending processes"),
}

# For readers who do not know the programs.
NAMES = {
    "slot_sink, UDP, slotcat": "mailslog's spdlog sink, UDP, shown by slotcat",
    "slot_sink, local, slotcat": "mailslog's spdlog sink, local, shown by slotcat",
    "slot_sink, UDP": "mailslog's spdlog sink, UDP",
    "slot_sink, local": "mailslog's spdlog sink, local",
    "record_writer, UDP": "mailslog without a logging library, UDP",
    "record_writer, local": "mailslog without a logging library, local",
    "spdlog udp_sink": "spdlog's udp_sink, a datagram a record",
    "udp_sink": "spdlog's udp_sink, a datagram a record",
    "null_sink (calls)": "spdlog's null_sink: calls alone, nothing is sent",
}


def label(value):
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


def draw(title, x_name, lines):
    xs = sorted({x for points in lines.values() for x, _ in points})
    ys = [y for points in lines.values() for _, y in points]
    low, high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    if low == high:
        high += 1
    span_x = math.log(xs[-1] / xs[0]) or 1

    def at(x, y):
        return (LEFT + (WIDTH - LEFT - RIGHT) * math.log(x / xs[0]) / span_x,
                HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(y) - low) / (high - low))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{WIDTH / 2}" y="20" text-anchor="middle" font-size="14">{title}</text>',
           f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">{x_name}</text>']
    for power in range(low, high + 1):
        _, y = at(xs[0], 10.0 ** power)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label(10.0 ** power)}</text>')
    for x in xs:
        place, _ = at(x, 10.0 ** low)
        out.append(f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x}</text>')
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [at(x, y) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        key = HEIGHT - BOTTOM - 16 * (len(lines) - number)
        out.append(f'<line x1="{LEFT + 12}" x2="{LEFT + 36}" y1="{key}" y2="{key}" stroke="{colour}" stroke-width="2"/>')
        out.append(f'<text x="{LEFT + 42}" y="{key + 4}">{NAMES.get(name, name)}</text>')
    return "\n".join(out + ["</svg>", ""])


def draw_all(curves, directory):
    directory.mkdir(parents=True, exist_ok=True)
    for name, lines in curves.items():
        title, x_name = TITLES[name]
        (directory / f"performance-{name}.svg").write_text(draw(title, x_name, lines))
