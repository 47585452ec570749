// Files that are dropped on a zone or pasted into the page go into the zone's own file field.

export function listenToDrops(form) {
  for (const kind of ["dragover", "dragleave", "drop"]) form.addEventListener(kind, onDrag);
}

function onDrag(event) {
  const zone = event.target.closest?.(".drop");
  if (!zone) return;
  event.preventDefault();
  zone.classList.toggle("over", event.type === "dragover");
  if (event.type === "drop") put(event.dataTransfer.files, zone);
}

function onPaste(event) {
  const zone = [...document.querySelectorAll(".drop")].find((drop) => drop.offsetParent);
  if (!zone || !event.clipboardData.files.length) return;
  event.preventDefault();
  put(event.clipboardData.files, zone);
}

function put(files, zone) {
  if (!files.length) return;
  const input = zone.querySelector("input");
  input.files = files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("paste", onPaste);
