"""Draws the results of evidence.py as one SVG: a step of Adam against the number of parameters, and the tail of a
training step. Plain text out of plain numbers: the same results give the same bytes.
"""

import math
import re
from xml.sax.saxutils import escape

# Name, what it is called, marker, and its colours on a light and on a dark page (after Paul Tol's colour-blind safe
# schemes; markers and direct labels say the same without colour).
STEP_SERIES = [
    ("BM_AdamStep", "eigentune", "circle", "#cc3311", "#ff7050"),
    ("BM_MemoryTraffic28Bytes", "memory traffic alone", "dash", "#777777", "#a0a0a0"),
    ("BM_AdamIntrinsics", "intrinsics by hand", "square", "#4477aa", "#77aadd"),
    ("BM_AdamExpressions", "Eigen expressions", "diamond", "#009988", "#33bbaa"),
    ("BM_AdamRawLoop", "plain loop", "triangle", "#aa3377", "#dd77aa"),
    ("BM_AdamTorch", "libtorch", "cross", "#998800", "#ddcc55"),
    ("BM_AdamEnsmallen", "ensmallen", "plus", "#2299bb", "#66ccee"),
]
TAIL_SERIES = [
    ("BM_TailTraffic", "memory traffic alone", "#777777", "#a0a0a0"),
    ("BM_Tail", "eigentune, fused", "#cc3311", "#ff7050"),
    ("BM_TailSeparatePasses", "separate passes", "#4477aa", "#77aadd"),
    ("BM_TailTorch", "libtorch", "#998800", "#ddcc55"),
]
MODELS = ["GPT-2, 124 M parameters", "ResNet-50, 26 M parameters", "1000 tensors of 1000"]

WIDTH, MARGIN = 880, 24
PLOT_LEFT, PLOT_WIDTH, PLOT_TOP, PLOT_HEIGHT = 70, 570, 78, 330
LABEL_LEFT = PLOT_LEFT + PLOT_WIDTH + 28
LINE = 17  # from one line of text to the next


def short_count(number):
    """1024 -> "1 Ki"."""
    for unit, power in (("Mi", 20), ("Ki", 10)):
        if number >= 1 << power:
            return f"{number / (1 << power):g} {unit}"
    return f"{number:g}"


def milliseconds(time):
    """Nanoseconds as "1590 ms", "38.2 ms", "0.71 ms"."""
    time /= 1e6
    return f"{time:.0f} ms" if time >= 100 else f"{time:.1f} ms" if time >= 10 else f"{time:.2f} ms"


def points_of(benchmarks, name):
    """(parameters, ns per parameter) of a step, by size. Intrinsics are those of the widest level that was measured."""
    names = [name + level for level in ("AVX512", "AVX2", "SSE2")] if name == "BM_AdamIntrinsics" else [name]
    for candidate in names:
        points = []
        for run, result in benchmarks.items():
            match = re.fullmatch(re.escape(candidate) + r"/(\d+)(/.*)?", run)
            if match and result.get("ns_per_parameter"):
                points.append((int(match[1]), result["ns_per_parameter"]))
        if points:
            return sorted(points)
    return []


def tail_of(benchmarks, name, model):
    """The result of one tail, or None."""
    for run, result in benchmarks.items():
        if re.fullmatch(rf"{re.escape(name)}/[a-z0-9_]+:{model}(/.*)?", run) and result.get("ns_per_parameter"):
            return result
    return None


def spread(wanted, distance, low, high):
    """The nearest heights to those wanted, in their order, at least `distance` apart and within [low, high]."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups = []  # [members, centre]: labels that touch, around the mean of what they want
    for i in order:
        groups.append([[i], min(max(wanted[i], low), high)])
        while len(groups) > 1:
            (above, above_centre), (below, below_centre) = groups[-2:]
            if below_centre - above_centre >= distance * (len(above) + len(below)) / 2:
                break
            members = above + below
            half = distance * (len(members) - 1) / 2
            centre = sum(wanted[j] for j in members) / len(members)
            groups[-2:] = [[members, min(max(centre, low + half), high - half)]]
    heights = [0.0] * len(wanted)
    for members, centre in groups:
        for place, i in enumerate(members):
            heights[i] = centre + distance * (place - (len(members) - 1) / 2)
    return heights


def number(value):
    """A coordinate: two digits at most, so that the text does not depend on the last bit of a logarithm."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(x, y, content, css="", anchor="start"):
    attributes = (f' class="{css}"' if css else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{number(x)}" y="{number(y)}"{attributes}>{escape(content)}</text>'


def marker(shape, x, y, css):
    r = 4
    outline = {
        "square": [(-r, -r), (r, -r), (r, r), (-r, r)],
        "diamond": [(0, -r - 1.5), (r + 1.5, 0), (0, r + 1.5), (-r - 1.5, 0)],
        "triangle": [(0, -r - 1), (r + 1, r), (-r - 1, r)],
    }
    if shape == "circle":
        return f'<circle class="{css} f" cx="{number(x)}" cy="{number(y)}" r="{r + 0.5}"/>'
    if shape in outline:
        corners = " ".join(f"{number(x + dx)},{number(y + dy)}" for dx, dy in outline[shape])
        return f'<polygon class="{css} f" points="{corners}"/>'
    strokes = {
        "dash": [(-5, 0, 5, 0)],
        "cross": [(-r, -r, r, r), (-r, r, r, -r)],
        "plus": [(-5, 0, 5, 0), (0, -5, 0, 5)],
    }
    path = "".join(f"M{number(x + a)} {number(y + b)}L{number(x + c)} {number(y + d)}"
                   for a, b, c, d in strokes[shape])
    return f'<path class="{css} s" d="{path}"/>'


def draw_steps(benchmarks):
    """The upper panel: lines with their names at the right end."""
    series = [(i, label, shape, points) for i, (name, label, shape, *_) in enumerate(STEP_SERIES)
              if (points := points_of(benchmarks, name))]
    out = [text(MARGIN, 34, "One step of Adam in float32, on one thread", "h"),
           text(MARGIN, 56, "Nanoseconds per parameter (lower is better) against the number of parameters; both axes "
                "are logarithmic", "m")]
    if not series:
        return out + [text(PLOT_LEFT, PLOT_TOP + 40, "no steps were measured", "m")]
    sizes = sorted({size for *_, points in series for size, _ in points})
    times = [time for *_, points in series for _, time in points]
    low_x, high_x = math.log(sizes[0]), math.log(sizes[-1])
    if high_x == low_x:
        low_x, high_x = low_x - 1, high_x + 1
    low_y, high_y = math.log(min(times) / 1.2), math.log(max(times) * 1.2)

    def place(size, time):
        return (PLOT_LEFT + PLOT_WIDTH * (math.log(size) - low_x) / (high_x - low_x),
                PLOT_TOP + PLOT_HEIGHT * (high_y - math.log(time)) / (high_y - low_y))

    bottom = PLOT_TOP + PLOT_HEIGHT
    for exponent in range(-4, 6):
        for digit in (1, 2, 5):
            tick = digit * 10.0**exponent
            if low_y <= math.log(tick) <= high_y:
                y = place(sizes[0], tick)[1]
                out.append(f'<path class="g" d="M{PLOT_LEFT} {number(y)}H{PLOT_LEFT + PLOT_WIDTH}"/>')
                out.append(text(PLOT_LEFT - 10, y + 4, f"{tick:g}", "t", "end"))
    last = -math.inf
    for size in sizes:
        x = place(size, min(times))[0]
        out.append(f'<path class="a" d="M{number(x)} {bottom}v6"/>')
        if x - last >= 58:
            out.append(text(x, bottom + 21, short_count(size), "t", "middle"))
            last = x
    out.append(f'<path class="a" d="M{PLOT_LEFT} {PLOT_TOP}V{bottom}H{PLOT_LEFT + PLOT_WIDTH}"/>')
    out.append(text(PLOT_LEFT + PLOT_WIDTH / 2, bottom + 42, "parameters", "t", "middle"))
    middle = PLOT_TOP + PLOT_HEIGHT / 2
    out.append(f'<text class="t" text-anchor="middle" transform="translate(24 {number(middle)}) rotate(-90)">'
               "ns per parameter</text>")

    for i, _, shape, points in reversed(series):  # the first on top
        places = [place(*point) for point in points]
        path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in places)
        out.append(f'<path class="c{i} s{" d" if shape == "dash" else " w" if i == 0 else ""}" d="{path}"/>')
        if shape != "dash":
            out += [marker(shape, x, y, f"c{i}") for x, y in places]
    ends = [place(*points[-1]) for *_, points in series]
    heights = spread([y for _, y in ends], LINE, PLOT_TOP + 26, bottom - 6)
    out.append(text(LABEL_LEFT - 5, min(heights) - 18, f"at {short_count(sizes[-1])} parameters, ns:", "t"))
    for (i, label, shape, points), (x, y), height in zip(series, ends, heights):
        out.append(f'<path class="l" d="M{number(x + 7)} {number(y)}L{LABEL_LEFT - 9} {number(height)}"/>')
        out.append(marker(shape, LABEL_LEFT, height, f"c{i}"))
        value = f" {points[-1][1]:.2f}" if points[-1][0] == sizes[-1] else ""
        out.append(text(LABEL_LEFT + 12, height + 4, label + value, "b" if i == 0 else ""))
    return out


def draw_tails(benchmarks, top):
    """The lower panel: bars, grouped by model. Returns its text and where it ends."""
    out = [text(MARGIN, top + 10, "The tail of a training step: gradient norm, clipping, Adam, zeroed gradients", "h"),
           text(MARGIN, top + 32, "Nanoseconds per parameter, and milliseconds for the whole model; one thread", "m")]
    groups = [(model, [(i, label, result) for i, (name, label, *_) in enumerate(TAIL_SERIES)
                       if (result := tail_of(benchmarks, name, m))]) for m, model in enumerate(MODELS)]
    groups = [(model, bars) for model, bars in groups if bars]
    if not groups:
        return out + [text(PLOT_LEFT, top + 70, "no tails were measured", "m")], top + 90
    left, width, bar = 190, 430, 13
    longest = max(result["ns_per_parameter"] for _, bars in groups for _, _, result in bars)
    y = top + 62
    for model, bars in groups:
        out.append(text(MARGIN, y, model, "b"))
        y += 9
        begin = y
        for i, label, result in bars:
            length = width * result["ns_per_parameter"] / longest
            out.append(text(left - 10, y + 11, label, "t", "end"))
            out.append(f'<rect class="t{i} f" x="{left}" y="{number(y)}" width="{number(length)}" height="{bar}"/>')
            value = f'{result["ns_per_parameter"]:.2f} ns, {milliseconds(result["time_ns"])}'
            out.append(text(left + length + 8, y + 11, value, "b" if label.startswith("eigentune") else ""))
            y += LINE
        out.append(f'<path class="a" d="M{left} {number(begin - 3)}V{number(y)}"/>')
        y += 22
    return out, y - 8


def wrapped(words, most):
    lines = [""]
    for word in words.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def style():
    def rules(text_colour, muted, grid, page, column):
        yield f"text{{fill:{text_colour}}}.m,.t{{fill:{muted}}}.p{{fill:{page}}}"
        yield f".g{{stroke:{grid}}}.l,.a{{stroke:{muted}}}"
        for prefix, table in (("c", STEP_SERIES), ("t", TAIL_SERIES)):
            for i, entry in enumerate(table):
                colour = entry[column]
                yield f".{prefix}{i}.f{{fill:{colour}}}.{prefix}{i}.s{{stroke:{colour}}}"

    light = "".join(rules("#1f2328", "#59636e", "#e3e6ea", "#ffffff", -2))
    dark = "".join(rules("#e6edf3", "#9aa4af", "#2b323b", "#0d1117", -1))
    return ("text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}"
            ".h{font-size:17px;font-weight:600}.b{font-weight:600}.t{font-size:12px}.k{font-size:11px}"
            "path{fill:none}.s{stroke-width:1.8}.w{stroke-width:3}.d{stroke-dasharray:7 4}.l{stroke-width:.6}"
            + light + "@media (prefers-color-scheme:dark){" + dark + "}")


def caption(results):
    machine, build = results["machine"], results["build"]
    return (f'{machine["processor"]}, {machine["cores"]} cores, {machine["kernel"]}. {build["compiler"]}, '
            f'{build["type"]} ({build["flags"].strip() or "no flags"}). {results["library"]}, commit '
            f'{results["commit"]}, {results["date"]}. Medians of {results["repetitions"]} interleaved repetitions. '
            f'Repeat with: {results["command"]}')


def draw(results):
    """The whole picture, as the text of an SVG file."""
    benchmarks = results["benchmarks"]
    body = draw_steps(benchmarks)
    tails, y = draw_tails(benchmarks, PLOT_TOP + PLOT_HEIGHT + 84)
    body += tails
    y += 14
    for line in wrapped(caption(results), int((WIDTH - 2 * MARGIN) / 5.8)):
        body.append(text(MARGIN, y, line, "m k"))
        y += 15
    height = math.ceil(y + 6)
    compared = ", ".join(label for name, label, *_ in STEP_SERIES if points_of(benchmarks, name))
    description = f"Nanoseconds per parameter of {compared or 'nothing'}. {caption(results)}"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-labelledby="title desc">',
        '<title id="title">Speed of an Adam step and of the tail of a training step</title>',
        f'<desc id="desc">{escape(description)}</desc>',
        f"<style>{style()}</style>",
        f'<rect class="p" width="{WIDTH}" height="{height}" rx="6"/>', *body, "</svg>", ""])
