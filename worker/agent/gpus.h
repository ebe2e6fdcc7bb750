// Which of a machine's GPUs a worker's trainer has: each rank another one, as far as there are
// enough.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"

namespace unmask {

inline constexpr const char* kVisibleGpus = "CUDA_VISIBLE_DEVICES";
// The driver lists a folder a GPU here.
inline constexpr const char* kGpuFolder = "/proc/driver/nvidia/gpus";

// As CUDA_VISIBLE_DEVICES names them: those of `visible` (its value; nullopt: it is not set), else
// all that the driver lists.
std::vector<std::string> UsableGpus(std::optional<std::string_view> visible,
                                    const fs::path& listed = kGpuFolder);

// For the rank that is the `local_rank`-th of its machine; "": there is none to choose. Where rank
// 0 is, which has none, its workers are ranks 1 to N: round N GPUs those are all different too.
std::string GpuOfRank(const std::vector<std::string>& gpus, int local_rank);

}  // namespace unmask
