/* What the pages do more with JavaScript: the chart over its table, and local times. Everything works without it.
   The chart reads the table, so there is one source of the numbers and no data in scripts. */
(function () {
  "use strict";

  // Drawn from the back to the front: each layer is the sum of itself and all after it, so refusals stand on the base line.
  const LAYERS = ["allow", "redact", "ask", "deny"];

  function readTable(table) {
    const names = Array.from(table.tHead.querySelectorAll("th[data-series]"), (th) => th.dataset.series);
    const rows = Array.from(table.tBodies[0].rows);
    const series = Object.fromEntries(names.map((name, n) => [name, rows.map((row) => Number(row.cells[n + 1].dataset.n))]));
    return { at: rows.map((row) => Number(row.dataset.at)), series: series };
  }

  function stack(series, length) {
    const sums = new Array(length).fill(0);
    const layers = [];
    for (const name of LAYERS.slice().reverse()) {
      series[name].forEach((n, i) => { sums[i] += n; });
      layers.unshift(sums.slice());
    }
    return layers;
  }

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  function two(n) { return String(n).padStart(2, "0"); }

  function clock(s, step) {
    const d = new Date(s * 1000);
    if (step >= 86400) { return d.getUTCDate() + " " + d.toLocaleString("en", { month: "short", timeZone: "UTC" }); }
    return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes());
  }

  function axisLabels(u, splits) {
    const step = splits.length > 1 ? splits[1] - splits[0] : 0;
    return splits.map((s) => {
      const midnight = s % 86400 === 0;
      return midnight ? clock(s, 86400) : clock(s, step);
    });
  }

  function draw(box) {
    const table = document.getElementById(box.dataset.chart);
    const data = readTable(table);
    const step = Number(box.dataset.step);
    const key = document.getElementById(box.dataset.key);
    const where = document.getElementById(box.dataset.where);
    const whole = where.textContent;
    const grid = { stroke: colour("line"), width: 1 };
    const axis = { stroke: colour("ink-3"), font: "12px " + getComputedStyle(document.body).fontFamily, ticks: { show: false } };
    const base = data.series.allow.map((n, i) => n + data.series.redact[i] + data.series.ask[i] + data.series.deny[i]);
    const failed = data.series.failed.map((n, i) => (n > 0 ? base[i] : null));
    const bars = uPlot.paths.bars({ size: [0.82, 64], align: 1, gap: 1 });

    function marks(u, seriesIdx) {
      const path = new Path2D();
      const r = 3 * devicePixelRatio;
      u.data[seriesIdx].forEach((y, i) => {
        if (y != null) {
          const cx = u.valToPos(u.data[0][i] + step * 0.45, "x", true);
          const cy = u.valToPos(y, "y", true) - r * 2;
          path.moveTo(cx + r, cy);
          path.arc(cx, cy, r, 0, 2 * Math.PI);
        }
      });
      return { fill: path, stroke: null };
    }

    function say(i) {
      for (const item of key.children) {
        const values = data.series[item.dataset.series];
        item.querySelector("b").textContent = i == null
          ? values.reduce((a, b) => a + b, 0).toLocaleString("en")
          : values[i].toLocaleString("en");
      }
      where.textContent = i == null
        ? whole
        : table.tBodies[0].rows[i].cells[0].textContent.trim();
    }

    const plot = new uPlot({
      width: box.clientWidth,
      height: box.clientHeight,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { setScale: false } },
      padding: [12, 6, 0, 0],
      scales: {
        x: { time: true, range: () => [data.at[0], data.at[data.at.length - 1] + step] },
        y: { range: (u, min, max) => [0, Math.max(4, max * 1.08)] },
      },
      axes: [
        Object.assign({ values: axisLabels, grid: { show: false }, space: 64, size: 26 }, axis),
        Object.assign({ grid: grid, size: 48, space: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7],
          values: (u, splits) => splits.map((n) => n.toLocaleString("en", { notation: "compact" })) }, axis),
      ],
      series: [{}].concat(LAYERS.map((name) => ({
        label: name, fill: colour(name), stroke: colour(name), width: 0, paths: bars, points: { show: false },
      })), [{
        // A point on top of the bars in which guards failed.
        label: "failed", fill: colour("failed"), width: 0, paths: marks, points: { show: false },
      }]),
      hooks: { setCursor: [(u) => say(u.cursor.idx)] },
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
    }, [data.at].concat(stack(data.series, data.at.length), [failed]), box);

    // A bar opens the decisions behind it.
    plot.over.addEventListener("click", () => {
      const i = plot.cursor.idx;
      if (i != null) {
        location.assign(table.tBodies[0].rows[i].querySelector("a").href);
      }
    });
    plot.over.addEventListener("mouseleave", () => say(null));
    say(null);
    return plot;
  }

  function chart(box) {
    box.hidden = false;
    let plot = draw(box);
    const details = document.getElementById(box.dataset.chart).closest("details");
    if (details) { details.open = false; }
    new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { plot.destroy(); plot = draw(box); });
  }

  document.querySelectorAll("[data-chart]").forEach(chart);
  document.querySelectorAll("time[datetime]").forEach((time) => {
    time.title = new Date(time.dateTime).toLocaleString() + " (your time)";
  });
})();
