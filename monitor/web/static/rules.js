// The rules editor: CodeMirror over the textarea, a check on the server while typing, a preview before saving.
(() => {
  "use strict";
  const form = document.getElementById("editor");
  const area = document.getElementById("text");
  const code = document.getElementById("code");
  const state = document.getElementById("state");
  const list = document.getElementById("problems");
  const preview = document.getElementById("preview");
  const file = form.elements.file.value;
  let editor;
  let round = 0;
  let timer;
  let words = { values: {}, fields: [] };
  let isChanged = false;

  const say = (text, isWrong) => { state.textContent = text; state.classList.toggle("wrong", isWrong); };

  const show = (problems) => {
    const here = problems.filter((one) => !one.file || one.file.endsWith(file));
    if (editor) editor.show(here);
    const rows = problems.map((one) => {
      const row = document.createElement("li");
      const line = document.createElement("a");
      line.href = "#code";
      line.textContent = (here.includes(one) ? "Line " : one.file + ":") + (one.line || 1);
      line.addEventListener("click", (event) => { event.preventDefault(); if (editor && here.includes(one)) editor.go(one.line || 1); });
      const text = document.createElement("span");
      text.className = "problem-text";
      text.textContent = one.message + (one.hint ? " — " + one.hint : "");
      row.append(line, text);
      return row;
    });
    const box = document.createElement("ol");
    box.className = "problems";
    box.append(...rows);
    list.replaceChildren(...(rows.length ? [box] : []));
    say(rows.length ? `${rows.length} mistake${rows.length > 1 ? "s" : ""}` : isChanged ? "No mistakes; not saved yet" : "No mistakes", rows.length > 0);
  };

  const check = async () => {
    const mine = ++round;
    const answer = await fetch("/rules/check", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ file, text: area.value }),
    }).catch(() => null);
    if (mine !== round) return;
    if (!answer || !answer.ok) { say("The check does not answer", true); return; }
    show((await answer.json()).problems);
  };

  const changed = (text) => {
    area.value = text;
    isChanged = true;
    clearTimeout(timer);
    timer = setTimeout(check, 350);
  };

  const keys = ["topics:", "actors:", "rules:", "receivers:", "when:", "title:", "kind:", "notify:", "group_by:", "cooldown:", "severity:", "min_outlets:", "max_age:", "enabled:", "aliases:", "description:", "name:", "threshold:", "examples:"];
  const complete = (context) => {
    const query = context.matchBefore(/[a-z]+:"?[^\s()"]*/);
    if (query && query.text.includes(":") && words.values[query.text.split(":")[0]]) {
      const name = query.text.split(":")[0];
      return { from: query.from + name.length + 1, options: words.values[name].map((label) => ({ label })) };
    }
    const word = context.matchBefore(/[a-z_]+/);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    const fields = words.fields.map((one) => ({ label: one.name + ":", detail: one.meaning }));
    return { from: word.from, options: [...keys.map((label) => ({ label })), ...fields] };
  };

  const start = () => {
    if (!window.monitorEditor) { area.addEventListener("input", () => changed(area.value)); return; }
    editor = window.monitorEditor(code, { text: area.value, label: "Rules in YAML", complete, onChange: changed });
    code.classList.add("live");
    area.hidden = true;
    area.labels.forEach((label) => { label.hidden = true; });
    const line = Number(form.dataset.line);
    if (line) editor.go(line);
  };

  document.getElementById("preview-button").addEventListener("click", async () => {
    preview.textContent = "Replaying 30 days…";
    preview.setAttribute("aria-busy", "true");
    const answer = await fetch("/rules/preview", { method: "POST", body: new URLSearchParams({ file, text: area.value }) }).catch(() => null);
    preview.removeAttribute("aria-busy");
    // The answer is our own template, escaped on the server.
    if (answer && answer.ok) preview.innerHTML = await answer.text();
    else preview.textContent = "The preview does not answer.";
  });
  form.addEventListener("submit", () => { isChanged = false; });
  window.addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });
  fetch("/search/words").then((answer) => answer.json()).then((found) => { words = found; }).catch(() => {});
  start();
  check();
})();
