#include "cli/worker_needs.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

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

Result<int> AskForCuda(const fs::path& trainer) {
  std::string program = trainer.string();
  std::string device = "device";
  std::string cuda = "cuda";
  const std::array<char*, 4> words = {program.data(), device.data(), cuda.data(), nullptr};
  const auto no_answer = [&](const std::string& why) {
    return InternalError("the trainer cannot be asked for a CUDA device: " + why, trainer.string());
  };
  pid_t child = 0;
  const int error = posix_spawn(&child, trainer.c_str(), nullptr, nullptr, words.data(), environ);
  if (error != 0) return no_answer(std::strerror(error));
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return no_answer(std::strerror(errno));
  }
  if (WIFSIGNALED(status)) return no_answer(fmt::format("signal {} ended it", WTERMSIG(status)));
  return WEXITSTATUS(status);
}

}  // namespace unmask
