// Three small helps; the page works without them.
(function () {
  "use strict";

  // 1. Say once that a person looked: two visible seconds and a trusted gesture.
  var page = document.querySelector("[data-seen]");
  var said = {};
  function tell(signal) {
    if (said[signal]) return;
    said[signal] = true;
    fetch(page.getAttribute("data-seen"), {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "signal=" + signal
    }).catch(function () { said[signal] = false; });
  }
  if (page) {
    var visibleMs = 0;
    var gesture = false;
    var step = 250;
    ["pointerdown", "pointermove", "keydown", "scroll", "touchstart", "wheel"].forEach(function (kind) {
      addEventListener(kind, function (event) {
        if (event.isTrusted) gesture = true;
      }, { passive: true, capture: true });
    });
    var timer = setInterval(function () {
      if (document.visibilityState === "visible") visibleMs += step;
      if (gesture && visibleMs >= 2000) {
        clearInterval(timer);
        tell("beacon");
      }
    }, step);
    document.addEventListener("click", function (event) {
      if (event.isTrusted && event.target.closest("a[data-pdf]")) tell("pdf");
    });
  }

  // 2. Copy buttons appear only where they can work.
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.getAttribute("data-copy")).then(function () {
        button.textContent = button.getAttribute("data-copied");
      });
    });
  });

  // 3. A second press of the same form within five seconds is dropped.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    var last = Number(form.getAttribute("data-sent-at") || 0);
    if (Date.now() - last < 5000) {
      event.preventDefault();
      return;
    }
    form.setAttribute("data-sent-at", String(Date.now()));
  });
  addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent-at]").forEach(function (form) {
      form.removeAttribute("data-sent-at");
    });
  });
})();
