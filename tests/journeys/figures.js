// What a page measures, as the tests judge it: one object of plain figures for the width it is shown at.
() => {
  const requests = performance.getEntriesByType("resource").map((it) => it.name);  // before anything is scrolled to
  const within = (box, height) => box.top < height && box.bottom > 0;
  const shown = (it) => {
    const box = it.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && it.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  const all = (selector, root = document) => [...root.querySelectorAll(selector)].filter(shown);
  const name = (it) => `${it.tagName.toLowerCase()}${it.id ? `#${it.id}` : ""} ${(it.textContent.trim() || it.name || "").slice(0, 30)}`.trim();
  const round = (figure) => Math.round(figure * 10) / 10;

  // Text: what faces and sizes a view has. The sign, the state tags and the sandbox's line are signs rather than text.
  const signs = ".wordmark, .tag, kbd, .sandbox-bar, .unseen, .skip, pre, code, .count, .tally";
  const texts = all("body *").filter((it) => !it.closest(signs) && [...it.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const sizes = new Set(), faces = new Set(), weights = new Set();
  for (const it of texts) {
    const style = getComputedStyle(it);
    faces.add(style.fontFamily.split(",")[0]);
    weights.add(style.fontWeight);
    if (within(it.getBoundingClientRect(), innerHeight)) sizes.add(parseFloat(style.fontSize));
  }

  // Targets: a box with its label is one; a card's link is as large as the card; a link within a sentence as its line.
  const tabbable = all("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']").filter((it) => !it.disabled);
  const spread = (it) => (getComputedStyle(it, "::after").position === "absolute" ? it.offsetParent : it);
  const whole = (it) => {
    const boxes = [spread(it), ...(it.labels ?? [])].map((part) => part.getBoundingClientRect());
    return [Math.max(...boxes.map((box) => box.right)) - Math.min(...boxes.map((box) => box.left)),
            Math.max(...boxes.map((box) => box.bottom)) - Math.min(...boxes.map((box) => box.top))];
  };
  const inSentence = (it) => it.tagName === "A" && getComputedStyle(it).display === "inline" &&
    it.parentElement.closest("p, li, dd, td, label, legend, figcaption, h1, h2, h3")?.textContent.trim() !== it.textContent.trim();
  const low = (least, kinds) => tabbable.filter((it) => (!kinds || it.matches(kinds)) && !inSentence(it) && it.id !== "main")
    .filter((it) => it.tabIndex >= 0 && Math.min(...whole(it)) < least - 0.5).map((it) => `${name(it)} ${whole(it).map(round)}`);

  // Focus: each stop gets a ring, comes into view and is covered by nothing that stays in place.
  const noRing = [], covered = [];
  for (const it of tabbable) {
    it.focus({ focusVisible: true });
    if (document.activeElement !== it) continue;
    const style = getComputedStyle(spread(it));
    if (!(parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none")) noRing.push(name(it));
    const box = it.getBoundingClientRect();
    if (box.bottom < 0 || box.top > innerHeight) covered.push(`${name(it)} out of view`);
    const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1), y = Math.min(Math.max(box.top, 0) + Math.min(box.height / 2, 20), innerHeight - 1);
    const top = document.elementFromPoint(x, y);
    const labelled = it.labels && [...it.labels].some((label) => label.contains(top));
    if (!top || !(it.contains(top) || top.contains(it) || labelled)) covered.push(`${name(it)} under ${top ? name(top) : "the edge"}`);
  }
  document.activeElement?.blur();
  scrollTo(0, 0);

  // Order: the next stop stands further on in its line or further down; a column beside it may begin above.
  const leaps = [];
  const placed = tabbable.filter((it) => !inSentence(it) && !it.closest("[popover], .skip") && getComputedStyle(it).position !== "fixed");
  const back = getComputedStyle(document.documentElement).direction === "rtl" ? -1 : 1;
  for (const [place, it] of placed.entries()) {
    if (!place || placed[place - 1].contains(it)) continue;
    const from = placed[place - 1].getBoundingClientRect(), to = it.getBoundingClientRect();
    const further = back > 0 ? to.left >= from.right - 1 : to.right <= from.left + 1;
    const isAbove = to.bottom <= from.top + 1, isBehind = to.top < from.bottom - 1 && from.top < to.bottom - 1 && (back > 0 ? to.right <= from.left + 1 : to.left >= from.right - 1);
    if ((isAbove && !further) || isBehind) leaps.push(`${name(placed[place - 1])} → ${name(it)}`);
  }

  const h1 = document.querySelector("h1");
  const words = document.createRange();
  words.selectNodeContents(h1);
  const lines = new Map();
  const walk = document.createTreeWalker(h1, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    for (const word of node.data.matchAll(/[^\s-]+/g)) {
      words.setStart(node, word.index);
      words.setEnd(node, word.index + word[0].length);
      const line = Math.round(words.getBoundingClientRect().bottom);
      lines.set(line, (lines.get(line) ?? 0) + 1);
    }
  }

  const images = [...document.images].filter((it) => !it.closest("[hidden]"));
  const firstPhoto = document.querySelector("main img");
  const gutter = document.querySelector("main")?.matches(".main--bleed") ? null :
    round(document.querySelector("main").getBoundingClientRect().left + parseFloat(getComputedStyle(document.querySelector("main")).paddingInlineStart));
  const row = document.querySelector(".desk table tbody tr");
  const middles = all(".masthead--desk li").map((it) => it.getBoundingClientRect()).map((box) => Math.round((box.top + box.bottom) / 2));
  return {
    nodes: document.querySelectorAll("*").length,
    faces: [...faces], sizes: [...sizes].sort((a, b) => a - b), weights: [...weights],
    low24: low(24), low44: document.body.matches(".desk") ? [] : low(44, ".button"),
    noRing, covered, leaps,
    positive: [...document.querySelectorAll("[tabindex]")].filter((it) => it.tabIndex > 0).map(name),
    filled: all(".button--filled, .button:not([class*='button--'])").filter((it) => within(it.getBoundingClientRect(), innerHeight)).map(name),
    shadows: all("body *").filter((it) => getComputedStyle(it).boxShadow !== "none").map(name),
    round: all("main :is(.card, .line, .note, .notice, table, .empty, .input, .button)").filter((it) => parseFloat(getComputedStyle(it).borderRadius) > 0).map(name),
    orphan: lines.size > 1 && [...lines.values()].at(-1) === 1 ? h1.textContent.trim() : null,
    off: h1 && shown(h1) && gutter !== null && !h1.closest(".columns__side, .buying") ? round(h1.getBoundingClientRect().left) - gutter : 0,
    images: images.filter((it) => it.getAttribute("alt") === null || !it.getAttribute("width") || !it.getAttribute("height")).map((it) => it.src),
    large: images.filter((it) => shown(it) && it.complete && it.naturalWidth > 320 && it.naturalWidth > 2 * it.getBoundingClientRect().width * devicePixelRatio)
      .map((it) => `${it.currentSrc} ${it.naturalWidth} for ${round(it.getBoundingClientRect().width)}`),
    photo: firstPhoto ? round(firstPhoto.getBoundingClientRect().top + scrollY) : null,
    rows: row ? Math.floor((innerHeight - row.getBoundingClientRect().top) / row.getBoundingClientRect().height) : null,
    lines: Math.max(...middles, 0) - Math.min(...middles, Infinity) > 8 ? 2 : 1,
    requests,
    title: document.title,
    canonical: [...document.querySelectorAll("link[rel=canonical]")].map((it) => it.href),
  };
};
