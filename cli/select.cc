// unmask select: the grid point chosen honestly for each held-out subject, and what that costs.
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
  Print(text);
  return {};
}

}  // namespace

void AddSelectCommand(CLI::App& app, CommandContext& context) {
  auto sweep = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "select", "Choose the grid point for each held-out subject without it; the price of that");
  AddSweepArgument(*command, *sweep);
  command->footer("Example: unmask select --json > choices.json");
  command->callback([sweep, &context] { Finish(context, Select(*sweep, context)); });
}

}  // namespace unmask
