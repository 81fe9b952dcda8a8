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

  var choice = document.getElementById("threshold");
  if (choice) {
    var counts = JSON.parse(choice.dataset.counts), all = counts.p + counts.n;
    var cut = document.getElementById("cut"), fp = document.getElementById("cost-fp"), fn = document.getElementById("cost-fn");
    var curve = document.getElementById("cost-curve");
    var cost = function (k) {
      return 1000 * (Number(fp.value) * counts.fp[k] + Number(fn.value) * (counts.p - counts.tp[k])) / all;
    };
    var put = function (id, text) { document.getElementById(id).textContent = text; };
    var share = function (a, b) { return b ? (100 * a / b).toFixed(1) + "%" : "–"; };
    var draw = function () {
      var k = Number(cut.value), costs = counts.t.map(function (_, i) { return cost(i); });
      var most = Math.max.apply(null, costs) || 1, called = counts.tp[k] + counts.fp[k];
      curve.querySelector("polyline").setAttribute("points", counts.t.map(function (t, i) {
        return (600 * t).toFixed(1) + "," + (116 - 112 * costs[i] / most).toFixed(1);
      }).join(" "));
      var line = curve.querySelector("line");
      line.setAttribute("x1", 600 * counts.t[k]);
      line.setAttribute("x2", 600 * counts.t[k]);
      put("out-t", counts.t[k].toPrecision(3));
      put("out-cost", costs[k].toLocaleString("en", { maximumSignificantDigits: 4 }));
      put("out-precision", share(counts.tp[k], called));
      put("out-recall", share(counts.tp[k], counts.p));
      put("out-called", called.toLocaleString("en") + " of " + all.toLocaleString("en") + " rows");
    };
    var cheapest = function () {
      var best = 0;
      counts.t.forEach(function (_, k) { if (cost(k) < cost(best)) best = k; });
      cut.value = best;
      draw();
    };
    cut.max = counts.t.length - 1;
    cut.value = Math.max(0, counts.t.findIndex(function (t) { return t >= counts.at; }));
    [cut, fp, fn].forEach(function (input) { input.addEventListener("input", draw); });
    document.getElementById("cheapest").addEventListener("click", cheapest);
    choice.querySelectorAll("[hidden]").forEach(function (part) { part.removeAttribute("hidden"); });
    draw();
  }

  // Paper has no folds: what is folded is printed too, except technical details.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not(.technical)").forEach(function (fold) {
      if (!fold.open) { fold.open = true; fold.dataset.opened = "1"; }
    });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-opened]").forEach(function (fold) { fold.open = false; });
  });

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
