// What only the browser can do: which theme it shows, the tab's title, and the dialog that asks.
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const theme = () => (dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => window.dash_clientside.set_props("theme", { data: theme() }));
  // Whatever a reader has opened stays open when the page is drawn anew.
  const opened = new Set();
  document.addEventListener(
    "toggle",
    (event) => {
      const shown = event.target;
      if (shown.tagName !== "DETAILS" || !shown.id || !shown.isConnected) return;
      if (shown.open) opened.add(shown.id);
      else opened.delete(shown.id);
    },
    true
  );
  new MutationObserver(() => {
    for (const shown of document.querySelectorAll("details[id]:not([open])")) {
      if (opened.has(shown.id)) shown.open = true;
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
  const none = () => window.dash_clientside.no_update;
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    journeyman: {
      theme: function () {
        return theme();
      },
      title: function (text) {
        if (text) document.title = text;
        return none();
      },
      dialog: function (wish) {
        const dialog = document.getElementById("dialog");
        if (dialog && wish && !dialog.open) dialog.showModal();
        if (dialog && !wish && dialog.open) dialog.close();
        return none();
      },
      cancel: function () {
        return null;
      },
    },
  });
})();
