#include "coordinator/report_page/style.h"

#include <fmt/format.h>

#include <array>

namespace unmask {
namespace {

struct Colour {
  const char* selectors;
  const char* property;
  const char* light;
  const char* dark;
};

// On its paper text has a contrast of 4.5 and more, lines and bars of 3. Blue, orange and c0 to c5
// are told apart by people who see few colours (Machado et al. 2009: dE of 20 and more).
constexpr auto kFigureColours = std::to_array<Colour>({
    {".paper", "fill", "#ffffff", "#15181b"},
    {".figure text", "fill", "#1c1e21", "#e4e6e9"},
    {".figure .muted", "fill", "#5a6068", "#a2a8b0"},
    {".figure .bad-text", "fill", "#b3261e", "#ff8a80"},
    {".figure .ter-text", "fill", "#1a5bb5", "#82b4ff"},
    {".figure .der-text", "fill", "#a34a08", "#f2a566"},
    {".figure .over", "fill", "#ffffff", "#0d1013"},
    {".figure .over-lines", "stroke", "#ffffff", "#15181b"},
    {".figure .on-heat", "fill", "#000000", "#e4e6e9"},
    {".figure .over-heat", "fill", "#ffffff", "#ffffff"},
    {".grid", "stroke", "#e6e9ec", "#2a2e33"},
    {".axis", "stroke", "#9aa1a9", "#5d646c"},
    {".ter-line", "stroke", "#1f66c7", "#79b0ff"},
    {".der-line", "stroke", "#bb560a", "#f0a15e"},
    {".pub-line, .plain-line", "stroke", "#7b828b", "#949ba3"},
    {".ter", "fill", "#1f66c7", "#79b0ff"},
    {".der", "fill", "#bb560a", "#f0a15e"},
    {".pub", "stroke", "#6a7179", "#a2a8b0"},
    {".pub", "fill", "#ffffff", "#15181b"},
    {".rest", "fill", "#8f959c", "#62666c"},
    {".heat", "fill", "#15509c", "#2f6fc4"},
    {".hole", "stroke", "#8f959c", "#6a7078"},
    {".frame", "stroke", "#8f959c", "#6a7078"},
    {".work", "fill", "#5b8fcf", "#4a78b0"},
    {".failed", "fill", "#c4271d", "#ff7468"},
    {".lost", "fill", "#c98500", "#ffc44d"},
    {".yielded", "fill", "#8f959c", "#7b828b"},
    {".running", "stroke", "#1f66c7", "#79b0ff"},
    {".c0", "stroke", "#1f66c7", "#79b0ff"},
    {".c1", "stroke", "#bb560a", "#f0a15e"},
    {".c2", "stroke", "#2d905d", "#63cf97"},
    {".c3", "stroke", "#771a89", "#ab6fb9"},
    {".c4", "stroke", "#8a0040", "#ffc6fe"},
    {".c5", "stroke", "#626772", "#a7b1b9"},
    {".marker", "fill", "#ffffff", "#15181b"},
});

constexpr const char* kFigureShapes =
    R"(.figure { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-size: 11px; }
.figure text { stroke: none; font-variant-numeric: tabular-nums; }
.figure .heading { font-size: 13px; font-weight: 600; }
.figure .strong { font-weight: 600; }
.figure .over-lines { paint-order: stroke; stroke-width: 3px; }
.grid, .axis { stroke-width: 1; }
.ter-line, .der-line, .pub-line, .plain-line, .c0, .c1, .c2, .c3, .c4, .c5 { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.pub-line, .dashed { stroke-width: 1.1; stroke-dasharray: 4 3; }
.whisker { stroke-width: 1.2; }
.thin { stroke-width: 0.7; }
.pub { stroke-width: 1.3; }
.hole { fill: none; stroke-dasharray: 2 2; }
.frame { fill: none; stroke-width: 0.6; }
.running { fill: none; stroke-width: 1; }
)";

std::string Rules(bool dark) {
  std::string rules;
  for (const Colour& colour : kFigureColours) {
    rules += fmt::format("{} {{ {}: {}; }}\n", colour.selectors, colour.property,
                         dark ? colour.dark : colour.light);
  }
  return rules;
}

constexpr const char* kPage =
    R"(.summary { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 0.4rem 1.6rem; margin: 1rem 0; padding: 0; list-style: none; font-size: inherit; color: inherit; }
.summary span { display: block; }
.summary b { font-weight: 400; font-size: 1.05rem; overflow-wrap: anywhere; }
.summary span, figcaption p, .files, nav, .quiet { color: light-dark(#5a6068, #a2a8b0); font-size: 0.87rem; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 3rem 0 0.5rem; padding-top: 0.6rem; border-top: 1px solid light-dark(#ccd0d5, #3a3e44); }
h3 { font-size: 1.05rem; margin: 0 0 0.2rem; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; padding: 0; list-style: none; font-size: inherit; }
a { color: light-dark(#1a5bb5, #82b4ff); }
.warning { border-left: 4px solid light-dark(#b3261e, #ff8a80); padding: 0.2rem 0.8rem; margin: 0.8rem 0; }
figure { margin: 1.6rem 0 2.2rem; }
figcaption p { margin: 0 0 0.2rem; max-width: 52rem; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 0.1rem 1.2rem; padding: 0; margin: 0.3rem 0 0; list-style: none; font-size: 0.87rem; }
.legend svg { vertical-align: -1px; margin-right: 0.35rem; }
.panels { display: flex; flex-wrap: wrap; gap: 1rem 1.4rem; align-items: flex-start; margin-top: 0.6rem; }
.panels svg { max-width: 100%; height: auto; display: block; }
.scroll { overflow-x: auto; max-width: 100%; }
.files { margin: 0.3rem 0 0; }
.files a { margin-right: 0.8rem; }
caption { position: sticky; left: 0; max-width: calc(100vw - 2.5rem); }
tbody th[scope=row]:first-child, table:not(.list) thead tr:first-child > :first-child { position: sticky; left: 0; background: light-dark(#fff, #16181b); }
tbody th[scope=rowgroup] span { position: sticky; left: 0.7rem; }
@media (max-width: 45rem) {
  tbody th[scope=row]:has(+ th[scope=row]), th[scope=row] + th[scope=row] { box-sizing: border-box; min-width: 5.5rem; max-width: 5.5rem; }
  tbody th[scope=row] + th[scope=row] { position: sticky; left: 5.5rem; background: light-dark(#fff, #16181b); }
}
.facts { width: auto; max-width: 100%; }
.facts th { min-width: 0; padding-right: 1.5rem; vertical-align: top; overflow-wrap: normal; }
.facts td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.list td, .list th { text-align: left; font-size: 0.87rem; }
.list td { min-width: 8.5rem; vertical-align: top; white-space: normal; overflow-wrap: anywhere; }
pre { background: light-dark(#f4f5f7, #1e2226); padding: 0.8rem; font-size: 0.8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; margin: 0.8rem 0; }
footer { margin: 3rem 0 1rem; }
@media print {
  :root { color-scheme: light; }
  body { max-width: none; margin: 0; font-size: 11px; }
  nav, .files { display: none; }
  figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll, .wide { overflow: visible; }
  .panels svg { min-width: 0 !important; }
}
)";

}  // namespace

std::string StyleOfFigures() {
  return std::string(kFigureShapes) + Rules(false) +
         "@media screen and (prefers-color-scheme: dark) {\n" + Rules(true) + "}\n";
}

std::string StyleOfPage() { return kPage; }

}  // namespace unmask
