// The public views as CSV files, or as one JSON file.
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "coordinator/export/exports.h"
#include "coordinator/report/query_format.h"
#include "coordinator/report_page/write_report.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 7> kViews = {"sweeps",      "cells",  "jobs",       "attempts",
                                               "predictions", "curves", "checkpoints"};

// A file that grows row by row and takes its name when it is whole.
class GrowingFile {
 public:
  explicit GrowingFile(const fs::path& path)
      : path_(path), partial_(path.string() + ".partial"), file_(partial_, std::ios::binary) {}
  ~GrowingFile() {
    std::error_code ignored;
    fs::remove(partial_, ignored);
  }
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  void Write(std::string_view text) {
    file_.write(text.data(), static_cast<std::streamsize>(text.size()));
  }

  Status Finish() {
    file_.close();
    std::error_code error;
    if (file_) fs::rename(partial_, path_, error);
    if (file_ && !error) return {};
    return UsageError("cannot write the file", path_.string(),
                      "--out, a place with room that can be written to");
  }

 private:
  fs::path path_;
  fs::path partial_;
  std::ofstream file_;
};

Status WriteView(StoreReader& reader, std::string_view sweep, const char* view, QueryFormat format,
                 GrowingFile& file) {
  const auto formatter =
      MakeQueryFormatter(format, [&](std::string_view text) { file.Write(text); });
  UNMASK_TRY(reader.ForEachRow(view, sweep, *formatter));
  formatter->Finish();
  return {};
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Status WriteJson(StoreReader& reader, const std::string& sweep, GrowingFile& file) {
  UNMASK_ASSIGN(const SweepTexts texts, reader.Texts(sweep));
  UNMASK_ASSIGN(const std::vector<RunRow> runs, reader.Runs(sweep));
  Json history = Json::array();
  for (const RunRow& run : runs) {
    history.push_back({{"coordinator_epoch", run.epoch},
                       {"started_at", run.started_at},
                       {"build", run.build},
                       {"provenance", Json::parse(run.provenance_json, nullptr, false)}});
  }
  file.Write("{\"sweep\": " + Dump(sweep) + ",\n\"name\": " + Dump(texts.name) +
             ",\n\"config\": " + Dump(Json::parse(texts.config_json, nullptr, false)) +
             ",\n\"tables\": " + Dump(Json::parse(texts.tables_json, nullptr, false)) +
             ",\n\"runs\": " + Dump(history) + ",\n\"views\": {");
  const char* separator = "\n";
  for (const char* view : kViews) {
    file.Write(separator + Dump(view) + ": ");
    UNMASK_TRY(WriteView(reader, sweep, view, QueryFormat::kJson, file));
    separator = ",\n";
  }
  file.Write("}}\n");
  return {};
}

}  // namespace

Status WriteViews(StoreReader& reader, std::string_view sweep, const fs::path& folder) {
  for (const char* view : kViews) {
    GrowingFile file(folder / (std::string(view) + ".csv"));
    UNMASK_TRY(WriteView(reader, sweep, view, QueryFormat::kCsv, file));
    UNMASK_TRY(file.Finish());
  }
  return {};
}

Status ExportCsv(const ExportRequest& request) {
  UNMASK_TRY(PrepareOutFolder(request.out));
  return request.reader->InSnapshot(
      [&] { return WriteViews(*request.reader, request.sweep, request.out); });
}

Status ExportJson(const ExportRequest& request) {
  UNMASK_TRY(CheckOutFile(request.out));
  GrowingFile file(request.out);
  UNMASK_TRY(
      request.reader->InSnapshot([&] { return WriteJson(*request.reader, request.sweep, file); }));
  return file.Finish();
}

}  // namespace unmask
