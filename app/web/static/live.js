// A submission's page while its run goes on: a stream of HTML parts, and the page itself every 3 s if the stream is mute.

import { fetchPage, takeElement } from "./page.js";

const SILENCE_MS = 20000;
const POLL_MS = 3000;
const PARTS = ["progress", "chart", "structure"];

let source = null;
let heardAt = Date.now();
let isRefreshing = false;

function start() {
  const region = document.querySelector("[data-live]");
  if (!region) return;
  source = new EventSource(region.dataset.live);
  for (const name of PARTS) source.addEventListener(name, (event) => show(name, event.data));
  source.addEventListener("log", (event) => appendLog(event.data));
  source.addEventListener("state", () => { stop(); refresh(); });
  source.addEventListener("beat", hear);
  watchLog();
  announce();
}

function stop() {
  source?.close();
  source = null;
}

function hear() {
  heardAt = Date.now();
}

function show(name, html) {
  hear();
  const part = document.getElementById(`live-${name}`);
  if (!part) return;
  // Our own server rendered this and escaped what users wrote.
  part.innerHTML = html;
  if (name === "progress") announce();
}

function announce() {
  const card = document.querySelector("#live-progress [data-title]");
  const place = document.getElementById("announcement");
  if (!card) return;
  document.title = `${card.dataset.title} · MNIST Benchmark`;
  if (place && place.textContent !== card.dataset.announce) place.textContent = card.dataset.announce;
}

function appendLog(text) {
  hear();
  const log = document.getElementById("log");
  if (!log) return;
  log.append(`${text}\n`);
  if (document.getElementById("follow")?.checked) log.scrollTop = log.scrollHeight;
}

function watchLog() {
  const log = document.getElementById("log");
  const follow = document.getElementById("follow");
  if (!log || !follow) return;
  document.getElementById("follow-label").hidden = false;
  log.scrollTop = log.scrollHeight;
  log.addEventListener("scroll", () => {
    follow.checked = log.scrollHeight - log.scrollTop - log.clientHeight < 20;
  });
  follow.addEventListener("change", () => {
    if (follow.checked) log.scrollTop = log.scrollHeight;
  });
}

async function refresh() {
  if (isRefreshing) return;
  isRefreshing = true;
  try {
    const page = await fetchPage(location.href);
    if (page.ok) {
      takeElement("submission", page.document);
      document.title = page.document.title;
      announce();
      if (!document.querySelector("[data-live]")) stop();
      else if (!source) start();
    }
  } catch {
    // Offline for a moment; the next round tries again.
  } finally {
    isRefreshing = false;
  }
}

setInterval(() => {
  const isMute = Date.now() - heardAt > SILENCE_MS || source?.readyState === EventSource.CLOSED;
  if (isMute && document.querySelector("[data-live]")) refresh();
}, POLL_MS);

start();
