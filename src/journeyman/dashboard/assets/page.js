// What only the browser can do: which theme it shows, the tab's title, and the dialog that asks.
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const theme = () => (dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => window.dash_clientside.set_props("theme", { data: theme() }));
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
