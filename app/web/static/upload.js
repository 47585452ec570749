// Sends a form with progress. fetch tells nothing about an upload's progress, XMLHttpRequest does.

export function sendForm(form, onProgress, address, change) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve({ url: request.responseURL, text: request.responseText }));
    request.addEventListener("error", () => reject(new Error("upload failed")));
    request.addEventListener("abort", () => resolve(null));
  });
  const fields = new FormData(form);
  change(fields);
  request.open("POST", address);
  request.send(fields);
  return { done, cancel: () => request.abort() };
}
