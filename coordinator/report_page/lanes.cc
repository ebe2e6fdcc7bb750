#include "coordinator/report_page/lanes.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>

#include "common/base/text.h"

namespace unmask {
namespace {

std::optional<std::int64_t> Digits(std::string_view text, std::size_t at, std::size_t count) {
  const auto value = ParseInt(text.substr(at, count));
  return value && *value >= 0 ? value : std::nullopt;
}

// The first slot that is free at the span's start.
std::size_t TakeSlot(std::vector<std::int64_t>& free_at, const LaneSpan& span) {
  std::size_t slot = 0;
  while (slot < free_at.size() && free_at[slot] > span.start_ms) ++slot;
  if (slot == free_at.size()) free_at.push_back(0);
  free_at[slot] = std::max(span.end_ms, span.start_ms + 1);
  return slot;
}

std::map<std::int64_t, RunSpan> RunsOf(const std::vector<SpanRow>& spans) {
  std::map<std::int64_t, RunSpan> runs;
  for (const SpanRow& row : spans) {
    const auto start = ParseWallTime(row.attempt.started_at);
    if (!start) continue;
    const auto end = row.attempt.ended_at ? ParseWallTime(*row.attempt.ended_at) : start;
    RunSpan& run = runs.try_emplace(row.attempt.coordinator_epoch,
                                    RunSpan{row.attempt.coordinator_epoch, *start, *start})
                       .first->second;
    run.start_ms = std::min(run.start_ms, *start);
    run.end_ms = std::max({run.end_ms, *start, end.value_or(*start)});
  }
  // A coordinator that took over ends what another left open: a run ends where the next starts.
  for (auto run = runs.begin(); run != runs.end() && std::next(run) != runs.end(); ++run) {
    const RunSpan& next = std::next(run)->second;
    if (next.start_ms > run->second.start_ms) {
      run->second.end_ms = std::min(run->second.end_ms, next.start_ms);
    }
  }
  return runs;
}

void FinishLane(WorkerLane& lane, const RunSpan& run) {
  std::vector<std::int64_t> free_at;
  for (LaneSpan& span : lane.spans) {
    span.slot = TakeSlot(free_at, span);
    lane.busy_ms += span.end_ms - span.start_ms;
  }
  lane.slots = std::max(lane.slots, free_at.size());
  lane.present_ms = run.end_ms - lane.spans.front().start_ms;
}

}  // namespace

std::optional<std::int64_t> ParseWallTime(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[10] != 'T' || text.back() != 'Z') {
    return std::nullopt;
  }
  const auto year = Digits(text, 0, 4);
  const auto month = Digits(text, 5, 2);
  const auto day = Digits(text, 8, 2);
  const auto hour = Digits(text, 11, 2);
  const auto minute = Digits(text, 14, 2);
  const auto second = Digits(text, 17, 2);
  const auto millis = text.size() >= 24 ? Digits(text, 20, 3) : std::optional<std::int64_t>(0);
  if (!year || !month || !day || !hour || !minute || !second || !millis) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * 1000 + *millis;
}

double WorkerLane::Utilisation() const {
  const auto room = static_cast<double>(present_ms) * static_cast<double>(slots);
  return room > 0 ? std::min(1.0, static_cast<double>(busy_ms) / room) : 0;
}

Lanes LayOutLanes(const std::vector<SpanRow>& spans) {
  const std::map<std::int64_t, RunSpan> runs = RunsOf(spans);
  std::map<std::tuple<std::int64_t, std::int64_t, std::string>, WorkerLane> lanes;
  for (const SpanRow& row : spans) {
    const auto start = ParseWallTime(row.attempt.started_at);
    if (!start) continue;
    const AttemptRow& attempt = row.attempt;
    const std::int64_t last = runs.at(attempt.coordinator_epoch).end_ms;
    const std::int64_t end =
        attempt.ended_at ? ParseWallTime(*attempt.ended_at).value_or(last) : last;
    WorkerLane& lane = lanes[{attempt.coordinator_epoch, attempt.worker, attempt.host}];
    lane.epoch = attempt.coordinator_epoch;
    lane.worker = attempt.worker;
    lane.host = attempt.host;
    lane.slots = static_cast<std::size_t>(std::max<std::int64_t>(1, row.slots));
    lane.spans.push_back({&row, *start, std::max(*start, std::min(end, last)), 0});
  }
  Lanes result;
  for (const auto& [epoch, run] : runs) result.runs.push_back(run);
  for (auto& [key, lane] : lanes) {
    FinishLane(lane, runs.at(lane.epoch));
    result.workers.push_back(std::move(lane));
  }
  return result;
}

}  // namespace unmask
