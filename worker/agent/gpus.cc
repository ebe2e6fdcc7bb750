#include "worker/agent/gpus.h"

#include <algorithm>
#include <iterator>

#include "common/base/text.h"

namespace unmask {

std::vector<std::string> UsableGpus(std::optional<std::string_view> visible,
                                    const fs::path& listed) {
  std::vector<std::string> gpus;
  if (visible) {
    for (const std::string_view name : Split(*visible, ',')) {
      if (const auto trimmed = Trim(name); !trimmed.empty()) gpus.emplace_back(trimmed);
    }
    return gpus;
  }
  std::error_code none;
  const auto count = std::distance(fs::directory_iterator(listed, none), fs::directory_iterator());
  for (std::ptrdiff_t i = 0; i < count; ++i) gpus.push_back(std::to_string(i));
  return gpus;
}

std::string GpuOfRank(const std::vector<std::string>& gpus, int local_rank) {
  if (gpus.empty()) return "";
  return gpus[static_cast<std::size_t>(std::max(0, local_rank)) % gpus.size()];
}

}  // namespace unmask
