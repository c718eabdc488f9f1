"""How the HTML report looks: on wide and narrow screens, in light and dark, and on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --soft: #5c5f66; --line: #d5d7dc; --page: #fff; --band: #f5f6f8;
  --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ea; --soft: #a3a7b0; --line: #3b3f47; --page: #17181b;
  --band: #212327; --link: #7fb8f5; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 75rem; color: var(--ink); background: var(--page);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 .8rem; padding-top: .8rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
p { max-width: 46rem; }
a { color: var(--link); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; font-size: .875rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
nav { background: var(--band); border-radius: .5rem; padding: .8rem 1.2rem; margin: 1.5rem 0; }
nav h2 { font-size: .95rem; margin: 0; padding: 0; border: 0; }
nav ol { margin: .4rem 0 0; padding-left: 1.5rem; }
nav li { padding: .12rem 0; }
.wide { overflow-x: auto; margin: .6rem 0 1rem; }
.wide:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; border-bottom: 1.5px solid var(--ink); font-size: .8125rem;
  font-variant-numeric: tabular-nums; line-height: 1.35; }
caption { text-align: left; color: var(--soft); padding-bottom: .35rem; }
th, td { padding: .22rem .6rem; text-align: right; white-space: nowrap; vertical-align: top; font-weight: 400; }
th.word, td.word { text-align: left; }
thead th { font-weight: 600; vertical-align: bottom; border-bottom: 1px solid var(--ink); white-space: normal; }
thead tr:first-child th { border-top: 1.5px solid var(--ink); }
thead th.span { text-align: center; border-bottom: 1px solid var(--line); }
tbody th.part { font-style: italic; padding-top: .7rem; text-align: left; }
tbody tr:hover > * { background: var(--band); }
td.na, td sup, th sup { color: var(--soft); }
sup { line-height: 0; padding-left: .1em; }
sup a { text-decoration: none; }
figure { margin: 1rem 0; overflow-x: auto; }
figure img { display: block; max-width: 100%; min-width: min(100%, 34rem); height: auto; background: #fff;
  border-radius: .3rem; }
@media (max-width: 40rem) { figure img.large { max-width: none; width: 46rem; } }
figcaption { color: var(--soft); font-size: .8125rem; margin-top: .3rem; }
.notes { color: var(--soft); font-size: .8125rem; padding-left: 1.1rem; max-width: 60rem; }
.notes li { margin: .15rem 0; }
.marks { list-style: none; padding-left: 0; color: var(--soft); font-size: .8125rem; max-width: 60rem;
  margin-bottom: .3rem; }
.marks b { font-weight: 600; color: var(--ink); display: inline-block; min-width: 1.1em; }
summary { cursor: pointer; }
code { font-size: .92em; overflow-wrap: anywhere; }
@media (max-width: 40rem) { body { padding: 1rem .8rem 3rem; } h1 { font-size: 1.35rem; } h2 { font-size: 1.1rem; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .35rem; }
  th, td { padding: .22rem .4rem; } }
@media print { @page { margin: 14mm; } :root { --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --band: #fff; }
  body { max-width: none; padding: 0; font-size: 9.5pt; } table { font-size: 7pt; } th, td { padding: 1pt 3pt; }
  a { color: inherit; text-decoration: none; } nav { border: 1px solid var(--line); }
  .wide, figure { overflow: visible; }
  details::details-content { content-visibility: visible; } summary { display: none; }
  h2 { break-after: avoid; margin-top: 1.5rem; } tr, figure, caption { break-inside: avoid; }
  thead { display: table-header-group; } figure img { max-height: 220mm; width: auto; min-width: 0; }
  .runs { display: none; } }
"""
