#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/text.h"
#include "common/config/names.h"
#include "common/config/point_label.h"
#include "common/config/task_title.h"
#include "coordinator/report/sheet.h"
#include "coordinator/report_page/axis.h"
#include "coordinator/report_page/figures.h"

namespace unmask {
namespace {

using nlohmann::json;

constexpr double kHeight = 250;
constexpr double kLeft = 40;
constexpr double kRight = 276;  // the labels of the lines stand right of it
constexpr double kTop = 34;
constexpr double kBottom = 206;
constexpr std::size_t kMostSlices = 3;

// The cells of an experiment that differ in one grid key alone.
struct Slice {
  json rest;  // the other keys
  std::vector<const ReportCell*> cells;
};

struct Bar {  // what is known of an accuracy
  double low = 0;
  double value = 0;
  double high = 0;
};

// Wilson's interval of one seed; mean and standard deviation of several.
std::optional<Bar> BarOf(const TableCell& cell) {
  const CellSummary summary = Summarise(cell);
  if (!summary.accuracy) return std::nullopt;
  const double value = summary.accuracy->mean;
  if (summary.pooled) return Bar{summary.pooled->wilson_low, value, summary.pooled->wilson_high};
  const double deviation = summary.accuracy->deviation.value_or(0);
  return Bar{value - deviation, value, value + deviation};
}

// As it is drawn: of several seeds a bar may leave what an accuracy can be.
Bar Clamped(const Bar& bar) { return {std::max(0.0, bar.low), bar.value, std::min(1.0, bar.high)}; }

std::vector<Slice> SlicesOf(const ReportData& data, const std::string& experiment,
                            const std::string& key) {
  std::map<json, Slice> slices;
  for (const ReportCell& cell : data.cells) {
    if (cell.experiment != experiment || !cell.point.contains(key)) continue;
    json rest = cell.point;
    rest.erase(key);
    Slice& slice = slices[rest];
    slice.rest = rest;
    slice.cells.push_back(&cell);
  }
  std::vector<Slice> found;
  for (auto& [rest, slice] : slices) {
    if (slice.cells.size() > 1) found.push_back(std::move(slice));
  }
  std::ranges::stable_partition(found, [](const Slice& slice) {  // the study's own first
    return std::ranges::any_of(slice.cells, [](const ReportCell* cell) { return cell->own; });
  });
  return found;
}

std::string RestText(const json& rest) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : rest.items()) {
    parts.push_back(key.substr(key.rfind('.') + 1) + " " + PointValue(value));
  }
  return Join(parts, ", ");
}

const Published& PublishedOf(const ReportCell& cell, Task task) {
  static const Published kNone;
  const auto at = cell.published.find(task);
  return at == cell.published.end() ? kNone : at->second;
}

// The range of one task over all slices, so that its panels compare.
Axis AccuracyAxis(const std::vector<Slice>& slices, Task task) {
  double low = 1;
  double high = 0;
  for (const Slice& slice : slices) {
    for (const ReportCell* cell : slice.cells) {
      const auto at = cell->tasks.find(task);
      const auto bar = at == cell->tasks.end() ? std::nullopt : BarOf(at->second);
      if (bar) low = std::min(low, bar->low);
      if (bar) high = std::max(high, bar->high);
      for (const PublishedAccuracy& published : PublishedOf(*cell, task)) {
        low = std::min(low, published.accuracy);
        high = std::max(high, published.accuracy);
      }
    }
  }
  if (low > high) return {0, 1, kBottom, kTop};
  return {std::max(0.0, low - 0.01), std::min(1.0, high + 0.01), kBottom, kTop};
}

struct LineLabel {
  SvgPoint end;  // of the line
  std::string text;
  std::string css;
};

class GridPanel {
 public:
  GridPanel(const Slice& slice, std::string key, Task task, const Axis& accuracy)
      : slice_(slice),
        key_(std::move(key)),
        task_(task),
        y_(accuracy),
        x_(KeyValues(), kLeft + 14, kRight - 12) {}

  Panel Draw() {
    DrawFrame();
    DrawPublished();
    DrawCells();
    LabelLines();
    Panel panel{kPanelWidth, kHeight, Heading(), std::move(svg_)};
    panel.label =
        "Accuracy of " + slice_.cells.front()->experiment + ", " + Heading() + " over " + key_;
    return panel;
  }

 private:
  std::vector<json> KeyValues() const {
    std::vector<json> values;
    values.reserve(slice_.cells.size());
    for (const ReportCell* cell : slice_.cells) values.push_back(cell->point.at(key_));
    return values;
  }

  std::string Heading() const {
    const std::string rest = RestText(slice_.rest);
    return std::string(TaskTitle(task_)) + (rest.empty() ? "" : ", " + rest);
  }

  const char* Css() const { return task_ == Task::kTer ? "ter" : "der"; }

  void DrawFrame() {
    svg_.Text({0, 14}, Heading(), {.css = "strong", .room = kPanelWidth});
    const double room =
        x_.numeric() ? 0 : (kRight - kLeft) / static_cast<double>(x_.ticks().size()) - 6;
    DrawAxes({.left = kLeft,
              .right = kRight,
              .bottom = kBottom,
              .title = 34,
              .label_room = room,
              .floor = true},
             x_.ticks(), y_.ticks(), x_.Title(key_), svg_);
  }

  // A line for each label, from whatever tables.
  void DrawPublished() {
    std::map<std::string, std::vector<SvgPoint>> lines;
    for (const ReportCell* cell : slice_.cells) {
      for (const PublishedAccuracy& published : PublishedOf(*cell, task_)) {
        lines[published.label].push_back({x_.At(cell->point.at(key_)), y_.At(published.accuracy)});
      }
    }
    for (auto& [label, line] : lines) {
      std::ranges::stable_sort(line, {}, &SvgPoint::x);
      if (x_.numeric()) svg_.Path(line, "pub-line");
      for (const SvgPoint& point : line) svg_.Diamond(point, 3.6, "pub", label);
      labels_.push_back({line.back(), label, "muted"});
    }
  }

  void DrawCells() {
    std::vector<std::pair<SvgPoint, const ReportCell*>> dots;
    std::vector<Tick> counts;
    for (const ReportCell* cell : slice_.cells) {
      const auto at = cell->tasks.find(task_);
      if (at == cell->tasks.end()) continue;
      const double x = x_.At(cell->point.at(key_));
      const auto bar = BarOf(at->second);
      if (!bar) {
        counts.push_back({x, FoldsText(at->second)});
        continue;
      }
      const Bar drawn = Clamped(*bar);
      svg_.Line({x, y_.At(drawn.low)}, {x, y_.At(drawn.high)},
                Css() + std::string("-line whisker"));
      dots.emplace_back(SvgPoint{x, y_.At(bar->value)}, cell);
    }
    DrawCounts(std::move(counts));
    if (dots.empty()) return;
    std::ranges::sort(dots, {}, [](const auto& dot) { return dot.first.x; });
    std::vector<SvgPoint> line;
    line.reserve(dots.size());
    for (const auto& [point, cell] : dots) line.push_back(point);
    if (x_.numeric()) svg_.Path(line, Css() + std::string("-line"));
    leaky_ = std::ranges::all_of(dots, [](const auto& dot) { return dot.second->leaky; });
    for (const auto& [point, cell] : dots) {
      const Bar bar = Clamped(*BarOf(cell->tasks.at(task_)));
      svg_.Dot(point, 3.4, Css(), cell->label + ": " + FormatFigure(bar.value));
      if (leaky_ || !cell->leaky) continue;
      svg_.Text({point.x, y_.At(bar.high) - 5}, kLeakyMark,
                {.css = "bad-text", .anchor = Anchor::kMiddle});
    }
    const std::string css = leaky_ ? "bad-text" : Css() + std::string("-text");
    labels_.push_back({line.back(), leaky_ ? kLeakyMark : "this run", css});
  }

  // What would touch its left neighbour stands above it.
  void DrawCounts(std::vector<Tick> counts) {
    std::ranges::sort(counts, {}, &Tick::at);
    std::vector<double> ends;  // of the rows of text, from below
    for (const Tick& count : counts) {
      const double half = TextWidth(count.label) / 2;
      std::size_t row = 0;
      while (row < ends.size() && ends[row] + 4 > count.at - half) ++row;
      if (row == ends.size()) ends.emplace_back();
      ends[row] = count.at + half;
      svg_.Text({count.at, kBottom - 6 - 13 * static_cast<double>(row)}, count.label,
                {.css = "muted", .anchor = Anchor::kMiddle});
    }
  }

  // Right of the panel, or, where a line ends before it, beside its last point.
  void LabelLines() {
    std::vector<double> wanted;
    wanted.reserve(labels_.size());
    for (const LineLabel& label : labels_) wanted.push_back(label.end.y);
    const std::vector<double> places = SpreadLabels(wanted, 14, kTop, kBottom);
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const LineLabel& label = labels_[i];
      const bool inside = label.end.x < x_.ticks().back().at;
      const double x = inside ? label.end.x + 8 : kRight + 4;
      const std::string css = label.css + (inside ? " over-lines" : "");
      svg_.Text({x, places[i] + 4}, label.text, {.css = css, .room = kPanelWidth - x});
    }
  }

  const Slice& slice_;
  std::string key_;
  Task task_;
  Axis y_;
  GridValues x_;
  Svg svg_;
  std::vector<LineLabel> labels_;
  bool leaky_ = false;  // all of the line, so it is said once, at its end
};

void AddNumbers(const std::vector<Slice>& slices, const std::string& key, CsvLines& csv) {
  for (const Slice& slice : slices) {
    for (const ReportCell* cell : slice.cells) {
      for (const auto& [task, figures] : cell->tasks) {
        const auto bar = BarOf(figures);
        const auto real = [](std::optional<double> value) {
          return value ? ShortestReal(*value) : std::string();
        };
        const auto add = [&](const std::string& published, const std::string& label) {
          csv.Add({cell->experiment, cell->point.dump(), key, PointValue(cell->point.at(key)),
                   std::string(Name(task)), LeakyMark(*cell), FoldsText(figures),
                   std::to_string(figures.seeds.size()),
                   real(bar ? std::optional(bar->value) : std::nullopt),
                   real(bar ? std::optional(bar->low) : std::nullopt),
                   real(bar ? std::optional(bar->high) : std::nullopt), published, label});
        };
        const Published& published = PublishedOf(*cell, task);
        for (const auto& [label, accuracy] : published) add(ShortestReal(accuracy), label);
        if (published.empty()) add("", "");
      }
    }
  }
}

std::vector<std::string> NotesOf(const std::vector<Slice>& slices) {
  bool several_seeds = false;
  std::set<std::string> published;
  bool incomplete = false;
  for (const Slice& slice : slices) {
    for (const ReportCell* cell : slice.cells) {
      for (const auto& [task, values] : cell->published) {
        for (const PublishedAccuracy& value : values) published.insert(value.label);
      }
      for (const auto& [task, figures] : cell->tasks) {
        several_seeds |= figures.seeds.size() > 1;
        incomplete |= !Summarise(figures).accuracy;
      }
    }
  }
  std::vector<std::string> notes;
  notes.emplace_back(several_seeds ? "Bars: mean ± standard deviation over the seeds."
                                   : "Bars: Wilson 95 % intervals. Where they overlap widely, the "
                                     "order of the points says little.");
  if (!published.empty()) {
    notes.push_back(fmt::format("Diamonds: {}, as published.", fmt::join(published, ", ")));
  }
  if (incomplete) notes.emplace_back("Points with folds missing show how many are done.");
  if (slices.size() > kMostSlices) {
    notes.push_back(DrawnText(kMostSlices, slices.size(), "lines through the grid"));
  }
  return notes;
}

Figure FigureOf(const std::string& experiment, const std::string& key, std::vector<Slice> slices) {
  Figure figure;
  figure.id = FileNameOf("accuracy-" + experiment + "-" + key);
  figure.title = "Accuracy over " + key + ", " + experiment;
  figure.notes = NotesOf(slices);
  CsvLines csv({"experiment", "point", "key", "value", "task", "leaky", "folds", "seeds",
                "accuracy", "low", "high", "published", "published_label"});
  AddNumbers(slices, key, csv);
  figure.csv = std::move(csv).text();
  slices.resize(std::min(slices.size(), kMostSlices));
  for (const Slice& slice : slices) {
    for (const Task task : kTasks) {
      if (!slice.cells.front()->tasks.contains(task)) continue;
      figure.panels.push_back(GridPanel(slice, key, task, AccuracyAxis(slices, task)).Draw());
    }
  }
  return figure;
}

}  // namespace

std::vector<Figure> GridFigures(const ReportData& data) {
  std::map<std::string, std::set<std::string>> keys;  // by experiment
  for (const ReportCell& cell : data.cells) {
    for (const auto& [key, value] : cell.point.items()) keys[cell.experiment].insert(key);
  }
  std::vector<Figure> figures;
  for (const auto& [experiment, names] : keys) {
    for (const std::string& key : names) {
      std::vector<Slice> slices = SlicesOf(data, experiment, key);
      if (!slices.empty()) figures.push_back(FigureOf(experiment, key, std::move(slices)));
    }
  }
  return figures;
}

}  // namespace unmask
