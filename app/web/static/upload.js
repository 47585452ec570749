// Sends a form with progress. fetch tells nothing about an upload's progress, XMLHttpRequest does.

export function sendForm(form, onProgress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve({ url: request.responseURL, text: request.responseText }));
    request.addEventListener("error", () => reject(new Error("upload failed")));
    request.addEventListener("abort", () => resolve(null));
  });
  request.open("POST", form.action);
  request.send(new FormData(form));
  return { done, cancel: () => request.abort() };
}
