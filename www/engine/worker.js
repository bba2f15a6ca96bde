// The worker that owns one wasm engine. It fetches nothing but the program's JavaScript:
// the reader hands it the compiled wasm and the weights, so that a restart needs no network.
// Requests are answered one after the other: while the engine loads a model, nothing else can use it.
//
// Requests:  {id, op: 'prepare', glueUrl}
//            {id, op: 'start', device, glueUrl, module} | {id, op: 'load', name, manifest, record}
//            {id, op: 'kindOf', bytes} | {id, op: 'inspect', files, options} | {id, op: 'classify', files, options}
//            {id, op: 'explain', windows}
// Replies:   {id, value} | {id, error: {code, message, hint}} | {id, crash: message} | {id, stage}
//            {crash: message} without id: the engine died outside of a request's own promise
//            {requestTimes: [ms since 1970]}: network requests this worker has made

const SELF_TEST_RUNS = 3; // The first compiles shaders; a bad WebGPU build has passed run 1 and failed run 2; the rest are timed.

let glue = null;
let engine = null;
let last = Promise.resolve();

self.addEventListener('message', ({ data }) => {
  last = last.then(async () => {
    try {
      self.postMessage({ id: data.id, ...(await answer(data)) });
    } catch (error) {
      self.postMessage({ id: data.id, ...describe(error) });
    }
  });
});

// A panic inside a wasm future leaves its promise pending for ever and surfaces only here.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  self.postMessage(describe(event.reason));
});
self.addEventListener('error', (event) => {
  event.preventDefault();
  self.postMessage({ crash: event.message || 'unknown error' });
});

new PerformanceObserver((list) => {
  const requests = list.getEntries().filter(({ name }) => name.startsWith('http'));
  self.postMessage({ requestTimes: requests.map(({ startTime }) => performance.timeOrigin + startTime) });
}).observe({ type: 'resource', buffered: true });

async function answer(request) {
  return { value: (await ANSWERS[request.op](request)) ?? null };
}

const ANSWERS = {
  prepare: async ({ glueUrl }) => void (await loadGlue(glueUrl)),
  start,
  load: loadModel,
  kindOf: ({ bytes }) => glue.kindOf(bytes),
  inspect: ({ files, options }) => glue.inspect(files, options),
  classify,
  explain: ({ windows }) => engine.explain(windows),
};

/** Bundlers must leave this alone: the address is only known at run time. */
function loadGlue(glueUrl) {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ glueUrl);
}

/** Builds the engine, still without models. */
async function start({ device, glueUrl, module }) {
  glue = await loadGlue(glueUrl);
  await glue.default({ module_or_path: module });
  engine = await glue.Engine.create(device);
  return { version: glue.version() };
}

/** Loads a model, whose hash the engine checks, and tests it against its golden input. */
async function loadModel({ name, manifest, record }) {
  await engine.loadModel(manifest, record);
  let difference = 0;
  let warmMs = Infinity;
  for (let run = 0; run < SELF_TEST_RUNS; run += 1) {
    const begin = performance.now();
    const off = await engine.selfTest(name);
    if (run > 0) warmMs = Math.min(warmMs, performance.now() - begin);
    // NaN must count as a failure, and Math.max alone would keep it only by luck of the order.
    difference = Number.isFinite(off) ? Math.max(difference, off) : Infinity;
  }
  return { difference, warmMs };
}

async function classify({ id, files, options }) {
  const progress = (stage) => self.postMessage({ id, stage });
  return engine.classify(files, options, progress);
}

/** An engine's own errors are plain `{code, message, hint}`; anything else means that the engine is broken. */
function describe(error) {
  if (error && typeof error.code === 'string' && typeof error.message === 'string' && !(error instanceof Error)) {
    return { error: { code: error.code, message: error.message, hint: error.hint ?? '' } };
  }
  return { crash: String(error?.message ?? error) };
}
