#include <fmt/format.h>

#include <map>

#include "common/base/out_file.h"
#include "common/base/sha256.h"
#include "common/base/time_text.h"
#include "common/base/unique_names.h"
#include "common/config/names.h"
#include "coordinator/export/event_file.h"
#include "coordinator/export/exports.h"
#include "coordinator/report_page/lanes.h"
#include "coordinator/report_page/report_data.h"
#include "sql/packed.h"

namespace unmask {
namespace {

constexpr const char* kFile = "events.out.tfevents.{}.unmask";  // readers look for the middle part

// Bytes; longer names are cut. A folder's may have 255, and a number may follow.
constexpr std::size_t kNameMost = 200;
// Of a cut name's texts. What is never cut ("cells,", seed, task, LEAKY) takes 42 at most.
constexpr std::size_t kExperimentMost = 60;
constexpr std::size_t kPointMost = 60;
constexpr std::size_t kHeldOutMost = 36;

struct NamePart {
  std::string text;  // any
  std::size_t most = std::string::npos;
};

// The digits of its hash tell it from others that begin the same.
std::string Shortened(const NamePart& part) {
  if (part.text.size() <= part.most) return part.text;
  const std::string digits = "-" + Sha256Hex(part.text).substr(0, 8);
  return part.text.substr(0, part.most - digits.size()) + digits;
}

// ASCII, a byte for a byte, so that a character may be cut anywhere.
std::string Plain(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(".,=_+-").find(c) != std::string_view::npos;
    name += plain && !(name.empty() && c == '.') ? c : '_';
  }
  return name;
}

std::string Joined(const std::vector<NamePart>& parts) {
  std::string whole;
  std::string shortened;
  for (const NamePart& part : parts) {
    whole += part.text;
    shortened += Shortened(part);
  }
  return Plain(whole.size() <= kNameMost ? whole : shortened);
}

// ",loss.alpha=0.5,loss.beta=1"
std::string PointText(const std::string& point) {
  std::string text;
  const auto keys = nlohmann::json::parse(point, nullptr, false);
  if (!keys.is_object()) return text;
  for (const auto& [key, value] : keys.items()) {
    text += "," + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

Status WriteRun(const fs::path& folder, double wall_seconds, const EventFile& events) {
  UNMASK_TRY(PrepareOutFolder(folder));
  const auto seconds = static_cast<std::int64_t>(wall_seconds);
  return WriteOutFile(folder / fmt::format(kFile, seconds), events.bytes());
}

// When each job's last attempt started and ended, in seconds since 1970.
struct JobTime {
  double start = 0;
  double end = 0;
};

std::map<std::string, JobTime> TimesOf(const std::vector<SpanRow>& spans) {
  std::map<std::string, JobTime> times;
  for (const SpanRow& span : spans) {
    const auto start = ParseWallTime(span.attempt.started_at);
    if (!start) continue;
    const auto end = span.attempt.ended_at ? ParseWallTime(*span.attempt.ended_at) : start;
    times[span.job_key] = {static_cast<double>(*start) / 1000,
                           static_cast<double>(end.value_or(*start)) / 1000};
  }
  return times;
}

// The wall time of an epoch: evenly between the start and the end of the attempt.
EventFile EventsOf(const std::vector<CurvePoint>& curve, const JobTime& time) {
  EventFile events(time.start);
  std::int64_t last = 0;
  for (const CurvePoint& point : curve) last = std::max(last, point.epoch);
  for (const CurvePoint& point : curve) {
    const double share = static_cast<double>(point.epoch + 1) / static_cast<double>(last + 1);
    const double wall = time.start + share * (time.end - time.start);
    const std::string_view split = Name(point.split);
    events.AddScalar(fmt::format("loss/{}_{}", Name(point.task), split), point.epoch, wall,
                     static_cast<float>(point.loss));
    events.AddScalar(fmt::format("accuracy/{}_{}", Name(point.task), split), point.epoch, wall,
                     static_cast<float>(point.accuracy));
  }
  return events;
}

EventFile EventsOf(const CellRow& cell, double wall_seconds) {
  EventFile events(wall_seconds);
  const CellMetrics& metrics = *cell.metrics;
  const std::pair<const char*, double> figures[] = {
      {"accuracy", metrics.accuracy},       {"wilson_low", metrics.wilson_low},
      {"wilson_high", metrics.wilson_high}, {"macro_f1", metrics.macro_f1},
      {"weighted_f1", metrics.weighted_f1}, {"uar", metrics.uar}};
  for (const auto& [name, value] : figures) {
    events.AddScalar(fmt::format("cell/{}_{}", Name(cell.task), name), 0, wall_seconds,
                     static_cast<float>(value));
  }
  return events;
}

Status WriteRuns(StoreReader& reader, const std::string& sweep, const fs::path& out) {
  UNMASK_ASSIGN(const std::vector<JobRow> jobs, reader.Jobs(sweep));
  UNMASK_ASSIGN(const std::vector<CellRow> cells, reader.Cells(sweep));
  UNMASK_ASSIGN(const std::vector<SpanRow> spans, reader.Spans(sweep));
  const auto times = TimesOf(spans);
  UniqueNames folders;
  std::map<std::string, std::string> names;  // by job; a shared job is written once
  for (const JobRow& job : jobs) names.try_emplace(job.job_key, RunName(job));
  Status written;
  UNMASK_TRY(
      reader.ForEachCurve(sweep, [&](const std::string& key, const std::vector<CurvePoint>& curve) {
        const auto time = times.find(key);
        if (!written.ok() || time == times.end()) return;
        written = WriteRun(out / folders.Take(names[key], "_"), time->second.start,
                           EventsOf(curve, time->second));
      }));
  UNMASK_TRY(std::move(written));
  double last = 0;
  for (const auto& [key, time] : times) last = std::max(last, time.end);
  for (const CellRow& cell : cells) {
    if (!cell.metrics) continue;
    UNMASK_TRY(WriteRun(out / folders.Take(RunName(cell), "_"), last, EventsOf(cell, last)));
  }
  return {};
}

}  // namespace

std::string RunName(const JobRow& job) {
  return Joined({{job.experiment, kExperimentMost},
                 {PointText(job.point), kPointMost},
                 {fmt::format(",seed={},held_out=", job.seed)},
                 {job.held_out, kHeldOutMost},
                 {job.validation == "leaky" ? ",LEAKY" : ""}});
}

std::string RunName(const CellRow& cell) {
  return Joined({{"cells,"},
                 {cell.experiment, kExperimentMost},
                 {PointText(cell.point), kPointMost},
                 {fmt::format(",seed={},{}", cell.seed, Name(cell.task))},
                 {cell.leaky ? ",LEAKY" : ""}});
}

Status ExportTensorBoard(const ExportRequest& request) {
  UNMASK_TRY(PrepareOutFolder(request.out));
  return request.reader->InSnapshot(
      [&] { return WriteRuns(*request.reader, request.sweep, request.out); });
}

}  // namespace unmask
