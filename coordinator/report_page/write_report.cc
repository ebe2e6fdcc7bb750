#include "coordinator/report_page/write_report.h"

#include "common/base/out_file.h"
#include "coordinator/report/render.h"
#include "coordinator/report_page/page.h"

namespace unmask {

Result<WrittenReport> WriteReport(const ReportData& data, const fs::path& folder) {
  WrittenReport written;
  const auto write = [&](const fs::path& name, std::string_view bytes) {
    return WriteOutFile(written.files.emplace_back(folder / name), bytes);
  };
  UNMASK_TRY(PrepareOutFolder(folder));
  UNMASK_TRY(PrepareOutFolder(folder / "figures"));
  const std::vector<ReportSection> sections = FigureSections(data);
  for (const ReportSection& section : sections) {
    for (const Figure& figure : section.figures) {
      UNMASK_TRY(write("figures/" + figure.id + ".svg", FigureFile(figure)));
      UNMASK_TRY(write("figures/" + figure.id + ".csv", figure.csv));
      ++written.figures;
    }
  }
  UNMASK_TRY(write("tables.csv", RenderCsv(data.tables)));
  UNMASK_TRY(write("tables.md", RenderMarkdown(data.tables)));
  UNMASK_TRY(write("tables.tex", RenderLatex(data.tables)));
  UNMASK_TRY(write("tables.json", RenderJson(data.tables)));
  // Last, so that a page is never there without its files.
  UNMASK_TRY(write("index.html", ReportPage(data, sections)));
  return written;
}

}  // namespace unmask
