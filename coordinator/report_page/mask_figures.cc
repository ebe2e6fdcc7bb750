#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/base/text.h"
#include "coordinator/report_page/figures.h"
#include "coordinator/report_page/mask_counts.h"
#include "coordinator/report_page/matrix_panel.h"
#include "coordinator/statistics/seed_mean.h"

namespace unmask {
namespace {

constexpr std::size_t kBarsOfPanel = 6;
constexpr std::size_t kMostBars = 18;
constexpr double kBarHeight = 20;
constexpr double kRowHeight = 58;

struct MaskedCell {
  const ReportCell* cell;
  MaskCounts counts;

  const TableCell& felt() const { return cell->tasks.at(Task::kTer); }
  // Of folds that lack no share is right.
  bool complete() const { return IsComplete(felt()); }
  // Seeds are never pooled.
  std::optional<Interval> Wilson() const {
    if (counts.shown_shares.size() > 1 || !complete()) return std::nullopt;
    return WilsonInterval(counts.shown, counts.Total());
  }
};

double Share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// What is right and what the mask took; own cells first, so that they are drawn where not all are.
std::vector<MaskedCell> CountCells(const ReportData& data) {
  const MaskCounter counter(data);
  std::vector<MaskedCell> cells;
  for (const ReportCell& cell : data.cells) {
    auto counts = counter.Count(cell);
    if (counts) cells.push_back({&cell, std::move(*counts)});
  }
  return cells;
}

std::string ShownText(const MaskedCell& masked) {
  const MaskCounts& counts = masked.counts;
  if (const auto interval = masked.Wilson()) {
    return fmt::format("shown: {}/{}, 95 % {:.1f}–{:.1f} %", counts.shown, counts.Total(),
                       100 * interval->low, 100 * interval->high);
  }
  const SeedMean mean = MeanOverSeeds(counts.shown_shares);
  return fmt::format("shown: {:.1f} ± {:.1f} % over {} seeds", 100 * mean.mean,
                     100 * mean.deviation.value_or(0), counts.shown_shares.size());
}

void DrawBar(const MaskedCell& masked, double y, Svg& svg) {
  const MaskCounts& counts = masked.counts;
  const std::int64_t total = counts.Total();
  const std::string folds = masked.complete() ? "" : ", " + FoldsText(masked.felt()) + " folds";
  svg.Text({0, y + 12}, masked.cell->experiment,
           {.css = masked.cell->leaky ? "bad-text" : "",
            .room = kPanelWidth,
            .tail = masked.cell->detail + folds});
  if (!masked.complete()) {
    svg.Rect({1, y + 19, kPanelWidth - 2, kBarHeight - 2}, "hole");
    return;
  }
  double x = 0;
  const auto part = [&](std::int64_t count, const char* css, const char* text_css) {
    const double width = kPanelWidth * Share(count, total);
    svg.Rect({x, y + 18, width - 1, kBarHeight}, css,
             fmt::format("{} of {} answers", count, total));
    const std::string text = Percent(Share(count, total));
    if (TextWidth(text) + 6 < width) svg.Text({x + 6, y + 32}, text, {.css = text_css});
    x += width;
  };
  part(counts.felt, "ter", "over");
  part(counts.shown, "der", "over");
  part(counts.other, "rest", "");
  svg.Text({0, y + 51},
           fmt::format("{}; by chance {}", ShownText(masked),
                       Percent(counts.shown_by_chance / static_cast<double>(total))),
           {.css = "muted", .room = kPanelWidth});
}

std::vector<Panel> BarPanels(const std::vector<MaskedCell>& cells) {
  std::vector<Panel> panels;
  const std::size_t drawn = std::min(cells.size(), kMostBars);
  for (std::size_t first = 0; first < drawn; first += kBarsOfPanel) {
    const std::size_t count = std::min(kBarsOfPanel, drawn - first);
    Panel panel{kPanelWidth, kRowHeight * static_cast<double>(count), "", {}};
    panel.label = "Felt, shown or another emotion predicted as the true one";
    for (std::size_t i = 0; i < count; ++i) {
      panel.label += (i == 0 ? ": " : "; ") + cells[first + i].cell->label;
      DrawBar(cells[first + i], kRowHeight * static_cast<double>(i), panel.svg);
    }
    panels.push_back(std::move(panel));
  }
  return panels;
}

std::string Numbers(const std::vector<MaskedCell>& cells) {
  CsvLines csv({"experiment", "point", "leaky", "seeds", "folds", "clips", "predicted_felt",
                "predicted_shown", "predicted_other", "shown_share", "shown_share_sd",
                "shown_wilson_low", "shown_wilson_high", "shown_share_by_chance"});
  for (const MaskedCell& masked : cells) {
    const MaskCounts& counts = masked.counts;
    const std::optional<Interval> interval = masked.Wilson();
    const SeedMean mean = MeanOverSeeds(counts.shown_shares);
    const auto share = [&](double value) {
      return masked.complete() ? ShortestReal(value) : std::string();
    };
    csv.Add({masked.cell->experiment, masked.cell->point.dump(), LeakyMark(*masked.cell),
             std::to_string(counts.shown_shares.size()), FoldsText(masked.felt()),
             std::to_string(counts.Total()), std::to_string(counts.felt),
             std::to_string(counts.shown), std::to_string(counts.other), share(mean.mean),
             mean.deviation ? share(*mean.deviation) : "",
             interval ? ShortestReal(interval->low) : "",
             interval ? ShortestReal(interval->high) : "",
             share(counts.shown_by_chance / static_cast<double>(counts.Total()))});
  }
  return std::move(csv).text();
}

Figure BarFigure(const std::vector<MaskedCell>& cells) {
  Figure figure;
  figure.id = "mask";
  figure.title = "Does the prediction follow the mask?";
  figure.notes.emplace_back(
      "Of the clips whose felt and shown emotions differ: how often the predicted true emotion is "
      "the felt one, the shown (disguised) one, or another. By chance: the shown share that the "
      "same predictions would have if dealt out at random; well above it, the mask misleads.");
  figure.legend = {
      {"ter", "felt (right)"}, {"der", "shown (taken in by the mask)"}, {"rest", "another"}};
  std::vector<MaskedCell> ordered = cells;
  std::ranges::stable_partition(ordered, [](const MaskedCell& m) { return m.cell->own; });
  if (cells.size() > kMostBars) {
    figure.notes.push_back(DrawnText(kMostBars, cells.size(), "cells"));
  }
  if (!std::ranges::all_of(cells, &MaskedCell::complete)) {
    figure.notes.emplace_back("Dashed: folds are missing, so there is no share yet.");
  }
  figure.panels = BarPanels(ordered);
  figure.csv = Numbers(cells);
  return figure;
}

Figure MatrixFigure(const std::vector<MaskedCell>& cells) {
  Figure figure;
  figure.id = "mask-matrix";
  figure.title = "Shown emotion against predicted true emotion";
  figure.notes.emplace_back(
      "Only clips whose felt and shown emotions differ, so every count on the diagonal is a "
      "mistake: the mask taken for the feeling.");
  CsvLines csv({"experiment", "point", "leaky", "folds", "shown", "predicted_true", "clips"});
  for (const MaskedCell& masked : cells) {
    if (!masked.cell->own) continue;
    const ConfusionMatrix matrix = WithoutEmptyClasses(masked.counts.by_shown);
    figure.panels.push_back(MatrixPanel(matrix, {.what = figure.title,
                                                 .experiment = masked.cell->experiment,
                                                 .detail = masked.cell->detail,
                                                 .extent = ExtentText(masked.felt()),
                                                 .rows = "shown",
                                                 .columns = "predicted as true"}));
    for (std::size_t row = 0; row < matrix.classes.size(); ++row) {
      for (std::size_t column = 0; column < matrix.classes.size(); ++column) {
        csv.Add({masked.cell->experiment, masked.cell->point.dump(), LeakyMark(*masked.cell),
                 FoldsText(masked.felt()), matrix.classes[row], matrix.classes[column],
                 std::to_string(matrix.At(row, column))});
      }
    }
  }
  figure.csv = std::move(csv).text();
  return figure;
}

}  // namespace

std::vector<Figure> MaskFigures(const ReportData& data) {
  const std::vector<MaskedCell> cells = CountCells(data);
  if (cells.empty()) return {};
  return {BarFigure(cells), MatrixFigure(cells)};
}

}  // namespace unmask
