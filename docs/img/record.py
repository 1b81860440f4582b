#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the quickstart and writes docs/img/quickstart.svg: what it prints, line by line, as it was printed.

    python3 docs/img/record.py [seconds]

Lines that are longer than the picture are wrapped, and pauses are cut to at most PAUSE; nothing else is changed. The
picture follows the reader's choice of light or dark and of reduced motion, and needs no script and no font of its own.
"""
import html
import pathlib
import re
import subprocess
import sys
import textwrap
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "img" / "quickstart.svg"
COMMAND = ["mvn", "-q", "-B", "-Pquickstart"]
COLUMNS, ROWS = 120, 30
# The widest of the fonts below has characters of 8.04 pixels.
CHARACTER, LINE, MARGIN = 8.1, 17, 14
PAUSE, END = 1.2, 5.0
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
CLASSES = [
    (re.compile(r"^(\$|>) "), "command"),
    (re.compile(r"^--"), "comment"),
    (re.compile(r"^\| \+I"), "insert"),
    (re.compile(r"^\| -D"), "delete"),
    (re.compile(r"^\| [-+]U"), "update"),
]
STYLE = """
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;white-space:pre;fill:var(--text)}
svg{--back:#ffffff;--edge:#d0d7de;--text:#24292f;--command:#0550ae;--comment:#6e7781;--insert:#116329;--delete:#a40e26;--update:#7d4e00}
@media (prefers-color-scheme:dark){svg{--back:#0d1117;--edge:#30363d;--text:#c9d1d9;--command:#79c0ff;--comment:#8b949e;--insert:#7ee787;--delete:#ff7b72;--update:#e3b341}}
.back,.cover{fill:var(--back)}.edge{fill:none;stroke:var(--edge)}
.command{fill:var(--command);font-weight:600}.comment{fill:var(--comment)}.insert{fill:var(--insert)}.delete{fill:var(--delete)}.update{fill:var(--update)}
@media (prefers-reduced-motion:reduce){.scroll,.cover{animation:none!important}}
"""


def record(command):
    """The lines of a run, each with the second in which it was printed."""
    lines = [(0.0, "$ " + " ".join(word for word in command if word != "-B"))]
    start = time.monotonic()
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in run.stdout:
        lines.append((time.monotonic() - start, ESCAPE.sub("", line.rstrip("\n"))))
    if run.wait() != 0:
        sys.exit("The quickstart failed:\n" + "\n".join(line for _, line in lines[-20:]))
    return lines


def wrap(lines):
    for moment, line in lines:
        indent = "  " if line.startswith(("> ", "$ ")) else ""
        parts = textwrap.wrap(line, COLUMNS, subsequent_indent=indent) if len(line) > COLUMNS else [line]
        continued = ""
        for part in parts:
            kind = next((name for pattern, name in CLASSES if pattern.search(part)), continued)
            yield moment, part, kind
            continued = kind


def shorten(lines):
    """The same lines, with pauses of at most PAUSE."""
    before, now = 0.0, 0.0
    for moment, line, kind in lines:
        now += min(moment - before, PAUSE)
        before = moment
        yield now, line, kind


def frames(lines):
    """When how many lines are there: pairs of a second and a number, the seconds growing."""
    found = {}
    for count, (moment, _, _) in enumerate(lines, 1):
        found[round(moment, 2)] = count
    return sorted(found.items())


def keyframes(name, steps, total, value):
    body = "".join("%.3f%%{transform:translateY(%dpx)}" % (100 * moment / total, value(count)) for moment, count in steps)
    return "@keyframes %s{%s100%%{transform:translateY(%dpx)}}" % (name, body, value(steps[-1][1]))


def picture(lines):
    steps = frames(lines)
    total = steps[-1][0] + END
    width, height = round(COLUMNS * CHARACTER + 2 * MARGIN), ROWS * LINE + 2 * MARGIN
    inner = ROWS * LINE
    scrolled = lambda count: -LINE * max(0, count - ROWS)
    covered = lambda count: LINE * min(count, ROWS)
    moves = keyframes("scroll", steps, total, scrolled) + keyframes("cover", steps, total, covered)
    last = steps[-1][1]
    style = STYLE + moves + (
        ".scroll{transform:translateY(%dpx);animation:scroll %.2fs step-end infinite}" % (scrolled(last), total)
        + ".cover{transform:translateY(%dpx);animation:cover %.2fs step-end infinite}" % (covered(last), total))
    texts = "\n".join(
        '<text x="0" y="%d"%s>%s</text>' % (LINE * row + 13, ' class="%s"' % kind if kind else "", html.escape(line))
        for row, (_, line, kind) in enumerate(lines) if line.strip())
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>The quickstart, recorded from a run</title>
<!-- made by docs/img/record.py -->
<style>{style}</style>
<rect class="back" width="{width}" height="{height}" rx="6"/>
<rect class="edge" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="6"/>
<svg x="{MARGIN}" y="{MARGIN}" width="{width - 2 * MARGIN}" height="{inner}">
<g class="scroll">
{texts}
</g>
<rect class="cover" width="{width}" height="{inner}"/>
</svg>
</svg>
"""


def main():
    seconds = sys.argv[1] if len(sys.argv) > 1 else "8"
    lines = list(shorten(wrap(record(COMMAND + ["-Dseconds=" + seconds]))))
    TARGET.write_text(picture(lines), encoding="utf-8")
    print("%s: %d lines, %.0f s" % (TARGET.relative_to(ROOT), len(lines), lines[-1][0]))


if __name__ == "__main__":
    main()
