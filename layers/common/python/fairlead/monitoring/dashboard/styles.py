"""The page's additions to the report's style sheet: its charts, and a dark mode for screens."""

OWN = """
svg .band-0 { fill: var(--band-0); } svg .band-1 { fill: var(--band-1); }
svg .band-2 { fill: var(--band-2); } svg .band-3 { fill: var(--band-3); }
svg .interval { fill: var(--interval); }
svg .mark { stroke: var(--red); stroke-width: 1.2; stroke-dasharray: 2 3; }
svg .note.halo { fill: var(--ink); }
:root { --red: #a11d2c; --interval: #dbe4ee; --band-0: #7191b7; --band-1: #c9a26a; --band-2: #8fae8b;
  --band-3: #b9a0bd; }
.wide { overflow-x: auto; } .wide svg { min-width: 720px; }
td:last-child { min-width: 15em; } td.number:last-child { min-width: 0; }
td.standing { font-weight: 600; color: var(--red); }
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
}
"""
