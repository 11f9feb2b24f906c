// How does one write this oneself? Tabs with the same code in three languages, and a button that copies it.
import { element } from "./dom.js";

const LANGUAGES = { js: "JavaScript", python: "Python", rust: "Rust" };
const CHOICE = "nearfold-language";

function remembered() {
  try {
    return localStorage.getItem(CHOICE) in LANGUAGES ? localStorage.getItem(CHOICE) : "js";
  } catch {
    return "js"; // storage may be closed to this page
  }
}

/** Fills `host` with tabs; `show({ js, python, rust })` sets the text. */
export function codeTabs(host, name) {
  const tabs = {};
  const code = element("code");
  const panel = element("pre", { role: "tabpanel", id: `${name}-panel`, tabIndex: 0 }, code);
  const copy = element("button", { type: "button", className: "copy" }, "Copy");
  let texts = {};
  let chosen = remembered();

  function choose(language, focus = false) {
    chosen = language;
    for (const [key, tab] of Object.entries(tabs)) {
      tab.setAttribute("aria-selected", String(key === language));
      tab.tabIndex = key === language ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", tabs[language].id);
    code.textContent = texts[language] ?? "";
    copy.textContent = "Copy";
    if (focus) tabs[language].focus();
    try {
      localStorage.setItem(CHOICE, language);
    } catch {
      // the choice lasts as long as the page, then
    }
  }

  const list = element("div", { role: "tablist", className: "tabs", "aria-label": "Language" });
  for (const [key, label] of Object.entries(LANGUAGES)) {
    tabs[key] = element("button", { type: "button", role: "tab", id: `${name}-${key}`, "aria-controls": panel.id }, label);
    tabs[key].addEventListener("click", () => choose(key));
    list.append(tabs[key]);
  }
  list.addEventListener("keydown", (event) => {
    const keys = Object.keys(LANGUAGES);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(keys[(keys.indexOf(chosen) + step + keys.length) % keys.length], true);
  });
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      copy.textContent = "Selected";
    }
  });
  host.append(element("div", { className: "code-bar" }, list, copy), panel);
  return function show(next) {
    texts = next;
    choose(chosen);
  };
}
