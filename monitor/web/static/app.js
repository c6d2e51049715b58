// Keys for people who read all day, and completion of the query language. Every page works without this file.
(() => {
  "use strict";
  const typing = (node) => node.closest("input, textarea, select, [contenteditable], #code");
  const items = () => [...document.querySelectorAll("[data-item]")].filter((one) => one.offsetParent);
  let at = -1;
  let waiting = "";

  const move = (step) => {
    const all = items();
    if (!all.length) return;
    if (all[at]) all[at].classList.remove("at");
    at = Math.min(Math.max(at + step, 0), all.length - 1);
    all[at].classList.add("at");
    const link = all[at].querySelector("a[href]");
    (link || all[at]).focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  };
  const places = { t: "/", a: "/alerts", r: "/rules", f: "/feeds", s: "/search" };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (waiting === "g" && places[event.key]) { location.assign(places[event.key]); return; }
    waiting = event.key === "g" ? "g" : "";
    if (event.key === "/") {
      event.preventDefault();
      (document.getElementById("query") || document.getElementById("q")).focus();
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?") document.getElementById("keys").showModal();
  });
  document.querySelectorAll("[data-open]").forEach((button) =>
    button.addEventListener("click", () => document.getElementById(button.dataset.open).showModal()));

  // -- completion ----------------------------------------------------------------------------------------------------
  let words;
  const known = () => (words ||= fetch("/search/words").then((answer) => answer.json()).catch(() => ({ fields: [], values: {} })));

  const offers = (all, before) => {
    const [, sign, token] = before.match(/(?:^|[\s(])(-?)((?:[^\s()":]+)?(?::(?:"[^"]*|[^\s()]*))?)$/) || [];
    if (!token) return null;
    const colon = token.indexOf(":");
    const taken = colon < 0 ? token : token.slice(colon + 1);
    const wanted = taken.replace(/^"/, "").toLowerCase();
    const list = colon < 0
      ? all.fields.filter((one) => one.name.startsWith(wanted)).map((one) => ({ text: one.name + ":", note: one.meaning }))
      : (all.values[token.slice(0, colon)] || []).filter((one) => one.toLowerCase().includes(wanted)).map((one) => ({ text: one, note: "" }));
    return { from: before.length - taken.length, list: list.slice(0, 9) };
  };

  document.querySelectorAll("[data-complete]").forEach((input, number) => {
    const box = document.createElement("ul");
    box.className = "words";
    box.id = `words-${number}`;
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", "Completions");
    box.hidden = true;
    input.parentElement.append(box);
    if (getComputedStyle(input.parentElement).position === "static") input.parentElement.classList.add("field");
    Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": box.id, "aria-autocomplete": "list" })
      .forEach(([name, value]) => input.setAttribute(name, value));
    let shown = null;
    let chosen = -1;
    const close = () => { box.hidden = true; shown = null; chosen = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const mark = (to) => {
      chosen = to;
      [...box.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === chosen)));
      if (chosen >= 0) { input.setAttribute("aria-activedescendant", box.children[chosen].id); box.children[chosen].scrollIntoView({ block: "nearest" }); }
    };
    const take = (place) => {
      const offer = shown.list[place];
      const after = input.value.slice(input.selectionStart);
      const gap = offer.text.endsWith(":") ? "" : " ";
      const head = input.value.slice(0, shown.from) + offer.text + gap;
      input.value = head + after;
      input.setSelectionRange(head.length, head.length);
      close();
      if (!gap) offer.text && show();
    };
    const show = async () => {
      const all = await known();
      if (document.activeElement !== input) return;
      const found = offers(all, input.value.slice(0, input.selectionStart));
      if (!found || !found.list.length) { close(); return; }
      shown = found;
      box.replaceChildren(...found.list.map((one, place) => {
        const row = document.createElement("li");
        row.id = `${box.id}-${place}`;
        row.setAttribute("role", "option");
        const name = document.createElement("code");
        name.textContent = one.text;
        const note = document.createElement("small");
        note.textContent = one.note;
        row.append(name, note);
        row.addEventListener("mousedown", (event) => { event.preventDefault(); take(place); });
        return row;
      }));
      box.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(-1);
    };
    input.addEventListener("input", show);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (!shown) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        mark((chosen + (event.key === "ArrowDown" ? 1 : shown.list.length)) % shown.list.length);
      } else if ((event.key === "Enter" || event.key === "Tab") && (chosen >= 0 || event.key === "Tab")) {
        event.preventDefault();
        take(Math.max(chosen, 0));
      } else if (event.key === "Escape") { event.preventDefault(); close(); }
    });
  });
})();
