// `unmask run`: launcher, coordinator or agent, by where it finds itself.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/command.h"
#include "cli/launcher.h"
#include "cli/preflight.h"
#include "cli/worker_needs.h"
#include "common/base/build_info.h"
#include "common/base/clock.h"
#include "common/base/json_text.h"
#include "common/base/log.h"
#include "common/base/process.h"
#include "common/base/sha256.h"
#include "common/transport/mpi/mpi_transport.h"
#include "coordinator/app/coordinator.h"
#include "coordinator/plan/plan.h"
#include "sql/results_store.h"
#include "worker/agent/agent.h"
#include "worker/agent/gpus.h"

namespace unmask {
namespace {

struct RunArguments {
  std::string config;
  std::vector<std::string> overrides;
  std::optional<int> workers;
  std::optional<int> slots;
  std::string mpirun;  // a shell's words, with its options; empty: local workers
  std::vector<std::string> experiments;
  std::vector<std::string> held_out;
  std::optional<std::int64_t> order_seed;
  bool take_over = false;
  std::optional<std::uint16_t> dashboard;  // its port
};

Result<PlanOutput> PlanOf(const RunArguments& arguments) {
  UNMASK_ASSIGN(const Study study, LoadStudy(arguments.config, arguments.overrides));
  return MakePlan(study,
                  {.experiments = arguments.experiments, .order_seed = arguments.order_seed});
}

// Under a mpirun that `unmask run` has started itself, by its own command or by the user's.
bool Launched() { return std::getenv(kExitFileVariable) != nullptr; }

// All ranks are on this machine.
bool LaunchedLocally() { return std::getenv(kSlotsVariable) != nullptr; }

// Where this rank cannot read the study it works as most do.
WorkerNeeds NeedsOf(const RunArguments& arguments) {
  const Result<Study> study = LoadStudy(arguments.config, arguments.overrides);
  if (study.ok()) return NeedsOf(*study, arguments.experiments);
  if (std::ifstream(arguments.config)) return {};  // rank 0 says what is wrong with it
  LogInfo(arguments.config + " cannot be read on " + HostName() +
          ": the worker there takes CPUs, and as many slots as it has of them");
  return {};
}

// What the plan does not say: a worker has one device for all of its jobs.
Status CheckDevices(const WorkerNeeds& needs) {
  if (!needs.cuda || !needs.cpu) return {};
  return UsageError("some experiments ask for the CPU and some for a CUDA device", "train.device",
                    "one of them in a run: --experiment chooses");
}

// Slots of this rank: as told, else as the study needs, else its share of the host's cores, of
// which mpirun may have bound it to fewer. Rank 0 sleeps most of the time and has none.
int SlotsHere(const RunArguments& arguments, const WorkerNeeds& needs,
              const MpiSession::Host& host) {
  if (arguments.slots) return *arguments.slots;
  if (needs.slots) return *needs.slots;
  if (const char* launched = std::getenv(kSlotsVariable)) return std::max(1, std::atoi(launched));
  return std::clamp(host.cores / host.workers, 1, UsableCores());
}

std::string Provenance(const RunArguments& arguments, int ranks) {
  return JsonText({{"version", UNMASK_VERSION},
                   {"build", BuildId()},
                   {"host", HostName()},
                   {"folder", fs::current_path().string()},  // what the file names may lie beneath
                   {"config", fs::absolute(arguments.config).string()},
                   {"overrides", arguments.overrides},
                   {"experiments", arguments.experiments},
                   {"held_out", arguments.held_out},
                   {"workers", ranks - 1}});
}

StatusLine::Mode StatusMode(const CommandContext& context) {
  if (context.quiet) return StatusLine::Mode::kOff;
  const char* status = std::getenv(kStatusVariable);
  return status != nullptr && std::string_view(status) == "live" ? StatusLine::Mode::kLive
                                                                 : StatusLine::Mode::kPlain;
}

// Once a run: by the launcher or, under a mpirun of the user's own, by rank 0.
Status TellAndCheck(const PlanOutput& planned, const fs::path& store) {
  for (const std::string& note : planned.notes) LogInfo(note);
  return CheckPlanned(planned, store);
}

Result<std::unique_ptr<ResultsStore>> OpenStore(const RunArguments& arguments,
                                                const CommandContext& context) {
  ResultsStore::Options options;
  options.take_over = arguments.take_over;
  options.build = BuildId();
  return ResultsStore::Open({context.store}, options);
}

// The store may be made for the plan, which therefore comes first. Where the launcher has made it
// once and found it good, the store is opened while it is made once more.
Result<int> Coordinate(const RunArguments& arguments, const CommandContext& context,
                       Transport& transport, std::future<Result<PlanOutput>>& plan) {
  std::unique_ptr<ResultsStore> store;
  if (Launched()) {
    UNMASK_ASSIGN(store, OpenStore(arguments, context));
  }
  UNMASK_ASSIGN(PlanOutput planned, plan.get());
  if (!store) {
    UNMASK_TRY(CheckDevices(NeedsOf(arguments)));
    UNMASK_TRY(TellAndCheck(planned, context.store));
    UNMASK_ASSIGN(store, OpenStore(arguments, context));
  }
  CoordinatorOptions options;
  UNMASK_ASSIGN(options.held_out, SelectedSubjects(planned.plan, arguments.held_out));
  options.plan = std::move(planned.plan);
  options.blobs = std::move(planned.blobs);
  options.files = std::move(planned.files);
  options.provenance_json = Provenance(arguments, transport.size());
  options.status = StatusMode(context);
  options.dashboard_port = arguments.dashboard;
  return RunCoordinator(transport, RealClock(), *store, options);
}

std::vector<std::string> UsableGpusHere() {
  const char* visible = std::getenv(kVisibleGpus);
  return UsableGpus(visible == nullptr ? std::nullopt : std::optional<std::string_view>(visible));
}

// This rank's trainer sees its own GPU and no other.
void ChooseGpu(int local_rank) {
  const std::string gpu = GpuOfRank(UsableGpusHere(), local_rank);
  if (!gpu.empty()) setenv(kVisibleGpus, gpu.c_str(), 1);
}

int Work(const RunArguments& arguments, const CommandContext& context, Transport& transport,
         const MpiSession::Host& host, pid_t parent) {
  AgentOptions options;
  options.store = context.store;
  options.trainer = context.trainer();
  options.host = HostName();
  options.parent = parent;
  options.launched = Launched();
  const WorkerNeeds needs = NeedsOf(arguments);
  if (needs.cuda) {
    options.device = "cuda";
    ChooseGpu(host.local_rank);
  }
  options.supervisor.slots = SlotsHere(arguments, needs, host);
  return RunAgent(transport, options);
}

// Such as no memory or no thread: said like any other failure, and the agents are let go.
template <typename Body>
Result<int> WithoutExceptions(Body&& body) {
  try {
    return body();
  } catch (const std::exception& exception) {
    return InternalError(exception.what());
  }
}

// While MPI starts, which is mostly waiting, the rank that is going to need it makes the plan.
void RunAsRank(const RunArguments& arguments, CommandContext& context, pid_t parent) {
  // Until rank 0's loop and the agents' listen to signals there is nothing to be written down.
  // Where the signal itself ended every rank, a fault-tolerant mpirun would say that all went well.
  EndAtOnceOn({SIGUSR1});
  if (ToBeRankZero()) EndAtOnceOn({SIGINT, SIGTERM});
  (void)Sha256Hex("");  // OpenSSL reads the environment once, which MPI is about to change
  const auto policy = ToBeRankZero() ? std::launch::async : std::launch::deferred;
  std::future<Result<PlanOutput>> plan = std::async(policy, [&] { return PlanOf(arguments); });
  // Ranks of other hosts may have to read this program from a cold network file system.
  MpiSession session(std::chrono::seconds(LaunchedLocally() ? 60 : 600));
  {
    const auto transport = MakeMpiTransport(session);
    if (session.rank() > 0) {
      context.exit_code = Work(arguments, context, *transport, session.host(), parent);
    } else {
      TellStarted();
      const Result<int> code =
          WithoutExceptions([&] { return Coordinate(arguments, context, *transport, plan); });
      DismissAgents(*transport, RealClock());
      if (code.ok()) {
        context.exit_code = *code;
      } else {
        context.Fail(code.error());
      }
      context.exit_code = TellExitCode(context.exit_code);
    }
  }
  session.Finalize(context.exit_code);
}

void Launch(const RunArguments& arguments, CommandContext& context,
            const std::vector<std::string>& args) {
  EndAtOnceWhenStopped();
  if (Launched()) {
    TellStarted();
    context.Fail(UsageError("ranks without MPI, or one alone", "--mpirun",
                            "a command that starts ranks of MPI, two at least"));
    context.exit_code = TellExitCode(context.exit_code);
    return;
  }
  // Everything that is wrong with the study is said here, once, before any process is started.
  const Result<Study> study = LoadStudy(arguments.config, arguments.overrides);
  if (!study.ok()) return context.Fail(study.error());
  const Result<PlanOutput> planned = MakePlan(
      *study, {.experiments = arguments.experiments, .order_seed = {}, .only_check = true});
  if (!planned.ok()) return context.Fail(planned.error());
  if (const Status usable = TellAndCheck(*planned, context.store); !usable.ok()) {
    return context.Fail(usable.error());
  }
  const WorkerNeeds needs = NeedsOf(*study, arguments.experiments);
  if (const Status one = CheckDevices(needs); !one.ok()) return context.Fail(one.error());
  if (!arguments.mpirun.empty()) {  // what this machine has says nothing of the workers'
    context.exit_code = LaunchRanks(
        {.program = context.program, .args = args, .shape = {}, .mpirun = arguments.mpirun});
    return;
  }
  if (access(context.trainer().c_str(), X_OK) != 0) {
    return context.Fail(
        DataError("the trainer is missing", context.trainer().string(), "it lies beside unmask"));
  }
  if (needs.cuda) {
    const Result<int> answer = AskForCuda(context.trainer());
    if (!answer.ok()) return context.Fail(answer.error());
    context.exit_code = *answer;
    if (context.exit_code != 0) return;
  }
  const int gpus = std::max(1, static_cast<int>(UsableGpusHere().size()));
  if (needs.cuda && needs.gang > gpus) {
    return context.Fail(UsageError(
        fmt::format("train.devices={} on a machine of {} GPU{}", needs.gang, gpus,
                    gpus == 1 ? "" : "s"),
        "train.devices", "a GPU for each member of a gang, of this machine or under mpirun"));
  }
  const int usual = needs.cuda ? gpus : ShapeFor(UsableCores(), {}, {}).workers;
  const int workers = arguments.workers.value_or(std::max(usual, needs.gang));
  const LocalShape shape =
      ShapeFor(UsableCores(), workers, arguments.slots ? arguments.slots : needs.slots);
  context.exit_code =
      LaunchRanks({.program = context.program, .args = args, .shape = shape, .mpirun = {}});
}

}  // namespace

void AddRunCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Run or resume a sweep");
  command->add_option("CONFIG", arguments->config, "Study (YAML)")->required();
  command->add_option("OVERRIDE", arguments->overrides, "KEY=VALUE, over the file's settings");
  CLI::Option* workers =
      command
          ->add_option("--workers", arguments->workers,
                       "Local workers (default: one for every 8 cores, or one a GPU)")
          ->check(WholeNumber(1, 4096));
  command
      ->add_option("--slots", arguments->slots,
                   "Jobs at a time of each worker (default: its share of the cores; 32 on a GPU)")
      ->check(WholeNumber(1, 4096));
  command
      ->add_option("--mpirun", arguments->mpirun,
                   "Start the ranks by this command, such as 'mpirun --hostfile hosts -n 17'")
      ->excludes(workers);
  command->add_option("--experiment", arguments->experiments, "Only these, separated by commas")
      ->allow_extra_args(false);  // KEY=VALUE may follow
  command
      ->add_option("--held-out", arguments->held_out,
                   "Only the folds of these subjects, separated by commas; the others stay queued")
      ->allow_extra_args(false);
  command
      ->add_option("--order-seed", arguments->order_seed,
                   "Shuffle the order of jobs (the numbers do not change)")
      ->check(WholeNumber(0));
  command->add_flag("--take-over", arguments->take_over,
                    "Take the lock of a coordinator that died on another host");
  command
      ->add_option(
          "--dashboard", arguments->dashboard,
          "Watch it in a browser of this machine: the address is printed; without PORT any "
          "free one")
      ->type_name("[PORT]")
      ->check(CLI::Range(0, 65535));
  command->footer(
      "Under mpirun rank 0 coordinates and the others work; alone it starts mpirun itself.\n"
      "Example: unmask run configs/mfed-action-units.yaml dataset.manifest=mfed.csv --workers 2");
  command->callback([arguments, &context] {
    if (!UnderMpi()) return Launch(*arguments, context, context.arguments);
    const pid_t parent = DieWithParent();
    RunAsRank(*arguments, context, parent);
  });
}

}  // namespace unmask
