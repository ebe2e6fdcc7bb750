// `unmask why`: what a job is, who uses it, what became of it, and why it was or was not reused.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <set>

#include "cli/command.h"
#include "common/base/json_or_null.h"
#include "common/base/json_text.h"
#include "common/base/text.h"
#include "common/protocol/log_name.h"
#include "coordinator/report/job_difference.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

struct Attempt {
  AttemptRow row;
  std::string log;  // empty: none was kept
};

struct Explanation {
  JobDetails job;
  std::vector<JobUseRow> uses;
  std::vector<Attempt> attempts;
  std::optional<NearestJob> nearest;  // only of a job that is not done
};

std::string KeptLog(const StorePaths& paths, const std::string& job_key, const AttemptRow& row) {
  const auto log =
      paths.logs() / AttemptLogName(job_key, AttemptNumber{static_cast<int>(row.attempt)});
  std::error_code ignored;
  return std::filesystem::exists(log, ignored) ? log.string() : "";
}

Result<Explanation> Explain(const StorePaths& paths, StoreReader& reader, const std::string& key) {
  Explanation why;
  UNMASK_ASSIGN(why.job, reader.FindJob(key));
  UNMASK_ASSIGN(why.uses, reader.Uses(why.job.job_key));
  UNMASK_ASSIGN(const std::vector<AttemptRow> attempts, reader.Attempts(why.job.job_key));
  for (const AttemptRow& row : attempts) {
    why.attempts.push_back({row, KeptLog(paths, why.job.job_key, row)});
  }
  if (why.job.state != JobState::kDone) {
    UNMASK_ASSIGN(why.nearest, FindNearestDone(reader, why.job.spec_json));
  }
  return why;
}

std::string UseText(const JobUseRow& use) {
  return VisibleText(fmt::format("{} {} {} seed {}", use.sweep,
                                 use.experiment.empty() ? "(no experiment)" : use.experiment,
                                 use.point, use.seed));
}

std::string AttemptText(const Attempt& of) {
  const AttemptRow& attempt = of.row;
  std::string text = fmt::format("{} {}", attempt.attempt, OutcomeName(attempt));
  if (attempt.first_epoch.value_or(0) > 0) {
    text += fmt::format(", from epoch {}", *attempt.first_epoch);
  }
  text += fmt::format(", {} to {}, coordinator {}, worker {} on {}", attempt.started_at,
                      attempt.ended_at.value_or("now"), attempt.coordinator_epoch, attempt.worker,
                      attempt.host);
  if (attempt.error_class) text += " [" + *attempt.error_class + "]";
  if (attempt.message) text += ": " + *attempt.message;
  if (!of.log.empty()) text += "; log: " + of.log;
  return VisibleText(text);
}

std::string ReuseText(const Explanation& why) {
  std::set<std::string> sweeps;
  for (const JobUseRow& use : why.uses) sweeps.insert(use.sweep);
  if (why.job.state == JobState::kDone) {
    return fmt::format(
        "done: trained once, and taken from the store wherever it is used (uses: {}, "
        "sweeps: {})\n",
        why.uses.size(), sweeps.size());
  }
  std::string text = fmt::format("not reused: it is {}", Name(why.job.state));
  if (why.job.error) text += ": " + VisibleText(*why.job.error);
  text += '\n';
  if (!why.nearest) return text + "  no job of this store is finished\n";
  text += fmt::format("  the nearest finished job {} is another one:\n", why.nearest->job_key);
  for (const FieldDifference& field : why.nearest->differences) {
    text += VisibleText(
                fmt::format("    {}: {} here, {} there", field.field, field.here, field.there)) +
            "\n";
  }
  return text;
}

std::string Text(const Explanation& why, const StorePaths& paths) {
  const auto spec = nlohmann::json::parse(why.job.spec_json, nullptr, false);
  std::string text = fmt::format("job {}\nstate {}, {} attempt{}\nspec\n{}\nused by\n",
                                 why.job.job_key, Name(why.job.state), why.job.attempts,
                                 why.job.attempts == 1 ? "" : "s", AsciiJson(spec, 2));
  for (const JobUseRow& use : why.uses) text += "  " + UseText(use) + "\n";
  if (why.job.weights_sha256) {
    text += "weights " + VisibleText((paths.blobs() / *why.job.weights_sha256).string()) + "\n";
  }
  text += "attempts\n";
  for (const Attempt& attempt : why.attempts) text += "  " + AttemptText(attempt) + "\n";
  return text + ReuseText(why);
}

nlohmann::json Json(const Explanation& why) {
  using nlohmann::json;
  json uses = json::array();
  for (const JobUseRow& use : why.uses) {
    uses.push_back({{"sweep", use.sweep},
                    {"experiment", use.experiment},
                    {"point", use.point},
                    {"seed", use.seed}});
  }
  json attempts = json::array();
  for (const auto& [row, log] : why.attempts) {
    attempts.push_back(
        {{"attempt", row.attempt},
         {"coordinator_epoch", row.coordinator_epoch},
         {"worker", row.worker},
         {"host", row.host},
         {"device", row.device},
         {"numerics_class", row.numerics_class},
         {"first_epoch", OrNull(row.first_epoch)},
         {"started_at", row.started_at},
         {"ended_at", OrNull(row.ended_at)},
         {"outcome", OrNull(row.outcome, [](AttemptOutcome of) { return Name(of); })},
         {"error_class", OrNull(row.error_class)},
         {"message", OrNull(row.message)},
         {"log", TextOrNull(log)}});
  }
  json nearest;
  if (why.nearest) {
    json fields = json::array();
    for (const FieldDifference& field : why.nearest->differences) {
      fields.push_back({{"field", field.field}, {"here", field.here}, {"there", field.there}});
    }
    nearest = {{"job_key", why.nearest->job_key}, {"differences", std::move(fields)}};
  }
  return {{"job_key", why.job.job_key},
          {"state", Name(why.job.state)},
          {"error", OrNull(why.job.error)},
          {"spec", json::parse(why.job.spec_json, nullptr, false)},
          {"weights_sha256", OrNull(why.job.weights_sha256)},
          {"uses", std::move(uses)},
          {"attempts", std::move(attempts)},
          {"nearest_done", std::move(nearest)}};
}

Status Why(const std::string& key, const CommandContext& context) {
  const StorePaths paths{context.store};
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(paths));
  Explanation why;
  UNMASK_TRY(reader->InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(why, Explain(paths, *reader, key));
    return {};
  }));
  const std::string text = context.json ? AsciiJson(Json(why), 2) + "\n" : Text(why, paths);
  Print(text);
  return {};
}

}  // namespace

void AddWhyCommand(CLI::App& app, CommandContext& context) {
  auto key = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("why", "A job's content, uses and attempts, and why it was reused or not");
  command->add_option("JOB", *key, "job_key, or its first digits")->required();
  command->footer("Example: unmask why 3f9a12");
  command->callback([key, &context] { Finish(context, Why(*key, context)); });
}

}  // namespace unmask
