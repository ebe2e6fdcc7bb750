#include "coordinator/report_page/write_report.h"

#include <unistd.h>

#include <fstream>

#include "coordinator/report/render.h"
#include "coordinator/report_page/page.h"

namespace unmask {
namespace {

constexpr const char* kExpected = "--out DIR, a folder that can be written to";

}  // namespace

Status PrepareOutFolder(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) {
    return UsageError("not a folder", path.string(), kExpected);
  }
  fs::create_directories(path, error);
  if (error) {
    return UsageError("cannot make the folder: " + error.message(), path.string(), kExpected);
  }
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    return UsageError("cannot write to the folder", path.string(), kExpected);
  }
  return {};
}

Status CheckOutFile(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return UsageError("a folder stands there", path.string(), "--out FILE");
  }
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, error) || access(folder.c_str(), W_OK | X_OK) != 0) {
    return UsageError("cannot write to the folder", folder.string(),
                      "--out FILE in a folder that can be written to");
  }
  return {};
}

Status WriteOutFile(const fs::path& path, std::string_view bytes) {
  const fs::path partial = path.string() + ".partial";
  std::error_code error;
  {
    std::ofstream file(partial, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
      fs::remove(partial, error);
      return UsageError("cannot write the file", path.string(),
                        "a place with room that can be written to");
    }
  }
  fs::rename(partial, path, error);
  if (!error) return {};
  const std::string reason = error.message();
  fs::remove(partial, error);
  return UsageError("cannot write the file: " + reason, path.string(),
                    "a place that can be written to");
}

Result<std::size_t> WriteReport(const ReportData& data, const fs::path& folder) {
  UNMASK_TRY(PrepareOutFolder(folder));
  UNMASK_TRY(PrepareOutFolder(folder / "figures"));
  const std::vector<ReportSection> sections = FigureSections(data);
  std::size_t figures = 0;
  for (const ReportSection& section : sections) {
    for (const Figure& figure : section.figures) {
      UNMASK_TRY(WriteOutFile(folder / "figures" / (figure.id + ".svg"), FigureFile(figure)));
      UNMASK_TRY(WriteOutFile(folder / "figures" / (figure.id + ".csv"), figure.csv));
      ++figures;
    }
  }
  UNMASK_TRY(WriteOutFile(folder / "tables.csv", RenderCsv(data.tables)));
  UNMASK_TRY(WriteOutFile(folder / "tables.md", RenderMarkdown(data.tables)));
  UNMASK_TRY(WriteOutFile(folder / "tables.tex", RenderLatex(data.tables)));
  UNMASK_TRY(WriteOutFile(folder / "tables.json", RenderJson(data.tables)));
  // Last, so that a page is never there without its files.
  UNMASK_TRY(WriteOutFile(folder / "index.html", ReportPage(data, sections)));
  return figures;
}

}  // namespace unmask
