#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "common/base/text.h"
#include "coordinator/report_page/axis.h"
#include "coordinator/report_page/figures.h"
#include "coordinator/report_page/lanes.h"

namespace unmask {
namespace {

constexpr double kWidth = 1130;
constexpr double kLeft = 128;
constexpr double kRight = 1056;  // how busy a worker was stands right of it
constexpr double kTop = 26;
constexpr std::size_t kMostLanes = 40;
constexpr std::size_t kMostRects = 4000;  // more attempts than this are drawn as shares of time
constexpr std::size_t kMostSlotRows = 8;

// Working time: the pauses between two runs of the coordinator take no room.
class WorkingTime {
 public:
  explicit WorkingTime(const std::vector<RunSpan>& runs) {
    for (const RunSpan& run : runs) {
      offsets_[run.epoch] = total_ms_ - run.start_ms;
      total_ms_ += std::max<std::int64_t>(run.end_ms - run.start_ms, 1);
    }
  }
  std::int64_t At(std::int64_t epoch, std::int64_t time_ms) const {
    return time_ms + offsets_.at(epoch);
  }
  std::int64_t total_ms() const { return total_ms_; }

 private:
  std::map<std::int64_t, std::int64_t> offsets_;
  std::int64_t total_ms_ = 0;
};

// The lives of a worker over all runs, drawn on one line.
struct LaneRow {
  std::vector<const WorkerLane*> lives;
  std::size_t slots = 1;
};

struct TimeUnit {
  double ms;
  const char* name;
};

TimeUnit UnitOf(std::int64_t total_ms) {
  if (total_ms < 180'000) return {1000, "seconds"};
  return total_ms < 3 * 3'600'000 ? TimeUnit{60'000, "minutes"} : TimeUnit{3'600'000, "hours"};
}

std::vector<LaneRow> RowsOf(const Lanes& lanes) {
  std::map<std::pair<std::int64_t, std::string>, LaneRow> rows;
  for (const WorkerLane& lane : lanes.workers) {
    LaneRow& row = rows[{lane.worker, lane.host}];
    row.lives.push_back(&lane);
    row.slots = std::max(row.slots, lane.slots);
  }
  std::vector<LaneRow> result;
  result.reserve(rows.size());
  for (auto& [key, row] : rows) result.push_back(std::move(row));
  return result;
}

std::string_view CssOf(const AttemptRow& attempt) {
  return attempt.outcome == AttemptOutcome::kDone ? "work" : OutcomeName(attempt);
}

std::string TipOf(const LaneSpan& span) {
  const AttemptRow& attempt = span.row->attempt;
  std::string tip =
      fmt::format("{} held out, job {}, attempt {}: {}, {:.1f} s", span.row->held_out,
                  span.row->job_key.substr(0, 12), attempt.attempt, OutcomeName(attempt),
                  static_cast<double>(span.end_ms - span.start_ms) / 1000);
  if (attempt.error_class) tip += ", " + *attempt.error_class;
  return tip;
}

bool WentWrong(const AttemptRow& attempt) {
  return attempt.outcome == AttemptOutcome::kFailed || attempt.outcome == AttemptOutcome::kLost;
}

// Not what was given back before it began.
bool IsDrawn(const AttemptRow& attempt) { return HasStarted(attempt) || WentWrong(attempt); }

// Of a worker's slots, over all its lives; nullopt: it was there for no time.
std::optional<double> BusyShare(const LaneRow& row) {
  double busy = 0;
  double room = 0;
  for (const WorkerLane* life : row.lives) {
    busy += static_cast<double>(life->busy_ms);
    room += static_cast<double>(life->present_ms) * static_cast<double>(life->slots);
  }
  return room > 0 ? std::optional(std::min(1.0, busy / room)) : std::nullopt;
}

class Timeline {
 public:
  explicit Timeline(const Lanes& lanes)
      : lanes_(lanes),
        rows_(RowsOf(lanes)),
        time_(lanes.runs),
        unit_(UnitOf(time_.total_ms())),
        x_(0, static_cast<double>(time_.total_ms()) / unit_.ms, kLeft, kRight, 8) {
    std::size_t attempts = 0;
    for (const WorkerLane& lane : lanes.workers) attempts += lane.spans.size();
    dense_ = attempts > kMostRects;
    for (const LaneRow& row : rows_) dense_ = dense_ || row.slots > kMostSlotRows;
  }

  Panel Draw() {
    const std::size_t drawn = std::min(rows_.size(), kMostLanes);
    double y = kTop;
    for (std::size_t i = 0; i < drawn; ++i) y += HeightOf(rows_[i]) + 5;
    DrawFrame(y);
    y = kTop;
    for (std::size_t i = 0; i < drawn; ++i) {
      DrawRow(rows_[i], y);
      y += HeightOf(rows_[i]) + 5;
    }
    return {kWidth, y + 40, "Timeline of the workers", std::move(svg_)};
  }

 private:
  double HeightOf(const LaneRow& row) const {
    return dense_ ? 16.0 : std::max(14.0, 9.0 * static_cast<double>(row.slots));
  }

  double X(std::int64_t epoch, std::int64_t time_ms) const {
    return x_.At(static_cast<double>(time_.At(epoch, time_ms)) / unit_.ms);
  }

  void DrawFrame(double bottom) {
    for (const Tick& tick : x_.ticks()) {
      svg_.Line({tick.at, kTop - 4}, {tick.at, bottom}, "grid");
      svg_.Text({tick.at, bottom + 14}, tick.label, {.css = "muted", .anchor = Anchor::kMiddle});
    }
    svg_.Text({(kLeft + kRight) / 2, bottom + 32},
              std::string("working time, ") + unit_.name +
                  (lanes_.runs.size() > 1 ? "; dashed: the sweep was resumed" : ""),
              {.css = "muted", .anchor = Anchor::kMiddle});
    svg_.Text({kRight + 8, 14}, "busy", {.css = "muted"});
    for (std::size_t i = 1; i < lanes_.runs.size(); ++i) {
      const double x = X(lanes_.runs[i].epoch, lanes_.runs[i].start_ms);
      svg_.Line({x, kTop - 8}, {x, bottom}, "plain-line dashed");
    }
  }

  void DrawRow(const LaneRow& row, double y) {
    const WorkerLane& first = *row.lives.front();
    const double height = HeightOf(row);
    svg_.Text({kLeft - 8, y + height / 2 + 4}, fmt::format("{} on {}", first.worker, first.host),
              {.anchor = Anchor::kEnd, .room = kLeft - 8});
    for (const WorkerLane* life : row.lives) {
      if (dense_) {
        DrawShares(*life, y, height);
      } else {
        DrawSpans(*life, y, height / static_cast<double>(row.slots));
      }
    }
    const auto busy = BusyShare(row);
    svg_.Text({kRight + 8, y + height / 2 + 4}, busy ? fmt::format("{:.0f} %", 100 * *busy) : "–",
              {});
  }

  void DrawSpans(const WorkerLane& life, double y, double slot_height) {
    for (const LaneSpan& span : life.spans) {
      if (!IsDrawn(span.row->attempt)) continue;
      const double x = X(life.epoch, span.start_ms);
      const double width = std::max(0.8, X(life.epoch, span.end_ms) - x - 0.6);
      svg_.Rect({x, y + slot_height * static_cast<double>(span.slot), width, slot_height - 1},
                CssOf(span.row->attempt), TipOf(span));
    }
  }

  // Too many attempts to see one by one: how much of each piece of time was worked, and a mark for
  // every attempt that went wrong.
  void DrawShares(const WorkerLane& life, double y, double height) {
    constexpr std::size_t kBins = 464;  // two pixels each
    const double bin_width = (kRight - kLeft) / static_cast<double>(kBins);
    std::vector<double> busy(kBins);  // in pixels of one slot
    for (const LaneSpan& span : life.spans) {
      double from = X(life.epoch, span.start_ms) - kLeft;
      const double to = X(life.epoch, span.end_ms) - kLeft;
      while (from < to) {
        const auto bin = std::min(kBins - 1, static_cast<std::size_t>(from / bin_width));
        const double edge = bin_width * static_cast<double>(bin + 1);
        const double until = bin == kBins - 1 ? to : std::min(to, edge);
        busy[bin] += until - from;
        from = until > from ? until : to;
      }
    }
    const auto level = [&](std::size_t bin) {
      const double share = busy[bin] / bin_width / static_cast<double>(life.slots);
      return std::ceil(std::min(1.0, share) * 10) / 10;
    };
    for (std::size_t bin = 0; bin < kBins;) {
      std::size_t end = bin + 1;
      while (end < kBins && level(end) == level(bin)) ++end;
      if (level(bin) > 0) {
        svg_.Rect({kLeft + bin_width * static_cast<double>(bin), y,
                   bin_width * static_cast<double>(end - bin), height},
                  "work", "", level(bin));
      }
      bin = end;
    }
    for (const LaneSpan& span : life.spans) {
      if (!WentWrong(span.row->attempt)) continue;
      svg_.Rect({X(life.epoch, span.end_ms) - 1, y, 2, height}, CssOf(span.row->attempt),
                TipOf(span));
    }
  }

  const Lanes& lanes_;
  std::vector<LaneRow> rows_;
  WorkingTime time_;
  TimeUnit unit_;
  Axis x_;
  bool dense_ = false;
  Svg svg_;
};

// Spans in seconds of working time, as the figure has them. What is not drawn has none.
std::string Numbers(const Lanes& lanes) {
  CsvLines csv({"coordinator_epoch", "worker", "host", "slots", "slot", "job_key", "held_out",
                "attempt", "started_at", "ended_at", "outcome", "error_class", "drawn_from_seconds",
                "drawn_to_seconds", "worker_busy"});
  const WorkingTime time(lanes.runs);
  std::map<const WorkerLane*, std::optional<double>> busy;
  for (const LaneRow& row : RowsOf(lanes)) {
    for (const WorkerLane* life : row.lives) busy[life] = BusyShare(row);
  }
  for (const WorkerLane& lane : lanes.workers) {
    const auto seconds = [&](std::int64_t at) {
      return ShortestReal(static_cast<double>(time.At(lane.epoch, at)) / 1000);
    };
    for (const LaneSpan& span : lane.spans) {
      const AttemptRow& attempt = span.row->attempt;
      const bool drawn = IsDrawn(attempt);
      csv.Add({std::to_string(lane.epoch), std::to_string(lane.worker), lane.host,
               std::to_string(lane.slots), drawn ? std::to_string(span.slot) : "",
               span.row->job_key, span.row->held_out, std::to_string(attempt.attempt),
               attempt.started_at, attempt.ended_at.value_or(""),
               attempt.outcome ? std::string(Name(*attempt.outcome)) : "",
               attempt.error_class.value_or(""), drawn ? seconds(span.start_ms) : "",
               drawn ? seconds(span.end_ms) : "",
               busy.at(&lane) ? ShortestReal(*busy.at(&lane)) : ""});
    }
  }
  return std::move(csv).text();
}

// A retry or resumption is an attempt at a job that was begun before.
std::string Counts(const std::vector<SpanRow>& spans) {
  std::map<std::string, std::int64_t> outcomes;
  std::set<std::string_view> begun;
  std::int64_t again = 0;
  for (const SpanRow& span : spans) {
    const bool started = HasStarted(span.attempt);
    const std::string outcome(OutcomeName(span.attempt));
    ++outcomes[started ? outcome
                       : (span.attempt.outcome ? outcome + " before it began" : "waiting")];
    if (started && !begun.insert(span.job_key).second) ++again;
  }
  std::string text = fmt::format("{} attempts", spans.size());
  for (const auto& [outcome, count] : outcomes) text += fmt::format(", {} {}", count, outcome);
  return text + fmt::format("; {} of them retries or resumptions.", again);
}

}  // namespace

std::vector<Figure> TimelineFigures(const ReportData& data) {
  const Lanes lanes = LayOutLanes(data.spans, data.results.jobs);
  if (lanes.workers.empty()) return {};
  Figure figure;
  figure.id = "timeline";
  figure.title = "Who worked when";
  figure.notes.push_back(Counts(data.spans) +
                         " Busy: the share of a worker's slots, from its first job to the end of "
                         "the run, in which it worked on one; what a finished job waited for its "
                         "slot is left out.");
  figure.legend = {{"work", "done"},
                   {"failed", "failed"},
                   {"lost", "lost with its worker"},
                   {"yielded", "yielded"},
                   {"running", "running"}};
  const std::size_t workers = RowsOf(lanes).size();
  if (workers > kMostLanes) {
    figure.notes.push_back(DrawnText(kMostLanes, workers, "workers"));
  }
  figure.panels.push_back(Timeline(lanes).Draw());
  figure.csv = Numbers(lanes);
  return {figure};
}

}  // namespace unmask
