"""The style sheet of all pages: inline, for screens from 320 px, light or dark, and for A4 paper."""

STYLES = """
:root { color-scheme: light; --ink: #1b1f24; --soft: #57606a; --rule: #d5dae0; --wash: #f5f7f9; --blue: #1f3a5f;
  --bar: #7191b7; }
* { box-sizing: border-box; }
html { font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; color: var(--ink);
  background: #fff; -webkit-text-size-adjust: 100%; }
body { margin: 0; }
main { max-width: 1060px; margin: 0 auto; padding: 44px 24px 80px; }
h1, h2, h3 { font-weight: 600; line-height: 1.25; margin: 0; text-wrap: balance; }
h1 { font-size: 30px; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 20px; }
h3 { font-size: 15px; overflow-wrap: anywhere; }
p { margin: 6px 0 0; max-width: 74ch; }
a { color: var(--blue); }
code { font: .92em/1.4 ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.soft { color: var(--soft); font-weight: 400; }
.kicker { color: var(--soft); margin: 0 0 4px; }
header { border-bottom: 2px solid var(--ink); padding-bottom: 26px; }
nav { margin: 18px 0 0; color: var(--soft); font-size: 13.5px; }
nav a { text-decoration: none; margin-right: 16px; white-space: nowrap; }
nav a:hover { text-decoration: underline; }
.verdict { display: grid; grid-template-columns: auto 1fr; gap: 2px 18px; align-items: center; margin: 24px 0 0;
  padding: 16px 20px; border: 1px solid var(--ink); border-left-width: 10px; }
.verdict .sign { grid-row: span 2; font-size: 34px; line-height: 1; font-weight: 700; min-width: 30px;
  text-align: center; }
.verdict strong { font-size: 19px; font-weight: 600; }
.verdict p { margin: 0; }
.verdict.pass { border-color: #1a6b45; } .verdict.pass .sign { color: #1a6b45; }
.verdict.warn { border-color: #8a5a00; border-left-style: double; } .verdict.warn .sign { color: #8a5a00; }
.verdict.fail { border-color: #a11d2c; border-left-style: dashed; } .verdict.fail .sign { color: #a11d2c; }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(215px, 1fr)); gap: 18px 28px; margin: 24px 0 0; }
.key dt { color: var(--soft); font-size: 13px; }
.key dd { margin: 0; font-size: 21px; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3;
  overflow-wrap: anywhere; }
.key dd span { display: block; font-size: 13px; font-weight: 400; color: var(--soft); line-height: 1.45; }
section { margin-top: 44px; }
section > h2 { padding-bottom: 8px; border-bottom: 1px solid var(--rule); }
.scroll { overflow-x: auto; margin-top: 14px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: 0 0 6px; }
th, td { text-align: left; vertical-align: top; padding: 6px 18px 6px 0; border-bottom: 1px solid var(--rule);
  overflow-wrap: break-word; }
tbody th, td:last-child, td:has(code) { overflow-wrap: anywhere; }
th { font-weight: 600; }
thead th, thead td { border-bottom-color: var(--ink); }
thead th { color: var(--soft); font-weight: 400; white-space: nowrap; }
tbody th { min-width: 130px; }
th.number, td.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
td.sign, td.short { white-space: nowrap; }
td.glyph { padding-top: 9px; padding-bottom: 0; }
td.glyph svg { width: 160px; }
.sign b { display: inline-block; width: 1.3em; font-weight: 700; }
.is-fail b { color: #a11d2c; } .is-warn b, .is-inconclusive b { color: #8a5a00; } .is-pass b { color: #1a6b45; }
.is-fail { font-weight: 600; }
.is-not { color: var(--soft); }
dl.facts { display: grid; grid-template-columns: minmax(120px, 190px) 1fr; gap: 5px 20px; margin: 14px 0 0;
  font-size: 14px; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.row { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 26px 30px; margin-top: 16px; }
.row.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.group { margin-top: 26px; }
.features { gap: 30px; }
figure { margin: 16px 0 0; break-inside: avoid; }
.row figure { margin: 0; }
figcaption { font-size: 13px; color: var(--soft); overflow-wrap: anywhere; }
figcaption strong { color: var(--ink); font-weight: 600; }
svg { display: block; max-width: 100%; height: auto; overflow: visible; }
details { margin-top: 12px; font-size: 13.5px; }
summary { cursor: pointer; color: var(--blue); width: fit-content; }
.keys { display: flex; flex-wrap: wrap; gap: 4px 26px; font-size: 13px; color: var(--soft); margin: 10px 0 0;
  padding: 0; list-style: none; align-items: center; }
.keys svg { display: inline-block; vertical-align: -2px; margin-right: 7px; }
footer { margin-top: 56px; padding-top: 14px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 13px; }

svg text { font: 12px system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; fill: var(--ink);
  font-variant-numeric: tabular-nums; }
svg .tick { fill: var(--soft); font-size: 11.5px; }
svg .label { fill: var(--soft); }
svg .note { font-weight: 600; }
svg .halo { paint-order: stroke; stroke: #fff; stroke-width: 5px; }
svg .grid { stroke: #e4e8ec; } svg .axis { stroke: #8b949e; }
svg .edge { stroke: var(--ink); stroke-width: 1.2; }
svg .line { fill: none; stroke: var(--blue); stroke-width: 2.2; stroke-linejoin: round; }
svg .reference { fill: none; stroke: #6e7781; stroke-width: 1.2; stroke-dasharray: 4 4; }
svg .outline { fill: none; stroke: var(--ink); stroke-width: 1.3; stroke-dasharray: 3 2; }
svg .bar { fill: var(--bar); }
svg .ring { fill: none; stroke: var(--ink); stroke-width: 1.5; }
svg .whisker { stroke: var(--blue); stroke-width: 1.6; }
svg .dot { fill: var(--blue); stroke: #fff; stroke-width: 1; }
svg .half { fill: #dbe4ee; stroke: var(--blue); stroke-width: 1.2; }
svg .median { stroke: var(--blue); stroke-width: 3; }
svg .box { stroke: var(--rule); }
svg .light { fill: #fff; } svg .ink { fill: #1b1f24; } svg .none { fill: #767f89; }
svg .strong { font-weight: 600; font-size: 13.5px; }

@media screen and (max-width: 760px) {
  .row, .row.two { grid-template-columns: minmax(0, 1fr); }
  dl.facts { grid-template-columns: 1fr; gap: 0; } dl.facts dd { margin-bottom: 8px; }
}
@media print {
  @page { size: A4; margin: 15mm 14mm 16mm; }
  html { font-size: 9.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  nav, details:not([open]) { display: none; }
  h1 { font-size: 20pt; } h2 { font-size: 13pt; } h3 { font-size: 10pt; }
  section { margin-top: 22pt; }
  h2, h3, caption, thead { break-after: avoid; }
  tr, .verdict, .key > div, .together { break-inside: avoid; }
  section > h2 + p:not(:last-child) { break-after: avoid; break-inside: avoid; }
  table, dl.facts, figcaption, .keys { font-size: 8.5pt; }
  th, td { padding: 3pt 10pt 3pt 0; overflow-wrap: anywhere; }
  thead th, td.short, td.number { white-space: normal; } td.number { overflow-wrap: normal; }
  .scroll { overflow: visible; }
  .row, .features { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 12pt 14pt; }
  .row.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .key { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8pt 14pt; } .key dd { font-size: 13pt; }
  .key dd span { font-size: 8.5pt; }
  a { color: inherit; text-decoration: none; }
}
"""

DARK = """
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; --ink: #e4e8ec; --soft: #9aa5b1; --rule: #343c46; --wash: #1b2128; --blue: #8fb8ea;
    --bar: #5f82ac; --red: #ff8791; --interval: #2a3c52; --band-0: #5b7fab; --band-1: #a98348; --band-2: #6c8f68;
    --band-3: #957a9a; }
  html { background: #12161b; }
  svg .halo { stroke: #12161b; } svg .grid { stroke: #262d35; } svg .axis { stroke: #626d79; }
  svg .reference { stroke: #8a949f; } svg .dot { stroke: #12161b; }
  .verdict.pass { border-color: #4fb286; } .verdict.pass .sign { color: #4fb286; }
  .verdict.warn { border-color: #dba63f; } .verdict.warn .sign { color: #dba63f; }
  .verdict.fail { border-color: var(--red); } .verdict.fail .sign { color: var(--red); }
  .is-fail b { color: #ff8791; } .is-warn b, .is-inconclusive b { color: #dba63f; } .is-pass b { color: #4fb286; }
  svg .half { fill: #2a3c52; }
}
"""
"""Colours of a dark screen; the last part of a sheet, because it changes variables of the others."""
