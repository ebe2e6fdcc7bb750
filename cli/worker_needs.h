// What a study asks of its workers, where the command line does not say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/config/study.h"

namespace unmask {

struct WorkerNeeds {
  bool cuda = false;         // a worker's trainer is to have a CUDA device
  bool cpu = false;          // some experiment names the CPU
  std::optional<int> slots;  // of a worker: the lanes engine has a slot a lane
  int gang = 1;              // workers that the largest train.devices asks for
};

// Of these experiments, as --experiment names them; of all where it does not.
WorkerNeeds NeedsOf(const Study& study, const std::vector<std::string>& experiments);

// Asks the trainer whether it can have a CUDA device here. It says itself, on stderr, why not;
// returns its exit code then. An error where it does not answer.
Result<int> AskForCuda(const fs::path& trainer);

}  // namespace unmask
