// Fetching a page of ours and taking parts of it.

export async function fetchPage(address, options = {}) {
  const response = await fetch(address, { credentials: "same-origin", ...options });
  const text = await response.text();
  return { ok: response.ok, url: response.url, document: new DOMParser().parseFromString(text, "text/html") };
}

// Puts the element of that id from another document in the place of ours.
export function takeElement(id, from) {
  const ours = document.getElementById(id);
  const theirs = from.getElementById(id);
  if (ours && theirs) ours.replaceWith(document.adoptNode(theirs));
  return theirs;
}
