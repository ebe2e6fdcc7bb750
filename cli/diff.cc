// unmask diff: two sweeps, or two points, compared with paired tests.
#include <memory>

#include "cli/command.h"
#include "coordinator/report/comparison.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

struct DiffArguments {
  std::string first;
  std::string second;
};

Status Diff(const DiffArguments& arguments, const CommandContext& context) {
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(StorePaths{context.store}));
  UNMASK_ASSIGN(const Comparison comparison, Compare(*reader, arguments.first, arguments.second));
  const std::string text = context.json ? ComparisonJson(comparison) : ComparisonText(comparison);
  Print(text);
  return {};
}

}  // namespace

void AddDiffCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<DiffArguments>();
  CLI::App* command = app.add_subcommand(
      "diff", "Compare two sweeps or two points: settings, shared jobs, paired tests");
  command
      ->add_option("A", arguments->first,
                   "SWEEP, or a point as [SWEEP]:EXPERIMENT[@KEY=VALUE,...]; without SWEEP the "
                   "newest")
      ->required();
  command->add_option("B", arguments->second, "What it is compared with, written alike")
      ->required();
  command->footer(
      "Examples: unmask diff study-1fe70cff study-9aa81234\n"
      "          unmask diff :dsid@alpha=0.5,beta=1 :dsid-no-hsic");
  command->callback([arguments, &context] { Finish(context, Diff(*arguments, context)); });
}

}  // namespace unmask
