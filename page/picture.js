// ---- Pictures. ----

let chosen = null;
let isPaused = false;
let seen = null;
const hidden = new Set([0]);
const shownTimes = [];

function chooseModel(report) {
  const names = report.models.filter((model) => model.state === 'READY' && model.shows_pictures).map((model) => model.name);
  const box = $('model');
  if ([...box.options].map((option) => option.value).join('\n') !== names.join('\n')) {
    box.replaceChildren(...names.map((name) => make('option', { value: name }, name)));
    if (names.includes(chosen)) box.value = chosen;
  }
  $('model-choice').hidden = names.length < 2;
  if (!report.watchers.draws_pictures) {
    $('empty-words').textContent = 'this service shows no pictures of what it answers';
  } else if (names.length === 0) {
    $('empty-words').textContent = 'no model here has a card that says what its input is a picture of';
  } else if (!names.includes(chosen)) {
    look(names[0]);
  }
}

function look(name) {
  if (chosen !== name) {
    seen = null;
    hidden.clear();
    hidden.add(0);
    $('empty').hidden = false;
    $('legend').replaceChildren();
    $('canvas').getContext('2d').clearRect(0, 0, $('canvas').width, $('canvas').height);
  }
  chosen = name;
  if (name === null || isPaused || document.hidden) return;
  $('empty-words').textContent = `the next request to ${name} will show here`;
  follow('picture', `/live/frames/${encodeURIComponent(name)}`, pictureLink);
}

const pictureLink = {
  begin() {
    let held = new Uint8Array(0);
    return (bytes) => {
      const joined = new Uint8Array(held.length + bytes.length);
      joined.set(held);
      joined.set(bytes, held.length);
      held = joined;
      let newest = null;
      for (;;) {
        if (held.length < 12) break;
        const view = new DataView(held.buffer, held.byteOffset);
        const [words, picture, labels] = [0, 4, 8].map((place) => view.getUint32(place, true));
        const end = 12 + words + picture + labels;
        if (held.length < end) break;
        newest = {
          words: JSON.parse(new TextDecoder().decode(held.subarray(12, 12 + words))),
          picture: held.slice(12 + words, 12 + words + picture), runs: held.slice(12 + words + picture, end),
        };
        held = held.subarray(end);
      }
      if (newest) take(newest);
    };
  },
  end(words) { if (!seen) $('empty-words').textContent = words; },
};

let isDecoding = false;
let next = null;

async function take(frame) {
  // What comes while a picture is being decoded waits; what comes then takes its place.
  if (isDecoding) { next = frame; return; }
  isDecoding = true;
  try {
    const bitmap = await createImageBitmap(new Blob([frame.picture], { type: 'image/jpeg' }));
    if (frame.words.model !== chosen) return;
    seen?.bitmap.close();
    seen = { words: frame.words, bitmap, ...unfold(frame) };
    shownTimes.push(performance.now());
    while (shownTimes.length > 20 || shownTimes[0] < performance.now() - 4000) shownTimes.shift();
    requestAnimationFrame(draw);
  } finally {
    isDecoding = false;
    if (next) { const newer = next; next = null; take(newer); }
  }
}

function unfold({ words, runs }) {
  // A label, then how many pixels have it, seven bits in a byte, the lowest first.
  const counts = new Array(256).fill(0);
  if (!words.map) return { labels: null, counts };
  const labels = new Uint8Array(words.map.width * words.map.height);
  for (let place = 0, pixel = 0; place < runs.length;) {
    const label = runs[place++];
    let count = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = runs[place++];
      count += (byte & 127) << shift;
      if (byte < 128) break;
    }
    labels.fill(label, pixel, pixel + count);
    counts[label] += count;
    pixel += count;
  }
  return { labels, counts };
}

// Whether a pattern is bright at a place, and not dark; each label has one, so that no colour is needed.
const patterns = [
  () => true,
  (x, y) => ((x + y) & 7) < 4,
  (x, y) => (y & 7) < 4,
  (x, y) => ((x & 7) - 3.5) ** 2 + ((y & 7) - 3.5) ** 2 < 8,
  (x, y) => ((x - y) & 7) < 4,
  (x, y) => (x & 7) < 4,
  (x, y) => (((x >> 2) + (y >> 2)) & 1) === 0,
  (x, y) => (x & 7) < 2 || (y & 7) < 2,
];

const color = (words, label) => {
  const text = pick(words.colors, label);
  return [1, 3, 5].map((place) => parseInt(text.slice(place, place + 2), 16));
};

// Darker, and not fainter: over a part of the picture that is as bright as the colour, fainter would not be seen.
const darkened = (parts) => parts.map((part) => Math.round(part * 0.5));

const tint = document.createElement('canvas');

function draw() {
  if (!seen) return;
  const { words, bitmap, labels } = seen;
  const canvas = $('canvas');
  const room = ($('stage').clientHeight || 600) * (window.devicePixelRatio || 1);
  // Small pictures are drawn large, so that patterns are fine; large ones as they are.
  const scale = Math.max(1, Math.min(6, Math.round(room / words.height)));
  const [width, height] = [words.width * scale, words.height * scale];
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  if (labels && $('show').checked) drawLabels(context, width, height);
  $('empty').hidden = true;
  const rate = shownTimes.length > 1 ? ((shownTimes.length - 1) * 1000) / (shownTimes.at(-1) - shownTimes[0]) : null;
  $('caption').textContent = [
    words.model, `picture ${grouped(words.number)}`, `${words.width} × ${words.height}`, clockTime(words.time),
    ...(rate ? [`${digits(rate)} pictures/s shown`] : []), words.note,
  ].join(' · ');
  showLegend();
  probe();
}

function drawLabels(context, width, height) {
  const { words, labels } = seen;
  const { width: columns, height: rows } = words.map;
  const alpha = (Number($('opacity').value) * 255) / 100;
  const [withPatterns, withOutlines] = [$('patterns').checked, $('outlines').checked];
  tint.width = width;
  tint.height = height;
  const own = tint.getContext('2d');
  const image = own.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  // Little endian, as every browser's machine is: red lies lowest.
  const pack = ([red, green, blue], strength) => ((Math.round(strength) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  const full = new Uint32Array(256), dark = new Uint32Array(256), isHidden = new Uint8Array(256);
  for (let label = 0; label < 256; label++) {
    full[label] = pack(color(words, label), alpha);
    dark[label] = pack(darkened(color(words, label)), alpha);
    isHidden[label] = hidden.has(label) ? 1 : 0;
  }
  const line = pack([255, 255, 255], Math.max(150, alpha));
  const place = Int32Array.from({ length: width }, (_, x) => Math.floor((x * columns) / width));
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    const below = Math.floor(((y + 1) * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const label = labels[row + place[x]];
      let value = 0;
      if (!isHidden[label]) value = !withPatterns || pick(patterns, label)(x, y) ? full[label] : dark[label];
      if (withOutlines) {
        const right = x + 1 < width ? labels[row + place[x + 1]] : label;
        const under = y + 1 < height ? labels[below + place[x]] : label;
        const isEdge = (other) => other !== label && !(isHidden[other] && isHidden[label]);
        if (isEdge(right) || isEdge(under)) value = line;
      }
      pixels[y * width + x] = value;
    }
  }
  own.putImageData(image, 0, 0);
  context.drawImage(tint, 0, 0);
}

function swatch(words, label) {
  const canvas = make('canvas', { width: 34, height: 18, 'aria-hidden': 'true' });
  const context = canvas.getContext('2d');
  const bright = color(words, label);
  for (let y = 0; y < 18; y++) {
    for (let x = 0; x < 34; x++) {
      const parts = !$('patterns').checked || pick(patterns, label)(x, y) ? bright : darkened(bright);
      context.fillStyle = `rgb(${parts.join(' ')})`;
      context.fillRect(x, y, 1, 1);
    }
  }
  return canvas;
}

let legendOf = '';

function showLegend() {
  const { words, counts } = seen;
  const legend = $('legend');
  const kind = JSON.stringify([words.model, words.labels, words.colors, words.task, $('patterns').checked]);
  $('controls').hidden = !words.map;
  if (kind !== legendOf) {
    legendOf = kind;
    legend.replaceChildren(...(words.map ? words.labels.map((name, label) => labelRow(words, name, label)) : []));
  }
  if (words.map) {
    const total = words.map.width * words.map.height;
    [...legend.children].forEach((row, label) => {
      const share = counts[label] / total;
      row.querySelector('.meter i').style.width = `${share * 100}%`;
      row.querySelector('.share').textContent = percent(share);
      row.querySelector('input').checked = !hidden.has(label);
    });
    $('canvas').setAttribute('aria-label', `${words.model}: ` + words.labels.map((name, label) => [name, counts[label] / total])
      .filter(([, share]) => share > 0).map(([name, share]) => `${name} ${percent(share)}`).join(', '));
  } else {
    const most = Math.max(1e-9, ...(words.scores ?? []).map((score) => Math.abs(score.value)));
    legend.replaceChildren(...(words.scores ?? []).map((score) => {
      const bar = make('i');
      bar.style.width = `${(Math.max(0, score.value) / most) * 100}%`;
      return make('li', { className: 'row' }, make('span', { className: 'name' }, score.label),
        make('span', { className: 'meter' }, bar), make('span', { className: 'share' }, digits(score.value)));
    }));
    $('canvas').setAttribute('aria-label', `${words.model}: ${words.scores?.[0]?.label ?? 'no label map'}`);
  }
}

function labelRow(words, name, label) {
  const box = make('input', { type: 'checkbox', checked: !hidden.has(label) });
  box.addEventListener('change', () => toggle(label, !box.checked));
  return make('li', {}, make('label', {}, box, swatch(words, label),
    make('span', { className: 'name' }, name, ' ', make('kbd', {}, String(label))),
    make('span', { className: 'meter' }, make('i')), make('span', { className: 'share' }, '–')));
}

function toggle(label, isHidden) {
  if (isHidden) hidden.add(label); else hidden.delete(label);
  draw();
}

let pointer = null;

function probe() {
  if (!pointer || !seen?.labels) { $('probe').textContent = ''; return; }
  const { words, labels } = seen;
  const { x, y } = pointer;
  const row = Math.floor((y * words.map.height) / words.height);
  const label = labels[row * words.map.width + Math.floor((x * words.map.width) / words.width)];
  $('probe').textContent = `at ${x}, ${y}: ${words.labels[label] ?? `class ${label}`}`;
}

function point(x, y) {
  const inside = (value, end) => Math.min(end - 1, Math.max(0, Math.floor(value)));
  pointer = { x: inside(x, seen.words.width), y: inside(y, seen.words.height) };
  probe();
}

$('canvas').addEventListener('pointermove', (event) => {
  if (!seen) return;
  const box = $('canvas').getBoundingClientRect();
  const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  point(x * seen.words.width, y * seen.words.height);
});
$('canvas').addEventListener('pointerleave', () => { pointer = null; probe(); });
$('canvas').addEventListener('keydown', (event) => {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!step || !seen) return;
  event.preventDefault();
  const far = event.shiftKey ? 10 : 1;
  const from = pointer ?? { x: seen.words.width / 2, y: seen.words.height / 2 };
  point(from.x + step[0] * far, from.y + step[1] * far);
  announce($('probe').textContent);
});

// ---- Controls. ----

function pause() {
  isPaused = !isPaused;
  $('pause').setAttribute('aria-pressed', String(isPaused));
  $('pause').textContent = isPaused ? 'Go on' : 'Pause';
  announce(isPaused ? 'the picture stands still' : 'the picture goes on');
  if (isPaused) drop('picture'); else look(chosen);
}

function save() {
  if (!seen) return;
  $('canvas').toBlob((blob) => {
    const address = URL.createObjectURL(blob);
    make('a', { href: address, download: `${seen.words.model}-${seen.words.number}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  });
}

function flip(id) {
  $(id).checked = !$(id).checked;
  draw();
  announce(`${id} ${$(id).checked ? 'on' : 'off'}`);
}

function setOpacity(value) {
  $('opacity').value = String(value);
  $('opacity-words').textContent = `${$('opacity').value} %`;
  draw();
}

$('pause').addEventListener('click', pause);
$('save').addEventListener('click', save);
$('model').addEventListener('change', () => look($('model').value));
for (const id of ['show', 'patterns', 'outlines']) $(id).addEventListener('change', draw);
$('opacity').addEventListener('input', () => setOpacity(Number($('opacity').value)));
$('help-button').addEventListener('click', () => $('help').showModal());

document.addEventListener('keydown', (event) => {
  const isTyping = event.target.matches('input[type="password"], select') || $('help').open;
  if (isTyping || event.ctrlKey || event.altKey || event.metaKey) return;
  // The space bar belongs to the button or box that has the focus.
  if (event.key === ' ' && event.target.matches('button, input')) return;
  const change = { '+': 5, '=': 5, '-': -5, '−': -5 }[event.key];
  const action = { l: () => flip('show'), p: () => flip('patterns'), o: () => flip('outlines'), s: save, ' ': pause,
    '?': () => $('help').showModal() }[event.key];
  if (/^[0-9]$/.test(event.key) && seen?.labels) toggle(Number(event.key), !hidden.has(Number(event.key)));
  else if (change) setOpacity(Number($('opacity').value) + change);
  else if (action) action();
  else return;
  event.preventDefault();
});
window.addEventListener('resize', () => requestAnimationFrame(draw));

// A page that nobody sees holds no connection; browsers have six for a server.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) for (const name of [...links.keys()]) drop(name);
  else if ($('token-form').hidden) begin();
});

function begin() {
  follow('events', '/live/events', eventLink);
  if (chosen !== null) look(chosen);
}

begin();
