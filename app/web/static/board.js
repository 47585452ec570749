// Keeps the card of running models fresh. The rows of the table never move under the pointer.

import { fetchPage, takeElement } from "./page.js";

const INTERVAL_MS = 5000;

async function refresh() {
  if (document.hidden) return;
  try {
    const page = await fetchPage("/?part=now");
    if (page.ok) takeElement("now", page.document);
  } catch {
    // Offline for a moment; the next round tries again.
  }
}

setInterval(refresh, INTERVAL_MS);
