"""The console's style sheet: that of report and dashboard, and what navigation and forms need."""

from fairlead.html.stylesheet import DARK, STYLES
from fairlead.monitoring.dashboard.styles import OWN

CONSOLE = """
:root { --field: #767f89; --focus: #0b57d0; }
main { max-width: 1240px; padding-top: 28px; padding-bottom: 0; }
#content:focus { outline: none; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 12px; top: 8px; z-index: 1; padding: 6px 12px;
  background: var(--paper); }
.bar { max-width: 1240px; margin: 0 auto; padding: 14px 24px 0; }
.bar nav { margin: 0; font-size: 14px; } .bar ol, .bar ul { list-style: none; margin: 0; padding: 0; display: flex;
  flex-wrap: wrap; }
.bar a { margin: 0; padding: 5px 0; display: inline-block; }
.trail li + li::before { content: "›"; padding: 0 9px; color: var(--soft); }
.trail a[aria-current] { color: var(--ink); font-weight: 600; }
.tabs ul { gap: 0 22px; border-bottom: 1px solid var(--rule); margin-top: 6px; }
.tabs a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: 0 2px 0 var(--ink); }
body > footer { max-width: 1192px; margin: 56px auto 0; padding: 14px 0 40px; }
#refresh { display: flex; gap: 10px; align-items: center; margin: 0 0 14px; max-width: none; font-size: 13.5px; }
#refresh[hidden] { display: none; }
form { margin: 14px 0 0; }
button, input, select, textarea { font: inherit; color: var(--ink); background: var(--paper); }
button { padding: 6px 16px; border: 1px solid var(--ink); border-radius: 4px; cursor: pointer; }
button.danger { border-color: var(--red); color: var(--red); font-weight: 600; }
.asked .check label { font-weight: 400; }
input:not([type=radio], [type=checkbox]), select, textarea { padding: 5px 9px; border: 1px solid var(--field);
  border-radius: 4px; width: 100%; min-width: 0; }
input[type=radio], input[type=checkbox] { width: 18px; height: 18px; margin: 0; accent-color: var(--blue); }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(215px, 1fr)); gap: 14px 22px; }
.fields label { display: block; font-weight: 600; font-size: 14px; overflow-wrap: anywhere; }
.fields label span { display: block; font-weight: 400; font-size: 13px; color: var(--soft); }
.asked { display: grid; gap: 16px; max-width: 460px; } .asked label { display: block; font-weight: 600; }
.asked label span { display: block; font-weight: 400; font-size: 13px; color: var(--soft); }
p.check { display: flex; gap: 9px; align-items: center; margin: 14px 0 0; }
.wrong { color: var(--red); font-size: 13px; margin: 4px 0 0; overflow-wrap: anywhere; }
.buttons { display: flex; flex-wrap: wrap; gap: 12px; align-items: center; margin-top: 16px; }
td.glyph svg + svg { margin-top: 2px; }
td small, th small { display: block; color: var(--soft); font-size: 12.5px; font-weight: 400; }
td.choice { text-align: center; } td.choice label { display: inline-block; padding: 3px 8px; }
.tag { display: inline-block; padding: 0 7px; margin-left: 8px; border: 1px solid currentColor; border-radius: 9px;
  font-size: 12px; font-weight: 600; white-space: nowrap; }
.tag.bad { color: var(--red); }
.records { list-style: none; margin: 26px 0 0; padding: 0; }
.records > li { position: relative; padding: 0 0 24px 26px; border-left: 2px solid var(--rule); }
.records > li::before { content: ""; position: absolute; left: -7px; top: 6px; width: 12px; height: 12px;
  border: 2px solid var(--field); border-radius: 50%; background: var(--paper); }
.records > li.moved::before { background: var(--blue); border-color: var(--blue); }
.records > li.failed::before { background: var(--red); border-color: var(--red); }
.records h2 { font-size: 16px; } .records h2 span { margin-left: 12px; font-size: 14px; }
.records p { margin-top: 3px; } .records p.soft { font-size: 13.5px; } .records details { margin-top: 6px; }
.records dd { min-width: 0; } .records td { overflow-wrap: anywhere; min-width: 8em; }
#outcome { margin-top: 26px; } #outcome table { width: auto; min-width: min(100%, 380px); }
.spans { margin: 0 0 18px; } .spans ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; }
.spans a[aria-current] { color: var(--ink); font-weight: 600; }
iframe { width: 100%; height: 78vh; border: 1px solid var(--rule); background: #fff; margin-top: 18px; }
pre { overflow-x: auto; font: 13px/1.5 ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace;
  background: var(--wash); padding: 12px 14px; margin: 12px 0 0; }
.hint { margin-top: 14px; }
:root { --paper: #fff; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #12161b; --field: #7d8894; --focus: #8fb8ea; }
}
@media screen and (max-width: 1240px) { body > footer { margin-left: 24px; margin-right: 24px; } }
@media print { .bar, #refresh, form .buttons, iframe { display: none; } }
"""

SHEET = STYLES + OWN + CONSOLE + DARK
