"use strict";
(() => {
  const form = document.getElementById("controls");
  const list = document.getElementById("list");
  const status = document.getElementById("status");
  const none = document.getElementById("none");
  if (!form || !list || !status || !none) return;

  const original = [...list.children];
  const all = (root, query) => [...root.querySelectorAll(query)];
  const texts = new WeakMap();
  const text = (entry, place) => {
    if (!texts.has(place)) {
      const more = entry.querySelector(".facts");
      const parts = [entry.querySelector("summary"), place, more].map((node) => (node ? node.textContent : ""));
      texts.set(place, [...parts, place.dataset.rule, place.dataset.surface, place.id].join(" ").toLowerCase());
    }
    return texts.get(place);
  };

  const filter = () => {
    const fields = new FormData(form);
    const severities = new Set(fields.getAll("severity"));
    const words = fields.get("search").toLowerCase().split(/\s+/).filter(Boolean);
    const [category, surface] = [fields.get("category"), fields.get("surface")];
    let total = 0;
    let shown = 0;
    for (const group of list.children) {
      let inGroup = 0;
      for (const entry of all(group, ".entry")) {
        let inEntry = 0;
        const fits = !category || entry.dataset.category === category;
        for (const place of all(entry, ".place")) {
          const data = place.dataset;
          const here = fits && severities.has(data.severity) && (!surface || data.surface === surface)
            && words.every((word) => text(entry, place).includes(word));
          place.hidden = !here;
          inEntry += here ? 1 : 0;
          total += 1;
        }
        entry.hidden = inEntry === 0;
        if (inEntry > 0 && words.length > 0) entry.open = true;
        inGroup += inEntry;
      }
      group.hidden = inGroup === 0;
      group.querySelector(".count").textContent = String(inGroup);
      shown += inGroup;
    }
    const noun = total === 1 ? "finding" : "findings";
    status.textContent = shown === total ? `${total} ${noun}` : `${shown} of ${total} ${noun}`;
    none.hidden = shown > 0 || total === 0;
  };

  // A group of files or rules holds copies of the entries with the places that belong to it.
  const regroup = (by) => {
    if (by === "secret") {
      list.replaceChildren(...original);
      return;
    }
    const groups = new Map();
    for (const entry of original.flatMap((group) => all(group, ".entry"))) {
      const copies = new Map();
      const bare = entry.cloneNode(true);
      bare.querySelector(".places").replaceChildren();
      for (const place of all(entry, ".place")) {
        const key = place.dataset[by];
        if (!groups.has(key)) groups.set(key, []);
        if (!copies.has(key)) {
          const copy = bare.cloneNode(true);
          copies.set(key, copy);
          groups.get(key).push(copy);
        }
        copies.get(key).querySelector(".places").append(place.cloneNode(true));
      }
      for (const copy of copies.values()) {
        const many = copy.querySelector(".many");
        if (many && copies.size > 1) many.remove();
      }
    }
    list.replaceChildren(...[...groups].map(([key, entries]) => {
      const group = document.createElement("section");
      group.className = "group small";
      const heading = document.createElement("h2");
      const name = document.createElement("code");
      name.textContent = key;
      const count = document.createElement("span");
      count.className = "count";
      heading.append(name, count);
      const box = document.createElement("div");
      box.className = "entries";
      box.append(...entries);
      group.append(heading, box);
      return group;
    }));
  };

  let waiting = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (event.target.name === "group") regroup(event.target.value);
    waiting = setTimeout(filter, event.target.name === "search" ? 120 : 0);
  });
  form.addEventListener("reset", () => setTimeout(() => { regroup("secret"); filter(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open").addEventListener("click", () => {
    const entries = all(list, ".entry").filter((entry) => !entry.hidden);
    const open = entries.some((entry) => !entry.open);
    for (const entry of entries) entry.open = open;
  });
  // Whatever is closed is opened on paper, and closed again.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all(document, "details:not([open])");
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of closed) part.open = false; });

  document.documentElement.classList.add("scripted");
  form.hidden = false;
  filter();
})();
