// Answers a page that cannot be fetched with the one that was kept for that. Everything else goes to the network as ever.
"use strict";

const KEPT = "offline-1";
const PAGE = "/offline";

self.addEventListener("install", (event) => {
  const keep = async () => {
    const [cache, answer] = await Promise.all([caches.open(KEPT), fetch(PAGE, { credentials: "omit" })]);
    const text = await answer.clone().text();
    const needed = [...text.matchAll(/<link rel="(?:stylesheet|preload)" href="([^"]+)"/g)].map((found) => found[1]);
    await cache.put(PAGE, answer);
    await cache.addAll(needed);
  };
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  } else if (request.method === "GET" && ["style", "font"].includes(request.destination)) {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request)) ?? Response.error()));
  }
});
