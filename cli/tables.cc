// unmask tables: the study's tables from the store alone.
#include <memory>

#include "cli/command.h"
#include "coordinator/report/build_table.h"
#include "coordinator/report/render.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

struct TablesOptions {
  std::string sweep;
  std::string table;
  std::string format;
};

Result<std::string> Tables(const TablesOptions& options, const fs::path& store) {
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(StorePaths{store}));
  UNMASK_ASSIGN(const SweepResults results, ReadTableResults(*reader, options.sweep));
  UNMASK_ASSIGN(const std::vector<Table> tables, BuildTables(results, options.table));
  const TableRenderer render = FindTableRenderer(options.format);
  UNMASK_CHECK(render != nullptr);  // CLI11 checks the name
  return render(tables);
}

void Run(const TablesOptions& options, CommandContext& context) {
  const auto text = Tables(options, context.store);
  if (!text) return context.Fail(text.error());
  Print(*text);
}

}  // namespace

void AddTablesCommand(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<TablesOptions>();
  CLI::App* command = app.add_subcommand(
      "tables", "Print the study's tables: accuracy with its interval, macro F1, published values");
  AddSweepArgument(*command, options->sweep);
  command->add_option("--table", options->table,
                      "Only this table; 'cells' is a row for every experiment and point");
  command->add_option("--format", options->format, "md (default), csv, latex, html or json")
      ->check(CLI::IsMember(TableRenderers()));
  command->footer("Example: unmask tables --table III --format latex > table3.tex");
  command->callback([&context, options] {
    if (options->format.empty()) options->format = context.json ? "json" : "md";
    Run(*options, context);
  });
}

}  // namespace unmask
