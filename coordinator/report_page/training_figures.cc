#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "common/config/task_title.h"
#include "coordinator/report_page/axis.h"
#include "coordinator/report_page/figures.h"
#include "sql/packed.h"

namespace unmask {
namespace {

constexpr std::size_t kMostExperiments = 4;
constexpr std::size_t kMostFolds = 30;
constexpr std::size_t kMostPoints = 90;  // of one line
constexpr double kHeight = 226;
constexpr double kLeft = 40;
constexpr double kRight = kPanelWidth - 6;
constexpr double kTop = 44;
constexpr double kBottom = 190;

using Value = double CurvePoint::*;

// What one panel shows: a task of a cell, its loss or its accuracy.
struct Shown {
  const ReportCell* cell;
  Task task;
  Value value;
  const char* name;  // "loss"
};

class TrainingPanel {
 public:
  TrainingPanel(const ReportData& data, const Shown& shown)
      : data_(data),
        shown_(shown),
        done_(DoneOf(data, *shown.cell)),
        jobs_(Some(done_)),
        x_(1, static_cast<double>(std::max<std::int64_t>(LastEpoch(), 2)), kLeft, kRight, 4, true),
        y_(ValueAxis()) {}

  Panel Draw() {
    DrawFrame();
    for (const JobRow* job : jobs_) DrawJob(*job);
    for (const SvgPoint& best : best_) svg_.Dot(best, 2.6, Css(""));
    return {kPanelWidth, kHeight, Heading() + shown_.cell->detail, std::move(svg_)};
  }

 private:
  static std::vector<const JobRow*> DoneOf(const ReportData& data, const ReportCell& cell) {
    std::vector<const JobRow*> done;
    for (const JobRow* job : cell.jobs) {
      if (data.curves.contains(job->job_key)) done.push_back(job);
    }
    return done;
  }

  // Evenly chosen where there are too many to see.
  static std::vector<const JobRow*> Some(const std::vector<const JobRow*>& done) {
    const std::size_t stride = (done.size() + kMostFolds - 1) / kMostFolds;
    std::vector<const JobRow*> some;
    for (std::size_t i = 0; i < done.size(); i += stride) some.push_back(done[i]);
    return some;
  }

  std::int64_t LastEpoch() const {
    std::int64_t last = 1;
    for (const JobRow* job : jobs_) last = std::max(last, job->epochs.value_or(1));
    return last;
  }

  template <typename Visit>
  void ForEachPoint(const JobRow& job, CurveSplit split, Visit visit) const {
    for (const CurvePoint& point : data_.curves.at(job.job_key)) {
      if (point.task == shown_.task && point.split == split) visit(point);
    }
  }

  bool HasValidation() const {
    bool found = false;
    for (const JobRow* job : jobs_) {
      ForEachPoint(*job, CurveSplit::kValidation, [&](const CurvePoint&) { found = true; });
    }
    return found;
  }

  Axis ValueAxis() const {
    double low = 1e9;
    double high = 0;
    for (const JobRow* job : jobs_) {
      for (const CurveSplit split : {CurveSplit::kTrain, CurveSplit::kValidation}) {
        ForEachPoint(*job, split, [&](const CurvePoint& point) {
          low = std::min(low, point.*shown_.value);
          high = std::max(high, point.*shown_.value);
        });
      }
    }
    if (low > high) low = high = 0;
    return {std::min(low, 0.0), high, kBottom, kTop};
  }

  std::string Css(const char* suffix) const {
    return (shown_.task == Task::kTer ? "ter" : "der") + std::string(suffix);
  }
  std::string Heading() const {
    return fmt::format("{} {}: {}", TaskTitle(shown_.task), shown_.name, shown_.cell->experiment);
  }

  void DrawFrame() {
    svg_.Text({0, 14}, Heading(),
              {.css = "strong", .room = kPanelWidth, .tail = shown_.cell->detail});
    svg_.Text({0, 30}, "training", {.css = "muted"});
    if (HasValidation()) {
      svg_.Text({50, 30}, "validation, chosen epoch ●", {.css = Css("-text")});
    } else {
      svg_.Text({50, 30}, "no validation: the last weights", {.css = "muted"});
    }
    if (jobs_.size() < done_.size()) {
      svg_.Text({kRight, 30}, fmt::format("{} of {} lines", jobs_.size(), done_.size()),
                {.css = "muted", .anchor = Anchor::kEnd});
    }
    DrawAxes({.left = kLeft, .right = kRight, .bottom = kBottom, .labels = 15, .title = 31},
             x_.ticks(), y_.ticks(), "epoch", svg_);
  }

  void DrawJob(const JobRow& job) {
    for (const CurveSplit split : {CurveSplit::kTrain, CurveSplit::kValidation}) {
      std::vector<SvgPoint> line;
      ForEachPoint(job, split, [&](const CurvePoint& point) {
        line.push_back({x_.At(static_cast<double>(point.epoch + 1)), y_.At(point.*shown_.value)});
        const bool chosen = split == CurveSplit::kValidation && point.epoch == job.best_epoch;
        if (chosen) best_.push_back(line.back());
      });
      svg_.Path(Thinned(line), split == CurveSplit::kTrain ? "plain-line thin" : Css("-line thin"));
    }
  }

  static std::vector<SvgPoint> Thinned(const std::vector<SvgPoint>& line) {
    const std::size_t stride = line.size() / kMostPoints + 1;
    std::vector<SvgPoint> thinned;
    for (std::size_t i = 0; i < line.size(); i += stride) thinned.push_back(line[i]);
    if (stride > 1 && !line.empty()) thinned.push_back(line.back());
    return thinned;
  }

  const ReportData& data_;
  Shown shown_;
  std::vector<const JobRow*> done_;
  std::vector<const JobRow*> jobs_;  // those that are drawn
  Axis x_;
  Axis y_;
  Svg svg_;
  std::vector<SvgPoint> best_;
};

void AddNumbers(const ReportData& data, const ReportCell& cell, CsvLines& csv) {
  for (const JobRow* job : cell.jobs) {
    const auto at = data.curves.find(job->job_key);
    if (at == data.curves.end()) continue;
    for (const CurvePoint& point : at->second) {
      csv.Add({cell.experiment, cell.point.dump(), LeakyMark(cell), std::to_string(job->seed),
               job->held_out, point.task == Task::kTer ? "ter" : "der",
               std::string(Name(point.split)), std::to_string(point.epoch + 1),
               ShortestReal(point.loss), ShortestReal(point.accuracy),
               point.epoch == job->best_epoch ? "1" : "0"});
    }
  }
}

bool HasCurves(const ReportData& data, const ReportCell& cell) {
  return std::ranges::any_of(cell.jobs,
                             [&](const JobRow* job) { return data.curves.contains(job->job_key); });
}

}  // namespace

std::vector<Figure> TrainingFigures(const ReportData& data) {
  Figure figure;
  figure.id = "training";
  figure.title = "Training";
  figure.notes.emplace_back(
      "One line a fold and seed, until it stopped; where it says \"20 of 40 lines\", some of them: "
      "all are in the CSV. The held-out subject predicts with the weights of the chosen epoch. A "
      "validation set of one subject is small: its curve is coarse and the choice of the epoch "
      "noisy. Epochs count from 1, here and in the CSV (in the store from 0).");
  CsvLines csv({"experiment", "point", "leaky", "seed", "held_out", "task", "split", "epoch",
                "loss", "accuracy", "chosen"});
  std::size_t drawn = 0;
  std::size_t experiments = 0;
  for (const ReportCell& cell : data.cells) {
    if (!cell.own || !HasCurves(data, cell)) continue;
    AddNumbers(data, cell, csv);
    ++experiments;
    if (drawn == kMostExperiments) continue;
    ++drawn;
    for (const auto& [task, figures] : cell.tasks) {
      for (const Shown& shown : {Shown{&cell, task, &CurvePoint::accuracy, "accuracy"},
                                 Shown{&cell, task, &CurvePoint::loss, "loss"}}) {
        figure.panels.push_back(TrainingPanel(data, shown).Draw());
      }
    }
  }
  if (figure.panels.empty()) return {};
  if (experiments > drawn) {
    figure.notes.push_back(DrawnText(drawn, experiments, "experiments"));
  }
  figure.csv = std::move(csv).text();
  return {figure};
}

}  // namespace unmask
