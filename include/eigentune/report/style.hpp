#pragma once

#include <eigentune/report/palette.hpp>

#include <string>

namespace eigentune {

/// The style sheet of a report: light or dark as the system says or the reader chooses, one column on a phone, and
/// black on white in print.
inline std::string report_style() {
  std::string style = ":root{color-scheme:light dark;" + palette_variables(false) + "}\n";
  style += "@media(prefers-color-scheme:dark){:root:not([data-theme=light]){" + palette_variables(true) + "}}\n";
  style += ":root[data-theme=dark]{color-scheme:dark;" + palette_variables(true) + "}\n";
  style += ":root[data-theme=light]{color-scheme:light}\n";
  style += R"(*{box-sizing:border-box}
html{scroll-padding-top:4rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}
header,main{max-width:1360px;margin:0 auto;padding:0 16px}
header{padding-top:16px}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.3rem;line-height:1.25;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:1.1rem 0 .5rem}
p{margin:.25rem 0;max-width:75ch}
a{color:var(--link)}
code,pre{font-family:ui-monospace,monospace;font-size:.92em}
.question{font-size:1.1rem}
.notes{color:var(--soft);white-space:pre-line}
.facts{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin:.6rem 0 0;padding:.5rem .75rem;background:var(--surface);border:1px solid var(--grid);border-radius:8px}
.facts div{display:flex;gap:.4rem}
dt{color:var(--soft);white-space:nowrap}
dd{margin:0;font-weight:600}
main>section:first-child h2{margin-top:1rem}
.findings{list-style:none;margin:0;padding:0;display:grid;gap:10px;grid-template-columns:repeat(auto-fill,minmax(min(100%,25rem),1fr))}
.finding{padding:.6rem .8rem;background:var(--surface);border:1px solid var(--grid);border-left:5px solid var(--tone);border-radius:6px;break-inside:avoid}
.verdict{margin-right:.25rem;white-space:nowrap;color:var(--tone);font-weight:700}
.verdict svg{width:1.1em;height:1.1em;margin-right:.35rem;vertical-align:-.15em}
.verdict .cut,.verdict .ink{fill:none;stroke:var(--surface);stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}
.verdict .ink{stroke:currentColor}
.problem{--tone:var(--infeasible)}
.cannot-say{--tone:var(--soft)}
.note{--tone:var(--link)}
.good{--tone:var(--good)}
.asked{color:var(--soft)}
.next{margin:.4rem 0;padding:.3rem .6rem;background:var(--wash);border-radius:4px}
.evidence{color:var(--soft);font-size:.875rem}
details summary{cursor:pointer}
.sections,.plots{display:grid;gap:12px;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr))}
.sections{column-gap:24px}
.sections>.wide{grid-column:1/-1}
section{min-width:0}
figure{margin:0;padding:8px;background:var(--surface);border:1px solid var(--grid);border-radius:8px;break-inside:avoid;min-width:0}
figcaption{display:flex;gap:.5rem;align-items:flex-start;justify-content:space-between;padding:0 4px;font-weight:600;line-height:1.3}
figcaption div{display:flex;flex:none;gap:.25rem}
.plot{display:block;width:100%;height:auto;max-width:560px}
.plot [data-trial]{cursor:pointer}
.scroll{overflow:auto;max-height:80vh;background:var(--surface);border:1px solid var(--grid);border-radius:8px}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
caption{padding:.5rem .75rem;text-align:left;color:var(--soft)}
th,td{padding:.25rem .75rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid)}
.words-cell{text-align:left}
td.reason{white-space:normal;min-width:22rem;text-align:left}
thead th{position:sticky;top:0;background:var(--wash);vertical-align:bottom}
thead button{font:inherit;font-weight:700;border:0;padding:0;background:none;color:inherit;text-align:inherit}
th[aria-sort=ascending] button::after{content:" \25B2"}
th[aria-sort=descending] button::after{content:" \25BC"}
tbody tr:hover{background:var(--wash)}
tbody tr:target,tbody tr.highlighted{background:var(--wash);box-shadow:inset 4px 0 var(--highlight)}
pre{padding:.75rem;overflow:auto;background:var(--surface);border:1px solid var(--grid);border-radius:8px}
button,input{font:inherit;font-size:.875rem;color:var(--text);background:var(--surface);border:1px solid var(--axis);border-radius:5px;padding:.1rem .5rem}
button{cursor:pointer}
input{width:6rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.tools{position:sticky;bottom:0;z-index:2;display:flex;flex-wrap:wrap;gap:.4rem .75rem;align-items:center;padding:.4rem 16px;background:var(--surface);border-top:1px solid var(--axis);font-size:.875rem}
.tools output{flex:1 1 14rem;max-height:3.2em;overflow:auto}
.tools label{display:flex;gap:.4rem;align-items:center}
.highlights{color:var(--highlight)}
.highlights path{fill:none;stroke:currentColor;stroke-width:3.5;stroke-opacity:1;pointer-events:none}
.highlights circle{fill:currentColor;stroke:var(--text);stroke-width:1.5;pointer-events:none}
footer{margin:2rem 0 1rem;color:var(--soft);font-size:.875rem}
@media(max-width:600px){figure{padding:6px 3px}header,main{padding:0 10px}header{padding-top:10px}.tools{padding:.4rem 10px}}
)";
  style += "@media print{:root,:root:not([data-theme=light]),:root[data-theme=dark]{color-scheme:light;" +
           palette_variables(false) +
           "--page:#fff}\n"
           "body{font-size:11pt}header,main{max-width:none;padding:0}.tools,figcaption button{display:none}"
           ".scroll{overflow:visible;max-height:none;border:0}thead th{position:static}th,td{white-space:normal}"
           ".plots{grid-template-columns:1fr 1fr}a{color:inherit;text-decoration:none}}\n";
  return style + plot_style();
}

}  // namespace eigentune
