// Draws what /api/events sends. Everything from the sweep reaches the page as text, never as HTML.
'use strict';

const token = new URLSearchParams(location.search).get('token') || '';
const address = (path) => `${path}${path.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
const byId = (id) => document.getElementById(id);
const ROWS_MAX = 500;  // points drawn; the unfinished ones first where there are more
const POLL_MS = 3000;  // without a stream
const STATES = {'#': 'done', '>': 'running', '.': 'queued', 'x': 'failed'};
const SVG = 'http://www.w3.org/2000/svg';

// --- small helpers

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function drawing(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A name from the data: its direction (right to left) does not reach what stands around it.
const name = (text) => element('bdi', {}, text);

// Sets text only where it differs, so that a selection or a screen reader is not disturbed.
function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function duration(seconds) {
  const whole = Math.ceil(seconds);
  if (whole < 100) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

const share = (value) => value.toFixed(3).replace(/^0/, '');
const clockTime = (iso) => {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : at.toLocaleTimeString();
};
// Experiment and point, each in its own direction.
const placeNames = (at) => [at.experiment || 'features', at.label].filter(Boolean).flatMap((text) => [name(text), ' ']);
// A feature job holds out nobody.
const heldOut = (at) => (at.held_out ? ['· held out ', name(at.held_out)] : []);
const pointName = (point) => point.label || point.experiment;

// --- progress

const rateText = (rate) => (rate < 10 ? rate.toFixed(2) : String(Math.round(rate)));

function showProgress(sweep) {
  const jobs = sweep.jobs;
  const dead = jobs.failed + jobs.quarantined;
  const bar = byId('bar');
  if (!bar.children.length) {
    for (const kind of ['done', 'running', 'dead', 'rest']) bar.append(element('span', {class: kind}));
  }
  [jobs.done, jobs.running, dead, jobs.queued].forEach((count, i) => { bar.children[i].style.flex = `${count} 0 0`; });
  bar.setAttribute('aria-valuemax', jobs.total);
  bar.setAttribute('aria-valuenow', jobs.done + dead);
  const present = sweep.workers.filter((worker) => !worker.lost);
  const facts = [
    ['jobs done', `${jobs.done} of ${jobs.total}`],
    ['running', String(jobs.running)],
    ['queued', String(jobs.queued)],
    ['failed', String(dead), dead > 0],
    ['workers', String(present.length), sweep.workers.length > present.length],
    ['rate', sweep.jobs_per_second === null ? 'not yet known' : `${rateText(sweep.jobs_per_second)} jobs/s`],
    ['time left', sweep.eta_seconds === null || sweep.phase !== 'running' ? '–' : `about ${duration(sweep.eta_seconds)}`],
  ];
  const list = byId('facts');
  if (list.children.length !== facts.length) {
    list.replaceChildren(...facts.map(([title]) => element('div', {}, element('dt', {}, title), element('dd'))));
  }
  facts.forEach(([, value, bad], i) => {
    say(list.children[i].lastChild, value);
    list.children[i].className = bad ? 'bad' : '';
  });
}

const PHASES = {
  'running': ['running', ''],
  'stopping': ['stopping: checkpoints are being written', ''],
  'finished': ['finished', 'good'],
  'stopped': ['stopped: the same command goes on', 'bad'],
  'no-workers': ['no worker is left: the same command goes on', 'bad'],
};

function showPhase(sweep) {
  const [text, kind] = PHASES[sweep.phase] || [sweep.phase, ''];
  const dead = sweep.jobs.failed + sweep.jobs.quarantined;
  const broken = sweep.phase === 'finished' && dead > 0;
  say(byId('phase'), broken ? `finished, ${dead} failed` : text);
  byId('phase').className = `pill ${broken ? 'bad' : kind}`;
  say(byId('sweep'), sweep.sweep);
  const done = sweep.jobs.total ? Math.floor(100 * sweep.jobs.done / sweep.jobs.total) : 0;
  document.title = `${done} % ${sweep.sweep} – unmask`;
}

// --- points and folds

// One path for each kind of mark: a sweep of many folds stays light.
function foldStrip(folds) {
  const marks = {done: '', running: '', runner: '', waiting: '', dead: ''};
  [...folds].forEach((state, i) => {
    const x = i * 10;
    if (state === '#') marks.done += `M${x + 1} 1h8v10h-8z`;
    if (state === '>') {
      marks.running += `M${x + 1.5} 1.5h7v9h-7z`;
      marks.runner += `M${x + 3.5} 3.5l4 2.5l-4 2.5z`;
    }
    if (state === '.') marks.waiting += `M${x + 3.5} 4.5h3v3h-3z`;
    if (state === 'x') marks.dead += `M${x + 2} 2.5l6 7M${x + 8} 2.5l-6 7`;
  });
  const strip = drawing('svg', {class: 'folds', viewBox: `0 0 ${folds.length * 10} 12`, tabindex: '0', role: 'img',
                                preserveAspectRatio: 'none'});
  strip.setAttribute('width', folds.length * 12);
  strip.style.maxWidth = `min(100%, ${folds.length * 20}px)`;
  for (const [kind, path] of Object.entries(marks)) if (path) strip.append(drawing('path', {class: kind, d: path}));
  return strip;
}

function foldsText(point) {
  const running = [...point.folds].filter((state) => state === '>').length;
  const parts = [`${point.folds_done} of ${point.folds_total} folds done`];
  if (running) parts.push(`${running} running`);
  if (point.folds_failed) parts.push(`${point.folds_failed} failed`);
  return parts.join(', ');
}

function intervalPlot(score, complete) {
  const x = (value) => (4 + 104 * value).toFixed(1);
  const plot = drawing('svg', {viewBox: '0 0 112 14', 'aria-hidden': 'true'},
    drawing('path', {class: 'axis', d: 'M4 7H108M4 4V10M108 4V10'}),
    drawing('path', {class: complete ? 'interval' : 'interval open', d: `M${x(score.wilson_low)} 4H${x(score.wilson_high)}V10H${x(score.wilson_low)}z`}));
  if (complete) plot.append(drawing('path', {class: 'dot', d: `M${x(score.accuracy)} 1h1.6v12h-1.6z`}));
  return plot;
}

// While folds are missing there is an interval and what it stands on, and no figure to quote.
function scoreCell(point, task) {
  const cell = element('td', {class: 'score', role: 'cell'});
  const score = point.scores.find((one) => one.task === task);
  if (!score) return cell;
  const line = element('div', {}, element('span', {class: 'name'}, task.toUpperCase()));
  if (!score.n) {
    line.className = 'empty';
    line.append(element('span', {class: 'sofar'}, '–'));
  } else {
    const range = `[${share(score.wilson_low)}, ${share(score.wilson_high)}]`;
    line.append(intervalPlot(score, point.complete));
    line.append(point.complete
      ? element('span', {}, element('b', {}, share(score.accuracy)), ' ', element('span', {class: 'range'}, range), ` ${score.k}/${score.n}`)
      : element('span', {class: 'sofar'}, element('span', {class: 'range'}, range), ` so far, ${point.folds_done}/${point.folds_total}`));
  }
  cell.append(line);
  return cell;
}

function pointRow(point) {
  const strip = foldStrip(point.folds);
  strip.setAttribute('aria-label', `${pointName(point)}: ${foldsText(point)}`);
  const label = element('th', {scope: 'row', class: 'label', role: 'rowheader'}, name(point.label || 'all folds'));
  if (point.leaky) label.append(element('span', {class: 'leaky', title: 'the held-out subject chose the epoch'}, 'LEAKY'));
  let count = `${point.folds_done}/${point.folds_total}`;
  if (point.folds_failed) count += `, ${point.folds_failed} ✗`;
  const row = element('tr', {role: 'row'}, label, element('td', {class: 'strip', role: 'cell'}, strip),
    element('td', {class: 'count', role: 'cell', title: foldsText(point)}, count), scoreCell(point, 'ter'), scoreCell(point, 'der'));
  row.point = point;
  return row;
}

const drawn = new Map();  // key -> {text, row}: rows that have not changed stay
const tables = new Map();  // experiment -> {table, body, order}

function tableOf(experiment) {
  if (!tables.has(experiment)) {
    const columns = [['point', 'label'], ['folds', 'strip'], ['done', 'count'], ['TER accuracy', 'score'], ['DER accuracy', 'score']];
    const head = columns.map(([title, kind]) => element('th', {scope: 'col', role: 'columnheader', class: kind}, title));
    const body = element('tbody', {role: 'rowgroup'});
    const table = element('table', {role: 'table'}, element('caption', {}, name(experiment)),
      element('colgroup', {}, ...columns.map(([, kind]) => element('col', {class: kind}))),
      element('thead', {role: 'rowgroup'}, element('tr', {role: 'row'}, ...head)), body);
    tables.set(experiment, {table, body, order: ''});
    byId('points').append(table);
  }
  return tables.get(experiment);
}

function chosen(points) {
  if (points.length <= ROWS_MAX) return points;
  const unfinished = points.filter((point) => !point.complete);
  const some = new Set([...unfinished, ...points.filter((point) => point.complete)].slice(0, ROWS_MAX));
  return points.filter((point) => some.has(point));
}

function showPoints(sweep) {
  subjects = sweep.subjects;
  const points = chosen(sweep.points);
  byId('cut').hidden = points.length === sweep.points.length;
  say(byId('cut'), `${points.length} of ${sweep.points.length} points are shown, unfinished ones first; all are in the JSON.`);
  const groups = new Map();
  for (const point of points) {
    if (!groups.has(point.experiment)) groups.set(point.experiment, []);
    groups.get(point.experiment).push(point);
  }
  for (const [experiment, group] of groups) {
    const rows = group.map((point) => {
      const key = `${point.experiment}\n${point.point}\n${point.seed}`;
      const text = JSON.stringify(point);
      const known = drawn.get(key);
      if (known && known.text === text) return known.row;
      const row = pointRow(point);
      if (known && known.row.contains(document.activeElement)) queueMicrotask(() => row.querySelector('svg').focus());
      if (known && known.row.parentNode) known.row.replaceWith(row);
      drawn.set(key, {text, row});
      return row;
    });
    const {body, order} = tableOf(experiment);
    const now = group.map((point) => `${point.point} ${point.seed}`).join('\n');
    if (order !== now) body.replaceChildren(...rows);
    tables.get(experiment).order = now;
  }
  for (const [experiment, {table}] of tables) table.hidden = !groups.has(experiment);
}

// Which fold is under the pointer, or was reached with the arrow keys.
let subjects = [];
let fold = 0;

function tip(text) {
  byId('tip').hidden = !text;
  if (text) byId('tip').replaceChildren(...text);
}

function showFold(strip, index) {
  const row = strip.closest('tr');
  if (!row || !row.point) return;
  fold = Math.max(0, Math.min(subjects.length - 1, index));
  const state = STATES[row.point.folds[fold]] || 'not part of this point';
  tip(['held out ', name(subjects[fold] || ''), `: ${state}`]);
}

byId('points').addEventListener('pointermove', (event) => {
  const strip = event.target.closest('svg.folds');
  if (!strip) return tip(null);
  const box = strip.getBoundingClientRect();
  return showFold(strip, Math.floor((event.clientX - box.left) / box.width * subjects.length));
});
byId('points').addEventListener('pointerleave', () => tip(null));
byId('points').addEventListener('focusin', (event) => {
  if (event.target.matches('svg.folds:focus-visible')) showFold(event.target, fold);
});
byId('points').addEventListener('focusout', () => tip(null));
byId('points').addEventListener('keydown', (event) => {
  const step = {ArrowRight: 1, ArrowLeft: -1, Home: -1e9, End: 1e9}[event.key];
  if (event.key === 'Escape') tip(null);
  if (!step || !event.target.matches('svg.folds')) return;
  event.preventDefault();
  showFold(event.target, fold + step);
});

// --- workers

function jobItem(job) {
  const item = element('li', {}, ...placeNames(job));
  item.append(...heldOut(job), element('br'));
  const parts = [`job ${job.job_key.slice(0, 12)}`, duration(job.seconds)];
  if (job.attempt > 1) parts.splice(1, 0, `attempt ${job.attempt}`);
  if (!job.started) parts.push(job.next ? 'next' : 'loading');
  if (job.started && job.epoch_max) {
    parts.push(`epoch ${job.epoch} of at most ${job.epoch_max}`);
    item.append(element('progress', {max: job.epoch_max, value: Math.min(job.epoch, job.epoch_max), 'aria-label': 'epochs'}));
  }
  item.append(element('small', {}, parts.join(' · ')));
  return item;
}

function workerItem(worker) {
  const item = element('li', {class: worker.lost ? 'lost' : ''}, element('h3', {}, `${worker.lost ? '✗ ' : ''}worker ${worker.worker} on `, name(worker.host)));
  const state = element('div', {class: 'state'});
  if (worker.lost) {
    state.append('gone: ', name(worker.note));
  } else {
    state.append(`${worker.busy} of ${worker.slots} slots busy · `, name(worker.device));
    if (worker.note) state.append(' · no new jobs: ', name(worker.note));
    if (worker.silent_seconds > 10) state.append(` · silent for ${duration(worker.silent_seconds)}`);
  }
  item.append(state);
  if (worker.jobs.length) item.append(element('ul', {}, ...worker.jobs.map(jobItem)));
  return item;
}

function showWorkers(sweep) {
  const items = sweep.workers.map(workerItem);
  byId('workers').replaceChildren(...(items.length ? items : [element('li', {}, 'none is connected yet')]));
}

// --- failures

let failuresShown = '';

async function loadLog(failure, pre) {
  say(pre, 'loading the log …');
  try {
    const answer = await fetch(address(`api/log?job=${encodeURIComponent(failure.job_key)}&attempt=${failure.attempt}`));
    if (!answer.ok) throw new Error(answer.status === 404 ? 'there is no log of this attempt' : `status ${answer.status}`);
    const log = await answer.json();
    pre.textContent = (log.truncated ? `… the last part of ${log.bytes} bytes\n` : '') + (log.text || 'the log is empty');
  } catch (error) {
    pre.textContent = `not loaded: ${error.message}`;
  }
}

function failureItem(failure) {
  const summary = element('summary', {}, element('span', {class: 'when'}, clockTime(failure.at)), ' ',
    element('span', {class: 'class'}, failure.error_class || failure.outcome), ' ', ...placeNames(failure), ...heldOut(failure));
  if (failure.attempt) summary.append(` · attempt ${failure.attempt} on worker ${failure.worker}`);
  summary.append(' · the job is ', element('span', {class: 'state'}, failure.job_state));
  const item = element('details', {}, summary, element('p', {class: 'note'}, name(failure.message || 'no message'), element('br'), `job ${failure.job_key}`));
  if (failure.attempt) {
    const pre = element('pre', {tabindex: '0', 'aria-label': 'log'});
    item.append(pre);
    item.addEventListener('toggle', () => { if (item.open && !pre.textContent) loadLog(failure, pre); });
  }
  return item;
}

function showFailures(sweep) {
  const counts = Object.entries(sweep.failed_attempts).map(([kind, count]) => `${count} ${kind}`);
  say(byId('failure-counts'), counts.length ? `Attempts that failed: ${counts.join(', ')}. A failed attempt is tried again; the job's state says what became of it.` : 'None.');
  const text = JSON.stringify(sweep.failures);
  if (text === failuresShown) return;
  failuresShown = text;
  const open = new Map([...byId('failures').children].filter((item) => item.open).map((item) => [item.dataset.key, item]));
  byId('failures').replaceChildren(...sweep.failures.map((failure) => {
    const key = `${failure.job_key} ${failure.attempt}`;
    const item = open.get(key) || failureItem(failure);
    item.dataset.key = key;
    say(item.querySelector('.state'), failure.job_state);
    return item;
  }));
}

// --- the connection

let last = null;

function show(sweep) {
  last = sweep;
  showPhase(sweep);
  showProgress(sweep);
  showPoints(sweep);
  showWorkers(sweep);
  showFailures(sweep);
  say(byId('updated'), `As of ${clockTime(sweep.at)}.`);
}

function showConnection(text) {
  say(byId('connection'), text);
}

async function poll() {
  try {
    const answer = await fetch(address('api/sweep'));
    if (answer.status === 401) return showConnection('the token is wrong: use the address as it was printed');
    if (answer.ok) {
      show(await answer.json());
      showConnection('asking every few seconds');
    }
  } catch {
    showConnection(lost());
  }
  return setTimeout(poll, POLL_MS);
}

const lost = () => (last ? `no connection: this is how it stood at ${clockTime(last.at)}` : 'no connection');

function listen() {
  const events = new EventSource(address('api/events'));
  events.addEventListener('sweep', (event) => {
    show(JSON.parse(event.data));
    showConnection('live');
  });
  events.addEventListener('end', (event) => {
    events.close();
    show(JSON.parse(event.data));
    showConnection('the run has ended');
  });
  events.onerror = () => {
    showConnection(lost());
    if (events.readyState === EventSource.CLOSED) poll();  // refused: too many viewers, or a wrong token
  };
}

listen();
