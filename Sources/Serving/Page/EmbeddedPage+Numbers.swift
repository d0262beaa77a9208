// swift-format-ignore-file
// Made by scripts/embed-page from page/numbers.js.

extension EmbeddedPage {
  /// The part of its script that shows numbers.
  static let numbers = #"""
'use strict';
// The page asks nothing of anybody but the service that it came from, and changes nothing there.
const $ = (id) => document.getElementById(id);
const pick = (list, index) => list[index % list.length];

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('aria-') || name === 'role' || name === 'scope') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

function drawn(tag, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function digits(value) {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, '\u2009');
const percent = (share) => (share === null ? '–' : `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`);
const clockTime = (milliseconds) => new Date(milliseconds).toTimeString().slice(0, 8);

function span(seconds) {
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

function announce(words) { $('announcer').textContent = words; }

// ---- Asking the service: a token goes into a header, which EventSource and <img> can't send. ----

let token = sessionStorage.getItem('token');
const links = new Map();

async function follow(name, path, take) {
  // One connection for each name; a second call takes the place of the first.
  drop(name);
  const control = new AbortController();
  links.set(name, control);
  let pause = 500;
  while (!control.signal.aborted) {
    let words = 'the service does not answer';
    try {
      const headers = token ? { Authorization: `Bearer ${token}` } : {};
      const response = await fetch(path, { headers, signal: control.signal, cache: 'no-store', credentials: 'omit' });
      if (response.status === 401) return askForToken((await response.json()).error);
      if (response.ok) {
        pause = 500;
        const reader = response.body.getReader();
        const sink = take.begin();
        for (let part = await reader.read(); !part.done; part = await reader.read()) sink(part.value);
        words = 'the service ended the connection';
      } else {
        words = (await response.json()).error;
      }
    } catch (error) {
      if (control.signal.aborted) return;
    }
    take.end(words);
    await new Promise((resume) => setTimeout(resume, pause));
    pause = Math.min(10000, pause * 2);
  }
}

function drop(name) {
  links.get(name)?.abort();
  links.delete(name);
}

function askForToken(words) {
  token = null;
  for (const name of [...links.keys()]) drop(name);
  const isSecond = sessionStorage.getItem('token') !== null;
  sessionStorage.removeItem('token');
  $('main').hidden = true;
  $('token-form').hidden = false;
  if (isSecond) $('token-words').textContent = words;
  $('token').focus();
  setReady('unknown', '○ a token is needed');
}

$('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  token = $('token').value.trim();
  sessionStorage.setItem('token', token);
  $('token').value = '';
  $('token-form').hidden = true;
  $('main').hidden = false;
  begin();
});

// ---- Numbers: server-sent events. ----

const eventLink = {
  begin() {
    const decoder = new TextDecoder();
    let text = '';
    return (bytes) => {
      text += decoder.decode(bytes, { stream: true });
      const events = text.split('\n\n');
      text = events.pop();
      for (const event of events) {
        const data = event.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)).join('\n');
        // A mistake of the page itself is no mistake of the connection.
        try { if (data) show(JSON.parse(data)); } catch (error) { console.error(error); }
      }
    };
  },
  end(words) {
    document.body.classList.add('stale');
    $('link').dataset.state = 'off';
    $('link').textContent = `not connected: ${words}`;
    setReady('bad', '▲ not connected');
  },
};

const tiles = [
  { key: 'fps', title: 'Frames per second', unit: '/s', column: 0 },
  { key: 'p50', title: 'Latency, median', unit: 'ms', column: 1 },
  { key: 'p99', title: 'Latency, 99 of 100', unit: 'ms', column: 2 },
  { key: 'watts', title: 'Power', unit: 'W', column: 3 },
  { key: 'joule', title: 'Frames per joule', unit: '/J', column: 6 },
  { key: 'busy', title: 'Cores at work', unit: '%', column: 4, top: 100 },
];
const points = [];
const longest = 60;

for (const tile of tiles) {
  tile.value = make('p', { className: 'value', id: `value-${tile.key}` }, '–');
  tile.note = make('p', { className: 'note' }, '\u00a0');
  tile.svg = drawn('svg', { viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img' });
  tile.area = drawn('path', { class: 'area' });
  tile.line = drawn('path', { class: 'line' });
  tile.svg.append(drawn('path', { class: 'base', d: 'M0 40H100' }), tile.area, tile.line);
  $('tiles').append(make('div', { className: 'tile' }, make('h2', {}, tile.title), tile.value, tile.note, tile.svg));
}

function addPoint(point) {
  // Frames a second, p50, p99, watts, busy share, waiting; behind them what follows from these.
  const busy = point[4] === null ? null : point[4] * 100;
  const perJoule = point[3] > 0 && point[0] > 0 ? point[0] / point[3] : null;
  points.push([point[0], point[1], point[2], point[3], busy, point[5], perJoule]);
  if (points.length > longest) points.shift();
}

function drawTile(tile, value, note) {
  const isAbsent = value === null;
  tile.value.toggleAttribute('data-absent', isAbsent);
  tile.value.replaceChildren(isAbsent ? note : digits(value), ...(isAbsent ? [] : [' ', make('small', {}, tile.unit)]));
  const values = points.map((point) => point[tile.column]);
  const known = values.filter((each) => each !== null);
  tile.svg.toggleAttribute('hidden', known.length === 0);
  const top = tile.top ?? Math.max(1e-9, ...known) * 1.08;
  let line = '', area = '', start = null;
  values.forEach((each, index) => {
    if (each === null) { start = null; return; }
    const x = (100 * (index + longest - values.length)) / (longest - 1), y = 40 - (38 * Math.min(each, top)) / top;
    if (start === null) { area += `M${x.toFixed(2)} 40`; line += 'M'; start = x; } else { line += 'L'; }
    line += `${x.toFixed(2)} ${y.toFixed(2)}`;
    area += `L${x.toFixed(2)} ${y.toFixed(2)}`;
    if (index + 1 === values.length || values[index + 1] === null) area += `L${x.toFixed(2)} 40Z`;
  });
  tile.line.setAttribute('d', line);
  tile.area.setAttribute('d', area);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const range = known.length ? `${digits(least)} to ${digits(most)} ${tile.unit} in ${known.length} s` : '';
  tile.note.textContent = isAbsent ? '\u00a0' : note ?? range;
  tile.note.title = tile.note.textContent;
  tile.svg.setAttribute('aria-label', `${tile.title}, the last minute: ${range || 'nothing'}`);
}

const stageNames = {
  reading: 'reading', queue: 'waiting', input: 'input', device: 'device', output: 'output, answer',
};

function showStages(stages) {
  const sum = stages.reduce((total, stage) => total + (stage.ms ?? 0), 0);
  $('stages').replaceChildren();
  $('stage-list').replaceChildren();
  if (!(sum > 0)) {
    $('bottleneck').textContent = 'No requests in the last seconds.';
    $('stages').setAttribute('aria-label', 'No requests lately');
    return;
  }
  const words = [];
  stages.forEach((stage, index) => {
    const share = stage.ms / sum;
    const mark = make('span', { className: `s${index}` });
    mark.style.flexBasis = '0';
    mark.style.flexGrow = String(share);
    if (share > 0.06) mark.append(make('b', {}, String(index + 1)));
    $('stages').append(mark);
    $('stage-list').append(make('li', {}, make('i', { className: `s${index}` }),
      make('span', {}, `${index + 1} ${stageNames[stage.name] ?? stage.name}`), make('b', {}, `${digits(stage.ms)} ms`)));
    words.push(`${stageNames[stage.name]} ${percent(share)}`);
  });
  $('stages').setAttribute('aria-label', words.join(', '));
  const most = stages.reduce((best, stage) => (stage.ms > best.ms ? stage : best));
  $('bottleneck').textContent =
    `A request takes ${digits(sum)} ms; most of it goes to: ${stageNames[most.name]} (${percent(most.ms / sum)}).`;
}

function showCores(cores) {
  $('cores').replaceChildren(...(cores.length ? cores.map((core) => {
    const bar = make('i');
    bar.style.width = `${(core.busy ?? 0) * 100}%`;
    const failures = core.failures ? `, ${grouped(core.failures)} failed` : '';
    return make('li', {}, `core ${core.number}`, make('span', { className: 'meter' }, bar), percent(core.busy),
      make('span', { className: 'quiet' }, `${core.state}, ${grouped(core.jobs)} jobs${failures}`));
  }) : [make('li', { className: 'quiet' }, 'none yet')]));
}

function describe(list, rows) {
  list.replaceChildren(...rows.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}

function showModels(models) {
  const stateNames = { READY: '● ready', LOADING: '… loading', UNLOADING: '… unloading', UNAVAILABLE: '○ not loaded' };
  $('models').replaceChildren(...models.map((model) => {
    const answered = model.requests?.success ?? 0;
    const others = Object.entries(model.requests ?? {}).filter(([name, count]) => name !== 'success' && count > 0);
    return make('tr', {},
      make('td', {}, model.name, make('small', {}, model.version ? ` v${model.version}` : '')),
      make('td', {}, stateNames[model.state] ?? model.state, make('small', {}, model.reason ? ` ${model.reason}` : '')),
      make('td', { className: 'count' }, grouped(answered)),
      make('td', {}, others.length ? others.map(([name, count]) => `${grouped(count)} ${name}`).join(', ') : '0'),
      make('td', { className: 'count' }, grouped(model.frames ?? 0)), make('td', {}, grouped(model.waiting ?? 0)),
      make('td', {}, (model.inputs ?? []).join('; ')), make('td', {}, (model.outputs ?? []).join('; ')));
  }));
}

let lastLine = 0;
let newestText = null;

function addLines(lines) {
  const log = $('log');
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
  for (const line of lines) {
    if (line.number <= lastLine) continue;
    if (lastLine > 0 && line.number > lastLine + line.count) log.append(make('li', {}, '', '', '… lines left out'));
    lastLine = line.number;
    const words = line.count > 1 ? `${line.text} (${grouped(line.count)} times)` : line.text;
    const row = make('li', { className: line.level }, make('time', {}, clockTime(line.time)), make('b', {}, line.level),
      make('span', {}, words));
    if (line.count > 1 && line.text === newestText) log.lastChild?.remove();
    newestText = line.text;
    log.append(row);
    if (line.level === 'error') announce(`error: ${line.text}`);
  }
  while (log.children.length > 200) log.firstChild.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function setReady(state, words) {
  if ($('ready').textContent === words) return;
  $('ready').dataset.state = state;
  $('ready').textContent = words;
  announce(words);
}

function show(report) {
  document.body.classList.remove('stale');
  $('link').dataset.state = 'on';
  $('link').textContent = 'live';
  const { service, device, rates, latency, power, queue } = report;
  document.title = `${service.ready ? '' : '▲ '}${digits(rates.frames_per_second)}/s – swift-dpu`;
  $('version').textContent = service.version;
  setReady(service.ready ? 'ready' : 'bad', service.ready ? '● ready' : `▲ not ready: ${service.reason}`);
  $('device').hidden = !device;
  if (device) {
    $('device').replaceChildren('device: ', make('b', {}, device.kind), ` (${device.detail})`);
    $('device').title = device.detail;
  }
  $('reservation').hidden = !device?.reservation;
  $('reservation').textContent = device?.reservation ?? '';
  $('uptime').textContent = `up ${span(report.seconds)}`;
  $('watchers').textContent = `· ${report.watchers.events === 1 ? 'one page' : `${report.watchers.events} pages`} open`;
  if (report.history) { points.length = 0; report.history.forEach(addPoint); }
  const busy = report.cores.length ? report.cores.reduce((sum, core) => sum + (core.busy ?? 0), 0) / report.cores.length : null;
  if (!report.history) {
    const waiting = queue.requests + queue.jobs;
    addPoint([rates.frames_per_second, latency.p50_ms, latency.p99_ms, power.watts, busy, waiting]);
  }
  const [fps, p50, p99, watts, joule, cores] = tiles;
  drawTile(fps, rates.frames_per_second);
  drawTile(p50, latency.p50_ms, latency.p50_ms === null ? 'no requests lately' : undefined);
  drawTile(p99, latency.p99_ms, latency.p99_ms === null ? 'no requests lately' : 'of the last 10 s');
  drawTile(watts, power.watts, power.sensor);
  const without = power.watts === null ? 'no power, no figure' : 'no frames lately';
  drawTile(joule, power.frames_per_joule, power.frames_per_joule === null ? without : undefined);
  drawTile(cores, busy === null ? null : busy * 100, busy === null ? 'no cores yet' : undefined);
  showStages(report.stages);
  showCores(report.cores);
  describe($('queue'), [['requests in line', grouped(queue.requests)], ['jobs in line', grouped(queue.jobs)],
    ['jobs on cores', grouped(queue.running)], ['requests', `${digits(rates.requests_per_second)} /s`],
    ['not answered', `${digits(rates.failures_per_second)} /s`]]);
  showModels(report.models);
  describe($('devices'), [['kind', device?.kind ?? 'none yet'], ['detail', device?.detail ?? '–'], ['power', power.sensor],
    ...power.temperatures.map((each) => [each.label, `${each.degrees} °C`])]);
  addLines(report.log);
  chooseModel(report);
}
"""#
}
