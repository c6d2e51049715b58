// The rules editor: CodeMirror in a shadow root (its styles then need no exception from the content security policy).
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, highlightActiveLine, highlightActiveLineGutter, drawSelection } from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting, indentOnInput, bracketMatching } from "@codemirror/language";
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { lintGutter, setDiagnostics, lintKeymap } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { tags as t } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [t.propertyName, t.definition(t.propertyName)], color: "var(--accent)" },
  { tag: [t.string, t.special(t.string)], color: "var(--ink)" },
  { tag: t.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [t.punctuation, t.separator, t.bracket, t.squareBracket, t.brace], color: "var(--muted)" },
]);

const look = EditorView.theme({
  "&": { fontSize: "0.875rem", backgroundColor: "var(--card)", color: "var(--ink)", height: "100%" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-content": { padding: "12px 0", caretColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--sunk)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--select) !important" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-panels": { backgroundColor: "var(--sunk)", color: "var(--ink)" },
});

window.monitorEditor = function (host, { text, label, complete, onChange }) {
  const root = host.attachShadow({ mode: "open" });
  const mount = document.createElement("div");
  mount.style.height = "100%";
  root.append(mount);
  const view = new EditorView({
    root,
    parent: mount,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(),
        highlightActiveLineGutter(), yaml(), syntaxHighlighting(colours), search({ top: true }),
        autocompletion({ override: [complete], icons: false }),
        keymap.of([...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
        EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }), look,
        EditorView.updateListener.of((update) => { if (update.docChanged) onChange(update.state.doc.toString()); }),
      ],
    }),
  });
  const at = (line) => view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  return {
    show(problems) {
      const marks = problems.map((one) => {
        const line = at(one.line || 1);
        const from = Math.min(line.from + Math.max((one.column || 1) - 1, 0), line.to);
        return { from, to: line.to, severity: "error", message: one.message + (one.hint ? "\n" + one.hint : "") };
      });
      view.dispatch(setDiagnostics(view.state, marks));
    },
    go(line) {
      const place = at(line);
      view.dispatch({ selection: { anchor: place.from }, effects: EditorView.scrollIntoView(place.from, { y: "center" }) });
      view.focus();
    },
  };
};
