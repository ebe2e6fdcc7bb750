// `unmask plan`: what a run would train, without training anything.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "cli/command.h"
#include "cli/preflight.h"
#include "common/base/json_text.h"
#include "common/base/log.h"
#include "common/base/time_text.h"
#include "common/config/names.h"
#include "coordinator/plan/plan_report.h"
#include "worker/backbone/tuned.h"

namespace unmask {
namespace {

struct PlanArguments {
  std::string config;
  std::vector<std::string> overrides;
  std::vector<std::string> experiments;
};

std::string Bytes(std::int64_t bytes) {
  if (bytes < 1'000'000)
    return fmt::format("{:.0f} kB", std::ceil(static_cast<double>(bytes) / 1e3));
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

std::string Seconds(const PlanReport& report) {
  if (report.unlike == report.remaining) {
    return "unknown: the store has no finished jobs like these";
  }
  std::string text = FormatDuration(report.least_seconds) + " on one slot, less with more";
  if (report.unlike == 0) return text;
  return fmt::format("at least {}; {} unlike any finished one", text,
                     report.unlike == 1 ? "1 job is" : fmt::format("{} jobs are", report.unlike));
}

std::string Text(const PlanOutput& output, const PlanReport& report) {
  std::string text = fmt::format("sweep {}\n", output.plan.sweep);
  for (const auto& [kind, count] : report.kinds) {
    text += fmt::format("  {} jobs: {} distinct, {} already finished, {} to do{}\n", kind,
                        count.jobs, count.done, count.remaining,
                        kind == Name(JobKind::kFeatures) ? " at most" : "");
  }
  text += fmt::format("  folds: {} asked for, {} of them answered by a shared job\n", report.folds,
                      report.shared);
  if (report.dead > 0) {
    text += fmt::format("  failed before: {}, which `unmask retry` puts back\n", report.dead);
  }
  if (report.remaining == 0) return text + "  nothing is left to do\n";
  text += fmt::format("  disk: {} to come, and up to {} of checkpoints for each running job\n",
                      Bytes(report.remaining_bytes), Bytes(report.checkpoint_bytes));
  return text + fmt::format("  time: {}\n", Seconds(report));
}

// 0 where the model cannot be used, which `run` says.
std::int64_t WidthOf(const std::string& config_json, const Settings& settings) {
  const auto config = ReadBackboneConfig(config_json, "config.json");
  return config.ok() ? FeatureWidth(*config, settings.features.clip) : 0;
}

Status Plan(const PlanArguments& arguments, const CommandContext& context) {
  UNMASK_ASSIGN(const Study study, LoadStudy(arguments.config, arguments.overrides));
  UNMASK_ASSIGN(const PlanOutput output, MakePlan(study, {arguments.experiments, std::nullopt}));
  UNMASK_TRY(CheckFolds(output));
  UNMASK_ASSIGN(const StoreHistory history, ReadStoreHistory(StorePaths{context.store}));
  for (const std::string& note : output.notes) LogInfo("note: " + note);
  const PlanReport report = ReportPlan(output, history, WidthOf);
  const std::string text =
      context.json ? AsciiJson(PlanReportJson(output, report), 2) + "\n" : Text(output, report);
  Print(text);
  return {};
}

}  // namespace

void AddPlanCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<PlanArguments>();
  CLI::App* command = app.add_subcommand(
      "plan", "Show what a run would train and what the store has already; train nothing");
  command->add_option("CONFIG", arguments->config, "Study (YAML)")->required();
  command->add_option("OVERRIDE", arguments->overrides, "KEY=VALUE, over the file's settings");
  command->add_option("--experiment", arguments->experiments, "Only these, separated by commas")
      ->allow_extra_args(false);
  command->footer("Example: unmask plan configs/mfed-action-units.yaml dataset.manifest=mfed.csv");
  command->callback([arguments, &context] { Finish(context, Plan(*arguments, context)); });
}

}  // namespace unmask
