// What does the reader see when the page cannot run at all? A classic script, so that it works where modules do not.
(function () {
  "use strict";
  function show(text) {
    var panel = document.getElementById("failure");
    if (!panel) return document.addEventListener("DOMContentLoaded", function () { show(text); });
    if (!panel.hidden) return;
    panel.hidden = false;
    panel.textContent = text;
  }
  if (location.protocol === "file:") {
    show("This page must come from a web server: browsers load no modules from a file. Run “make demo” and open the address that it prints.");
  } else if (typeof WebAssembly !== "object") {
    show("This browser has no WebAssembly, or it is switched off.");
  }
  window.addEventListener("error", function (event) {
    var script = event.target;
    if (script && script.tagName === "SCRIPT") show("A part of this page did not load: " + script.src);
  }, true);
})();
