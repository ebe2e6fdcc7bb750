#include "coordinator/report_page/matrix_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/text.h"

namespace unmask {
namespace {

constexpr double kTop = 60;
constexpr std::size_t kMostClasses = 60;

std::int64_t RowSum(const ConfusionMatrix& matrix, std::size_t row) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < matrix.classes.size(); ++i) sum += matrix.At(row, i);
  return sum;
}

// So that every count has room, and every label.
double LeastCell(const ConfusionMatrix& matrix) {
  const auto largest = std::ranges::max_element(matrix.counts);
  return std::max(16.0, TextWidth(std::to_string(*largest)) + 3);
}

struct ClassName {
  std::string start;  // is cut where there is no room
  std::string end;
};

// Only names that would be cut to the same text have ends.
std::vector<ClassName> NamesOf(const std::vector<std::string>& classes, double room) {
  std::map<std::string, int> alike;
  for (const std::string& name : classes) ++alike[FitText(VisibleText(name), room)];
  std::vector<ClassName> names;
  names.reserve(classes.size());
  for (const std::string& name : classes) {
    const std::string text = VisibleText(name);
    const bool clear = alike.at(FitText(text, room)) == 1;
    const std::string_view end = clear ? "" : EndOf(text, room / 2);
    names.push_back({text.substr(0, text.size() - end.size()), std::string(end)});
  }
  return names;
}

void DrawCell(const ConfusionMatrix& matrix, std::size_t row, std::size_t column, SvgBox box,
              Svg& svg) {
  const std::int64_t count = matrix.At(row, column);
  const std::int64_t sum = RowSum(matrix, row);
  const double share = sum > 0 ? static_cast<double>(count) / static_cast<double>(sum) : 0;
  svg.Rect(
      box, "heat",
      fmt::format("{} as {}: {} of {}", matrix.classes[row], matrix.classes[column], count, sum),
      share);
  const std::string text = std::to_string(count);
  if (count == 0) return;
  svg.Text({box.x + box.width / 2, box.y + box.height / 2 + 4}, text,
           {.css = TextOnHeat(share), .anchor = Anchor::kMiddle});
}

}  // namespace

const char* TextOnHeat(double share) { return share > 0.77 ? "over-heat" : "on-heat"; }

ConfusionMatrix WithoutEmptyClasses(const ConfusionMatrix& matrix) {
  std::vector<std::size_t> kept;
  ConfusionMatrix result;
  for (std::size_t i = 0; i < matrix.classes.size(); ++i) {
    std::int64_t column = 0;
    for (std::size_t row = 0; row < matrix.classes.size(); ++row) column += matrix.At(row, i);
    if (column + RowSum(matrix, i) == 0) continue;
    kept.push_back(i);
    result.classes.push_back(matrix.classes[i]);
  }
  for (const std::size_t row : kept) {
    for (const std::size_t column : kept) result.counts.push_back(matrix.At(row, column));
  }
  return result;
}

Panel MatrixPanel(const ConfusionMatrix& matrix, const MatrixTexts& texts) {
  const std::size_t count = std::min(matrix.classes.size(), kMostClasses);
  const double label = LabelRoom(matrix.classes, 4, 16, 96);
  const double left = label + 6;
  const double fitting = (kPanelWidth - left - 2) / static_cast<double>(count);
  const double cell = std::max(std::min(38.0, fitting), LeastCell(matrix));
  const double height = std::min(cell, 27.0);
  const double bottom = kTop + height * static_cast<double>(count);
  const bool turned = label > cell - 2;
  const double end = left + cell * static_cast<double>(count);
  std::string extent = texts.extent;
  if (count < matrix.classes.size()) {
    extent += fmt::format("; the first {} of {} classes, all are in the CSV", count,
                          matrix.classes.size());
  }
  Panel panel{std::max(kPanelWidth, end + 2), bottom + (turned ? label + 12 : 22), "", {}};
  panel.label = texts.what + ", " + texts.experiment + texts.detail + ", " + extent;
  Svg& svg = panel.svg;
  const std::vector<ClassName> names = NamesOf(matrix.classes, label);
  svg.Text({0, 14}, texts.experiment, {.css = "strong", .room = kPanelWidth, .tail = texts.detail});
  svg.Text({0, 29}, extent, {.css = "muted", .room = kPanelWidth});
  svg.Text({0, kTop - 8}, texts.rows + " ↓", {.css = "muted", .room = left + 60});
  svg.Text({std::max(end, left + 130), kTop - 8}, texts.columns + " →",
           {.css = "muted", .anchor = Anchor::kEnd});
  svg.Rect({left - 1, kTop - 1, end - left + 1, bottom - kTop + 1}, "frame");
  for (std::size_t row = 0; row < count; ++row) {
    const double y = kTop + height * static_cast<double>(row);
    svg.Text({left - 6, y + height / 2 + 4}, names[row].start,
             {.anchor = Anchor::kEnd, .room = label, .tail = names[row].end});
    for (std::size_t column = 0; column < count; ++column) {
      DrawCell(matrix, row, column,
               {left + cell * static_cast<double>(column), y, cell - 1, height - 1}, svg);
    }
    const double x = left + cell * (static_cast<double>(row) + 0.5);
    svg.Text({turned ? x + 4 : x, bottom + (turned ? 5 : 14)}, names[row].start,
             {.anchor = turned ? Anchor::kEnd : Anchor::kMiddle,
              .room = label,
              .angle = turned ? -90.0 : 0,
              .tail = names[row].end});
  }
  return panel;
}

}  // namespace unmask
