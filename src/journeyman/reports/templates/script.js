"use strict";
(function () {
  var tip = document.getElementById("tip");
  function textOf(node) {
    var at = node && node.closest ? node.closest("[data-tip], svg.plot *") : null;
    if (!at) return "";
    if (at.dataset.tip) return at.dataset.tip;
    var title = at.querySelector(":scope > title");
    if (!title) return "";
    at.dataset.tip = title.textContent;
    at.setAttribute("aria-label", title.textContent);
    title.remove();
    return at.dataset.tip;
  }
  function show(event) {
    var text = textOf(event.target);
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    var box = tip.getBoundingClientRect();
    var left = Math.min(event.clientX + 12, window.innerWidth - box.width - 8);
    var top = event.clientY - box.height - 12;
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = (top < 8 ? event.clientY + 18 : top) + "px";
  }
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", function () { tip.hidden = true; }, { passive: true });

  document.querySelectorAll("th button").forEach(function (button) {
    button.addEventListener("click", function () {
      var head = button.parentNode, table = head.closest("table"), body = table.tBodies[0];
      var at = Array.prototype.indexOf.call(head.parentNode.children, head);
      var down = head.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var rows = Array.prototype.slice.call(body.rows);
      rows.sort(function (a, b) {
        var x = a.cells[at].dataset.v, y = b.cells[at].dataset.v;
        var c = x !== undefined ? Number(x) - Number(y) : a.cells[at].textContent.localeCompare(b.cells[at].textContent);
        return down ? -c : c;
      });
      rows.forEach(function (row) { body.appendChild(row); });
    });
  });

  // A link to a folded page unfolds it.
  function unfold() {
    var at = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (at && at.tagName === "DETAILS") at.open = true;
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  var find = document.getElementById("find");
  if (find) {
    find.parentNode.hidden = false;
    find.addEventListener("input", function () {
      var wanted = find.value.toLowerCase();
      document.querySelectorAll("#columns-table tbody tr").forEach(function (row) {
        row.hidden = row.cells[0].textContent.toLowerCase().indexOf(wanted) < 0;
      });
    });
  }

  document.querySelectorAll("pre").forEach(function (pre) {
    if (!navigator.clipboard) return;
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(pre.querySelector("code").textContent).then(function () {
        button.textContent = "Copied";
        setTimeout(function () { button.textContent = "Copy"; }, 1500);
      });
    });
    pre.appendChild(button);
  });
})();
