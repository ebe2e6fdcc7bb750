#include "coordinator/report_page/lanes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <unordered_map>

#include "common/base/time_text.h"

namespace unmask {
namespace {

using SecondsByJob = std::unordered_map<std::string_view, double>;

SecondsByJob SecondsOf(const std::vector<JobRow>& jobs) {
  SecondsByJob seconds;
  for (const JobRow& job : jobs) {
    if (job.seconds) seconds.emplace(job.job_key, *job.seconds);
  }
  return seconds;
}

// Of an attempt that went on from a checkpoint a result's seconds are not all its own.
std::optional<std::int64_t> WorkOf(const SpanRow& row, const SecondsByJob& seconds) {
  const AttemptRow& attempt = row.attempt;
  if (!HasStarted(attempt)) return 0;
  if (attempt.outcome != AttemptOutcome::kDone || attempt.first_epoch != 0) return std::nullopt;
  const auto found = seconds.find(row.job_key);
  if (found == seconds.end() || !(found->second >= 0 && found->second < 1e9)) return std::nullopt;
  return std::llround(found->second * 1000);
}

// Leaves out what a job waited for its slot. Results that were committed together end at one
// moment: back from there a slot did one after the other, or there would be more slots than are.
void LeaveOutWaiting(WorkerLane& lane) {
  std::vector<LaneSpan*> known;
  for (LaneSpan& span : lane.spans) {
    if (span.work_ms) known.push_back(&span);
  }
  std::ranges::sort(known, std::ranges::greater(), [](const LaneSpan* span) {
    return std::tuple(span->end_ms, span->start_ms, span);
  });
  std::vector<std::int64_t> free_until(lane.slots, std::numeric_limits<std::int64_t>::max());
  for (LaneSpan* span : known) {
    const auto slot = std::ranges::max_element(free_until);
    span->end_ms = std::max(span->start_ms, std::min(span->end_ms, *slot));
    span->start_ms = std::max(span->start_ms, span->end_ms - *span->work_ms);
    *slot = std::min(*slot, span->start_ms);
  }
}

using BusyTimes = std::map<std::int64_t, std::int64_t>;  // of one slot: ends by start

// What leasing ahead and the commit may add to a span whose work is not known.
constexpr std::int64_t kBlurMs = 5000;

// The part of the span that the slot has room for, from the end backwards.
std::pair<std::int64_t, std::int64_t> RoomFor(const BusyTimes& busy, const LaneSpan& span) {
  auto after = busy.lower_bound(span.end_ms);
  std::int64_t end = span.end_ms;
  if (after != busy.begin() && std::prev(after)->second > end) end = (--after)->first;
  if (after == busy.begin()) return {span.start_ms, end};
  return {std::max(span.start_ms, std::prev(after)->second), end};
}

void TakeSlot(std::vector<BusyTimes>& slots, LaneSpan& span) {
  // Known to be of no length: it needs no slot of its own.
  if (span.work_ms && span.end_ms == span.start_ms) return;
  const std::int64_t blur = span.work_ms ? 0 : kBlurMs;
  std::optional<std::pair<std::int64_t, std::int64_t>> best;
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    const auto [begin, end] = RoomFor(slots[slot], span);
    if (end < begin || begin - span.start_ms > blur || span.end_ms - end > blur) continue;
    if (best && end - begin <= best->second - best->first) continue;
    best = {begin, end};
    span.slot = slot;
  }
  if (best) {
    std::tie(span.start_ms, span.end_ms) = *best;
  } else {
    span.slot = slots.size();
    slots.emplace_back();
  }
  slots[span.slot].emplace(span.start_ms, std::max(span.end_ms, span.start_ms + 1));
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
  lane.present_ms = run.end_ms - lane.spans.front().start_ms;
  LeaveOutWaiting(lane);
  // What is known first: the rest lies in the gaps.
  std::ranges::stable_sort(lane.spans, {}, [](const LaneSpan& span) {
    return std::pair(!span.work_ms.has_value(), span.start_ms);
  });
  std::vector<BusyTimes> slots(lane.slots);
  for (LaneSpan& span : lane.spans) {
    TakeSlot(slots, span);
    lane.busy_ms += span.end_ms - span.start_ms;
  }
  std::ranges::stable_sort(lane.spans, {}, &LaneSpan::start_ms);
  lane.slots = slots.size();
}

}  // namespace

bool HasStarted(const AttemptRow& attempt) { return attempt.first_epoch.has_value(); }

Lanes LayOutLanes(const std::vector<SpanRow>& spans, const std::vector<JobRow>& jobs) {
  const SecondsByJob seconds = SecondsOf(jobs);
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
    lane.spans.push_back(
        {&row, *start, std::max(*start, std::min(end, last)), 0, WorkOf(row, seconds)});
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
