#include "coordinator/report_page/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "common/base/text.h"
#include "coordinator/report/escape.h"
#include "coordinator/report_page/glyph_width.h"

namespace unmask {
namespace {

// Hundredths of a pixel are enough, and "-0" is 0.
std::string Number(double value) { return ShortestReal(std::round(value * 100) / 100 + 0.0); }

std::string ClassOf(std::string_view css) {
  return css.empty() ? std::string() : fmt::format(" class=\"{}\"", css);
}

std::string_view Name(Anchor anchor) {
  if (anchor == Anchor::kMiddle) return " text-anchor=\"middle\"";
  return anchor == Anchor::kEnd ? " text-anchor=\"end\"" : "";
}

// The length in bytes of the character that starts with `byte`, in well-formed UTF-8.
std::size_t CharacterBytes(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value < 0x80 ? 1 : value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
}

bool IsBold(std::string_view css) { return css == "strong" || css == "heading"; }  // style.cc

}  // namespace

void Svg::Close(std::string_view element, std::string_view tip) {
  if (tip.empty()) {
    body_ += "/>\n";
  } else {
    body_ += "><title>" + EscapeHtml(tip) + fmt::format("</title></{}>\n", element);
  }
}

void Svg::Line(SvgPoint from, SvgPoint to, std::string_view css) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>\n", Number(from.x),
                       Number(from.y), Number(to.x), Number(to.y), ClassOf(css));
}

void Svg::Rect(const SvgBox& box, std::string_view css, std::string_view tip, double opacity) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}", Number(box.x),
                       Number(box.y), Number(std::max(0.0, box.width)),
                       Number(std::max(0.0, box.height)), ClassOf(css));
  if (opacity < 1) body_ += fmt::format(" fill-opacity=\"{}\"", Number(opacity));
  Close("rect", tip);
}

void Svg::Dot(SvgPoint at, double radius, std::string_view css, std::string_view tip) {
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}", Number(at.x), Number(at.y),
                       Number(radius), ClassOf(css));
  Close("circle", tip);
}

void Svg::Diamond(SvgPoint at, double radius, std::string_view css, std::string_view tip) {
  body_ += fmt::format("<path d=\"M{} {}l{} {}l{} {}l{} {}z\"{}", Number(at.x),
                       Number(at.y - radius), Number(radius), Number(radius), Number(-radius),
                       Number(radius), Number(-radius), Number(-radius), ClassOf(css));
  Close("path", tip);
}

void Svg::Marker(SvgPoint at, std::size_t shape, std::string_view css, std::string_view tip) {
  static constexpr std::array<const char*, kMarkers> kShapes = {
      "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z", "m-3 -3h6v6h-6z",       "m0 -4l4 7h-8z",
      "m0 -4.4l4.4 4.4l-4.4 4.4l-4.4 -4.4z", "m-3 -3l6 6m0 -6l-6 6", "m0 4l4 -7h-8z"};
  body_ += fmt::format("<path d=\"M{} {}{}\"{}", Number(at.x), Number(at.y),
                       kShapes[shape % kMarkers], ClassOf(css));
  Close("path", tip);
}

void Svg::Path(const std::vector<SvgPoint>& points, std::string_view css) {
  if (points.size() < 2) return;
  body_ += fmt::format("<path{} d=\"M", ClassOf(css));
  for (std::size_t i = 0; i < points.size(); ++i) {
    body_ += fmt::format("{}{} {}", i == 0 ? "" : "L", Number(points[i].x), Number(points[i].y));
  }
  body_ += "\"/>\n";
}

void Svg::Text(SvgPoint at, std::string_view text, const TextStyle& style) {
  const std::string whole = std::string(text) + std::string(style.tail);
  const double room = style.css == "heading" ? style.room * kFontSize / kHeadingSize : style.room;
  const std::string shown =
      room > 0 ? FitText(VisibleText(text), VisibleText(style.tail), room, IsBold(style.css))
               : VisibleText(whole);
  body_ += fmt::format("<text x=\"{}\" y=\"{}\"{}{}", Number(at.x), Number(at.y),
                       ClassOf(style.css), Name(style.anchor));
  if (style.angle != 0) {
    body_ += fmt::format(" transform=\"rotate({} {} {})\"", Number(style.angle), Number(at.x),
                         Number(at.y));
  }
  body_ += ">" + EscapeHtml(shown);
  if (shown != VisibleText(whole)) {
    body_ += "<title>" + EscapeHtml(whole) + "</title>";
  }
  body_ += "</text>\n";
}

double TextWidth(std::string_view text, bool bold) {
  double width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t bytes = CharacterBytes(text[i]);
    width += GlyphWidth(text.substr(i, bytes), bold);
    i += bytes;
  }
  return width * kFontSize;
}

double LabelRoom(const std::vector<std::string>& texts, double margin, double least, double most) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, TextWidth(VisibleText(text)));
  return std::clamp(width + margin, least, most);
}

std::string FitText(std::string_view text, double room, bool bold) {
  if (TextWidth(text, bold) <= room) return std::string(text);
  const double left = room - TextWidth("…", bold);
  std::string fitted;
  double width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view character = text.substr(i, CharacterBytes(text[i]));
    width += TextWidth(character, bold);
    if (width > left) break;
    fitted += character;
    i += character.size();
  }
  return fitted + "…";
}

std::string FitText(std::string_view text, std::string_view tail, double room, bool bold) {
  constexpr double kLeast = 40;  // of the text
  const double behind = TextWidth(tail, bold);
  std::string fitted = FitText(text, tail.empty() ? room : std::max(room - behind, kLeast), bold);
  if (TextWidth(fitted, bold) + behind <= room) return fitted + std::string(tail);
  if (!fitted.ends_with("…")) fitted += "…";
  while (!tail.empty() && TextWidth(fitted, bold) + TextWidth(tail, bold) > room) {
    tail.remove_prefix(std::min(tail.size(), CharacterBytes(tail.front())));
  }
  return fitted + std::string(tail);
}

std::string_view EndOf(std::string_view text, double room) {
  while (TextWidth(text) > room) text.remove_prefix(CharacterBytes(text.front()));
  return text;
}

std::vector<double> SpreadLabels(std::vector<double> wanted, double gap, double low, double high) {
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return wanted[i]; });
  double least = low;
  for (const std::size_t i : order) {
    wanted[i] = std::max(wanted[i], least);
    least = wanted[i] + gap;
  }
  double most = high;
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    wanted[*at] = std::min(wanted[*at], most);
    most = wanted[*at] - gap;
  }
  return wanted;
}

}  // namespace unmask
