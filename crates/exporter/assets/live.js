// Keeps a page current without losing what its reader is at: where the focus is, how far it is scrolled, what is unfolded.
// Everything shown is rendered by the server; here it is fetched again when the server says that it looks different.
"use strict";

(() => {
  const STALE = 30_000; // as without scripts; what an event does not tell (durations, bars) is no older than this
  const PACE = 2_000; // between two fetches
  const SPREAD = 500; // so that many viewers do not ask at the same instant
  const AGAIN = 20_000; // after the server had no place

  const main = document.getElementById("main");
  const connection = document.getElementById("connection");
  let source = null;
  let reopening = 0;
  let waiting = 0;
  let fetched = Date.now();
  let isBusy = false;
  let newest = null; // the version that the newest event told
  let ahead = 0; // how far the server's clock is ahead of ours

  // Fetching

  const refresh = (within) => {
    if (waiting || document.hidden) return;
    const delay = Math.max(within, fetched + PACE - Date.now()) + Math.random() * SPREAD;
    waiting = setTimeout(async () => {
      const isBehind = !isBusy && (await fetchPage());
      waiting = 0;
      if (isBehind) refresh(0);
    }, delay);
  };

  const fetchPage = async () => {
    let isBehind = false;
    isBusy = true;
    fetched = Date.now();
    try {
      const response = await fetch(location.pathname + location.search, { cache: "no-store", signal: AbortSignal.timeout(15_000) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      show(new DOMParser().parseFromString(await response.text(), "text/html"));
      if (source?.readyState === EventSource.OPEN) say("live");
      // What was told while this came may be newer than what came.
      isBehind = newest !== null && newest !== main.dataset.version;
    } catch {
      say("lost");
    } finally {
      isBusy = false;
    }
    return isBehind;
  };

  const show = (fresh) => {
    const style = (page) => page.querySelector("link[rel=stylesheet]")?.getAttribute("href");
    const next = fresh.getElementById("main");
    if (!next) return;
    // Another program answers now, whose pages this script may not know.
    if (style(fresh) !== style(document)) return location.reload();
    dress(fresh);
    setClock(next);
    tick(fresh);
    const focused = document.activeElement;
    document.title = fresh.title;
    sync(main, next);
    const [updated, nextUpdated] = [document, fresh].map((page) => page.getElementById("updated"));
    if (updated && nextUpdated) sync(updated, nextUpdated);
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    if (tip.bar) point(tip.bar.isConnected ? tip.bar : null, tip.at);
  };

  // Making one tree like another, touching only what differs

  const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || node.getAttribute("aria-labelledby") : null) || null;

  const sync = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.data = fresh.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !isOwn(old, name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value && !isOwn(old, name)) old.setAttribute(name, value);
    }
    syncChildren(old, fresh);
  };

  // What the reader has unfolded or typed stays.
  const isOwn = (element, name) => (element.localName === "details" && name === "open") || (element.localName === "input" && name === "value");

  const syncChildren = (old, fresh) => {
    const known = new Map([...old.children].filter(keyOf).map((child) => [keyOf(child), child]));
    let at = old.firstChild;
    for (const want of [...fresh.childNodes]) {
      const key = keyOf(want);
      const candidate = key ? known.get(key) : at && !keyOf(at) ? at : null;
      const have = candidate?.nodeName === want.nodeName ? candidate : null;
      if (!have) {
        old.insertBefore(document.adoptNode(want), at);
        continue;
      }
      if (have === at) at = at.nextSibling;
      else old.insertBefore(have, at);
      sync(have, want);
    }
    while (at) {
      const rest = at.nextSibling;
      at.remove();
      at = rest;
    }
  };

  // Times

  const setClock = (element) => {
    const now = Date.parse(element.dataset.now);
    if (!Number.isNaN(now)) ahead = now - Date.now();
  };

  const UNITS = [[86_400, "day", "days"], [3_600, "h", "h"], [60, "min", "min"], [1, "s", "s"]];
  const span = (seconds) => {
    const [size, one, many] = UNITS.find(([size]) => seconds >= size) ?? UNITS[3];
    const count = Math.max(0, Math.floor(seconds / size));
    return `${count} ${count === 1 ? one : many}`;
  };

  const tick = (page) => {
    const now = Date.now() + ahead;
    for (const time of page.querySelectorAll("time[data-ago]")) {
      const text = span((now - Date.parse(time.dateTime)) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  };

  // The connection

  const WORDS = { live: "Live", lost: "Connection lost, trying again" };
  const say = (state) => {
    if (!connection || connection.dataset.state === state) return;
    connection.dataset.state = state;
    connection.textContent = WORDS[state];
    connection.hidden = false;
  };

  const open = () => {
    clearTimeout(reopening);
    if (source && source.readyState !== EventSource.CLOSED) return;
    source = new EventSource("/api/v1/events");
    source.addEventListener("open", () => say("live"));
    source.addEventListener("change", (event) => {
      newest = JSON.parse(event.data).version;
      if (newest !== main.dataset.version) refresh(0);
    });
    source.addEventListener("error", () => {
      say("lost");
      // Browsers come back by themselves unless the server answers with an error.
      if (source.readyState === EventSource.CLOSED) reopening = setTimeout(open, AGAIN * (1 + Math.random()));
    });
  };

  // A hidden page costs nobody anything, and keeps none of the few connections that a browser makes to a host.
  const attend = () => {
    if (document.hidden) {
      clearTimeout(reopening);
      source?.close();
      return;
    }
    open();
    if (Date.now() - fetched > STALE) refresh(0);
  };

  // The bars of a day: one stop for Tab; up and down to other endpoints, left and right to other half-hours

  const HALF_HOUR = 1_800_000;
  const LAST = 47;
  const tip = Object.assign(document.createElement("p"), { className: "tip", hidden: true, bar: null, at: LAST });
  tip.setAttribute("aria-hidden", "true");

  const halfHours = (bar) => bar.dataset.numbers.split(",").flatMap((run) => {
    const [text, times] = run.split("*").reverse();
    return Array(Number(times ?? 1)).fill(text.split("/").map(Number));
  });

  const NAMES = ["reachable", "degraded", "blocked", "unknown"];
  const told = (bar, at) => {
    const start = Date.parse(bar.closest("[data-day]")?.dataset.day) + at * HALF_HOUR;
    if (Number.isNaN(start)) return "";
    const clock = (time) => new Date(time).toISOString().slice(11, 16);
    const counts = halfHours(bar)[at] ?? [];
    const words = NAMES.map((name, index) => [counts[index] ?? 0, name]).filter(([count]) => count > 0);
    const numbers = words.map(([count, name]) => `${count} ${name}`).join(", ") || "no results";
    return `${clock(start)} to ${clock(start + HALF_HOUR)} UTC: ${numbers}`;
  };

  const dress = (page) => {
    const bars = [...page.querySelectorAll(".day[data-of]")];
    const current = bars.find((bar) => bar.dataset.of === tip.bar?.dataset.of) ?? bars[0];
    for (const bar of bars) {
      const at = bar === current ? tip.at : LAST;
      const attributes = {
        role: "slider", tabindex: bar === current ? 0 : -1, "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": LAST,
        "aria-valuenow": at, "aria-valuetext": told(bar, at), "aria-label": `${bar.dataset.of}. ${bar.getAttribute("aria-label")}`,
      };
      for (const [name, value] of Object.entries(attributes)) bar.setAttribute(name, value);
      // The tip tells more than the titles of the pieces, which would cover it.
      bar.querySelectorAll("title").forEach((title) => title.remove());
    }
  };

  const point = (bar, at) => {
    tip.at = Math.min(LAST, Math.max(0, at));
    tip.hidden = !bar;
    if (!bar) return;
    if (tip.bar && tip.bar !== bar) tip.bar.tabIndex = -1;
    tip.bar = bar;
    bar.tabIndex = 0;
    const words = told(bar, tip.at);
    bar.setAttribute("aria-valuenow", tip.at);
    bar.setAttribute("aria-valuetext", words);
    tip.textContent = words;
    const box = bar.getBoundingClientRect();
    const middle = box.left + ((tip.at + 0.5) / (LAST + 1)) * box.width;
    tip.style.top = `${box.top + scrollY}px`;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(middle, half + 8), document.documentElement.clientWidth - half - 8) + scrollX}px`;
  };

  const barOf = (event) => (event.target instanceof Element ? event.target.closest(".day[data-of]") : null);
  document.addEventListener("pointermove", (event) => {
    const bar = barOf(event);
    if (!bar) {
      if (!tip.hidden && !document.activeElement?.matches(".day")) tip.hidden = true;
      return;
    }
    const box = bar.getBoundingClientRect();
    point(bar, Math.floor(((event.clientX - box.left) / box.width) * (LAST + 1)));
  });
  document.addEventListener("focusin", (event) => {
    const bar = barOf(event);
    if (bar) point(bar, tip.at);
    else tip.hidden = true;
  });
  document.addEventListener("focusout", () => (tip.hidden = true));
  document.addEventListener("keydown", (event) => {
    const bar = barOf(event);
    if (!bar || event.altKey || event.ctrlKey || event.metaKey) return;
    const bars = [...document.querySelectorAll(".day[data-of]")];
    const other = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const at = { ArrowLeft: tip.at - 1, ArrowRight: tip.at + 1, Home: 0, End: LAST }[event.key];
    if (event.key === "Escape") tip.hidden = true;
    else if (at !== undefined) point(bar, at);
    else if (other) bars[bars.indexOf(bar) + other]?.focus();
    else return;
    event.preventDefault();
  });

  // Beginning

  setClock(main);
  dress(document);
  document.body.append(tip);
  tick(document);
  setInterval(() => {
    if (document.hidden) return;
    tick(document);
    if (Date.now() - fetched > STALE) refresh(0);
  }, 5_000);
  document.addEventListener("visibilitychange", attend);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", attend);
})();
