"""The page's additions to the shared style sheet: its charts."""

OWN = """
svg .band-0 { fill: var(--band-0); } svg .band-1 { fill: var(--band-1); }
svg .band-2 { fill: var(--band-2); } svg .band-3 { fill: var(--band-3); }
svg .interval { fill: var(--interval); }
svg .mark { stroke: var(--red); stroke-width: 1.2; stroke-dasharray: 2 3; }
svg .note.halo { fill: var(--ink); }
:root { --red: #a11d2c; --interval: #dbe4ee; --band-0: #7191b7; --band-1: #c9a26a; --band-2: #8fae8b;
  --band-3: #b9a0bd; }
.wide { overflow-x: auto; } @media screen { .wide svg { min-width: 720px; } }
td:last-child { min-width: 15em; } td.number:last-child { min-width: 0; }
td.standing { font-weight: 600; color: var(--red); }
"""
