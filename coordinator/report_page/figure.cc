#include "coordinator/report_page/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "coordinator/report/escape.h"
#include "coordinator/report_page/style.h"

namespace unmask {
namespace {

constexpr double kGap = 20;
constexpr double kFileWidth = 1150;  // of panels beside one another in a file
constexpr double kSwatch = 11;

SvgBox SwatchBox(double x, double y) { return {x + 0.5, y + 0.5, kSwatch - 1, kSwatch - 1}; }

// One after the other from `at`.
void DrawLegend(const std::vector<Swatch>& legend, SvgPoint at, Svg& svg) {
  for (const Swatch& swatch : legend) {
    svg.Rect(SwatchBox(at.x, at.y), swatch.css);
    svg.Text({at.x + kSwatch + 5, at.y + kSwatch - 1.5}, swatch.text);
    at.x += kSwatch + 5 + TextWidth(swatch.text) + kGap;
  }
}

}  // namespace

std::string FileNameOf(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, 80)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_';
    if (plain && !(name.empty() && c == '.')) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return name.empty() ? "figure" : name;
}

std::string DrawnText(std::size_t drawn, std::size_t all, std::string_view what) {
  return fmt::format("{} of {} {} are drawn; all are in the CSV.", drawn, all, what);
}

std::string FigureFile(const Figure& figure) {
  std::string body;
  double x = kGap;
  double y = figure.legend.empty() ? 40 : 60;
  double row = 0;
  double width = 0;
  for (const Panel& panel : figure.panels) {
    if (x > kGap && x + panel.width > kFileWidth) {
      x = kGap;
      y += row + kGap;
      row = 0;
    }
    body += fmt::format("<svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\n{}</svg>\n", x, y,
                        panel.width, panel.height, panel.svg.body());
    x += panel.width + kGap;
    width = std::max(width, x);
    row = std::max(row, panel.height);
  }
  width = std::max(width, 420.0);
  Svg heading;
  heading.Text({kGap, 24}, figure.title, {.css = "heading", .room = width - 2 * kGap});
  DrawLegend(figure.legend, {kGap, 36}, heading);
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
             "height=\"{1}\" class=\"figure\">\n<style>\n{2}</style>\n"
             "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
             std::ceil(width), std::ceil(y + row + kGap), StyleOfFigures()) +
         heading.body() + body + "</svg>\n";
}

std::string FigureHtml(const Figure& figure) {
  std::string out =
      "<figure id=\"" + figure.id + "\">\n<figcaption><h3>" + EscapeHtml(figure.title) + "</h3>\n";
  for (const std::string& note : figure.notes) out += "<p>" + EscapeHtml(note) + "</p>\n";
  if (!figure.legend.empty()) {
    out += "<ul class=\"legend\">";
    for (const Swatch& swatch : figure.legend) {
      Svg svg;
      svg.Rect(SwatchBox(0, 0), swatch.css);
      out += fmt::format(
          "<li><svg class=\"figure\" width=\"{0}\" height=\"{0}\" "
          "aria-hidden=\"true\">{1}</svg>{2}</li>",
          kSwatch, svg.body(), EscapeHtml(swatch.text));
    }
    out += "</ul>\n";
  }
  out += "</figcaption>\n<div class=\"panels\">\n";
  for (const Panel& panel : figure.panels) {
    const bool wide = panel.width > kPanelWidth + 4;
    if (wide) {
      out += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
             EscapeHtml(panel.label) + "\">";
    }
    out += fmt::format(
        "<svg class=\"figure{}\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\" "
        "aria-label=\"{}\"{}>\n{}</svg>{}\n",
        wide ? " wide" : "", std::ceil(panel.width), std::ceil(panel.height),
        std::ceil(panel.width), std::ceil(panel.height), EscapeHtml(panel.label),
        wide ? fmt::format(" style=\"min-width:{}px\"", std::ceil(panel.width * 0.8)) : "",
        panel.svg.body(), wide ? "</div>" : "");
  }
  return out + fmt::format(
                   "</div>\n<p class=\"files\"><a href=\"figures/{0}.svg\">SVG</a> "
                   "<a href=\"figures/{0}.csv\">CSV</a></p>\n</figure>\n",
                   figure.id);
}

void CsvLines::Add(const std::vector<std::string>& fields) {
  CsvRecord record;
  for (const std::string& field : fields) record.Text(field);
  text_ += record.Line();
}

}  // namespace unmask
