// Has the browser keep the page that is shown without a connection; after everything else, once for each browser.
"use strict";

if ("serviceWorker" in navigator) {
  addEventListener("load", () => navigator.serviceWorker.register("/offline-worker").catch(() => {}));
}
