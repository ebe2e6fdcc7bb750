// Small pieces of SVG as text: what the figures of a report are drawn with. Lengths are pixels, y
// goes down. Looks come from the classes of style.h. Text of data is escaped and cut to its room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unmask {

struct SvgPoint {
  double x = 0;
  double y = 0;
};

struct SvgBox {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

enum class Anchor { kStart, kMiddle, kEnd };

// How a text is set: its classes, where its anchor is, how wide it may be (0: no limit), by how
// many degrees it is turned around its anchor, and what follows it and is cut last.
struct TextStyle {
  std::string_view css = "";
  Anchor anchor = Anchor::kStart;
  double room = 0;
  double angle = 0;
  std::string_view tail = "";
};

// Shapes that are told apart without colours.
inline constexpr std::size_t kMarkers = 6;

class Svg {
 public:
  void Line(SvgPoint from, SvgPoint to, std::string_view css);
  // `tip` is shown by a browser when the mouse rests on it.
  void Rect(const SvgBox& box, std::string_view css, std::string_view tip = "", double opacity = 1);
  void Dot(SvgPoint at, double radius, std::string_view css, std::string_view tip = "");
  void Diamond(SvgPoint at, double radius, std::string_view css, std::string_view tip = "");
  void Marker(SvgPoint at, std::size_t shape, std::string_view css, std::string_view tip = "");
  void Path(const std::vector<SvgPoint>& points, std::string_view css);
  void Text(SvgPoint at, std::string_view text, const TextStyle& style = {});

  const std::string& body() const { return body_; }

 private:
  void Close(std::string_view element, std::string_view tip);
  std::string body_;
};

inline constexpr double kFontSize = 11;     // of every text but headings (style.cc)
inline constexpr double kHeadingSize = 13;  // of those

// How wide the text is at most, of kFontSize (glyph_width.h).
double TextWidth(std::string_view text, bool bold = false);
// What the widest of the texts takes, and `margin`; within [least, most].
double LabelRoom(const std::vector<std::string>& texts, double margin, double least, double most);
// The text, or its beginning with an ellipsis, so that it fits the room.
std::string FitText(std::string_view text, double room, bool bold = false);
// The same of a text and its tail, together. Cut is where they meet: the text to a few letters,
// then the tail's beginning. What tells labels apart, and LEAKY, belongs in the tail.
std::string FitText(std::string_view text, std::string_view tail, double room, bool bold = false);
// The longest end of the text that fits the room: a tail for texts whose beginnings are alike.
std::string_view EndOf(std::string_view text, double room);

// The places of labels that should stand at `wanted` but not nearer than `gap` to one another, in
// the order given, within [low, high] where there is room.
std::vector<double> SpreadLabels(std::vector<double> wanted, double gap, double low, double high);

}  // namespace unmask
