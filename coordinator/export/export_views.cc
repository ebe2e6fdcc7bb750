// The public views as CSV files, or as one JSON file.
#include <array>
#include <nlohmann/json.hpp>

#include "common/base/json_text.h"
#include "common/base/out_file.h"
#include "coordinator/export/exports.h"
#include "coordinator/report/query_format.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 7> kViews = {"sweeps",      "cells",  "jobs",       "attempts",
                                               "predictions", "curves", "checkpoints"};

Status WriteView(StoreReader& reader, std::string_view sweep, const char* view, QueryFormat format,
                 OutFile& file) {
  const auto formatter =
      MakeQueryFormatter(format, [&](std::string_view text) { file.Write(text); });
  UNMASK_TRY(reader.ForEachRow(view, sweep, *formatter));
  formatter->Finish();
  return {};
}

Status WriteJson(StoreReader& reader, const std::string& sweep, OutFile& file) {
  UNMASK_ASSIGN(const SweepTexts texts, reader.Texts(sweep));
  UNMASK_ASSIGN(const std::vector<RunRow> runs, reader.Runs(sweep));
  Json history = Json::array();
  for (const RunRow& run : runs) {
    history.push_back({{"coordinator_epoch", run.epoch},
                       {"started_at", run.started_at},
                       {"build", run.build},
                       {"provenance", Json::parse(run.provenance_json, nullptr, false)}});
  }
  file.Write("{\"sweep\": " + JsonText(Json(sweep)) + ",\n\"name\": " + JsonText(Json(texts.name)) +
             ",\n\"config\": " + JsonText(Json::parse(texts.config_json, nullptr, false)) +
             ",\n\"tables\": " + JsonText(Json::parse(texts.tables_json, nullptr, false)) +
             ",\n\"runs\": " + JsonText(history) + ",\n\"views\": {");
  const char* separator = "\n";
  for (const char* view : kViews) {
    file.Write(separator + JsonText(Json(view)) + ": ");
    UNMASK_TRY(WriteView(reader, sweep, view, QueryFormat::kJson, file));
    separator = ",\n";
  }
  file.Write("}}\n");
  return {};
}

}  // namespace

Result<std::vector<fs::path>> WriteViews(StoreReader& reader, std::string_view sweep,
                                         const fs::path& folder) {
  std::vector<fs::path> written;
  for (const char* view : kViews) {
    OutFile file(written.emplace_back(folder / (std::string(view) + ".csv")));
    UNMASK_TRY(WriteView(reader, sweep, view, QueryFormat::kCsv, file));
    UNMASK_TRY(file.Finish());
  }
  return written;
}

Status ExportCsv(const ExportRequest& request) {
  UNMASK_TRY(PrepareOutFolder(request.out));
  return request.reader->InSnapshot([&]() -> Status {
    UNMASK_TRY(WriteViews(*request.reader, request.sweep, request.out));
    return {};
  });
}

Status ExportJson(const ExportRequest& request) {
  UNMASK_TRY(CheckOutFile(request.out));
  OutFile file(request.out);
  UNMASK_TRY(
      request.reader->InSnapshot([&] { return WriteJson(*request.reader, request.sweep, file); }));
  return file.Finish();
}

}  // namespace unmask
