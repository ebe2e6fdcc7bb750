#include "coordinator/report_page/matrix_panel.h"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/report/escape.h"

namespace unmask {
namespace {

constexpr double kTop = 52;
constexpr double kMostLabel = 96;

std::int64_t RowSum(const ConfusionMatrix& matrix, std::size_t row) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < matrix.classes.size(); ++i) sum += matrix.At(row, i);
  return sum;
}

double LabelRoom(const std::vector<std::string>& names) {
  double room = 16;
  for (const std::string& name : names) room = std::max(room, TextWidth(VisibleText(name)) + 4);
  return std::min(room, kMostLabel);
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
  if (count == 0 || TextWidth(text) > box.width || box.height < 13) return;
  svg.Text({box.x + box.width / 2, box.y + box.height / 2 + 4}, text,
           {.css = TextOnHeat(share), .anchor = Anchor::kMiddle});
}

}  // namespace

const char* TextOnHeat(double share) { return share > 0.72 ? "over-heat" : ""; }

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
  const std::size_t count = matrix.classes.size();
  const double label = LabelRoom(matrix.classes);
  const double left = label + 6;
  const double cell = std::min(38.0, (kPanelWidth - left - 2) / static_cast<double>(count));
  const double height = std::min(cell, 27.0);
  const double bottom = kTop + height * static_cast<double>(count);
  const bool turned = label > cell - 2;
  Svg svg;
  svg.Text({0, 14}, texts.heading, {.css = "strong", .room = kPanelWidth});
  svg.Text({0, kTop - 8}, texts.rows, {.css = "muted", .room = left + 60});
  const double end = left + cell * static_cast<double>(count);
  svg.Text({std::max(end, left + 130), kTop - 8}, texts.columns + " →",
           {.css = "muted", .anchor = Anchor::kEnd});
  for (std::size_t row = 0; row < count; ++row) {
    const double y = kTop + height * static_cast<double>(row);
    if (height >= 9) {
      svg.Text({left - 6, y + height / 2 + 4}, matrix.classes[row],
               {.anchor = Anchor::kEnd, .room = label});
    }
    for (std::size_t column = 0; column < count; ++column) {
      DrawCell(matrix, row, column,
               {left + cell * static_cast<double>(column), y, cell - 1, height - 1}, svg);
    }
    if (cell < 9) continue;
    const double x = left + cell * (static_cast<double>(row) + 0.5);
    svg.Text({turned ? x + 4 : x, bottom + (turned ? 5 : 14)}, matrix.classes[row],
             {.anchor = turned ? Anchor::kEnd : Anchor::kMiddle,
              .room = label,
              .angle = turned ? -90.0 : 0});
  }
  const double below = cell < 9 ? 4 : turned ? label + 12 : 22;
  return {kPanelWidth, bottom + below, "Confusion matrix, " + texts.heading, std::move(svg)};
}

}  // namespace unmask
