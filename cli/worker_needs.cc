#include "cli/worker_needs.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/jobs/job.h"
#include "common/jobs/lanes.h"
#include "coordinator/plan/plan.h"

namespace unmask {

WorkerNeeds NeedsOf(const Study& study, const std::vector<std::string>& experiments) {
  bool lanes = false;
  bool finetunes = false;
  WorkerNeeds needs;
  const auto selected = SelectedNames(study, experiments);
  if (!selected.ok()) return needs;  // the plan says what is wrong
  for (const Experiment& experiment : study.experiments) {
    if (!selected->contains(experiment.name)) continue;
    for (const GridPoint& point : PointsOf(study, experiment)) {
      const Settings settings = SettingsAt(experiment, point);
      const Settings::Train resolved = Reduce(settings).train;
      lanes = lanes || resolved.engine == EngineKind::kLanes;
      needs.gang = std::max(needs.gang, static_cast<int>(resolved.devices));
      finetunes = finetunes || settings.features.finetune;
      needs.cuda = needs.cuda || settings.train.device == DeviceKind::kCuda;
      needs.cpu = needs.cpu || settings.train.device == DeviceKind::kCpu;
    }
  }
  // Backbones that are trained would share a device's memory, and gangs its stream.
  const bool alone = needs.cuda && (finetunes || !lanes);
  if (alone) {
    needs.slots = 1;
  } else if (lanes) {
    needs.slots = needs.cuda ? kCudaLanes : kCpuLanes;
  }
  return needs;
}

int AskForCuda(const fs::path& trainer) {
  std::string program = trainer.string();
  std::string device = "device";
  std::string cuda = "cuda";
  const std::array<char*, 4> words = {program.data(), device.data(), cuda.data(), nullptr};
  pid_t child = 0;
  int status = 0;
  const bool ran =
      posix_spawn(&child, trainer.c_str(), nullptr, nullptr, words.data(), environ) == 0 &&
      waitpid(child, &status, 0) == child && WIFEXITED(status);
  return ran ? WEXITSTATUS(status) : ExitCode(ErrorCode::kInternal);
}

}  // namespace unmask
