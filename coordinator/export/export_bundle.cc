#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/files.h"
#include "common/base/json_text.h"
#include "common/base/out_file.h"
#include "coordinator/export/exports.h"
#include "coordinator/report/render.h"
#include "coordinator/report_page/report_data.h"
#include "coordinator/report_page/write_report.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kReadMe = R"(# Artefacts of a leave-one-subject-out sweep

Written by unmask from its results store.

- config.json: the resolved configuration; its SHA-256 is in provenance.json
- tables.md, .csv, .tex, .json: the study's tables
- views/: every fold (jobs.csv), attempt, prediction with logits, cell and training curve
- provenance.json: builds, hosts, devices and fingerprints
- report/index.html: the same with figures, each as SVG with its numbers as CSV
- SHA256SUMS: `sha256sum -c SHA256SUMS`
)";

std::string ProvenanceText(const ReportData& data) {
  Json runs = Json::array();
  for (const RunRow& run : data.runs) {
    runs.push_back({{"coordinator_epoch", run.epoch},
                    {"started_at", run.started_at},
                    {"build", run.build},
                    {"provenance", Json::parse(run.provenance_json, nullptr, false)}});
  }
  std::map<std::string, std::string> devices;  // by numerics class
  for (const SpanRow& span : data.spans) {
    devices[span.attempt.numerics_class] = span.attempt.device;
  }
  return JsonText<Json>({{"sweep", data.sweep.sweep},
                         {"created_at", data.sweep.created_at},
                         {"config_sha256", data.sweep.config_sha256},
                         {"unmask", UNMASK_VERSION},
                         {"jobs", data.sweep.jobs},
                         {"done", data.sweep.done},
                         {"devices_by_numerics_class", devices},
                         {"runs", runs}},
                        2) +
         "\n";
}

// Of the files, sorted by name, as sha256sum writes them.
Status WriteSums(const fs::path& folder, const std::vector<fs::path>& written) {
  std::vector<std::string> names;
  names.reserve(written.size());
  for (const fs::path& file : written) {
    names.push_back(file.lexically_relative(folder).generic_string());
  }
  std::ranges::sort(names);
  std::string sums;
  for (const std::string& name : names) {
    UNMASK_ASSIGN(const std::string sha256, HashFile(folder / name));  // views take gigabytes
    sums += fmt::format("{}  {}\n", sha256, name);
  }
  return WriteOutFile(folder / "SHA256SUMS", sums);
}

Status WriteBundle(const ExportRequest& request, const ReportData& data) {
  const fs::path& out = request.out;
  const std::pair<const char*, std::string> files[] = {
      {"README.md", kReadMe},
      {"config.json", data.texts.config_json},  // these bytes have the SHA-256 that names the sweep
      {"provenance.json", ProvenanceText(data)},
      {"tables.md", RenderMarkdown(data.tables)},
      {"tables.csv", RenderCsv(data.tables)},
      {"tables.tex", RenderLatex(data.tables)},
      {"tables.json", RenderJson(data.tables)},
  };
  UNMASK_TRY(PrepareOutFolder(out / "views"));
  UNMASK_ASSIGN(std::vector<fs::path> written,
                WriteViews(*request.reader, request.sweep, out / "views"));
  for (const auto& [name, text] : files) {
    UNMASK_TRY(WriteOutFile(written.emplace_back(out / name), text));
  }
  UNMASK_ASSIGN(const WrittenReport report, WriteReport(data, out / "report"));
  written.insert(written.end(), report.files.begin(), report.files.end());
  return WriteSums(out, written);
}

}  // namespace

Status ExportBundle(const ExportRequest& request) {
  UNMASK_TRY(PrepareOutFolder(request.out));
  ReportData data;
  return request.reader->InSnapshot([&]() -> Status {
    UNMASK_TRY(ReadReportRows(*request.reader, request.sweep, data));
    return WriteBundle(request, data);
  });
}

}  // namespace unmask
