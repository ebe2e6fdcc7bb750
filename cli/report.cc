// unmask report: a sweep as one page with figures, and the numbers beside them.
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/out_path.h"
#include "common/base/json_text.h"
#include "coordinator/report_page/write_report.h"

namespace unmask {
namespace {

struct ReportOptions {
  std::string sweep;
  std::string out;
};

Result<WrittenReport> Report(const ReportOptions& options, const fs::path& store) {
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(StorePaths{store}));
  UNMASK_TRY(CheckIsNotTheStores(options.out, StorePaths{store}));
  ReportData data;
  UNMASK_TRY(ReadReportData(*reader, options.sweep, data));
  return WriteReport(data, options.out);
}

void Run(const ReportOptions& options, CommandContext& context) {
  const auto written = Report(options, context.store);
  if (!written) return context.Fail(written.error());
  const std::string page = (fs::path(options.out) / "index.html").string();
  if (context.json) {
    fmt::print("{}\n", AsciiJson({{"page", page}, {"figures", written->figures}}));
  } else {
    fmt::print("{}\n", page);
  }
}

}  // namespace

void AddReportCommand(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand(
      "report", "Write a page with the tables and figures, and their numbers beside it");
  AddSweepArgument(*command, options->sweep);
  command->add_option("--out", options->out, "Folder to write to; index.html is the page")
      ->required()
      ->check(NamesAPlace);
  command->footer("Example: unmask report --out report && xdg-open report/index.html");
  command->callback([&context, options] { Run(*options, context); });
}

}  // namespace unmask
