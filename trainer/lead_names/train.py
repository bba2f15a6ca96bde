"""Trains the small classifier that reads lead names on printouts, and writes its weights.

    python3 train.py ../../src/photo/layout/lead_names.bin

Needs numpy, pillow and these Debian packages: fonts-dejavu fonts-liberation2 fonts-freefont-ttf
fonts-urw-base35 fonts-roboto-unhinted fonts-open-sans fonts-lato fonts-inconsolata. Equal fonts and
library versions give equal weights. It takes about five minutes on one core.

A sample is a word drawn in some typeface, worn as print and photos wear it, cut to its ink and
scaled into a window of 36 x 12 pixels. Names of leads have their classes; any other word, piece of
curve, corner or speck is class "other". The network is two layers: 434 -> 32 -> 14.
"""

import glob
import math
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 36, 12
HIDDEN = 32
NAMES = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6", "-aVR"]
OTHER = len(NAMES)
CLASSES = OTHER + 1
TRAIN, CHECK = 150_000, 8_000
BIG = 48  # Cap height at which words are drawn before they are worn.

# The renderer's stroke font, needed letters only: strokes of points, each two hex digits (x, y up).
STROKES = {
    "A": "004c80 2464", "F": "000c8c 0666", "I": "000c", "J": "202c 0040 0c4c", "L": "0c0080",
    "R": "000c6c8a886606 4680", "V": "0c408c", "1": "194c40", "2": "0a2c5c7a780070",
    "3": "0a2c5c7a785636 567472502002", "4": "505c0484", "5": "7c1c0627577572502002",
    "6": "6c3c080220507275572705", "a": "0728586760 65250302204062", "-": "1656",
    "B": "000c5c7b775606 5685816000", "C": "826020020a2c6c8a", "D": "000c5c8a825000",
    "E": "80000c8c 0666", "H": "000c 808c 0686", "M": "000c468c80", "N": "000c808c",
    "O": "20020a2c6c8a826020", "P": "000c6c8a886606", "T": "0c8c 4c40", "X": "0c80 8c00",
    "0": "20020a2c5c7a725020", "7": "0c7c20", "8": "26080a2c5c7a78562604022050727456",
    "9": "1040747a5c2c0a07255577", "m": "0008 0618384640 4658788680",
    "s": "67581807056361501001", "z": "08680060", "/": "006c", ":": "1112 1617", "v": "083068",
}


def fonts():
    patterns = [
        "/usr/share/fonts/truetype/dejavu/*.ttf", "/usr/share/fonts/truetype/freefont/*.ttf",
        "/usr/share/fonts/truetype/liberation2/*.ttf", "/usr/share/fonts/truetype/lato/*.ttf",
        "/usr/share/fonts/truetype/open-sans/*.ttf", "/usr/share/fonts/truetype/inconsolata/*",
        "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/*.ttf",
        "/usr/share/fonts/opentype/urw-base35/Nimbus*.otf",
        "/usr/share/fonts/opentype/urw-base35/C059*.otf",
        "/usr/share/fonts/opentype/urw-base35/URWGothic*.otf",
    ]
    unfit = ("Math", "Thin", "Hairline", "ExtraLight")
    files = sorted(sum((glob.glob(pattern) for pattern in patterns), []))
    return [f for f in files if not any(word in f for word in unfit)]


class Words:
    """Draws words in print typefaces and in the stroke font; a print word is drawn once."""

    def __init__(self):
        self.files = fonts()
        self.fonts = [ImageFont.truetype(file, BIG) for file in self.files]
        self.drawn = {}

    def draw(self, rng, text):
        """The word as a coverage image, ink 255."""
        if rng.random() < 0.35:
            return strokes(rng, text)
        which = int(rng.integers(len(self.fonts)))
        spacing = 0 if rng.random() < 0.7 else int(rng.integers(0, BIG // 2))
        key = (which, text, spacing)
        if key not in self.drawn:
            self.drawn[key] = self.printed(self.fonts[which], text, spacing)
        return self.drawn[key].copy()

    @staticmethod
    def printed(font, text, spacing):
        image = Image.new("L", (BIG * (len(text) + 2) * 2, BIG * 2), 0)
        pen = ImageDraw.Draw(image)
        x = BIG // 2
        for letter in text if spacing else [text]:
            pen.text((x, BIG // 4), letter, font=font, fill=255)
            x += pen.textlength(letter, font=font) + spacing
        return image


def strokes(rng, text):
    """The word in the stroke font, as the page renderer draws it."""
    image = Image.new("L", (BIG * (len(text) + 2) * 2, BIG * 2), 0)
    pen = ImageDraw.Draw(image)
    stretch, slant = rng.uniform(0.6, 1.15), 0.2 if rng.random() < 0.2 else 0.0
    width = max(2, int(BIG * rng.uniform(0.06, 0.22)))
    barred, spread = rng.random() < 0.35, 1.8 if rng.random() < 0.7 else rng.uniform(1.2, 6.0)
    x0 = 0.0
    for letter in text:
        # Letters without a glyph of their own are small capitals, as in the renderer.
        small = letter.islower() and letter not in STROKES
        size = 0.75 if small else 1.0
        key = "J" if letter == "I" and barred else letter.upper() if small else letter
        glyph = STROKES.get(key, "")
        reach = 0.0
        for stroke in glyph.split():
            points = []
            for k in range(0, len(stroke), 2):
                x, y = int(stroke[k], 16) * size, int(stroke[k + 1], 16) * size
                reach = max(reach, x)
                points.append((BIG / 2 + ((x0 + x) * stretch + y * slant) * BIG / 12,
                               1.5 * BIG - y * BIG / 12))
            pen.line(points, fill=255, width=width, joint="curve")
            for x, y in points:
                r = width / 2
                pen.ellipse([x - r, y - r, x + r, y + r], fill=255)
        x0 += reach + spread if glyph else 6.0
    return image


def curve(rng, pen, size, width, fill=255):
    """A piece of tracing: flat with a bump or a spike."""
    w, h = size
    xs = np.arange(-5, w + 5, 2.0)
    ys = np.full(len(xs), rng.uniform(0.0, 1.0) * h)
    for _ in range(int(rng.integers(0, 3))):
        ys += rng.normal(0, 0.7) * h * np.exp(-(((xs - rng.uniform(0, w)) / rng.uniform(3, 40)) ** 2))
    ys += rng.normal(0, 0.1) * (xs - w / 2)
    pen.line(list(zip(xs, ys)), fill=fill, width=width, joint="curve")


ALPHABET = list("ABCDEFHIKLMNOPRSTUVXYZabcdefghilmnoprstuvwxyz0123456789:/-.")
LIKELY = ["mm", "s", "mV", "Hz", "25", "10", "50", "ms", "ID", "Male", "Age", "bpm", "QRS", "QT", "PR",
          "AC", "V", "aV", "R", "L", "F", "1", "2", "3", "4", "5", "6", "a", "VI", "IV", "IIII", "VR",
          "VL", "VF", "V7", "V8", "V9", "11", "12", "V0", "P", "T", "axes", "H", "Vent", "rate", "AVE",
          "Dept", "Room", "int", "dur", "min", "AVG", "Av", "VA", "II:", "W", "N", "M", "HR", "/", "|:"]


def other(rng, words):
    """Something that is no lead's name."""
    kind = rng.random()
    if kind < 0.3:
        text = "".join(rng.choice(ALPHABET, size=int(rng.integers(1, 6))))
        return words.draw(rng, "X" if text in NAMES else text)
    if kind < 0.5:
        return words.draw(rng, str(rng.choice(LIKELY)))
    if kind < 0.62:
        # A name on its head: such a page must be told.
        names = NAMES[3:12]
        return words.draw(rng, str(rng.choice(names))).rotate(180)
    if kind < 0.68:
        # Half a name, as when a trace hides the rest.
        image = words.draw(rng, str(rng.choice(NAMES[3:])))
        left, top, right, bottom = image.getbbox() or (0, 0, 1, 1)
        cut = rng.uniform(0.3, 0.6)
        box = [(left, top, left + cut * (right - left), bottom),
               (left, top, right, top + cut * (bottom - top)),
               (left, top + cut * (bottom - top), right, bottom)][int(rng.integers(3))]
        return image.crop([int(v) for v in box])
    image = Image.new("L", (BIG * int(rng.integers(1, 5)), BIG), 0)
    pen = ImageDraw.Draw(image)
    width = int(rng.integers(3, 12))
    (w, h), kind = image.size, rng.random()
    if kind < 0.5:
        for _ in range(int(rng.integers(1, 3))):
            curve(rng, pen, image.size, width)
    elif kind < 0.7:
        # Corners and forks of pulses and ticks.
        points = [(rng.uniform(0, w), rng.uniform(0, h)) for _ in range(int(rng.integers(2, 5)))]
        for a, b in zip(points, points[1:]):
            pen.line([a, (b[0], a[1]), b] if rng.random() < 0.7 else [a, b], fill=255, width=width)
    elif kind < 0.85:
        # Leaning or dashed strokes.
        x = rng.uniform(0, w)
        pen.line([(x, 0), (x + rng.choice([-1, 1]) * rng.uniform(0.25, 1.0) * h, h)], fill=255, width=width)
    else:
        for _ in range(int(rng.integers(1, 9))):
            x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(2, 14)
            pen.ellipse([x - r, y - r * rng.uniform(0.4, 1.4), x + r, y + r], fill=255)
    return image


def worn(rng, image, is_name):
    """Slanted, stretched, cut by a trace, blurred, at the resolution of some scan, and noisy."""
    if rng.random() < 0.5:
        shear, lean = rng.normal(0, 0.06), rng.normal(0, 0.03)
        image = image.transform(image.size, Image.AFFINE, (1, shear, -shear * BIG, lean, 1, -lean * image.width / 2),
                                Image.BILINEAR)
    box = image.getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    height = bottom - top
    if is_name and rng.random() < 0.25:
        # The trace ran through the word: where it was taken off, a band is missing, or some is left.
        pen = ImageDraw.Draw(image)
        y = top + rng.uniform(0.0, 1.0) * height
        tilt = rng.normal(0, 0.15) * height
        pen.line([(left, y - tilt), (right, y + tilt)], fill=0 if rng.random() < 0.7 else 255,
                 width=int(rng.integers(4, 10)))
    image = image.crop((left - BIG // 2, top - BIG // 2, right + BIG // 2, bottom + BIG // 2))
    # Cap heights of 2-5 mm at 3-10 px/mm, redrawn at 6 px/mm.
    scan = rng.uniform(6.0, 36.0) / height
    stretch = rng.uniform(0.8, 1.2)
    size = [max(3, int(image.width * scan * stretch)), max(3, int(image.height * scan))]
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.0, 0.09) * BIG)).resize(size, Image.BOX)
    ink = np.asarray(image, dtype=np.float32) / 255.0
    # Ink is stretched so that strokes are 1; thin or pale print stays paler and is cut by thresholds.
    ink = ink / max(ink.max(), 1e-3) * rng.uniform(0.75, 1.25)
    ink = np.clip(ink + rng.normal(0, rng.uniform(0, 0.08), ink.shape) - rng.uniform(0, 0.1), 0, 1)
    if is_name and rng.random() < 0.1:
        ink[rng.random(ink.shape) < 0.06] = 0
    return ink.astype(np.float32)


def window(rng, ink):
    """Cut to the ink, scaled to the window, with the play that the cutter on the page has."""
    rows, columns = np.flatnonzero((ink > 0.4).any(1)), np.flatnonzero((ink > 0.4).any(0))
    if len(rows) == 0 or rows[-1] - rows[0] < 2:
        return None
    play = lambda: rng.uniform(-0.06, 0.08) * (rows[-1] - rows[0] + 1) if rng.random() < 0.4 else 0.0
    top, bottom = rows[0] - play(), rows[-1] + 1 + play()
    left, right = columns[0] - play(), columns[-1] + 1 + play()
    return sample(ink, left, top, right, bottom)


def sample(ink, left, top, right, bottom):
    """The features of a box: the window's pixels, how wide the word is, whether it was squeezed.

    The word fills the height of the window and stands in its middle; wider ones are squeezed.
    """
    height, width = bottom - top, right - left
    aspect = width / height
    shown = min(aspect * HEIGHT, WIDTH)
    x0 = (WIDTH - shown) / 2
    summed = np.zeros((ink.shape[0] + 1, ink.shape[1] + 1))
    summed[1:, 1:] = ink.cumsum(0).cumsum(1)
    xs = np.clip(left + (np.arange(WIDTH + 1) - x0) / shown * width, max(left, 0), min(right, ink.shape[1]))
    ys = np.clip(top + np.arange(HEIGHT + 1) / HEIGHT * height, 0, ink.shape[0])
    row = interpolate(summed, ys)
    both = interpolate(row.T, xs).T
    sums = both[1:, 1:] - both[:-1, 1:] - both[1:, :-1] + both[:-1, :-1]
    area = (width / shown) * (height / HEIGHT)
    pixels = np.clip(sums / area, 0, 1).ravel()
    return np.concatenate([pixels, [min(aspect, 4.0) / 2.0, 1.0 if aspect < 0.35 else 0.0]]).astype(np.float32)


def interpolate(table, places):
    low = np.minimum(places.astype(int), len(table) - 2)
    share = (places - low)[:, None]
    return table[low] * (1 - share) + table[low + 1] * share


def samples(rng, words, count):
    x, y = np.zeros((count, WIDTH * HEIGHT + 2), np.float32), np.zeros(count, np.int64)
    k = 0
    while k < count:
        name = rng.random() < 0.62
        kind = int(rng.integers(len(NAMES))) if name else OTHER
        if name:
            text = NAMES[kind]
            if rng.random() < 0.12 and len(text) > 2:
                text = text.replace("a", "A")
            image = words.draw(rng, text)
        else:
            image = other(rng, words)
        ink = worn(rng, image, name)
        features = None if ink is None else window(rng, ink)
        if features is None:
            continue
        x[k], y[k] = features, kind
        k += 1
    return x, y


def train(rng, x, y, epochs=24, batch=256):
    inputs = x.shape[1]
    w1 = rng.normal(0, math.sqrt(2 / inputs), (inputs, HIDDEN)).astype(np.float32)
    w2 = rng.normal(0, math.sqrt(1 / HIDDEN), (HIDDEN, CLASSES)).astype(np.float32)
    parameters = [w1, np.zeros(HIDDEN, np.float32), w2, np.zeros(CLASSES, np.float32)]
    means = [np.zeros_like(p) for p in parameters]
    squares = [np.zeros_like(p) for p in parameters]
    step, steps = 0, epochs * (len(x) // batch)
    for epoch in range(epochs):
        order, loss = rng.permutation(len(x)), 0.0
        for at in range(0, len(x) - batch + 1, batch):
            chosen = order[at:at + batch]
            h, p = forward(parameters, x[chosen])
            loss -= float(np.log(p[np.arange(batch), y[chosen]] + 1e-9).mean())
            target = np.full_like(p, 0.02 / CLASSES)
            target[np.arange(batch), y[chosen]] += 0.98
            d = (p - target) / batch
            dh = d @ parameters[2].T * (h > 0)
            gradients = [x[chosen].T @ dh, dh.sum(0), h.T @ d, d.sum(0)]
            step += 1
            rate = 0.003 * 0.5 * (1 + math.cos(math.pi * step / steps)) + 1e-6
            for k, gradient in enumerate(gradients):
                gradient = gradient + 1e-5 * parameters[k]
                means[k] = 0.9 * means[k] + 0.1 * gradient
                squares[k] = 0.999 * squares[k] + 0.001 * gradient * gradient
                a, b = means[k] / (1 - 0.9**step), squares[k] / (1 - 0.999**step)
                parameters[k] -= rate * a / (np.sqrt(b) + 1e-8)
        print(f"epoch {epoch}: loss {loss / (len(x) // batch):.4f}", flush=True)
    return parameters


def forward(parameters, x):
    w1, b1, w2, b2 = parameters
    h = np.maximum(x @ w1 + b1, 0)
    z = h @ w2 + b2
    z = np.exp(z - z.max(1, keepdims=True))
    return h, z / z.sum(1, keepdims=True)


def packed(parameters):
    """Per layer: one f32 scale per output, then biases as f32, then weights as i8, output by output."""
    parts = []
    for w, b in (parameters[:2], parameters[2:]):
        scale = np.maximum(np.abs(w).max(0), 1e-9) / 127.0
        whole = np.rint(w / scale).astype(np.int8)
        parts += [scale.astype("<f4").tobytes(), b.astype("<f4").tobytes(), whole.T.copy().tobytes()]
    return b"".join(parts)


def main():
    rng = np.random.default_rng(20)
    words = Words()
    print(f"{len(words.fonts)} fonts", flush=True)
    x, y = samples(rng, words, TRAIN + CHECK)
    parameters = train(rng, x[:TRAIN], y[:TRAIN])
    x, y = x[TRAIN:], y[TRAIN:]
    p = forward(parameters, x)[1]
    said = p.argmax(1)
    print(f"right: {(said == y).mean():.4f}")
    for k in range(CLASSES):
        name = NAMES[k] if k < OTHER else "other"
        wrong = np.bincount(said[(y == k) & (said != k)], minlength=CLASSES)
        names = {(NAMES + ["other"])[j]: int(n) for j, n in enumerate(wrong) if n}
        print(f"{name:5} found {(said[y == k] == k).mean():.3f}, right {(y[said == k] == k).mean():.3f} {names}")
    sure = (said != OTHER) & (p.max(1) > 0.8)
    print(f"sure {sure.mean():.3f}, of these right {(said == y)[sure].mean():.4f}")
    with open(sys.argv[1], "wb") as file:
        file.write(packed(parameters))


if __name__ == "__main__":
    main()
