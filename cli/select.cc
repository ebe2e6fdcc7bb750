// unmask select: the grid point chosen honestly for each held-out subject, and what that costs.
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "coordinator/report/selection.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

Status Select(const std::string& sweep, const CommandContext& context) {
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(StorePaths{context.store}));
  UNMASK_ASSIGN(const SweepSelection selection, SelectPoints(*reader, sweep));
  const std::string text = context.json ? SelectionJson(selection) : SelectionText(selection);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return {};
}

}  // namespace

void AddSelectCommand(CLI::App& app, CommandContext& context) {
  auto sweep = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "select", "Choose the grid point for each held-out subject without it; the price of that");
  command->add_option("SWEEP", *sweep, "Name or unique prefix (default: the newest sweep)");
  command->footer("Example: unmask select --json > choices.json");
  command->callback([sweep, &context] {
    const Status selected = Select(*sweep, context);
    if (!selected.ok()) context.Fail(selected.error());
  });
}

}  // namespace unmask
