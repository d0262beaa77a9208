"""Looks at the page of a running `dpu serve` with Chromium, as a person would, while requests go in.

    serving_page.py CHROMIUM ADDRESS MODEL CARD PICTURES FOLDER ADDRESS-WITH-TOKEN TOKEN

MODEL takes pictures of the folder PICTURES as the card CARD says, a window of grey values. FOLDER gets what was seen.
As JSON: {"checks": [names of what was found right], "failures": [texts]}
"""

import http.client
import io
import json
import os
import pathlib
import re
import sys
import threading
import time

import numpy
from PIL import Image
from playwright.sync_api import sync_playwright

CHECKS, FAILURES = [], []


def check(name):
    """Runs a function, and notes how it came out."""

    def run(function):
        try:
            function()
            CHECKS.append(name)
        except Exception as error:  # whatever it raises is the finding
            FAILURES.append(f"{name}: {type(error).__name__}: {error}")

    return run


def expect(condition, words):
    if not condition:
        raise AssertionError(words)


def comes(condition, words, limit=25):
    """Waits until something is so."""
    end = time.monotonic() + limit
    while not (found := condition()):
        expect(time.monotonic() < end, f"{words} (waited {limit} s, last: {found!r})")
        time.sleep(0.05)
    return found


class Feeder:
    """Sends pictures, one after another, and knows the labels that came back for each."""

    def __init__(self, address, model, pictures):
        self.address, self.model = address, model
        self.frames = []
        for path in pictures:
            grey = numpy.asarray(Image.open(path).convert("L"))
            values = numpy.round((grey.astype(numpy.float32) / 127.5 - 1) * 64) / 64
            self.frames.append((grey, values.astype("<f4").tobytes()))
        self.labels, self.only, self.count, self.is_over = {}, None, 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        while not self.is_over:
            index = self.count % len(self.frames) if self.only is None else self.only
            connection.request(
                "POST", f"/v2/models/{self.model}/infer", self.frames[index][1],
                {"Inference-Header-Content-Length": "0"})
            answer = connection.getresponse()
            body = answer.read()
            header = int(answer.headers["Inference-Header-Content-Length"])
            shape = json.loads(body[:header])["outputs"][0]["shape"]
            scores = numpy.frombuffer(body[header:], "<f4").reshape(shape)[0]
            self.labels[index] = scores.argmax(axis=-1)
            self.count += 1
            time.sleep(0.02)


def places(labels, label):
    """A pixel of a label with nothing else around it, far from the edge."""
    inside = labels == label
    for down in range(-2, 3):
        for right in range(-2, 3):
            inside = inside & (numpy.roll(labels, (down, right), (0, 1)) == label)
    inside[:4] = inside[-4:] = False
    inside[:, :4] = inside[:, -4:] = False
    rows, columns = numpy.nonzero(inside)
    if len(rows) == 0:
        return None
    middle = numpy.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return int(rows[middle]), int(columns[middle])


# What the canvas shows around the middle of a pixel of the picture, so many of its own pixels wide; read from a copy, since
# a canvas that is read from often is moved out of the graphics processor, and the browser says so.
AREA = """([row, column, rows, width]) => {
  const canvas = document.getElementById('canvas'), scale = canvas.height / rows;
  const copy = new OffscreenCanvas(width, width).getContext('2d', { willReadFrequently: true });
  const corner = (place) => Math.floor((place + 0.5) * scale) - (width - 1) / 2;
  copy.drawImage(canvas, -corner(column), -corner(row));
  return [...copy.getImageData(0, 0, width, width).data].filter((_, index) => index % 4 < 3);
}"""


def main():
    chromium, address, model, card_path, pictures, folder, locked, token = sys.argv[1:]
    card = json.loads(pathlib.Path(card_path).read_text())
    colors = [[int(text[place : place + 2], 16) for place in (1, 3, 5)] for text in card["palette"]]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    feeder = Feeder(address, model, sorted(pathlib.Path(pictures).glob("*.png"))[:8])
    with sync_playwright() as playwright:
        # Root has no sandbox to give up.
        arguments = ["--disable-gpu"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        try:
            look(browser, address, model, feeder, card["labels"], colors, folder)
            look_with_token(browser, locked, token)
        finally:
            feeder.is_over = True
            browser.close()
    print(json.dumps({"checks": CHECKS, "failures": FAILURES}))


def opened(browser, address, **settings):
    """A page, and what it said and asked for."""
    page = browser.new_page(**settings)
    said, asked = [], []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: asked.append(request.url))
    # Streams never end: the page is there when its text is.
    page.goto(f"http://{address}/", wait_until="domcontentloaded")
    return page, said, asked


def look(browser, address, model, feeder, names, colors, folder):
    page, said, asked = opened(browser, address, viewport={"width": 1440, "height": 900}, color_scheme="dark")
    text = lambda selector: page.inner_text(selector)
    rows = 128

    @check("the service is ready, and its numbers move")
    def numbers():
        comes(lambda: "● ready" in text("#ready"), "not ready")
        comes(lambda: page.evaluate("parseFloat(document.getElementById('value-fps').textContent)") > 0, "no frames a second")
        comes(lambda: page.evaluate("parseFloat(document.getElementById('value-p99').textContent)") > 0, "no latency")
        cell = lambda: int(text("#models tr td:nth-child(5)").replace("\u2009", ""))
        before, line = cell(), page.get_attribute(".tile .line", "d")
        comes(lambda: cell() > before, "the count of frames stands still")
        comes(lambda: page.get_attribute(".tile .line", "d") != line, "the line of frames a second stands still")
        expect("software" in text("#device"), "the device is not named")
        # Which one it is depends on what else the machine does.
        stages = "reading|waiting|input|device|output, answer"
        is_named = re.search(rf"most of it goes to: ({stages}) \(\d+ %\)", text("#bottleneck"))
        expect(is_named, f"no bottleneck: {text('#bottleneck')}")
        expect("core 0" in text("#cores"), f"no cores: {text('#cores')}")
        expect(model in text("#models"), "the model is missing")
        expect("listening" in text("#log"), f"the log lacks words: {text('#log')}")

    @check("power is a number with its sensor, or says that there is none")
    def power():
        value, has_number = text("#value-watts"), page.get_attribute("#value-watts", "data-absent") is None
        expect(has_number and value.endswith("W") or "sensor" in value or "measured" in value, f"found {value!r}")

    @check("the picture moves")
    def moves():
        comes(lambda: not page.is_visible("#empty"), "no picture came")
        state = lambda: page.evaluate("document.getElementById('canvas').toDataURL().length")
        before = state()
        comes(lambda: state() != before, "the picture stands still")

    feeder.only = 0
    comes(lambda: 0 in feeder.labels, "no answer for the first picture")
    labels, grey = feeder.labels[0], feeder.frames[0][0]
    found = {label: places(labels, label) for label in range(len(names)) if places(labels, label)}

    def pixel(place):
        return page.evaluate(AREA, [*place, rows, 1])

    def settled(wanted, tolerance, words):
        """Waits until every place has its colour."""

        def difference():
            return {label: (got, wanted[label]) for label in wanted if (got := pixel(found[label])) is None
                    or max(abs(a - b) for a, b in zip(got, wanted[label])) > tolerance}

        try:
            comes(lambda: not difference(), words)
        except AssertionError:
            raise AssertionError(f"{words}: {[(names[label], *pair) for label, pair in difference().items()]}") from None

    @check("each label's pixel has the card's colour, and only the background is as it was")
    def mask():
        expect(len(found) >= 4, f"only {len(found)} labels are large enough to be looked at")
        page.keyboard.press("p")
        page.keyboard.press("o")
        for _ in range(9):
            page.keyboard.press("+")
        expect(page.input_value("#opacity") == "100", "the key + does not make the labels opaque")
        settled({label: colors[label] for label in found if label > 0}, 0, "opaque labels")
        settled({0: [int(grey[found[0]])] * 3}, 12, "the background")
        for _ in range(9):
            page.keyboard.press("-")
        blend = lambda label: [0.45 * int(grey[found[label]]) + 0.55 * value for value in colors[label]]
        settled({label: blend(label) for label in found if label > 0}, 14, "labels that let the picture through")

    @check("keys take a label away and bring it back")
    def toggles():
        label = max(label for label in found if label > 0)
        page.keyboard.press(str(label))
        settled({label: [int(grey[found[label]])] * 3}, 12, "a label that is switched off")
        page.keyboard.press("l")
        settled({label: [int(grey[found[label]])] * 3 for label in found}, 14, "the picture alone")
        page.keyboard.press("l")
        page.keyboard.press(str(label))
        page.keyboard.press("p")
        page.keyboard.press("o")

    @check("labels are told apart without colour: by patterns, outlines and names")
    def colourless():
        def spread(label):
            return numpy.reshape(page.evaluate(AREA, [*found[label], rows, 11]), (-1, 3)).std(axis=0).max()

        comes(lambda: all(spread(label) > 8 for label in found if label > 0), "a label has no pattern")
        settled({0: [int(grey[found[0]])] * 3}, 12, "the background")
        swatches = page.evaluate("""() => [...document.querySelectorAll('#legend canvas')].map((canvas) => {
          const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          const sums = Array.from({ length: data.length / 4 }, (_, place) => data[4 * place] + data[4 * place + 1] + data[4 * place + 2]);
          return sums.map((sum) => (sum === Math.max(...sums) ? 1 : 0)).join('');
        })""")
        expect(len(set(swatches)) == len(names), f"two labels have the same pattern: {swatches}")
        shown = text("#legend")
        expect(all(name in shown for name in names), f"a name is missing: {shown}")

    @check("everything can be reached and done by keys")
    def keys():
        page.focus("#help-button")
        reached = []
        for _ in range(30):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.type || ''"))
        missing = {"pause", "save", "canvas", "show", "patterns", "outlines", "opacity", "checkbox", "log"} - set(reached)
        expect(not missing, f"the Tab key does not reach {missing}")
        page.focus("#canvas")
        page.keyboard.press("ArrowRight")
        where = comes(lambda: text("#probe"), "the arrow keys point at nothing")
        expect(where.startswith("at 65, 64: "), where)
        expect(where.removeprefix("at 65, 64: ") == names[labels[64, 65]], where)
        page.keyboard.press("?")
        expect(page.is_visible("#help"), "the key ? shows no help")
        page.keyboard.press("Escape")
        expect(not page.is_visible("#help"), "the key Escape does not close the help")

    feeder.only = None

    @check("the picture can be stopped and goes on")
    def pause():
        page.focus("#canvas")
        page.keyboard.press(" ")
        expect(text("#pause") == "Go on", "the space bar does not stop the picture")
        time.sleep(0.3)
        before = text("#caption")
        time.sleep(0.5)
        expect(text("#caption") == before, "the picture goes on")
        page.keyboard.press(" ")
        comes(lambda: text("#caption") != before, "the picture does not go on")

    # What a person may want to look at.
    time.sleep(1.2)
    page.screenshot(path=folder / "page-dark.png", full_page=True)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"})
    page.screenshot(path=folder / "page-without-colour.png", full_page=True)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    page.emulate_media(color_scheme="light")
    page.screenshot(path=folder / "page-light.png", full_page=True)
    page.set_viewport_size({"width": 420, "height": 900})
    time.sleep(0.3)

    @check("a narrow window needs no scrolling sideways")
    def narrow():
        width = page.evaluate("document.documentElement.scrollWidth")
        expect(width <= 420, f"the page is {width} wide")

    page.screenshot(path=folder / "page-narrow.png", full_page=True)

    @check("the page says nothing on the console and asks nobody else")
    def quiet():
        expect(not said, f"console: {said}")
        foreign = [url for url in asked if not url.startswith((f"http://{address}/", "data:", "blob:"))]
        expect(not foreign, f"asked for: {foreign}")
        expect(len(asked) >= 3, f"asked for: {asked}")

    @check("the policy keeps foreign scripts, styles, pictures and connections out")
    def policy():
        refused = page.evaluate("""async () => {
          const kinds = new Set();
          document.addEventListener('securitypolicyviolation', (event) => kinds.add(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'window.wasRun = true';
          document.body.append(script);
          document.body.setAttribute('style', 'color: red');
          new Image().src = 'http://127.0.0.1:1/x.png';
          await fetch('http://127.0.0.1:1/').catch(() => {});
          await new Promise((resume) => setTimeout(resume, 100));
          return [window.wasRun === true, ...kinds];
        }""")
        expect(refused[0] is False, "an inserted script was run")
        wanted = {"script-src-elem", "style-src-attr", "img-src", "connect-src"}
        expect(wanted <= set(refused[1:]), f"refused only {refused[1:]}")

    page.close()

    @check("other programs get pictures with the labels drawn in")
    def motion():
        feeder.only = 0
        time.sleep(0.3)
        connection = http.client.HTTPConnection(address, timeout=20)
        connection.request("GET", f"/live/pictures/{model}")
        answer = connection.getresponse()
        expect(answer.headers["Content-Type"].startswith("multipart/x-mixed-replace"), answer.headers["Content-Type"])
        for _ in range(2):
            while not (line := answer.readline()).lower().startswith(b"content-length:"):
                expect(line, "the stream ended")
            answer.readline()
            picture = answer.read(int(line.split(b":")[1]))
        seen = numpy.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
        connection.close()
        for label in found:
            below = int(grey[found[label]])
            wanted = [below] * 3 if label == 0 else [(127 * below + 128 * value) / 255 for value in colors[label]]
            got = seen[found[label]]
            expect(max(abs(a - b) for a, b in zip(got, wanted)) < 14, f"{names[label]}: {got} in place of {wanted}")


def look_with_token(browser, address, token):
    page, said, asked = opened(browser, address)

    @check("a service with a token shows nothing before, and the token stands in no address")
    def locked():
        comes(lambda: page.is_visible("#token"), "no token is asked for")
        expect(not page.is_visible("#main"), "numbers are shown without a token")
        page.keyboard.type("a-wrong-token-of-some-length")
        page.keyboard.press("Enter")
        comes(lambda: "not one of this service" in page.inner_text("#token-words"), "a wrong token is not refused in words")
        page.keyboard.type(token)
        page.keyboard.press("Enter")
        comes(lambda: "● ready" in page.inner_text("#ready"), "the token does not open the page")
        page.reload(wait_until="domcontentloaded")
        comes(lambda: "● ready" in page.inner_text("#ready"), "the token is forgotten when the page is loaded anew")
        expect(not any(token in url for url in asked), f"the token stands in an address: {asked}")
        # The browser itself reports the answers 401; the page adds nothing.
        expect(all("401" in line for line in said), f"console: {said}")

    page.close()


main()
