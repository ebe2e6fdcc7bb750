// `unmask verify`: retrains finished jobs from nothing and compares every bit of their answers,
// figures and curves with the store's.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <unordered_set>

#include "cli/command.h"
#include "common/base/build_info.h"
#include "common/base/group_share.h"
#include "common/base/json_text.h"
#include "common/base/log.h"
#include "common/base/process.h"
#include "common/base/sha256.h"
#include "common/base/text.h"
#include "common/config/names.h"
#include "common/jobs/feature_jobs.h"
#include "common/protocol/codec.h"
#include "coordinator/report/result_difference.h"
#include "sql/store_reader.h"
#include "worker/agent/trainer_process.h"

namespace unmask {
namespace {

constexpr double kNever = 1e9;       // seconds between checkpoints
constexpr Millis kPatience{60'000};  // without any word of the trainer; it speaks every second

struct Verdict {
  std::string job_key;
  std::string text;  // "identical", "different: ...", "not comparable: ..."
};

// `count` of the sweep's finished train jobs, spread evenly over the plan; all where it is 0.
Result<std::vector<std::string>> ChooseJobs(StoreReader& store, const std::string& sweep,
                                            std::int64_t count) {
  UNMASK_ASSIGN(const std::vector<JobRow> rows, store.Jobs(sweep));
  std::vector<std::string> keys;
  std::unordered_set<std::string_view> known;  // a row for each experiment that uses the job
  for (const JobRow& row : rows) {
    const bool wanted = row.kind == Name(JobKind::kTrain) && row.state == JobState::kDone;
    if (wanted && known.insert(row.job_key).second) keys.push_back(row.job_key);
  }
  const auto all = static_cast<std::int64_t>(keys.size());
  if (count <= 0 || count >= all) return keys;
  std::vector<std::string> chosen;
  chosen.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    chosen.push_back(keys[static_cast<std::size_t>(i * all / count)]);
  return chosen;
}

// What a feature job made; empty where it is not done.
std::string OutputOf(StoreReader& store, const JobSpec& feature_job) {
  const auto result = store.ResultOf(JobKey(feature_job));
  return result.ok() ? result->output_sha256 : std::string();
}

// The blobs that a finished job of so many epochs read: the bank's views where they were made, else
// the crops.
std::vector<std::string> InputsOf(StoreReader& store, const JobSpec& spec, std::int64_t epochs) {
  if (!SeesPictures(spec.settings)) return {};
  std::vector<std::string> crops = {OutputOf(store, CropsJob(spec))};
  if (spec.settings.features.finetune) return crops;
  std::vector<std::string> inputs;
  for (auto view = kPlainView; view < std::min(epochs, ViewsOf(spec.settings)); ++view) {
    inputs.push_back(OutputOf(store, ViewJob(spec, view)));
    if (inputs.back().empty()) return crops;
  }
  return inputs;
}

bool AreThere(const BlobFolder& blobs, const std::vector<std::string>& inputs) {
  return std::ranges::all_of(inputs, [&](const std::string& sha256) {
    std::error_code ignored;
    return !sha256.empty() && fs::exists(blobs.PathOf(sha256), ignored);
  });
}

// The verdict where something is wrong with the weights that were kept; empty where nothing is.
// Read whole: a cut file has its name, too.
std::string WeightsFault(const BlobFolder& blobs, const JobDetails& job) {
  if (!job.weights_sha256) return "";
  const fs::path path = blobs.PathOf(*job.weights_sha256);
  std::error_code unknown;  // whether it is there: another member's folder
  if (!IsSha256Hex(*job.weights_sha256) || (!fs::exists(path, unknown) && !unknown)) {
    return "different: weights missing: " + path.string();
  }
  const auto bytes = blobs.ReadUnchecked(*job.weights_sha256);
  if (!bytes.ok()) return "not comparable: weights: " + OneLine(bytes.error());
  if (blobs.Check(*job.weights_sha256, *bytes).ok()) return "";
  return "different: weights damaged: " + path.string();
}

// Retrains the jobs in one trainer with a slot a core. Owner: the command's thread.
class Verifier {
 public:
  Verifier(StoreReader& store, const BlobFolder& blobs, TrainerProcess& trainer, int slots)
      : store_(store), blobs_(blobs), trainer_(trainer), slots_(slots) {}

  Result<std::vector<Verdict>> Run(const std::vector<std::string>& keys) {
    UNMASK_TRY(AwaitHello());
    std::deque<std::string> waiting(keys.begin(), keys.end());
    while (!waiting.empty() || !running_.empty()) {
      while (!waiting.empty() && static_cast<int>(running_.size()) < slots_) {
        UNMASK_TRY(Start(waiting.front()));
        waiting.pop_front();
      }
      if (running_.empty()) continue;
      UNMASK_ASSIGN(const Message message, Next());
      UNMASK_TRY(On(message));
    }
    (void)trainer_.Send(Goodbye{});
    return std::move(verdicts_);
  }

 private:
  Result<Message> Next() {
    UNMASK_ASSIGN(std::optional<Message> message, trainer_.Receive(kPatience));
    if (!message) return InternalError("the trainer says nothing", "", "a heartbeat every second");
    return *std::move(message);
  }

  Status AwaitHello() {
    UNMASK_ASSIGN(const Message first, Next());
    const auto* hello = std::get_if<TrainerHello>(&first);
    if (hello == nullptr || hello->build != BuildId()) {
      return DataError("the trainer is another build", "",
                       "unmask and unmask-trainer of one build");
    }
    numerics_class_ = hello->numerics_class;
    return {};
  }

  Status Start(const std::string& key) {
    UNMASK_ASSIGN(const JobDetails details, store_.FindJob(key));
    const std::string fault = WeightsFault(blobs_, details);
    if (!fault.empty()) {
      Say(key, fault);
      return {};
    }
    if (details.numerics_class != numerics_class_) {
      Say(key, fmt::format("not comparable: trained in class {}, this machine is {}",
                           details.numerics_class, numerics_class_));
      return {};
    }
    UNMASK_ASSIGN(const JobSpec spec,
                  JobSpecFromJson(nlohmann::json::parse(details.spec_json, nullptr, false)));
    if (spec.settings.train.devices > 1) {  // other sums, other bits
      Say(key, fmt::format("not comparable: trained by {} workers together, here is one",
                           spec.settings.train.devices));
      return {};
    }
    UNMASK_ASSIGN(const JobResult stored, store_.ResultOf(key));
    const std::vector<std::string> inputs = InputsOf(store_, spec, stored.epochs);
    if (!AreThere(blobs_, inputs)) {
      Say(key, "not comparable: its features are gone");
      return {};
    }
    running_.insert(key);
    return trainer_.Send(Lease{.id = {.job_key = key, .attempt = {}, .epoch = {}},
                               .spec = details.spec_json,
                               .inputs = inputs,
                               .checkpoints = {},
                               .checkpoint_seconds = kNever,
                               .keep_best = false,
                               .epochs_available = 0,
                               .gang = {}});
  }

  Status On(const Message& message) {
    if (const auto* ready = std::get_if<ResultReady>(&message)) {
      const std::string& key = ready->lease.job_key;
      UNMASK_ASSIGN(const JobResult stored, store_.ResultOf(key));
      const std::string difference = FirstDifference(stored, ready->result);
      Say(key, difference.empty() ? "identical" : "different: " + difference);
      running_.erase(key);
      return trainer_.Send(Acknowledged{ready->lease});
    }
    if (const auto* failed = std::get_if<AttemptFailed>(&message)) {
      Say(failed->lease.job_key,
          (failed->failure == FailureClass::kBadInput ? "not comparable: "
                                                      : "different: it failed: ") +
              failed->message);
      running_.erase(failed->lease.job_key);
    }
    return {};
  }

  void Say(const std::string& key, std::string text) {
    LogInfo(fmt::format("{} {}", key.substr(0, 12), text));
    verdicts_.push_back({key, std::move(text)});
  }

  StoreReader& store_;
  BlobFolder blobs_;
  TrainerProcess& trainer_;
  int slots_;
  std::string numerics_class_;
  std::set<std::string> running_;
  std::vector<Verdict> verdicts_;
};

// A store that cannot be written to can be verified all the same.
fs::path TrainerLog(const StorePaths& paths) {
  if (::access(paths.logs().c_str(), W_OK) == 0) return paths.logs() / "verify-trainer.log";
  LogDebug("what the trainer prints is not kept: " + paths.logs().string() + " is not writable");
  return "/dev/null";
}

Result<std::vector<Verdict>> Verify(const CommandContext& context, const std::string& sweep_name,
                                    std::int64_t count) {
  const StorePaths paths{context.store};
  UNMASK_ASSIGN(const auto store, StoreReader::Open(paths));
  UNMASK_ASSIGN(const SweepRow sweep, store->FindSweep(sweep_name));
  UNMASK_ASSIGN(const std::vector<std::string> keys, ChooseJobs(*store, sweep.sweep, count));
  if (keys.empty()) {
    LogError(OneLine(DataError("nothing to verify: no job of the sweep is done", sweep.sweep)));
    return std::vector<Verdict>();  // none could be compared
  }
  ShareWithGroupOf(paths.root);  // the log
  const int slots = std::min<int>(UsableCores(), static_cast<int>(keys.size()));
  UNMASK_ASSIGN(const JobDetails first, store->FindJob(keys.front()));
  const bool cuda = first.numerics_class.starts_with("cuda/");
  UNMASK_ASSIGN(const auto trainer, TrainerProcess::Start({.program = context.trainer(),
                                                           .store = context.store,
                                                           .slots = slots,
                                                           .device = cuda ? "cuda" : "auto",
                                                           .log = TrainerLog(paths)}));
  return Verifier(*store, BlobFolder(paths.blobs()), *trainer, slots).Run(keys);
}

void Report(CommandContext& context, const std::vector<Verdict>& verdicts) {
  const auto count = [&](std::string_view start) {
    return std::count_if(verdicts.begin(), verdicts.end(),
                         [&](const Verdict& verdict) { return verdict.text.starts_with(start); });
  };
  const auto identical = count("identical");
  const auto different = count("different");
  const auto incomparable = count("not comparable");
  if (context.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const Verdict& verdict : verdicts)
      list.push_back({{"job_key", verdict.job_key}, {"verdict", verdict.text}});
    fmt::print("{}\n", AsciiJson({{"identical", identical},
                                  {"different", different},
                                  {"not_comparable", incomparable},
                                  {"jobs", list}},
                                 2));
  } else {
    fmt::print("{} identical, {} different, {} not comparable\n", identical, different,
               incomparable);
  }
  // Nothing compared is no success.
  context.exit_code = different > 0 || identical == 0 ? 1 : 0;
}

// CLI::PositiveNumber would print the range of a double.
}  // namespace

void AddVerifyCommand(CLI::App& app, CommandContext& context) {
  auto sweep = std::make_shared<std::string>();
  auto count = std::make_shared<std::int64_t>(0);
  CLI::App* command =
      app.add_subcommand("verify", "Retrain finished jobs and compare them bit by bit");
  AddSweepArgument(*command, *sweep);
  command->add_option("--jobs", *count, "How many, spread over the sweep (default: all)")
      ->check(WholeNumber(1));
  command->footer(
      "Exit code 1 where a job differs or none could be compared.\nExample: unmask verify --jobs "
      "3");
  command->callback([sweep, count, &context] {
    const auto verdicts = Verify(context, *sweep, *count);
    if (!verdicts.ok()) return context.Fail(verdicts.error());
    Report(context, *verdicts);
  });
}

}  // namespace unmask
