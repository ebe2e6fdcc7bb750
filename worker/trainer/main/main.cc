// unmask-trainer: trains jobs for one agent (worker/agent), over the socket that it inherits.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>

#include "common/base/build_info.h"
#include "common/base/log.h"
#include "common/base/process.h"
#include "common/config/names.h"
#include "worker/trainer/backbones.h"
#include "worker/trainer/engines.h"
#include "worker/trainer/lease_runner.h"
#include "worker/trainer/main/embed.h"
#include "worker/trainer/numerics.h"
#include "worker/trainer/session.h"

namespace unmask {
namespace {

constexpr Millis kHeartbeat{500};

struct Arguments {
  int fd = -1;
  int slots = 1;
  std::string store;
  std::string device = "auto";
  pid_t parent = 0;  // 0: not checked
};

// The agent alone decides when we stop: signals to the whole job are not for us.
void IgnoreSignals() {
  for (const int signal : {SIGINT, SIGUSR1, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
}

// Libtorch's flight recorder notes the messages of all gangs of a process in one table without a
// lock: two slots in gangs would break it. Nobody reads what it notes. Before libtorch is loaded.
void SwitchFlightRecorderOff() { setenv("TORCH_FR_BUFFER_SIZE", "0", /*overwrite=*/1); }

Status Work(const Arguments& arguments) {
  UNMASK_ASSIGN(const std::string cpuinfo, ReadFile("/proc/cpuinfo"));
  const Processor processor = ParseProcessor(cpuinfo);
  const InstructionSet set = PinnedInstructionSet();
  PinEnvironment(set, processor);
  SwitchFlightRecorderOff();
  const DeviceKind device = FromName<DeviceKind>(arguments.device).value();
  // May load libtorch, so the environment is pinned before.
  UNMASK_ASSIGN(const std::string gpu, CheckDevice(device));
  const std::string numerics = gpu.empty() ? NumericsClass(set, processor, EngineVersions())
                                           : CudaNumericsClass(gpu, EngineVersions());
  const RealClock clock;
  MessageWriter writer(arguments.fd);
  const LeaseRunner runner(
      arguments.store, numerics, std::bind_front(MakeEngine, device), clock,
      [&](const Message& message) { writer.Send(message); },
      std::bind_front(MakeTorchBackbone, device));
  Session session(arguments.fd, arguments.slots, kHeartbeat, writer,
                  [&](const Lease& lease, LeaseControl& control) { runner.Run(lease, control); });
  // Only now, with its threads: who says hello is given jobs, and answers for them.
  writer.Send(TrainerHello{kProtocolVersion, BuildId(), numerics,
                           gpu.empty() ? "cpu: " + processor.model : "cuda: " + gpu});
  return session.Serve();
}

// unmask-trainer device NAME: only whether there is one.
int DeviceMain(const std::string& name) {
  const auto device = FromName<DeviceKind>(name);
  const Result<std::string> model =
      device ? CheckDevice(*device) : Result<std::string>(UsageError("unknown device", name));
  if (!model.ok()) LogError(OneLine(model.error()));
  return model.ok() ? 0 : ExitCode(model.error().code);
}

int Main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "embed") return EmbedMain(argc - 1, argv + 1);
  if (argc == 3 && std::string_view(argv[1]) == "device") return DeviceMain(argv[2]);
  Arguments arguments;
  CLI::App app("Trains jobs for an agent of unmask; not for use by hand.", "unmask-trainer");
  app.set_version_flag("--version", "unmask-trainer " + BuildId() + ", " + EngineVersions());
  app.add_option("--fd", arguments.fd, "socket to the agent")->required();
  app.add_option("--slots", arguments.slots, "jobs at a time")->check(CLI::Range(1, 4096));
  app.add_option("--store", arguments.store, "the store's folder")->required();
  app.add_option("--device", arguments.device)->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  app.add_option("--parent", arguments.parent, "process id of the agent");
  CLI11_PARSE(app, argc, argv);
  DieWithParent(arguments.parent);
  IgnoreSignals();
  const Status status = Work(arguments);
  if (status.ok()) return 0;
  LogError(OneLine(status.error()));
  return ExitCode(status.error().code);
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) {
  try {
    return unmask::Main(argc, argv);
  } catch (const std::exception& error) {  // such as no memory or no thread
    unmask::LogError(error.what());
    return ExitCode(unmask::ErrorCode::kInternal);
  }
}
