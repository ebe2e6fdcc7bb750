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

void WriteTrace(const std::string& sweep, const Lanes& lanes, OutFile& file) {
  file.Write("{\"displayTimeUnit\": \"ms\", \"otherData\": ");
  file.Write(JsonText<Json>({{"sweep", sweep}}));
  file.Write(", \"traceEvents\": [");
  const char* separator = "\n";
  const auto write = [&](const Json& event) {  // an event a line
    file.Write(separator + JsonText(event));
    separator = ",\n";
  };
  for (const RunSpan& run : lanes.runs) {
    write(Metadata("process_name", run.epoch, 0, fmt::format("coordinator {}", run.epoch)));
  }
  for (const WorkerLane& lane : lanes.workers) {
    for (std::size_t slot = 0; slot < lane.slots; ++slot) {
      write(Metadata("thread_name", lane.epoch, ThreadOf(lane, slot),
                     fmt::format("worker {} on {}, slot {}", lane.worker, lane.host, slot)));
    }
    for (const LaneSpan& span : lane.spans) write(SpanEvent(lane, span));
  }
  file.Write("\n]}\n");
}

}  // namespace

Status ExportTrace(const ExportRequest& request) {
  UNMASK_TRY(CheckOutFile(request.out));
  StoreReader& reader = *request.reader;
  std::vector<SpanRow> spans;
  std::vector<JobRow> jobs;
  UNMASK_TRY(reader.InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(spans, reader.Spans(request.sweep));
    UNMASK_ASSIGN(jobs, reader.Jobs(request.sweep));
    return {};
  }));
  OutFile file(request.out);
  WriteTrace(request.sweep, LayOutLanes(spans, jobs), file);
  return file.Finish();
}

}  // namespace unmask
