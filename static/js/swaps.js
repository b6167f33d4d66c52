// Where htmx got no page to take a part from (an error, no network), the browser goes there itself and shows what comes.
"use strict";

for (const name of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(name, ({ detail }) => {
    const request = detail.ctx?.request;
    if (request?.method === "GET") location.assign(request.action);
  });
}
