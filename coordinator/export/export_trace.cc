#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/json_text.h"
#include "common/base/out_file.h"
#include "coordinator/export/exports.h"
#include "coordinator/report_page/lanes.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

// Slots of one worker follow one another; a worker has at most this many (`run --slots`).
constexpr std::int64_t kThreadsOfWorker = 4096;

std::int64_t ThreadOf(const WorkerLane& lane, std::size_t slot) {
  return lane.worker * kThreadsOfWorker + static_cast<std::int64_t>(slot);
}

Json Metadata(const char* what, std::int64_t pid, std::int64_t tid, const std::string& name) {
  return {{"name", what}, {"ph", "M"}, {"pid", pid}, {"tid", tid}, {"args", {{"name", name}}}};
}

// A complete event; times in microseconds.
Json SpanEvent(const WorkerLane& lane, const LaneSpan& span) {
  const AttemptRow& attempt = span.row->attempt;
  Json args = {{"job_key", span.row->job_key}, {"held_out", span.row->held_out},
               {"attempt", attempt.attempt},   {"outcome", OutcomeName(attempt)},
               {"device", attempt.device},     {"numerics_class", attempt.numerics_class}};
  if (attempt.first_epoch) args["first_epoch"] = *attempt.first_epoch;
  if (attempt.error_class) args["error_class"] = *attempt.error_class;
  if (attempt.message) args["message"] = *attempt.message;
  return {{"name", fmt::format("{} {}", span.row->job_key.substr(0, 8), span.row->held_out)},
          {"cat", OutcomeName(attempt)},
          {"ph", "X"},
          {"ts", span.start_ms * 1000},
          {"dur", (span.end_ms - span.start_ms) * 1000},
          {"pid", lane.epoch},
          {"tid", ThreadOf(lane, span.slot)},
          {"args", std::move(args)}};
}

std::string TraceText(const std::string& sweep, const Lanes& lanes) {
  std::vector<Json> events;
  events.reserve(lanes.runs.size() + lanes.workers.size());
  for (const RunSpan& run : lanes.runs) {
    events.push_back(
        Metadata("process_name", run.epoch, 0, fmt::format("coordinator {}", run.epoch)));
  }
  for (const WorkerLane& lane : lanes.workers) {
    for (std::size_t slot = 0; slot < lane.slots; ++slot) {
      events.push_back(
          Metadata("thread_name", lane.epoch, ThreadOf(lane, slot),
                   fmt::format("worker {} on {}, slot {}", lane.worker, lane.host, slot)));
    }
    for (const LaneSpan& span : lane.spans) events.push_back(SpanEvent(lane, span));
  }
  std::string text = "{\"displayTimeUnit\": \"ms\", \"otherData\": ";
  text += JsonText<Json>({{"sweep", sweep}});
  text += ", \"traceEvents\": [";
  const char* separator = "\n";
  for (const Json& event : events) {  // an event a line
    text += separator + JsonText(event);
    separator = ",\n";
  }
  return text + "\n]}\n";
}

}  // namespace

Status ExportTrace(const ExportRequest& request) {
  UNMASK_TRY(CheckOutFile(request.out));
  StoreReader& reader = *request.reader;
  return reader.InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(const std::vector<SpanRow> spans, reader.Spans(request.sweep));
    UNMASK_ASSIGN(const std::vector<JobRow> jobs, reader.Jobs(request.sweep));
    return WriteOutFile(request.out, TraceText(request.sweep, LayOutLanes(spans, jobs)));
  });
}

}  // namespace unmask
